"""One trade booked three ways: three sellers who trade alike, each into a company of its own.

The first company gets summary journals, the second one bank deposit a payout, the third every order and
refund by itself, against clearing. Orders are placed, changed, cancelled, sent and refunded while we
look on, then settled. At the end the three trial balances must be the same (invariant I4), and nothing
may be left on clearing, carry or payouts in transit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from reconciliation import ladders, state
from reconciliation.demo import ends, pairs, people, twins
from reconciliation.demo.pairs import Pair
from reconciliation.engine import RungState
from reconciliation.engine.chart import BY_ROLE, Role
from reconciliation.models import Order, Refund, Settlement
from reconciliation.orders.policy import OPTION
from reconciliation.orders.services import decide
from syncs import pipeline, services
from syncs.models import Integration, LedgerDocument, SyncRun
from syncs.runs import CLEARING, ORDERS, SETTLEMENTS, open_run
from tenants import clock
from tenants.news import Actor, acting
from tenants.scope import tenant_scope

Tell = Callable[[str], None]

ORDERS_PLACED, ON_ACCOUNT, CHANGED, CANCELLED, REFUNDED = 500, 24, 20, 5, 10
# What changed less than two minutes ago Amazon does not list yet.
LISTED_AFTER = 180
PATIENCE_S = 600
ZERO_AT_THE_END = (Role.CLEARING, Role.CARRY, Role.IN_TRANSIT, Role.ROUNDING)


@dataclass(frozen=True, slots=True)
class Way:
    """One way of booking: its pair, the settlement's shape, and what is decided about orders."""

    pair: Pair
    shape: str
    orders: Mapping[str, Any]

    @property
    def store(self) -> dict[str, str]:
        return {"seller": self.pair.source.account, "marketplace": self.pair.marketplaces[0]}


def _pair(number: int, name: str) -> Pair:
    return Pair(
        key=f"shape-{number}",
        name=name,
        source=ends.amazon("na", f"A5MERIDIANOUT{number}"),
        ledger=ends.quickbooks_online(f"913035000000040{number}"),
        marketplaces=("ATVPDKIKX0DER",),
        timezone="America/Los_Angeles",
        banks={"USD": "Checking"},
    )


WAYS = (
    Way(_pair(1, "Meridian by journal"), "summary_journal", {}),
    Way(_pair(2, "Meridian by deposit"), "one_deposit", {}),
    Way(_pair(3, "Meridian order by order"), "summary_journal", {"each": True, "when": "placed"}),
)


@dataclass(slots=True)
class Compared:
    """What the three ways came to: documents of orders that stand, and everything that is not as it should be."""

    orders: int
    refunds: int
    accounts: int
    wrong: list[str]


def run(tell: Tell) -> Compared:
    """Trade, book and compare; what was done at an earlier run is not done again."""
    tell(f"\nOne trade, three ways: {ORDERS_PLACED} orders, {CHANGED} changed, {CANCELLED} cancelled, {REFUNDED} refunded")
    shop = people.tenant()
    with tenant_scope(shop), acting(Actor(user=people.owner(), kind="person")):
        today = datetime.fromisoformat(twins.world("clock")["now"]).date()
        integrations = [_ready(way, today) for way in WAYS]
        if not Order.objects.filter(integration=integrations[-1]).exists():
            _trade(integrations, tell)
        for integration in integrations:
            work(integration, SETTLEMENTS)
            work(integration, CLEARING)
        return _compare(integrations, tell)


def _ready(way: Way, today: date) -> Integration:
    integration = pairs.ready(way.pair, starts_on=today)
    if integration.posting_shape != way.shape:
        integration = services.change_integration(integration=integration, posting_shape=way.shape)
    if integration.options.get(OPTION, {}) != dict(way.orders):
        integration = decide(integration=integration, settings=way.orders)
    return integration


def _trade(integrations: list[Integration], tell: Tell) -> None:
    """The same story for all three sellers, looked at after each of its turns."""
    trade = _Trade()
    for turn in (trade.place, trade.change, trade.send, trade.refund):
        turn()
        twins.shift(LISTED_AFTER)
        for integration in integrations:
            work(integration, ORDERS)
        tell(f"  {turn.__name__:<8} {_standing(integrations[-1])}")
    trade.close()
    twins.shift(LISTED_AFTER)


