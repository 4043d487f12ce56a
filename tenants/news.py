"""Saying what happened: events for the outbox, acts for the audit trail, alerts for people.

Each is written in the transaction of the change it tells of. All run inside a tenant's scope.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.functions import Now

from canonical.problems import Problem
from tenants import outbox
from tenants.models import Alert, ApiKey, AuditEvent, Event, Invitation, Tenant, TenantOwned
from tenants.scope import require_tenant_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenants.models import User


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person, an operator on somebody's behalf, or the system itself; and from where."""

    user: User | None = None
    kind: str = "system"
    ip: str | None = None
    correlation_id: str = ""
    reason: str = ""
    # What was used to act, where that is not the person himself: the public id of an API key.
    via: str = ""


SYSTEM = Actor()
Subject = TenantOwned | Tenant | Invitation | ApiKey
_actor: ContextVar[Actor] = ContextVar("actor", default=SYSTEM)


def current_actor() -> Actor:
    return _actor.get()


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """Everything audited inside is said to be done by `actor`."""
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)


def subject_of(row: Subject) -> tuple[str, str]:
    return row._meta.model_name or "", row.public_id


def publish(type_: str, subject: Subject, **payload: Any) -> Event:
    """Put an event into the outbox. Payload: ids, codes and decimal strings; nothing secret, no buyer data."""
    subject_type, subject_id = subject_of(subject)
    event: Event = Event.objects.create(type=type_, subject_type=subject_type, subject_id=subject_id, payload=payload)
    outbox.hint(event)
    return event


def audit(
    action: str,
    subject: Subject,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> AuditEvent:
    """Write down an act by whoever is acting now."""
    actor = current_actor()
    subject_type, subject_id = subject_of(subject)
    return AuditEvent.objects.create(
        actor=actor.user,
        actor_kind=actor.kind,
        action=action,
        subject_type=subject_type,
        subject_id=subject_id,
        before=dict(before or {}),
        after=dict(after or {}) | ({"via": actor.via} if actor.via else {}),
        reason=reason or actor.reason,
        ip=actor.ip,
        correlation_id=actor.correlation_id,
    )


def alert(problem: Problem, subject: Subject, *, fingerprint: str = "") -> Alert:
    """Raise an alert, or count it on the one already open with the same fingerprint."""
    subject_type, subject_id = subject_of(subject)
    mark = fingerprint or f"{problem.code}:{subject_id}"
    raised = Alert(
        fingerprint=mark,
        problem_code=problem.code,
        problem_params=dict(problem.params),
        subject_type=subject_type,
        subject_id=subject_id,
    ).named()
    Alert.objects.bulk_create([raised], ignore_conflicts=True)
    counted = Alert.objects.filter(fingerprint=mark, state=Alert.State.OPEN).exclude(public_id=raised.public_id)
    counted.update(count=models.F("count") + 1, last_seen_at=Now())
    return Alert.objects.get(tenant_id=require_tenant_id(), fingerprint=mark, state=Alert.State.OPEN)


def settle_alerts(fingerprint: str) -> int:
    """Close the open alert with this fingerprint: what it told of is over."""
    return Alert.objects.filter(fingerprint=fingerprint, state=Alert.State.OPEN).update(
        state=Alert.State.RESOLVED, resolved_at=Now()
    )


def dismiss_alerts(fingerprint: str) -> int:
    """Take the open alert with this fingerprint off people's lists though its cause goes on: a person said so."""
    return Alert.objects.filter(fingerprint=fingerprint, state=Alert.State.OPEN).update(
        state=Alert.State.DISMISSED, resolved_at=Now()
    )
