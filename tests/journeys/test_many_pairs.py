"""Several sellers of two regions into companies of three ledgers, in one tenant, and a second tenant beside it: nothing ever crosses."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from canonical.accounting import DocumentType
from connections import services as connection_services
from connections.errors import Failure
from connections.models import Breaker, Connection, Grant, ReferenceCopy
from reconciliation import setup
from reconciliation.demo import ends, pairs, people, shapes
from reconciliation.demo import twins as over_there
from reconciliation.engine.chart import BY_ROLE, Role
from reconciliation.models import Order, Settlement
from reconciliation.selectors_pages import overview
from reconciliation.state import with_state
from reconciliation.totals import DONE
from sandbox.xero.seed import OTHER
from syncs import mappings, pipeline, services
from syncs.mapping.rules import ROLE, Rule, Target
from syncs.models import Integration, LedgerDocument, MappingRule, MappingVersion, SyncRun, SyncSchedule, Watermark
from syncs.runs import ORDERS, SETTLEMENTS, open_run
from tenants import clock
from tenants.models import Membership, Tenant
from tenants.news import Actor, acting
from tenants.roles import Role as Member
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db(transaction=True)

AMERICA = replace(
    shapes.WAYS[0].pair,
    name="America in QuickBooks",
    source=ends.amazon("na", "A5MERIDIANOUT5"),
    ledger=ends.quickbooks_online("9130350000000402"),
)
BRITAIN, SEVERN = pairs.XERO_SHOP, pairs.KASHFLOW_SHOP
STRANGE = replace(pairs.XERO_SHOP, name="Kendal in Xero", source=ends.amazon("eu", "A6FELLANDFERN3"), ledger=ends.xero(OTHER))
# What of a twin's books can name a seller, an order or a buyer.
KINDS = {
    "quickbooks_online": ("SalesReceipt", "Invoice", "JournalEntry", "Payment", "Customer", "Account"),
    "xero": ("Invoice", "CreditNote", "Payment", "BankTransaction", "ManualJournal", "Contact", "Account"),
    "kashflow": ("Invoice", "Receipt", "Journal", "Customer", "Supplier"),
}


@dataclass
class Trade:
    """One pair and everything its seller ever did."""

    way: shapes.Way
    integration: Integration
    orders: list[str] = field(default_factory=list)

    def place(self, count: int, **wishes: Any) -> None:
        self.orders += over_there.command("amazon", "place", **self.way.store, orders=count, **wishes)["orders"]

    def send_and_close(self) -> None:
        over_there.command("amazon", "ship", **self.way.store)
        over_there.shift(60)
        over_there.command("amazon", "close", **self.way.store)

    def sync(self, *streams: str) -> None:
        for stream in streams:
            done = shapes.work(self.integration, stream)
            assert done.state == SyncRun.State.SUCCEEDED, (self.way.pair.name, stream, done.state)

    def books(self) -> str:
        """The company's books as its twin shows them, all in one text."""
        ledger = self.way.pair.ledger
        return json.dumps(
            [over_there.command(ledger.provider, "documents", kind=k, **ledger.where) for k in KINDS[ledger.provider]]
        )

    @property
    def settlements(self) -> list[Settlement]:
        found = Settlement.objects.filter(integration=self.integration).exclude(state=Settlement.State.EXCLUDED)
        return list(with_state(found).order_by("period_start"))

    @property
    def marks(self) -> set[str]:
        """What would give this seller away in somebody else's books."""
        return {*self.orders, *(one.settlement_id for one in self.settlements), self.way.pair.source.account}


@contextmanager
def inside(tenant: Tenant) -> Iterator[None]:
    with tenant_scope(tenant), acting(Actor(user=people.owner(), kind="person")):
        yield


def begin(pair: pairs.Pair, shape: str, **decided: Any) -> Trade:
    today = datetime.fromisoformat(over_there.world("clock")["now"]).date()
    way = shapes.Way(pair, shape, {"each": True, "when": "placed", "document": "by_channel", **decided})
    return Trade(way, shapes._ready(way, today))


