"""What a source said of its orders, kept: the raw page, a canonical record a version, one row an order.

Pages may come twice, late and out of order; what is older than what we know changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from canonical.commerce import Order as CanonicalOrder
from canonical.commerce import OrderStatus
from canonical.commerce import Refund as CanonicalRefund
from canonical.plain_commerce import order_of, plain_order, plain_refund, refund_of
from connections import blobs
from connections.contracts import Download
from connections.models import Connection, SourceDocument
from reconciliation import scopes
from reconciliation.models import Order, Refund
from syncs.models import CanonicalRecord, Integration
from tenants import clock

ORDER, REFUND = "order", "refund"


@dataclass(frozen=True, slots=True)
class _Said:
    """One record as said by a page."""

    external_id: str
    at: datetime
    body: dict[str, Any]
    hash: str


def keep_orders(integration: Integration, orders: Sequence[CanonicalOrder], raw: Download) -> list[Order]:
    """Keep a page of orders; returns the row of each as it is known now, in the order of the page."""
    said = [_said(order.order_id, order.updated_at, plain_order(order)) for order in orders]
    with transaction.atomic():
        by_id = {order.order_id: order for order in orders}
        for record in _keep(integration.source, ORDER, said, raw):
            _order_row(integration, by_id[record.external_id], record)
        rows = Order.objects.filter(source=integration.source, order_id__in=by_id).select_related("record")
        known = {row.order_id: row for row in rows}
    return [known[order_id] for order_id in by_id]


def keep_refunds(integration: Integration, refunds: Sequence[CanonicalRefund], raw: Download) -> list[Refund]:
    """The same for refunds; one is known by its order and its own id together."""
    said = [_said(reference_of(each), each.posted_at, plain_refund(each)) for each in refunds]
    with transaction.atomic():
        by_id = {reference_of(each): each for each in refunds}
        for record in _keep(integration.source, REFUND, said, raw):
            _refund_row(integration, by_id[record.external_id], record)
        orders = {each.order_id for each in refunds}
        rows = Refund.objects.filter(source=integration.source, order_ref__in=orders).select_related("record")
        known = {reference_of(row): row for row in rows}
    return [known[ref] for ref in by_id]


def reference_of(refund: CanonicalRefund | Refund) -> str:
    """What a refund's document is known by: its order's id and its own."""
    order = refund.order_id if isinstance(refund, CanonicalRefund) else refund.order_ref
    return f"{order}#{refund.refund_id}"


def order_as_said(order: Order) -> CanonicalOrder:
    """The order as its source stated it last; shipped when we first saw it shipped, where no parcel tells."""
    said = order_of(order.record.body)
    return said if said.shipped_at else replace(said, shipped_at=order.shipped_at)


def refund_as_said(refund: Refund) -> CanonicalRefund:
    return refund_of(refund.record.body)


def _said(external_id: str, at: datetime, body: dict[str, Any]) -> _Said:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return _Said(external_id, at, body, hashlib.sha256(text.encode()).hexdigest())


def _keep(source: Connection, kind: str, said: Sequence[_Said], raw: Download) -> list[CanonicalRecord]:
    """New versions of what changed. Locks what it compares with: two readers of one order wait for each other."""
    latest = {each.external_id: each for each in sorted(said, key=lambda each: each.at)}
    known = _current(source, kind, latest)
    new = [each for each in latest.values() if _is_news(each, known.get(each.external_id))]
    if not new:
        return []
    document = _keep_raw(source, kind, raw)
    superseded = [known[each.external_id].pk for each in new if each.external_id in known]
    CanonicalRecord.objects.filter(pk__in=superseded).update(is_current=False)
    return [_record(source, kind, each, known.get(each.external_id), document) for each in new]


def _current(source: Connection, kind: str, ids: Iterable[str]) -> dict[str, CanonicalRecord]:
    rows = CanonicalRecord.objects.select_for_update().filter(
        source=source, type=kind, external_id__in=list(ids), is_current=True
    )
    return {row.external_id: row for row in rows.order_by("pk")}


def _is_news(said: _Said, known: CanonicalRecord | None) -> bool:
    if known is None:
        return True
    older = known.source_updated_at is not None and said.at < known.source_updated_at
    return not older and said.hash != known.hash


def _keep_raw(source: Connection, kind: str, raw: Download) -> SourceDocument:
    blob = blobs.keep(raw.content, media_type=raw.media_type, charset=raw.charset, origin=source.provider)
    document, _made = SourceDocument.objects.get_or_create(
        connection=source,
        type=f"{kind}_page",
        external_id=blob.sha256,
        revision="",
        defaults={"blob": blob, "file_name": f"{kind}s.json", "facts": {"encoding": raw.encoding}, "fetched_at": clock.now()},
    )
    return document


def _record(
    source: Connection, kind: str, said: _Said, known: CanonicalRecord | None, document: SourceDocument
) -> CanonicalRecord:
    made: CanonicalRecord = CanonicalRecord.objects.create(
        source=source,
        type=kind,
        external_id=said.external_id,
        version=1 if known is None else known.version + 1,
        source_updated_at=said.at,
        source_document=document,
        body=said.body,
        hash=said.hash,
        search_text=_search_text(said.body),
    )
    return made


def _search_text(body: Mapping[str, Any]) -> str:
    """What people look orders up by, folded: order id, number and SKUs."""
    words = [body["order_id"], body.get("shop", {}).get("number", ""), *(line["sku"] for line in body["lines"])]
    return " ".join(dict.fromkeys(str(word).casefold() for word in words if word))[:300]


def _order_row(integration: Integration, order: CanonicalOrder, record: CanonicalRecord) -> None:
    first_seen = order.updated_at if order.status is OrderStatus.SHIPPED else None
    before = Order.objects.filter(source=integration.source, order_id=order.order_id).first()
    Order.objects.update_or_create(
        source=integration.source,
        order_id=order.order_id,
        defaults={
            "shipped_at": order.shipped_at or (before.shipped_at if before else None) or first_seen,
            "integration": scopes.owner(integration, order.marketplace, order.currency),
            "record": record,
            "status": order.status.value,
            "stated_status": order.stated_status[:40],
            "purchased_at": order.purchased_at,
            "source_updated_at": order.updated_at,
            "currency": order.currency,
            "gross": order.gross,
            "stated_total": order.total,
            "marketplace": order.marketplace,
            "fulfilled_by": order.fulfilled_by.value,
            "number": order.shop.number,
            "method": order.shop.method[:60],
            "paid": order.shop.paid,
        },
    )


def _refund_row(integration: Integration, refund: CanonicalRefund, record: CanonicalRecord) -> None:
    Refund.objects.update_or_create(
        source=integration.source,
        order_ref=refund.order_id,
        refund_id=refund.refund_id,
        defaults={
            "integration": scopes.owner(integration, refund.marketplace, refund.currency),
            "record": record,
            "posted_at": refund.posted_at,
            "currency": refund.currency,
            "gross": refund.gross,
            "number": refund.shop.number,
            "method": refund.shop.method[:60],
        },
    )
