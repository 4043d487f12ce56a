"""CSV that no spreadsheet runs, and that is written inside the tenant although the view has returned."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import openpyxl
import pytest

from tenants.exports import csv_response, safe, write_workbook


@pytest.mark.parametrize("text", ["=1+1", "+1", "@SUM(A1)", "-1+cmd|'x'!A0", "\t=1", "\r=1", "  =1", "\uff1d1", "-"])
def test_formulas_become_text(text: str) -> None:
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize(
    ("cell", "text"),
    [(Decimal("-12.30"), "-12.30"), (Decimal("1E+3"), "1000"), ("-12.30", "-12.30"), ("1E10", "1E10"), (None, ""), (7, "7")],
)
def test_numbers_stay_numbers(cell: object, text: str) -> None:
    assert safe(cell) == text


def test_the_file_opens_with_a_mark_and_quotes_what_needs_it() -> None:
    response = csv_response("x.csv", ["a", "b"], [["ü,\n", "=1"]])
    text = b"".join(response).decode()
    assert text.startswith("\ufeffa,b\r\n")
    assert list(csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""))) == [["a", "b"], ["ü,\n", "'=1"]]
    assert response["Content-Disposition"] == 'attachment; filename="x.csv"'


def sheet_of(head, rows):
    """The first sheet as the format has it: the type of each cell, and its value."""
    kept = io.BytesIO()
    write_workbook(kept, head, rows)
    book = openpyxl.load_workbook(io.BytesIO(kept.getvalue()))
    return [
        [(cell.data_type, cell.value, cell.number_format, cell.quotePrefix) for cell in row] for row in book.active.iter_rows()
    ]


def test_a_workbook_has_numbers_dates_and_texts_and_no_formula() -> None:
    moment = datetime(2026, 11, 14, 23, 30, tzinfo=timezone(timedelta(hours=-8)))
    (_head, row, texts) = sheet_of(
        ["a"] * 6,
        [
            [Decimal("-12.30"), 7, moment, date(2026, 11, 14), "111-2223334-5556667", Decimal("12345678901234567.89")],
            ["=1+1", "@SUM(A1)", "-1+cmd|'x'!A0", "+49 30 1", "007", None],
        ],
    )
    assert row == [
        ("n", -12.3, "0.00", False),
        ("n", 7, "0", False),
        ("d", datetime(2026, 11, 15, 7, 30), "yyyy-mm-dd hh:mm:ss", False),
        ("d", datetime(2026, 11, 14), "yyyy-mm-dd", False),
        ("s", "111-2223334-5556667", "General", False),
        ("s", "12345678901234567.89", "General", False),
    ]
    assert [(kind, value, quoted) for kind, value, _format, quoted in texts[:5]] == [
        ("s", "=1+1", True),
        ("s", "@SUM(A1)", True),
        ("s", "-1+cmd|'x'!A0", True),
        ("s", "+49 30 1", True),
        ("s", "007", False),
    ]


def test_the_files_own_text_holds_no_formula_element() -> None:
    kept = io.BytesIO()
    write_workbook(kept, ["=HEAD()"], [["=1+1"], ["http://evil.test/"], ["\uff1d1"]])
    with zipfile.ZipFile(kept) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet
        assert "hyperlink" not in sheet
        assert not [name for name in parts.namelist() if "rels" in name and b"http://evil.test" in parts.read(name)]


@pytest.mark.django_db(transaction=True)
def test_every_export_is_there_as_a_workbook() -> None:
    from django.test import Client

    from tests.security.world import company

    alder = company("Alderwood")
    client = Client()
    client.force_login(alder.people["owner"])
    base = f"/app/{alder.tenant.public_id}/"
    pages = {"settlements/": "settlements/?as=xlsx", "audit/": "audit.csv?as=xlsx"}
    for page in pages:
        assert "as=xlsx" in client.get(base + page).content.decode()
    answer = client.get(base + "audit.csv?as=xlsx")
    assert answer["Content-Disposition"] == 'attachment; filename="audit.xlsx"'
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    assert book.active["A1"].value == "at"


@pytest.mark.django_db(transaction=True)
def test_a_streamed_export_reads_its_tenants_rows_after_the_view_has_returned() -> None:
    from django.test import Client

    from tenants.models import User
    from tenants.scope import current_tenant_id
    from tenants.services import create_tenant

    person = User.objects.create_user("olivia@oak.test")
    company = create_tenant(user=person, name="Oak", country="GB", timezone="UTC", home_currency="GBP")
    other = create_tenant(
        user=User.objects.create_user("ann@ash.test"), name="Ash", country="GB", timezone="UTC", home_currency="GBP"
    )
    client = Client()
    client.force_login(person)
    response = client.get(f"/app/{company.public_id}/audit.csv")
    assert response.streaming
    assert current_tenant_id() is None
    text = b"".join(response).decode()
    assert company.public_id in text
    assert other.public_id not in text
    assert current_tenant_id() is None
