"""Consent: from "Connect" to an active connection, and nothing in between that can be borrowed.

The `state` value is bound to the browser session, the user, the tenant and the provider it was made for;
only its hash is kept, it lives ten minutes and works once. Each provider has its own return address,
and an answer that comes to another provider's is refused (the mix-up attack). Reconnecting must
come back with the same account; an account that is active in another tenant is not connected again.

One consent may open several accounts (contracts.OpensSeveral): each becomes a connection, all under the one
grant of the person who gave it.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Mapping
from datetime import timedelta

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.db import transaction

from canonical.problems import Problem, Refused, declare
from connections import registry, signals, standing, tokens
from connections.contracts import Consent, Entrance, ExternalAccount, OpensSeveral, TokenSet
from connections.errors import Failure
from connections.http import entry_door
from connections.models import AccountRoute, Connection, Grant, OAuthState
from connections.wake import wake
from tenants import news
from tenants.clock import now
from tenants.models import Membership, Tenant, User
from tenants.roles import Permission
from tenants.scope import require_tenant_id, tenant_scope

logger = logging.getLogger(__name__)
STATE_LIFE = timedelta(minutes=10)

STATE_UNKNOWN = declare(
    "connection.state_unknown",
    "This answer does not belong to a connection that you have begun here, or it was used before.",
    "Begin again from Connections, in this browser.",
)
STATE_EXPIRED = declare(
    "connection.state_expired", "It took longer than ten minutes to come back.", "Begin again from Connections."
)
DENIED = declare(
    "connection.denied",
    "%(provider)s was not connected: the permission was not given (%(reason)s).",
    "Begin again and allow it; you may have to be an administrator of the account.",
)
OTHER_ACCOUNT = declare(
    "connection.other_account",
    "This connection is for %(expected)s, but the permission was given for %(given)s.",
    "Reconnect and choose %(expected)s, or connect %(given)s as a new connection.",
)
TAKEN = declare(
    "connection.taken",
    "%(account)s is connected in another company's Tieout already, and it cannot be posted to from two places.",
    "Ask its owner for an invitation, or have it disconnected there first.",
)
NOT_YOURS = declare(
    "connection.not_permitted", "Your role may not connect accounts here.", "Ask an owner or administrator to do it."
)
TWO_STEPS = declare(
    "connection.two_steps_first",
    "Whoever opens an account to Tieout needs a second step at login.",
    "Set it up under your details (two steps), then connect.",
)
NO_ENTRANCE = declare(
    "connection.no_entrance", "%(provider)s cannot be connected this way.", "Choose one of the ways that its page offers."
)
CHOOSE_REGION = declare("connection.choose_region", "%(provider)s needs to know the region.", "Choose the region of the account.")


# ------------------------------------------------------------------ going out


def begin(
    *,
    user: User,
    session_mark: str,
    provider: str,
    environment: str,
    region: str = "",
    answers: Mapping[str, str] | None = None,
    reconnects: str = "",
    return_to: str = "",
) -> str:
    """Where to send the browser for consent. `session_mark` is a secret of this browser's session. Raises Refused."""
    chosen = _choice(provider, environment, region, Entrance.OAUTH_CODE)
    told = {**_told(chosen, answers or {}), **({"region": region} if region else {})}
    state = _remember(user, session_mark, provider, environment, region, told, reconnects, return_to)
    return chosen.authoriser.consent_url(
        registry.endpoints(provider, environment), state=state, redirect_uri=redirect_uri(provider), answers=told
    )


def begin_from_invitation(*, user: User, session_mark: str, provider: str, query: Mapping[str, str], region: str = "") -> str:
    """Where to send the browser when consent began at the provider (Amazon's Appstore). Raises Refused.

    The address to go back to came with the request: the provider's own code follows it only to a host of
    theirs, and the environment is the one whose host that is.
    """
    chosen = registry.provider(provider)
    invitation = getattr(chosen.authoriser, "invitation_url", None)
    offered = registry.environments(provider)
    if invitation is None or not offered:
        raise Refused(Problem(NO_ENTRANCE, {"provider": chosen.info.name}))
    state = secrets.token_urlsafe(32)
    refusal = Refused(Problem(NO_ENTRANCE, {"provider": chosen.info.name}))
    for environment in reversed(offered):
        try:
            url: str = invitation(
                registry.endpoints(provider, environment), query=query, state=state, redirect_uri=redirect_uri(provider)
            )
        except Refused as error:
            refusal = error
            continue
        _choice(provider, environment, region, Entrance.OAUTH_CODE)
        told = {"region": region} if region else {}
        _remember(user, session_mark, provider, environment, region, told, "", "", state=state)
        return url
    raise refusal


