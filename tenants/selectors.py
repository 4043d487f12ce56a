"""Reading about tenants and their people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.db.models import QuerySet

from tenants import clock
from tenants.models import AuditEvent, Invitation, Membership, Tenant, User
from tenants.roles import PERMISSIONS, Permission, Role


@dataclass(frozen=True, slots=True)
class MemberRow:
    membership: Membership
    two_steps: bool


def memberships_of(user: User) -> QuerySet[Membership]:
    return Membership.objects.filter(user=user).select_related("tenant").order_by("tenant__name")


def members(tenant: Tenant) -> list[MemberRow]:
    """The people of a company, owners first, and whether each has a second step at login."""
    order = {role: place for place, role in enumerate(Role.values)}
    found = sorted(Membership.objects.filter(tenant=tenant).select_related("user"), key=lambda m: (order[m.role], m.user.email))
    return [MemberRow(m, bool(is_mfa_enabled(m.user))) for m in found]


def open_invitations(tenant: Tenant) -> list[Invitation]:
    return list(
        Invitation.objects.filter(tenant=tenant, accepted_at=None, withdrawn_at=None)
        .select_related("invited_by")
        .order_by("-created_at")
    )


def expired(invitation: Invitation) -> bool:
    return invitation.expires_at <= clock.now()


def role_table() -> list[tuple[Any, list[bool]]]:
    """Permissions in words, one row each, with a tick per role in the order of `Role`."""
    return [(permission.label, [permission in PERMISSIONS[role] for role in Role.values]) for permission in Permission]


def audit_events(*, subject: str = "", actor: str = "", action: str = "") -> QuerySet[AuditEvent]:
    """The trail, newest first. `subject` is a public id or a kind of thing, `actor` an address or "system", `action` a prefix."""
    events = AuditEvent.objects.select_related("actor").order_by("-id")
    if subject:
        events = events.filter(subject_id=subject) if "_" in subject else events.filter(subject_type=subject)
    if actor == "system":
        events = events.filter(actor_kind="system")
    elif actor:
        events = events.filter(actor__email=actor.lower())
    if action:
        events = events.filter(action__startswith=action)
    return events


def audit_actions() -> list[str]:
    """The kinds of act that occur in this tenant's trail."""
    return sorted(AuditEvent.objects.order_by().values_list("action", flat=True).distinct())


def audit_actors() -> list[str]:
    found = AuditEvent.objects.exclude(actor=None).order_by().values_list("actor__email", flat=True).distinct()
    return sorted(found)
