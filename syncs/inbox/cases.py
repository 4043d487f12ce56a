"""Keeping cases in step with what is live: a new cause opens one and tells people once, a gone cause resolves it.

`follow` compares the two and may be run at any time, by anybody, as often as one likes: it looks at how
things are, not at what happened, so that a lost or doubled event does no harm.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from syncs.inbox import live
from syncs.inbox.live import Trouble
from syncs.models import Case, LedgerDocument, WorkItem
from tenants import clock
from tenants.models import Alert, Event
from tenants.news import alert, publish, settle_alerts
from tenants.outbox import subscribe

STANDING = (Case.State.OPEN, Case.State.HIDDEN)
# Whoever loses a connection, or raises a notice, has told people already.
_TOLD = (Case.Kind.CONNECTION, Case.Kind.NOTICE)


@transaction.atomic
def follow() -> int:
    """Open, move on and resolve cases until they say what is live. Returns how many changed their state."""
    troubles = {trouble.fingerprint: trouble for trouble in live.troubles()}
    standing = {case.fingerprint: case for case in Case.objects.filter(state__in=STANDING)}
    # Records being tried again keep a case alive, but never open one.
    fresh = [trouble for mark, trouble in troubles.items() if mark not in standing and trouble.stuck]
    opened = _open(fresh)
    for mark, case in {**standing, **opened}.items():
        if mark in troubles:
            _move_on(case, troubles[mark])
    gone = [case for mark, case in standing.items() if mark not in troubles]
    return len(opened) + sum(_resolve(case) for case in gone)


def _open(fresh: list[Trouble]) -> Mapping[str, Case]:
    rows = [
        Case(
            fingerprint=trouble.fingerprint,
            kind=trouble.kind,
            problem_code=trouble.code[:80],
            problem_params=dict(trouble.params),
            problem_where=dict(trouble.where),
            integration_id=trouble.integration_id,
            most=trouble.stuck,
            first_seen_at=trouble.first,
            last_seen_at=trouble.last,
        ).named()
        for trouble in fresh
    ]
    Case.objects.bulk_create(rows, ignore_conflicts=True)
    made = Case.objects.filter(public_id__in=[row.public_id for row in rows])
    opened = {case.fingerprint: case for case in made}
    for trouble in fresh:
        if trouble.fingerprint in opened:
            _tell(opened[trouble.fingerprint], trouble)
    return opened


def _tell(case: Case, trouble: Trouble) -> None:
    publish("case.opened", case, problem=trouble.code, records=trouble.stuck)
    if case.kind not in _TOLD:
        alert(trouble.problem(), case, fingerprint=case.fingerprint)


def _move_on(case: Case, trouble: Trouble) -> None:
    """The latest words and numbers; records that joined the group get its case and whoever sees to it."""
    facts = {
        "problem_code": trouble.code[:80],
        "problem_params": dict(trouble.params),
        "problem_where": dict(trouble.where),
        "last_seen_at": trouble.last,
        "most": max(case.most, trouble.stuck),
    }
    if any(getattr(case, name) != value for name, value in facts.items()):
        Case.objects.filter(pk=case.pk).update(**facts)
    if trouble.kind == Case.Kind.RECORD and trouble.stuck:
        joined = live.stuck_records().filter(fingerprint=trouble.fingerprint).exclude(case=case)
        joined.update(case=case, assignee=case.assignee)
    if trouble.stuck and trouble.kind not in _TOLD:
        open_alert = Alert.objects.filter(fingerprint=case.fingerprint, state=Alert.State.OPEN)
        open_alert.exclude(count=trouble.stuck).update(count=trouble.stuck, last_seen_at=trouble.last)


def _resolve(case: Case) -> bool:
    """The cause is gone: later work succeeded, or the rows moved on."""
    outcome = case.outcome or Case.Outcome.MENDED
    still = Case.objects.filter(pk=case.pk, state__in=STANDING)
    if not still.update(state=Case.State.RESOLVED, outcome=outcome, resolved_at=clock.now()):
        return False
    settle_alerts(case.fingerprint)
    publish("case.resolved", case, outcome=outcome)
    return True


def out_of_step() -> bool:
    """Whether something live has no case yet, or a case outlived its cause: whoever shows the list lets `follow` run first."""
    known = set(Case.objects.filter(state__in=STANDING).values_list("fingerprint", flat=True))
    troubles = {trouble.fingerprint: trouble.stuck for trouble in live.troubles()}
    return not known <= troubles.keys() or any(stuck and mark not in known for mark, stuck in troubles.items())


@subscribe(
    "run.finished", "run.failed", "document.held", "connection.needs_reconnect", "connection.reconnected", "connection.disconnected"
)
def follow_news(_event: Event) -> None:
    """One look for each end of a run and each change of a connection."""
    follow()


@subscribe("document.posted", "document.undone")
def follow_document(event: Event) -> None:
    """A settlement's document may end a case by itself; orders are many, and the end of their run looks for them all."""
    if LedgerDocument.objects.filter(public_id=event.subject_id, source_kind="settlement").exists():
        follow()


@subscribe("record.held")
def follow_record(event: Event) -> None:
    """A record of a group that is known already changes a count; only a new cause needs a look before its run ends."""
    item = WorkItem.objects.filter(public_id=event.subject_id).values_list("fingerprint", "case_id").first()
    fresh = item is not None and item[0] and item[1] is None
    if item is not None and fresh and not Case.objects.filter(fingerprint=item[0], state__in=STANDING).exists():
        follow()
