"""The vendor's library behind our door: what it may never do, and the version the seam was read against."""

from __future__ import annotations

import ast
import importlib.metadata
import logging
from decimal import Decimal
from pathlib import Path

import pytest
from sp_api.api import FinancesV20240601, Orders

from connections.contracts import TokenSet
from connections.errors import Failure, FailureKind
from connections.providers.amazon import client, places, provider
from tests.connections.providers.door import PlainDoor

HTML = b"<html><body><h1>503 Service Unavailable</h1></body></html>"


class Payouts(client.BehindTheDoor, FinancesV20240601):
    """What must never be built: the class that can start a payout."""


def quiet(endpoints, status, content, headers=None):
    door = PlainDoor(endpoints, provider, TokenSet("secret-token", "refresh"))
    door._exchange = lambda request: (status, headers or {}, content)
    return door


def test_the_library_is_the_version_the_seam_was_read_against():
    assert importlib.metadata.version("python-amazon-sp-api") == client.LIBRARY_VERSION == "2.1.35"


def test_a_payout_can_never_be_started(endpoints):
    door = quiet(endpoints, 200, b"{}")
    with pytest.raises(Failure) as failed:
        Payouts(door, "na").initiate_payout(marketplaceId="ATVPDKIKX0DER", accountType="STANDARD_ORDERS")
    assert failed.value.kind is FailureKind.OUR_BUG
    assert door.exchanges == []


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_but_the_listed_reads_passes(method):
    assert {operation.method for operation in places.OPERATIONS} == {"GET"}
    for operation in places.OPERATIONS:
        with pytest.raises(Failure):
            client.name_of(method, operation.path)
    with pytest.raises(Failure):
        client.name_of("GET", "/orders/v0/orders")


def test_nobody_names_payout_starting_in_the_provider():
    """Neither a call nor an attribute of that name stands anywhere in our code."""
    for path in Path(client.__file__).parent.glob("*.py"):
        names = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
        assert not {name for name in names if "initiate" in name.lower()}


@pytest.mark.parametrize(
    ("status", "kind"), [(503, FailureKind.UNAVAILABLE), (200, FailureKind.MALFORMED), (403, FailureKind.NEEDS_RECONNECT)]
)
def test_html_is_never_an_empty_success(endpoints, status, kind):
    door = quiet(endpoints, status, HTML, {"content-type": "text/html"})
    with pytest.raises(Failure) as failed:
        client.SettlementReports(door, "na").get_reports(reportTypes=["X"])
    assert failed.value.kind is kind


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b'"text"', b"{", b'{"errors":[{"code":"x","message":"y"}]}'])
def test_a_success_that_is_no_object_is_malformed(endpoints, content):
    door = quiet(endpoints, 200, content)
    with pytest.raises(Failure) as failed:
        client.SettlementReports(door, "na").get_reports(reportTypes=["X"])
    assert failed.value.kind is FailureKind.MALFORMED


def test_numbers_stay_exact(endpoints):
    door = quiet(endpoints, 200, b'{"payload":{"transactions":[{"totalAmount":{"currencyAmount":0.10,"currencyCode":"USD"}}]}}')
    body = client.Transactions(door, "na").list_transactions(postedAfter="2026-01-01").payload
    assert body["payload"]["transactions"][0]["totalAmount"]["currencyAmount"] == Decimal("0.10")


def test_only_what_the_models_know_is_sent(endpoints):
    door = quiet(endpoints, 200, b'{"reports":[]}')
    client.SettlementReports(door, "na").get_reports(reportTypes=["X"])
    assert list(door.exchanges[0].request.url.params) == ["reportTypes"]


def test_the_environment_cannot_supply_another_tenants_token(endpoints, monkeypatch, caplog):
    for name in ("SP_API_REFRESH_TOKEN", "LWA_APP_ID", "LWA_CLIENT_SECRET"):
        monkeypatch.setenv(name, "of-somebody-else")
    monkeypatch.setenv("SP_API_DEFAULT_MARKETPLACE", "JP")
    door = quiet(endpoints, 200, b'{"reports":[]}')
    caplog.set_level(logging.DEBUG)
    library = client.SettlementReports(door, "eu")
    library.get_reports(reportTypes=["X"])
    request = door.exchanges[0].request
    assert request.url.path.startswith("/amazon/eu/")
    assert request.headers["x-amz-access-token"] == "secret-token"
    assert "of-somebody-else" not in repr(vars(library)) + str(request.headers)
    assert "secret-token" not in caplog.text + repr(vars(library))


def test_the_library_stays_quiet():
    assert logging.getLogger("sp_api").level == logging.WARNING


def test_the_librarys_own_defaults_are_still_the_oldest():
    """Why versions are named: an unversioned class is the oldest interface."""
    assert "v0" in str(Orders._DEFAULT_VERSION)
