"""Every static sandbox example of the operations we use goes through our client and mapper; budgets are the models' own."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from connections import jsontext
from connections.contracts import ExternalAccount, SettlementListing, TokenSet
from connections.errors import Failure, FailureKind
from connections.providers.amazon import client, places, provider, queue
from connections.providers.amazon.auth import describe
from tests.connections.providers.door import PlainDoor
from tests.contracts.amazon_schema import AmazonModels

pytestmark = pytest.mark.contracts
ACCOUNT = ExternalAccount("A", "", region="na")


@pytest.fixture(scope="module")
def models(shared: Any) -> AmazonModels:
    return AmazonModels(shared / "contracts" / "amazon" / "models")


def answering(endpoints, examples):
    """A door that answers with one example after another."""
    door = PlainDoor(endpoints, provider, TokenSet("a", "r"))
    answers = iter(examples)

    def exchange(request):
        example = next(answers, None)
        return (
            (example.status, {}, jsontext.dumps(example.response).encode())
            if example
            else (200, {}, b'{"payouts":[],"reports":[]}')
        )

    door._exchange = exchange
    return door


def examples(models, operation, status):
    return [example for example in models.by_id(operation).examples() if (example.status == 200) is (status == 200)]


SINCE = datetime(2025, 1, 1, tzinfo=UTC)
CALLS = {
    "searchOrders": lambda door: next(provider.order_source.order_pages(door, ACCOUNT, since=SINCE)),
    "getOrder": lambda door: provider.order_source.order(door, ACCOUNT, "112-0000001-0000001"),
    "getSubscription": lambda door: queue._subscription(door, "na", "ORDER_CHANGE"),
    "getReports": lambda door: client.SettlementReports(door, "na").get_reports(reportTypes=["X"]),
    "getReportDocument": lambda door: client.SettlementReports(door, "na").get_report_document("D"),
    "listTransactions": lambda door: next(provider.source.transaction_pages(door, ACCOUNT, order_id="O")),
    "listPayouts": lambda door: next(provider.source.payout_pages(door, ACCOUNT, since=None)),
    "listFinancialEventGroups": lambda door: provider._groups(client.EventGroups(door, "na"), "", provider.now()),
    "getMarketplaceParticipations": lambda door: describe(door, ACCOUNT, headers={}, signed=True),
}


@pytest.mark.parametrize("operation", sorted(CALLS))
def test_each_refusal_in_the_models_is_a_failure(models, endpoints, operation):
    for example in examples(models, operation, 400):
        with pytest.raises(Failure) as failed:
            CALLS[operation](answering(endpoints, [example]))
        assert failed.value.kind is FailureKind.OUR_BUG, example


@pytest.mark.parametrize("operation", sorted(CALLS))
def test_each_success_in_the_models_is_read(models, endpoints, operation):
    found = examples(models, operation, 200)
    assert found
    for example in found:
        assert CALLS[operation](answering(endpoints, [example]))


def test_listed_reports_that_are_not_ready_give_no_listing(models, endpoints):
    door = answering(endpoints, examples(models, "getReports", 200))
    assert list(provider.source.settlement_pages(door, ACCOUNT, since=None)) == [[], []]
    assert dict(door.exchanges[1].request.url.params) == {
        "nextToken": "VGhpcyB0b2tlbiBpcyBvcGFxdWUgYW5kIGludGVudGlvbmFsbHkgb2JmdXNjYXRlZA=="
    }


def test_the_payout_of_the_model(models, endpoints):
    fact = CALLS["listPayouts"](answering(endpoints, examples(models, "listPayouts", 200)))[0]
    assert (fact.payout_id, fact.status, fact.amount, fact.currency) == ("11888387941", "PAID", Decimal("1250.75"), "USD")
    assert (fact.settlement_ids, fact.trace_id, fact.account_tail) == (("11888387941",), "4B03616UONXSAWP", "1234")


def test_the_orders_of_the_models_sandbox(models, endpoints):
    door = answering(endpoints, examples(models, "searchOrders", 200)[:1])
    page = CALLS["searchOrders"](door)
    (order,) = page.orders
    assert (order.order_id, order.currency, order.marketplace) == ("250-1234567-8901234", "JPY", "Amazon.co.jp")
    assert (order.total, order.gross) == (Decimal(19940), Decimal(19940))
    assert [(line.sku, line.quantity, line.shipped) for line in order.lines] == [
        ("ECHO-DOT-4-JP-CHARCOAL", Decimal(1), Decimal(1)),
        ("FIRE-TV-4K-MAX-JP", Decimal(2), Decimal(2)),
    ]
    assert page.token == "2YgYW55IGNhcm5hbCBwbGVhc3VyZS4"


def test_the_event_group_of_the_model(models, endpoints):
    (fact,), token = CALLS["listFinancialEventGroups"](answering(endpoints, examples(models, "listFinancialEventGroups", 200)))
    assert (fact.payout_id, fact.status, fact.amount, fact.trace_id) == ("1", "TRANSFERED", Decimal("10.34"), "34550454504545")
    assert token == "3493805734095308457308475"


def test_the_transaction_of_the_model(models, endpoints):
    (fact,) = CALLS["listTransactions"](answering(endpoints, examples(models, "listTransactions", 200)))
    assert (fact.type, fact.amount, fact.currency) == ("Shipment", Decimal(10), "USD")
    assert fact.identifiers["ORDER_ID"] == ("8129762527551",)


def test_the_document_of_the_model_is_downloaded_from_its_address(models, endpoints):
    example = examples(models, "getReportDocument", 200)[0]
    door = answering(endpoints, [example])
    listing = SettlementListing("R", example.response["reportDocumentId"], provider.now(), None, None)
    provider.source.download_settlement(door, ACCOUNT, listing)
    assert str(door.exchanges[1].request.url) == example.response["url"]


def test_the_store_of_the_model(models, endpoints):
    account = CALLS["getMarketplaceParticipations"](answering(endpoints, examples(models, "getMarketplaceParticipations", 200)))
    assert (account.name, account.currency, account.facts["home"]) == ("BestSellerStore", "USD", "US")


def test_budgets_are_the_usage_plans_of_the_models(models):
    for operation in places.OPERATIONS + places.OWN_OPERATIONS:
        described = models.by_id(operation.name).declared["description"]
        rate, burst = re.findall(r"\|\s*([\d.]+)\s*\|\s*(\d+)\s*\|", described)[0]
        assert (Decimal(rate), int(burst)) == (Decimal(str(operation.rate)), operation.burst), operation.name
