"""Both providers through the product's own door: tokens from the vault, budgets, the call log, refusals."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connections import oauth
from connections.contracts import ExternalAccount, OutcomeKind, TokenSet
from connections.errors import Failure, FailureKind
from connections.http import door_for
from connections.models import ApiCall, Connection
from connections.providers.amazon import client
from connections.providers.amazon import provider as amazon
from connections.providers.quickbooks_online import provider as quickbooks
from sandbox.quickbooks_online.seed import US
from tenants.clock import now
from tests.connections.providers.amazon.conftest import APP, SELLER_OF
from tests.connections.providers.amazon.test_library import Payouts
from tests.connections.providers.quickbooks_online.documents import request, small_journal


@pytest.fixture
def seller(twins: Any, tenant: Any) -> Connection:
    """An Amazon connection whose access token is not there yet: the first call fetches it."""
    given = twins.command("amazon", "authorize", seller=SELLER_OF["na"], client=APP.client_id)
    tokens = TokenSet("none yet", given["refresh_token"], access_expires=now() - timedelta(hours=1))
    account = ExternalAccount(SELLER_OF["na"], "Harbour & Pine", region="na")
    return oauth.establish(provider="amazon", environment="twin", region="na", given=tokens, account=account)


@pytest.fixture
def company(twins: Any, tenant: Any) -> Connection:
    given = twins.command("quickbooks_online", "authorise", realm=US)
    tokens = TokenSet(given["access_token"], given["refresh_token"], access_expires=now() + timedelta(hours=1))
    account = ExternalAccount(US, "Harbor Lane Goods", country="US")
    return oauth.establish(provider="quickbooks_online", environment="twin", region="", given=tokens, account=account)


def test_reports_are_listed_and_downloaded(seller: Connection) -> None:
    door, account = door_for(seller), seller.account()
    listed = [listing for page in amazon.source.settlement_pages(door, account, since=None) for listing in page]
    assert len(listed) >= 15
    assert amazon.source.download_settlement(door, account, listed[0]).content[:2] == b"\x1f\x8b"
    calls = ApiCall.objects.filter(connection=seller)
    assert {"getReports", "getReportDocument", "downloadDocument"} <= set(calls.values_list("operation", flat=True))


def test_an_expired_token_is_renewed_on_the_way(seller: Connection, twins: Any) -> None:
    door, account = door_for(seller), seller.account()
    assert next(amazon.source.payout_pages(door, account, since=None))
    twins.command("amazon", "expire")
    assert next(amazon.source.payout_pages(door, account, since=None))


@pytest.mark.parametrize(("trouble", "kind"), [("throttle", FailureKind.THROTTLED), ("503html", FailureKind.UNAVAILABLE)])
def test_the_library_never_sees_a_refusal(seller: Connection, twins: Any, trouble: str, kind: FailureKind) -> None:
    twins.fault("amazon", trouble, "getReports", count=1)
    with pytest.raises(Failure) as failed:
        client.SettlementReports(door_for(seller), "na").get_reports(reportTypes=["X"])
    assert failed.value.kind is kind


def test_no_payout_leaves_by_the_real_door(seller: Connection) -> None:
    with pytest.raises(Failure):
        Payouts(door_for(seller), "na").initiate_payout(marketplaceId="ATVPDKIKX0DER", accountType="STANDARD_ORDERS")
    assert not ApiCall.objects.filter(connection=seller).exists()


def test_a_journal_is_posted_lost_and_found(company: Connection, twins: Any) -> None:
    door, account, target = door_for(company), company.account(), quickbooks.target
    facts = target.company(door, account)
    accounts = {
        item.name: item.external_id for page in target.reference_pages(door, account, ["account"], since=None) for item in page
    }
    asked = request(target, small_journal(accounts["Checking"], accounts["Sales of Product Income"]), facts, "real")
    twins.fault("quickbooks_online", "drop-after-commit", count=1)
    lost = target.post(door, account, [asked])[0]
    assert lost.kind is OutcomeKind.UNKNOWN
    found = target.find(door, account, [asked])[asked.marker]
    removed = target.remove(door, account, "journal_entry", found.external_id, found.external_version)
    assert removed.kind is OutcomeKind.CREATED
    assert removed.trace_id.startswith("1-")


def test_a_test_run_cannot_write(company: Connection) -> None:
    door, target = door_for(company, "test"), quickbooks.target
    asked = request(target, small_journal("1", "2"), target.company(door, company.account()), "rehearsal")
    with pytest.raises(Failure) as failed:
        target.post(door, company.account(), [asked])
    assert failed.value.kind is FailureKind.WRITES_REFUSED
