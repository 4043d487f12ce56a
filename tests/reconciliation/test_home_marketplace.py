"""Whose tax rules hold for a settlement that names no marketplace: the one taxed store that pays out in its currency."""

from __future__ import annotations

import pytest

from connections.models import Connection
from reconciliation.books import home_marketplace
from reconciliation.models import Settlement
from syncs.models import Integration

STORES = [
    {"id": "A1F83G8C2ARO7P", "name": "Amazon.co.uk", "currency": "GBP"},
    {"id": "A1PA6795UKMFR9", "name": "Amazon.de", "currency": "EUR"},
    {"id": "A13V1IB3VIYZZH", "name": "Amazon.fr", "currency": "EUR"},
    {"id": "AZMDEXL2RVFNN", "name": "SI UK Prod Marketplace", "currency": "GBP"},
]
TAXED = ("Amazon.co.uk", "Amazon.de", "Amazon.fr")


@pytest.mark.parametrize(
    ("marketplace", "currency", "taxed", "home"),
    [
        ("", "GBP", TAXED, "Amazon.co.uk"),
        ("", "EUR", TAXED, ""),  # two stores pay out in it: not guessed
        ("", "EUR", ("Amazon.co.uk", "Amazon.de"), "Amazon.de"),
        ("", "USD", TAXED, ""),
        ("", "GBP", (), ""),
        ("Amazon.co.uk", "GBP", TAXED, ""),  # the rows say it themselves
    ],
)
def test_home_is_the_only_taxed_store_of_the_currency(marketplace: str, currency: str, taxed: tuple[str, ...], home: str) -> None:
    source = Connection(facts={"marketplaces": STORES})
    integration = Integration(source=source, options={"tax": [{"marketplace": name} for name in taxed]})
    assert home_marketplace(Settlement(marketplace=marketplace, currency=currency), integration) == home
