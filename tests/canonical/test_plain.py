"""Documents as plain JSON and back: exactly the same document, every digit of it; the hash is what they say."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.accounting import AccountRef, Deposit, DocumentLine, JournalEntry, Side, TaxRef, Unbalanced
from canonical.plain import as_text, content_hash, document_of, plain_document

amounts = st.decimals(min_value="0.001", max_value="99999999", places=3).filter(lambda amount: amount > 0)
texts = st.text(max_size=40)
VAT = TaxRef("6", "20.0% S", Decimal("20.00"))


@st.composite
def lines(draw: st.DrawFn, side: Side) -> DocumentLine:
    gross = draw(amounts)
    taxed = draw(st.booleans())
    return DocumentLine(
        AccountRef(draw(st.text(min_size=1, max_size=8)), draw(texts)),
        side,
        gross,
        draw(texts),
        "referral_fee",
        tax=VAT if taxed else None,
        tax_amount=gross / 8 if taxed else Decimal(0),
        dimensions=draw(st.lists(st.tuples(texts, texts), max_size=2).map(tuple)),
        rows=draw(st.lists(st.tuples(st.integers(1, 50), st.integers(51, 99)), max_size=3).map(tuple)),
    )


@st.composite
def documents(draw: st.DrawFn) -> JournalEntry | Deposit:
    credits = draw(st.lists(lines(Side.CREDIT), min_size=1, max_size=5))
    total = sum((line.gross for line in credits), Decimal(0))
    bank, on = AccountRef("35", "Bank"), draw(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
    if draw(st.booleans()):
        return Deposit(on, "GBP", bank, tuple(credits), draw(texts))
    debit = DocumentLine(bank, Side.DEBIT, total, "", "settling", settling=True)
    return JournalEntry(on, "GBP", (*credits, debit), draw(texts))


@given(documents())
def test_a_document_comes_back_exactly(document: JournalEntry | Deposit) -> None:
    stored = json.loads(json.dumps(plain_document(document)))
    assert document_of(stored) == document
    assert repr(document_of(stored).total) == repr(document.total)


@given(documents())
def test_which_rows_a_line_carries_is_not_what_the_document_says(document: JournalEntry | Deposit) -> None:
    bare = replace(document, lines=tuple(replace(line, rows=(), row_count=0) for line in document.lines))
    assert content_hash(plain_document(bare), {}) == content_hash(plain_document(document), {})


def test_one_penny_is_another_hash() -> None:
    lines = (DocumentLine(AccountRef("1", "a"), Side.CREDIT, Decimal("10.00"), "", "x"),)
    penny = (replace(lines[0], gross=Decimal("10.01")),)
    first, second = (Deposit(date(2026, 1, 1), "GBP", AccountRef("2", "b"), each) for each in (lines, penny))
    assert content_hash(plain_document(first), {}) != content_hash(plain_document(second), {})
    assert content_hash(plain_document(first), {"Amount": Decimal("1.0")}) != content_hash(
        plain_document(first), {"Amount": Decimal("1.00")}
    )


def test_text_that_was_tampered_with_does_not_become_a_document() -> None:
    line = DocumentLine(AccountRef("1", "a"), Side.CREDIT, Decimal("10.00"), "", "x")
    plain = plain_document(
        JournalEntry(date(2026, 1, 1), "GBP", (line, replace(line, side=Side.DEBIT, account=AccountRef("2", "b"))))
    )
    plain["lines"][0]["gross"] = "11.00"
    with pytest.raises(Unbalanced):
        document_of(plain)


def test_a_payload_holds_no_floats() -> None:
    assert as_text({"Line": [{"Amount": Decimal("1.10"), "Id": 3, "Off": None}]}) == {
        "Line": [{"Amount": "1.10", "Id": 3, "Off": None}]
    }
    with pytest.raises(TypeError):
        as_text({"Amount": 1.1})
