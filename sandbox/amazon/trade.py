"""Commands that trade: what buyers, the merchant's warehouse and Amazon do to orders while a test looks on.

place   {seller, marketplace, orders, fulfillment?, terms?, business?, pending?, skus?, replaces?, at?, buyer_of?}
                                                    `buyer_of`: by whoever placed that order
pay     {order | orders | seller, marketplace}      a pending order is ready to be sent
ship    {..., items?}                               now; rows of the running settlement, all items or some
change  {..., item?, quantity?, off?}               before it is sent: other units, or `off` the price
cancel  {...}                                       before it is sent
refund  {..., item?, share?, amount?}               after it was sent: whole, a share, or `amount` of the price
say     {order, status}                             let its status be a word that no model knows
close   {seller, marketplace, ready?}               end the running period now; listed `ready` seconds later (0)

An order is named by `order`, several by `orders` (ids), all of a store by `seller` and `marketplace`; with
these, those to which it cannot be done are passed over.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sandbox.amazon.chain import Settlement, digest
from sandbox.amazon.lives import Life
from sandbox.amazon.places import BY_ID, MARKETPLACES, SELLERS
from sandbox.amazon.shops import Shops
from sandbox.world import World

Params = dict[str, Any]
ADJUSTMENTS = "amazon.adjustments"
_DETAILS = ("items", "item", "quantity", "off", "share", "amount")


class Trade:
    """`verbs`: the commands by name. `changed` is told of every order that was touched, `closed` of every settlement."""

    def __init__(
        self, world: World, shops: Shops, changed: Callable[[str, Life], object], closed: Callable[[Settlement], None]
    ) -> None:
        self._world, self._shops, self._changed, self._closed = world, shops, changed, closed
        self.verbs: dict[str, Callable[[Params], Params]] = {
            "place": self._place,
            "say": self._say,
            "close": self._close,
            **{kind: self._happening(kind) for kind in ("pay", "ship", "change", "cancel", "refund")},
        }

    def _place(self, params: Params) -> Params:
        seller_id, code = _store(params)
        ids = self._shops.placed.place(seller_id, code, int(params.get("orders", 1)), params)
        lives = {life.id: life for life in self._shops.placed.lives(seller_id, code)}
        for order_id in ids:
            self._changed(seller_id, lives[order_id])
        return {"orders": ids}

    def _happening(self, kind: str) -> Callable[[Params], Params]:
        return lambda params: self._happen(kind, params)

    def _happen(self, kind: str, params: Params) -> Params:
        ids, of_store = self._named(params)
        details = {name: params[name] for name in _DETAILS if name in params}
        done: list[str] = []
        adjustments: dict[str, str] = {}
        for order_id in ids:
            if kind == "refund":
                details["adjustment_id"] = adjustments[order_id] = self._adjustment(order_id)
            try:
                life = self._shops.placed.happen(order_id, kind, **details)
            except ValueError:
                if not of_store:
                    raise
                adjustments.pop(order_id, None)
                continue
            done.append(order_id)
            self._tell(life)
        self._redraw(done)
        return {"orders": done, **({"adjustments": adjustments} if kind == "refund" else {})}

    def _named(self, params: Params) -> tuple[list[str], bool]:
        """The orders meant, and whether they are all of a store."""
        if params.get("order"):
            return [str(params["order"])], False
        if params.get("orders"):
            return [str(one) for one in params["orders"]], False
        return self._shops.placed.ids(*_store(params)), True

    def _tell(self, life: Life) -> None:
        for seller_id, _code in self._shops.placed.stores([life.id]):
            self._changed(seller_id, life)

    def _redraw(self, ids: list[str]) -> None:
        """What was sent or refunded now belongs into the running settlements."""
        for seller_id, code in self._shops.placed.stores(ids):
            self._shops.chain(seller_id, code).redraw(self._world.now())

    def _adjustment(self, order_id: str) -> str:
        turn = self._world.store.get(ADJUSTMENTS, 0) + 1
        self._world.store.put(ADJUSTMENTS, turn)
        return f"amzn1:crow:{digest('adjustment', order_id, str(turn))[:15]}"

    def _say(self, params: Params) -> Params:
        life = self._shops.placed.say(str(params["order"]), str(params["status"]))
        self._tell(life)
        return {"order": life.id, "status": life.stated_status}

    def _close(self, params: Params) -> Params:
        seller_id, code = _store(params)
        settlement = self._shops.close(seller_id, code, timedelta(seconds=float(params.get("ready", 0))))
        self._closed(settlement)
        return {
            "settlement_id": settlement.id,
            "start": settlement.start.isoformat(),
            "end": settlement.end.isoformat(),
            "total": str(settlement.total),
            "rows": len(settlement.rows),
        }


def _store(params: Params) -> tuple[str, str]:
    """(seller id, store code); a store may be named by its marketplace id. KeyError for one that the seller has not."""
    named = str(params["marketplace"])
    place = BY_ID[named] if named in BY_ID else MARKETPLACES[named]
    seller = SELLERS[str(params["seller"])]
    if place.code not in seller.codes:
        raise KeyError(f"{seller.name} does not sell in {place.code}")
    return seller.id, place.code
