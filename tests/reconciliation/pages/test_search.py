"""The search box: everything by its number or name, and nothing of anybody else's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

from reconciliation import search
from reconciliation.models import Settlement, SettlementLine
from syncs.models import LedgerDocument
from tenants.models import SavedView
from tenants.scope import tenant_scope
from tests.security.world import Company, company

pytestmark = pytest.mark.django_db


@pytest.fixture
def alder() -> Iterator[Company]:
    made = company("Alderwood")
    with tenant_scope(made.tenant):
        one = Settlement.objects.get()
        SettlementLine.objects.create(
            pk=(made.tenant.pk, one.pk, 1), line_no=2, transaction_type="Order", amount_type="ItemPrice", amount_description="Principal",
            category="sale", amount="10.00", marketplace="", order_ref="203-1234567-7654321", item_ref="", adjustment_ref="",
            shipment_ref="", sku="LAMP-1", fulfillment="AFN",
        )  # fmt: skip
        LedgerDocument.objects.create(
            ledger_id=one.integration.ledger_id, source=one.source, source_ref=one.settlement_id, document_type="journal_entry",
            number="AMZ-4711", external_id="145",
        )  # fmt: skip
    return made


def asked(made: Company, text: str, *, by: str = "viewer") -> str:
    client = Client()
    client.force_login(made.people[by])
    return client.get(f"/app/{made.tenant.public_id}/search/", {"q": text}, headers={"HX-Request": "true"}).content.decode()


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("Alderwood-1", "/settlements/{settlement}/"),
        ("Alderwo", "/settlements/{settlement}/"),
        ("203-1234567-7654321", "/settlements/{settlement}/?order=203-1234567-7654321#transactions"),
        ("AMZ-4711", "/settlements/{settlement}/#entry"),
        ("145", "/settlements/{settlement}/#entry"),
        ("LAMP-1", "/settlements/{settlement}/?sku=LAMP-1#transactions"),
        ("alderwood quick", "/connections/{connection}/"),
        ("mapp", "/mappings/"),
    ],
)
def test_everything_is_found_by_what_one_has_in_hand(alder: Company, text: str, where: str) -> None:
    assert f'href="/app/{alder.tenant.public_id}{where.format(**alder.ids)}"' in asked(alder, text)


def test_nothing_of_another_company_is_found(alder: Company) -> None:
    other = company("Birchgrove")
    for text in (
        "Alderwood-1",
        "203-1234567-7654321",
        "AMZ-4711",
        "LAMP-1",
        "Alderwood quick",
        alder.ids["settlement"],
        alder.ids["run"],
    ):
        page = asked(other, text)
        assert "search-hit" not in page, text
    client = Client()
    client.force_login(other.people["owner"])
    assert client.get(f"/app/{alder.tenant.public_id}/search/", {"q": "AMZ"}).status_code == 404


def test_a_page_nobody_may_open_is_not_offered(alder: Company) -> None:
    assert "/audit/" not in asked(alder, "audit")
    assert "/audit/" in asked(alder, "audit", by="owner")


def test_what_is_typed_is_never_taken_for_markup_or_a_pattern(alder: Company) -> None:
    assert "<script" not in asked(alder, "<script>alert(1)</script>")
    with tenant_scope(alder.tenant):
        assert search.find("%") == search.find("__%") == search.find("a" * 500) == []


def test_filters_are_saved_under_a_name_for_oneself(alder: Company) -> None:
    client = Client()
    client.force_login(alder.people["viewer"])
    base = f"/app/{alder.tenant.public_id}"
    answer = client.post(f"{base}/views/save/", {"page": "settlements", "name": " Ready  UK ", "query": "state=ready&page=3"})
    assert answer["Location"] == f"{base}/settlements/?state=ready"
    assert "Ready UK" in client.get(f"{base}/settlements/").content.decode()
    client.post(f"{base}/views/save/", {"page": "settlements", "name": "Ready UK", "query": "state=todo"})
    with tenant_scope(alder.tenant):
        kept = SavedView.objects.get()
    assert kept.query == "state=todo"
    assert client.post(f"{base}/views/save/", {"page": "elsewhere", "name": "x"}).status_code == 404
    colleague = Client()
    colleague.force_login(alder.people["owner"])
    assert "Ready UK" not in colleague.get(f"{base}/settlements/").content.decode()
    assert colleague.post(f"{base}/views/remove/", {"view": kept.public_id}).status_code == 404
    client.post(f"{base}/views/remove/", {"view": kept.public_id})
    with tenant_scope(alder.tenant):
        assert not SavedView.objects.exists()
