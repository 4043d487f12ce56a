"""Being let into a shop: by the four keys of an integration, by its access token alone, or through Adobe's identity service.

A merchant makes an integration in the shop's admin (System, Integrations) and gets a consumer key and secret, an access
token and its secret. Each request is signed with all four. The token alone opens a shop only where the merchant set
"Allow OAuth Access Tokens to be used as standalone Bearer tokens"; it never expires then, so we advise against it. Shops
in Adobe's cloud (Adobe Commerce as a Cloud Service) take a token of a server-to-server client instead, a day long.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from canonical.problems import N_, Problem, Refused, declare
from connections.contracts import Door, Endpoints, ExternalAccount, ProviderInfo, Signature, TokenSet
from connections.errors import Failure, FailureKind
from tenants.clock import now

from . import address, client, signing, stores
from .addresses import IMS
from .credentials import Credentials, Way, opened, sealed

SCOPE = "openid,AdobeID,email,additional_info.roles,additional_info.projectedProductContext,commerce.accs"
TRIED = "storeConfigs"

NO_SHOP = declare(
    "magento.no_shop",
    N_("There is no Magento interface at %(address)s: %(detail)s"),
    N_("Give the address of the shop itself, without index.php or admin. The shop must be out of maintenance."),
)
SIGNATURE = declare(
    "magento.signature",
    N_("The shop says that the keys do not fit: %(reason)s"),
    N_("Copy consumer key and secret, access token and its secret again from the integration, and see that it is active."),
)
NO_BEARER = declare(
    "magento.no_bearer",
    N_("The shop does not take the access token alone (%(resource)s)."),
    N_("Connect with all four keys, or allow standalone bearer tokens in the shop: Stores, Configuration, Services, OAuth."),
)
NO_CLIENT = declare(
    "magento.no_client",
    N_("Adobe's identity service refuses the client: %(reason)s"),
    N_("Copy client id and secret from the project's OAuth server-to-server credential in Adobe's developer console."),
)


class MagentoAuthoriser:
    """The Authoriser of Magento, its RequestSigner, and the one who knows each shop's own address."""

    def __init__(self, info: ProviderInfo) -> None:
        self.info = info

    # ------------------------------------------------------------ coming in

    def consent_url(self, endpoints: Endpoints, *, state: str, redirect_uri: str, answers: Mapping[str, str]) -> str:
        """The page of the shop's admin where an integration is made and activated."""
        return f"{address.checked(endpoints, answers.get('base_url', ''))}/admin/admin/integration/"

    def exchange(
        self, door: Door, *, callback: Mapping[str, str], redirect_uri: str, answers: Mapping[str, str]
    ) -> tuple[TokenSet, ExternalAccount]:
        """What an activated integration sent us, turned into its access token: no person types a key."""
        base = address.checked(door.endpoints, callback.get("store_base_url", ""))
        key, secret = callback.get("oauth_consumer_key", ""), callback.get("oauth_consumer_secret", "")
        first = Credentials(Way.SIGNED, "", key=key, secret=secret)
        verifier = callback.get("oauth_verifier", "")
        request = self._handed(door, base, "request", first, verifier)
        access = self._handed(door, base, "access", request, verifier)
        return self._let_in(door, base, access, answers)

    def adopt(self, door: Door, *, answers: Mapping[str, str]) -> tuple[TokenSet, ExternalAccount]:
        """Let in by what the shop's admin shows: four keys, or the access token alone, or a client at Adobe."""
        base = address.checked(door.endpoints, answers.get("base_url", ""))
        if answers.get("client_id"):
            client_of = Credentials(Way.IMS, "", key=answers["client_id"], secret=answers.get("client_secret", ""))
            given = self._first_from_ims(door, client_of)
            return self._let_in(door, base, opened(given), answers, expires=given)
        if answers.get("consumer_key"):
            parts = {"key": answers["consumer_key"], "secret": answers.get("consumer_secret", "")}
            signed = Credentials(
                Way.SIGNED, answers.get("access_token", ""), answers.get("access_token_secret", ""), **parts
            )  # fmt: skip
            return self._let_in(door, base, signed, answers)
        return self._let_in(door, base, Credentials(Way.BEARER, answers.get("access_token", "")), answers)

    def _let_in(
        self, door: Door, base: str, credentials: Credentials, answers: Mapping[str, str], expires: TokenSet | None = None
    ) -> tuple[TokenSet, ExternalAccount]:
        tokens = expires or TokenSet(sealed(credentials), "")
        facts = {
            "base_url": base,
            "flavour": client.SAAS if credentials.way is Way.IMS else "",
            "way": credentials.way.value,
            "amounts": answers.get("amounts") or "base",
        }
        account = ExternalAccount(address.name_of(door.endpoints, base), "", facts=facts)
        try:
            return tokens, stores.describe(door, account, self._by_hand(door, tokens))
        except Failure as failure:
            raise _first_refusal(failure, base, credentials.way) from failure

    def _by_hand(self, door: Door, tokens: TokenSet) -> stores.Sign:
        """Signs reads before there is a connection whose door would."""

        def sign(method: str, url: str) -> Mapping[str, str]:
            return self.sign_request(door.endpoints, tokens, method=method, url=url, content=b"").headers

        return sign

    def _handed(self, door: Door, base: str, what: str, credentials: Credentials, verifier: str) -> Credentials:
        """`/oauth/token/request` and `/oauth/token/access`: signed, without a body, answered as a form."""
        url = f"{base}/oauth/token/{what}"
        more = {"oauth_verifier": verifier} if what == "access" else {}
        headers = {"authorization": _signed(credentials, "POST", url, more), "accept": "*/*"}
        answer = door.call(f"{what}Token", "POST", url, headers=headers, signed=False, expects="bytes")
        given = address.form(answer.content)
        if not given.get("oauth_token") or not given.get("oauth_token_secret"):
            raise client.malformed("a token answer without token")
        return Credentials(
            Way.SIGNED, given["oauth_token"], given["oauth_token_secret"], key=credentials.key, secret=credentials.secret
        )  # fmt: skip

    # ------------------------------------------------------------ staying in

    def refresh(self, door: Door, tokens: TokenSet) -> TokenSet:
        """Only Adobe's tokens run out. Raises Failure NEEDS_RECONNECT for keys that the shop no longer takes."""
        credentials = opened(tokens)
        if credentials.way is Way.IMS:
            return self._from_ims(door, credentials)
        problem = Problem(client.ENDED, {"provider": client.PROVIDER, "reason": "401"})
        raise Failure(FailureKind.NEEDS_RECONNECT, problem)

    def _first_from_ims(self, door: Door, credentials: Credentials) -> TokenSet:
        try:
            return self._from_ims(door, credentials)
        except Failure as failure:
            if failure.problem.code == NO_CLIENT:
                raise Refused(failure.problem) from failure
            raise

    def _from_ims(self, door: Door, credentials: Credentials) -> TokenSet:
        """A token for a day. Raises Failure NEEDS_RECONNECT for a client that Adobe does not know (any more)."""
        form = {
            "grant_type": "client_credentials", "client_id": credentials.key, "client_secret": credentials.secret, "scope": SCOPE,
        }  # fmt: skip
        try:
            return self._asked(door, credentials, form)
        except Failure as failure:
            if failure.status not in (400, 401, 403):
                raise
            problem = Problem(
                NO_CLIENT, {"provider": client.PROVIDER, "reason": failure.provider_code or f"HTTP {failure.status}"}
            )
            raise Failure(FailureKind.NEEDS_RECONNECT, problem, status=failure.status) from failure

    def _asked(self, door: Door, credentials: Credentials, form: Mapping[str, str]) -> TokenSet:
        answer = door.call("imsToken", "POST", door.endpoints.urls[IMS], data=form, signed=False, expects="json")
        body = client.object_of(answer.content)
        token, seconds = body.get("access_token"), body.get("expires_in")
        if not isinstance(token, str) or not isinstance(seconds, int):
            raise client.malformed("a token answer without token")
        whole = Credentials(Way.IMS, token, key=credentials.key, secret=credentials.secret)
        return TokenSet(sealed(whole), "", access_expires=now() + timedelta(seconds=seconds))

    def revoke(self, door: Door, tokens: TokenSet) -> None:
        """Magento lets nobody but its own admin end an integration: our copy of the keys is destroyed, and the page says so."""

    def sign(self, tokens: TokenSet) -> Mapping[str, str]:
        """Nothing that could stand on every request: see `sign_request`."""
        return {}

    def sign_request(self, endpoints: Endpoints, tokens: TokenSet, *, method: str, url: str, content: bytes) -> Signature:
        credentials = opened(tokens)
        if credentials.way is Way.SIGNED:
            return Signature({"authorization": _signed(credentials, method, url)})
        return Signature({"authorization": f"Bearer {credentials.token}"})

    def own_addresses(self, account: ExternalAccount) -> tuple[str, ...]:
        return (str(account.facts["base_url"]),)

    def ping(self, door: Door, account: ExternalAccount) -> ExternalAccount:
        """storeConfigs and storeViews: the shop as it describes itself."""
        address.checked(door.endpoints, str(account.facts["base_url"]))
        return stores.describe(door, account, None)


