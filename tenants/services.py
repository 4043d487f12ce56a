"""What may be done to tenants and the people who work for them. Keyword-only; audited."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet

from canonical.problems import Problem, Refused, declare
from tenants import clock, mails
from tenants.models import Invitation, Membership, Tenant, User
from tenants.news import audit, current_actor, publish
from tenants.roles import Role
from tenants.scope import tenant_scope

INVITATION_LIFE = timedelta(days=7)

ALREADY_MEMBER = declare(
    "team.already_member",
    "%(email)s already works for this company.",
    "Change the person's role in the list of people instead.",
)
LAST_OWNER = declare(
    "team.last_owner",
    "A company needs at least one owner.",
    "Make somebody else an owner first.",
)
ONLY_OWNERS = declare(
    "team.only_owners",
    "Only an owner can give or take the role of owner.",
    "Ask an owner to do it.",
)
INVITATION_DEAD = declare(
    "team.invitation_dead",
    "This invitation was used, withdrawn or is too old.",
    "Ask the person who invited you for a new one.",
)
OTHER_PERSON = declare(
    "team.invitation_for_another",
    "This invitation was sent to %(email)s.",
    "Log in with that address, or ask for an invitation to the one you use.",
)


def create_tenant(*, user: User, name: str, country: str, timezone: str, home_currency: str, is_demo: bool = False) -> Tenant:
    """A new company with `user` as its owner."""
    with transaction.atomic():
        tenant = Tenant.objects.create(
            name=name, country=country, timezone=timezone, home_currency=home_currency, is_demo=is_demo
        )
        Membership.objects.create(user=user, tenant=tenant, role=Role.OWNER)
    with tenant_scope(tenant), transaction.atomic():
        audit("tenant.created", tenant, after={"name": name, "country": country, "timezone": timezone})
        publish("tenant.created", tenant)
    return tenant


def change_tenant(*, tenant: Tenant, name: str, timezone: str, home_currency: str, country: str) -> Tenant:
    """Change what a company says of itself. Past accounting dates do not move: integrations keep their own zone."""
    wanted = {"name": name, "timezone": timezone, "home_currency": home_currency, "country": country}
    before = {key: getattr(tenant, key) for key in wanted}
    if before == wanted:
        return tenant
    with transaction.atomic():
        for key, value in wanted.items():
            setattr(tenant, key, value)
        tenant.save(update_fields=list(wanted))
        audit("tenant.changed", tenant, before=before, after=wanted)
    return tenant


# ------------------------------------------------------------------ invitations


def invite(*, tenant: Tenant, email: str, role: str) -> Invitation:
    """Ask a colleague in by mail. An open invitation to the same address is replaced, so its old link dies."""
    email = email.strip().lower()
    _refuse_owner_matters(tenant, role)
    if Membership.objects.filter(tenant=tenant, user__email=email).exists():
        raise Refused(Problem(ALREADY_MEMBER, {"email": email}))
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        _open(tenant).filter(email=email).update(withdrawn_at=clock.now())
        invitation = Invitation.objects.create(
            tenant=tenant,
            email=email,
            role=role,
            token_hash=hash_of(token),
            invited_by=_acting_user(),
            expires_at=clock.now() + INVITATION_LIFE,
        )
        audit("invitation.sent", invitation, after={"role": role})
    mails.send_invitation(invitation, token)
    return invitation


def withdraw_invitation(*, invitation: Invitation) -> None:
    """Make the mailed link useless."""
    with transaction.atomic():
        if _open(invitation.tenant).filter(pk=invitation.pk).update(withdrawn_at=clock.now()):
            audit("invitation.withdrawn", invitation)


def find_invitation(*, token: str) -> Invitation:
    """The open, unexpired invitation a mailed token stands for; Refused for anything else."""
    found = (
        Invitation.objects.select_related("tenant", "invited_by")
        .filter(token_hash=hash_of(token), accepted_at=None, withdrawn_at=None, expires_at__gt=clock.now())
        .first()
    )
    if found is None:
        raise Refused(Problem(INVITATION_DEAD))
    return found


def accept_invitation(*, token: str, user: User) -> Membership:
    """Join the company. The token works once, and only for the person it was mailed to."""
    invitation = find_invitation(token=token)
    if user.email.lower() != invitation.email:
        raise Refused(Problem(OTHER_PERSON, {"email": invitation.email}))
    with tenant_scope(invitation.tenant), transaction.atomic():
        if not _open(invitation.tenant).filter(pk=invitation.pk).update(accepted_at=clock.now()):
            raise Refused(Problem(INVITATION_DEAD))
        membership, _made = Membership.objects.get_or_create(
            tenant=invitation.tenant, user=user, defaults={"role": invitation.role}
        )
        audit("invitation.accepted", invitation, after={"role": membership.role})
        publish("member.joined", invitation.tenant, role=membership.role)
    return membership


def hash_of(token: str) -> str:
    """What is kept of a mailed token. It has 256 bits of chance, so a plain hash suffices."""
    return hashlib.sha256(token.encode()).hexdigest()


# ------------------------------------------------------------------ members


def change_role(*, membership: Membership, role: str) -> Membership:
    """Give a member another role; the change holds from his next click."""
    if role == membership.role:
        return membership
    if Role.OWNER in (role, membership.role):
        _refuse_owner_matters(membership.tenant, Role.OWNER)
    with transaction.atomic():
        _keep_an_owner(membership, leaving=membership.role == Role.OWNER)
        before, membership.role = membership.role, role
        membership.save(update_fields=["role"])
        audit(
            "member.role_changed",
            membership.tenant,
            before={"user": membership.user_id, "role": before},
            after={"user": membership.user_id, "role": role},
        )
    return membership


def remove_member(*, membership: Membership) -> None:
    """Take somebody off the company, or leave it oneself."""
    if membership.role == Role.OWNER:
        _refuse_owner_matters(membership.tenant, Role.OWNER)
    with transaction.atomic():
        _keep_an_owner(membership, leaving=membership.role == Role.OWNER)
        audit("member.removed", membership.tenant, before={"user": membership.user_id, "role": membership.role})
        membership.delete()


def _keep_an_owner(membership: Membership, *, leaving: bool) -> None:
    owners = Membership.objects.select_for_update().filter(tenant=membership.tenant, role=Role.OWNER)
    if leaving and not [owner for owner in owners if owner.pk != membership.pk]:
        raise Refused(Problem(LAST_OWNER))


def _refuse_owner_matters(tenant: Tenant, role: str) -> None:
    if role != Role.OWNER:
        return
    if not Membership.objects.filter(tenant=tenant, user=_acting_user(), role=Role.OWNER).exists():
        raise Refused(Problem(ONLY_OWNERS))


def _acting_user() -> User:
    user = current_actor().user
    if user is None:
        raise PermissionError("only a person can do this")
    return user


def _open(tenant: Tenant) -> QuerySet[Invitation]:
    return Invitation.objects.filter(tenant=tenant, accepted_at=None, withdrawn_at=None)


# ---------------------------------------------------------------- pausing a tenant (operator console)


def pause_tenant(*, tenant: Tenant) -> Tenant:
    """Stop the tenant's scheduled work. Nothing is lost; what is being posted is finished."""
    return _set_tenant_state(tenant, Tenant.State.PAUSED, "tenant.paused")


def resume_tenant(*, tenant: Tenant) -> Tenant:
    """Let scheduled work begin again; missed slots are caught up once."""
    return _set_tenant_state(tenant, Tenant.State.ACTIVE, "tenant.resumed")


def _set_tenant_state(tenant: Tenant, state: str, action: str) -> Tenant:
    before = tenant.state
    Tenant.objects.filter(pk=tenant.pk).update(state=state)
    tenant.state = state
    audit(action, tenant, before={"state": before}, after={"state": state})
    return tenant
