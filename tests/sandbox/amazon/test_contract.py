"""Every answer of the twin validates against Amazon's models, good ones and refusals; so do its requests' names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from sandbox.amazon.orderjson import DATASETS
from sandbox.app import App
from tests.contracts.amazon_schema import AmazonModels
from tests.sandbox.amazon.conftest import (
    DOCUMENTS,
    GROUPS,
    HARBOUR,
    KOALA,
    LAKESIDE,
    LISTINGS,
    ORDERS,
    PAYOUTS,
    REPORT_TYPE,
    REPORTS,
    STOCK,
    THISTLE,
    TRANSACTIONS,
    Amazon,
    exact,
    stock_of,
)  # fmt: skip

pytestmark = pytest.mark.contracts
READS: list[tuple[str, dict[str, Any]]] = [
    ("/sellers/v1/marketplaceParticipations", {}),
    ("/sellers/v1/account", {}),
    (REPORTS, {"reportTypes": REPORT_TYPE, "pageSize": 100, "processingStatuses": "DONE"}),
    (PAYOUTS, {"createdAfter": "2026-08-01T00:00:00Z"}),
    (f"{PAYOUTS}/expected", {}),
    (TRANSACTIONS, {"postedAfter": "2026-08-01T00:00:00Z"}),
    (GROUPS, {"MaxResultsPerPage": 100}),
    (ORDERS, {"createdAfter": "2026-10-01T00:00:00Z", "includedData": ",".join(DATASETS)}),
    (ORDERS, {"lastUpdatedAfter": "2026-11-10T00:00:00Z"}),
]
DATA = "summaries,attributes,issues,offers,fulfillmentAvailability,productTypes"


@pytest.fixture(scope="module")
def models(shared: Path) -> AmazonModels:
    return AmazonModels(shared / "contracts" / "amazon" / "models")


def judge(models: AmazonModels, method: str, path: str, query: dict[str, Any], answer: TestResponse) -> None:
    operation = models.find(method, path)
    assert operation is not None, path
    assert operation.request_problems({name: [str(value)] for name, value in query.items()}) == []
    assert operation.response_problems(answer.status_code, exact(answer)) == []


@pytest.mark.parametrize("seller_id", [HARBOUR, LAKESIDE, THISTLE, KOALA])
@pytest.mark.parametrize(("path", "query"), READS)
def test_a_good_answer_is_one_the_model_allows(
    app: App, models: AmazonModels, seller_id: str, path: str, query: dict[str, Any]
) -> None:  # fmt: skip
    answer = Amazon(app, seller_id).call("GET", path, **query)
    assert answer.status_code == 200
    judge(models, "GET", path, query, answer)


@pytest.mark.parametrize("seller_id", [HARBOUR, THISTLE, KOALA])
def test_listings_and_stock_are_as_modelled(app: App, models: AmazonModels, seller_id: str) -> None:
    caller = Amazon(app, seller_id)
    for place in caller.seller.marketplaces:
        listed = f"{LISTINGS}/{seller_id}"
        asked = {"marketplaceIds": place.id, "includedData": DATA, "pageSize": 20}
        judge(models, "GET", listed, asked, caller.call("GET", listed, **asked))
        for details in ("true", "false"):
            asked = {**stock_of(place.id), "details": details}
            judge(models, "GET", STOCK, asked, caller.call("GET", STOCK, **asked))


def test_every_page_of_every_list_is_one_the_model_allows(harbour: Amazon, models: AmazonModels) -> None:
    for path, query, token in ((PAYOUTS, {}, "nextToken"), (GROUPS, {"MaxResultsPerPage": 4}, "NextToken")):
        pages = 0
        asked: dict[str, Any] = dict(query)
        while True:
            answer = harbour.call("GET", path, **asked)
            judge(models, "GET", path, asked, answer)
            body = exact(answer)
            pages += 1
            following = body.get("payload", body).get(token)
            if not following:
                break
            asked = {**query, token: following}
        assert pages > 2


def test_a_single_report_and_its_document_are_as_modelled(harbour: Amazon, models: AmazonModels) -> None:
    report = harbour.reports()[0]
    for path in (f"{REPORTS}/{report['reportId']}", f"{DOCUMENTS}/{report['reportDocumentId']}"):
        judge(models, "GET", path, {}, harbour.call("GET", path))


def test_a_requested_report_is_as_modelled(harbour: Amazon, models: AmazonModels) -> None:
    body = {"reportType": "GET_LEDGER_SUMMARY_VIEW_DATA", "marketplaceIds": ["ATVPDKIKX0DER"]}
    operation = models.by_id("createReport")
    assert operation.request_problems({}, body) == []
    answer = harbour.call("POST", REPORTS, body)
    assert answer.status_code == 202
    assert operation.response_problems(202, exact(answer)) == []


@pytest.mark.parametrize(("path", "query"), READS)
@pytest.mark.parametrize(("kind", "status"), [("throttle", 429), ("500", 500), ("expire", 403), ("revoke", 403)])
def test_a_refusal_is_one_the_model_allows(
    app: App, harbour: Amazon, models: AmazonModels, path: str, query: dict[str, Any], kind: str, status: int
) -> None:  # fmt: skip
    app.world.faults.add("amazon", "*", kind)
    answer = harbour.call("GET", path, **query)
    assert answer.status_code == status
    judge(models, "GET", path, query, answer)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (REPORTS, {"pageSize": 10}),
        (GROUPS, {"FinancialEventGroupStartedAfter": "2027-01-01T00:00:00Z"}),
        (TRANSACTIONS, {}),
        (STOCK, stock_of("A1F83G8C2ARO7P")),
        (f"{LISTINGS}/{HARBOUR}", {"marketplaceIds": "A1F83G8C2ARO7P"}),
    ],
)
def test_bad_input_is_refused_as_modelled(harbour: Amazon, models: AmazonModels, path: str, query: dict[str, Any]) -> None:
    answer = harbour.call("GET", path, **query)
    assert answer.status_code == 400
    judge(models, "GET", path, query, answer)


def test_a_key_the_model_does_not_know_fails(models: AmazonModels) -> None:
    payouts = models.by_id("listPayouts")
    assert payouts.response_problems(200, {"payouts": [], "payload": []}) != []
    assert payouts.response_problems(200, {"payouts": [{"id": "1", "surprise": 1}]}) != []
    assert payouts.response_problems(418, {}) == ["listPayouts: status 418 is not declared"]
    assert payouts.request_problems({"marketplaceIds": ["A,B"], "MarketplaceId": ["A"]}) == [
        "listPayouts: no query parameter MarketplaceId"
    ]


def test_a_context_may_hold_the_keys_of_its_kind_and_no_others(models: AmazonModels) -> None:
    transactions = models.by_id("listTransactions")

    def problems(context: dict[str, Any]) -> list[str]:
        return transactions.response_problems(200, {"payload": {"transactions": [{"contexts": [context]}]}})

    assert problems({"contextType": "DeferredContext", "deferralReason": "DD7", "maturityDate": "2026-11-20T00:00:00Z"}) == []
    assert problems({"contextType": "DeferredContext", "until": "2026-11-20T00:00:00Z"}) != []
    assert problems({"contextType": "DeferredContext", "maturityDate": "soon"}) != []


USED = (
    "getReports", "getReport", "getReportDocument", "createReport", "listTransactions", "listPayouts", "listExpectedPayouts",
    "listFinancialEventGroups", "getMarketplaceParticipations", "getAccount",
    "searchListingsItems",
)  # fmt: skip
MISTAKEN = {"getAccount": "defaultCurrencyCode"}
"""Amazon's own example of getAccount says `defaultCurrency` and `defaultLanguage` where its definition wants `...Code`."""


@pytest.mark.parametrize("operation_id", USED)
def test_the_models_own_examples_pass(models: AmazonModels, operation_id: str) -> None:
    operation = models.by_id(operation_id)
    examples = list(operation.examples())
    assert examples
    for example in examples:
        problems = operation.response_problems(example.status, example.response)
        if operation_id in MISTAKEN and example.status == 200:
            assert any(MISTAKEN[operation_id] in problem for problem in problems)
        else:
            assert problems == []
