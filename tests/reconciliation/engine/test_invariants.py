"""The invariants of the accounting design over random settlements and chains of them.

The default run is small; TIEOUT_RANDOM_SETTLEMENTS=10000 runs the full number.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from canonical.accounting import Deposit, DocumentLine, JournalEntry, TaxRef
from reconciliation.engine import (
    Book,
    Composition,
    Opening,
    PayoutState,
    Registration,
    Shape,
    TaxScheme,
    compose,
    default_book,
    summarise,
)
from reconciliation.engine.chart import BY_ROLE, Treatment
from reconciliation.engine.vat import included
from tests.reconciliation.engine.files import Row
from tests.reconciliation.engine.generator import Made, money, random_chain, random_settlement

RUNS = int(os.environ.get("TIEOUT_RANDOM_SETTLEMENTS", "400"))
SETTLING = ("Bank (USD)", "Bank (GBP)", "Amazon Balance Owed")
OUTSIDE = {
    account.name for account in BY_ROLE.values() if account.treatment is Treatment.OUTSIDE and account.name != "Amazon Postage"
}
BALANCE_SHEET = {account.name for account in BY_ROLE.values() if "Asset" in account.type or "Liability" in account.type}

Balances = dict[str, Decimal]

VAT_SCHEME = TaxScheme(
    "Amazon.co.uk",
    Registration.REGISTERED,
    sales=TaxRef("S", "20 S", Decimal(20)),
    purchases=TaxRef("P", "20 P", Decimal(20), "purchase"),
    zero=TaxRef("Z", "0 Z", Decimal(0)),
)


def books(currency: str = "USD") -> Iterator[Book]:
    for shape in Shape:
        for month_split in (True, False):
            yield default_book(currency, shape=shape, month_split=month_split)


def composed(made: Made, book: Book, rows: list[Row] | None = None) -> Composition:
    result = compose(summarise(made.source(rows), book=book), book)
    assert not result.held, [problem.text() for problem in result.problems]
    return result


def all_lines(result: Composition) -> list[DocumentLine]:
    return [line for part in result.documents for line in part.document.lines]


def balances(*results: Composition, merge_settling: bool = False) -> Balances:
    """Movement per account, debit positive, accounts at zero left out."""
    totals: Balances = {}

    def move(name: str, amount: Decimal) -> None:
        name = "settling" if merge_settling and name in SETTLING else name
        totals[name] = totals.get(name, Decimal(0)) + amount

    for result in results:
        for part in result.documents:
            for line in part.document.lines:
                move(line.account.name, -line.signed)
            if isinstance(part.document, Deposit):
                move(part.document.account.name, part.document.total)
    return {name: amount for name, amount in totals.items() if amount}


def check_one(made: Made, book: Book) -> Composition:
    """I1, I2, I3, I11 for one settlement under one book."""
    result = composed(made, book)
    total = Decimal(made.total).scaleb(-2)
    assert result.total == total
    if result.documents:
        assert result.settling_total == total
    bank = [part for part in result.documents if isinstance(part.document, Deposit)]
    settling = [(part, line) for part in result.documents for line in part.document.lines if line.settling]
    assert len(bank) + len(settling) == (1 if total else 0)
    for part in result.documents:
        if isinstance(part.document, JournalEntry):
            assert sum(line.signed for line in part.document.lines) == 0
    if total > 0:
        assert result.documents[-1].document.date == made.deposit.date()
        assert all(line.account.name == "Bank (USD)" for _, line in settling if not bank)
    else:
        assert all(line.account.name == "Amazon Balance Owed" for _, line in settling)
    check_rows(made, result)
    return result


def check_rows(made: Made, result: Composition) -> None:
    """Every row is in exactly one line, and a line is the sum of its rows."""
    amounts = {ordinal: Decimal(cells["amount"]) for ordinal, cells in enumerate(made.rows, 1)}
    seen: list[int] = []
    for line in all_lines(result):
        ordinals = [ordinal for first, last in line.rows for ordinal in range(first, last + 1)]
        assert len(ordinals) == line.row_count
        if ordinals:
            assert sum(amounts[ordinal] for ordinal in ordinals) == line.signed
        else:
            assert line.settling or line.kind == "carry"
        seen += ordinals
    assert len(seen) == len(set(seen))
    left = set(amounts) - set(seen)
    assert all(amounts[ordinal] == 0 for ordinal in left)
    assert len(left) == result.unposted_zero_rows


def test_one_settlement_in_every_shape() -> None:
    """I1, I2, I3, I11, and I14: splitting by month and choosing a shape change no balance."""
    for seed in range(RUNS):
        made = random_settlement(seed)
        found = [balances(check_one(made, book)) for book in books()]
        assert all(other == found[0] for other in found), seed


def test_permuting_rows_changes_no_balance() -> None:
    for seed in range(RUNS // 2):
        made = random_settlement(seed)
        shuffled = made.rows[:]
        random.Random(seed).shuffle(shuffled)
        book = default_book("USD")
        assert balances(composed(made, book)) == balances(composed(made, book, shuffled)), seed


def test_flipping_signs_flips_balances() -> None:
    for seed in range(RUNS // 2):
        made = random_settlement(seed)
        flipped = [{**cells, "amount": money(-round(Decimal(cells["amount"]) * 100))} for cells in made.rows]
        other = replace(made, header={**made.header, "total-amount": money(-made.total)})
        book = default_book("USD")
        there = balances(composed(made, book), merge_settling=True)
        back = balances(composed(other, book, flipped), merge_settling=True)
        assert {name: -amount for name, amount in there.items()} == back, seed


def test_tax_that_amazon_withheld_nets_to_zero() -> None:
    """I9: the control account ends at zero; what nobody withheld is the seller's own liability, never income."""
    for seed in range(RUNS // 2):
        made = random_settlement(seed)
        result = composed(made, default_book("USD"))
        withheld = {
            (cells["transaction-type"], cells["order-id"]) for cells in made.rows if cells["amount-type"] == "ItemWithheldTax"
        }
        owed = sum(
            Decimal(cells["amount"])
            for cells in made.rows
            if cells["amount-description"] == "Tax" and (cells["transaction-type"], cells["order-id"]) not in withheld
        )
        found = balances(result)
        assert "Amazon Marketplace Tax" not in found, seed
        assert found.get("Amazon Sales Tax Payable", 0) == -owed, seed


def test_vat_adds_up_and_stays_off_the_balance_sheet() -> None:
    """I10: net + VAT = gross, VAT is in the line or stated by Amazon's rows, control accounts carry none."""
    book = replace(default_book("GBP"), tax_schemes=(VAT_SCHEME,))
    for seed in range(RUNS // 2):
        made = random_settlement(seed, "GBP")
        result = compose(summarise(made.source(), book=book), book)
        assert not result.held, [problem.text() for problem in result.problems]
        assert result.settling_total == Decimal(made.total).scaleb(-2) or not result.documents
        for line in all_lines(result):
            assert line.net + line.tax_amount == line.gross
            if line.account.name in BALANCE_SHEET or line.account.name in OUTSIDE:
                assert line.tax_amount == 0, line
        check_rows(made, result)
        check_stated_vat(made, result)


def check_stated_vat(made: Made, result: Composition) -> None:
    """Tax rows on fees, and on sales the seller owes the tax for, are the VAT of their lines; nothing else is stated."""
    amounts = {ordinal: (cells["amount-description"], Decimal(cells["amount"])) for ordinal, cells in enumerate(made.rows, 1)}
    for line in all_lines(result):
        rows = [amounts[ordinal] for first, last in line.rows for ordinal in range(first, last + 1)]
        stated = sum((abs(amount) for name, amount in rows if name in ("Tax", "TaxAmount", "Tax on fee")), Decimal(0))
        if line.tax is not None and line.tax.rate and line.tax_amount not in (stated, -stated):
            assert line.tax_amount == included(line.gross, line.tax.rate, "GBP")


@pytest.mark.parametrize("shape", list(Shape))
def test_chains_of_settlements(shape: Shape) -> None:
    """I7, I8, I12: reserve, carry, balance owed and payouts in transit after every settlement of a chain."""
    for seed in range(RUNS // 4):
        posted: list[Composition] = []
        in_transit = 0
        before: Made | None = None
        for made in random_chain(seed):
            opening = Opening(
                first=before is None, previous_reserve=Decimal(before.current_reserve).scaleb(-2) if before else None
            )
            state = PayoutState.FAILED if made.failed else PayoutState.EXPECTED
            book = replace(default_book("USD", shape=shape), opening=opening, payout_state=state)
            posted.append(composed(made, book))
            in_transit += (made.total if made.failed else 0) - made.returned
            found = balances(*posted)
            assert found.get("Amazon Reserve", 0) == Decimal(made.current_reserve).scaleb(-2), seed
            assert found.get("Amazon Balance Owed", 0) == -max(Decimal(0), Decimal(-made.total).scaleb(-2)), seed
            assert found.get("Amazon Payouts in Transit", 0) == Decimal(in_transit).scaleb(-2), seed
            assert "Amazon Month End Carry" not in found, seed
            before = made


def test_a_missing_settlement_breaks_the_reserve_chain() -> None:
    made = next(made for seed in range(50) for made in random_chain(seed) if made.previous_reserve)
    wrong = Opening(previous_reserve=Decimal(made.previous_reserve + 1).scaleb(-2))
    book = replace(default_book("USD"), opening=wrong)
    result = compose(summarise(made.source(), book=book), book)
    assert result.documents == ()
    assert "compose.reserve_broken" in {problem.code for problem in result.problems}


def test_the_same_settlement_gives_the_same_documents() -> None:
    """I13, as far as composing goes: undo and post again find nothing changed."""
    for seed in range(RUNS // 10):
        made = random_settlement(seed)
        book = default_book("USD")
        assert composed(made, book).documents == composed(made, book).documents


def test_an_unknown_row_holds_its_settlement_and_no_other() -> None:
    """I15."""
    for seed in range(RUNS // 10):
        made = random_settlement(seed)
        if not made.rows:
            continue
        odd = [*made.rows[:-1], {**made.rows[-1], "amount-type": "Moon base", "amount-description": "Fee"}]
        book = default_book("USD")
        result = compose(summarise(made.source(odd), book=book), book)
        assert result.documents == (), seed
        assert not composed(made, book).held


def test_one_row_off_by_a_cent_is_held() -> None:
    for seed in range(RUNS // 10):
        made = random_settlement(seed)
        if not made.rows:
            continue
        victim = seed % len(made.rows)
        cents = round(Decimal(made.rows[victim]["amount"]) * 100) + 1
        rows = [{**cells, "amount": money(cents)} if at == victim else cells for at, cells in enumerate(made.rows)]
        book = default_book("USD")
        result = compose(summarise(made.source(rows), book=book), book)
        assert result.documents == (), seed
        assert "settlement.does_not_foot" in {problem.code for problem in result.problems}
