"""Payouts, expected payouts and event groups agree with the settlements, whatever became of the money."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from sandbox.app import App
from tests.sandbox.amazon.conftest import GROUPS, HARBOUR, KOALA, PAYOUTS, THISTLE, Amazon


def all_payouts(caller: Amazon, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    page = caller.get(PAYOUTS, **query)
    while True:
        found += page["payouts"]
        if "nextToken" not in page:
            return found
        page = caller.get(PAYOUTS, nextToken=page["nextToken"], **query)


def settlements(app: App, seller_id: str) -> dict[str, dict[str, Any]]:
    return {one["settlement_id"]: one for one in app.twins["amazon"].seeded()["settlements"] if one["seller_id"] == seller_id}


def covered(payout: dict[str, Any]) -> list[str]:
    return [one["relatedIdentifierValue"] for one in payout["relatedIdentifiers"]]


@pytest.mark.parametrize("seller_id", [HARBOUR, THISTLE, KOALA])
def test_every_settlement_is_in_one_payout_whose_amount_is_the_sum_of_its_headers(app: App, seller_id: str) -> None:
    known = settlements(app, seller_id)
    payouts = all_payouts(Amazon(app, seller_id))
    assert sorted(one for payout in payouts for one in covered(payout)) == sorted(known)
    for payout in payouts:
        total = sum((Decimal(known[one]["header_total"]) for one in covered(payout)), Decimal(0))
        if total > 0:
            assert payout["amount"]["currencyAmount"] == total
            assert payout["amount"]["currencyCode"] == known[covered(payout)[0]]["currency"]
        else:
            assert payout["currentStatus"] == "NO_PAYOUT"
            assert "amount" not in payout
            assert "traceId" not in payout


def test_a_negative_settlement_has_no_payout_and_a_refused_one_failed(app: App, harbour: Amazon) -> None:
    by_settlement = {one: payout for payout in all_payouts(harbour) for one in covered(payout)}
    for settlement_id, one in settlements(app, HARBOUR).items():
        codes = {event["code"] for event in one["events"]}
        payout = by_settlement[settlement_id]
        expected = "NO_PAYOUT" if "negative" in codes else "FAILED" if "payout_failed" in codes else "PAID"
        assert payout["currentStatus"] == expected
        assert payout["statusHistory"][-1]["status"] == expected
        assert ("failureReason" in payout["statusHistory"][-1]) is (expected == "FAILED")


def test_one_payout_covers_the_settlements_of_two_stores(thistle: Amazon) -> None:
    (shared,) = [payout for payout in all_payouts(thistle) if len(covered(payout)) == 2]
    assert shared["amount"]["currencyCode"] == "EUR"
    assert shared["currentStatus"] == "PAID"


def test_everything_held_in_reserve_pays_nothing(koala: Amazon) -> None:
    statuses = [payout["currentStatus"] for payout in all_payouts(koala, marketplaceIds="A39IBJ37TRP1C6")]
    assert statuses.count("NO_PAYOUT") == 1


def test_a_payout_goes_its_way_as_time_passes(app: App, harbour: Amazon) -> None:
    def newest() -> str:
        harbour.token = harbour.fresh_token()
        return all_payouts(harbour, marketplaceIds="ATVPDKIKX0DER")[0]["currentStatus"]

    # Period 10 of the US store ends on 1 December at 22:07:18.
    app.world.clock.shift(timedelta(days=10, hours=15).total_seconds())
    statuses = [newest()]
    for hours in (7, 40):
        app.world.clock.shift(timedelta(hours=hours).total_seconds())
        statuses.append(newest())
    assert statuses == ["STARTED", "IN_TRANSIT", "PAID"]


def test_filters_narrow(harbour: Amazon) -> None:
    everything = all_payouts(harbour)
    assert len(everything) == 27
    one = everything[5]
    assert all_payouts(harbour, payoutId=one["id"]) == [one]
    assert {p["partnerMetadata"]["marketplaceId"] for p in all_payouts(harbour, marketplaceIds="A2EUQ1WTGCTBG2")} == {
        "A2EUQ1WTGCTBG2"
    }
    late = all_payouts(harbour, createdAfter="2026-11-01T00:00:00Z")
    assert {payout["creationDate"][:10] for payout in late} == {"2026-11-02", "2026-11-03", "2026-11-16", "2026-11-17"}
    assert all_payouts(harbour, createdBefore="2026-01-01T00:00:00Z") == []
    assert all_payouts(harbour, accountType="INVOICED_ORDERS") == []


def test_trace_ids_are_the_same_in_payouts_and_event_groups(app: App, harbour: Amazon) -> None:
    groups = harbour.get(GROUPS, MaxResultsPerPage=100)["payload"]["FinancialEventGroupList"]
    traces = {group["TraceId"] for group in groups if "TraceId" in group}
    assert traces == {payout["traceId"] for payout in all_payouts(harbour) if "traceId" in payout}
    closed = [group for group in groups if group["ProcessingStatus"] == "Closed"]
    assert sorted(str(group["OriginalTotal"]["CurrencyAmount"]) for group in closed) == sorted(
        one["header_total"] for one in settlements(app, HARBOUR).values()
    )
    assert len([group for group in groups if group["ProcessingStatus"] == "Open"]) == 3


def test_each_store_has_an_expected_payout(harbour: Amazon) -> None:
    expected = harbour.get(f"{PAYOUTS}/expected")["expectedPayouts"]
    assert [one["partnerMetadata"]["marketplaceId"] for one in expected] == ["ATVPDKIKX0DER", "A2EUQ1WTGCTBG2", "A1AM78C64UM0Y8"]
    for one in expected:
        assert ("amount" in one) is (one["status"] == "SCHEDULED")
