"""Every store of every seller, what may be set about them from outside, and what is added to them by command."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sandbox.amazon.chain import Chain, Cut, Settlement, Slot
from sandbox.amazon.lives import Life, cancelled_life, sent_life
from sandbox.amazon.placed import Placed
from sandbox.amazon.places import SELLERS, Marketplace, Seller
from sandbox.amazon.rows import Row
from sandbox.amazon.story import TOLD, TROUBLE
from sandbox.world import World

BULK, CUTS = "amazon.bulk", "amazon.cuts"


class Shops:
    """Chains by seller and store. `bulk` makes a store's settlements as large as a test needs them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.placed = Placed(world)
        self._chains: dict[tuple[str, str], Chain] = {}
        self._seeded: dict[tuple[str, str, int], list[Life]] = {}
        self.draw()

    def draw(self) -> None:
        """Lay out the chains anew, but for those that are as they were; settlements are drawn when first asked for."""
        bulk: dict[str, list[int | None]] = self._world.store.get(BULK, {})
        cuts: dict[str, dict[str, list[Any]]] = self._world.store.get(CUTS, {})
        for seller in SELLERS.values():
            for place in seller.marketplaces:
                key = f"{seller.id}:{place.code}"
                sized, cut = bulk.get(key), {int(number): _cut(kept) for number, kept in cuts.get(key, {}).items()}
                before = self._chains.get((seller.id, place.code))
                if before is None or not before.is_drawn_for(sized, cut):
                    self._lay_out(seller, place, sized, cut)

    def _lay_out(self, seller: Seller, place: Marketplace, sized: list[int | None] | None, cuts: dict[int, Cut]) -> None:
        extra = partial(self.placed.rows, seller.id, place.code)
        self._chains[seller.id, place.code] = Chain(self._world.seed, self._world.anchor, seller, place, sized, cuts, extra)
        self._seeded = {key: lives for key, lives in self._seeded.items() if key[:2] != (seller.id, place.code)}

    def bulk(self, seller_id: str, code: str, orders: int | None, number: int | None = None) -> None:
        """This store ships `orders` in period `number`, or in every one; `orders` None: its usual number again."""
        kept = {name: count for name, count in self._world.store.get(BULK, {}).items() if name != f"{seller_id}:{code}"}
        self._world.store.put(BULK, kept if orders is None else {**kept, f"{seller_id}:{code}": [orders, number]})
        self.draw()

    def close(self, seller_id: str, code: str, ready: timedelta) -> Settlement:
        """End the running period of a store now; its report can be listed `ready` later."""
        chain, now = self.chain(seller_id, code), self._world.now().replace(microsecond=0)
        number, key = chain.current(now), f"{seller_id}:{code}"
        if now <= chain.ends(number - 1):
            raise ValueError("the period before was closed at this very moment")
        cuts = self._world.store.get(CUTS, {})
        cuts[key] = {**cuts.get(key, {}), str(number): [now.isoformat(), ready.total_seconds()]}
        self._world.store.put(CUTS, cuts)
        chain.cut(number, Cut(now, ready))
        return chain.get(number)

    def chain(self, seller_id: str, code: str) -> Chain:
        """KeyError when the seller has no such store."""
        return self._chains[seller_id, code]

    def lives(self, seller: Seller) -> Iterator[Life]:
        """Every order of a seller that may have been placed by now, drawn or by command."""
        for place in seller.marketplaces:
            yield from self.lives_in(seller, place)

    def lives_in(self, seller: Seller, place: Marketplace) -> Iterator[Life]:
        """Those of one store."""
        for slot in self.chain(seller.id, place.code).slots(self._world.now()):
            yield from self._told(seller, place, slot)
        yield from self.placed.lives(seller.id, place.code)

    def rows(self, seller: Seller, place: Marketplace) -> Iterator[Row]:
        """All settlement rows of a store so far, those of the running period with them, the oldest first."""
        chain = self.chain(seller.id, place.code)
        for number in range(1, chain.current(self._world.now()) + 1):
            yield from chain.get(number).rows

    def _told(self, seller: Seller, place: Marketplace, slot: Slot) -> list[Life]:
        key = (seller.id, place.code, slot.period.number)
        if key not in self._seeded:
            sent = [sent_life(order, place) for order in slot.orders]
            self._seeded[key] = sent + [cancelled_life(order, place) for order in slot.cancelled]
        return self._seeded[key]

    def chains(self, seller: Seller) -> list[Chain]:
        return [self._chains[seller.id, place.code] for place in seller.marketplaces]

    def settlements(self, seller: Seller) -> Iterator[Settlement]:
        """All closed ones of a seller, store by store, oldest first."""
        now = self._world.now()
        return (settlement for chain in self.chains(seller) for settlement in chain.closed(now))

    def open(self, seller: Seller) -> Iterator[Settlement]:
        """The period of each store that is running, as it will be when it closes."""
        now = self._world.now()
        return (chain.get(chain.current(now)) for chain in self.chains(seller))

    def find(self, settlement_id: str) -> Settlement | None:
        return next((s for seller in SELLERS.values() for s in self.settlements(seller) if s.id == settlement_id), None)


def _cut(kept: list[Any]) -> Cut:
    return Cut(datetime.fromisoformat(kept[0]), timedelta(seconds=kept[1]))


def describe(settlement: Settlement, listed_since: datetime) -> dict[str, Any]:
    """A settlement for `/world/seeded`: what it should come to, and what was done to it on purpose."""
    trouble = sorted(event for event in settlement.events if event in TROUBLE)
    return {
        "settlement_id": settlement.id,
        "seller_id": settlement.seller.id,
        "marketplace": settlement.place.code,
        "currency": settlement.place.currency,
        "start": settlement.start.isoformat(),
        "end": settlement.end.isoformat(),
        "deposit": settlement.deposit.isoformat(),
        "header_total": str(settlement.total),
        "line_total": str(settlement.lines_total),
        "rows": len(settlement.rows),
        "listed": settlement.end >= listed_since,
        "trouble": [TROUBLE[event] for event in trouble],
        "trouble_codes": [event.value for event in trouble],
        "events": [{"code": event.value, "meaning": TOLD[event]} for event in sorted(settlement.events) if event in TOLD],
    }
