"""What people do in the errors inbox. Keyword-only, inside a tenant's scope; each act is audited."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from canonical.problems import Problem, Refused, declare
from syncs import dispatch, posting, schedules
from syncs.inbox import live, mending
from syncs.models import Case, LedgerDocument, SyncRun, SyncSchedule, WorkItem
from syncs.pipeline import counts
from syncs.selectors import STUCK
from tenants import clock
from tenants.models import Membership, User
from tenants.news import audit, current_actor, dismiss_alerts, publish
from tenants.scope import require_tenant_id

NOT_A_MEMBER = declare(
    "case.not_a_member",
    "That person is not in this company's team.",
    "Choose somebody of the team, or invite the person first.",
)
NO_REASON = declare(
    "case.no_reason",
    "Say why this needs nothing more.",
    "A few words are enough; they stand in the audit trail.",
)
OVER = declare("case.over", "This is resolved already.", "Reload the page to see its present state.")
_WAITING_TOO = (*STUCK, WorkItem.State.WAITING)


def members() -> list[User]:
    """Whom a case can be given to."""
    found = Membership.objects.filter(tenant_id=require_tenant_id(), user__is_active=True).select_related("user")
    return sorted((row.user for row in found), key=lambda user: user.get_full_name().lower())


@transaction.atomic
def assign(*, case: Case, to: User | None) -> Case:
    """Give a case, with its records, to somebody of the team, or to nobody."""
    if to is not None and not Membership.objects.filter(tenant_id=require_tenant_id(), user=to).exists():
        raise Refused(Problem(NOT_A_MEMBER))
    before, case.assignee = case.assignee_id, to
    if before == case.assignee_id:
        return case
    case.save(update_fields=["assignee"])
    WorkItem.objects.filter(case=case, state__in=_WAITING_TOO).update(assignee=to)
    audit("case.assigned", case, before={"user": before}, after={"user": case.assignee_id})
    publish("case.assigned", case, user=case.assignee_id)
    return case


def retry_case(*, case: Case) -> int:
    """Try everything in the group again, without running anything from its beginning. Returns how many rows."""
    if case.kind == Case.Kind.RECORD:
        return mending.retry(list(live.stuck_records().filter(fingerprint=case.fingerprint).select_related("run")))
    if case.kind == Case.Kind.RUN:
        return _run_again(runs_of(case))
    if case.kind == Case.Kind.DOCUMENT:
        rows = documents_of(case)
        for document in rows:
            posting.release(document=document, by=current_actor().user)
        return len(rows)
    return 0


def retry_records(*, items: Iterable[WorkItem]) -> int:
    """Try chosen records again, or before their time."""
    return mending.retry([item for item in items if item.state in _WAITING_TOO])


def retry_runs_now(*, runs: Iterable[SyncRun]) -> int:
    """Let runs that wait to list their work again do so now."""
    woken = 0
    for run in runs:
        if SyncRun.objects.filter(pk=run.pk, state=SyncRun.State.WAITING).update(not_before=None):
            dispatch.wake(run)
            woken += 1
    return woken


def runs_of(case: Case) -> list[SyncRun]:
    return [
        run
        for run in live.failed_runs()
        if dispatch.run_fingerprint(run.integration_id, run.stream, run.problem_code) == case.fingerprint
    ]


def documents_of(case: Case) -> list[LedgerDocument]:
    rows = live.held_documents().select_related("ledger", "source", "current_revision").order_by("-id")[:500]
    return [row for row in rows if live.document_fingerprint(row) == case.fingerprint]


def _run_again(failed: list[SyncRun]) -> int:
    """One new run does for all that failed of a stream: it lists from the watermark, which did not move."""
    pairs = {(run.integration_id, run.stream): run for run in failed}
    for run in pairs.values():
        if SyncSchedule.objects.filter(integration=run.integration_id, stream=run.stream).exists():
            schedules.run_now(integration=run.integration, stream=run.stream, user=current_actor().user)
        else:
            _requeue(run)
    return len(pairs)


def _requeue(run: SyncRun) -> None:
    again = {"state": SyncRun.State.QUEUED, "ended_at": None, "not_before": None, "crashes": 0}
    if SyncRun.objects.filter(pk=run.pk, state=SyncRun.State.FAILED).update(**again):
        audit("run.retried", run, before={"problem": run.problem_code})
        dispatch.wake(run)


@transaction.atomic
def put_aside(*, case: Case, reason: str, ignored: bool = False) -> Case:
    """Say that a case needs nothing more: its records are closed; what cannot be closed is only hidden while it lasts.

    `ignored` says that nothing was done about it; otherwise it was resolved by hand, elsewhere.
    """
    if not reason.strip():
        raise Refused(Problem(NO_REASON))
    locked: Case = Case.objects.select_for_update().get(pk=case.pk)
    if locked.state != Case.State.OPEN:
        raise Refused(Problem(OVER))
    closed = close_records(items=live.stuck_records().filter(fingerprint=locked.fingerprint), case=locked)
    locked.state = Case.State.RESOLVED if locked.kind == Case.Kind.RECORD else Case.State.HIDDEN
    locked.outcome = Case.Outcome.IGNORED if ignored else Case.Outcome.BY_HAND
    locked.reason, locked.resolved_at, locked.resolved_by = reason.strip()[:300], clock.now(), current_actor().user
    locked.save(update_fields=["state", "outcome", "reason", "resolved_at", "resolved_by"])
    dismiss_alerts(locked.fingerprint)
    audit("case.put_aside", locked, after={"outcome": locked.outcome, "records": closed}, reason=locked.reason)
    publish("case.resolved", locked, outcome=locked.outcome)
    return locked


def close_records(*, items: Iterable[WorkItem], case: Case | None = None) -> int:
    """Take stuck records out of the queue for good: nothing more is tried for them. Returns how many."""
    chosen = list(items)
    ids = [item.pk for item in chosen]
    changes: dict[str, Any] = {"state": WorkItem.State.CLOSED, "done_at": clock.now(), "not_before": None}
    if case is not None:
        changes["case"] = case
    closed = WorkItem.objects.filter(pk__in=ids, state__in=STUCK).update(**changes)
    for item in chosen:
        audit("record.closed", item, before={"problem": item.problem_code})
    for run in SyncRun.objects.filter(pk__in={item.run_id for item in chosen}):
        tally_again(run)
    return closed


def tally_again(run: SyncRun) -> None:
    """A run's numbers after its records were closed or opened by hand; one that ended with held records may now be whole."""
    tally = counts(run)
    stuck = tally.get(WorkItem.State.HELD, 0) + tally.get(WorkItem.State.DEAD, 0)
    changes: dict[str, Any] = {"counts": tally}
    if run.state in (SyncRun.State.PARTLY, SyncRun.State.SUCCEEDED):
        changes["state"] = SyncRun.State.PARTLY if stuck else SyncRun.State.SUCCEEDED
    SyncRun.objects.filter(pk=run.pk).update(**changes)


@transaction.atomic
def take_back(*, case: Case) -> Case:
    """Undo putting aside: the case is open again, its closed records are held again."""
    locked: Case = Case.objects.select_for_update().get(pk=case.pk)
    standing = Case.objects.filter(fingerprint=locked.fingerprint, state__in=[Case.State.OPEN, Case.State.HIDDEN])
    if locked.resolved_by_id is None or standing.exclude(pk=locked.pk).exists():
        raise Refused(Problem(OVER))
    items = WorkItem.objects.filter(case=locked, state=WorkItem.State.CLOSED)
    runs = set(items.values_list("run_id", flat=True))
    items.update(state=WorkItem.State.HELD, done_at=None)
    locked.state, locked.outcome, locked.reason, locked.resolved_at, locked.resolved_by = Case.State.OPEN, "", "", None, None
    locked.save(update_fields=["state", "outcome", "reason", "resolved_at", "resolved_by"])
    for run in SyncRun.objects.filter(pk__in=runs):
        tally_again(run)
    audit("case.taken_back", locked)
    return locked