def test_many_pairs_in_one_tenant_and_nothing_crosses(twins: Any, client: Client) -> None:
    ours, theirs = people.tenant(), Tenant.objects.create(name="Kendal Traders", home_currency="GBP", country="GB")
    people.logins(ours)
    Membership.objects.create(user=people.owner(), tenant=theirs, role=Member.OWNER)
    with inside(theirs):
        stranger = begin(STRANGE, "invoice")
        _round([stranger])
        strange = stranger.marks
    with inside(ours):
        trades = [
            begin(AMERICA, "summary_journal"),
            begin(BRITAIN, "invoice", customers="buyer"),
            begin(SEVERN, "documents"),
        ]
        _own_accounts(trades[1].integration)
        _round(trades)
        versions = _versions()
        before = _marks_of_time()
        _one_runs_and_only_its_own_watermarks_move(trades[0], before)
        _a_ledger_that_fails_stops_nobody_else(twins, trades)
        assert _versions() == versions, "a second settlement needs no new mapping"
        _everything_is_posted_twice_and_in_its_own_books(trades, strange)
        _credentials_accounts_and_rules_are_each_pairs_own(trades)
        _own_accounts_are_used(trades[1])
        _each_buyer_is_one_customer_and_the_others_share_one(twins, trades)
        _pausing_one_touches_no_other(trades)
        _one_page_totals_all(client, ours, trades)
    _the_second_tenant_sees_nothing(client, ours, theirs, trades)


def _round(trades: list[Trade]) -> None:
    """Orders, sent, settled and booked; one more by the first one's buyer."""
    for trade in trades:
        trade.place(2, fulfillment="MFN")
        trade.place(1, fulfillment="MFN", buyer_of=trade.orders[0])
    over_there.shift(180)
    for trade in trades:
        trade.sync(ORDERS)
        trade.send_and_close()
    over_there.shift(180)
    for trade in trades:
        trade.sync(ORDERS, SETTLEMENTS)


def _own_accounts(integration: Integration) -> None:
    """The organisation's own chart instead of two of the default accounts: 200 Sales, 404 Bank Fees."""
    for role, account in ((Role.SALES, "Sales"), (Role.SELLING_FEES, "Bank Fees")):
        copy = ReferenceCopy.objects.get(connection=integration.ledger, kind="account", name=account)
        mappings.set_rule(integration.mapping_set, Rule(Target(ROLE, role.value), copy.external_id, copy.name))
    mappings.publish_draft(integration.mapping_set, note="Our own chart", needed_roles=setup.needed(integration.ledger))


def _versions() -> list[tuple[str, int, str]]:
    return sorted(MappingVersion.objects.values_list("mapping_set__public_id", "number", "state"))


def _marks_of_time() -> dict[tuple[int, str], tuple[str, datetime]]:
    rows = Watermark.objects.values_list("integration", "stream", "cursor", "moved_at")
    return {(integration, stream): (cursor, moved) for integration, stream, cursor, moved in rows}


def _one_runs_and_only_its_own_watermarks_move(trade: Trade, before: dict[tuple[int, str], tuple[str, datetime]]) -> None:
    over_there.shift(180)
    trade.sync(ORDERS, SETTLEMENTS)
    after = _marks_of_time()
    assert before.keys() == after.keys()
    moved = {integration for (integration, stream), mark in after.items() if mark != before[integration, stream]}
    assert moved == {trade.integration.pk}


