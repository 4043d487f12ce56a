"""The main job from consent to the last rung, against the twins: twice, with the ledger's own books as the judge."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connections.models import ApiCall, GrantSecret
from reconciliation import ladders
from reconciliation.demo import job, pairs, people
from reconciliation.engine import RungState
from reconciliation.models import Settlement
from syncs.models import LedgerDocument
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def demo(twins):
    """The demo, run once."""
    told: list[str] = []
    verdict = job.run(told.append)
    return verdict, twins, told


def trial(twins, realm):
    return {
        name: Decimal(str(amount))
        for name, amount in twins.command("quickbooks_online", "trial", realm=realm)["accounts"].items()
    }


def test_every_rung_ties_and_the_ledgers_books_agree(demo):
    verdict, twins, told = demo
    assert verdict.wrong == [], "\n".join(told[-40:])
    assert verdict.posted_now > 15
    seeded = {row["settlement_id"]: row for row in twins.get("/world/seeded")["amazon"]["settlements"]}
    with tenant_scope(people.tenant()):
        posted = [s for s in job.settlements() if s.shown_state == Settlement.State.POSTED]
        for settlement in posted:
            row = seeded[settlement.settlement_id]
            assert settlement.line_total == Decimal(row["line_total"])
            assert settlement.row_count == row["rows"]
            for rung in ladders.ladder(settlement).rungs:
                assert rung.state is not RungState.DIFFERS
            last = ladders.ladder(settlement).rungs[-1]
            assert last.state is RungState.EQUAL, f"{settlement.settlement_id}: {last}"
        paid = sum(
            (s.header_total for s in posted if s.currency == "GBP" and s.header_total > 0),
            Decimal(0),
        )
    books = trial(twins, pairs.PAIRS[1].realm)
    assert sum(books.values()) == 0
    assert books["Checking"] == paid


def test_a_second_run_posts_nothing(demo):
    verdict, twins, _told = demo
    before = twins.command("quickbooks_online", "trial", realm=pairs.PAIRS[0].realm)
    again = job.run(lambda line: None)
    assert again.wrong == []
    assert again.posted_now == 0
    assert again.posted_before == verdict.posted_now
    assert twins.command("quickbooks_online", "trial", realm=pairs.PAIRS[0].realm) == before


def test_exactly_the_deliberate_trouble_is_held(demo):
    _verdict, twins, _told = demo
    with tenant_scope(people.tenant()):
        held = {
            s.settlement_id
            for s in job.settlements()
            if s.shown_state in (Settlement.State.NEEDS_MAPPING, Settlement.State.NEEDS_REVIEW)
        }
    ours = {row["settlement_id"] for row in twins.get("/world/seeded")["amazon"]["troubled"] if row["currency"] in ("CAD", "GBP")}
    assert held == ours
    assert len(held) == 2


def test_secrets_stay_in_the_vault(demo, owner_connection):
    _verdict, twins, told = demo
    consents = twins.get("/world/")["twins"]["amazon"]
    with tenant_scope(people.tenant()):
        assert GrantSecret.objects.count() == 4
        urls = list(ApiCall.objects.values_list("url", flat=True))
        numbers = list(LedgerDocument.objects.values_list("number", flat=True))
    text = "\n".join([*told, *urls, *numbers, str(consents)[:0]])
    assert "Atzr|" not in text
    assert "Atza|" not in text
