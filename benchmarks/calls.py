"""How many calls a thousand orders take, counted in the twins' own journal: nobody can flatter himself there.

    python -m benchmarks.calls [--orders 1000] [--pair xero+amazon]

A seller's orders are placed and sent, then read and posted one by one, with one customer a marketplace. The first
thousand bring along what the ledger needs once (items, the customer); the second thousand is what is counted. Goals: at
most 11 reads of Amazon, 40 writes to QuickBooks Online, 25 of each kind of document to Xero, 5 reads of either. KashFlow
takes one object a call and forgets every key, so it is asked before and after; QuickBooks Desktop comes by itself and
takes many requests in one message: theirs are told, beside the least that their interfaces allow. What is written is
counted too, since vendors disagree on whether a batch is one write or thirty.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from benchmarks.goals import goal, told
from benchmarks.scratch import scratch_database, scratch_folder

if TYPE_CHECKING:
    from syncs.models import Integration

Calls = Counter[str]
# What changed in the last five minutes before a listing is read again by the next; a burst of a thousand orders right
# at that seam is not the rule, so they are some minutes old when they are listed.
SEAM_S = 900
PATIENCE_S = 3600  # a ledger that comes to us takes its time
_SIGN_IN = ("token", "refresh", "connections", "POST /sessiontoken", "GET /sessiontoken")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--pair", choices=PAIRS)
    given = parser.parse_args()
    with scratch_folder() as folder:
        from sandbox.app import create_app
        from sandbox.server import Server

        app = create_app(folder / "twins", scale=0)
        server = Server(app).start()
        os.environ["TIEOUT_TWINS_URL"] = server.url
        try:
            with scratch_database(), _served():
                for pair in [given.pair] if given.pair else PAIRS:
                    _measure(app, pair, given.orders)
        finally:
            server.stop()
            app.close()


@contextmanager
def _served() -> Iterator[None]:
    """Our own address, for a ledger that comes to us."""
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application

    from reconciliation.demo import twins
    from sandbox.server import Server

    web = Server(get_wsgi_application()).start()
    settings.PUBLIC_URL = web.url
    settings.ALLOWED_HOSTS = ["*"]
    try:
        yield
    finally:
        twins.command("quickbooks_desktop", "autopoll", stop=True)
        web.stop()


def _measure(app: Any, pair: str, orders: int) -> None:
    from reconciliation.demo import people
    from tenants.news import Actor, acting
    from tenants.scope import tenant_scope

    shop = people.tenant()
    people.logins(shop)
    ready, trade, tell = PAIRS[pair]
    print(f"\n{pair}", flush=True)
    with tenant_scope(shop), acting(Actor(user=people.owner(), kind="person")):
        integration = ready()
        _thousand(app, integration, trade, orders)
        counted, posted = _thousand(app, integration, trade, orders)
    tell({provider: _of(counted, provider) for provider in {provider for provider, _name in counted}}, 1000 / orders)
    told("documents posted", ", ".join(f"{count} {kind}s" for kind, count in posted.items()), f"of {orders} orders")


def _of(counted: Counter[tuple[str, str]], provider: str) -> Calls:
    return Counter({name: count for (of, name), count in counted.items() if of == provider and name not in _SIGN_IN})


def _thousand(
    app: Any, integration: Integration, trade: Callable[[int], None], orders: int
) -> tuple[Counter[tuple[str, str]], Calls]:
    """Place, send and carry so many orders. Returns the calls it took by (provider, operation), and documents posted."""
    from reconciliation.demo import shapes, twins
    from syncs.runs import ORDERS

    before = _posted(integration)
    trade(orders)
    twins.shift(SEAM_S)
    begun = len(app.world.journal())
    run = shapes.work(integration, ORDERS, patience=PATIENCE_S)
    if run.state != "succeeded":
        raise SystemExit(f"the run of {orders} orders ended {run.get_state_display()}: {run.counts}")
    counted = Counter((row["provider"], row["operation"]) for row in app.world.journal()[begun:])
    return counted, _posted(integration) - before


def _posted(integration: Integration) -> Calls:
    from django.db.models import Count

    from syncs.models import LedgerDocument

    rows = (
        LedgerDocument.objects.filter(state="posted", ledger=integration.ledger).values("document_type").annotate(n=Count("pk"))
    )
    return Counter({row["document_type"].replace("_", " "): row["n"] for row in rows})


# ------------------------------------------------------------------ the pairs


def _amazon(pair: str) -> Integration:
    """A seller whose every order is posted by itself when it was sent, as paid."""
    from reconciliation.demo import pairs
    from reconciliation.orders.services import decide

    made = pairs.ready(_pair(pair), starts_on=_today())
    return decide(integration=made, settings={"each": True, "document": "receipt"})


def _today() -> date:
    from reconciliation.demo import twins

    return datetime.fromisoformat(twins.world("clock")["now"]).date()


def _pair(name: str) -> Any:
    from reconciliation.demo import pairs, shapes

    return {"online": shapes.WAYS[2].pair, "xero": pairs.XERO_SHOP, "kashflow": pairs.KASHFLOW_SHOP}[name]


def _sold(name: str, orders: int) -> None:
    from reconciliation.demo import twins

    pair = _pair(name)
    store = {"seller": pair.source.account, "marketplace": pair.marketplaces[0]}
    twins.command("amazon", "place", **store, orders=orders)
    twins.command("amazon", "ship", **store)


def _magento() -> Integration:
    """A shop whose every order from now on is a receipt of one customer."""
    from reconciliation.demo import shops
    from reconciliation.orders.services import decide
    from syncs import services

    made = services.change_integration(integration=shops.ready(shops.DESKTOP), starts_on=_today())
    return decide(integration=made, settings={"each": True, "document": "receipt", "customers": "generic"})


def _bought(orders: int) -> None:
    from reconciliation.demo import twins

    twins.command("magento", "place", shop="main", count=orders)


# ------------------------------------------------------------------ what is said


def _amazon_reads(calls: Calls, share: float) -> None:
    rest = Calls(calls)
    listings = rest.pop("searchOrders", 0) + rest.pop("getOrder", 0)
    goal("Amazon reads of orders for 1,000 orders", listings * share, 11, "calls", against="searchOrders, items inline")
    told(
        "Amazon reads of refunds", str(sum(rest.values())), f"{dict(rest)}: two days are listed again, all kinds of transactions"
    )


def _tell_online(calls: dict[str, Calls], share: float) -> None:
    _amazon_reads(calls["amazon"], share)
    ledger = calls["quickbooks_online"]
    reads = sum(count for name, count in ledger.items() if name.endswith(("query", "cdc", ".read")))
    goal("QuickBooks writes for 1,000 orders", (ledger.total() - reads) * share, 40, "calls", against=f"{dict(ledger)}")
    goal("QuickBooks reads for 1,000 orders, steady", reads * share, 5, "calls")


def _tell_xero(calls: dict[str, Calls], share: float) -> None:
    _amazon_reads(calls["amazon"], share)
    ledger = calls["xero"]
    for kind in ("invoices", "payments"):
        goal(f"Xero writes of {kind} for 1,000 orders", ledger[f"{kind}.write"] * share, 25, "calls", against="fifty in a call")
    reads = sum(count for name, count in ledger.items() if not name.endswith(".write"))
    goal("Xero reads for 1,000 orders, steady", reads * share, 5, "calls", against=f"{dict(ledger)}")


def _tell_kashflow(calls: dict[str, Calls], share: float) -> None:
    _amazon_reads(calls["amazon"], share)
    ledger = calls["kashflow"]
    writes = sum(count for name, count in ledger.items() if name.startswith(("Insert", "Update")))
    floor = "the least is 2,000, an invoice and its payment each, one a call"
    told("KashFlow writes for 1,000 orders", f"{writes * share:.0f}", floor)
    floor = "the least is 2,000 read back, since an answer shows a number alone"
    told("KashFlow reads for 1,000 orders", f"{(ledger.total() - writes) * share:.0f}", f"{floor}: {dict(ledger)}")


def _tell_desktop(calls: dict[str, Calls], share: float) -> None:
    told("Magento reads for 1,000 orders", f"{calls['magento'].total() * share:.0f}", f"{dict(calls['magento'])}")
    ledger = calls["quickbooks_desktop"]
    told("QuickBooks Desktop, messages to QuickBooks for 1,000 orders", f"{ledger['qbxml'] * share:.0f}", f"{dict(ledger)}")


# pair: how it is made ready, who trades, and what is said of the calls
PAIRS: dict[str, tuple[Callable[[], Any], Callable[[int], None], Callable[[dict[str, Calls], float], None]]] = {
    "quickbooks_online+amazon": (lambda: _amazon("online"), lambda orders: _sold("online", orders), _tell_online),
    "xero+amazon": (lambda: _amazon("xero"), lambda orders: _sold("xero", orders), _tell_xero),
    "kashflow+amazon": (lambda: _amazon("kashflow"), lambda orders: _sold("kashflow", orders), _tell_kashflow),
    "magento+quickbooks_desktop": (_magento, _bought, _tell_desktop),
}


if __name__ == "__main__":
    main()
