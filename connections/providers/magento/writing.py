"""What can be written into a shop: comments, shipments, stock, prices, products, customers; many at once by its queue.

Magento knows no idempotency: the same shipment sent twice is two. So each looks first whether it stands there
already, by our mark or the parcel's number, and a quantity is always an absolute one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from canonical.problems import N_, Problem, declare
from connections.contracts import Consignment, Door, ExternalAccount, ProviderInfo, StockLevel
from connections.errors import Failure, FailureKind

from . import client, fields
from .goods import segment
from .orders import by_ids

ARRAY_LIMIT = 20  # elements of one call where a shop limits its input (Adobe Commerce, input limiting)
COMPLETE, RETRIABLE, FAILED, OPEN, REJECTED = 1, 2, 3, 4, 5  # statuses of an operation (bulk endpoints)

NOT_TAKEN = declare(
    "magento.not_taken",
    N_("The shop did not take %(count)s of what was sent, first: %(first)s"),
    N_("Mend what it names in the shop, or leave those SKUs out; the rest was taken."),
)


@dataclass(frozen=True, slots=True)
class Bulk:
    """What became of what was put into the shop's queue: how many are done or still open, and why others failed."""

    uuid: str
    done: int
    open: int
    failed: tuple[str, ...]

    @property
    def over(self) -> bool:
        return self.open == 0


class MagentoWriter:
    """The SourceWriter of Magento, and what else a flow or a person may have written."""

    def __init__(self, info: ProviderInfo) -> None:
        self.info = info

    # ------------------------------------------------------------ sales

    def comment(self, door: Door, account: ExternalAccount, order_id: str, text: str, *, mark: str, status: str = "") -> bool:
        path = f"orders/{segment(order_id)}/comments"
        known = client.object_of(client.get(door, account, "listComments", path).content)
        if any(mark in fields.text(one, "comment") for one in fields.objects(known, "items")):
            return False
        history: dict[str, Any] = {"comment": f"{text} [{mark}]", "is_customer_notified": 0, "is_visible_on_front": 0}
        history |= {"status": status} if status else {}
        client.send(door, account, "addComment", "POST", path, {"statusHistory": history})
        return True

    def ship(self, door: Door, account: ExternalAccount, parcel: Consignment) -> str:
        for known in by_ids(door, account, "shipments", "order_id", [parcel.order_id]).items:
            if any(fields.text(track, "track_number") == parcel.tracking for track in fields.objects(known, "tracks")):
                return fields.key(known)
        track = {"track_number": parcel.tracking, "title": parcel.title, "carrier_code": parcel.carrier}
        body: dict[str, Any] = {
            "items": [{"order_item_id": int(line), "qty": quantity} for line, quantity in parcel.lines.items()],
            "notify": parcel.tell_buyer,
            "tracks": [track],
        }
        if parcel.place:
            body["arguments"] = {"extension_attributes": {"source_code": parcel.place}}
        return str(client.send(door, account, "shipOrder", "POST", f"order/{segment(parcel.order_id)}/ship", body))

    # ------------------------------------------------------------ goods

    def set_stock(self, door: Door, account: ExternalAccount, levels: Sequence[StockLevel]) -> None:
        """Absolute quantities; by source where a place is named, else the stock item of shops without sources."""
        placed = [_source_item(level) for level in levels if level.place]
        for some in _in_parts(placed):
            client.send(door, account, "saveSourceItems", "POST", "inventory/source-items", {"sourceItems": some})
        for level in levels:
            if not level.place:
                self._stock_item(door, account, level)

    def _stock_item(self, door: Door, account: ExternalAccount, level: StockLevel) -> None:
        known = client.object_of(client.get(door, account, "getStockItem", f"stockItems/{segment(level.sku)}").content)
        item = client.read(lambda: fields.key(known, "item_id"))
        body = {"stockItem": {"qty": level.quantity, "is_in_stock": level.quantity > 0}}
        client.send(door, account, "saveStockItem", "PUT", f"products/{segment(level.sku)}/stockItems/{item}", body)

    def set_prices(self, door: Door, account: ExternalAccount, prices: Mapping[str, Decimal]) -> None:
        """Catalogue prices for all store views. Raises Failure REJECTED naming the first that was not taken."""
        entries = [{"sku": sku, "price": price, "store_id": 0} for sku, price in prices.items()]
        refused: list[str] = []
        for some in _in_parts(entries):
            answer = client.send(door, account, "saveBasePrices", "POST", "products/base-prices", {"prices": some})
            refused += [client.said(one) for one in answer if isinstance(one, Mapping)]
        if refused:
            raise Failure(FailureKind.REJECTED, Problem(NOT_TAKEN, {"count": len(refused), "first": refused[0]}))

    def save_product(self, door: Door, account: ExternalAccount, sku: str, changes: Mapping[str, Any]) -> Mapping[str, Any]:
        """Change a product, or make it; `changes` are Magento's own properties, `attributes` among them by code."""
        own = dict(changes)
        attributes = own.pop("attributes", {})
        body = {"product": {"sku": sku, **own, "custom_attributes": _custom(attributes)}}
        made: Mapping[str, Any] = client.send(door, account, "saveProduct", "PUT", f"products/{segment(sku)}", body)
        return made

    def save_customer(
        self, door: Door, account: ExternalAccount, customer_id: str, changes: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Change a customer. What Magento wants whole (name, e-mail, addresses) is read first and kept."""
        path = f"customers/{segment(customer_id)}"
        known = dict(client.object_of(client.get(door, account, "getCustomer", path).content))
        body = {"customer": {**known, **changes}}
        saved: Mapping[str, Any] = client.send(door, account, "saveCustomer", "PUT", path, body)
        return saved

    # ------------------------------------------------------------ many at once

    def bulk_stock(self, door: Door, account: ExternalAccount, levels: Sequence[StockLevel]) -> str:
        """Put source items into the shop's queue; the bulk's id, to be asked about."""
        body = [{"sourceItems": [_source_item(level)]} for level in levels]
        answer = client.send(door, account, "asyncBulk", "POST", "inventory/source-items", body, way="async/bulk")
        return client.read(lambda: fields.key(answer, "bulk_uuid"))

    def bulk_status(self, door: Door, account: ExternalAccount, uuid: str) -> Bulk:
        """How far the queue has come. A shop whose consumers do not run leaves everything open."""
        body = client.object_of(client.get(door, account, "bulkStatus", f"bulk/{segment(uuid)}/status").content)
        operations = fields.objects(body, "operations_list")
        statuses = [int(fields.number(one, "status")) for one in operations]
        failed = [
            fields.text(one, "result_message")
            for one, status in zip(operations, statuses, strict=True)
            if status in (RETRIABLE, FAILED, REJECTED)
        ]
        return Bulk(uuid, statuses.count(COMPLETE), statuses.count(OPEN), tuple(failed))


def _source_item(level: StockLevel) -> dict[str, Any]:
    return {"sku": level.sku, "source_code": level.place, "quantity": level.quantity, "status": int(level.quantity > 0)}


def _custom(attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"attribute_code": code, "value": value} for code, value in attributes.items()]


def _in_parts(entries: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(entries), ARRAY_LIMIT):
        yield entries[start : start + ARRAY_LIMIT]
