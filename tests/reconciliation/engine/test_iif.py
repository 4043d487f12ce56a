"""The IIF file, letter for letter, and that each transaction of it balances whatever the entry holds."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from canonical.accounting import AccountRef, Applied, Deposit, DocumentLine, DocumentType, JournalEntry, PartyRef, Payment, Side
from canonical.problems import Refused
from reconciliation.engine.iif import HEAD, Entry, written

ON = date(2026, 11, 5)


def line(name, side, amount, text="", **more):
    return DocumentLine(AccountRef(name, name), side, Decimal(amount), text, "sale", **more)


def rows(*entries):
    return written(entries).decode("cp1252").split("\r\n")


def test_a_journal():
    entry = JournalEntry(
        ON,
        "USD",
        (
            line("Checking", Side.DEBIT, "86.25", "Payout"),
            line("Amazon Selling Fees", Side.DEBIT, "13.75", 'Fees\tof "May"\nand June'),
            line("Amazon Sales", Side.CREDIT, "100.00", "Ventes d’été – 日本"),
        ),
        "Amazon settlement 12395580393",
    )
    assert rows(Entry("12395580393", entry)) == [
        *HEAD,
        "TRNS\t\tGENERAL JOURNAL\t11/5/26\tChecking\t\t\t86.25\t12395580393\tPayout",
        "SPL\t\tGENERAL JOURNAL\t11/5/26\tAmazon Selling Fees\t\t\t13.75\t12395580393\tFees of 'May' and June",
        "SPL\t\tGENERAL JOURNAL\t11/5/26\tAmazon Sales\t\t\t-100.00\t12395580393\tVentes d’été – ??",
        "ENDTRNS",
        "",
    ]


def test_a_deposit_begins_with_the_bank():
    entry = Deposit(
        ON, "USD", AccountRef("1", "Checking"), (line("Sales", Side.CREDIT, "100.00"), line("Fees", Side.DEBIT, "13.75")), "S 1"
    )
    assert [row.split("\t")[0::7][:2] for row in rows(Entry("1", entry))[3:6]] == [
        ["TRNS", "86.25"],
        ["SPL", "-100.00"],
        ["SPL", "13.75"],
    ]


def test_other_documents_are_refused_in_words():
    applied = (Applied(DocumentType.INVOICE, "1", Decimal(5)),)
    payment = Payment(ON, "USD", PartyRef("1", "A"), AccountRef("1", "C"), AccountRef("2", "R"), applied)
    with pytest.raises(Refused) as refused:
        written([Entry("77", payment)])
    assert "77" in refused.value.problems[0].text()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 10**9), st.text(max_size=30)), min_size=1, max_size=12))
def test_every_transaction_sums_to_zero_and_has_ten_cells(parts):
    lines = [line("A", Side.DEBIT if debit else Side.CREDIT, Decimal(cents) / 100, text) for debit, cents, text in parts]
    rest = sum((each.signed for each in lines), Decimal(0))
    if rest:
        lines.append(line("B", Side.DEBIT if rest > 0 else Side.CREDIT, abs(rest)))
    if len(lines) < 2:
        return
    cells = [
        row.split("\t") for row in rows(Entry("1", JournalEntry(ON, "USD", tuple(lines)))) if row.startswith(("TRNS", "SPL"))
    ]
    assert {len(row) for row in cells} == {10}
    assert sum(Decimal(row[7]) for row in cells) == 0
