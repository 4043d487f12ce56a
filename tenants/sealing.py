"""Sealing the audit trail: a hash chain per tenant, made after the fact, so that no business transaction waits for it.

Each seal covers the events after the one before it and holds
    root = H(... H(H(previous root, event 1), event 2) ..., event n)
Changing, removing, adding or reordering a sealed event changes every root from there on. An operator who
owns the database could rewrite the whole chain; a root that has been copied elsewhere (it is in the
letter and the export) would give him away.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from tenants.models import AuditEvent, AuditSeal

# Ids are given when a row is written, not when it is committed: wait until no slower transaction can still appear before it.
SETTLING = timedelta(seconds=60)
BATCH = 5000
# Before every id there can be: somebody who writes past the application chooses ids of his own.
BEGINNING = -(2**63)


def seal() -> AuditSeal | None:
    """Seal the events of the tenant in scope that are old enough; None when there are none, or another sealer was first."""
    last = AuditSeal.objects.order_by("-seq").first()
    done = BEGINNING if last is None else last.last_event_id
    settled = timezone.now() - SETTLING  # the rows' own clock, which no test or demo shifts
    events = list(AuditEvent.objects.filter(id__gt=done, created_at__lt=settled).order_by("id")[:BATCH])
    if not events:
        return None
    previous = "" if last is None else last.root
    try:
        with transaction.atomic():
            return AuditSeal.objects.create(
                seq=1 if last is None else last.seq + 1,
                last_event_id=events[-1].pk,
                events=len(events),
                root=root_of(previous, events),
                previous_root=previous,
            )
    except IntegrityError:
        return None


def root_of(previous: str, events: Iterable[AuditEvent]) -> str:
    """Fold events into the chain, in order."""
    root = previous
    for event in events:
        root = hashlib.sha256(f"{root}\n{_text(event)}".encode()).hexdigest()
    return root


def _text(event: AuditEvent) -> str:
    """One event as the same text for ever: names in order, no blanks, moments in UTC."""
    fields = {
        "id": event.public_id,
        "at": event.created_at.isoformat(),
        "actor": event.actor_id,
        "actor_kind": event.actor_kind,
        "action": event.action,
        "subject": [event.subject_type, event.subject_id],
        "before": event.before,
        "after": event.after,
        "reason": event.reason,
        "ip": event.ip,
        "correlation": event.correlation_id,
    }
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the chain says: sealed events and seals that hold, events not sealed yet, and the first seal that does not fit."""

    seals: int
    sealed: int
    unsealed: int
    broken_at: int | None = None

    @property
    def state(self) -> str:
        if self.broken_at is not None:
            return "broken"
        return "sealed" if self.seals else "unsealed"


def verify() -> Verdict:
    """Recompute the whole chain of the tenant in scope."""
    previous, done, sealed, count = "", BEGINNING, 0, 0
    for one in AuditSeal.objects.order_by("seq"):
        events = AuditEvent.objects.filter(id__gt=done, id__lte=one.last_event_id).order_by("id")
        rows = list(events)
        fits = one.previous_root == previous and len(rows) == one.events and root_of(previous, rows) == one.root
        if not fits or one.seq != count + 1:
            return Verdict(count, sealed, AuditEvent.objects.filter(id__gt=done).count(), broken_at=one.seq)
        previous, done, sealed, count = one.root, one.last_event_id, sealed + one.events, one.seq
    return Verdict(count, sealed, AuditEvent.objects.filter(id__gt=done).count())
