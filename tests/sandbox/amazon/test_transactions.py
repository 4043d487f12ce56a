"""listTransactions tells the same money as the files, with its own habits: lag, empty pages, deferrals."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from sandbox.app import App
from tests.sandbox.amazon.conftest import HARBOUR, TRANSACTIONS, Amazon

SINCE = {"postedAfter": "2026-06-15T00:00:00Z"}


def pages(caller: Amazon, **query: Any) -> list[list[dict[str, Any]]]:
    found = []
    page = caller.get(TRANSACTIONS, **query)["payload"]
    while True:
        found.append(page["transactions"])
        if "nextToken" not in page:
            return found
        page = caller.get(TRANSACTIONS, nextToken=page["nextToken"], **query)["payload"]


def everything(caller: Amazon, **query: Any) -> list[dict[str, Any]]:
    return [one for page in pages(caller, **query) for one in page]


def related(transaction: dict[str, Any], name: str) -> str | None:
    return next(
        (r["relatedIdentifierValue"] for r in transaction["relatedIdentifiers"] if r["relatedIdentifierName"] == name), None
    )


def test_released_transactions_add_up_to_their_settlement(app: App, harbour: Amazon) -> None:
    sums: dict[str, Decimal] = {}
    for one in everything(harbour, **SINCE, transactionStatus="RELEASED"):
        settlement = str(related(one, "SETTLEMENT_ID"))
        sums[settlement] = sums.get(settlement, Decimal(0)) + one["totalAmount"]["currencyAmount"]
    closed = [one for one in app.twins["amazon"].seeded()["settlements"] if one["seller_id"] == HARBOUR]
    assert {one["settlement_id"]: Decimal(one["line_total"]) for one in closed}.items() <= sums.items()


def test_breakdowns_add_up_to_the_transaction(harbour: Amazon) -> None:
    for one in everything(harbour, postedAfter="2026-11-01T00:00:00Z"):
        assert (
            sum(part["breakdownAmount"]["currencyAmount"] for part in one["breakdowns"]) == one["totalAmount"]["currencyAmount"]
        )
        for part in one["breakdowns"]:
            assert (
                sum(leaf["breakdownAmount"]["currencyAmount"] for leaf in part["breakdowns"])
                == (part["breakdownAmount"]["currencyAmount"])
            )


def test_some_pages_are_empty_although_more_follow(harbour: Amazon) -> None:
    sizes = [len(page) for page in pages(harbour, **SINCE)]
    assert sizes[2] == 0
    assert sizes[3] > 0
    assert max(sizes) == 100


def test_a_deferred_transaction_and_its_release_name_each_other(app: App, harbour: Amazon) -> None:
    by_id = {one["transactionId"]: one for one in everything(harbour, **SINCE)}
    done = [one for one in by_id.values() if one["transactionStatus"] == "DEFERRED_RELEASED"]
    waiting = [one for one in by_id.values() if one["transactionStatus"] == "DEFERRED"]
    assert done
    assert waiting
    for one in done:
        release = by_id.get(str(related(one, "RELEASE_TRANSACTION_ID")))
        if release is not None:  # the release may still be on its way: it shows up to two days late
            assert related(release, "DEFERRED_TRANSACTION_ID") == one["transactionId"]
            assert release["totalAmount"] == one["totalAmount"]
    (context,) = waiting[0]["contexts"]
    assert context["deferralReason"] == "DD7"
    app.world.clock.shift(timedelta(days=9).total_seconds())
    harbour.token = harbour.fresh_token()
    later = {one["transactionId"]: one["transactionStatus"] for one in everything(harbour, **SINCE)}
    assert later[waiting[0]["transactionId"]] == "DEFERRED_RELEASED"


def test_an_order_and_a_group_can_be_looked_up(harbour: Amazon) -> None:
    one = next(one for one in everything(harbour, postedAfter="2026-11-01T00:00:00Z") if one["transactionType"] == "Shipment")
    order = str(related(one, "ORDER_ID"))
    by_order = everything(harbour, relatedIdentifierName="ORDER_ID", relatedIdentifierValue=order)
    assert one in by_order
    assert {related(found, "ORDER_ID") for found in by_order} == {order}
    group = related(next(o for o in by_order if o["transactionStatus"] == "RELEASED"), "FINANCIAL_EVENT_GROUP_ID")
    in_group = everything(harbour, relatedIdentifierName="FINANCIAL_EVENT_GROUP_ID", relatedIdentifierValue=group)
    assert len(in_group) > len(by_order)


def test_a_range_of_more_than_180_days_is_empty(harbour: Amazon) -> None:
    assert everything(harbour, postedAfter="2026-05-01T00:00:00Z") == []
    assert everything(harbour, postedAfter="2026-05-30T00:00:00Z")


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"relatedIdentifierName": "SETTLEMENT_ID", "relatedIdentifierValue": "1"},
        {"relatedIdentifierName": "ORDER_ID"},
        {"postedAfter": "2026-11-21T08:59:00Z"},
        {"postedAfter": "2026-11-10", "postedBefore": "2026-11-09"},
        {"postedAfter": "2026-11-10", "transactionStatus": "Released"},
        {"postedAfter": "2026-11-10", "nextToken": "abc"},
    ],
)
def test_bad_questions_are_refused(harbour: Amazon, query: dict[str, str]) -> None:
    answer = harbour.call("GET", TRANSACTIONS, **query)
    assert answer.status_code == 400
    assert answer.get_json()["errors"][0]["code"] == "InvalidInput"


def test_a_token_belongs_to_its_arguments(harbour: Amazon) -> None:
    token = harbour.get(TRANSACTIONS, **SINCE)["payload"]["nextToken"]
    assert harbour.call("GET", TRANSACTIONS, postedAfter="2026-07-01T00:00:00Z", nextToken=token).status_code == 400


def test_a_store_and_a_date_narrow(harbour: Amazon) -> None:
    found = everything(harbour, postedAfter="2026-11-01", postedBefore="2026-11-08", marketplaceId="A2EUQ1WTGCTBG2")
    assert found
    assert {one["marketplaceDetails"]["marketplaceName"] for one in found} == {"Amazon.ca"}
    assert all("2026-11-01" <= one["postedDate"] < "2026-11-08" for one in found)


def test_events_show_up_late(app: App, harbour: Amazon) -> None:
    before = len(everything(harbour, **SINCE, transactionStatus="RELEASED", postedBefore="2026-11-21T08:00:00Z"))
    app.world.clock.shift(timedelta(days=2).total_seconds())
    harbour.token = harbour.fresh_token()
    assert len(everything(harbour, **SINCE, transactionStatus="RELEASED", postedBefore="2026-11-21T08:00:00Z")) > before
