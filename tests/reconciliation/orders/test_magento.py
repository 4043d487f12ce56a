"""A shop's order to cash, from the twin of Magento into the twin of QuickBooks: booked once, paid, refunded, tied."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest

from canonical.problems import Problem
from connections import inbound
from connections.http import door_for
from connections.models import Connection, ReferenceCopy
from connections.providers.magento.webhooks import HEADER
from reconciliation.demo import people, shops
from reconciliation.demo import twins as over_there
from reconciliation.demo.shapes import work
from reconciliation.models import Order, Refund
from reconciliation.orders import services
from reconciliation.orders.policy import settings_of
from reconciliation.orders.tie import DAY, tie
from reconciliation.products import selectors as products
from sandbox.magento import signing
from syncs import pipeline
from syncs.inbox import mending
from syncs.models import LedgerDocument, PostingAttempt, SyncRun, WorkItem
from syncs.runs import ORDERS, PRODUCTS
from tenants.news import Actor, acting
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db(transaction=True)

State = Order.State


class Shop:
    """One shop of the twin whose books begin today."""

    def __init__(self, pair: shops.ShopPair = shops.MAIN) -> None:
        self.pair = pair
        self.integration = shops.ready(pair)

    def do(self, verb: str, **details: object):
        return over_there.command("magento", verb, shop=self.pair.shop, **details)

    def place(self, *lines: tuple[str, int], **wishes: object) -> str:
        """A paid order, as its id in the product's words."""
        return str(self.do("place", lines=[list(line) for line in lines], **wishes)["orders"][0]["entity_id"])

    def sync(self, stream: str = ORDERS) -> SyncRun:
        return work(self.integration, stream)

    def order(self, order_id: str) -> Order:
        return Order.objects.get(source=self.integration.source, order_id=order_id)

    def documents(self, **wanted: object) -> list[LedgerDocument]:
        found = LedgerDocument.objects.filter(ledger=self.integration.ledger, **wanted)
        return list(found.exclude(state="undone").select_related("current_revision").order_by("pk"))

    def tie(self, period: str = DAY):
        today = shops._today()
        return tie(self.integration, since=today - timedelta(days=3), until=today + timedelta(days=1), period=period)

    def trial(self) -> dict[str, Decimal]:
        accounts = over_there.command("quickbooks_online", "trial", realm=self.pair.ledger.account)["accounts"]
        return {name: Decimal(balance) for name, balance in accounts.items() if Decimal(balance)}

    def there(self, order_id: str):
        """The order as the shop has it now."""
        source = self.integration.source
        url = f"{source.facts['base_url']}/rest/all/V1/orders/{order_id}"
        return door_for(source).call("getOrder", "GET", url)

    def decide(self, **settings: object) -> None:
        kept = settings_of(self.integration)
        self.integration = services.decide(integration=self.integration, settings={**kept, **settings})
        for run in SyncRun.objects.filter(integration=self.integration, state=SyncRun.State.QUEUED).order_by("pk"):
            pipeline.execute(run)


@pytest.fixture
def inside(twins, monkeypatch):
    monkeypatch.setattr(shops, "HISTORY", timedelta(days=1))
    people.logins(people.tenant())
    with tenant_scope(people.tenant()), acting(Actor(user=people.owner(), kind="person")):
        yield


