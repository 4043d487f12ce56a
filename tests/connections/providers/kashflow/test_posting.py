"""Written once although KashFlow takes anything twice, completed where half was written, taken out where it was refused."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from canonical.accounting import AccountRef, AccountType, Document, DocumentLine, DocumentType, Side
from connections.contracts import OutcomeKind, PostRequest
from connections.errors import Failure, FailureKind
from tests.connections.contract.forms import FORMS

from . import documents
from .twin import KashFlow

PAID = (DocumentType.SALES_RECEIPT, DocumentType.REFUND_RECEIPT, DocumentType.PURCHASE)
HALVES = {
    DocumentType.SALES_RECEIPT: ("InsertInvoice", "InsertInvoicePayment"),
    DocumentType.REFUND_RECEIPT: ("InsertInvoice", "InsertInvoicePayment"),
    DocumentType.PURCHASE: ("InsertReceipt", "InsertReceiptPayment"),
    DocumentType.DEPOSIT: ("InsertBankTransaction", "InsertBankTransaction"),
}


def stands(books: KashFlow) -> dict[str, int]:
    return {kind: len(books.kept(kind)) for kind in ("Invoice", "InvoicePayment", "Receipt", "ReceiptPayment", "BankTransaction")}


def posted(books: KashFlow, document: Document, key: str = "1") -> tuple[PostRequest, Any]:
    asked = books.request(document, key)
    (outcome,) = books.post(asked)
    assert outcome.kind is OutcomeKind.CREATED, outcome.problem and outcome.problem.text()
    return asked, outcome


def drop(books: KashFlow, operation: str, kind: str = "drop-after-commit", **more: Any) -> None:
    books.twins.fault("kashflow", kind, operation, count=1, **more)


# ------------------------------------------------------------------ once


def test_posting_again_finds_what_stands(books: KashFlow) -> None:
    sale = FORMS[DocumentType.SALES_RECEIPT](books)
    asked, first = posted(books, sale)
    before = stands(books)
    (again,) = books.post(asked)
    assert (again.kind, again.external_id, again.external_version) == (
        OutcomeKind.EXISTS, first.external_id, first.external_version,
    )  # fmt: skip
    assert stands(books) == before


@pytest.mark.parametrize("kind", HALVES)
def test_an_answer_lost_at_the_first_half_completes_the_other(books: KashFlow, kind: DocumentType) -> None:
    asked = books.request(FORMS[kind](books), "half")
    before = books.held(kind.value)
    drop(books, HALVES[kind][0])
    (outcome,) = books.post(asked)
    assert books.struck()
    assert outcome.kind is OutcomeKind.CREATED
    assert set(books.find(asked)) == {asked.marker}
    assert books.held(kind.value) == before + 1


@pytest.mark.parametrize("kind", PAID)
def test_an_answer_lost_at_the_last_half_is_asked_for(books: KashFlow, kind: DocumentType) -> None:
    asked = books.request(FORMS[kind](books), "half")
    drop(books, HALVES[kind][1])
    (outcome,) = books.post(asked)
    assert outcome.kind is OutcomeKind.UNKNOWN
    found = books.find(asked)[asked.marker]
    assert found.document.account.key == asked.document.account.key  # type: ignore[union-attr]
    (again,) = books.post(asked)
    assert again.kind is OutcomeKind.EXISTS


@pytest.mark.parametrize("kind", PAID)
def test_half_a_document_is_not_there_yet_and_posting_completes_it(books: KashFlow, kind: DocumentType) -> None:
    """As when a worker was killed between the two calls."""
    asked = books.request(FORMS[kind](books), "killed")
    drop(books, HALVES[kind][1], "drop-before-commit")
    (outcome,) = books.post(asked)
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert books.find(asked) == {}
    before = stands(books)
    (again,) = books.post(asked)
    assert again.kind is OutcomeKind.CREATED
    grown = {name: count - before[name] for name, count in stands(books).items() if count != before[name]}
    assert grown == {"ReceiptPayment" if kind is DocumentType.PURCHASE else "InvoicePayment": 1}
    assert books.find(asked)[asked.marker].document.total == asked.document.total


def test_a_half_that_is_refused_takes_the_other_out_again(books: KashFlow) -> None:
    sale = FORMS[DocumentType.SALES_RECEIPT](books)
    books.command("archive", company=books.company_id, kind="Bank", id=int(sale.account.key.partition("/")[2]))
    (outcome,) = books.post(books.request(sale, "refused"))
    assert outcome.kind is OutcomeKind.REJECTED
    assert outcome.problem is not None
    assert outcome.problem.code == "kashflow.bad_reference"
    assert "is archived" in outcome.problem.text()
    assert stands(books)["Invoice"] == 0


def test_a_half_that_cannot_be_taken_out_is_not_called_refused(books: KashFlow) -> None:
    sale = FORMS[DocumentType.SALES_RECEIPT](books)
    asked = books.request(sale, "stuck")
    books.command("archive", company=books.company_id, kind="Bank", id=int(sale.account.key.partition("/")[2]))
    drop(books, "DeleteInvoice", "drop-before-commit")
    (outcome,) = books.post(asked)
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert (stands(books)["Invoice"], books.find(asked)) == (1, {})
    books.command("archive", company=books.company_id, kind="Bank", id=int(sale.account.key.partition("/")[2]), archived=False)
    (again,) = books.post(asked)
    assert again.kind is OutcomeKind.CREATED
    assert (stands(books)["Invoice"], stands(books)["InvoicePayment"]) == (1, 1)


def test_somebody_elses_document_under_our_reference_is_named(books: KashFlow) -> None:
    asked, _made = posted(books, FORMS[DocumentType.INVOICE](books))
    other = replace(asked, marker=f"tieout:{'9' * 40}")
    (mine,) = books.post(other)  # ours by another marker: two of our documents may share a reference
    assert mine.kind is OutcomeKind.CREATED
    number = books.kept("Invoice")[0]["number"]
    lines = [{**line, "Description": "edited"} for line in books.kept("Invoice")[0]["Lines"]]
    books.command("edit", company=books.company_id, kind="Invoice", number=number, changes={"Lines": lines})
    third = replace(asked, marker=f"tieout:{'8' * 40}")
    (refused,) = books.post(third)
    assert refused.kind is OutcomeKind.REJECTED
    assert refused.problem is not None
    assert refused.problem.code == "kashflow.number_taken"


def test_a_batch_is_looked_for_in_one_question(books: KashFlow) -> None:
    sales = [FORMS[DocumentType.SALES_RECEIPT](books, amount=f"{n}.00") for n in range(1, 5)]
    asked = [books.request(sale, f"b{n}") for n, sale in enumerate(sales)]
    assert {outcome.kind for outcome in books.post(*asked)} == {OutcomeKind.CREATED}
    assert books.calls("GetInvoicesByDateRange", "GetInvPayMethods") == ["GetInvoicesByDateRange", "GetInvPayMethods"]
    assert len(books.find(*asked)) == 4
    assert books.calls("GetInvoicesByDateRange") == ["GetInvoicesByDateRange"] * 2
    assert books.calls("GetInvoicePaymentsByDateRange") == ["GetInvoicePaymentsByDateRange"]


def test_a_throttle_before_anything_was_written_is_a_failure_that_waits(books: KashFlow) -> None:
    asked = [books.request(FORMS[DocumentType.INVOICE](books, amount=f"{n}.00"), f"t{n}") for n in (1, 2)]
    assert books.post(asked[0])[0].kind is OutcomeKind.CREATED
    drop(books, "InsertInvoice", "throttle", seconds=1)
    with pytest.raises(Failure) as failed:
        books.post(*asked)
    assert failed.value.kind is FailureKind.THROTTLED
    assert stands(books)["Invoice"] == 1


# ------------------------------------------------------------------ changed and taken out


def test_a_changed_sale_keeps_its_number_and_gets_the_payment_it_now_needs(books: KashFlow) -> None:
    asked, made = posted(books, FORMS[DocumentType.SALES_RECEIPT](books))
    more = replace(asked.document, lines=tuple(replace(line, gross=Decimal("20.00")) for line in asked.document.lines))
    number = books.target.number("other", "")
    update = books.request(more, "1", number=number, action="update", external_id=made.external_id,
                           external_version=made.external_version)  # fmt: skip
    (changed,) = books.post(update)
    assert changed.kind is OutcomeKind.CREATED
    assert changed.found is not None
    assert changed.found.document.total == Decimal("20.00")
    assert changed.external_id.partition("+")[0] == made.external_id.partition("+")[0]
    (payment,) = books.kept("InvoicePayment")
    assert Decimal(payment["PayAmount"]) == Decimal("20.00")
    assert changed.external_version != made.external_version
    (late,) = books.post(update)
    assert late.kind in (OutcomeKind.STALE, OutcomeKind.REJECTED)
    assert books.held("invoice") == 1


def test_what_a_person_changed_is_not_written_over(books: KashFlow) -> None:
    asked, made = posted(books, FORMS[DocumentType.INVOICE](books))
    books.command(
        "edit", company=books.company_id, kind="Invoice", number=int(made.external_id), changes={"CustomerReference": "X"}
    )
    update = replace(asked, action="update", external_id=made.external_id, external_version=made.external_version)
    (outcome,) = books.post(update)
    assert outcome.kind is OutcomeKind.STALE
    assert books.kept("Invoice")[0]["CustomerReference"] == "X"
    assert books.remove(asked.document, made.external_id, made.external_version).kind is OutcomeKind.STALE


def test_a_payment_of_an_invoice_is_no_change_of_the_invoice(books: KashFlow) -> None:
    asked, made = posted(books, FORMS[DocumentType.INVOICE](books))
    books.command("rules", company=books.company_id)
    payment = FORMS[DocumentType.PAYMENT](books)
    applied = (replace(payment.applied[0], external_id=made.external_id),)
    posted(books, replace(payment, applied=applied), "pays")
    found = books.read(asked.document, made.external_id)
    assert found is not None
    assert found.external_version == made.external_version


@pytest.mark.parametrize("kind", [*PAID, DocumentType.DEPOSIT, DocumentType.TRANSFER, DocumentType.PAYMENT])
def test_all_of_a_document_is_taken_out(books: KashFlow, kind: DocumentType) -> None:
    document = FORMS[kind](books)
    before = stands(books)
    asked, made = posted(books, document)
    removed = books.remove(document, made.external_id, made.external_version)
    assert removed.kind is OutcomeKind.CREATED, removed.problem and removed.problem.text()
    assert stands(books) == before
    assert books.remove(document, made.external_id, made.external_version).kind is OutcomeKind.EXISTS
    assert books.find(asked) == {}


def test_a_removal_that_was_interrupted_goes_on(books: KashFlow) -> None:
    asked, made = posted(books, FORMS[DocumentType.SALES_RECEIPT](books))
    drop(books, "DeleteInvoice", "drop-before-commit")
    assert books.remove(asked.document, made.external_id, made.external_version).kind is OutcomeKind.UNKNOWN
    assert (stands(books)["Invoice"], stands(books)["InvoicePayment"]) == (1, 0)
    assert books.remove(asked.document, made.external_id, made.external_version).kind is OutcomeKind.CREATED
    assert stands(books)["Invoice"] == 0


def test_a_sale_with_somebody_elses_payment_stays(books: KashFlow) -> None:
    asked, made = posted(books, FORMS[DocumentType.INVOICE](books))
    payment = FORMS[DocumentType.PAYMENT](books)
    posted(books, replace(payment, applied=(replace(payment.applied[0], external_id=made.external_id),)), "other")
    removed = books.remove(asked.document, made.external_id, made.external_version)
    assert removed.kind is OutcomeKind.REJECTED
    assert removed.problem is not None
    assert removed.problem.code == "kashflow.has_payments"


# ------------------------------------------------------------------ UK-1 in the books


def uk1_accounts(books: KashFlow) -> dict[str, AccountRef]:
    cost, expense = AccountType.COST_OF_GOODS_SOLD, AccountType.EXPENSE
    made = {
        "sales": ("Amazon Sales", AccountType.INCOME),
        "refunds": ("Amazon Refunds", AccountType.INCOME),
        "selling_fees": ("Amazon Selling Fees", cost),
        "fba_fees": ("Amazon FBA Fees", cost),
        "storage": ("Amazon Storage Fees", expense),
        "advertising": ("Amazon Advertising", expense),
        "clearing": ("Amazon Clearing", AccountType.OTHER_CURRENT_ASSET),
    }
    found = {role: books.make(name, kind, role) for role, (name, kind) in made.items()}
    return {**found, "bank": books.existing(AccountType.BANK), "debtors": books.existing(AccountType.RECEIVABLE)}


def test_uk_1_to_the_penny_in_the_trial_balance_and_the_vat_return(books: KashFlow) -> None:
    of = uk1_accounts(books)
    parts: list[Document] = [
        documents.uk1_sale(of, books.customer("Amazon.co.uk")),
        documents.uk1_purchase(of, books.supplier()),
        documents.uk1_transfer(of),
    ]
    for at, part in enumerate(parts):
        assert books.problems(part) == []
        asked, made = posted(books, part, f"uk{at}")
        assert made.found is not None
        assert sorted(map(_said, made.found.document.lines)) == sorted(map(_said, asked.document.lines))
    trial = books.command("trial", company=books.company_id)["accounts"]
    assert {name: balance for name, balance in trial.items() if Decimal(balance)} == {
        "Amazon Sales": "-100.00",
        "Amazon Refunds": "20.00",
        "Amazon Selling Fees": "12.24",
        "Amazon FBA Fees": "3.00",
        "Amazon Storage Fees": "1.00",
        "Amazon Advertising": "10.00",
        "VAT on Sales": "-16.00",
        "VAT on Purchases": "5.25",
        "Current Account": "64.51",
    }
    boxes = books.command("vat", company=books.company_id)
    assert (boxes["Box1"], boxes["Box4"], boxes["Box5"], boxes["Box6"], boxes["Box7"]) == (
        "16.00", "5.25", "10.75", "80.00", "26.24",
    )  # fmt: skip


def _said(line: DocumentLine) -> tuple[str, Side, Decimal, Decimal, str]:
    return line.account.key, line.side, line.gross, line.tax_amount, line.description


@pytest.mark.parametrize(("rule", "ours"), [("bank", "bank"), ("journal", "journal")])
def test_a_transfer_in_either_way_of_writing_it(books: KashFlow, monkeypatch: Any, rule: str, ours: str) -> None:
    from connections.providers.kashflow import unsettled

    monkeypatch.setattr(unsettled, "TRANSFER_BY", ours)
    books.command("rules", company=books.company_id, transfer=rule)
    transfer = FORMS[DocumentType.TRANSFER](books)
    _asked, made = posted(books, transfer)
    assert made.found is not None
    assert made.found.document == replace(
        transfer, account=replace(transfer.account, name=""), into=replace(transfer.into, name="")
    )
    assert books.remove(transfer, made.external_id, made.external_version).kind is OutcomeKind.CREATED