class _Trade:
    """What buyers and the seller do; orders of one place in the list are the same order with another number."""

    def __init__(self) -> None:
        self.ids: dict[str, list[str]] = {}

    def place(self) -> None:
        for way in WAYS:
            paid = twins.command("amazon", "place", **way.store, orders=ORDERS_PLACED - ON_ACCOUNT)["orders"]
            later = twins.command("amazon", "place", **way.store, orders=ON_ACCOUNT, terms="credit")["orders"]
            self.ids[way.pair.source.account] = [*later, *paid]

    def change(self) -> None:
        for ids in self.ids.values():
            half = CHANGED // 2
            twins.command("amazon", "change", orders=ids[:half], quantity=5)
            twins.command("amazon", "change", orders=ids[half:CHANGED], off="1.00")
            twins.command("amazon", "cancel", orders=ids[CHANGED : CHANGED + CANCELLED])

    def send(self) -> None:
        for way in WAYS:
            twins.command("amazon", "ship", **way.store)

    def refund(self) -> None:
        for ids in self.ids.values():
            given_back = [*ids[:3], *ids[-(REFUNDED - 3) :]]
            twins.command("amazon", "refund", orders=given_back[:-1])
            twins.command("amazon", "refund", order=given_back[-1], item=0, share="0.5")

    def close(self) -> None:
        for way in WAYS:
            twins.command("amazon", "close", **way.store)


def work(integration: Integration, stream: str, *, patience: float = PATIENCE_S) -> SyncRun:
    """One run to its end, or as it stands after `patience` seconds. A command may wait where a worker never does."""
    run = open_run(integration=integration, trigger="demo", stream=stream)
    until = time.monotonic() + patience
    while True:
        run = pipeline.execute(run)
        if run.state not in (SyncRun.State.WAITING, SyncRun.State.RUNNING) or time.monotonic() > until:
            return run
        wait = (run.not_before - clock.now()).total_seconds() if run.not_before else 1
        time.sleep(min(max(wait, 0.1), 5))


def _standing(integration: Integration) -> str:
    documents = LedgerDocument.objects.filter(ledger=integration.ledger, state=LedgerDocument.State.POSTED)
    counts = {
        kind: documents.filter(document_type=kind).count()
        for kind in ("sales_receipt", "invoice", "refund_receipt", "credit_memo")
    }
    return ", ".join(f"{count} {kind.replace('_', ' ')}s" for kind, count in counts.items() if count)


def _compare(integrations: list[Integration], tell: Tell) -> Compared:
    books = [ends.trial(way.pair.ledger) for way in WAYS]
    wrong: list[str] = []
    for way, other in zip(WAYS[1:], books[1:], strict=True):
        for account in sorted(books[0].keys() | other.keys()):
            here, there = books[0].get(account, Decimal(0)), other.get(account, Decimal(0))
            if here != there:
                wrong.append(f"{account}: {here} by journal, {there} in {way.pair.name}")
    for account in (BY_ROLE[role.value].name for role in ZERO_AT_THE_END):
        left = {way.pair.name: book[account] for way, book in zip(WAYS, books, strict=True) if book.get(account)}
        wrong += [f"{account} is {amount} in {name}, not zero" for name, amount in left.items()]
    wrong += _rungs(integrations)
    orders = Order.objects.filter(integration=integrations[-1], state=Order.State.POSTED).count()
    refunds = Refund.objects.filter(integration=integrations[-1], state=Order.State.POSTED).count()
    verdict = "the same trial balance in all three" if not wrong else f"{len(wrong)} differences"
    tell(f"  settled  {orders} orders and {refunds} refunds stand by themselves; {len(books[0])} accounts, {verdict}")
    return Compared(orders, refunds, len(books[0]), wrong)


def _rungs(integrations: list[Integration]) -> list[str]:
    """Every settlement of the three must be posted and tie, rung by rung."""
    found = state.with_state(Settlement.objects.filter(integration__in=integrations).exclude(state=Settlement.State.EXCLUDED))
    wrong = [f"{one.settlement_id} is {one.shown_state}" for one in found if one.shown_state != Settlement.State.POSTED]
    for settlement in found:
        rungs = ladders.ladder(settlement).rungs
        wrong += [f"{settlement.settlement_id}: {rung.name} differs" for rung in rungs if rung.state is RungState.DIFFERS]
    return wrong
