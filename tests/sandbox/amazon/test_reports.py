"""Listing and fetching settlement reports: windows, pages, duplicates, addresses that lapse, limits."""

from __future__ import annotations

import gzip
from collections import Counter
from datetime import datetime, timedelta

import pytest

from sandbox.app import App
from tests.sandbox.amazon.conftest import DOCUMENTS, LAKESIDE, REPORT_TYPE, REPORTS, Amazon
from tests.sandbox.conftest import NOW

LISTED = 63
"""Three stores, seven fortnights within 90 days, each listed once for every store."""


def settlement_id(data: bytes) -> str:
    return gzip.decompress(data).split(b"\n")[1].split(b"\t")[0].decode()


def test_only_the_last_ninety_days_are_listed_newest_first(harbour: Amazon) -> None:
    created = [datetime.fromisoformat(report["createdTime"]) for report in harbour.reports()]
    assert len(created) == LISTED
    assert created == sorted(created, reverse=True)
    assert all(NOW - timedelta(days=90) <= at <= NOW for at in created)


def test_a_settlement_is_listed_once_for_every_store_of_the_account(harbour: Amazon) -> None:
    ids = Counter(settlement_id(harbour.file_of(report).get_data()) for report in harbour.reports())
    assert set(ids.values()) == {3}
    assert len(ids) == 21
    assert len({report["reportId"] for report in harbour.reports()}) == LISTED


def test_pages_follow_by_token_alone(harbour: Amazon) -> None:
    page = harbour.get(REPORTS, reportTypes=REPORT_TYPE, pageSize=25)
    seen = [report["reportId"] for report in page["reports"]]
    while "nextToken" in page:
        page = harbour.get(REPORTS, nextToken=page["nextToken"])
        seen += [report["reportId"] for report in page["reports"]]
    assert seen == [report["reportId"] for report in harbour.reports()]


def test_a_token_with_other_parameters_is_refused(harbour: Amazon) -> None:
    token = harbour.get(REPORTS, reportTypes=REPORT_TYPE)["nextToken"]
    answer = harbour.call("GET", REPORTS, nextToken=token, reportTypes=REPORT_TYPE)
    assert answer.status_code == 400
    assert answer.get_json()["errors"][0]["code"] == "InvalidInput"


def test_the_first_page_has_ten(harbour: Amazon) -> None:
    assert len(harbour.get(REPORTS, reportTypes=REPORT_TYPE)["reports"]) == 10


def test_filters_narrow(harbour: Amazon) -> None:
    assert len(harbour.reports(marketplaceIds="ATVPDKIKX0DER")) == 21
    assert harbour.reports(processingStatuses="FATAL,CANCELLED") == []
    recent = harbour.reports(createdSince="2026-11-10T00:00:00Z")
    assert {report["dataEndTime"][:10] for report in recent} == {"2026-11-16", "2026-11-17"}
    assert harbour.reports(createdUntil="2026-08-01T00:00:00Z") == []


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"reportTypes": REPORT_TYPE, "pageSize": "101"},
        {"reportTypes": REPORT_TYPE, "createdSince": "2026-01-01T00:00:00Z"},
        {"reportTypes": REPORT_TYPE, "createdSince": "soon"},
        {"reportTypes": REPORT_TYPE, "processingStatuses": "READY"},
        {"nextToken": "not one of ours"},
    ],
)
def test_bad_questions_are_refused(harbour: Amazon, query: dict[str, str]) -> None:
    assert harbour.call("GET", REPORTS, **query).status_code == 400


def test_unknown_parameters_are_ignored(harbour: Amazon) -> None:
    assert len(harbour.reports(MarketplaceId="X", marketplace_ids="Y")) == LISTED


def test_new_settlements_appear_as_time_goes_on_and_old_ones_go(app: App, harbour: Amazon) -> None:
    before = {report["reportId"] for report in harbour.reports()}
    app.world.clock.shift(timedelta(days=14).total_seconds())
    harbour.token = harbour.fresh_token()
    after = {report["reportId"] for report in harbour.reports()}
    assert len(after - before) == 9
    assert len(before - after) == 9


def test_a_settlement_report_cannot_be_requested(harbour: Amazon) -> None:
    answer = harbour.call("POST", REPORTS, {"reportType": REPORT_TYPE, "marketplaceIds": ["ATVPDKIKX0DER"]})
    assert answer.status_code == 400
    assert answer.get_json()["errors"][0]["code"] == "InvalidInput"


def test_another_report_is_queued_and_ends_without_data(app: App, harbour: Amazon) -> None:
    body = {"reportType": "GET_LEDGER_SUMMARY_VIEW_DATA", "marketplaceIds": ["ATVPDKIKX0DER"]}
    report_id = harbour.call("POST", REPORTS, body).get_json()["reportId"]
    statuses = []
    for _ in range(3):
        statuses.append(harbour.get(f"{REPORTS}/{report_id}")["processingStatus"])
        app.world.clock.shift(25)
    assert statuses == ["IN_QUEUE", "IN_PROGRESS", "CANCELLED"]