def _signed(credentials: Credentials, method: str, url: str, more: Mapping[str, str] | None = None) -> str:
    """The moment is the machine's own: a shop compares it with its clock, whatever day it is in our books."""
    return signing.authorization(
        method=method,
        url=url,
        key=credentials.key,
        secret=credentials.secret,
        token=credentials.token,
        token_secret=credentials.token_secret,
        nonce=secrets.token_hex(16),
        timestamp=int(time.time()),
        more=more,
    )


def _first_refusal(failure: Failure, base: str, way: Way) -> Exception:
    """What a refusal means while the keys are new: most likely a slip of whoever typed them."""
    params: dict[str, Any] = dict(failure.problem.params)
    if failure.kind is FailureKind.NEEDS_RECONNECT:
        return Refused(Problem(SIGNATURE, {"reason": str(params.get("reason", ""))}))
    if failure.problem.code == client.NOT_ALLOWED and way is Way.BEARER:
        return Refused(Problem(NO_BEARER, {"resource": str(params.get("resource", ""))}))
    unread = failure.kind in (FailureKind.MALFORMED, FailureKind.NOT_FOUND)
    if unread or (failure.kind is FailureKind.UNAVAILABLE and failure.status is not None):
        return Refused(Problem(NO_SHOP, {"address": base, "detail": str(params.get("detail") or f"HTTP {failure.status}")}))
    return failure