def redirect_uri(provider: str) -> str:
    """The return address registered with the provider: one of its own for each."""
    return f"{settings.PUBLIC_URL}/connections/{provider}/callback/"


# ------------------------------------------------------------------ coming back


def finish(*, user: User, session_mark: str, provider: str, callback: Mapping[str, str]) -> list[Connection]:
    """Turn what came back into active connections, the one that was begun first. Raises Refused (in words) or Failure (the
    exchange failed)."""
    state = _take(user, session_mark, provider, callback.get("state", ""))
    with tenant_scope(state.tenant):
        _require_permission(user, state.tenant)
        chosen = registry.provider(provider)
        if callback.get("error"):
            raise Refused(Problem(DENIED, {"provider": chosen.info.name, "reason": callback["error"][:80]}))
        door = entry_door(provider, state.environment)
        answers = {**state.answers, **({"region": state.region} if state.region else {})}
        back = redirect_uri(provider)
        if isinstance(chosen.authoriser, OpensSeveral):
            consent = chosen.authoriser.consent(door, callback=callback, redirect_uri=back, answers=answers)
            return establish_all(provider=provider, environment=state.environment, consent=consent, reconnects=state.reconnects)
        given, account = chosen.authoriser.exchange(door, callback=callback, redirect_uri=back, answers=answers)
        connection = establish(
            provider=provider,
            environment=state.environment,
            region=state.region,
            given=given,
            account=account,
            reconnects=state.reconnects,
        )
        return [connection]


def way_back(*, user: User, state: str) -> OAuthState | None:
    """The consent a returning browser began, even when it was refused: where to tell him about it."""
    return OAuthState.objects.select_related("tenant").filter(state_hash=_digest(state), user=user).first()


def adopt(*, provider: str, environment: str, region: str = "", answers: Mapping[str, str], reconnects: str = "") -> Connection:
    """Connect by what a person brings: a token or credentials. Secret answers go to the vault only. Raises Refused or Failure."""
    chosen = _choice(provider, environment, region, Entrance.PASTED_TOKEN, Entrance.CREDENTIALS, Entrance.POLLED)
    door = entry_door(provider, environment)
    told = {**answers, **({"region": region} if region else {})}
    given, account = chosen.authoriser.adopt(door, answers=told)
    return establish(
        provider=provider, environment=environment, region=region, given=given, account=account, reconnects=reconnects
    )


def establish(
    *, provider: str, environment: str, region: str, given: TokenSet, account: ExternalAccount, reconnects: str = ""
) -> Connection:
    """Keep what consent gave: grant, secret, connection and route, in one commit. Raises Refused."""
    endpoints = registry.endpoints(provider, environment)
    region = account.region or region
    problem = _objection(provider, environment, region, account, reconnects)
    if problem is not None:
        _hand_back(provider, environment, region, given, account)
        raise Refused(problem)
    with transaction.atomic():
        grant = _grant(provider, environment, endpoints.client_id, f"{account.external_id}:{region}", given)
        return _connected(provider, environment, region, account, grant)


def establish_all(*, provider: str, environment: str, consent: Consent, reconnects: str = "") -> list[Connection]:
    """Keep all that one consent opened, in one commit; the account that was to be reconnected comes first. Raises Refused.

    Of several accounts those that are another tenant's are left out, unless it was they that were asked for. What the
    same person opened earlier works again with the new tokens as well.
    """
    endpoints = registry.endpoints(provider, environment)
    wanted, problem = _wanted(provider, environment, consent, reconnects)
    if problem is not None:
        _close_again(provider, environment, consent)
        raise Refused(problem)
    with transaction.atomic():
        grant = _grant(provider, environment, endpoints.client_id, consent.provider_user, consent.tokens)
        return [_connected(provider, environment, account.region, account, grant) for account in wanted]


