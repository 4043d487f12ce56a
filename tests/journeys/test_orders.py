"""Orders one by one against the twins: what comes first decides, and nothing is booked twice."""

from __future__ import annotations

from decimal import Decimal

import pytest

from reconciliation.demo import ends, people, shapes
from reconciliation.demo import twins as over_there
from reconciliation.models import Order, Refund, Settlement
from reconciliation.orders import clearing, services
from syncs.models import LedgerDocument, RevenueClaim, SyncRun, WorkItem
from syncs.runs import CLEARING, ORDERS, SETTLEMENTS
from tenants.news import Actor, acting
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db(transaction=True)

EACH = {"each": True, "when": "placed"}
ZERO = Decimal(0)


class Shop:
    """Two sellers who trade alike: one booked by summary journal, one as the test decides."""

    def __init__(self, **decided: object) -> None:
        self.decided = decided
        self.ways = (shapes.WAYS[0], shapes.Way(shapes.WAYS[2].pair, "summary_journal", dict(decided)))
        today = shapes.datetime.fromisoformat(over_there.world("clock")["now"]).date()
        self.summary, self.each = [shapes._ready(way, today) for way in self.ways]
        self.ids: dict[str, list[str]] = {way.pair.source.account: [] for way in self.ways}

    def place(self, count: int, **wishes: object) -> None:
        for way in self.ways:
            self.ids[way.pair.source.account] += over_there.command("amazon", "place", **way.store, orders=count, **wishes)[
                "orders"
            ]

    def do(self, verb: str, *which: int, **details: object) -> None:
        for ids in self.ids.values():
            over_there.command("amazon", verb, orders=[ids[index] for index in which], **details)

    def close(self) -> None:
        self.later(60)  # what happens at the very end of a period belongs to the next
        for way in self.ways:
            over_there.command("amazon", "close", **way.store)

    def later(self, seconds: float = 180) -> None:
        over_there.shift(seconds)

    def sync(self, *streams: str) -> None:
        for stream in streams:
            for integration in (self.summary, self.each):
                shapes.work(integration, stream)

    def order(self, index: int) -> Order:
        return Order.objects.get(order_id=self.ids[self.ways[1].pair.source.account][index])

    def trials(self) -> list[dict[str, Decimal]]:
        return [ends.trial(way.pair.ledger) for way in self.ways]

    def left(self) -> set[Decimal]:
        return {each.left for each in clearing.residuals(self.each)}


@pytest.fixture
def inside(twins):
    people.logins(people.tenant())
    with tenant_scope(people.tenant()), acting(Actor(user=people.owner(), kind="person")):
        yield


def documents(shop: Shop, **wanted: object) -> list[LedgerDocument]:
    return list(LedgerDocument.objects.filter(ledger=shop.each.ledger, **wanted).order_by("pk"))


def test_a_settlement_that_comes_first_keeps_its_revenue(inside) -> None:
    shop = Shop()  # orders are kept, none is posted
    shop.place(6)
    shop.later()
    shop.sync(ORDERS)
    assert {order.state for order in Order.objects.filter(integration=shop.each)} == {Order.State.SYNCED}
    shop.do("ship", 0, 1, 2, 3)
    shop.do("refund", 0)
    shop.close()
    shop.later()
    shop.sync(SETTLEMENTS)
    assert RevenueClaim.objects.filter(ledger=shop.each.ledger, holder="settlement").count() == 5

    shop.each = services.decide(integration=shop.each, settings=EACH)
    _run_all(shop)
    shop.sync(ORDERS)
    states = [shop.order(index).state for index in range(6)]
    assert states == [Order.State.IN_SETTLEMENT] * 4 + [Order.State.POSTED] * 2
    assert [refund.state for refund in Refund.objects.filter(integration=shop.each)] == [Order.State.IN_SETTLEMENT]
    assert "was booked by settlement" in _problem(shop.order(0))

    shop.do("ship", 4, 5)
    shop.later()
    shop.close()
    shop.later()
    shop.sync(ORDERS, SETTLEMENTS)
    by_journal, by_order = shop.trials()
    assert by_order == by_journal
    assert shop.left() == {ZERO}


def test_orders_that_are_posted_when_they_settle(inside) -> None:
    shop = Shop(each=True, when="settled", document="by_channel")
    shop.place(4, fulfillment="AFN")
    shop.place(4, fulfillment="MFN")
    shop.later()
    shop.sync(ORDERS)
    assert documents(shop) == []
    shop.do("ship", *range(8))
    shop.later()
    shop.sync(ORDERS)
    assert documents(shop) == []
    shop.close()
    shop.later()
    shop.sync(SETTLEMENTS)
    kinds = sorted(document.document_type for document in documents(shop, source_kind="order"))
    assert kinds == ["invoice"] * 4 + ["sales_receipt"] * 4
    by_journal, by_order = shop.trials()
    assert by_order == by_journal
    assert "Accounts Receivable (A/R)" not in by_order


