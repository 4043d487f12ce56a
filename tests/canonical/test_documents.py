"""Documents that do not balance cannot be built, and a posting key is the same for ever."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from canonical.accounting import AccountRef, Deposit, DocumentLine, JournalEntry, Side, Unbalanced
from canonical.identity import PostingKey, Sku

BANK, SALES = AccountRef("1", "Checking"), AccountRef("2", "Sales")


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
