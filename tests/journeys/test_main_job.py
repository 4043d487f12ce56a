"""The main job from consent to the last rung, against the twins, with the ledger's own books as the judge."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from connections.models import AccountRoute, ApiCall, GrantSecret
from reconciliation import ladders, state
from reconciliation.demo import job, pairs, people
from reconciliation.engine import RungState
from reconciliation.models import Settlement
from syncs import services
from syncs.models import LedgerDocument
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.support.demo import TWO_SHOPS, two_shops_booked

pytestmark = pytest.mark.django_db(transaction=True)

State = Settlement.State


def trial(twins, pair) -> dict[str, Decimal]:
    """The company's trial balance as the twin adds it up, accounts at zero left out."""
    accounts = twins.command("quickbooks_online", "trial", realm=pair.ledger.account)["accounts"]
    return {name: Decimal(balance) for name, balance in accounts.items() if Decimal(balance)}


def test_the_main_job_ties_and_is_done_once(twins):
    told: list[str] = []
    verdict = job.run(told.append, TWO_SHOPS)
    assert verdict.wrong == [], "\n".join(told[-40:])
    assert verdict.posted_now > 15
    seeded = twins.get("/world/seeded")["amazon"]
    with tenant_scope(people.tenant()):
        settlements = job.settlements()
        _every_rung_is_equal(settlements, {row["settlement_id"]: row for row in seeded["settlements"]})
        _exactly_the_deliberate_trouble_is_held(settlements, seeded["troubled"])
        _every_row_is_in_exactly_one_line(settlements)
        _the_bank_moved_once_per_payout(settlements, trial(twins, pairs.UK_SHOP))
        _no_secret_in_sight("\n".join(told))
    before = [trial(twins, pair) for pair in TWO_SHOPS]
    assert [sum(books.values()) for books in before] == [0, 0]

    again = two_shops_booked()
    assert again.wrong == []
    assert (again.posted_now, again.posted_before) == (0, verdict.posted_now)
    assert [trial(twins, pair) for pair in TWO_SHOPS] == before


def test_one_deposit_leaves_the_same_books_as_the_journal(twins, monkeypatch):
    job.run(lambda line: None, [pairs.US_SHOP])
    journals = trial(twins, pairs.US_SHOP)
    with tenant_scope(people.tenant()):
        assert _types() == {"journal_entry"}
    _begin_again(twins)

    work = job._work
    monkeypatch.setattr(job, "_work", lambda integration, tell: work(_as_deposits(integration), tell))
    verdict = job.run(lambda line: None, [pairs.US_SHOP])
    assert verdict.wrong == []
    with tenant_scope(people.tenant()):
        assert _types() == {"journal_entry", "deposit"}
        for settlement in job.settlements():
            deposits = [d for d in state.documents_of(settlement) if d.document_type == "deposit"]
            # Nothing at or below zero is a deposit; everything else is exactly one, whatever the months.
            paid = settlement.shown_state == State.POSTED and settlement.header_total > 0
            assert len(deposits) == (1 if paid else 0), settlement.settlement_id
    assert trial(twins, pairs.US_SHOP) == journals


def _begin_again(twins) -> None:
    """Another shop against a fresh world: the first hands its accounts back, so that the second may connect them."""
    twins.reset()
    Tenant.objects.filter(is_demo=True).update(name="The same shop before")
    AccountRoute.objects.all().delete()


def _as_deposits(integration):
    return services.change_integration(integration=integration, posting_shape="one_deposit")


def _types() -> set[str]:
    return set(LedgerDocument.objects.values_list("document_type", flat=True))


def _every_rung_is_equal(settlements, seeded) -> None:
    for settlement in settlements:
        if settlement.shown_state != State.POSTED:
            continue
        row = seeded[settlement.settlement_id]
        assert settlement.line_total == Decimal(row["line_total"])
        assert settlement.row_count == row["rows"]
        ladder = ladders.ladder(settlement)
        assert ladder.complete, settlement.settlement_id
        assert not [rung for rung in ladder.rungs if rung.state is RungState.DIFFERS]


def _exactly_the_deliberate_trouble_is_held(settlements, troubled) -> None:
    held = {s.settlement_id for s in settlements if s.shown_state in (State.NEEDS_MAPPING, State.NEEDS_REVIEW)}
    assert held == {row["settlement_id"] for row in troubled if row["currency"] in ("CAD", "GBP")}
    assert len(held) == 2


def _every_row_is_in_exactly_one_line(settlements) -> None:
    from syncs.models import DocumentLine, LineTrace

    for settlement in settlements:
        if settlement.shown_state != State.POSTED:
            continue
        revisions = [document.current_revision_id for document in state.documents_of(settlement)]
        lines = DocumentLine.objects.filter(revision_id__in=revisions).values_list("pk", flat=True)
        rows: Counter[int] = Counter()
        for trace in LineTrace.objects.filter(line_id__in=list(lines)):
            rows.update(range(trace.first, trace.last + 1))
        assert set(rows.values()) <= {1}
        zero = settlement.row_count - len(rows)
        assert zero == _zero_rows(settlement)


def _zero_rows(settlement) -> int:
    """Rows of 0.00 are in no line: the ledger takes none."""
    from reconciliation.models import SettlementLine

    return sum(
        1 for amount in SettlementLine.objects.filter(settlement_id=settlement.pk).values_list("amount", flat=True) if not amount
    )


def _the_bank_moved_once_per_payout(settlements, books) -> None:
    paid = sum(
        (s.header_total for s in settlements if s.shown_state == State.POSTED and s.currency == "GBP" and s.header_total > 0),
        Decimal(0),
    )
    assert books["Checking"] == paid


def _no_secret_in_sight(told: str) -> None:
    assert GrantSecret.objects.count() == 4
    text = "\n".join([told, *ApiCall.objects.values_list("url", flat=True)])
    assert "Atzr|" not in text
    assert "Atza|" not in text
