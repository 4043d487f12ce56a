"""CSV that no spreadsheet runs, and that is written inside the tenant although the view has returned."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest

from tenants.exports import csv_response, safe


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