def test_a_refund_of_a_paid_invoice_is_cashed_out_and_linked(inside) -> None:
    shop = Shop(each=True, when="placed", document="invoice")
    shop.place(3)
    shop.do("ship", 0, 1, 2)
    shop.later()
    shop.sync(ORDERS)
    shop.close()
    shop.later()
    shop.sync(SETTLEMENTS)
    assert "Accounts Receivable (A/R)" not in shop.trials()[1]
    shop.do("refund", 0)
    shop.do("refund", 1, share="0.5", item=0)
    shop.later()
    shop.sync(ORDERS)
    closing = documents(shop, source_kind="closing")
    assert sorted((document.part, document.document_type) for document in closing) == [
        ("link", "payment"), ("link", "payment"), ("out", "journal_entry"), ("out", "journal_entry")
    ]  # fmt: skip
    assert {document.state for document in closing} == {"posted"}
    assert "Accounts Receivable (A/R)" not in shop.trials()[1]
    shop.later()
    shop.close()
    shop.later()
    shop.sync(SETTLEMENTS)
    by_journal, by_order = shop.trials()
    assert by_order == by_journal
    assert shop.left() == {ZERO}


def test_what_cannot_be_posted_is_held_and_its_settlement_books_it(inside) -> None:
    shop = Shop(each=True, when="placed", unknown_skus="hold")
    shop.place(2)
    shop.later()
    shop.sync(ORDERS)
    assert {shop.order(index).problem_code for index in range(2)} == {"order.no_item"}
    shop.do("ship", 0, 1)
    shop.later()
    shop.sync(ORDERS)
    shop.close()
    shop.later()
    shop.sync(SETTLEMENTS)
    by_journal, by_order = shop.trials()
    assert by_order == by_journal
    assert documents(shop, source_kind="order") == []

    shop.each = services.decide(integration=shop.each, settings={**EACH, "unknown_skus": "create"})
    _run_all(shop)
    assert {shop.order(index).state for index in range(2)} == {Order.State.IN_SETTLEMENT}
    assert shop.trials()[1] == by_journal


def test_an_unknown_status_is_held_until_a_person_says_what_it_means(inside, twins) -> None:
    shop = Shop(**EACH)
    shop.place(1)
    for way in shop.ways:
        over_there.command("amazon", "say", order=shop.ids[way.pair.source.account][0], status="GIFTED")
    shop.later()
    shop.sync(ORDERS)
    assert shop.order(0).problem_code == "order.unknown_status"
    shop.each = services.decide(integration=shop.each, settings={**EACH, "statuses": {"GIFTED": "shipped"}})
    _run_all(shop)
    assert shop.order(0).state == Order.State.POSTED
    twins.app.reset()  # the judge rightly says that no schema knows the word


def test_a_cancelled_order_cannot_leave_a_settlement_that_relies_on_it(inside) -> None:
    shop = Shop(**EACH)
    shop.place(1)
    shop.do("ship", 0)
    shop.later()
    shop.sync(ORDERS)
    shop.close()
    shop.later()
    shop.sync(SETTLEMENTS)
    settlement = Settlement.objects.get(integration=shop.each, state="ready")
    order = shop.order(0)
    Order.objects.filter(pk=order.pk).update(status="cancelled")
    body = {**order.record.body, "status": "cancelled"}
    type(order.record).objects.filter(pk=order.record.pk).update(body=body)
    services.take_up_again(integration=shop.each, sales=[shop.order(0)])
    _run_all(shop)
    held = shop.order(0)
    assert (held.state, held.problem_code) == (Order.State.HELD, "order.settled_already")
    assert settlement.settlement_id in _problem(held)


def test_residual_cents_are_rounded_off_and_more_is_held(inside) -> None:
    shop = Shop(each=True, when="placed", closes_after_days=0)
    shop.place(2)
    shop.do("ship", 0, 1)
    shop.later()
    shop.sync(ORDERS)
    shop.close()
    shop.later()
    shop.sync(SETTLEMENTS)
    for index, cents in ((0, "0.02"), (1, "0.30")):
        claim = RevenueClaim.objects.get(order_ref=shop.order(index).order_id)
        claim.amount += Decimal(cents)  # as if its document had been posted with so much more
        claim.save(update_fields=["amount"])
    shop.later()
    shapes.work(shop.each, CLEARING)
    (rounding,) = documents(shop, source_kind="clearing")
    said = {(line["account"]["name"], line["side"], line["gross"]) for line in rounding.current_revision.canonical["lines"]}
    assert said == {("Amazon Clearing", "credit", "0.02"), ("Amazon Rounding", "debit", "0.02")}
    assert shop.order(0).closed_at is not None
    assert (shop.order(1).closed_at, shop.order(1).problem_code) == (None, "order.residual")


def _problem(order: Order) -> str:
    from canonical.problems import Problem

    return Problem(order.problem_code, order.problem_params).text()


def _run_all(shop: Shop) -> None:
    """What a worker would do with the runs that a decision has queued."""
    from syncs import pipeline

    for run in SyncRun.objects.filter(integration=shop.each, state=SyncRun.State.QUEUED).order_by("pk"):
        pipeline.execute(run)
    assert not WorkItem.objects.filter(integration=shop.each, state__in=["ready", "waiting"]).exists()
