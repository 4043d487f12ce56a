"""Amazon's notifications, in both spellings; no HTTP delivery is ever believed."""

from __future__ import annotations

import json

import pytest

from connections.contracts import Endpoints, Environment
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


@pytest.mark.contracts
@pytest.mark.parametrize("name", ["ReportProcessingFinishedNotification", "TransactionUpdateNotification"])
def test_the_examples_of_the_schemas_are_understood(shared, name):
    schema = json.loads((shared / "contracts" / "amazon" / "notifications" / f"{name}.json").read_text())
    notices = [receiver.notices(json.dumps(example).encode()) for example in schema["examples"]]
    assert all(len(found) == 1 and found[0].external_id and found[0].at for found in notices)
    assert notices[0][0].external_account == "A3TH9S8BH6GOGM"


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{}", b'{"notificationType":"ORDER_CHANGE"}'])
def test_what_we_do_not_follow_is_left_out(body):
    assert receiver.notices(body) == []


def test_amazon_calls_no_address_of_ours():
    assert receiver.verify(Endpoints(Environment.TWIN, {}), {"x-anything": "1"}, b"{}") is False
