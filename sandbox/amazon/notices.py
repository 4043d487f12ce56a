"""What Amazon tells of its own accord: changed orders in PascalCase, finished reports in camelCase.

Messages go to the queues of everybody subscribed, by way of the SQS twin's store (schemas
OrderChangeNotification and ReportProcessingFinishedNotification).
"""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any

from sandbox.amazon.calls import zulu
from sandbox.amazon.flatfile import REPORT_TYPE
from sandbox.amazon.lives import Life, Version
from sandbox.amazon.notifications import subscribers
from sandbox.amazon.reports import Report
from sandbox.sqs.queues import Queues
from sandbox.world import World

MUTED = "amazon.muted"
ORDER_CHANGE, REPORT_FINISHED = "ORDER_CHANGE", "REPORT_PROCESSING_FINISHED"
# These notifications still speak the words of Orders v0.
OLD_WORDS = {
    "PENDING_AVAILABILITY": "PendingAvailability",
    "PENDING": "Pending",
    "UNSHIPPED": "Unshipped",
    "PARTIALLY_SHIPPED": "PartiallyShipped",
    "SHIPPED": "Shipped",
    "CANCELLED": "Canceled",
    "UNFULFILLABLE": "Unfulfillable",
}
Json = dict[str, Any]


class Notices:
    """Puts notifications into queues. `muted` loses all of them, as a broken subscription does."""

    def __init__(self, world: World) -> None:
        self._world, self._queues = world, Queues(world)

    @property
    def muted(self) -> bool:
        return bool(self._world.store.get(MUTED, False))

    def order_changed(self, seller_id: str, life: Life) -> int:
        """Tell of an order's last change; how many were told."""
        version = life.versions[-1]
        payload = {"OrderChangeNotification": _order(seller_id, life, version)}
        return self._tell(seller_id, ORDER_CHANGE, payload, version.at, pascal=True)

    def report_finished(self, report: Report) -> int:
        """Tell of a settlement report that is ready."""
        seller = report.settlement.seller.id
        payload = {
            "reportProcessingFinishedNotification": {
                "sellerId": seller,
                "accountId": f"amzn1.merchant.o.{seller}",
                "reportId": report.id,
                "reportType": REPORT_TYPE,
                "processingStatus": "DONE",
                "reportDocumentId": report.document_id,
            }
        }
        return self._tell(seller, REPORT_FINISHED, payload, report.created, pascal=False)

    def _tell(self, seller_id: str, kind: str, payload: Json, at: datetime, *, pascal: bool) -> int:
        told = [] if self.muted else subscribers(self._world, seller_id, kind)
        for subscription, arn in told:
            body = envelope(kind, subscription, payload, at, self._world.now(), pascal=pascal)
            self._queues.send(arn.rsplit(":", 1)[-1], json.dumps(body))
        return len(told)


def envelope(kind: str, subscription: Json, payload: Json, at: datetime, now: datetime, *, pascal: bool) -> Json:
    """The same envelope in either spelling."""
    fields: Json = {
        "notificationVersion": subscription["payloadVersion"],
        "notificationType": kind,
        "payloadVersion": subscription["payloadVersion"],
        "eventTime": zulu(at),
        "payload": payload,
        "notificationMetadata": {
            "applicationId": f"amzn1.sellerapps.app.{subscription['clientId']}",
            "subscriptionId": subscription["subscriptionId"],
            "publishTime": zulu(now),
            "notificationId": str(uuid.uuid4()),
        },
    }
    if not pascal:
        return fields
    fields["notificationMetadata"] = _capitals(fields["notificationMetadata"])
    return _capitals(fields)


def _capitals(fields: Json) -> Json:
    return {name[:1].upper() + name[1:]: value for name, value in fields.items()}


def _order(seller_id: str, life: Life, version: Version) -> Json:
    sent = sum(item.quantity for item in version.items if item.code in version.sent)
    return {
        "NotificationLevel": "OrderLevel",
        "SellerId": seller_id,
        "AmazonOrderId": life.id,
        "OrderChangeType": "OrderStatusChange",
        "OrderChangeTrigger": {"TimeOfOrderChange": zulu(version.at), "ChangeReason": version.reason or version.status.title()},
        "Summary": {
            "MarketplaceId": life.place.id,
            "OrderStatus": OLD_WORDS[version.status],
            "PurchaseDate": zulu(life.purchased),
            "DestinationPostalCode": "",
            "FulfillmentType": life.fulfillment,
            "OrderType": "StandardOrder",
            "NumberOfItemsShipped": sent,
            "NumberOfItemsUnshipped": sum(item.quantity for item in version.items) - sent,
            "OrderPrograms": ["Business"] if life.business else [],
            "OrderItems": [
                {"OrderItemId": item.code, "SellerSKU": item.sku, "SupplySourceId": "", "Quantity": item.quantity,
                 "OrderItemStatus": "Shipped" if item.code in version.sent else "Unshipped"}
                for item in version.items
            ],
        },
    }  # fmt: skip