def test_a_document_needs_no_headers_and_lapses_after_five_minutes(app: App) -> None:
    lakeside = Amazon(app, LAKESIDE)
    url = lakeside.get(f"{DOCUMENTS}/{lakeside.reports()[0]['reportDocumentId']}")["url"]
    good = lakeside.client.get(url)
    assert good.status_code == 200
    assert good.headers["Content-Type"] == "text/plain; charset=UTF-8"
    assert "Content-Encoding" not in good.headers
    assert gzip.decompress(good.get_data()).startswith(b"settlement-id\t")
    app.world.clock.shift(301)
    lapsed = lakeside.client.get(url)
    assert lapsed.status_code == 403
    assert "Request has expired" in lapsed.text


def test_a_forged_address_opens_nothing(harbour: Amazon) -> None:
    first, second = harbour.reports()[:2]
    url = harbour.get(f"{DOCUMENTS}/{first['reportDocumentId']}")["url"]
    assert harbour.client.get(url.replace(first["reportDocumentId"], second["reportDocumentId"])).status_code == 403


def test_the_address_may_say_that_it_is_compressed(harbour: Amazon) -> None:
    report = harbour.reports()[0]
    url = harbour.get(f"{DOCUMENTS}/{report['reportDocumentId']}", enableContentEncodingUrlHeader="true")["url"]
    assert harbour.client.get(url).headers["Content-Encoding"] == "gzip"


def test_another_sellers_report_does_not_exist(harbour: Amazon, thistle: Amazon) -> None:
    report = thistle.reports()[0]
    assert harbour.call("GET", f"{REPORTS}/{report['reportId']}").status_code == 404
    assert harbour.call("GET", f"{DOCUMENTS}/{report['reportDocumentId']}").status_code == 404


def test_a_file_may_arrive_cut_short(app: App, harbour: Amazon) -> None:
    report = harbour.reports()[0]
    app.world.faults.add("amazon", "document", "malformed", cut_at=200)
    cut = harbour.file_of(report).get_data()
    assert len(cut) == 200
    with pytest.raises(EOFError):
        gzip.decompress(cut)


def test_a_report_can_stand_at_fatal(app: App, harbour: Amazon) -> None:
    chosen = settlement_id(harbour.file_of(harbour.reports()[0]).get_data())
    app.twins["amazon"].command("report", {"settlement_id": chosen, "status": "FATAL"})
    fatal = harbour.reports(processingStatuses="FATAL")
    assert len(fatal) == 3
    assert all("reportDocumentId" not in report for report in fatal)


def test_a_settlement_can_be_issued_again_with_a_change(app: App, harbour: Amazon) -> None:
    original = harbour.reports(marketplaceIds="A2EUQ1WTGCTBG2")[0]
    before = gzip.decompress(harbour.file_of(original).get_data()).splitlines()
    chosen = before[1].split(b"\t")[0].decode()
    app.twins["amazon"].command("reissue", {"settlement_id": chosen, "row": 3, "delta": "0.05"})
    again = harbour.reports(createdSince=NOW.strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert len(again) == 1
    assert again[0]["reportId"] not in {report["reportId"] for report in harbour.reports(createdUntil="2026-11-20T00:00:00Z")}
    after = gzip.decompress(harbour.file_of(again[0]).get_data()).splitlines()
    assert [number for number, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]] == [1, 5]


def test_limits_are_the_models_rates_times_the_scale(app: App, harbour: Amazon) -> None:
    assert "x-amzn-RateLimit-Limit" not in harbour.call("GET", REPORTS, reportTypes=REPORT_TYPE).headers
    app.world.scale = 100
    answers = [harbour.call("GET", REPORTS, reportTypes=REPORT_TYPE) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert answers[0].headers["x-amzn-RateLimit-Limit"] == "2.22"
    assert answers[-1].get_json() == {
        "errors": [{"code": "QuotaExceeded", "message": "You exceeded your quota for the requested resource.", "details": ""}]
    }
    assert all(answer.headers["x-amzn-RequestId"] for answer in answers)
    app.world.clock.shift(0.5)
    assert harbour.call("GET", REPORTS, reportTypes=REPORT_TYPE).status_code == 200
    assert harbour.call("GET", REPORTS, reportTypes=REPORT_TYPE).status_code == 429


def test_each_seller_and_operation_has_a_budget_of_its_own(app: App, harbour: Amazon, thistle: Amazon) -> None:
    app.world.scale = 1
    for _ in range(11):
        harbour.call("GET", REPORTS, reportTypes=REPORT_TYPE)
    assert harbour.call("GET", REPORTS, reportTypes=REPORT_TYPE).status_code == 429
    assert harbour.call("GET", "/sellers/v1/account").status_code == 200
    assert thistle.call("GET", REPORTS, reportTypes=REPORT_TYPE).status_code == 200
