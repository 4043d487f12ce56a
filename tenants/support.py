"""Looking at the product as a tenant: begun in the console with a reason, carried over by a token, read-only, soon over.

    session, token = begin(tenant=tenant, lasts=timedelta(minutes=30), reason="...")    # console, inside the tenant
    session = enter(token=token)                                                       # product, once, within two minutes
    session = current(tenant_id=..., public_id=...)                                    # product, at every request
    end(session=session)

The tenant finds begin, entry and end in its audit trail; every page looked at stands in the operators' log.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from allauth.mfa.utils import is_mfa_enabled
from django.core import signing
from django.db import transaction

from canonical.problems import N_, Problem, Refused, declare
from tenants import clock
from tenants.models import SupportSession, Tenant, User
from tenants.news import Actor, acting, audit, current_actor
from tenants.scope import tenant_scope
from tenants.services import hash_of

LONGEST = timedelta(minutes=60)
ENTER_WITHIN = timedelta(minutes=2)
_SALT = "tieout.support"

DEAD = declare(
    "support.token_dead",
    N_("This way into the tenant was used before, or is older than two minutes."),
    N_("Begin again from the tenant's page in the console."),
)


def begin(*, tenant: Tenant, lasts: timedelta, reason: str) -> tuple[SupportSession, str]:
    """A visit that may be entered within two minutes, and the one-time token that enters it. Runs inside the tenant."""
    operator = current_actor().user
    if operator is None:
        raise PermissionError("only a person looks at a tenant")
    lasts = min(lasts, LONGEST)
    token = signing.dumps({"tenant": tenant.pk, "mark": secrets.token_urlsafe(24)}, salt=_SALT)
    at = clock.now()
    with transaction.atomic():
        session = SupportSession.objects.create(
            operator=operator, reason=reason, token_hash=hash_of(token), enter_before=at + ENTER_WITHIN, expires_at=at + lasts
        )
        audit("support.session_begun", session, after={"minutes": int(lasts.total_seconds() // 60)}, reason=reason)
    return session, token


def enter(*, token: str) -> SupportSession:
    """Use a token up. Raises Refused for one that is used, too old, or not ours."""
    try:
        tenant_id = int(signing.loads(token, salt=_SALT)["tenant"])
    except (signing.BadSignature, KeyError, ValueError, TypeError) as error:
        raise Refused(Problem(DEAD)) from error
    with tenant_scope(tenant_id), transaction.atomic():
        fresh = SupportSession.objects.filter(token_hash=hash_of(token), entered_at=None, ended_at=None)
        if not fresh.filter(enter_before__gt=clock.now()).update(entered_at=clock.now()):
            raise Refused(Problem(DEAD))
        session = SupportSession.objects.select_related("operator", "tenant").get(token_hash=hash_of(token))
        if not is_operator(session.operator):
            transaction.set_rollback(True)
            raise Refused(Problem(DEAD))
        with acting(Actor(user=session.operator, kind="operator", reason=session.reason)):
            audit("support.session_entered", session)
    return session


def current(*, tenant_id: int, public_id: str) -> SupportSession | None:
    """The visit, while it lasts and its operator is still one."""
    with tenant_scope(tenant_id):
        session = SupportSession.objects.select_related("operator", "tenant").filter(public_id=public_id).first()
    if session is None or session.ended_at is not None or session.expires_at <= clock.now():
        return None
    return session if is_operator(session.operator) else None


def end(*, session: SupportSession) -> None:
    """End a visit; twice is once."""
    with tenant_scope(session.tenant_id), transaction.atomic():
        if SupportSession.objects.filter(pk=session.pk, ended_at=None).update(ended_at=clock.now()):
            audit("support.session_ended", session)


def is_operator(user: User) -> bool:
    """Whether he may act for us now: active, staff, and with a second step at login."""
    return bool(user.is_active and user.is_staff and is_mfa_enabled(user))