def _wanted(provider: str, environment: str, consent: Consent, reconnects: str) -> tuple[list[ExternalAccount], Problem | None]:
    """The accounts to connect, or why none is."""
    opened = list(consent.accounts)
    if reconnects:
        expected: Connection = Connection.objects.get(public_id=reconnects)
        same = [each for each in (*opened, *consent.before) if each.external_id == expected.external_account]
        if not same:
            given = ", ".join(each.name or each.external_id for each in opened)
            return [], Problem(OTHER_ACCOUNT, {"expected": expected.name, "given": given})
        opened = [same[0], *(each for each in opened if each.external_id != same[0].external_id)]
    objections = [_objection(provider, environment, each.region, each, "") for each in opened]
    if objections[0] is not None and (reconnects or all(objections)):
        return [], objections[0]
    free = [each for each, objection in zip(opened, objections, strict=True) if objection is None]
    return [*free, *_lost_before(provider, environment, consent, free)], None


def _lost_before(provider: str, environment: str, consent: Consent, wanted: list[ExternalAccount]) -> list[ExternalAccount]:
    """Accounts of the same person that are ours already and wait for new tokens."""
    lost = Connection.objects.filter(
        provider=provider, environment=environment, state=Connection.State.NEEDS_RECONNECT
    ).values_list("external_account", flat=True)
    named = {each.external_id for each in wanted}
    return [each for each in consent.before if each.external_id in set(lost) - named]


def _close_again(provider: str, environment: str, consent: Consent) -> None:
    """Give up the accounts that this consent opened and nobody here uses; the person's other accounts stay as they are."""
    authoriser = registry.provider(provider).authoriser
    assert isinstance(authoriser, OpensSeveral)  # noqa: S101 - the caller has asked
    for account in consent.accounts:
        if _route(provider, environment, account.region, account.external_id) is None:
            try:
                authoriser.close(entry_door(provider, environment), account, consent.tokens)
            except Failure as failure:
                logger.warning("an account that is not used could not be closed again: %s", failure)


def _connected(provider: str, environment: str, region: str, account: ExternalAccount, grant: Grant) -> Connection:
    """One account as an active connection. Raises Refused, and with it the whole commit is undone."""
    connection, is_new = _connection(provider, environment, region, account, grant)
    if not _claim_route(connection):
        raise Refused(Problem(TAKEN, {"account": account.name or account.external_id}))
    _announce(connection, is_new=is_new)
    return connection


def _objection(provider: str, environment: str, region: str, account: ExternalAccount, reconnects: str) -> Problem | None:
    shown = account.name or account.external_id
    if reconnects:
        expected: Connection = Connection.objects.get(public_id=reconnects)
        if (expected.external_account, expected.region) != (account.external_id, region):
            return Problem(OTHER_ACCOUNT, {"expected": expected.name, "given": shown})
    route = _route(provider, environment, region, account.external_id)
    if route is not None and route.tenant_id != require_tenant_id():
        return Problem(TAKEN, {"account": shown})
    return None


def _hand_back(provider: str, environment: str, region: str, given: TokenSet, account: ExternalAccount) -> None:
    """Give up a permission we will not use, unless it is also somebody's who is connected."""
    if _route(provider, environment, region, account.external_id) is not None:
        return
    try:
        registry.provider(provider).authoriser.revoke(entry_door(provider, environment), given)
    except Failure as failure:
        logger.warning("an unused permission could not be handed back: %s", failure)


# ------------------------------------------------------------------ pieces


def _choice(provider: str, environment: str, region: str, *entrances: Entrance) -> registry.Provider:
    """The provider, if it may be entered in one of these ways, there and in that region. Raises Refused."""
    chosen = registry.provider(provider)
    registry.endpoints(provider, environment)
    if not set(entrances) & set(chosen.info.entrances):
        raise Refused(Problem(NO_ENTRANCE, {"provider": chosen.info.name}))
    regions = {key for key, _label in chosen.info.regions}
    if regions and region not in regions:
        raise Refused(Problem(CHOOSE_REGION, {"provider": chosen.info.name}))
    return chosen


def _told(chosen: registry.Provider, answers: Mapping[str, str]) -> dict[str, str]:
    """What may be kept beside a state: never the answer to a secret question."""
    secret = {question.name for question in chosen.info.fields if question.secret}
    return {name: str(value) for name, value in answers.items() if name not in secret}


