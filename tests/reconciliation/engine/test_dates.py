"""Dates: the zones reports name, and what proves the order of day and month."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from canonical.problems import Refused
from reconciliation.engine import read_settlement, summarise
from reconciliation.engine.dates import parse_moment
from tests.reconciliation.engine.files import header, row, v2


def posted(*dates: str) -> list[dict[str, str]]:
    """One sale a date, as the file writes it."""
    sale = row("Order/ItemPrice/Principal", "1.00")
    return [{**sale, "posted-date": text, "posted-date-time": text} for text in dates]


@pytest.mark.parametrize(
    "zone", ["JST", "+09:00", "+0900", "+09", "GMT+09:00", "GMT+9", "UTC+0900"], ids=lambda zone: zone.replace(":", "")
)
def test_nine_hours_east_however_it_is_written(zone: str) -> None:
    assert parse_moment(f"2026/11/01 08:30:00 {zone}", None) == datetime(2026, 10, 31, 23, 30, tzinfo=UTC)


def test_west_and_half_hours() -> None:
    assert parse_moment("2026-10-31 23:30:00 GMT-8", None) == datetime(2026, 11, 1, 7, 30, tzinfo=UTC)
    assert parse_moment("2026-10-31 23:30:00 +05:30", None) == datetime(2026, 10, 31, 18, 0, tzinfo=UTC)
    assert parse_moment("2026-10-31 01:30:00 SAST", None) == datetime(2026, 10, 30, 23, 30, tzinfo=UTC)


def test_rows_may_write_dates_another_way_than_the_summary_row() -> None:
    """The proof of day before month comes after a row without a date and one that could be either."""
    rows = posted("", "02/10/2026", "25/10/2026")
    moments = [line.posted_at for line in read_settlement(v2(header("3.00"), *rows))]
    assert moments == [None, datetime(2026, 10, 2, 12, tzinfo=UTC), datetime(2026, 10, 25, 12, tzinfo=UTC)]
    assert summarise(v2(header("3.00"), *rows), trace=False).difference == 0


def test_an_unknown_zone_is_named_with_its_line_and_not_called_ambiguous() -> None:
    with pytest.raises(Refused) as refused:
        list(read_settlement(v2(header("1.00"), *posted("2026/10/25 11:30:00 Mars+9"))))
    (problem,) = refused.value.problems
    assert (problem.code, problem.where.line) == ("settlement.not_a_date", 3)


def test_a_summary_row_without_its_total_is_a_summary_row_all_the_same() -> None:
    summary = summarise(v2(header(None), *posted("2026-10-25")))
    assert summary.header.header_total is None
    assert summary.header.deposit_at == datetime(2026, 11, 5, tzinfo=UTC)
    assert [problem.code for problem in summary.reading] == ["settlement.no_summary_row"]
