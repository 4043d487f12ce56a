"""Files made to harm: entity bombs, formulas, wrong characters, too much of everything. Refused in plain words, or harmless."""

from __future__ import annotations

import tracemalloc

import pytest

from canonical.problems import Refused
from reconciliation.statements import read
from reconciliation.statements import statement as statement_module
from tenants.exports import safe
from tests.reconciliation.statements.test_ofx_and_camt053 import HEADER, camt, entry, row, sgml

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]>'
)
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


def code(content: bytes, currency: str = "EUR") -> str:
    with pytest.raises(Refused) as caught:
        read(content, name="hostile", currency=currency)
    return caught.value.problems[0].code


@pytest.mark.parametrize("head", [BOMB, OUTSIDE])
def test_entities_are_refused_before_they_are_read(head):
    body = camt(entry().replace("Auszahlung", "&a;")).decode().partition("?>")[2]
    assert code((head + body).encode()) == "statement.broken"


def test_an_ofx_file_knows_no_entities():
    inner = sgml(row(MEMO="&a;")).decode().removeprefix(HEADER)
    hostile = HEADER + BOMB.partition("?>")[2] + inner
    assert read(hostile.encode(), name="x", currency="USD").movements[0].description == "&a;"


def test_a_nesting_without_end_is_refused():
    assert code(camt("<Ntry>" + "<a>" * 5000 + "</a>" * 5000 + "</Ntry>")) == "statement.broken"


def test_a_formula_is_text_and_leaves_as_text():
    found = read(b'Date,Description,Amount\n2026-11-05,"=HYPERLINK(""http://x"")",86.25\n', name="x", currency="USD")
    assert found.movements[0].description.startswith("=")
    assert safe(found.movements[0].description).startswith("'=")


def test_a_formula_is_no_amount():
    assert code(b'Date,Description,Amount\n2026-11-05,a,"=1+1"\n', "USD") == "statement.bad_amount"


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7 ...",
        b"PK\x03\x04 a spreadsheet",
        b"\xd0\xcf\x11\xe0 an old one",
        b"",
        b"  \n",
        b"<html><body>Log in</body></html>",
    ],
)
def test_what_is_no_statement_is_told_so(content):
    assert code(content) == "statement.unknown_format"


def test_bytes_that_are_no_text_are_refused():
    assert code(b"Date,Amount\n2026-11-05,\x00\x00") == "statement.broken"
    assert code(b"\xff\xfeD\x00a") == "statement.broken"


def test_an_endless_cell_is_refused():
    assert code(b'Date,Amount\n2026-11-05,"' + b"9" * 100_000 + b'"\n') == "statement.broken"


def test_too_many_columns_are_refused():
    assert code(b"Date,Amount" + b"," * 1000 + b"\n2026-11-05,1.00\n") == "statement.broken"


def test_a_file_too_large_is_refused_without_reading_it(monkeypatch):
    from reconciliation.statements import look

    monkeypatch.setattr(look, "MOST_BYTES", 1000)
    assert code(b"Date,Amount\n" + b"2026-11-05,1.00\n" * 100) == "statement.too_large"


def test_a_hundred_thousand_rows_are_read_in_bounded_memory():
    text = "".join(f"2026-11-{1 + n % 28:02d},AMAZON {n},{n}.25\n" for n in range(statement_module.MOST_LINES))
    content = f"Date,Description,Amount\n{text}".encode()
    tracemalloc.start()
    found = read(content, name="x", currency="USD")
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found.movements) == 100_000
    assert used < 200 << 20
    assert code(content + b"2026-11-05,one more,1.25\n") == "statement.too_many_lines"


def test_more_entries_than_are_read_are_refused(monkeypatch):
    monkeypatch.setattr(statement_module, "MOST_LINES", 3)
    assert code(camt(*[entry()] * 4)) == "statement.too_many_lines"
    assert code(sgml(*[row()] * 4), "USD") == "statement.too_many_lines"
