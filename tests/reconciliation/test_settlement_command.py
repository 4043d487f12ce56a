"""`manage.py settlement`: exit codes, the JSON's keys, the text; without database or account."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from reconciliation.engine.report import worst
from tests.reconciliation.engine.files import V2_COLUMNS, Row, header, row, tsv, us_1

ROOT = Path(__file__).parents[2]
SALE = "Order/ItemPrice/Principal"

KEYS = [
    "file",
    "settlement_id",
    "currency",
    "period",
    "deposit_date",
    "header_total",
    "line_total",
    "difference",
    "rows",
    "number_format",
    "encoding",
    "format_version",
    "ties",
    "unclassified",
    "categories",
    "documents",
]


def write(folder: Path, name: str, *rows: Row) -> str:
    path = folder / name
    path.write_text(tsv(V2_COLUMNS, rows), encoding="utf-8")
    return str(path)


def run(*arguments: str) -> tuple[int, str]:
    """(exit code, output) of the command inside this process."""
    out = StringIO()
    try:
        call_command("settlement", *arguments, stdout=out, stderr=StringIO())
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue()
    return 0, out.getvalue()


def as_json(*arguments: str) -> tuple[int, list[dict[str, Any]]]:
    code, output = run("--json", *arguments)
    return code, json.loads(output)


@pytest.fixture
def good(tmp_path: Path) -> str:
    return write(tmp_path, "good.txt", *us_1())


@pytest.fixture
def off(tmp_path: Path) -> str:
    return write(tmp_path, "off.txt", header("86.26"), *us_1()[1:])


@pytest.fixture
def unreadable(tmp_path: Path) -> str:
    (tmp_path / "photo.txt").write_bytes(b"\xff\xd8\xff\xe0 JFIF" + bytes(64))
    return str(tmp_path / "photo.txt")


def test_a_good_file(good: str) -> None:
    code, (found,) = as_json(good)
    assert code == 0
    assert list(found) == KEYS
    documents = found.pop("documents")
    categories = found.pop("categories")
    assert found == {
        "file": good,
        "settlement_id": "11000000001",
        "currency": "USD",
        "period": {"start": "2026-10-20", "end": "2026-11-03"},
        "deposit_date": "2026-11-05",
        "header_total": "86.25",
        "line_total": "86.25",
        "difference": "0.00",
        "rows": 17,
        "number_format": "1,234.56",
        "encoding": "utf-8",
        "format_version": "V2",
        "ties": True,
        "unclassified": [],
    }
    assert {"category": "refund_referral_fee", "rows": 1, "amount": "6.00"} in categories
    assert sum(item["rows"] for item in categories) == 17
    assert sum(Decimal(item["amount"]) for item in categories) == Decimal("86.25")
    assert [(item["document_type"], item["date"], item["currency"]) for item in documents] == [
        ("journal_entry", "2026-10-31", "USD"),
        ("journal_entry", "2026-11-05", "USD"),
    ]
    line = {"account": "Amazon Sales", "description": "Sale", "debit": "0.00", "credit": "200.00", "rows": 1}
    assert line in documents[0]["lines"]
    for document in documents:
        assert sum(Decimal(item["debit"]) - Decimal(item["credit"]) for item in document["lines"]) == 0


def test_the_deposit_shape_lists_the_bank_as_its_debit(good: str) -> None:
    _, (found,) = as_json("--shape", "one_deposit", good)
    journal, deposit = found["documents"]
    assert (journal["document_type"], deposit["document_type"]) == ("journal_entry", "deposit")
    assert deposit["lines"][0]["debit"] == "86.25"
    assert sum(Decimal(item["debit"]) - Decimal(item["credit"]) for item in deposit["lines"]) == 0


def test_the_zone_decides_the_day(tmp_path: Path) -> None:
    late = row(SALE, "1.00", "2026-10-01 03:00:00 UTC")
    path = write(tmp_path, "late.txt", header("1.00", deposit="2026-11-01 03:00:00 UTC"), late)
    _, (utc,) = as_json(path)
    _, (pacific,) = as_json("--timezone", "America/Los_Angeles", path)
    assert (utc["deposit_date"], pacific["deposit_date"]) == ("2026-11-01", "2026-10-31")
    assert utc["documents"][0]["date"] == "2026-10-31"
    assert pacific["documents"][0]["date"] == "2026-09-30"


def test_exit_codes_and_the_worst_file_wins(good: str, off: str, unreadable: str, tmp_path: Path) -> None:
    assert run(good)[0] == 0
    assert run(off)[0] == 3
    assert run(unreadable)[0] == 2
    assert run(str(tmp_path / "missing.txt"))[0] == 2
    assert run(good, off)[0] == 3
    assert run(off, unreadable, good)[0] == 2
    assert [worst(codes) for codes in ((0, 0), (0, 3), (3, 2, 0), ())] == [0, 3, 2, 0]


def test_one_object_a_file_in_the_order_given(good: str, off: str, unreadable: str) -> None:
    code, found = as_json(unreadable, good, off)
    assert code == 2
    assert [item["file"] for item in found] == [unreadable, good, off]
    assert all(list(item) == KEYS for item in found)
    assert [item["ties"] for item in found] == [False, True, False]
    assert found[0]["documents"] == found[2]["documents"] == []
    assert found[2]["difference"] == "0.01"


def test_no_summary_row_is_null_and_three(tmp_path: Path) -> None:
    path = write(tmp_path, "none.txt", row(SALE, "1.00", currency="USD"))
    code, (found,) = as_json(path)
    assert (code, found["header_total"], found["line_total"], found["ties"]) == (3, None, "1.00", False)


def test_unclassified_rows_are_listed_and_three(tmp_path: Path) -> None:
    unknown = row("other-transaction/other-transaction/Moon Base Fee", "-1.00")
    code, (found,) = as_json(write(tmp_path, "new.txt", header("-2.00"), unknown, unknown))
    assert (code, found["ties"], found["documents"]) == (3, True, [])
    assert found["unclassified"] == [
        {
            "transaction_type": "other-transaction",
            "amount_type": "other-transaction",
            "amount_description": "Moon Base Fee",
            "rows": 2,
            "amount": "-2.00",
        }
    ]


def test_a_bare_adjustment_says_nothing_and_waits_for_a_person(tmp_path: Path) -> None:
    adjustment = row("other-transaction/other-transaction/Adjustment", "-1.00")
    code, (found,) = as_json(write(tmp_path, "adjusted.txt", header("-1.00"), adjustment))
    assert (code, found["documents"]) == (3, [])
    assert [item["amount_description"] for item in found["unclassified"]] == ["Adjustment"]


def test_an_ambiguous_number_format_is_three(tmp_path: Path) -> None:
    path = write(tmp_path, "either.txt", header("2,468"), row(SALE, "1,234"), row(SALE, "1,234"))
    code, (found,) = as_json(path)
    assert (code, found["number_format"], found["ties"]) == (3, "ambiguous", False)
    assert (found["currency"], found["encoding"], found["format_version"]) == ("USD", "utf-8", "V2")


def test_ambiguous_dates_cannot_be_read(tmp_path: Path) -> None:
    day = "05/06/2026"
    path = write(tmp_path, "days.txt", header("1.00", start=day, end=day, deposit=day), row(SALE, "1.00", day))
    assert run(path)[0] == 2


def test_the_text_names_file_line_and_remedy(off: str, tmp_path: Path) -> None:
    code, output = run(off)
    assert code == 3
    assert off in output
    assert "a difference of 0.01" in output
    assert "Download the report again" in output
    broken = write(tmp_path, "abc.txt", header("1.00"), row(SALE, "abc"))
    code, output = run(broken)
    assert code == 2
    assert "abc in the column amount is not an amount" in output
    assert "(line 3)" in output


def test_a_zone_that_does_not_exist_is_a_usage_error(good: str) -> None:
    with pytest.raises(CommandError, match="Mars"):
        call_command("settlement", "--timezone", "Mars/Olympus", good)


def test_it_runs_as_a_program_without_a_database(good: str, off: str) -> None:
    """No server is there and none is started."""
    environment = {**os.environ, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "manage.py"), "settlement", "--json", good, off]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=good[: good.rindex("/")], check=False)
    assert ended.returncode == 3, ended.stderr
    assert [item["ties"] for item in json.loads(ended.stdout)] == [True, False]
    assert "off.txt" in ended.stderr
