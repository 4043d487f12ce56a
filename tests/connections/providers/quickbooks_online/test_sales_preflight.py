"""What QuickBooks would refuse of orders, refunds and payments, found before anything is sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from canonical.accounting import AccountRef, PartyRef, Side, TaxRef
from canonical.problems import Severity
from connections.contracts import CompanyFacts, ReferenceItem
from connections.providers.quickbooks_online.provider import target

from . import orders

US = CompanyFacts("USD", "US", multicurrency=False, custom_numbers=True, close_date=None, sales_tax="us")
UK = CompanyFacts("GBP", "GB", multicurrency=False, custom_numbers=True, close_date=None, sales_tax="codes")
MANY = replace(US, multicurrency=True)


def _reference(kind, key, **facts):
    return ReferenceItem(kind, key, key, True, facts, {})


NAMES = ("Sales", "Marketplace Tax", "Shipping Income", "Promotions", "Refunds")
REFERENCES = {
    **{("account", f"A-{name}"): _reference("account", f"A-{name}", type="Income", currency="USD") for name in NAMES},
    **{("item", f"I-{name}"): _reference("item", f"I-{name}", type="Service", account=f"A-{name}") for name in NAMES},
    ("account", "A-Clearing"): _reference("account", "A-Clearing", type="Other Current Asset", currency="USD"),
    ("account", "A-Receivable"): _reference("account", "A-Receivable", type="Accounts Receivable", currency="USD"),
    ("customer", "C-7"): _reference("customer", "C-7", currency="USD"),
    ("tax_code", "20S"): _reference("tax_code", "20S", sales_rate="20"),
}
PAID = orders.payment(orders.applied("invoice", "145", "211.00"))


def blocking(document, references=REFERENCES, company=US):
    found = target.problems(document, company=company, references=references)
    return [problem.code.removeprefix("quickbooks_online.check.") for problem in found if problem.severity is Severity.BLOCKS]


def changed(kind, key, **changes):
    facts = changes.pop("facts", None)
    old = REFERENCES[kind, key]
    return {**REFERENCES, (kind, key): replace(old, **changes, facts={**old.facts, **(facts or {})})}


@pytest.mark.parametrize("make", [orders.receipt, orders.refund, orders.invoice, orders.credit_memo])
def test_what_is_in_order_has_no_problem(make):
    assert target.problems(make(), company=US, references=REFERENCES) == []


def test_a_payment_and_a_cash_out_are_in_order():
    assert target.problems(PAID, company=US, references=REFERENCES) == []
    assert target.problems(orders.cash_out("43.20"), company=US, references=REFERENCES) == []


@pytest.mark.parametrize(
    ("references", "code"),
    [
        (changed("customer", "C-7", active=False), "customer_inactive"),
        (changed("customer", "C-7", deleted=True), "customer_missing"),
        (changed("item", "I-Sales", active=False), "item_inactive"),
        (changed("item", "I-Sales", deleted=True), "item_missing"),
        (changed("item", "I-Sales", facts={"type": "Category"}), "item_not_sold"),
        (changed("item", "I-Sales", facts={"account": ""}), "item_not_sold"),
        (changed("item", "I-Sales", facts={"account": "A-Refunds"}), "item_account"),
        (changed("account", "A-Clearing", facts={"type": "Expense"}), "not_into"),
        (changed("account", "A-Clearing", active=False), "account_inactive"),
        (changed("account", "A-Sales", facts={"type": "Accounts Receivable"}), "needs_entity"),
    ],
)
def test_what_a_sales_receipt_stumbles_over(references, code):
    assert blocking(orders.receipt(), references) == [code]


def test_every_line_needs_an_item():
    bare = tuple(replace(line, item=None) for line in orders.receipt().lines)
    assert set(blocking(orders.receipt(lines=bare))) == {"item_needed"}


def test_a_closed_period_stops_orders_too():
    assert blocking(orders.receipt(), company=replace(US, close_date=date(2026, 10, 25))) == ["period_closed"]


def test_an_order_in_another_currency_needs_multicurrency_and_a_customer_of_that_currency():
    euros = orders.receipt(currency="EUR")
    assert blocking(euros) == ["currency_off"]
    assert blocking(euros, company=MANY) == ["customer_currency"]
    assert blocking(euros, changed("customer", "C-7", facts={"currency": "EUR"}), MANY) == []


@pytest.mark.parametrize("document", [orders.invoice(), PAID])
def test_the_receivable_account_must_be_one_of_that_currency(document):
    assert blocking(document, changed("account", "A-Receivable", facts={"type": "Other Current Asset"})) == ["not_receivable"]
    assert blocking(document, changed("account", "A-Receivable", facts={"currency": "EUR"}), MANY) == ["not_receivable"]


def test_a_payment_waits_for_what_it_pays():
    early = orders.payment(orders.applied("invoice", "", "211.00"))
    found = target.problems(early, company=US, references=REFERENCES)
    assert [(problem.code, problem.params["document"]) for problem in found] == [
        ("quickbooks_online.check.not_applied", orders.ORDER)
    ]


def test_a_journal_has_one_receivable_line_and_it_names_a_customer():
    out = orders.cash_out("43.20")
    assert blocking(replace(out, lines=tuple(replace(line, party=None) for line in out.lines))) == ["needs_entity"]
    both = (
        out.lines[0],
        replace(out.lines[0], side=Side.CREDIT, party=PartyRef("C-7", "")),
    )
    assert blocking(replace(out, lines=both)) == ["one_receivable"]
    assert blocking(out, changed("customer", "C-7", active=False)) == ["customer_inactive"]


def test_tax_stands_on_every_line_of_a_form_or_on_none():
    tax = TaxRef("20S", "20.0% S", Decimal(20))
    taxed, plain = orders.lines((("Sales", "credit", "120.00", "Mug", ""), ("Shipping Income", "credit", "5.00", "Post", "")))
    with_tax = replace(taxed, tax=tax, tax_amount=Decimal("20.00"))
    assert blocking(orders.receipt(currency="GBP", lines=(with_tax, plain)), _in_pounds(), UK) == ["tax_code_needed"]
    assert blocking(orders.receipt(currency="GBP", lines=(with_tax,)), _in_pounds(), UK) == []
    assert blocking(orders.receipt(currency="GBP", lines=(plain,)), _in_pounds(), UK) == []


def test_tax_codes_have_no_place_in_the_united_states():
    tax = TaxRef("20S", "20.0% S", Decimal(20))
    line = replace(orders.receipt().lines[0], tax=tax, tax_amount=Decimal("33.33"))
    assert blocking(orders.receipt(lines=(line,))) == ["tax_not_kept"]


def _in_pounds():
    return {
        key: replace(item, facts={**item.facts, **({"currency": "GBP"} if "currency" in item.facts else {})})
        for key, item in REFERENCES.items()
    }


def test_the_account_of_a_refund_must_be_one_that_money_leaves():
    card = {**REFERENCES, ("account", "A-Card"): _reference("account", "A-Card", type="Credit Card", currency="USD")}
    assert blocking(orders.refund(account=AccountRef("A-Card", "Card")), card) == ["not_into"]