def test_order_to_cash_of_a_shop(inside) -> None:
    shop = Shop()
    shop.decide(comment={"status": ""})
    card = shop.place(("TEE-NAVY", 2), ("BOX-PICNIC", 1), coupon="AUTUMN10")
    terms = shop.place(("HP-LANTERN-BRASS", 2), ("SET-CAMP", 1), method="purchaseorder")
    waiting = shop.place(("1E10", 1), pay=False)
    cancelled = shop.place(("1E10", 1), method="banktransfer")
    shop.sync()

    assert [shop.order(one).state for one in (card, terms, waiting, cancelled)] == [State.POSTED] * 2 + [
        State.WAITING,
        State.POSTED,
    ]
    kinds = {one.source_ref: one.document_type for one in shop.documents(source_kind="order")}
    assert (kinds[card], kinds[terms], kinds[cancelled]) == ("sales_receipt", "invoice", "invoice")
    assert b"Posted to QuickBooks Online as sales receipt" in shop.there(card).content
    assert shop.tie().ties

    _a_payment_in_parts(shop, terms)
    shop.do("cancel", order=int(cancelled))
    shop.sync()
    assert shop.order(cancelled).state == State.CANCELLED
    _money_given_back(shop, card, terms)

    found = shop.tie()
    assert found.ties, [row for row in found.rows if not row.ties]
    assert {row.method for row in found.rows} >= {"braintree", "purchaseorder"}
    assert sum(row.owed for row in found.rows) == 0
    books = shop.trial()
    assert sum(books.values()) == 0
    assert books["Magento Clearing"] == sum(row.payments for row in found.rows)
    assert "Accounts Receivable (A/R)" not in books

    before = PostingAttempt.objects.count()
    shop.sync()
    comments = shop.there(card).content.count(b"Posted to QuickBooks Online")
    assert (PostingAttempt.objects.count(), comments) == (before, 1)


def _a_payment_in_parts(shop: Shop, terms: str) -> None:
    """Part-paid, then paid: each a payment set against the invoice, though the order itself may not tell that it changed."""
    shop.do("set", touch="never")
    shop.do("invoice", order=int(terms), items={"HP-LANTERN-BRASS": 1})
    shop.sync()
    (invoice,) = shop.documents(source_kind="order", source_ref=terms)
    (first,) = shop.documents(source_kind="payment")
    (applied,) = first.current_revision.canonical["applied"]
    assert (applied["external_id"], applied["document_type"]) == (invoice.external_id, "invoice")
    assert first.current_revision.total < invoice.current_revision.total
    (row,) = [row for row in shop.tie().rows if row.method == "purchaseorder"]
    assert row.ties
    assert row.owed == invoice.current_revision.total - first.current_revision.total

    shop.do("invoice", order=int(terms))
    shop.do("set", touch="sometimes")
    shop.sync()
    paid = shop.documents(source_kind="payment")
    assert sum(one.current_revision.total for one in paid) == invoice.current_revision.total
    assert {one.state for one in paid} == {"posted"}


def _money_given_back(shop: Shop, card: str, terms: str) -> None:
    """A receipt is refunded at once; of an invoice that is paid a credit memo is cashed out and linked."""
    tee = shop.order(card).record.body["lines"][0]["line_id"]
    shop.do("refund", order=int(card), items={tee: 1}, positive="1.50", negative="0.25", shipping="0")
    shop.do("ship", order=int(terms))
    lantern = shop.order(terms).record.body["lines"][0]["line_id"]
    shop.do("refund", order=int(terms), items={lantern: 2}, shipping="2.00")
    shop.sync()
    assert [one.state for one in Refund.objects.filter(integration=shop.integration)] == [State.POSTED] * 2
    kinds = Counter(one.document_type for one in shop.documents() if one.source_kind in ("refund", "closing"))
    assert kinds == {"refund_receipt": 1, "credit_memo": 1, "journal_entry": 1, "payment": 1}
    assert {one.state for one in shop.documents()} == {"posted"}


def test_a_british_shop_keeps_its_vat_and_store_credit(inside) -> None:
    shop = Shop(shops.UK)
    ids = [
        shop.place(("HP-LANTERN-BRASS", 3), off="0.10", coupon="AUTUMN10", post_off="0.5"),
        shop.place(("TEE-NAVY", 1), ("SET-CAMP", 2), credit="5.00"),
        shop.place(("COURSE-ROPE", 1), cards="10.00"),
    ]
    shop.sync()
    assert {shop.order(one).state for one in ids} == {State.POSTED}, [
        Problem(shop.order(one).problem_code, shop.order(one).problem_params).text()
        for one in ids
        if shop.order(one).problem_code
    ]
    shop.do("refund", order=int(ids[0]), items={"HP-LANTERN-BRASS": 1})
    shop.sync()
    ids.append(_a_delivery_is_looked_at_at_once(shop))
    found = shop.tie()
    assert found.ties, found.rows
    books = shop.trial()
    assert books["Magento Store Credit"] == Decimal("15.00")
    assert books["Magento Clearing"] == sum(row.payments for row in found.rows)
    said = [line for one in shop.documents(source_kind="order") for line in one.current_revision.canonical["lines"]]
    stated = sum(Decimal(line["tax_amount"]) * (1 if line["side"] == "credit" else -1) for line in said)
    ordered = sum(
        Decimal(charge["tax"]) for one in ids for line in shop.order(one).record.body["lines"] for charge in line["charges"]
    )
    assert stated == ordered


