"""Orders with their invoices and shipments, and credit memos, a page a call, each with the bytes it came in.

Listings go by `updated_at`, oldest first, and continue from the last moment seen instead of by page number: an order
that changes while pages are turned moves to the end and would otherwise push another one out of sight. What was seen is
not told twice. An order's own `updated_at` does not always move when it is invoiced or sent, so changed invoices
and shipments are listed too, and their orders read with them.

An order or credit memo that lacks something we need is handed over unread, with its reason; the page goes on without it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from canonical.commerce import Order, Refund
from canonical.problems import N_, Problem, declare
from connections import errors
from connections.contracts import Door, Download, ExternalAccount, OrderPage, ProviderInfo, RefundPage, Unread
from connections.errors import Failure, FailureKind

from . import client, fields, mapper
from .client import Filter, Found, Search
from .fields import Body

Sale = TypeVar("Sale", Order, Refund)

PAGE, MOST = 100, 300  # 300 is the largest page where a shop limits its input (Adobe Commerce, input limiting)
PAID, SENT = "invoices", "shipments"
_STAGES = ("orders", PAID, SENT)
_NAMES = {"orders": "listOrders", PAID: "listInvoices", SENT: "listShipments", "creditmemos": "listCreditmemos"}
_LATE = timedelta(hours=1)  # how far a credit memo's moment may lie before the newest one we know

UNREADABLE_ORDER = declare(
    "magento.unreadable_order",
    N_("Order %(order)s could not be read: %(detail)s."),
    N_(
        "Look at the order in the shop's admin and mend what is named. It is read again as soon as the shop changes it, "
        "or when you retry it; all other orders go on."
    ),
)
UNREADABLE_MEMO = declare(
    "magento.unreadable_memo",
    N_("Credit memo %(memo)s could not be read: %(detail)s."),
    N_(
        "Look at the credit memo in the shop's admin and mend what is named, then retry it. Where its order was deleted, book "
        "what was given back by hand and close the record; all other credit memos go on."
    ),
)


class MagentoOrders:
    """The OrderSource of Magento."""

    order_history = timedelta(days=3650)
    order_overlap = timedelta(minutes=10)

    def __init__(self, info: ProviderInfo) -> None:
        self.info = info

    def order_pages(
        self,
        door: Door,
        account: ExternalAccount,
        *,
        since: datetime,
        marketplaces: Sequence[str] = (),
        people: bool = False,
        token: str = "",
    ) -> Iterator[OrderPage]:
        """Orders changed since: by themselves, then by an invoice, then by a shipment. A token is good for ever."""
        place = _Place.of(token, fields.stamp(since))
        reading = _Reading(door, account, marketplaces, people)
        told: set[str] = set()
        for stage in _STAGES[_STAGES.index(place.stage) :]:
            begin = place.since if stage == place.stage else place.begin
            for found, at in newest_last(door, account, reading.search(stage), begin):
                place = place.moved(stage, at)
                page = reading.page(stage, found, told)
                yield replace(page, token=place.token())
        yield OrderPage((), Download(b"[]", "application/json"), until=place.until)

    def order(self, door: Door, account: ExternalAccount, order_id: str, *, people: bool = False) -> OrderPage:
        """One order, read again. Raises Failure NOT_FOUND for one that the shop does not have, or cannot."""
        if not order_id.isdigit() or len(order_id) > 12:  # it may have come from a message that anybody could have written
            raise Failure(
                FailureKind.NOT_FOUND, Problem(errors.NOT_FOUND, {"provider": client.PROVIDER, "operation": "getOrder"})
            )
        answer = client.get(door, account, "getOrder", f"orders/{order_id}")
        body = client.object_of(answer.content)
        reading = _Reading(door, account, (), people)
        return reading.mapped(Found((body,), 1, answer.content))

    def refund_pages(self, door: Door, account: ExternalAccount, *, since: datetime) -> Iterator[RefundPage]:
        """Credit memos changed since, and an hour before, with the orders that say what was sold and how it was paid."""
        shop = mapper.shop_of(account.facts)
        search = Search("creditmemos", _NAMES["creditmemos"], sort=("updated_at", "entity_id"), size=PAGE)
        for found, _at in newest_last(door, account, search, fields.stamp(since - _LATE)):
            orders = by_ids(door, account, "orders", "entity_id", _order_ids(found.items))
            its = {fields.text(body, "entity_id"): body for body in orders.items}
            read = [_refund(memo, its, shop) for memo in found.items]
            refunds, unread = _apart(Refund, read)
            yield RefundPage(refunds, _together(creditmemos=found, orders=orders), unread)


def _order_ids(items: Sequence[Body]) -> list[str]:
    """The orders of invoices, shipments or credit memos; one that names none is of no order."""
    return [order_id for item in items if (order_id := fields.text(item, "order_id"))]


def _refund(memo: Body, orders: Mapping[str, Body], shop: mapper.Shop) -> Refund | Unread | None:
    """None for a memo that has given nothing back."""
    try:
        return mapper.refund(memo, _its_order(memo, orders), shop) if mapper.is_refunded(memo) else None
    except fields.Unreadable as wrong:
        return _unread(UNREADABLE_MEMO, memo, shop, wrong, refund=True)


def _its_order(memo: Body, orders: Mapping[str, Body]) -> Body:
    found = orders.get(fields.key(memo, "order_id"))
    if found is None:
        raise fields.Unreadable(f"its order {memo.get('order_id')} is not in the shop any more")
    return found


# ------------------------------------------------------------------ what cannot be read


def _unread(code: str, body: Body, shop: mapper.Shop, wrong: fields.Unreadable, *, refund: bool = False) -> Unread:
    """By the id that every object of a page has, and by whatever else of it can be read."""
    own, number = _key(body), fields.text(body, "increment_id")
    params: dict[str, str | int] = {"memo" if refund else "order": number or own, "detail": str(wrong)[:300]}
    return Unread(
        order_id=fields.text(body, "order_id") if refund else own,
        number=number or own,
        changed=_moment(body),
        problem=Problem(code, params),
        marketplace=str(shop.view(body)["name"]) if fields.text(body, "store_id") else "",
        refund_id=own if refund else "",
    )


def _apart(kind: type[Sale], read: Iterable[Sale | Unread | None]) -> tuple[tuple[Sale, ...], tuple[Unread, ...]]:
    found = list(read)
    return tuple(one for one in found if isinstance(one, kind)), tuple(one for one in found if isinstance(one, Unread))


# ------------------------------------------------------------------ turning pages


def newest_last(door: Door, account: ExternalAccount, search: Search, since: str) -> Iterator[tuple[Found, str]]:
    """Pages of what changed at or after `since`, without what was told, each with the moment it reaches up to.

    Raises Failure MALFORMED where a shop tells the same page again although more must follow.
    """
    seen: set[tuple[str, str]] = set()
    at, number = since, 1
    while True:
        found = client.page(door, account, _since(search, at), number)
        named = client.read(partial(_named, found.items))
        fresh = [item for item, name in zip(found.items, named, strict=True) if name not in seen]
        if fresh:
            seen |= set(named)
            yield Found(tuple(fresh), found.total, found.raw), max(at, named[-1][1])
        if not named or found.total <= number * search.size:
            return
        if not fresh and number > 1:
            raise client.malformed(f"page {number} of {search.path} again")
        at, number = (named[-1][1], 1) if named[-1][1] > at else (at, number + 1)


def _named(items: Sequence[Body]) -> list[tuple[str, str]]:
    """Each object by its id and the moment of its last change: a version of it."""
    return [(_key(item), _changed(item)) for item in items]


def _changed(item: Body) -> str:
    """The moment of its last change as a search takes it; "" where the shop tells none that a listing could go on from."""
    at = _moment(item)
    return fields.stamp(at) if at else ""


def _moment(item: Body) -> datetime | None:
    try:
        return mapper.changed_at(item)
    except fields.Unreadable:
        return None


def _key(item: Body) -> str:
    return fields.key(item, "entity_id" if "entity_id" in item else "id")


def _since(search: Search, at: str) -> Search:
    changed = Filter("updated_at", "gteq", at)
    return replace(search, filters=(*search.filters, changed))


def by_ids(door: Door, account: ExternalAccount, path: str, field_name: str, ids: Sequence[str]) -> Found:
    """All objects of these ids, however many pages they fill."""
    wanted = sorted(set(ids), key=lambda one: (len(one), one))
    if not wanted:
        return Found((), 0, b'{"items":[]}')
    search = Search(path, _NAMES[path], (Filter(field_name, "in", ",".join(wanted)),), ("entity_id",), MOST)
    pages, number = [client.page(door, account, search)], 1
    while pages[0].total > number * MOST:
        number += 1
        pages.append(client.page(door, account, search, number))
    items = client.read(lambda: {fields.key(item): item for each in pages for item in each.items})
    raw = pages[0].raw if len(pages) == 1 else b"[" + b",".join(each.raw for each in pages) + b"]"
    return Found(tuple(items.values()), pages[0].total, raw)


# ------------------------------------------------------------------ one page of orders


@dataclass(frozen=True, slots=True)
class _Reading:
    """What all pages of a listing share."""

    door: Door
    account: ExternalAccount
    marketplaces: Sequence[str]
    people: bool
    shop: mapper.Shop = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "shop", mapper.shop_of(self.account.facts))

    def search(self, stage: str) -> Search:
        views = [view for view in self.shop.views.values() if view["id"] in self.marketplaces]
        stores = ",".join(str(view["store_id"]) for view in views)
        filters = (Filter("store_id", "in", stores),) if stores else ()
        return Search(stage, _NAMES[stage], filters, ("updated_at", "entity_id"), PAGE)

    def page(self, stage: str, found: Found, told: set[str]) -> OrderPage:
        """The orders of a page that were not told before at their present state; `told` grows."""
        if stage != "orders":
            ids = [one for one in _order_ids(found.items) if one not in told]
            found = by_ids(self.door, self.account, "orders", "entity_id", ids)
        told |= client.read(lambda: {fields.key(item) for item in found.items})
        return self.mapped(found)

    def mapped(self, found: Found) -> OrderPage:
        """Orders with all their invoices and shipments: two calls more for a page."""
        ids = client.read(lambda: [fields.key(item) for item in found.items])
        invoices = by_ids(self.door, self.account, PAID, "order_id", ids)
        shipments = by_ids(self.door, self.account, SENT, "order_id", ids)
        orders, unread = _apart(Order, [self._order(body, invoices, shipments) for body in found.items])
        return OrderPage(orders, _together(orders=found, invoices=invoices, shipments=shipments), unread=unread)

    def _order(self, body: Body, invoices: Found, shipments: Found) -> Order | Unread:
        own = fields.key(body)
        paid = [each for each in invoices.items if fields.text(each, "order_id") == own]
        sent = [each for each in shipments.items if fields.text(each, "order_id") == own]
        try:
            return mapper.order(body, paid, sent, self.shop, people=self.people)
        except fields.Unreadable as wrong:
            its = _unread(UNREADABLE_ORDER, body, self.shop, wrong)
            # An order's own moment may stay where it is while an invoice or a shipment moves.
            return replace(its, changed=max(filter(None, map(_moment, (body, *paid, *sent))), default=None))


def _together(**answers: Found) -> Download:
    """Several answers as one document, each with the very bytes it came in."""
    parts = b",".join(b'"%s":%s' % (name.encode(), found.raw) for name, found in answers.items())
    return Download(b"{" + parts + b"}", "application/json", "utf-8")


# ------------------------------------------------------------------ where a listing stands


@dataclass(frozen=True, slots=True)
class _Place:
    """The stage of a listing, the moment it began at, where the stage stands, and the newest moment of all."""

    stage: str
    begin: str
    since: str
    newest: str

    @classmethod
    def of(cls, token: str, since: str) -> _Place:
        if not token:
            return cls("orders", since, since, since)
        kept: dict[str, Any] = json.loads(token)
        return cls(kept["stage"], kept["begin"], kept["since"], kept["newest"])

    def moved(self, stage: str, at: str) -> _Place:
        return _Place(stage, self.begin, at, max(self.newest, at))

    def token(self) -> str:
        return json.dumps({"stage": self.stage, "begin": self.begin, "since": self.since, "newest": self.newest})

    @property
    def until(self) -> datetime:
        return fields.moment({"at": self.newest}, "at")
