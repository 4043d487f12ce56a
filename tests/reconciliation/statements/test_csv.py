"""CSV as banks write it: columns by their words, days and amounts as the whole file proves them, asked where it does not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from canonical.problems import Refused
from reconciliation.statements import Layout, columns, read
from reconciliation.statements.columns import look
from reconciliation.statements.statement import identities

US = """Account Name : Business Checking
Account Number : *****1234

Date,Description,Amount,Running Bal.
10/31/2026,"BEGINNING BALANCE",,"1,000.00"
11/05/2026,"AMAZON.COM SVCS LLC DES:MKTPLACE PMT ID:4F7A29C81B0","1,086.25","2,086.25"
11/05/2026,"MONTHLY FEE","-15.00","2,071.25"
11/06/2026,"PARCEL POST","-8.95","2,062.30"
11/06/2026,"PARCEL POST","-8.95","2,053.35"
Total,,,"1,053.35"
"""
UK = """Date,Type,Description,Paid out,Paid in,Balance
05 Nov 2026,BGC,AMAZON PAYMENTS UK LTD,,64.51,164.51
04 Nov 2026,DD,WATER BOARD,£20.00,,100.00
03 Nov 2026,DD,RENT,880.00,,120.00
"""
GERMAN = """Umsatzanzeige;Datei erstellt am: 06.11.2026 09:12
IBAN;DE00 0000