def _a_delivery_is_looked_at_at_once(shop: Shop) -> str:
    """The shop's webhook names an order: it is read, posted, and the notice done, without waiting for the schedule."""
    placed = shop.place(("1E10", 1))
    said = {"id": "e-1", "type": "observer.sales_order_save_after", "store": "uk", "data": {"order": {"entity_id": int(placed)}}}
    body = json.dumps(said).encode()
    headers = {HEADER: signing.sign(body), "content-type": "application/json"}
    assert inbound.receive(provider="magento", headers=headers, body=body) is inbound.Receipt.TAKEN
    inbound.hand_on(connection=shop.integration.source)
    pipeline.execute(SyncRun.objects.get(integration=shop.integration, trigger="event"))
    assert shop.order(placed).state == State.POSTED
    return placed


def test_what_cannot_be_booked_is_held_with_its_reason_and_mended(inside, twins) -> None:
    shop = Shop()
    shop.decide(unknown_skus="hold", methods={"braintree": {"account": _account(shop, "Undeposited Funds")}})
    odd, unknown, plain = shop.place(("1E10", 1)), shop.place(("00123-ROPE", 1)), shop.place(("1E10", 1), method="paypal_express")
    shop.do("status", order=int(odd), status="teleported", state="teleported")
    shop.sync()
    assert (shop.order(odd).problem_code, shop.order(unknown).problem_code) == ("order.unknown_status", "order.no_item")
    assert "teleported" in Problem(shop.order(odd).problem_code, shop.order(odd).problem_params).text()
    assert not shop.tie().ties
    shop.decide(unknown_skus="create", statuses={"teleported": "unshipped"})
    assert {shop.order(one).state for one in (odd, unknown, plain)} == {State.POSTED}
    accounts = {one.source_ref: one.current_revision.canonical["account"]["name"] for one in shop.documents(source_kind="order")}
    assert (accounts[unknown], accounts[plain]) == ("Undeposited Funds", "Magento Clearing")

    _a_currency_that_the_ledger_lacks_stops_nobody_else(shop)
    _the_product_master_makes_nothing_twice(shop)
    twins.app.reset()  # no schema knows the state that was made up


def _a_currency_that_the_ledger_lacks_stops_nobody_else(shop: Shop) -> None:
    source = shop.integration.source
    Connection.objects.filter(pk=source.pk).update(facts={**source.facts, "amounts": "order"})
    shop.integration.source.refresh_from_db()
    foreign, own = shop.place(("1E10", 1), currency="EUR", store="de"), shop.place(("1E10", 1), currency="USD")
    shop.sync()
    assert (shop.order(foreign).state, shop.order(foreign).problem_code) == (State.HELD, "order.currency_not_in_ledger")
    assert shop.order(own).state == State.POSTED


def test_an_order_that_cannot_be_read_is_held_by_name_and_stops_nobody(inside, twins) -> None:
    shop = Shop()
    ids = [shop.place(("1E10", 1)) for _ in range(4)]
    mended, retried, again, good = ids
    for one in (mended, retried, again):
        shop.do("spoil", order=int(one), says={"base_currency_code": None})
    assert shop.sync().state == SyncRun.State.PARTLY
    assert shop.order(good).state == State.POSTED
    held = _unread(shop)
    assert [item.input["unread"]["order_id"] for item in held] == [mended, retried, again]
    assert all("no currency" in Problem(item.problem_code, item.problem_params).text() for item in held)

    twins.clock(shift=60)
    shop.do("spoil", order=int(mended), says={"base_currency_code": "USD"})
    shop.do("spoil", order=int(again), says={"base_currency_code": "dollars"})
    shop.sync()
    assert shop.order(mended).state == State.POSTED
    _work_on(shop)
    left = {item.input["unread"]["order_id"]: item.problem_params["detail"] for item in _unread(shop)}
    assert left == {retried: "no currency: ''", again: "no currency: 'dollars'"}

    unseen = {"base_currency_code": "USD", "state": "teleported", "updated_at": "2020-01-01 00:00:00"}
    shop.do("spoil", order=int(retried), says=unseen)
    mending.retry(_unread(shop))  # a person, before the shop tells of it
    _work_on(shop)
    assert (shop.order(retried).state, shop.order(retried).problem_code) == (State.HELD, "order.unknown_status")
    shop.do("spoil", order=int(retried), says={"state": "processing", "updated_at": "2020-01-01 00:00:01"})
    mending.retry(list(WorkItem.objects.filter(integration=shop.integration, problem_code="order.unknown_status")))
    _work_on(shop)
    assert shop.order(retried).state == State.POSTED
    assert [item.input["unread"]["order_id"] for item in _unread(shop)] == [again]
    assert len(shop.documents(source_kind="order")) == 3
    twins.app.reset()  # no schema knows an order without a currency


