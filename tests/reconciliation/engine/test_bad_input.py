"""Files that must be read right or refused with the file, the line and a remedy; nothing in between."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import pytest

from canonical.problems import Refused
from reconciliation.engine import Limits, Source, compose, default_book, read_settlement, summarise
from tests.reconciliation.engine.files import V1_COLUMNS, V2_COLUMNS, Row, header, row, tsv, us_1, v1, v2

SALE = "Order/ItemPrice/Principal"


def refusal(source: Source) -> tuple[str, int | None, str]:
    """(code, line, sentence and remedy) of the refusal; the file's name is always there."""
    with pytest.raises(Refused) as caught:
        for _ in read_settlement(source):
            pass
    problem = caught.value.problems[0]
    assert problem.where.file == source.name
    assert problem.remedy()
    return problem.code, problem.where.line, f"{problem.text()} {problem.remedy()}"


def raw(data: bytes, limits: Limits | None = None) -> Source:
    return Source.from_bytes(data, "file.txt", limits or Limits())


def test_an_empty_file() -> None:
    assert refusal(raw(b""))[0] == "settlement.file_empty"
    assert refusal(raw(b"\n \n\n"))[0] == "settlement.file_empty"


def test_a_missing_file(tmp_path: Path) -> None:
    assert refusal(Source.from_path(tmp_path / "nothing.txt"))[0] == "settlement.file_missing"
    assert refusal(Source.from_path(tmp_path))[0] == "settlement.file_missing"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(range(256)) * 40, "photo"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(500), "PNG"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"PK\x03\x04" + bytes(30), "XLSX"),
        ("settlement-id\ttotal-amount\r\n".encode("utf-16"), "UTF-16"),
        (b'<?xml version="1.0"?>\n<AmazonEnvelope>', "XML"),
        (b"<html><body>Sign in", "web page"),
        (b'{"reports": []}', "JSON"),
    ],
)
def test_another_kind_of_file_renamed_txt(data: bytes, kind: str) -> None:
    code, line, words = refusal(raw(data))
    assert (code, line) == ("settlement.binary", 1)
    assert kind in words


def test_binary_data_inside_names_its_line() -> None:
    data = tsv(V2_COLUMNS, us_1()).encode().replace(b"Amazon Capital", b"Amazon\0Capital")
    assert refusal(raw(data))[:2] == ("settlement.binary", 19)


def test_a_wrong_header_row_names_what_is_missing() -> None:
    code, line, words = refusal(raw(b"date\ttype\tamount\n2026-01-01\tOrder\t1.00\n"))
    assert (code, line) == ("settlement.not_a_settlement", 1)
    assert "settlement-id" in words


def test_a_missing_header_row() -> None:
    data = "\n".join(tsv(V2_COLUMNS, us_1()).split("\n")[1:])
    assert refusal(raw(data.encode()))[:2] == ("settlement.no_header_row", 1)


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_file_saved_by_a_spreadsheet(separator: str) -> None:
    data = tsv(V2_COLUMNS, us_1()).replace("\t", separator)
    assert refusal(raw(data.encode()))[0] == "settlement.spreadsheet"


def test_a_column_named_twice() -> None:
    data = tsv([*V2_COLUMNS, "amount"], us_1())
    assert refusal(raw(data.encode()))[:2] == ("settlement.column_twice", 1)


