"""Amazon's answers and refusals, value to value: unknown words are kept, missing fields refused."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from connections.errors import Failure, FailureKind
from connections.providers.amazon import client, mapper
from connections.providers.amazon.client import judge
from connections.providers.amazon.places import MARKETPLACES, operation_of

REPORT = {
    "reportId": "R1",
    "reportType": "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2",
    "processingStatus": "DONE",
    "reportDocumentId": "D1",
    "createdTime": "2026-11-18T23:07:18+00:00",
    "dataStartTime": "2026-11-04T22:07:18Z",
    "marketplaceIds": ["ATVPDKIKX0DER"],
}
PAYOUT = {
    "id": "P1",
    "currentStatus": "PAID",
    "amount": {"currencyCode": "USD", "currencyAmount": Decimal("1250.75")},
    "traceId": "T",
    "partnerMetadata": {"marketplaceId": "ATVPDKIKX0DER"},
    "creationDate": "2024-06-01T00:00:00Z",
    "relatedIdentifiers": [
        {"relatedIdentifierName": "SETTLEMENT_ID", "relatedIdentifierValue": "118"},
        {"relatedIdentifierName": "NEW"},
    ],
}


def without(body, name):
    return {key: value for key, value in body.items() if key != name}


def test_a_report():
    found = mapper.listing(REPORT)
    assert (found.report_id, found.document_id, found.marketplaces) == ("R1", "D1", ("ATVPDKIKX0DER",))
    assert found.created_at == datetime(2026, 11, 18, 23, 7, 18, tzinfo=UTC)
    assert (found.period_start, found.period_end) == (datetime(2026, 11, 4, 22, 7, 18, tzinfo=UTC), None)


@pytest.mark.parametrize("status", ["IN_QUEUE", "FATAL", "CANCELLED", "A_NEW_WORD"])
def test_a_report_that_is_not_done_is_not_listed(status):
    assert mapper.listing({**without(REPORT, "reportDocumentId"), "processingStatus": status}) is None


@pytest.mark.parametrize("name", ["reportId", "reportDocumentId", "createdTime", "processingStatus"])
def test_a_done_report_that_lacks_something_is_unreadable(name):
    with pytest.raises(mapper.Unreadable):
        mapper.listing(without(REPORT, name))


def test_a_payout():
    found = mapper.payout(PAYOUT)
    assert (found.amount, found.currency, found.settlement_ids, found.trace_id) == (Decimal("1250.75"), "USD", ("118",), "T")


def test_an_unknown_payout_status_is_kept_as_text():
    assert mapper.payout({**PAYOUT, "currentStatus": "ON_THE_MOON"}).status == "ON_THE_MOON"


@pytest.mark.parametrize(
    "broken",
    [{"id": None}, {"currentStatus": None}, {"amount": None}, {"amount": {"currencyAmount": "1"}}, {"creationDate": "x"}],
)
def test_a_payout_that_lacks_something_is_unreadable(broken):
    with pytest.raises(mapper.Unreadable):
        mapper.payout({**PAYOUT, **broken})


def test_a_payout_that_never_was_is_zero_in_its_stores_currency():
    found = mapper.payout({**without(PAYOUT, "amount"), "currentStatus": "NO_PAYOUT"})
    assert (found.amount, found.currency) == (Decimal(0), "USD")


def test_an_event_group_in_another_currency():
    group = {
        "FinancialEventGroupId": "G",
        "ProcessingStatus": "Closed",
        "FundTransferStatus": "Succeeded",
        "OriginalTotal": {"CurrencyCode": "EUR", "CurrencyAmount": 500},
        "ConvertedTotal": {"CurrencyCode": "GBP", "CurrencyAmount": Decimal("428.15")},
        "FinancialEventGroupStart": "2026-10-20T00:00:00Z",
        "FinancialEventGroupEnd": "2026-11-03T00:00:00Z",
    }
    found = mapper.event_group(group)
    assert (found.status, found.amount, found.currency) == ("PAID", Decimal(500), "EUR")
    assert (found.converted_amount, found.converted_currency) == (Decimal("428.15"), "GBP")
    assert mapper.event_group({**group, "ProcessingStatus": "Open"}) is None
    assert mapper.event_group({**group, "FundTransferStatus": "Novel"}).status == "NOVEL"
    with pytest.raises(mapper.Unreadable):
        mapper.event_group(without(group, "OriginalTotal"))


@pytest.mark.parametrize(
    ("content", "content_type", "expected"),
    [
        (b"\x1f\x8bzip", "text/plain;charset=UTF-8", ("text/plain", "utf-8", "gzip")),
        (b"plain", "text/plain; charset=Windows-31J", ("text/plain", "cp932", "")),
        (b"plain", "text/plain; charset=klingon", ("text/plain", "", "")),
        (b"plain", "", ("application/octet-stream", "", "")),
    ],
)
def test_a_file_is_described_as_it_came(content, content_type, expected):
    file = mapper.download(content, content_type)
    assert (file.media_type, file.charset, file.encoding) == expected
    assert file.content == content


def test_an_unknown_compression_is_refused():
    assert mapper.document_address({"url": "https://x", "compressionAlgorithm": "GZIP"}) == "https://x"
    with pytest.raises(mapper.Unreadable):
        mapper.document_address({"url": "https://x", "compressionAlgorithm": "BROTLI"})


def refusal(code, details=""):
    return (
        f'{{"errors":[{{"code":"{code}","message":"Access to requested resource is denied.","details":"{details}"}}]}}'.encode()
    )


@pytest.mark.parametrize(
    ("status", "content", "kind", "problem"),
    [
        (
            403,
            refusal("Unauthorized", "The access token you provided has expired."),
            FailureKind.TOKEN_EXPIRED,
            "connection.needs_reconnect",
        ),
        (
            403,
            refusal("Unauthorized", "The access token you provided is revoked, malformed or invalid."),
            FailureKind.TOKEN_EXPIRED,
            "connection.needs_reconnect",
        ),
        (403, refusal("Unauthorized"), FailureKind.REJECTED, "amazon.not_allowed"),
        (404, refusal("NotFound"), FailureKind.NOT_FOUND, "connection.not_found"),
        (400, refusal("InvalidInput"), FailureKind.OUR_BUG, "connection.our_bug"),
        (
            400,
            b'{"error":"invalid_grant","error_description":"revoked"}',
            FailureKind.NEEDS_RECONNECT,
            "connection.needs_reconnect",
        ),
        (401, b'{"error":"invalid_client"}', FailureKind.OUR_BUG, "connection.our_bug"),
        (
            403,
            b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
            FailureKind.UNAVAILABLE,
            "connection.unavailable",
        ),
    ],
)
def test_refusals_are_read_by_what_they_say(status, content, kind, problem):
    failure = judge(status, {}, content, writes=False)
    assert (failure.kind, failure.problem.code) == (kind, problem)


@pytest.mark.parametrize("content", [b"", b"<html></html>", b"[]", b"{}", b'{"errors":[]}', b'{"errors":[7]}', b'{"errors":"x"}'])
def test_other_refusals_are_left_to_the_status(content):
    assert judge(403, {}, content, writes=False) is None
    assert judge(503, {}, refusal("x"), writes=False) is None
    assert judge(429, {}, refusal("QuotaExceeded"), writes=False) is None


def test_a_page_token_that_comes_again_is_refused():
    with pytest.raises(Failure) as failed:
        list(client.pages(lambda token: ([], "same")))
    assert failed.value.kind is FailureKind.MALFORMED


def test_operations_are_known_behind_any_prefix():
    assert operation_of("GET", "/amazon/na/reports/2021-06-30/documents/D%2F1").name == "getReportDocument"
    assert operation_of("GET", "/reports/2021-06-30/reports").name == "getReports"
    assert operation_of("GET", "/finances/transfers/2024-06-01/payouts/expected") is None
    assert operation_of("POST", "/finances/transfers/2024-06-01/payouts") is None


def test_every_store_is_listed_once():
    assert len(MARKETPLACES) == len({place.id for place in MARKETPLACES}) == len({place.code for place in MARKETPLACES}) == 23
    assert {place.region for place in MARKETPLACES} == {"na", "eu", "fe"}