def test_control_characters_in_an_order_s_texts_stop_nobody(inside) -> None:
    shop = Shop()
    odd, plain = shop.place(("1E10", 1)), shop.place(("1E10", 1))
    note = {"customer_note": "wrap\x00 it\x08", "coupon_code": "AUT\x00UMN"}
    shop.do("spoil", order=int(odd), says=note)
    shop.sync()
    assert (shop.order(odd).state, shop.order(plain).state) == (State.POSTED, State.POSTED)
    kept = shop.order(odd).record.body["shop"]
    assert (kept["attributes"]["customer_note"], kept["coupons"]) == ("wrap it", ["AUTUMN"])


def test_a_credit_memo_of_a_deleted_order_is_held_by_name_and_stops_nobody(inside) -> None:
    shop = Shop()
    gone, good = shop.place(("1E10", 1)), shop.place(("1E10", 1))
    shop.sync()
    memo = shop.do("refund", order=int(gone))["creditmemo"]
    shop.do("refund", order=int(good))
    shop.do("erase", order=int(gone))
    for _ in range(2):  # the watermark has moved on, and nothing is held twice
        shop.sync()
        (held,) = _unread(shop)
        assert held.input["unread"]["refund_id"] == str(memo)
        assert [one.state for one in Refund.objects.filter(integration=shop.integration)] == [State.POSTED]
    assert "not in the shop any more" in Problem(held.problem_code, held.problem_params).text()
    mending.retry([held])
    _work_on(shop)
    assert [item.pk for item in _unread(shop)] == [held.pk]


def _unread(shop: Shop) -> list[WorkItem]:
    items = WorkItem.objects.filter(integration=shop.integration, state=WorkItem.State.HELD, input__has_key="unread")
    return list(items.order_by("pk"))


def _work_on(shop: Shop) -> None:
    for run in SyncRun.objects.filter(integration=shop.integration, state=SyncRun.State.QUEUED).order_by("pk"):
        pipeline.execute(run)


def _account(shop: Shop, name: str) -> str:
    return ReferenceCopy.objects.get(connection=shop.integration.ledger, kind="account", name=name).external_id


def _the_product_master_makes_nothing_twice(shop: Shop) -> None:
    shop.sync(PRODUCTS)
    rows = {row.sku: row for row in products.compared(shop.integration)}
    assert rows["MUG/ENAMEL 2"].item is not None
    assert rows["BOX-PICNIC"].item is None  # it is sold as its parts
    made = {sku: row.item.external_id for sku, row in rows.items() if row.item}
    shop.do("edit_product", sku="1E10", name="Folding ruler, oak", price="23.50")
    shop.sync(PRODUCTS)
    again = {row.sku: row for row in products.compared(shop.integration)}
    assert {sku: row.item.external_id for sku, row in again.items() if row.item} == made
    assert again["1E10"].differs == ("name",)  # it came with an order, which states no catalogue price
    shop.do("edit_product", sku="MUG/ENAMEL 2", price="19.50")
    shop.sync(PRODUCTS)
    (mug,) = products.compared(shop.integration, ["MUG/ENAMEL 2"])
    assert (mug.item_price, mug.differs) == (Decimal("18.50"), ("price",))