def _remember(
    user: User,
    session_mark: str,
    provider: str,
    environment: str,
    region: str,
    answers: Mapping[str, str],
    reconnects: str,
    return_to: str,
    *,
    state: str = "",
) -> str:
    if not is_mfa_enabled(user):
        raise Refused(Problem(TWO_STEPS))
    state = state or secrets.token_urlsafe(32)
    OAuthState.objects.create(
        state_hash=_digest(state),
        session_hash=_digest(session_mark),
        user=user,
        tenant_id=require_tenant_id(),
        provider=provider,
        environment=environment,
        region=region,
        answers=dict(answers),
        reconnects=reconnects,
        return_to=return_to,
        expires_at=now() + STATE_LIFE,
    )
    return state


def _take(user: User, session_mark: str, provider: str, value: str) -> OAuthState:
    """Use a state up, once, whoever brings it; then see whether it was his to bring."""
    at = now()
    used = OAuthState.objects.filter(state_hash=_digest(value), used_at__isnull=True).update(used_at=at)
    state = OAuthState.objects.select_related("tenant").filter(state_hash=_digest(value)).first() if used and value else None
    if state is None or (state.session_hash, state.user_id, state.provider) != (_digest(session_mark), user.pk, provider):
        raise Refused(Problem(STATE_UNKNOWN))
    if state.expires_at <= at:
        raise Refused(Problem(STATE_EXPIRED))
    return state


def _require_permission(user: User, tenant: Tenant) -> None:
    """The role may have changed while the browser was away."""
    membership = Membership.objects.filter(user=user, tenant=tenant).first()
    if membership is None or not membership.allows(Permission.CONNECT):
        raise Refused(Problem(NOT_YOURS))


def _grant(provider: str, environment: str, application: str, provider_user: str, given: TokenSet) -> Grant:
    known, _made = Grant.objects.get_or_create(
        tenant_id=require_tenant_id(),
        provider=provider,
        environment=environment,
        application=application,
        provider_user=provider_user,
    )
    grant: Grant = Grant.objects.select_for_update().get(pk=known.pk)
    grant.state, grant.reason, grant.hard_expires = Grant.State.ACTIVE, "", None
    tokens.store(grant, given)
    return grant


def _connection(provider: str, environment: str, region: str, account: ExternalAccount, grant: Grant) -> tuple[Connection, bool]:
    stated = {"name": (account.name or account.external_id)[:200], "country": account.country[:2]}
    stated |= {"home_currency": account.currency} if account.currency else {}
    connection, is_new = Connection.objects.get_or_create(
        tenant_id=require_tenant_id(),
        provider=provider,
        environment=environment,
        region=region,
        external_account=account.external_id,
        defaults={**stated, "grant": grant, "facts": dict(account.facts)},
    )
    if not is_new:
        for name, value in stated.items():
            setattr(connection, name, value or getattr(connection, name))
        connection.grant, connection.facts = grant, {**connection.facts, **account.facts}
        connection.state, connection.reason = Connection.State.ACTIVE, ""
        connection.save()
    return connection, is_new


def _route(provider: str, environment: str, region: str, external_account: str) -> AccountRoute | None:
    return AccountRoute.objects.filter(
        provider=provider, environment=environment, region=region, external_account=external_account
    ).first()


def _claim_route(connection: Connection) -> bool:
    """Make the account ours; False when another tenant was quicker."""
    route, _made = AccountRoute.objects.get_or_create(
        provider=connection.provider,
        environment=connection.environment,
        region=connection.region,
        external_account=connection.external_account,
        defaults={"tenant_id": connection.tenant_id, "connection_id": connection.pk},
    )
    if route.tenant_id != connection.tenant_id:
        return False
    if route.connection_id != connection.pk:
        AccountRoute.objects.filter(pk=route.pk).update(connection_id=connection.pk)
    return True


def _announce(connection: Connection, *, is_new: bool) -> None:
    event = "connection.connected" if is_new else "connection.reconnected"
    news.publish(event, connection, provider=connection.provider, environment=connection.environment)
    news.audit(event, connection, after={"account": connection.external_account, "region": connection.region})
    news.settle_alerts(standing.reconnect_fingerprint(connection))
    for fingerprint in standing.expiry_fingerprints(connection):
        news.settle_alerts(fingerprint)
    if registry.provider(connection.provider).queue is not None:
        wake("connections.follow", connection)
    if not is_new:
        signals.renewed.send(Connection, connection=connection)


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
