"""A change that KashFlow refuses leaves the books as they were; one that was interrupted is gone on with, never doubled."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from canonical.accounting import AccountRef, AccountType, Document, DocumentType, Side, Transfer
from connections.contracts import Found, Outcome, OutcomeKind, PostRequest
from connections.providers.kashflow.fields import bank_of
from tests.connections.contract import forms
from tests.connections.contract.forms import FORMS

from .test_posting import drop, posted, stands
from .twin import KashFlow

ANEW = (DocumentType.DEPOSIT, DocumentType.WITHDRAWAL, DocumentType.TRANSFER, DocumentType.PAYMENT)
PAID = (DocumentType.SALES_RECEIPT, DocumentType.REFUND_RECEIPT, DocumentType.PURCHASE)
INSERTS = {DocumentType.PAYMENT: "InsertInvoicePayment"}
DELETES = {DocumentType.PAYMENT: "DeleteInvoicePayment"}
OF_A_SALE = ("InsertInvoicePayment", "UpdateInvoice", "DeleteInvoicePayment")
OF_A_PURCHASE = tuple(name.replace("Invoice", "Receipt") for name in OF_A_SALE)


def other_bank(books: KashFlow) -> AccountRef:
    return books.make("Another Clearing", AccountType.OTHER_CURRENT_ASSET, "clearing")


def archive(books: KashFlow, account: AccountRef, archived: bool = True) -> None:
    books.command("archive", company=books.company_id, kind="Bank", id=bank_of(account.key), archived=archived)


def more(document: Document) -> Any:
    """The same for 20.00 more than it was."""
    if isinstance(document, Transfer):
        return replace(document, amount=document.amount + 20)
    if document.document_type is DocumentType.PAYMENT:
        return replace(document, applied=(replace(document.applied[0], amount=document.applied[0].amount + 20),))  # type: ignore[union-attr]
    first, *rest = document.lines
    return replace(document, lines=(replace(first, gross=first.gross + 20), *rest))  # type: ignore[call-arg]


def update(books: KashFlow, asked: PostRequest, made: Any, document: Document) -> PostRequest:
    return books.request(
        document, asked.marker[-1], number=asked.number, action="update", external_id=made.external_id,
        external_version=made.external_version,
    )  # fmt: skip


def changed(books: KashFlow, request: PostRequest) -> Outcome:
    (outcome,) = books.post(request)
    return outcome


def kept(books: KashFlow) -> dict[str, list[dict[str, Any]]]:
    return {kind: books.kept(kind) for kind in stands(books)}


def as_it_stood(books: KashFlow, asked: PostRequest, made: Any) -> Found:
    """What our id leads to, which must be what we wrote the first time."""
    found = books.read(asked.document, made.external_id)
    assert found is not None
    assert (found.external_id, found.external_version) == (made.external_id, made.external_version)
    return found


# ------------------------------------------------------------------ refused


@pytest.mark.parametrize("kind", ANEW)
def test_a_refused_change_leaves_payment_and_bank_as_they_were(books: KashFlow, kind: DocumentType) -> None:
    document = FORMS[kind](books)
    asked, made = posted(books, document)
    before = kept(books)
    elsewhere = other_bank(books)
    wanted = replace(more(document), account=elsewhere)
    archive(books, elsewhere)
    outcome = changed(books, update(books, asked, made, wanted))
    assert outcome.kind is OutcomeKind.REJECTED
    assert outcome.problem is not None
    assert outcome.problem.code == "kashflow.bad_reference"
    assert kept(books) == before
    as_it_stood(books, asked, made)


def refused_at_its_second_line(books: KashFlow) -> tuple[PostRequest, Any, PostRequest, AccountRef]:
    """A deposit that stands, and its change, whose second line is on an archived account."""
    document = FORMS[DocumentType.DEPOSIT](books)
    asked, made = posted(books, document)
    gone = books.make("Old Costs", AccountType.EXPENSE)
    books.retire(gone)
    lines = (more(document).lines[0], forms.line(gone, Side.DEBIT, "3.00"))
    return asked, made, update(books, asked, made, replace(document, lines=lines)), gone  # type: ignore[call-arg]


def test_a_change_refused_at_its_second_line_takes_the_first_out_again(books: KashFlow) -> None:
    asked, made, wanted, _gone = refused_at_its_second_line(books)
    before = kept(books)
    assert changed(books, wanted).kind is OutcomeKind.REJECTED
    assert kept(books) == before
    as_it_stood(books, asked, made)


def test_what_a_refused_change_leaves_behind_is_in_doubt_and_goes_with_the_next(books: KashFlow) -> None:
    asked, made, wanted, gone = refused_at_its_second_line(books)
    drop(books, "DeleteBankTransaction", "drop-before-commit")
    assert changed(books, wanted).kind is OutcomeKind.UNKNOWN
    assert stands(books)["BankTransaction"] == 3
    as_it_stood(books, asked, made)
    books.command("archive", company=books.company_id, kind="Nominal", id=int(gone.key), archived=False)
    again = changed(books, wanted)
    assert again.kind is OutcomeKind.CREATED
    assert stands(books)["BankTransaction"] == 2
    assert again.found is not None
    assert again.found.document.total == wanted.document.total


@pytest.mark.parametrize("kind", PAID)
def test_a_refused_payment_leaves_the_sale_and_its_payment_as_they_were(books: KashFlow, kind: DocumentType) -> None:
    document = FORMS[kind](books)
    asked, made = posted(books, document)
    before = kept(books)
    elsewhere = other_bank(books)
    archive(books, elsewhere)
    outcome = changed(books, update(books, asked, made, replace(more(document), account=elsewhere)))
    assert outcome.kind is OutcomeKind.REJECTED
    assert kept(books) == before
    as_it_stood(books, asked, made)


@pytest.mark.parametrize("kind", PAID)
def test_a_refused_sale_leaves_no_second_payment(books: KashFlow, kind: DocumentType) -> None:
    document = FORMS[kind](books)
    asked, made = posted(books, document)
    before = kept(books)
    books.retire(document.lines[0].account)
    assert changed(books, update(books, asked, made, more(document))).kind is OutcomeKind.REJECTED
    assert kept(books) == before
    as_it_stood(books, asked, made)


def test_a_payment_that_may_not_be_taken_out_puts_the_sale_back(books: KashFlow) -> None:
    """A person moved the sale out of a period that was closed then, and its payment not."""
    document = FORMS[DocumentType.SALES_RECEIPT](books)
    asked, made = posted(books, document)
    number = int(made.external_id.partition("+")[0])
    books.command("edit", company=books.company_id, kind="Invoice", number=number, changes={"InvoiceDate": "2026-11-10T00:00:00"})
    books.close_books(document.date)
    before = books.read(document, made.external_id)
    assert before is not None
    payments = books.kept("InvoicePayment")
    later = replace(more(document), date=date(2026, 11, 12))
    outcome = changed(books, replace(update(books, asked, made, later), external_version=before.external_version))
    assert outcome.kind is OutcomeKind.REJECTED
    assert outcome.problem is not None
    assert outcome.problem.code == "kashflow.period_closed"
    assert books.calls("UpdateInvoice") == ["UpdateInvoice"] * 2
    after = books.read(document, made.external_id)
    assert after is not None
    assert (after.external_version, after.document) == (before.external_version, before.document)
    assert books.kept("InvoicePayment") == payments


# ------------------------------------------------------------------ interrupted


@pytest.mark.parametrize("kind", ANEW)
@pytest.mark.parametrize("at", ["written", "before the old was out"])
def test_a_change_that_was_interrupted_is_gone_on_with_and_stands_once(books: KashFlow, kind: DocumentType, at: str) -> None:
    document = FORMS[kind](books)
    before = stands(books)
    asked, made = posted(books, document)
    once = stands(books)
    wanted = update(books, asked, made, more(document))
    if at == "written":
        drop(books, INSERTS.get(kind, "InsertBankTransaction"))
    else:
        drop(books, DELETES.get(kind, "DeleteBankTransaction"), "drop-before-commit")
    assert changed(books, wanted).kind is OutcomeKind.UNKNOWN
    assert stands(books) != once
    as_it_stood(books, asked, made)
    again = changed(books, wanted)
    assert again.kind is OutcomeKind.CREATED
    assert stands(books) == once
    assert again.found is not None
    assert again.found.document.total == wanted.document.total
    assert books.find(wanted)[asked.marker].external_id == again.external_id
    books.remove(document, again.external_id, again.external_version)
    assert stands(books) == before


@pytest.mark.parametrize("loss", ["drop-before-commit", "drop-after-commit"])
@pytest.mark.parametrize(
    ("kind", "operation"),
    [
        *((DocumentType.SALES_RECEIPT, name) for name in OF_A_SALE),
        *((DocumentType.PURCHASE, name) for name in OF_A_PURCHASE),
    ],
)
def test_a_sale_whose_change_was_interrupted_ends_with_one_payment(
    books: KashFlow, kind: DocumentType, operation: str, loss: str
) -> None:
    document = FORMS[kind](books)
    asked, made = posted(books, document)
    once = stands(books)
    wanted = update(books, asked, made, more(document))
    drop(books, operation, loss)
    assert changed(books, wanted).kind is OutcomeKind.UNKNOWN
    between = books.read(document, made.external_id)
    assert between is not None
    again = changed(books, replace(wanted, external_version=between.external_version))
    assert again.kind is OutcomeKind.CREATED
    assert stands(books) == once
    (payment,) = books.kept("ReceiptPayment" if kind is DocumentType.PURCHASE else "InvoicePayment")
    assert Decimal(payment["PayAmount"]) == wanted.document.total
    assert books.find(wanted)[asked.marker].document.total == wanted.document.total


def test_a_sale_that_is_paid_twice_for_a_moment_never_reads_as_changed(books: KashFlow) -> None:
    document = FORMS[DocumentType.SALES_RECEIPT](books)
    asked, made = posted(books, document)
    wanted = update(books, asked, made, more(document))
    drop(books, "DeleteInvoicePayment", "drop-before-commit")
    assert changed(books, wanted).kind is OutcomeKind.UNKNOWN
    for found in (books.read(document, made.external_id), books.find(wanted)[asked.marker]):
        assert found is not None
        assert found.document.account.name == "paid twice"  # type: ignore[union-attr]


def test_a_refusal_after_an_interruption_leaves_one_payment(books: KashFlow) -> None:
    document = FORMS[DocumentType.SALES_RECEIPT](books)
    asked, made = posted(books, document)
    once = kept(books)["InvoicePayment"]
    wanted = update(books, asked, made, more(document))
    drop(books, "InsertInvoicePayment")
    assert changed(books, wanted).kind is OutcomeKind.UNKNOWN
    elsewhere = other_bank(books)
    archive(books, elsewhere)
    between = books.read(document, made.external_id)
    assert between is not None
    refused = update(books, asked, made, replace(document, account=elsewhere))
    outcome = changed(books, replace(refused, external_version=between.external_version))
    assert outcome.kind is OutcomeKind.REJECTED
    assert books.kept("InvoicePayment") == once


def test_the_id_of_before_a_change_still_leads_to_the_sale_with_its_payment(books: KashFlow) -> None:
    document = FORMS[DocumentType.SALES_RECEIPT](books)
    asked, made = posted(books, document)
    done = changed(books, update(books, asked, made, more(document)))
    found = books.read(document, made.external_id)
    assert found is not None
    assert (found.external_id, found.external_version) == (done.external_id, done.external_version)
    assert books.remove(document, made.external_id, "another").kind is OutcomeKind.STALE
    assert books.remove(document, made.external_id, done.external_version).kind is OutcomeKind.CREATED
    assert (stands(books)["Invoice"], stands(books)["InvoicePayment"]) == (0, 0)
