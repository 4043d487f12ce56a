"""Whole columns and single rows give the same sums, in regular and in irregular files, wherever blocks are cut."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from canonical.problems import Refused
from reconciliation.engine import Source, Summary, compose, default_book, read_settlement, summarise
from reconciliation.engine.columns import ColumnSums
from reconciliation.engine.grid import Grids
from tests.reconciliation.engine.files import V2_COLUMNS, Row, header, row, shared_samples, tsv, us_1, v2
from tests.reconciliation.engine.generator import random_chain, random_settlement

SALE = "Order/ItemPrice/Principal"


def by_rows(source: Source, *, by_supply: bool, zone: str = "UTC", trace: bool = False) -> Summary:
    """Every row on its own."""
    summary = Summary(zone, trace=trace, by_supply=by_supply)
    reader = read_settlement(source)
    for line in reader:
        summary.add(line)
    return summary.close(reader.settlement, reader.facts, reader.problems)


def figures(summary: Summary) -> dict[object, tuple[Decimal, Decimal, int, int, int]]:
    return {key: (tally.credit, tally.debit, tally.credits, tally.debits, tally.zeros) for key, tally in summary.groups.items()}


def named(summary: Summary) -> dict[object, tuple[object, ...]]:
    """Which rows each group is made of."""
    return {
        key: tuple(rows.ranges() for rows in (tally.credit_rows, tally.debit_rows, tally.zero_rows))
        for key, tally in summary.groups.items()
    }


def same(source: Source, zone: str = "UTC") -> Summary:
    """The summary taken by columns, proven equal to the one taken by rows."""
    columns = summarise(source, zone=zone, trace=False)
    rows = by_rows(source, by_supply=True, zone=zone)
    assert figures(columns) == figures(rows)
    assert columns.unclassified() == rows.unclassified()
    assert columns.header == rows.header
    assert columns.facts == rows.facts
    traced, traced_rows = summarise(source, zone=zone), by_rows(source, by_supply=True, zone=zone, trace=True)
    assert figures(traced) == figures(rows)
    assert named(traced) == named(traced_rows)
    book = default_book("USD", timezone=zone)
    us = summarise(source, book=book)
    us_rows = by_rows(source, by_supply=False, zone=zone, trace=True)
    assert figures(us) == figures(us_rows)
    assert compose(us, book) == compose(us_rows, book)
    return columns


@pytest.fixture(params=[1 << 18, 4000, 700])
def _blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciliation.engine.source.BLOCK", request.param)


@pytest.mark.usefixtures("_blocks")
def test_random_settlements() -> None:
    for seed in range(60):
        same(random_settlement(seed).source())
        for made in random_chain(seed, 2):
            same(made.source())


@pytest.mark.usefixtures("_blocks")
@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Pacific/Kiritimati", "Asia/Kolkata"])
def test_month_ends_in_every_zone(zone: str) -> None:
    days = [
        f"2026-{month}-{day} {hour}:30:00 UTC" for month, day in (("10", "31"), ("11", "01")) for hour in ("00", "05", "12", "23")
    ]
    same(v2(header("8.00"), *(row(SALE, "1.00", day, f"O{day}") for day in days)), zone)


@pytest.mark.usefixtures("_blocks")
def test_the_samples() -> None:
    for path in sorted(shared_samples().glob("*.txt")):
        same(Source.from_path(path))


def irregular() -> list[Row]:
    """What a block may hold that is not regular: padding, texts outside ASCII, blanks, other date columns, zeros."""
    rows = [*us_1()[1:], *random_settlement(3).rows]
    rows += [
        row(SALE, "  5.00 ", order="P"),
        row("CouponRedemptionFee/CouponRedemptionFee/Rédemption", "-1.00"),
        {**row(SALE, "7.00", order="Q"), "posted-date-time": ""},
        {**row(SALE, "7.00", order="Q"), "posted-date": "", "posted-date-time": ""},
        row("other-transaction/other-transaction/Unheard of", "-2.00"),
        row("other-transaction/other-transaction/Successful charge", "3.00", "2026-10-31 23:00:00 UTC", marketplace=""),
        row(SALE, "0.00", order="Z", currency="USD"),
        {**row(SALE, "1,234.00", order="Y"), "sku": "00123"},
    ]
    return rows


@pytest.mark.usefixtures("_blocks")
def test_irregular_rows_among_regular_ones() -> None:
    rows = irregular()
    total = sum(Decimal(cells["amount"].replace(",", "")) for cells in rows)
    for at in range(0, len(rows), 3):
        mixed = [*rows[at:], *rows[:at]]
        summary = same(v2(header(f"{total}"), *mixed))
        assert summary.difference == 0
        found = {item.triple.amount_description: item.first_line for item in summary.unclassified()}
        expected = next(n for n, cells in enumerate(mixed, 3) if cells["amount-description"] == "Unheard of")
        assert found == {"Unheard of": expected}


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ({"amount": "abc"}, "settlement.not_an_amount"),
        ({"amount": ""}, "settlement.amount_missing"),
        ({"currency": "CAD"}, "settlement.mixed_currencies"),
        ({"settlement-id": "2"}, "settlement.mixed_settlements"),
        ({"posted-date-time": "2026-10-99 00:00:00 UTC"}, "settlement.not_a_date"),
        ({"sku": "A\0B"}, "settlement.binary"),
    ],
)
def test_a_broken_row_deep_inside_is_refused_with_its_line(broken: Row, code: str) -> None:
    good = row(SALE, "1.00", order="A")
    rows = [header("9000.00"), *[good] * 4000, {**good, **broken}, *[good] * 4999]
    with pytest.raises(Refused) as caught:
        summarise(v2(*rows), trace=False)
    problem = caught.value.problems[0]
    assert (problem.code, problem.where.line) == (code, 4003)


def test_regular_blocks_do_go_by_columns() -> None:
    """Otherwise the tests above would compare rows with rows."""
    source = random_settlement(1).source()
    reader = read_settlement(source)
    assert list(reader)
    grid = Grids(reader).cut(tsv(V2_COLUMNS, random_settlement(1).rows).split("\n", 1)[1].encode())
    assert grid is not None
    assert ColumnSums(reader, Summary(trace=False)).take(grid)


def test_many_rows_are_counted_and_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a limit lines keep their counts; the documents are otherwise the same."""
    made = random_settlement(8)
    book = default_book("USD")
    named = compose(summarise(made.source(), book=book), book)
    monkeypatch.setattr("reconciliation.engine.summary.TRACED_ROWS", 5)
    counted = compose(summarise(made.source(), book=book), book)
    assert any(line.rows for part in named.documents for line in part.document.lines)

    def bare(result: object) -> list[object]:
        return [
            (part.part, part.document.date, part.document.total, [replace(line, rows=()) for line in part.document.lines])
            for part in result.documents  # type: ignore[attr-defined]
        ]

    assert bare(counted) == bare(named)
    assert not any(line.rows for part in counted.documents for line in part.document.lines)


def test_moments_differ_and_nothing_is_lost() -> None:
    rows = [row(SALE, "1.00", f"{datetime(2026, 10, 1 + n % 28, n % 24, n % 60):%Y-%m-%d %H:%M:%S} UTC") for n in range(500)]
    assert same(v2(header("500.00"), *rows)).row_count == 500