def _a_ledger_that_fails_stops_nobody_else(twins: Any, trades: list[Trade]) -> None:
    """S038: Xero answers 500 until its breaker opens; the others' second settlements are booked all the same."""
    failing = trades[1]
    for trade in trades:
        trade.place(2, fulfillment="MFN")
    over_there.shift(180)
    for trade in trades:
        trade.sync(ORDERS)
        trade.send_and_close()
    over_there.shift(180)
    twins.fault("xero", "500", "*", count=None)
    for _time in range(5):
        with pytest.raises(Failure):
            connection_services.refresh_reference(connection=failing.integration.ledger)
    mine = f"connection:xero:twin:{failing.integration.ledger_id}"
    assert set(Breaker.objects.exclude(state="closed").values_list("scope", flat=True)) == {mine}
    run = pipeline.execute(open_run(integration=failing.integration, trigger="demo", stream=SETTLEMENTS))
    assert run.state == SyncRun.State.WAITING
    asked = len(twins.journal())
    for trade in (trades[0], trades[2]):
        trade.sync(ORDERS, SETTLEMENTS)
    assert not [call for call in twins.journal()[asked:] if call["provider"] == "xero"], "nothing is asked of what fails"
    assert [len(_posted(trade)) for trade in trades] == [2, 1, 2]

    twins.heal()
    Breaker.objects.filter(scope=mine).update(probe_at=clock.now() - timedelta(seconds=1))
    assert _to_its_end(services.requeue_run(run=run)).state == SyncRun.State.SUCCEEDED
    assert not Breaker.objects.exclude(state="closed").exists()
    failing.sync(ORDERS)


def _to_its_end(run: SyncRun) -> SyncRun:
    """A run may still have to wait for Amazon's own limits."""
    until = time.monotonic() + 120
    while True:
        run = pipeline.execute(run)
        if run.state != SyncRun.State.WAITING or time.monotonic() > until:
            return run
        time.sleep(0.5)


def _posted(trade: Trade) -> list[Settlement]:
    return [one for one in trade.settlements if one.shown_state == Settlement.State.POSTED]  # type: ignore[attr-defined]


def _everything_is_posted_twice_and_in_its_own_books(trades: list[Trade], strange: set[str]) -> None:
    for trade in trades:
        assert len(_posted(trade)) == len(trade.settlements) == 2, trade.way.pair.name
        orders = Order.objects.filter(integration=trade.integration)
        assert set(orders.values_list("order_id", flat=True)) == set(trade.orders)
        documents = LedgerDocument.objects.filter(ledger=trade.integration.ledger)
        assert set(documents.values_list("source", flat=True)) == {trade.integration.source_id}
    books = [trade.books() for trade in trades]
    for trade, book in zip(trades, books, strict=True):
        assert [order for order in trade.orders if order not in book] == [], trade.way.pair.name
        others = strange.union(*(other.marks for other in trades if other is not trade))
        assert [mark for mark in sorted(others) if mark in book] == [], trade.way.pair.name
        assert sum(ends.trial(trade.way.pair.ledger).values()) == 0


def _credentials_accounts_and_rules_are_each_pairs_own(trades: list[Trade]) -> None:
    sides = [side for trade in trades for side in (trade.integration.source, trade.integration.ledger)]
    assert len({side.pk for side in sides}) == len({side.grant_id for side in sides}) == 6
    assert {(one.region, one.external_account) for one in sides if one.provider == "amazon"} == {
        ("na", "A5MERIDIANOUT5"), ("eu", "A6FELLANDFERN1"), ("eu", "A6FELLANDFERN2"),
    }  # fmt: skip
    assert len({trade.integration.mapping_set_id for trade in trades}) == 3
    for trade in trades:
        own = ReferenceCopy.objects.filter(connection=trade.integration.ledger, kind="account").values("external_id")
        rules = MappingRule.objects.filter(version__mapping_set=trade.integration.mapping_set)
        assert rules.exists()
        assert not rules.exclude(account_id__in=own).exists()


def _own_accounts_are_used(trade: Trade) -> None:
    """S117: sales and fees stand on the organisation's own accounts, nothing on the two default ones."""
    trial = ends.trial(trade.way.pair.ledger)
    assert trial["Sales"] < 0 < trial["Bank Fees"]
    assert BY_ROLE[Role.SALES.value].name not in trial
    assert BY_ROLE[Role.SELLING_FEES.value].name not in trial


