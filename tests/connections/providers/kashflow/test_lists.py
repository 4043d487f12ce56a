"""The chart, rates, parties and products of a company; adding to them once; stock that sales take out once (S057)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from canonical.accounting import AccountRef, AccountType, Applied, DocumentType, ItemRef, Payment, Side
from connections.contracts import ItemSpec, PartySpec
from connections.errors import Failure
from connections.providers.kashflow import reference
from connections.providers.kashflow.provider import browser
from reconciliation import setup
from reconciliation.engine.chart import LEDGER_ACCOUNTS
from tests.connections.contract.forms import FORMS, accounts

from . import documents
from .twin import KashFlow, NotRegistered


def test_accounts_speak_the_words_of_all_ledgers(books: KashFlow) -> None:
    told = {
        item.name: (item.facts["type"], item.facts["number"], bool(item.facts.get("system")))
        for item in books.references("account").values()
    }
    assert told["Current Account"] == ("Bank", "1200", False)
    assert told["Debtors Control Account"] == ("Accounts Receivable", "1100", True)
    assert told["Creditors Control Account"] == ("Accounts Payable", "2100", True)
    assert told["VAT on Sales"] == ("Other Current Liability", "2200", True)
    assert told["Sale of Goods"] == ("Income", "4000", False)
    assert told["Purchases of Goods"] == ("Cost of Goods Sold", "5000", False)
    assert told["Rent"] == ("Expense", "7100", False)
    assert told["Loans"] == ("Long Term Liability", "2300", False)
    assert told["Retained Earnings"] == ("Equity", "3200", False)
    keys = [item.external_id for item in books.references("account").values()]
    assert sum("/" in key for key in keys) == 3, "bank accounts bear two ids"


def test_every_default_account_is_made_of_its_type_and_with_its_code(books: KashFlow) -> None:
    used: set[str] = set()
    for account in LEDGER_ACCOUNTS:
        spec = setup.spec_of(account, "kashflow")
        item = books.target.create_account(books.door, books.account, spec, request_id="x")
        expected = AccountType.BANK if spec["role"] == "clearing" else account.type
        assert item.facts["type"] == expected, account.name
        assert item.facts["number"] not in used
        used.add(str(item.facts["number"]))
    known = {item.name: item for item in books.references("account").values()}
    assert known["Amazon Clearing"].facts["number"] == "1250"
    assert all(known[account.name].facts["type"] in (account.type, AccountType.BANK) for account in LEDGER_ACCOUNTS)


def test_a_code_that_is_taken_makes_way_for_the_next(books: KashFlow) -> None:
    spec = {"name": "Amazon Advertising", "type": "Expense", "number": "7100"}
    item = books.target.create_account(books.door, books.account, spec, request_id="x")
    assert item.facts["number"] == "7101"


def test_what_decides_how_documents_are_written(books: KashFlow) -> None:
    facts = books.company
    assert (facts.home_currency, facts.country, facts.multicurrency, facts.sales_tax, facts.close_date) == (
        "GBP",
        "GB",
        True,
        "codes",
        None,
    )
    books.close_books(date(2026, 10, 31))
    books.forget_company()
    assert books.company.close_date == date(2026, 10, 31)


def test_a_company_that_is_not_registered_keeps_no_vat(twins: Any) -> None:
    books = NotRegistered(twins)
    assert (books.company.sales_tax, books.company.multicurrency) == ("", False)
    assert {item.external_id for item in books.references("tax_code").values()} == {"0", "-1"}


def test_rates_are_named_by_what_lines_carry(books: KashFlow) -> None:
    rates = {item.external_id: (item.name, item.facts["sales_rate"]) for item in books.references("tax_code").values()}
    assert rates == {"20": ("Standard 20%", "20"), "5": ("Reduced 5%", "5"), "0": ("Zero rated 0%", "0"), "-1": ("N/A", "0")}


def test_closed_periods_as_the_interface_may_tell_them() -> None:
    periods = [{"EndDate": "2025-12-31 00:00:00"}, {"EndDate": "2026-03-31T00:00:00"}, {"EndDate": None}, {"EndDate": "soon"}]
    assert reference.closed_until(periods) == date(2026, 3, 31)
    assert reference.closed_until({}) is None


@pytest.mark.parametrize(
    "operation", ["InsertCustomer", "InsertSupplier", "InsertNominalCode", "CreateBankAccount", "AddOrUpdateSubProduct"]
)
def test_what_was_added_and_not_answered_for_is_not_added_again(books: KashFlow, operation: str) -> None:
    def add() -> str:
        door, account, target = books.door, books.account, books.target
        if operation == "AddOrUpdateSubProduct":
            income = books.existing(AccountType.INCOME)
            return target.create_item(door, account, ItemSpec("Cup", "CUP", income.key), request_id="x").external_id
        if operation in ("InsertCustomer", "InsertSupplier"):
            kind = operation.removeprefix("Insert").lower()
            return target.create_party(door, account, PartySpec("Amazon.co.uk", kind=kind), request_id="x").external_id
        role = {"role": "clearing"} if operation == "CreateBankAccount" else {}
        return target.create_account(
            door, account, {"name": "Amazon Clearing", "type": "Other Current Asset", **role}, request_id="x"
        ).external_id

    books.twins.fault("kashflow", "drop-after-commit", operation, count=1)
    first = add()
    assert books.struck()
    assert add() == first
    assert books.calls(operation) == [operation]


def test_parties_and_products_are_found_by_what_people_know(books: KashFlow) -> None:
    def ask(kind: str, by: str, *values: str) -> list[str]:
        return [item.name for item in books.target.find_references(books.door, books.account, kind, by, values)]

    assert ask("customer", "name", "walk-in customer") == ["Walk-in Customer"]
    assert ask("customer", "email", "WALKIN@example.org") == ["Walk-in Customer"]
    assert ask("supplier", "name", "Paper & Sons", "Nobody") == ["Paper & Sons"]
    assert ask("item", "sku", "MUG", "NONE") == ["Mug"]


# ------------------------------------------------------------------ stock


def _order(books: KashFlow) -> Any:
    mug = books.target.find_references(books.door, books.account, "item", "sku", ["MUG"])[0]
    of = {
        "sales": AccountRef(str(mug.facts["account"]), "Sale of Goods"),
        "refunds": books.make("Amazon Promotions", AccountType.INCOME, "promotions"),
        "debtors": books.existing(AccountType.RECEIVABLE),
    }
    return documents.order(of, books.customer(), ItemRef(mug.external_id, mug.name))


def _stock(books: KashFlow, **said: Any) -> int:
    return int(Decimal(books.command("stock", company=books.company_id, **said)["products"]["MUG"]))


def test_sold_goods_leave_stock_once_where_stock_is_kept(books: KashFlow) -> None:
    assert _stock(books, on=True) == 100
    asked = books.request(_order(books), "order")
    books.fault("drop-after-commit", "invoice")
    books.post(asked)
    assert books.struck()
    assert _stock(books) == 98
    (again,) = books.post(asked)
    assert again.kind == "exists"
    assert _stock(books) == 98
    assert again.found is not None
    assert [(line.item.key, line.quantity) for line in again.found.document.lines if line.item] == [
        (asked.document.lines[0].item.key, 2)
    ]
    assert books.remove(asked.document, again.external_id, again.external_version).kind == "created"
    assert _stock(books) == 100


def test_stock_that_is_not_kept_is_left_alone(books: KashFlow) -> None:
    books.post(books.request(_order(books), "order"))
    assert _stock(books) == 100


# ------------------------------------------------------------------ refused before it is sent, and there too


def _payment(books: KashFlow) -> Payment:
    applied = (Applied(DocumentType.INVOICE, "7", Decimal("12.34"), "1"),)
    clearing, debtors = accounts(books)["clearing"], books.existing(AccountType.RECEIVABLE)
    return Payment(documents.ON, "GBP", books.customer(), clearing, debtors, applied, "Amazon settlement 1")


def _bad(books: KashFlow) -> dict[str, Any]:
    """Documents that KashFlow refuses, by the problem that tells it ahead."""
    sale = FORMS[DocumentType.SALES_RECEIPT](books)
    journal = FORMS[DocumentType.JOURNAL_ENTRY](books)
    invoice, payment = FORMS[DocumentType.INVOICE](books), _payment(books)
    debtors, bank = books.existing(AccountType.RECEIVABLE), books.existing(AccountType.BANK)
    on = lambda document, account: replace(document, lines=tuple(replace(line, account=account) for line in document.lines))  # noqa: E731
    return {
        "kashflow.check.control_account": on(sale, debtors),
        "kashflow.check.bank_line": on(sale, bank),
        "kashflow.check.no_bank": replace(sale, account=journal.lines[0].account),
        "kashflow.check.party_missing": replace(sale, customer=replace(sale.customer, key="999")),
        "kashflow.check.account_missing": on(invoice, AccountRef("999999", "Gone")),
        "kashflow.check.not_applied": replace(payment, applied=(replace(payment.applied[0], external_id=""),)),
        "kashflow.check.currency_off": replace(invoice, currency="PLN"),
    }


def test_what_is_told_ahead_is_refused_there_too(twins: Any) -> None:
    """In a company that keeps one currency and no VAT."""
    books = NotRegistered(twins)
    taxed = documents.line(books.existing(AccountType.INCOME), Side.CREDIT, "12.00", "Sale", documents.S20, "2.00")
    bad = {**_bad(books), "kashflow.check.vat_off": replace(FORMS[DocumentType.INVOICE](books), lines=(taxed,))}
    for code, document in bad.items():
        assert code in [problem.code for problem in books.problems(document)]
        (outcome,) = books.post(books.request(document, code[-12:]))
        assert outcome.kind == "rejected", code
        assert outcome.problem is not None
        assert outcome.problem.remedy()
    assert books.kept("Invoice") == []


@pytest.mark.parametrize("archived", [True, False])
def test_a_product_that_is_not_there_any_more_is_told_ahead_and_refused_there(books: KashFlow, archived: bool) -> None:
    order = _order(books)
    gone = ItemRef("999", "Mug")
    if archived:
        gone = next(line.item for line in order.lines if line.item)
        books.command("archive", company=books.company_id, kind="Product", id=int(gone.key))
    order = replace(order, lines=tuple(replace(line, item=gone if line.item else None) for line in order.lines))
    assert [problem.code for problem in books.problems(order)] == ["kashflow.check.item_missing"]
    (outcome,) = books.post(books.request(order, "gone"))
    assert outcome.kind == "rejected"
    back = replace(documents.refund(), lines=tuple(replace(line, item=gone) for line in documents.refund().lines))
    assert "kashflow.check.item_missing" not in [problem.code for problem in books.problems(back)]


def test_what_is_right_is_found_right(books: KashFlow) -> None:
    for form in FORMS.values():
        assert [problem.code for problem in books.problems(form(books))] == []


def test_an_open_invoice_may_be_abroad_but_not_its_money(books: KashFlow) -> None:
    invoice = replace(FORMS[DocumentType.INVOICE](books), currency="EUR")
    assert books.problems(invoice) == []
    (made,) = books.post(books.request(invoice, "eur"))
    assert made.found is not None
    assert (made.found.document.currency, made.found.document.total) == ("EUR", invoice.total)
    sale = replace(FORMS[DocumentType.SALES_RECEIPT](books), currency="EUR")
    assert [problem.code for problem in books.problems(sale)] == ["kashflow.check.currency_paid"]


def test_a_rate_that_is_not_there_and_vat_in_a_journal_are_told_ahead(books: KashFlow) -> None:
    reduced = replace(documents.S20, key="17.5")
    line = documents.line(books.existing(AccountType.INCOME), Side.CREDIT, "12.00", "Sale", reduced, "2.00")
    sale = replace(FORMS[DocumentType.INVOICE](books), lines=(line,))
    assert [problem.code for problem in books.problems(sale)] == ["kashflow.check.rate_missing"]
    journal = FORMS[DocumentType.JOURNAL_ENTRY](books)
    taxed = replace(journal, lines=tuple(replace(each, tax=documents.S20, tax_amount=each.gross / 6) for each in journal.lines))
    assert {problem.code for problem in books.problems(taxed)} == {"kashflow.check.vat_in_journal"}


def test_a_filed_vat_return_refuses_what_bears_vat(books: KashFlow) -> None:
    books.command("lock", company=books.company_id, vat_until="2026-11-30")
    (outcome,) = books.post(books.request(FORMS[DocumentType.INVOICE](books), "filed"))
    assert outcome.problem is not None
    assert outcome.problem.code == "kashflow.vat_filed"


# ------------------------------------------------------------------ looking


def test_every_kind_of_thing_can_be_looked_at(books: KashFlow) -> None:
    books.post(books.request(FORMS[DocumentType.SALES_RECEIPT](books), "shown"))
    for kind in browser.entities:
        page = browser.page(books.door, books.account, kind.key)
        assert all(page.identity in row for row in page.rows), kind.key
    named = {kind.key for kind in browser.entities}
    assert {"Customer", "Invoice", "Product", "Payment", "JournalEntry", "VATRate", "NominalCode"} <= named  # S042
    (mug,) = browser.page(books.door, books.account, "Product").rows
    assert (mug["Name"], mug["StockQuantity"]) == ("Mug", 100)
    assert len(browser.page(books.door, books.account, "NominalCode").rows) == 25
    assert browser.page(books.door, books.account, "NominalCode").next == "25"
    with pytest.raises((Failure, KeyError)):
        browser.page(books.door, books.account, "Nothing")
