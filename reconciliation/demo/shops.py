"""A shop of the Magento twin into a ledger: connected by its integration's keys, set up, read, booked and tied."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings

from connections import services as connection_services
from connections.models import Connection
from reconciliation.demo import ends, people, twins
from reconciliation.demo.ends import End
from reconciliation.demo.pairs import _ids
from reconciliation.demo.shapes import work
from reconciliation.orders import services as order_services
from reconciliation.orders import tie
from syncs import services
from syncs.models import Integration
from syncs.runs import ORDERS, PRODUCTS
from tenants.news import Actor, acting
from tenants.scope import tenant_scope

Tell = Callable[[str], None]
HISTORY = timedelta(weeks=12)


@dataclass(frozen=True, slots=True)
class ShopPair:
    """One shop into one ledger. `key` is what PAIR= says. `vat` names the tax codes of its store view, `orders` what is decided beyond defaults."""

    key: str
    name: str
    shop: str
    ledger: End
    timezone: str
    store: str = ""
    vat: Mapping[str, str] = field(default_factory=dict)
    orders: Mapping[str, Any] = field(default_factory=dict)


MAIN = ShopPair("magento+quickbooks", "Magento main", "main", ends.quickbooks_online("9130350000000101"), "America/Los_Angeles")
DESKTOP = ShopPair(
    "magento+quickbooks-desktop",
    "Magento shop in QuickBooks Desktop",
    "main",
    ends.quickbooks_desktop("brindle"),
    "America/Los_Angeles",
)
UK = ShopPair(
    "magento+quickbooks-uk",
    "Magento UK",
    "uk",
    ends.quickbooks_online("9130350000000202"),
    "Europe/London",
    store="United Kingdom",
    vat={"sales": "20.0% S", "purchases": "20.0% S", "zero": "0.0% Z", "none": "No VAT"},
)


# What the demo shows by itself; the other pairs are there for tests.
PAIRS = (DESKTOP,)


def run(tell: Tell, pair: ShopPair = MAIN) -> tie.Tie:
    """Connect, set up, read and post the shop's history, and tie it. Safe to repeat: nothing is posted twice."""
    tell(f"\n{pair.name}: shop {pair.shop} into {pair.ledger.called}")
    with tenant_scope(people.tenant()), acting(Actor(user=people.owner(), kind="person")):
        integration = ready(pair)
        for stream in (PRODUCTS, ORDERS):
            done = work(integration, stream)
            tell(
                f"  {stream}: {done.get_state_display()}, {done.counts.get('listed', 0)} listed, {done.counts.get('held', 0)} held"
            )
        found = tie.tie(integration, since=_today() - HISTORY, until=_today())
        for line in tie.say(found):
            tell(line)
        tell(f"  {'everything ties' if found.ties else 'NOT everything ties'}")
    return found


def ready(pair: ShopPair) -> Integration:
    """The pair connected, set up and switched on; does only what is not done yet."""
    source = connected(pair.shop)
    company = ends.connected(pair.ledger)
    integration = services.create_integration(source=source, ledger=company, name=pair.name, timezone=pair.timezone)
    if integration.state == Integration.State.SETTING_UP:
        ends.patiently(lambda: connection_services.refresh_reference(connection=company, full=True))
        options = {**integration.options, "orders": dict(pair.orders)}
        if pair.vat:
            codes = _ids(company, "tax_code")
            scheme = {answer: codes[name] for answer, name in pair.vat.items()}
            options["tax"] = [{"marketplace": pair.store, "registration": "registered", **scheme}]
        services.change_integration(integration=integration, options=options, starts_on=_today() - HISTORY)
        ends.patiently(lambda: order_services.open_shop(integration=integration))
    integration.refresh_from_db()
    return integration


def connected(code: str) -> Connection:
    """The shop's connection, by the keys that its admin shows."""
    found = Connection.objects.filter(provider="magento", external_account=code, state=Connection.State.ACTIVE).first()
    return found or connection_services.adopt(provider="magento", environment="twin", answers=keys(code))


def keys(code: str) -> dict[str, str]:
    """What a merchant copies out of the shop's admin."""
    shop = next(one for one in twins.world("seeded")["magento"]["shops"] if one["code"] == code)
    base = {"base_url": f"{settings.TWINS_URL}{shop['base_path']}"}
    if "ims" in shop:
        return {**base, "client_id": shop["ims"]["client_id"], "client_secret": shop["ims"]["client_secret"]}
    names = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
    return {**base, **{name: shop["integrations"][0][name] for name in names}}


def _today() -> date:
    return datetime.fromisoformat(twins.world("clock")["now"]).date()
