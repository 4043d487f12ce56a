"""Orders, refunds, invoices and payments in a QuickBooks company: written, found again, changed, taken out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from canonical.accounting import AccountRef, ItemRef, PartyRef, TaxRef
from canonical.problems import Problem
from connections import errors
from connections.contracts import ItemSpec, OutcomeKind, PartySpec
from connections.errors import Failure, FailureKind
from connections.providers.quickbooks_online import numbers
from connections.providers.quickbooks_online.client import Books

from . import orders
from .documents import TYPES, request

KINDS = {**TYPES, "Clearing": ("Other Current Asset", "OtherCurrentAssets")}


class Shop:
    """A company with the accounts, items and customer of the worked case."""

    def __init__(self, company, currency=""):
        self.company, self.facts = company, company.facts()
        self.known, self.items = {}, {}
        spec = PartySpec("Amazon.com", currency=currency)
        made = company.target.create_party(company.door, company.account, spec, request_id="party")
        self.customer = PartyRef(made.external_id, made.name)
        currency = currency or self.facts.home_currency
        receivables = [item for item in company.references("account").values() if item.facts["type"] == "Accounts Receivable"]
        self.receivable = next(item.external_id for item in receivables if item.facts["currency"] in ("", currency))

    def account(self, name):
        if name == "Receivable":
            return AccountRef(self.receivable, "A/R")
        if name not in self.known:
            self.known[name] = AccountRef(self.company.make(f"Amazon {name}", *KINDS[name]), f"Amazon {name}")
        return self.known[name]

    def item(self, name):
        if name not in self.items:
            spec = ItemSpec(f"Amazon {name}", "", self.account(name).key)
            made = self.company.target.create_item(self.company.door, self.company.account, spec, request_id=f"item-{name}")
            self.items[name] = ItemRef(made.external_id, made.name)
        return self.items[name]

    def make(self, kind, **more):
        return getattr(orders, kind)(self.account, self.item, **{"customer": self.customer, **more})

    def request(self, document, key, *, kind="order", number=""):
        marker, number = f"tieout:{key:0>40}", number or numbers.number(key, "", kind)
        asked = request(self.company.target, document, self.facts, key, number=number)
        return replace(asked, marker=marker)

    def post(self, *requests):
        return self.company.target.post(self.company.door, self.company.account, list(requests))

    def find(self, *requests):
        return self.company.target.find(self.company.door, self.company.account, list(requests))

    def read(self, kind, external_id):
        return self.company.target.read(self.company.door, self.company.account, kind, external_id)

    def balances(self):
        accounts = self.company.command("trial")["accounts"]
        return {name.removeprefix("Amazon "): Decimal(amount) for name, amount in accounts.items() if Decimal(amount)}


@pytest.fixture
def shop(company):
    return Shop(company("us"))


def moves(document):
    return [(line.account.key, line.signed) for line in document.lines]


@pytest.mark.parametrize("kind", ["receipt", "refund", "invoice", "credit_memo"])
def test_what_is_written_reads_back_line_by_line(shop, kind):
    planned = shop.make(kind)
    asked = shop.request(planned, orders.REFUND if kind in ("refund", "credit_memo") else orders.ORDER)
    made = shop.post(asked)[0]
    assert made.kind is OutcomeKind.CREATED, made.problem
    found = shop.read(planned.document_type.value, made.external_id)
    assert made.found == found  # the answer itself shows the whole document
    assert moves(found.document) == moves(planned)
    assert (found.number, found.marker, found.document.total) == (asked.number, asked.marker, planned.total)
    assert found.body["TotalAmt"] == planned.total
    assert found.document.customer.key == shop.customer.key


def test_an_order_and_its_refund_leave_what_the_buyer_kept(shop):
    shop.post(shop.request(shop.make("receipt"), orders.ORDER))
    shop.post(shop.request(shop.make("refund"), orders.REFUND, kind="refund"))
    assert shop.balances() == {
        "Clearing": Decimal("167.80"),
        "Sales": Decimal("-200.00"),
        "Shipping Income": Decimal("-5.00"),
        "Promotions": Decimal("10.00"),
        "Refunds": Decimal("40.00"),
        "Marketplace Tax": Decimal("-12.80"),
    }


@pytest.mark.parametrize("override", [True, False])
@pytest.mark.parametrize(("kind", "more", "less"), [("receipt", "credit", "debit"), ("credit_memo", "debit", "credit")])
def test_tax_read_back_is_tax_planned(company, override, kind, more, less):
    shop = Shop(company("uk"))
    shop.company.command("rules", tax_override=override)
    codes = {item.name: item.external_id for item in shop.company.references("tax_code").values()}
    pennies = {"0.03": "0.01", "1.05": "0.18", "99.99": "16.67", "120.00": "20.00"}
    rows = [("Sales", more, gross, gross, "3") for gross in pennies] + [("Promotions", less, "12.00", "Promotion", "")]
    lines = orders.lines(
        rows, shop.account, shop.item, TaxRef(codes["20.0% S"], "20.0% S", Decimal(20)), {**pennies, "12.00": "2.00"}
    )
    planned = shop.make(kind, currency="GBP", lines=lines)
    made = shop.post(shop.request(planned, orders.ORDER))[0]
    assert made.kind is OutcomeKind.CREATED, made.problem
    found = shop.read(planned.document_type.value, made.external_id).document
    assert moves(found) == moves(planned)
    assert [(line.gross, line.net, line.tax_amount) for line in found.lines] == [
        (line.gross, line.net, line.tax_amount) for line in planned.lines
    ]


def orders_of(shop, count, kind="receipt"):
    days = [date(2026, 10, 1 + number % 28) for number in range(count)]
    ids = [f"113-1234567-{number:07}" for number in range(count)]
    return [shop.request(shop.make(kind, date=day, reference=name), name) for day, name in zip(days, ids, strict=True)]


def test_a_lost_batch_of_orders_is_found_with_one_query(shop):
    asked = orders_of(shop, 30)
    shop.company.fault("drop-after-commit", count=1)
    assert {outcome.kind for outcome in shop.post(*asked)} == {OutcomeKind.UNKNOWN}
    before = len(shop.company.door.exchanges)
    found = shop.find(*asked)
    assert set(found) == {one.marker for one in asked}
    assert [exchange.operation for exchange in shop.company.door.exchanges[before:]] == ["SalesReceipt.query"]


def test_of_a_batch_that_never_arrived_nothing_is_found(shop):
    asked = orders_of(shop, 5)
    shop.company.fault("drop-before-commit", count=1)
    assert {outcome.kind for outcome in shop.post(*asked)} == {OutcomeKind.UNKNOWN}
    assert shop.find(*asked) == {}


def test_a_thousand_orders_take_forty_calls_at_most(shop):
    asked = orders_of(shop, 90)
    before = len(shop.company.door.exchanges)
    assert {outcome.kind for outcome in shop.post(*asked)} == {OutcomeKind.CREATED}
    assert len(shop.company.door.exchanges) - before == 3  # 30 at once: 34 calls for a thousand


def test_a_batch_answers_for_each_order(shop):
    good = orders_of(shop, 3)
    bad = shop.request(shop.make("receipt", customer=PartyRef("9999", "")), "113-0000000-0000009")
    outcomes = shop.post(good[0], bad, *good[1:])
    assert [outcome.kind.value for outcome in outcomes] == ["created", "rejected", "created", "created"]
    assert outcomes[1].problem.code == "quickbooks_online.bad_reference"


def test_without_custom_numbers_orders_are_found_by_their_marks(shop):
    shop.company.command("preferences", **{"SalesFormsPrefs.CustomTxnNumbers": False})
    shop.facts = shop.company.facts()
    asked = orders_of(shop, 4)
    shop.post(*asked)
    assert set(shop.find(*asked)) == {one.marker for one in asked}


@pytest.mark.parametrize("refused", ["TotalAmt", "DocNumber", "PaymentRefNum"])
def test_what_a_company_cannot_be_asked_by_is_left_out_of_the_question(shop, monkeypatch, refused):
    receipt = orders_of(shop, 1)[0]
    paid = shop.post(*orders_of(shop, 1, "invoice"))[0]
    link = orders.applied("invoice", paid.external_id, "211.00")
    payment = shop.request(orders.payment(link, accounts=shop.account, customer=shop.customer), "s1", kind="settlement")
    shop.post(receipt, payment)
    real = Books.pages

    def pages(books, entity, where=""):
        if refused in where:
            problem = Problem(errors.OUR_BUG, {"provider": "QuickBooks Online", "detail": f"{refused} is not queryable"})
            raise Failure(FailureKind.OUR_BUG, problem, provider_code="4001")
        return real(books, entity, where)

    monkeypatch.setattr(Books, "pages", pages)
    missing = shop.request(shop.make("receipt"), "113-9999999-9999999")
    assert set(shop.find(receipt, payment, missing)) == {receipt.marker, payment.marker}


def test_two_refunds_of_one_order_may_share_a_number(shop):
    first, second = (
        shop.request(shop.make("refund"), key, kind="refund", number="AMR11312345671234567K") for key in ("r1", "r2")
    )
    assert [outcome.kind for outcome in (*shop.post(first), *shop.post(second))] == [OutcomeKind.CREATED] * 2
    again = shop.post(replace(second, request_id="another"))[0]
    assert again.kind is OutcomeKind.EXISTS
    assert len(shop.company.documents("RefundReceipt")) == 2


def test_a_refund_number_that_is_somebody_elses_is_refused(shop):
    asked = shop.request(shop.make("refund"), "r1", kind="refund", number="AMR11312345671234567K")
    made = shop.post(asked)[0]
    shop.company.command("edit", kind="RefundReceipt", id=made.external_id, changes={"PrivateNote": "by hand"})
    other = shop.request(shop.make("refund"), "r2", kind="refund", number="AMR11312345671234567K")
    assert shop.post(other)[0].problem.code == "quickbooks_online.number_taken"


# ------------------------------------------------------------------ changes


def changed(shop, posted, outcome, **more):
    """The same order, changed: a full update at the version we know."""
    made = shop.request(shop.make("receipt", **more), orders.ORDER)
    return replace(
        made,
        request_id="tie-update-1",
        action="update",
        external_id=outcome.external_id,
        external_version=outcome.external_version,
        marker=posted.marker,
    )


def test_a_changed_order_replaces_the_whole_document(shop):
    posted = shop.request(shop.make("receipt"), orders.ORDER)
    made = shop.post(posted)[0]
    rows = (("Sales", "credit", "150.00", "Mug, blue", "3"), ("Marketplace Tax", "credit", "12.00", "Tax", ""))
    lines = orders.lines(rows, shop.account, shop.item)
    after = shop.post(changed(shop, posted, made, lines=lines, email="", shipping=()))[0]
    assert (after.kind, after.external_id, after.external_version) == (OutcomeKind.CREATED, made.external_id, "1")
    found = shop.read("sales_receipt", made.external_id)
    assert found.document.total == Decimal("162.00")
    assert (found.document.email, found.document.shipping, found.marker) == ("", (), posted.marker)
    assert shop.balances() == {
        "Clearing": Decimal("162.00"),
        "Sales": Decimal("-150.00"),
        "Marketplace Tax": Decimal("-12.00"),
    }


def test_a_change_at_an_old_version_says_that_it_must_be_read_again(shop):
    posted = shop.request(shop.make("receipt"), orders.ORDER)
    made = shop.post(posted)[0]
    shop.company.command("edit", kind="SalesReceipt", id=made.external_id, changes={"PrivateNote": posted.marker + " seen"})
    stale = shop.post(changed(shop, posted, made, email=""))[0]
    assert (stale.kind, stale.problem.code) == (OutcomeKind.STALE, "quickbooks_online.stale")
    now = shop.read("sales_receipt", made.external_id)
    again = changed(shop, posted, replace(made, external_version=now.external_version), email="")
    assert shop.post(again)[0].kind is OutcomeKind.CREATED


def test_a_change_to_what_was_deleted_says_so(shop):
    posted = shop.request(shop.make("receipt"), orders.ORDER)
    made = shop.post(posted)[0]
    shop.company.command("delete", kind="SalesReceipt", id=made.external_id)
    gone = shop.post(changed(shop, posted, made))[0]
    assert (gone.kind, gone.problem.code) == (OutcomeKind.REJECTED, "quickbooks_online.gone")


def test_changes_go_in_batches_too(shop):
    asked = orders_of(shop, 3)
    made = shop.post(*asked)
    updates = [
        replace(
            one,
            request_id=f"u{place}",
            action="update",
            external_id=outcome.external_id,
            external_version="7" if place == 1 else outcome.external_version,
        )
        for place, (one, outcome) in enumerate(zip(asked, made, strict=True))
    ]
    outcomes = shop.post(*updates)
    assert [outcome.kind.value for outcome in outcomes] == ["created", "stale", "created"]
    assert outcomes[0].external_version == "1"


# ------------------------------------------------------------------ invoices and payments


def test_one_payment_settles_many_invoices(shop):
    asked = orders_of(shop, 3, "invoice")
    made = shop.post(*asked)
    links = [orders.applied("invoice", outcome.external_id, "211.00") for outcome in made]
    paid = orders.payment(*links, accounts=shop.account, customer=shop.customer)
    asked_payment = shop.request(paid, "19283746501", kind="settlement")
    outcome = shop.post(asked_payment)[0]
    assert (outcome.kind, outcome.number) == (OutcomeKind.CREATED, "TIE-19283746501")
    assert {document["Balance"] for document in shop.company.documents("Invoice")} == {"0.00"}
    assert shop.balances()["Clearing"] == Decimal("633.00")
    assert "Accounts Receivable (A/R)" not in shop.balances()
    found = shop.find(asked_payment)[asked_payment.marker]
    assert found.document.applied == tuple(replace(link, reference="") for link in links)
    assert found.document.receivable.key == paid.receivable.key


def test_a_credit_memo_of_a_paid_invoice_is_closed_by_a_cash_out_and_a_payment_of_nothing(shop):
    invoice = shop.post(shop.request(shop.make("invoice"), orders.ORDER))[0]
    link = orders.applied("invoice", invoice.external_id, "211.00")
    shop.post(shop.request(orders.payment(link, accounts=shop.account, customer=shop.customer), "s1", kind="settlement"))
    memo = shop.post(shop.request(shop.make("credit_memo"), orders.REFUND, kind="refund"))[0]
    out = shop.post(shop.request(orders.cash_out("43.20", shop.account, shop.customer), "s1-out", kind="settlement"))[0]
    assert out.kind is OutcomeKind.CREATED, out.problem
    both = (
        orders.applied("journal_entry", out.external_id, "43.20"),
        orders.applied("credit_memo", memo.external_id, "43.20"),
    )
    zero = orders.payment(*both, accounts=shop.account, customer=shop.customer)
    linked = shop.request(zero, "s1-link", kind="settlement")
    made = shop.post(linked)[0]
    assert made.kind is OutcomeKind.CREATED, made.problem
    assert shop.company.documents("CreditMemo")[0]["RemainingCredit"] == "0.00"
    assert "Accounts Receivable (A/R)" not in shop.balances()
    assert shop.balances()["Clearing"] == Decimal("167.80")  # as with a receipt and a refund receipt
    assert shop.find(linked)[linked.marker].document.total == 0


def test_in_another_currency_everything_bears_it_and_the_books_balance(company):
    shop = Shop(company("multi"), "EUR")
    euros = {"currency": "EUR"}
    receipt, invoice = shop.make("receipt", **euros), shop.make("invoice", **euros)
    sold, billed = shop.request(receipt, orders.ORDER), shop.request(invoice, "113-1234567-7654321")
    references = shop.company.references()
    for document in (receipt, invoice):
        assert shop.company.target.problems(document, company=shop.facts, references=references) == []
    made = shop.post(sold, billed)
    assert [outcome.kind for outcome in made] == [OutcomeKind.CREATED] * 2
    assert {outcome.found.document.currency for outcome in made} == {"EUR"}
    link = orders.applied("invoice", made[1].external_id, "211.00")
    paid = orders.payment(link, accounts=shop.account, customer=shop.customer, **euros)
    assert shop.post(shop.request(paid, "s1", kind="settlement"))[0].kind is OutcomeKind.CREATED
    assert shop.balances()["Clearing"] == Decimal("455.76")  # 2 x 211.00 at 1.08
    assert not [name for name in shop.balances() if "Receivable" in name]


def test_taking_a_payment_out_opens_the_invoice_again(shop):
    invoice = shop.post(shop.request(shop.make("invoice"), orders.ORDER))[0]
    link = orders.applied("invoice", invoice.external_id, "211.00")
    paid = shop.post(shop.request(orders.payment(link, accounts=shop.account, customer=shop.customer), "s1", kind="settlement"))[
        0
    ]
    target, door, account = shop.company.target, shop.company.door, shop.company.account
    assert target.remove(door, account, "payment", paid.external_id, "0").kind is OutcomeKind.CREATED
    assert shop.company.documents("Invoice")[0]["Balance"] == "211.00"
    assert target.read(door, account, "payment", paid.external_id) is None


def test_an_invoice_taken_out_leaves_its_payment_set_against_nothing(shop):
    invoice = shop.post(shop.request(shop.make("invoice"), orders.ORDER))[0]
    link = orders.applied("invoice", invoice.external_id, "211.00")
    paid = shop.post(shop.request(orders.payment(link, accounts=shop.account, customer=shop.customer), "s1", kind="settlement"))[
        0
    ]
    target, door, account = shop.company.target, shop.company.door, shop.company.account
    assert target.remove(door, account, "invoice", invoice.external_id, "0").kind is OutcomeKind.CREATED
    left = target.read(door, account, "payment", paid.external_id).document
    assert [(each.external_id, each.amount, each.reference) for each in left.applied] == [("", Decimal("211.00"), "unapplied")]


@pytest.mark.parametrize("kind", ["receipt", "refund", "invoice", "credit_memo"])
def test_every_document_can_be_taken_out_and_seen(shop, kind):
    planned = shop.make(kind)
    made = shop.post(shop.request(planned, orders.ORDER))[0]
    target, door, account = shop.company.target, shop.company.door, shop.company.account
    page = target.link(door.endpoints, account, planned.document_type.value, made.external_id)
    assert page.endswith(f"?txnId={made.external_id}")
    removed = target.remove(door, account, planned.document_type.value, made.external_id, made.external_version)
    assert removed.kind is OutcomeKind.CREATED
    assert shop.balances() == {}
