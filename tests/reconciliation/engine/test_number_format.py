"""Number and date styles are proven by the file, separately, or the file is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.money import plain
from canonical.problems import Refused
from reconciliation.engine import read_settlement, summarise
from reconciliation.engine.number_format import Evidence, NotANumber, NumberStyle, evidence, parse, parse_usual
from tests.reconciliation.engine.files import header, row, v2

SALE = "Order/ItemPrice/Principal"


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("19.99", "1,234.56"),
        ("-0.01", "1,234.56"),
        ("19,99", "1.234,56"),
        ("19.9", "1,234.56"),
        ("1,234.56", "1,234.56"),
        ("1.234,56", "1.234,56"),
        ("-1.234.567", "1.234,56"),
        ("1,234,567", "1,234.56"),
        ("0.125", "1,234.56"),
        ("0,125", "1.234,56"),
        ("1234.567", "1,234.56"),
        ("1 234,50", "1.234,56"),
        ("1\u00a0234,500", "1.234,56"),
        ("1\u202f234.5", "1,234.56"),
        ("1'234.50", "1,234.56"),
        (".50", "1,234.56"),
        ("1.234", "ambiguous"),
        ("-1,234", "ambiguous"),
        ("999.999", "ambiguous"),
        ("20", None),
        ("-20", None),
        ("1 234", None),
        ("abc", None),
        ("", None),
    ],
)
def test_what_an_amount_proves(text: str, style: str | None) -> None:
    assert evidence(text) == style


@pytest.mark.parametrize(
    ("text", "style", "value"),
    [
        ("1,234.56", NumberStyle.DOT, "1234.56"),
        ("-1.234,56", NumberStyle.COMMA, "-1234.56"),
        ("1 234,5", NumberStyle.COMMA, "1234.5"),
        ("1\u00a0234\u00a0567,89", NumberStyle.COMMA, "1234567.89"),
        ("1'234'567.89", NumberStyle.DOT, "1234567.89"),
        ("12,34,567.89", NumberStyle.DOT, "1234567.89"),
        ("\u22125.00", NumberStyle.DOT, "-5.00"),
        ("5.00-", NumberStyle.DOT, "-5.00"),
        ("+5.00", NumberStyle.DOT, "5.00"),
        ("32.09    ", NumberStyle.DOT, "32.09"),
        ("1,234", NumberStyle.DOT, "1234"),
        ("1,234", NumberStyle.COMMA, "1.234"),
        (".50", NumberStyle.DOT, "0.50"),
    ],
)
def test_what_an_amount_is(text: str, style: NumberStyle, value: str) -> None:
    assert f"{parse(text, style)}" == value


@given(st.text(alphabet="0123456789.,-+ ٣", max_size=8), st.sampled_from([NumberStyle.DOT, NumberStyle.COMMA]))
def test_the_short_way_agrees_with_the_long_one(text: str, style: NumberStyle) -> None:
    short = parse_usual(text, style.decimal_mark)
    if short is not None:
        assert (short, f"{short}") == (parse(text, style), f"{parse(text, style)}")


@pytest.mark.parametrize(
    "text", ["12,50", "1,23.45", "1,2345.00", "1.234,56", ",", "1,,234.00", "1 23.00", "5.", "(5.00)", "-5.00-"]
)
def test_what_is_no_amount_with_a_decimal_dot(text: str) -> None:
    with pytest.raises(NotANumber):
        parse(text, NumberStyle.DOT)


@given(st.integers(min_value=-(10**12), max_value=10**12), st.sampled_from(["", ",", " ", "\u00a0", "'"]))
def test_amounts_survive_being_written_and_read(cents: int, grouper: str) -> None:
    amount = Decimal(cents).scaleb(-2)
    dotted = f"{amount:,.2f}".replace(",", grouper)
    assert parse(dotted, NumberStyle.DOT) == amount
    comma = dotted.replace(",", "#").replace(".", ",").replace("#", ".")
    assert parse(comma, NumberStyle.COMMA) == amount


@given(st.lists(st.integers(min_value=-(10**9), max_value=10**9), min_size=1), st.sampled_from([",", "."]))
def test_a_file_of_cents_always_proves_its_style(all_cents: list[int], mark: str) -> None:
    found = Evidence()
    for cents in all_cents:
        text = f"{Decimal(cents).scaleb(-2):,.2f}"
        found.add(text if mark == "." else text.translate(str.maketrans(",.", ".,")))
    assert found.verdict("EUR") is (NumberStyle.DOT if mark == "." else NumberStyle.COMMA)


def codes(*amounts: str, total: str, currency: str = "USD") -> tuple[str, str]:
    """(number format, total) of a file with these amounts, or the code of its refusal."""
    source = v2(header(total, currency), *(row(SALE, amount) for amount in amounts))
    try:
        summary = summarise(source)
    except Refused as refused:
        return refused.problems[0].code, ""
    assert summary.facts is not None
    return summary.facts.number_format.value, plain(summary.line_total, currency)


def test_a_header_that_adds_up_does_not_prove_the_mark() -> None:
    """1.234 + 1.234 = 2.468 and 1234 + 1234 = 2468: both readings tie, so neither is taken."""
    assert codes("1.234", "1.234", total="2.468") == ("settlement.ambiguous_numbers", "")
    assert codes("1,234", "1,234", total="2,468") == ("settlement.ambiguous_numbers", "")
    assert codes("1,234", "20", total="1,254") == ("settlement.ambiguous_numbers", "")


def test_one_amount_decides_for_all_even_the_last() -> None:
    assert codes("1.234", "1.234", "0,50", total="2.468,50") == ("1.234,56", "2468.50")
    assert codes("1,234", "1,234", "0.50", total="2,468.50") == ("1,234.56", "2468.50")
    assert codes("1.234", "0,50", total="1.234,50") == ("1.234,56", "1234.50")


def test_whole_numbers_read_one_way() -> None:
    assert codes("20", "-5", total="15") == ("1234", "15.00")


def test_the_yen_has_no_decimals_and_that_is_evidence() -> None:
    assert codes("1,234", "-234", total="1,000", currency="JPY") == ("1,234.56", "1000")
    assert codes("1.234", total="1.234", currency="JPY") == ("1.234,56", "1234")
    assert codes("1000.00", total="1000.00", currency="JPY") == ("1,234.56", "1000")
    assert codes("10.40", total="10.40", currency="JPY") == ("1,234.56", "10.4")


def test_the_dinar_has_three_decimals_and_stays_ambiguous() -> None:
    assert codes("1.234", total="1.234", currency="KWD") == ("settlement.ambiguous_numbers", "")
    assert codes("0.250", "1.234", total="1.484", currency="KWD") == ("1,234.56", "1.484")


def test_what_contradicts_the_proof_is_refused() -> None:
    assert codes("19.99", "19,99", total="39.98")[0] == "settlement.not_an_amount"
    assert codes("19.99", "1.234", total="21.224")[0] == "settlement.too_fine"


def day_first(*dates: str, deposit: str = "2026-11-05 00:00:00 UTC") -> bool | str | None:
    source = v2(
        header("1.00", start=deposit, end=deposit, deposit=deposit), *(row(SALE, "1.00", date, posted_date="") for date in dates)
    )
    try:
        reader = read_settlement(source)
        for _ in reader:
            pass
    except Refused as refused:
        return refused.problems[0].code
    return reader.facts.day_first


def test_slashes_need_a_day_above_twelve() -> None:
    assert day_first("05/06/2026 10:00:00 UTC", "06/05/2026") == "settlement.ambiguous_dates"
    assert day_first("05/06/2026", "13/06/2026") is True
    assert day_first("05/06/2026", "06/13/2026") is False
    assert day_first("05-06-2026", "31-05-2026") is True
    assert day_first("05/06/2026", "05/06/2026", deposit="30/06/2026") is True


def test_year_first_and_dots_say_themselves() -> None:
    assert day_first("2026-06-05", "2026/06/05 10:00:00 JST", "05.06.2026 10:00:00 UTC") is None


def test_dates_and_numbers_are_decided_apart() -> None:
    """The Australian file: day-first dates with dots, amounts with decimal dots."""
    dotted = "17.07.2026 07:06:34 UTC"
    source = v2(header("19.99", "AUD", dotted, dotted, dotted), row(SALE, "19.99", dotted))
    reader = read_settlement(source)
    (line,) = reader
    assert line.posted_at is not None
    assert (line.posted_at.isoformat(), f"{line.amount}") == ("2026-07-17T07:06:34+00:00", "19.99")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-08-14T22:07:18+00:00", "2025-08-14T22:07:18+00:00"),
        ("2003-10-03T16:00:00-07:00", "2003-10-03T23:00:00+00:00"),
        ("2026-06-16 00:00:00 UTC", "2026-06-16T00:00:00+00:00"),
        ("2026/01/05 01:00:00 JST", "2026-01-04T16:00:00+00:00"),
        ("2026-06-16T10:00:00Z", "2026-06-16T10:00:00+00:00"),
        ("2026-06-16T10:00:00.123Z", "2026-06-16T10:00:00+00:00"),
        ("16.06.2026 10:00:00 CEST", "2026-06-16T08:00:00+00:00"),
        ("2026-06-16 11:30 PM PST", "2026-06-17T07:30:00+00:00"),
        ("2026-06-16 12:00:00 AM UTC", "2026-06-16T00:00:00+00:00"),
        ("2026-06-16", "2026-06-16T12:00:00+00:00"),
        ("2026-08-04 UTC", "2026-08-04T12:00:00+00:00"),
    ],
)
def test_moments(text: str, moment: str) -> None:
    (line,) = read_settlement(v2(header("1.00"), row(SALE, "1.00", text)))
    assert line.posted_at is not None
    assert line.posted_at.isoformat() == moment