Buchung;Valuta;Auftraggeber/Empf\u00e4nger;Buchungstext;Verwendungszweck;Saldo;W\u00e4hrung;Betrag;W\u00e4hrung
05.11.2026;05.11.2026;Amazon Payments Europe S.C.A.;Gutschrift;4F7A29C81B0 Auszahlung M\u00fcnchen;1.586,25;EUR;1.086,25;EUR
04.11.2026;04.11.2026;Stadtwerke;Lastschrift;Strom;500,00;EUR;-99,90;EUR
"""


def cents(text: str) -> Decimal:
    return Decimal(text)


def rows(content: str | bytes, currency: str = "USD", **more):
    return read(content if isinstance(content, bytes) else content.encode(), name="statement.csv", currency=currency, **more)


def codes(content: str | bytes, currency: str = "USD", **more) -> list[str]:
    with pytest.raises(Refused) as caught:
        rows(content, currency, **more)
    return [problem.code for problem in caught.value.problems]


def test_an_american_statement_with_lines_above_and_below_its_table():
    found = rows(US)
    assert [(m.line, m.booked, m.amount) for m in found.movements] == [
        (6, date(2026, 11, 5), cents("1086.25")),
        (7, date(2026, 11, 5), cents("-15.00")),
        (8, date(2026, 11, 6), cents("-8.95")),
        (9, date(2026, 11, 6), cents("-8.95")),
    ]
    assert found.movements[0].description == "AMAZON.COM SVCS LLC DES:MKTPLACE PMT ID:4F7A29C81B0"
    assert (found.opening, found.closing, found.adds_up) == (cents("1000.00"), cents("2053.35"), True)
    assert (found.facts.number_format, found.facts.day_first, found.first, found.last) == (
        "1,234.56", False, date(2026, 11, 5), date(2026, 11, 6),
    )  # fmt: skip


def test_a_british_statement_with_money_in_and_money_out_newest_first():
    found = rows(UK, "GBP")
    assert [m.amount for m in found.movements] == [cents("64.51"), cents("-20.00"), cents("-880.00")]
    assert (found.opening, found.closing) == (cents("1000.00"), cents("164.51"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_german_statement_in_any_characters(encoding):
    found = rows(GERMAN.encode(encoding), "EUR")
    assert [m.amount for m in found.movements] == [cents("1086.25"), cents("-99.90")]
    assert found.movements[0].booked == date(2026, 11, 5)
    assert "München" in found.movements[0].description
    assert "Amazon Payments Europe" in found.movements[0].description
    assert found.facts.encoding == encoding


@pytest.mark.parametrize(
    ("text", "amount"),
    [("(1,086.25)", "-1086.25"), ("$1,086.25", "1086.25"), ("-$86.25", "-86.25"), ("86.25 CR", "86.25"), ("86.25 DR", "-86.25"),
     ("USD 86.25", "86.25"), ("86.25-", "-86.25"), ("+86.25", "86.25"), ("\u221286.25", "-86.25")],
)  # fmt: skip
def test_amounts_as_banks_decorate_them(text, amount):
    found = rows(f'Date,Description,Amount\n2026-11-05,x,"{text}"\n2026-11-06,y,1.50\n')
    assert found.movements[0].amount == cents(amount)


def test_a_yen_amount_with_a_comma_is_thousands():
    assert rows('Date,Amount\n2026-11-05,"1,234"\n', "JPY").movements[0].amount == 1234


def test_day_and_month_that_the_file_does_not_decide_are_asked_and_the_answer_is_remembered():
    content = "Date,Description,Amount\n05/11/2026,AMAZON,86.25\n"
    assert codes(content) == [columns.WHICH_DAY]
    reading = look(content.encode())
    for answer, day in ((True, date(2026, 11, 5)), (False, date(2026, 5, 11))):
        remembered = {reading.shape.mark: Layout(date=0, description=(1,), amount=2, day_first=answer)}
        assert rows(content, remembered=remembered).movements[0].booked == day


def test_what_the_file_proves_goes_before_what_was_answered():
    content = "Date,Description,Amount\n05/11/2026,AMAZON,86.25\n25/11/2026,AMAZON,86.25\n"
    mark = look(content.encode()).shape.mark
    wrong = {mark: Layout(date=0, description=(1,), amount=2, day_first=False, decimal_mark=",")}
    assert [m.booked for m in rows(content, remembered=wrong).movements] == [date(2026, 11, 5), date(2026, 11, 25)]
    assert rows(content, remembered=wrong).movements[0].amount == cents("86.25")


def test_an_amount_that_could_be_two_amounts_is_asked():
    content = "Date;Amount\n2026-11-05;1.234\n2026-11-06;2.345\n"
    assert codes(content, "EUR") == [columns.WHICH_NUMBER]
    mark = look(content.encode()).shape.mark
    comma = {mark: Layout(date=0, amount=1, decimal_mark=",")}
    assert [m.amount for m in rows(content, "EUR", remembered=comma).movements] == [1234, 2345]


def test_columns_nobody_knows_are_asked():
    assert codes("When,Who,How much\n2026-11-05,Amazon,86.25\n") == [columns.WHICH_COLUMNS]
    reading = look(b"When,Who,How much\n2026-11-05,Amazon,86.25\n")
    assert (reading.shape.header, reading.body[0][1][2]) == (("When", "Who", "How much"), "86.25")
    remembered = {reading.shape.mark: Layout(date=0, description=(1,), amount=2)}
    assert rows("When,Who,How much\n2026-12-05,Amazon,9.99\n", remembered=remembered).movements[0].amount == cents("9.99")


def test_a_table_without_a_header_is_asked():
    content = "2026-11-05,Amazon,86.25\n2026-11-06,Rent,-20.00\n"
    assert codes(content) == [columns.WHICH_COLUMNS]
    mark = look(content.encode()).shape.mark
    assert len(rows(content, remembered={mark: Layout(date=0, description=(1,), amount=2, header=False)}).movements) == 2


def test_a_broken_row_in_the_middle_is_refused_with_its_line():
    with pytest.raises(Refused) as caught:
        rows("Date,Description,Amount\n2026-11-05,a,1.00\n2026-11-06,b,1.0O\n2026-11-07,c,1.00\n")
    assert (caught.value.problems[0].code, caught.value.problems[0].where.line) == (columns.BAD_AMOUNT, 3)
    with pytest.raises(Refused) as caught:
        rows("Date,Description,Amount\n2026-11-05,a,1.00\nPending,b,1.00\n2026-11-07,c,1.00\n")
    assert (caught.value.problems[0].code, caught.value.problems[0].where.line) == (columns.BAD_DAY, 3)


def test_another_currency_is_refused():
    assert codes("Date,Amount,Currency\n2026-11-05,86.25,CAD\n") == ["statement.other_currency"]


def test_balances_that_do_not_follow_say_nothing():
    found = rows("Date,Amount,Balance\n2026-11-05,1.00,11.00\n2026-11-06,1.00,13.00\n")
    assert (found.opening, found.adds_up) == (None, None)


@pytest.mark.parametrize(
    ("text", "day"),
    [("2026-11-05", (2026, 11, 5)), ("20261105", (2026, 11, 5)), ("05.11.26", (2026, 11, 5)), ("5 Nov 2026", (2026, 11, 5)),
     ("Nov 5, 2026", (2026, 11, 5)), ("05-Nov-26", (2026, 11, 5)), ("2026-11-05T10:00:00Z", (2026, 11, 5)),
     ("05. M\u00e4rz 2026", (2026, 3, 5)), ("31/12/2026", (2026, 12, 31)), ("05/05/2026", (2026, 5, 5))],
)  # fmt: skip
def test_days(text, day):
    assert rows(f'Date,Amount\n"{text}",1.00\n').movements[0].booked == date(*day)


def test_equal_rows_of_one_file_are_several_and_the_same_in_another_file():
    once = list(identities(rows(US).movements))
    assert len({mark for mark, _ in once}) == 4
    later = US.replace("Total,", '11/09/2026,"CARD TAKINGS","10.00","2,063.35"\nTotal,')
    again = list(identities(rows(later).movements))
    assert [mark for mark, _ in again][:4] == [mark for mark, _ in once]


def test_words_that_spaces_and_capitals_change_are_the_same_line():
    one, other = (
        next(identities(rows(f"Date,Description,Amount\n2026-11-05,{text},{amount}\n").movements))[0]
        for text, amount in (("Amazon  Svcs", "86.5"), ("AMAZON SVCS", "86.50"))
    )
    assert one == other
