"""The invariants of the accounting design over random settlements and chains of them.

The default run is small; TIEOUT_RANDOM_SETTLEMENTS=10000 runs the full number.
"""

from __future__ import annotations

import os
import random
from dataclasses import replace
from decimal import Decimal

import pytest

from canonical.accounting import DocumentLine, JournalEntry, TaxRef, balanced_lines
from reconciliation.engine import (
    Book,
    Cleared,
    Composition,
    Opening,
    PayoutState,
    Registration,
    Summary,
    TaxScheme,
    compose,
    default_book,
    summarise,
)
from reconciliation.engine.chart import BY_ROLE, Treatment
from reconciliation.engine.vat import included
from tests.reconciliation.engine.files import Row
from tests.reconciliation.engine.generator import Made, money, random_chain, random_settlement
from tests.reconciliation.engine.ledger import CLEARING, IN_TRANSIT, RECEIVABLE, WAYS, Ledger, ways

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


def composed(made: Made, book: Book, rows: list[Row] | None = None, summary: Summary | None = None) -> Composition:
    result = compose(summary or summarise(made.source(rows), book=book), book)
    assert not result.held, [problem.text() for problem in result.problems]
    return result


def all_lines(result: Composition) -> list[DocumentLine]:
    return [line for part in result.documents for line in part.document.lines]


def balances(*results: Composition, book: Book | None = None, merge_settling: bool = False) -> Balances:
    """Movement per account after the bank has matched, debit positive, accounts at zero left out."""
    found = Ledger(book or default_book("USD")).post(*results).found()
    if not merge_settling:
        return found
    settling = sum((found.pop(name, Decimal(0)) for name in SETTLING), Decimal(0))
    return {**found, "settling": settling} if settling else found


def check_one(made: Made, book: Book, summary: Summary) -> Composition:
    """I1, I2, I3, I11 for one settlement under one book."""
    result = composed(made, book, summary=summary)
    total = Decimal(made.total).scaleb(-2)
    assert result.total == total
    if result.documents:
        assert result.settling_total == total
    settling = [line for part in result.documents for line in balanced_lines(part.document) if line.settling]
    assert len(settling) == (1 if total else 0)
    for part in result.documents:
        assert sum(line.signed for line in balanced_lines(part.document)) == 0
        assert len(part.part) <= 12
    if total > 0:
        assert result.documents[-1].document.date == made.deposit.date()
    else:
        assert all(line.account.name == "Amazon Balance Owed" for line in settling)
    at_bank = [
        line for part in result.documents for line in balanced_lines(part.document) if line.account.name.startswith("Bank (")
    ]
    assert len(at_bank) <= 1
    assert all(line.gross == total for line in at_bank)
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
            assert line.settling or line.kind in ("carry", "clearing", "in_transit")
        seen += ordinals
    assert len(seen) == len(set(seen))
    left = set(amounts) - set(seen)
    assert all(amounts[ordinal] == 0 for ordinal in left)
    assert len(left) == result.unposted_zero_rows


def test_one_settlement_in_every_shape() -> None:
    """I1, I2, I3, I4, I11, and I14: splitting by month and choosing a shape change no balance."""
    books = {(name, split): replace(book, month_split=split) for name, book in ways().items() for split in (True, False)}
    for seed in range(RUNS):
        made = random_settlement(seed)
        summary = summarise(made.source(), book=books["a", True])
        some = [("a", True), *random.Random(seed).sample(list(books), 3)]
        found = {way: balances(check_one(made, books[way], summary), book=books[way]) for way in some}
        assert all(other == found["a", True] for other in found.values()), seed
        assert not {CLEARING, IN_TRANSIT, RECEIVABLE, "Amazon Month End Carry"} & set(found["a", True]), seed


def test_every_shape_with_vat() -> None:
    """I4 and I10 where the ledger keeps VAT: the same VAT, the same accounts, whichever documents carry them."""
    books = {name: replace(book, tax_schemes=(VAT_SCHEME,)) for name, book in ways("GBP").items()}
    for seed in range(RUNS // 8):
        made = random_settlement(seed, "GBP")
        summary = summarise(made.source(), book=books["a"])
        found = {}
        for name, book in books.items():
            result = compose(summary, book)
            assert not result.held, (name, [problem.text() for problem in result.problems])
            vat = sum(line.tax_amount if line.signed > 0 else -line.tax_amount for line in all_lines(result))
            found[name] = (vat, balances(result, book=book))
            check_rows(made, result)
            if name.startswith("f"):
                journals = [part.document for part in result.documents if isinstance(part.document, JournalEntry)]
                assert not any(line.tax for journal in journals for line in journal.lines), seed
        assert all(other == found["a"] for other in found.values()), seed


@pytest.mark.parametrize("way", WAYS)
def test_orders_posted_by_themselves_end_at_the_same_balances(way: str) -> None:
    """I4, I5, I6: (c) and (c2) under every shape; clearing and the receivable account are even once all is settled."""
    book = ways()[way]
    for seed in range(RUNS // 20):
        made, rng = random_settlement(seed), random.Random(f"cleared {seed}")
        sold = sorted({(cells["order-id"], cells["adjustment-id"]) for cells in made.rows if cells["order-id"]})
        cleared = Cleared(frozenset(key for key in sold if rng.random() < 0.6))
        own = replace(book, cleared=cleared)
        result = compose(summarise(made.source(), book=own), own)
        assert not result.held, [problem.text() for problem in result.problems]
        assert result.settling_total == Decimal(made.total).scaleb(-2)
        ledger = Ledger(own).sell(made.rows, cleared, invoiced=seed % 2 == 1).post(result)
        assert ledger.found() == balances(composed(made, default_book("USD"))), (seed, way)


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


@pytest.mark.parametrize("way", WAYS)
def test_chains_of_settlements(way: str) -> None:
    """I7, I8, I12: reserve, carry, balance owed and payouts in transit after every settlement of a chain."""
    for seed in range(RUNS // 20):
        ledger = Ledger(ways()[way])
        in_transit = 0
        before: Made | None = None
        for made in random_chain(seed):
            opening = Opening(
                first=before is None, previous_reserve=Decimal(before.current_reserve).scaleb(-2) if before else None
            )
            state = PayoutState.FAILED if made.failed else PayoutState.EXPECTED
            ledger.book = replace(ledger.book, opening=opening, payout_state=state)
            ledger.post(composed(made, ledger.book))
            in_transit += (made.total if made.failed else 0) - made.returned
            found = ledger.found()
            assert found.get("Amazon Reserve", 0) == Decimal(made.current_reserve).scaleb(-2), seed
            assert found.get("Amazon Balance Owed", 0) == -max(Decimal(0), Decimal(-made.total).scaleb(-2)), seed
            assert found.get("Amazon Payouts in Transit", 0) == Decimal(in_transit).scaleb(-2), seed
            assert not {"Amazon Month End Carry", CLEARING, RECEIVABLE} & set(found), seed
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
        book = list(ways().values())[seed % len(WAYS)]
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
