"""The main job once for every pair, told as it goes, and the verdict at its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings

from reconciliation import ladders, state
from reconciliation.demo import bank, ends, pairs, people, twins
from reconciliation.engine import RungName, RungState
from reconciliation.models import Settlement
from syncs import pipeline, posting
from syncs.models import Integration, LedgerDocument, SyncRun, WorkItem
from syncs.runs import open_run
from syncs.steps import Fate, StepOutcome
from tenants import clock
from tenants.news import Actor, acting
from tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

Tell = Callable[[str], None]

# Long enough for the slowest real rate (a report document a minute) behind a full burst.
PATIENCE = timedelta(minutes=20)


@dataclass(slots=True)
class Verdict:
    """What the demo found: posted by this run, held as expected, and everything that is not as it should be."""

    posted_before: int = 0
    posted_now: int = 0
    held: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def ties(self) -> bool:
        return not self.wrong


def run(tell: Tell, shops: Iterable[pairs.Pair] = pairs.PAIRS) -> Verdict:
    """Everything from the first login to the last rung, of these pairs. Safe to repeat: what stands in the ledger is not posted again."""
    if settings.IS_PRODUCTION:
        raise RuntimeError("The demo never runs where production settings are in force.")
    expected = twins.troubled()
    company = people.tenant()
    people.logins(company)
    verdict = Verdict()
    with tenant_scope(company), acting(Actor(user=people.owner(), kind="person")):
        verdict.posted_before = _posted()
        for pair in shops:
            tell(f"\n{pair.name}: {pair.source.called} into {pair.ledger.called}")
            integration = pairs.ready(pair)
            _work(integration, tell)
            _read_back(integration)
            bank.bring(integration, pair, tell)
        verdict.posted_now = _posted() - verdict.posted_before
        tell("")
        for settlement in settlements():
            _judge(settlement, expected, verdict)
    return verdict


def settlements() -> list[WithAnnotations[Settlement, state.Shown]]:
    """Those the two pairs are about; the accounts' other stores are kept but left out."""
    left_out = (Settlement.State.SUPERSEDED, Settlement.State.EXCLUDED)
    found = Settlement.objects.exclude(state__in=left_out).select_related("integration", "source", "document")
    return list(state.with_state(found).order_by("source_id", "currency", "period_start"))


def _work(integration: Integration, tell: Tell) -> None:
    run = open_run(integration=integration, trigger="demo")
    until = clock.now() + PATIENCE
    while True:
        run = pipeline.execute(run, watch=lambda title, item, outcome: tell(_line(title, item, outcome)))
        if run.state != SyncRun.State.WAITING or clock.now() > until:
            break
        # A command may wait; a worker never does.
        time.sleep(min(max((run.not_before - clock.now()).total_seconds(), 0.1), 5) if run.not_before else 1)
    tell(f"  {run.get_state_display()}: {run.counts.get('listed', 0)} listed, {run.counts.get('held', 0)} held")


def _read_back(integration: Integration) -> None:
    """What a ledger that polls us was asked for comes with its next visits; a worker's sweep would go on with it."""
    until = clock.now() + PATIENCE
    posted = LedgerDocument.objects.filter(ledger=integration.ledger, state=LedgerDocument.State.POSTED)
    while posted.filter(read_back_at=None).exists() and clock.now() < until:
        posting.resume(ledger=integration.ledger)
        time.sleep(ends.AGAIN)


def _line(title: str, item: WorkItem, outcome: StepOutcome) -> str:
    told = {Fate.ONWARD: "done", Fate.FINISHED: outcome.note or "done", Fate.WAITING: "waits", Fate.FAILED: "again later"}
    words = told.get(outcome.fate) or f"held: {outcome.problem.text() if outcome.problem else ''}"
    return f"  {item.title:<28} {title:<26} {words}"


def _posted() -> int:
    return LedgerDocument.objects.filter(state=LedgerDocument.State.POSTED).count()


def _judge(settlement: WithAnnotations[Settlement, state.Shown], expected: dict[str, str], verdict: Verdict) -> None:
    name = f"{settlement.settlement_id} {settlement.currency}"
    shown = settlement.shown_state
    if settlement.settlement_id in expected:
        if shown not in (Settlement.State.NEEDS_MAPPING, Settlement.State.NEEDS_REVIEW):
            verdict.wrong.append(f"{name} must be held ({expected[settlement.settlement_id]}) but is {shown}")
        else:
            verdict.held.append(f"{name}: {expected[settlement.settlement_id]}")
        return
    if shown not in (Settlement.State.POSTED, Settlement.State.NOTHING_TO_POST):
        verdict.wrong.append(f"{name} is {shown}: {'; '.join(row['code'] for row in settlement.problems) or 'no reason kept'}")
        return
    for rung in ladders.ladder(settlement).rungs:
        if rung.state is RungState.DIFFERS:
            verdict.wrong.append(f"{name}: {rung.name} differs by {rung.difference}")
        if rung.name is RungName.READ_BACK and rung.state is RungState.NOT_AVAILABLE and shown == Settlement.State.POSTED:
            verdict.wrong.append(f"{name}: not read back from the ledger")
        if rung.name is RungName.BANK and (why := bank.wrong(settlement, rung)):
            verdict.wrong.append(f"{name}: {why}")
