"""The last payout as it would be posted: composed under the answers as they are now. Nothing is written to the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reconciliation import ladders, planning, sheet, state
from reconciliation.engine import Ladder
from reconciliation.models import Settlement
from syncs import schedules
from syncs.models import Integration, SyncRun, WorkItem
from syncs.runs import SETTLEMENTS
from tenants.news import current_actor
from tenants.problems import Shown, shown

_State = Settlement.State
_NOT_TRIED = (_State.EXCLUDED, _State.SUPERSEDED, _State.REFUSED)
OVER = (SyncRun.State.SUCCEEDED, SyncRun.State.PARTLY, SyncRun.State.FAILED, SyncRun.State.CANCELLED)


@dataclass(frozen=True)
class Trial:
    """One settlement, its would-be documents, and what stands in the way."""

    settlement: Settlement
    shown_state: str
    label: str
    previews: list[sheet.Preview]
    ladder: Ladder
    problems: list[Shown]

    @property
    def taxed(self) -> bool:
        """Whether any line carries a tax code."""
        return any(row.line.tax_code_name for preview in self.previews for row in preview.lines)


def last_settlement(integration: Integration) -> Settlement | None:
    """The newest payout that is here: one that has a payout account, so that it shows an entry, before one that waits."""
    rows = Settlement.objects.filter(integration=integration).exclude(state__in=_NOT_TRIED)
    newest_first = rows.select_related("integration__ledger", "source", "document__blob").order_by("-deposit_at", "-id")
    found: Settlement | None = newest_first.filter(currency__in=list(integration.options.get("payout_accounts", {}))).first()
    return found or newest_first.first()


def begin(integration: Integration) -> SyncRun | None:
    """Fetch settlements when none is here yet, and return the run to watch; else compose the last one anew."""
    latest = last_settlement(integration)
    if latest is None:
        return schedules.run_now(integration=integration, stream=SETTLEMENTS, trigger="trial", user=current_actor().user)
    planning.plan(latest)
    return None


def open_run(integration: Integration) -> SyncRun | None:
    """The newest run of settlements, when it is still at work."""
    newest = SyncRun.objects.filter(integration=integration, stream=SETTLEMENTS).order_by("-id").first()
    return newest if newest is not None and newest.state not in OVER else None


def last_run(integration: Integration) -> SyncRun | None:
    newest: SyncRun | None = SyncRun.objects.filter(integration=integration, stream=SETTLEMENTS).order_by("-id").first()
    return newest


def progress(run: SyncRun) -> tuple[int, int]:
    """Records done with, of those listed so far."""
    items = WorkItem.objects.filter(run=run)
    return items.exclude(state__in=[WorkItem.State.READY, WorkItem.State.WAITING]).count(), items.count()


def show(integration: Integration) -> Trial | None:
    """The last payout as it stands; None while there is none."""
    settlement = last_settlement(integration)
    if settlement is None:
        return None
    shown_state = state.shown(settlement)
    return Trial(
        settlement=settlement,
        shown_state=shown_state,
        label=str(_State(shown_state).label),
        previews=sheet.previews(settlement, sheet.live(settlement)),
        ladder=ladders.ladder(settlement),
        problems=[shown(row) for row in settlement.problems],
    )


def facts(integration: Integration) -> dict[str, Any]:
    """How many settlements are here, by what would become of them."""
    rows = Settlement.objects.filter(integration=integration).exclude(state=_State.SUPERSEDED)
    return {"listed": rows.count(), "excluded": rows.filter(state=_State.EXCLUDED).count()}
