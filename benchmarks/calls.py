"""How many calls a thousand orders take, counted in the twins' own journal: nobody can flatter himself there.

    python -m benchmarks.calls [--orders 1000]

A seller's orders are placed and sent, then read from Amazon and posted one by one as sales receipts with a customer a
marketplace. The first thousand bring along what the ledger needs once (items, the customer); the second thousand is
what is counted. Goals: at most 11 reads of Amazon, 40 writes and 5 reads of QuickBooks. What is written is counted
too, since vendors disagree on whether a batch is one write or thirty.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from typing import TYPE_CHECKING, Any

from benchmarks.goals import goal, told
from benchmarks.scratch import scratch_database, scratch_folder

if TYPE_CHECKING:
    from syncs.models import Integration

READS = ("query", "cdc", ".read")
# What changed in the last five minutes before a listing is read again by the next; a burst of a thousand orders right
# at that seam is not the rule, so they are some minutes old when they are listed.
SEAM_S = 900


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1000)
    given = parser.parse_args()
    with scratch_folder() as folder:
        from sandbox.app import create_app
        from sandbox.server import Server

        app = create_app(folder / "twins", scale=0)
        server = Server(app).start()
        os.environ["TIEOUT_TWINS_URL"] = server.url
        try:
            with scratch_database():
                _measure(app, given.orders)
        finally:
            server.stop()
            app.close()


def _measure(app: Any, orders: int) -> None:
    from reconciliation.demo import people
    from tenants.news import Actor, acting
    from tenants.scope import tenant_scope

    shop = people.tenant()
    people.logins(shop)
    with tenant_scope(shop), acting(Actor(user=people.owner(), kind="person")):
        integration, store = _integration()
        _thousand(app, integration, store, orders)
        counted, posted = _thousand(app, integration, store, orders)
    _tell(counted, posted, orders)


def _integration() -> tuple[Integration, dict[str, str]]:
    """A seller whose every order is posted by itself when it was sent."""
    from datetime import datetime

    from reconciliation.demo import pairs, shapes, twins
    from reconciliation.orders.services import decide

    way = shapes.WAYS[2]
    today = datetime.fromisoformat(twins.world("clock")["now"]).date()
    made = pairs.ready(way.pair, starts_on=today)
    return decide(integration=made, settings={"each": True, "document": "receipt"}), way.store


def _thousand(app: Any, integration: Integration, store: dict[str, str], orders: int) -> tuple[Counter[tuple[str, str]], int]:
    """Place, send and carry so many orders. Returns the calls it took by (provider, operation), and documents posted."""
    from reconciliation.demo import shapes, twins
    from syncs.models import LedgerDocument
    from syncs.runs import ORDERS

    before = LedgerDocument.objects.filter(state="posted", ledger=integration.ledger).count()
    twins.command("amazon", "place", **store, orders=orders)
    twins.command("amazon", "ship", **store)
    twins.shift(SEAM_S)
    begun = len(app.world.journal())
    shapes.work(integration, ORDERS)
    calls = Counter((row["provider"], row["operation"]) for row in app.world.journal()[begun:])
    posted = LedgerDocument.objects.filter(state="posted", ledger=integration.ledger).count() - before
    return calls, posted


def _tell(calls: Counter[tuple[str, str]], posted: int, orders: int) -> None:
    amazon = {
        name: count for (provider, name), count in calls.items() if provider == "amazon" and name not in ("token", "refresh")
    }
    ledger = {name: count for (provider, name), count in calls.items() if provider == "quickbooks_online" and name != "refresh"}
    reads = sum(count for name, count in ledger.items() if name.endswith(READS))
    writes = sum(ledger.values()) - reads
    share = 1000 / orders
    listings = amazon.pop("searchOrders", 0) + amazon.pop("getOrder", 0)
    goal("Amazon reads of orders for 1,000 orders", listings * share, 11, "calls", against="searchOrders, items inline")
    told("Amazon reads of refunds", str(sum(amazon.values())), f"{amazon}: two days are listed again, all kinds of transactions")
    goal("QuickBooks writes for 1,000 orders", writes * share, 40, "calls", against=f"{posted} documents in {ledger}")
    goal("QuickBooks reads for 1,000 orders, steady", reads * share, 5, "calls")
    told("documents posted", str(posted), f"of {orders} orders")


if __name__ == "__main__":
    main()
