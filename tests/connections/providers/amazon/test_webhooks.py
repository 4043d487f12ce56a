"""Amazon's notifications, in both spellings; no HTTP delivery is ever believed."""

from __future__ import annotations

import json

import pytest

from connections.contracts import ORDERS, SETTLEMENTS, Endpoints, Environment
from connections.providers.amazon.provider import receiver

REPORT_READY = {
    "notificationVersion": "2020-09-04",
    "notificationType": "REPORT_PROCESSING_FINISHED",
    "payloadVersion": "2021-01-01",
    "eventTime": "2026-11-18T23:07:18.000Z",
    "payload": {"reportProcessingFinishedNotification": {"sellerId": "A1", "reportId": "R1", "processingStatus": "DONE"}},
    "notificationMetadata": {"notificationId": "n1", "applicationId": "app"},
}
PASCAL = {
    "NotificationType": "TRANSACTION_UPDATE",
    "EventTime": "2026-11-18T23:07:18.000Z",
    "NotificationMetadata": {"NotificationId": "n2"},
    "Payload": {
        "TransactionUpdateNotification": {
            "SellingPartnerMetadata": {"SellingPartnerId": "A1"},
            "RelatedIdentifiers": [{"RelatedIdentifierName": "OrderId", "RelatedIdentifierValue": "701-1"}],
        }
    },
}


def test_a_finished_report_is_a_notice():
    notice = receiver.notices(json.dumps(REPORT_READY).encode())[0]
    assert (notice.event_id, notice.external_account, notice.kind, notice.external_id, notice.operation) == (
        "n1",
        "A1",
        "report_processing_finished",
        "R1",
        "done",
    )
    assert notice.at is not None


def test_the_older_spelling_is_the_same():
    notice = receiver.notices(json.dumps(PASCAL).encode())[0]
    assert (notice.event_id, notice.external_account, notice.kind, notice.external_id) == (
        "n2",
        "A1",
        "transaction_update",
        "701-1",
    )


def report(**changes):
    detail = {**REPORT_READY["payload"]["reportProcessingFinishedNotification"], **changes}
    return json.dumps({**REPORT_READY, "payload": {"reportProcessingFinishedNotification": detail}}).encode()


def test_a_settlement_report_that_is_done_names_the_stream_to_look_at():
    settlement = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
    assert receiver.notices(report(reportType=settlement))[0].kind == SETTLEMENTS
    for other in (
        {"reportType": "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA"},
        {"reportType": settlement, "processingStatus": "FATAL"},
    ):
        assert receiver.notices(report(**other))[0].kind == "report_processing_finished"


@pytest.mark.contracts
def test_a_changed_order_names_the_order(shared):
    schema = json.loads((shared / "contracts" / "amazon" / "notifications" / "OrderChangeNotification.json").read_text())
    (notice,) = receiver.notices(json.dumps(schema["examples"][0]).encode())
    assert (notice.kind, notice.external_account, notice.external_id, notice.operation, notice.event_id) == (
        ORDERS,
        "A3TH9S8BH6GOGM",
        "903-8868176-2219830",
        "unshipped",
        "d0e9e693-c3ad-4373-979f-ed4ec98dd746",
    )


@pytest.mark.contracts
@pytest.mark.parametrize("name", ["ReportProcessingFinishedNotification", "TransactionUpdateNotification"])
def test_the_examples_of_the_schemas_are_understood(shared, name):
    schema = json.loads((shared / "contracts" / "amazon" / "notifications" / f"{name}.json").read_text())
    found = [receiver.notices(json.dumps(example).encode()) for example in schema["examples"]]
    assert found[0][0].external_account == "A3TH9S8BH6GOGM"
    # An example for a vendor group names no seller: it is nobody's of ours.
    assert all(notice.external_id and notice.at for notices in found for notice in notices)


@pytest.mark.contracts
def test_every_published_type_is_kept_under_its_own_name_or_not_understood(shared):
    kinds = set()
    for path in (shared / "contracts" / "amazon" / "notifications").glob("*.json"):
        for example in json.loads(path.read_text()).get("examples", []):
            kinds |= {notice.kind for notice in receiver.notices(json.dumps(example).encode())}
    assert {ORDERS, "fba_outbound_shipment_status", "transaction_update"} <= kinds


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{}", b"\xff", b'{"notificationType":"ORDER_CHANGE"}', b'{"a":' * 40])
def test_what_cannot_be_read_is_no_notice(body):
    assert receiver.notices(body) == []


def test_amazon_calls_no_address_of_ours():
    assert receiver.verify(Endpoints(Environment.TWIN, {}), {"x-anything": "1"}, b"{}") is False