def test_a_truncated_gzip() -> None:
    packed = gzip.compress(tsv(V2_COLUMNS, us_1() * 50).encode())
    assert refusal(raw(packed[: len(packed) // 2]))[0] == "settlement.gzip_truncated"
    assert refusal(raw(packed[:-3]))[0] == "settlement.gzip_truncated"
    assert refusal(raw(packed[:12]))[0] == "settlement.gzip_truncated"


def test_a_damaged_gzip() -> None:
    packed = bytearray(gzip.compress(tsv(V2_COLUMNS, us_1()).encode()))
    packed[-6] ^= 0xFF
    assert refusal(raw(bytes(packed)))[0] == "settlement.gzip_damaged"


def test_a_gzip_is_read_whole_also_in_two_members() -> None:
    text = tsv(V2_COLUMNS, us_1()).encode()
    for packed in (gzip.compress(text), gzip.compress(text[:700]) + gzip.compress(text[700:])):
        assert f"{summarise(raw(packed)).line_total}" == "86.25"


def test_a_gzip_bomb_is_refused_while_it_is_opened() -> None:
    packer = zlib.compressobj(9, wbits=31)
    head = packer.compress(tsv(V2_COLUMNS, us_1()).encode())
    packed = head + b"".join(packer.compress(b"\n" * (1 << 20)) for _ in range(64)) + packer.flush()
    assert len(packed) < 100_000
    assert refusal(raw(packed))[0] == "settlement.gzip_bomb"


def test_a_gzip_bomb_of_one_line_is_refused_too() -> None:
    packer = zlib.compressobj(9, wbits=31)
    packed = b"".join(packer.compress(b"0" * (1 << 20)) for _ in range(64)) + packer.flush()
    assert refusal(raw(packed))[0] == "settlement.line_too_long"


def test_more_text_than_the_limit_is_refused() -> None:
    data = tsv(V2_COLUMNS, us_1() * 200).encode()
    assert refusal(raw(gzip.compress(data), Limits(max_bytes=100_000)))[0] == "settlement.too_large"


def test_a_file_that_is_one_endless_line() -> None:
    assert refusal(raw(b"settlement-id " * 400_000))[0] == "settlement.line_too_long"


@pytest.mark.parametrize(
    "amount", ["abc", "1E10", "NaN", "Infinity", "12.50 USD", "£12.50", "1.2.3", "--5.00", "0x10", "12,5,0.00"]
)
def test_an_amount_that_is_no_number_is_not_zero(amount: str) -> None:
    code, line, words = refusal(v2(header("1.00"), row(SALE, "1.00"), row(SALE, amount)))
    assert (code, line) == ("settlement.not_an_amount", 4)
    assert amount in words


def test_a_total_that_is_no_number() -> None:
    assert refusal(v2(header("abc"), row(SALE, "1.00")))[:2] == ("settlement.not_an_amount", 2)


def test_a_row_that_ends_before_its_amount() -> None:
    text = tsv(V2_COLUMNS, us_1()).encode()
    assert refusal(raw(text[: text.rindex(b"other-transaction")]))[:2] == ("settlement.amount_missing", 19)


def test_a_row_with_more_cells_than_columns() -> None:
    broken = row(SALE, "1.00", sku="A\tB\tC", promotion_id="X")
    assert refusal(v2(header("1.00"), broken))[:2] == ("settlement.too_many_cells", 3)


@pytest.mark.parametrize(
    "moment", ["yesterday", "2026-13-01 00:00:00 UTC", "2026-02-30", "2026-10-25 12:00:00 XYZ", "32.10.2026", "46000"]
)
def test_a_date_that_cannot_be_read(moment: str) -> None:
    code, line, words = refusal(v2(header("2.00"), row(SALE, "1.00"), row(SALE, "1.00", moment)))
    assert (code, line) == ("settlement.not_a_date", 4)
    assert moment in words


def test_two_currencies() -> None:
    rows = header("2.00"), row(SALE, "1.00", currency="USD"), row(SALE, "1.00", currency="CAD")
    assert refusal(v2(*rows))[:2] == ("settlement.mixed_currencies", 4)


def test_two_settlements() -> None:
    rows = (header("2.00"), row(SALE, "1.00"), {**row(SALE, "1.00"), "settlement-id": "22"})
    assert refusal(v2(*rows))[:2] == ("settlement.mixed_settlements", 4)


def test_two_totals() -> None:
    assert refusal(v2(header("2.00"), row(SALE, "1.00"), header("3.00")))[:2] == ("settlement.two_totals", 4)


def held(source: Source) -> set[str]:
    """Codes of the problems that hold a readable file; it composes to nothing."""
    book = default_book("USD")
    result = compose(summarise(source, book=book), book)
    assert result.documents == ()
    return {problem.code for problem in result.problems if problem.severity == "blocks"}


def test_no_summary_row_is_read_and_held() -> None:
    summary = summarise(v2(row(SALE, "1.00", currency="USD"), row(SALE, "2.00")))
    assert (summary.header.header_total, f"{summary.line_total}", summary.difference) == (None, "3.00", None)
    assert held(v2(row(SALE, "1.00", currency="USD"))) >= {"settlement.no_summary_row"}


def test_a_header_off_by_a_cent_is_held_and_says_by_how_much() -> None:
    book = default_book("USD")
    result = compose(summarise(v2(header("86.26"), *us_1()[1:]), book=book), book)
    problem = next(problem for problem in result.problems if problem.code == "settlement.does_not_foot")
    assert (problem.params["header"], problem.params["rows"], problem.params["difference"]) == ("86.26", "86.25", "0.01")
    assert result.documents == ()


def test_a_file_without_rows_posts_nothing_and_is_not_an_error() -> None:
    summary = summarise(v2(header("0.00")))
    result = compose(summary, default_book("USD"))
    assert (summary.row_count, result.documents, result.held) == (0, (), False)
    assert [problem.code for problem in result.problems] == ["settlement.no_rows"]


def test_a_total_without_rows_does_not_foot() -> None:
    assert held(v2(header("5.00"))) == {"settlement.does_not_foot"}


def test_only_a_header_row() -> None:
    assert held(v2()) == {"settlement.no_summary_row"}


def test_unknown_rows_are_held_with_file_and_line() -> None:
    unknown = row("other-transaction/other-transaction/Moon Base Fee", "-1.00")
    book = default_book("USD")
    result = compose(summarise(v2(header("1.00"), row(SALE, "2.00"), unknown), book=book), book)
    (problem,) = [problem for problem in result.problems if problem.code == "compose.unknown_rows"]
    assert (problem.where.file, problem.where.line) == ("v2.txt", 4)
    assert "Moon Base Fee" in problem.text()
    assert result.documents == ()


def test_strange_skus_stay_text() -> None:
    skus = ["00123", "1E10", 'a"b', '"quoted"', "1,234", "=1+1", "ÄÖ-ß", "٣", " "]
    rows = [row(SALE, "1.00", sku=sku) for sku in skus]
    assert [line.sku for line in read_settlement(v2(header("9.00"), *rows))] == [sku.strip() for sku in skus]


def test_equal_rows_are_both_kept() -> None:
    twice = row(SALE, "10.00", order="A", sku="DUP")
    lines = list(read_settlement(v2(header("20.00"), twice, twice)))
    assert [(line.ordinal, line.line_no, f"{line.amount}") for line in lines] == [(1, 3, "10.00"), (2, 4, "10.00")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_byte_order_mark(end: str, mark: bytes) -> None:
    source = raw(mark + tsv(V2_COLUMNS, us_1(), end).encode())
    summary = summarise(source)
    assert (f"{summary.line_total}", summary.row_count, summary.difference) == ("86.25", 17, 0)
    assert summary.facts is not None
    assert summary.facts.encoding == ("utf-8-sig" if mark else "utf-8")


def test_line_ends_that_fall_between_two_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    text = tsv(V2_COLUMNS, us_1(), "\r\n").encode()
    for size in (1, 2, 7, 64):
        monkeypatch.setattr("reconciliation.engine.source.BLOCK", size)
        assert f"{summarise(raw(text)).line_total}" == "86.25"


def test_trimmed_tabs_and_blank_lines() -> None:
    text = "\n".join(line.rstrip("\t") for line in tsv(V2_COLUMNS, us_1()).split("\n"))
    text = text.replace("\n", "\n\n\t\t\n", 3)
    lines = list(read_settlement(raw(text.encode())))
    assert sum(line.amount for line in lines) == summarise(v2(*us_1())).line_total
    assert lines[0].line_no == 7


def test_columns_in_any_order_and_spelling() -> None:
    names = [name.replace("-", "_").upper() for name in reversed(V2_COLUMNS)]
    rows = [{name.replace("-", "_").upper(): value for name, value in cells.items()} for cells in us_1()]
    assert f"{summarise(raw(tsv(names, rows).encode())).line_total}" == "86.25"


def test_the_summary_row_may_stand_anywhere() -> None:
    rows = us_1()
    assert summarise(v2(*rows[1:9], rows[0], *rows[9:])).difference == 0


def test_a_quantity_row_of_the_old_layout_has_no_amount() -> None:
    order = {"settlement-id": "11000000001", "transaction-type": "Order", "order-id": "A", "posted-date": "2026-10-25"}
    rows: list[Row] = [
        header("9.99"),
        {**order, "quantity-purchased": "1"},
        {**order, "price-type": "Principal", "price-amount": "9.99"},
    ]
    reader = read_settlement(v1(*rows))
    assert [(line.ordinal, line.line_no, f"{line.amount}") for line in reader] == [(1, 4, "9.99")]
    assert reader.facts.data_rows == 2


def test_a_total_on_every_row_is_a_header_too() -> None:
    stated = {key: value for key, value in header("3.00").items() if key != "settlement-id"}
    rows = [{**row(SALE, amount), **stated} for amount in ("1.00", "2.00")]
    summary = summarise(v2(*rows))
    assert (summary.row_count, summary.difference) == (2, 0)


def test_v1_columns_are_what_real_files_have() -> None:
    assert len(V1_COLUMNS) == 36
    assert len(V2_COLUMNS) == 24
