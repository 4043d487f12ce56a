"""The overview's totals: by currency over all integrations, each sum leading to exactly the settlements it counts."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.test import Client

from reconciliation import totals
from reconciliation.models import Settlement
from syncs.models import Integration
from tenants import clock
from tenants.scope import tenant_scope
from tests.security.world import Company, company

pytestmark = pytest.mark.django_db(transaction=True)
_State = Settlement.State


@pytest.fixture
def alder() -> Company:
    """Two integrations; pounds in both, dollars in one, and what nobody counts."""
    made = company("Alderwood")
    with tenant_scope(made.tenant):
        first = Integration.objects.get()
        first.pk, first.public_id, first.name, first.marketplace_scope = None, "int_second", "Beech pair", "A1F83G8C2ARO7P"
        first.save(force_insert=True)
        one, two = Integration.objects.order_by("name")
        document = Settlement.objects.get().document
        Settlement.objects.all().delete()
        for place, (pair, currency, state, amount, days) in enumerate(
            [
                (one, "GBP", _State.POSTED, "100.10", 1),
                (one, "GBP", _State.READY, "20.20", 2),
                (two, "GBP", _State.POSTED, "0.05", 3),
                (two, "GBP", _State.NEEDS_MAPPING, "-7.00", 3),
                (two, "USD", _State.FAILED, "9.99", 4),
                (None, "GBP", _State.NEEDS_REVIEW, "1.00", 4),
                (one, "GBP", _State.EXCLUDED, "5000.00", 1),
                (one, "GBP", _State.SUPERSEDED, "5000.00", 1),
                (one, "GBP", _State.POSTED, "5000.00", 40),
            ]
        ):
            Settlement.objects.create(
                source=one.source, document=document, integration=pair, settlement_id=f"900{place}",
                currency=currency, state=state, header_total=Decimal(amount), line_total=Decimal(amount), row_count=1, deposit_at=clock.now() - timedelta(days=days),
            )  # fmt: skip
    return made


def heaps(part: totals.Part) -> dict[str, tuple[int, Decimal]]:
    return {group: (heap.count, heap.amount) for group, _word, heap in part.cells}


def test_sums_by_currency_and_by_integration(alder: Company) -> None:
    with tenant_scope(alder.tenant):
        pounds, dollars = totals.totals(since=clock.now() - timedelta(days=31))
    assert (pounds.currency, dollars.currency) == ("GBP", "USD")
    assert heaps(pounds) == {
        "settled": (5, Decimal("114.35")),
        "done": (2, Decimal("100.15")),
        "waiting": (1, Decimal("20.20")),
        "held": (2, Decimal("-6.00")),
    }
    assert heaps(dollars)["held"] == heaps(dollars)["settled"] == (1, Decimal("9.99"))
    assert [(part.name, part.settled.count, part.settled.amount) for part in pounds.parts] == [
        ("", 1, Decimal("1.00")),
        ("Alderwood pair", 2, Decimal("120.30")),
        ("Beech pair", 2, Decimal("-6.95")),
    ]


def test_every_sum_leads_to_the_settlements_it_counts(alder: Company) -> None:
    client = Client()
    client.force_login(alder.people["owner"])
    base = f"/app/{alder.tenant.public_id}/"
    page = client.get(base).content.decode()
    cells = re.findall(r'<a href="([^"]*/settlements/\?currency[^"]*state=[^"]*)">.*?heap-count">(\d+)<', page, re.DOTALL)
    assert len(cells) == 4 + 3 + 3 + 2  # what belongs to no integration leads nowhere
    for href, count in cells:
        shown = client.get(unescape(href)).content.decode()
        assert shown.count('data-label="Deposit"') == int(count), href
    other = company("Birchwood")
    client.force_login(other.people["owner"])
    assert "114.35" not in client.get(f"/app/{other.tenant.public_id}/").content.decode()


def test_every_state_is_counted_once_or_not_at_all() -> None:
    grouped = [state for states in totals.GROUPS.values() for state in states]
    assert sorted(grouped) == sorted(set(_State) - {_State.EXCLUDED, _State.SUPERSEDED})