def _each_buyer_is_one_customer_and_the_others_share_one(twins: Any, trades: list[Trade]) -> None:
    """S046 in Xero, S047 in the others: as many contacts as there were people, whatever each bought and whatever his name."""
    america, britain, severn = trades
    orders = Order.objects.filter(integration=britain.integration).select_related("record")
    buyers = {order.order_id: order.record.body["buyer"]["email"] for order in orders}
    assert len(buyers) == 5
    assert max(Counter(buyers.values()).values()) >= 2
    rows = twins.command("xero", "documents", tenant=britain.way.pair.ledger.account, kind="Invoice")["documents"]
    contacts = {row["Reference"]: row["Contact"]["ContactID"] for row in rows if row["Reference"] in britain.orders}
    assert contacts.keys() == buyers.keys()
    pairs_of = {(buyers[order], contact) for order, contact in contacts.items()}
    assert len(pairs_of) == len({buyer for buyer, _ in pairs_of}) == len({contact for _, contact in pairs_of})
    for trade in (america, severn):
        documents = LedgerDocument.objects.filter(ledger=trade.integration.ledger, document_type=DocumentType.INVOICE.value)
        said = {
            document.current_revision.canonical["customer"]["name"] for document in documents.select_related("current_revision")
        }
        assert len(said) == 1, said
        asked = Order.objects.filter(integration=trade.integration).select_related("record")
        assert {order.record.body.get("buyer") for order in asked} == {None}, "of their buyers nothing is asked"


def _pausing_one_touches_no_other(trades: list[Trade]) -> None:
    paused, *others = trades
    before = {trade.integration.pk: _schedules(trade) for trade in trades}
    assert all(runs for rows in before.values() for _stream, runs, _every in rows)
    services.pause(integration=paused.integration)
    assert not any(runs for _stream, runs, _every in _schedules(paused))
    for trade in others:
        assert _schedules(trade) == before[trade.integration.pk]
        assert Integration.objects.get(pk=trade.integration.pk).state == Integration.State.ACTIVE
    services.activate(integration=paused.integration)
    assert _schedules(paused) == before[paused.integration.pk]


def _schedules(trade: Trade) -> list[tuple[str, bool, int]]:
    rows = SyncSchedule.objects.filter(integration=trade.integration).select_related("integration").order_by("stream")
    return [(row.stream, row.runs, row.every_s) for row in rows]


def _one_page_totals_all(client: Client, tenant: Tenant, trades: list[Trade]) -> None:
    """S015: a line of totals a currency over all pairs, never over two currencies."""
    seen = overview(since=clock.now() - timedelta(days=31))
    paid = {
        trade.way.pair.key: sum((one.header_total or Decimal(0) for one in trade.settlements), Decimal(0)) for trade in trades
    }
    assert {total.currency: total.settled.amount for total in seen.totals} == {
        "GBP": paid[BRITAIN.key] + paid[SEVERN.key],
        "USD": paid[AMERICA.key],
    }
    assert {part.name: part.heaps[DONE].count for total in seen.totals for part in total.parts} == {
        trade.way.pair.name: 2 for trade in trades
    }
    client.force_login(people.owner())
    page = client.get(f"/app/{tenant.public_id}/").content.decode()
    for trade in trades:
        assert trade.way.pair.name in page
    assert STRANGE.name not in page


def _the_second_tenant_sees_nothing(client: Client, ours: Tenant, theirs: Tenant, trades: list[Trade]) -> None:
    with tenant_scope(ours):
        marks = {trade.way.pair.name for trade in trades}.union(*(trade.marks for trade in trades))
        hidden = [one.public_id for one in Settlement.objects.all()]
    with tenant_scope(theirs):
        assert {one.external_account for one in Connection.objects.all()} == {"A6FELLANDFERN3", OTHER}
        assert Grant.objects.count() == 2
        assert not Settlement.objects.filter(public_id__in=hidden).exists()
        assert set(Integration.objects.values_list("name", flat=True)) == {STRANGE.name}
    Membership.objects.filter(user=people.owner(), tenant=ours).delete()
    client.force_login(people.owner())
    for page in ("", "settlements/", "orders/", "connections/", "integrations/", "runs/", "schedules/", "search/?q=AMZ"):
        shown = client.get(f"/app/{theirs.public_id}/{page}")
        assert shown.status_code == 200, page
        text = shown.content.decode()
        assert [mark for mark in marks if mark in text] == [], page
    assert client.get(f"/app/{ours.public_id}/").status_code == 404
    assert client.get(f"/app/{theirs.public_id}/settlements/{hidden[0]}/").status_code == 404
