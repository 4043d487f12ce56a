"""Documents that do not balance cannot be built, and a posting key is the same for ever."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from canonical.accounting import (
    AccountRef,
    Applied,
    Deposit,
    DocumentLine,
    DocumentType,
    JournalEntry,
    PartyRef,
    Payment,
    Purchase,
    Side,
    Transfer,
    Unbalanced,
    Withdrawal,
    balanced_lines,
)
from canonical.identity import PostingKey, Sku
from canonical.plain import document_of, plain_document

BANK, SALES, CLEARING = AccountRef("1", "Checking"), AccountRef("2", "Sales"), AccountRef("3", "Clearing")
ON, SUPPLIER = date(2026, 11, 5), PartyRef("9", "Amazon")


def line(account, side, gross):
    return DocumentLine(account, side, Decimal(gross), "", "sale")


def test_a_journal_off_by_a_cent_cannot_be_built():
    with pytest.raises(Unbalanced, match=r"0\.01"):
        JournalEntry(date(2026, 11, 5), "USD", (line(BANK, Side.DEBIT, "86.24"), line(SALES, Side.CREDIT, "86.25")))


def test_a_line_has_a_positive_amount():
    with pytest.raises(ValueError):
        line(BANK, Side.DEBIT, "-1")


@pytest.mark.parametrize("fee", ["86.25", "90.00"])
def test_a_deposit_of_zero_or_less_cannot_be_built(fee):
    with pytest.raises(Unbalanced):
        Deposit(date(2026, 11, 5), "USD", BANK, (line(SALES, Side.CREDIT, "86.25"), line(SALES, Side.DEBIT, fee)))


def test_posting_key_is_pinned():
    key = PostingKey("quickbooks_online:twin:1", "amazon:twin:na:A", "25999000001", "journal_entry", "1")
    assert key.marker() == "tieout:4c52d2870243c3fcdbee5df4e5ea6f16bdf5fbb6"  # changing this would post everything a second time
    assert key.request_id("create") == key.request_id("create")
    assert key.request_id("create", 1) != key.request_id("create")
    assert len(key.request_id("create")) == 36


def test_every_part_of_the_key_matters():
    base = ("l", "s", "r", "t", "p")
    digests = {PostingKey(*base).digest()} | {
        PostingKey(*[f + "x" if i == n else f for i, f in enumerate(base)]).digest() for n in range(5)
    }
    assert len(digests) == 6
    assert PostingKey("a", "bc", "r", "t").digest() != PostingKey("ab", "c", "r", "t").digest()


def test_skus_are_texts():
    assert Sku("00123").value == "00123"
    assert Sku('1E10"').value == '1E10"'


def test_money_out_of_an_account_is_the_mirror_of_a_deposit():
    with pytest.raises(Unbalanced):
        Withdrawal(ON, "GBP", CLEARING, (line(SALES, Side.CREDIT, "5.00"),))
    assert Withdrawal(ON, "GBP", CLEARING, (line(SALES, Side.DEBIT, "5.00"),)).total == Decimal("5.00")


def test_a_transfer_needs_two_accounts_and_money():
    for amount, into in (("0.00", BANK), ("64.51", CLEARING)):
        with pytest.raises(Unbalanced):
            Transfer(ON, "GBP", CLEARING, into, Decimal(amount))


@pytest.mark.parametrize(
    "document",
    [
        Withdrawal(ON, "GBP", CLEARING, (line(SALES, Side.DEBIT, "5.00"),), "reserve"),
        Purchase(ON, "GBP", SUPPLIER, CLEARING, (line(SALES, Side.DEBIT, "31.49"),), "fees", "AMZ-1"),
        Purchase(ON, "GBP", SUPPLIER, CLEARING, (line(SALES, Side.CREDIT, "2.00"),), "fees given back"),
        Transfer(ON, "GBP", CLEARING, BANK, Decimal("64.51"), "payout", settling=True),
        Payment(ON, "GBP", PartyRef("4", "Buyer"), CLEARING, SALES, (Applied(DocumentType.CREDIT_MEMO, "7", Decimal("43.20")),)),
    ],
)
def test_every_document_balances_and_comes_back_from_its_plain_form(document):
    assert sum((each.signed for each in balanced_lines(document)), Decimal(0)) == 0
    assert document_of(plain_document(document)) == document
