"""Products of a shop on their way to the ledger: list what changed, find or make the item of each SKU, compare the two.

The direction is from the shop. An item that the ledger has is written over only where the integration says so and the
ledger takes it; else what differs is shown, and a person decides where it is mended. A SKU is bound to its item for good, so that running twice makes nothing twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import transaction

from canonical.accounting import AccountRef
from canonical.commerce import Product
from canonical.plain_commerce import plain_product, product_of
from canonical.problems import Problem, declare
from connections.contracts import ItemChange, ProductSource
from connections.models import Connection
from connections.registry import provider
from reconciliation import books
from reconciliation.engine.chart import BY_ROLE, Role
from reconciliation.engine.place import UNMAPPED
from reconciliation.orders.policy import UnknownSkus, policy_of
from reconciliation.products import selectors
from syncs import entities, mappings
from syncs.models import CanonicalRecord, Integration
from syncs.pipeline import Context
from syncs.runs import PRODUCTS
from syncs.steps import Discovery, Fate, ItemView, Lister, Page, Step, StepOutcome, register

PRODUCT = "product"
PAGE = 30
NOT_SOLD_BY_ITSELF = frozenset({"configurable", "bundle", "grouped"})  # Magento's words for what only holds other products

UNKNOWN = declare(
    "product.unknown_to_ledger",
    "The ledger has no item with the SKU %(sku)s (%(title)s).",
    "Make it in the ledger, or let items be created for unknown SKUs in the integration's order settings; then retry.",
)


def list_products(ctx: Context, cursor: str) -> Iterator[Page]:
    """Products changed since the watermark; the whole catalogue the first time."""
    source = ctx.integration.source
    since = datetime.fromisoformat(cursor) if cursor else None
    for page in product_source(source).product_pages(ctx.door(source), source.account(), since=since):
        records = [_keep(source, product) for product in page.products]
        yield Page([_discovery(record) for record in records], page.until.isoformat() if page.until else "")


def product_source(connection: Connection) -> ProductSource:
    found = provider(connection.provider).product_source
    if found is None:
        raise LookupError(f"{connection.provider} tells no products")
    return found


@transaction.atomic
def _keep(source: Connection, product: Product) -> CanonicalRecord:
    """A new version where the product says something else than before."""
    body = plain_product(product)
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    known = CanonicalRecord.objects.select_for_update().filter(
        source=source, type=PRODUCT, external_id=product.sku, is_current=True
    )
    before = known.first()
    if before is not None and (before.hash == digest or (before.source_updated_at or product.updated_at) > product.updated_at):
        return before
    known.update(is_current=False)
    made: CanonicalRecord = CanonicalRecord.objects.create(
        source=source,
        type=PRODUCT,
        external_id=product.sku,
        version=before.version + 1 if before else 1,
        source_updated_at=product.updated_at,
        body=body,
        hash=digest,
        search_text=f"{product.sku} {product.title}".casefold()[:300],
    )
    return made


def _discovery(record: CanonicalRecord) -> Discovery:
    name = f"product:{record.external_id}"[:180]
    return Discovery(f"{name}@{record.version}", f"Product {record.external_id}", {"product": record.pk})


# ------------------------------------------------------------------ match and compare


def match(ctx: Context, items: Sequence[ItemView]) -> list[StepOutcome]:
    """The item of each SKU: the one the ledger has, else a new one where the integration makes them."""
    integration, decided = ctx.integration, policy_of(ctx.integration)
    products = _products(items)
    target = provider(integration.ledger.provider).target
    if target is None:
        raise LookupError(f"{integration.ledger.provider} is not a ledger")
    ledger = entities.Ledger(integration.ledger, target, ctx.door(integration.ledger))
    titles = {each.sku: each.title for each in products if each.kind not in NOT_SOLD_BY_ITSELF}
    found = entities.items_by_sku(ledger, titles, decided.items)
    missing = {sku: title for sku, title in titles.items() if sku not in found}
    if missing and decided.unknown_skus is UnknownSkus.CREATE and ctx.mode == "live":
        account = _sales_account(integration)
        if account is None:
            problem = Problem(
                UNMAPPED, {"what": BY_ROLE[Role.SALES.value].name_for(provider(integration.source.provider).info.name)}
            )
            return [StepOutcome(Fate.HELD, problem=problem) for _ in items]
        home = integration.ledger.home_currency
        prices = {each.sku: each.price for each in products if each.price and each.currency == home}
        found |= entities.create_items(ledger, missing, account, prices)
    if decided.update_items and ctx.mode == "live":
        _bring_over(ledger, integration, list(found))
    return [_matched(product, found) for product in products]


def _bring_over(ledger: entities.Ledger, integration: Integration, skus: Sequence[str]) -> None:
    """Name and price of the shop, where the ledger's item says otherwise. A price abroad is not the ledger's."""
    home = integration.ledger.home_currency
    for row in selectors.compared(integration, skus):
        name = row.product.title if selectors.NAMES in row.differs else None
        priced = selectors.PRICES in row.differs and row.product.currency == home
        if name or priced:
            entities.update_item(ledger, ItemChange(row.sku, name=name, price=row.product.price if priced else None))


def _matched(product: Product, found: dict[str, entities.FoundItem]) -> StepOutcome:
    if product.kind in NOT_SOLD_BY_ITSELF:
        return StepOutcome(Fate.FINISHED, note=f"a {product.kind} product is sold as its parts")
    if product.sku not in found:
        return StepOutcome(Fate.HELD, problem=Problem(UNKNOWN, {"sku": product.sku, "title": product.title[:80]}))
    return StepOutcome(Fate.ONWARD)


def compare(ctx: Context, items: Sequence[ItemView]) -> list[StepOutcome]:
    """Say what differs; nothing is written to either side."""
    compared = {row.sku: row for row in selectors.compared(ctx.integration, [each.sku for each in _products(items)])}
    return [StepOutcome(Fate.FINISHED, note=compared[each.sku].says if each.sku in compared else "") for each in _products(items)]


def _sales_account(integration: Integration) -> AccountRef | None:
    book = books.order_book(integration, mappings.published_version(integration.mapping_set))
    rule = book.account_rule(Role.SALES.value, "sale")
    return rule.account if rule else None


def _products(items: Sequence[ItemView]) -> list[Product]:
    records = CanonicalRecord.objects.in_bulk([item.input["product"] for item in items])
    return [product_of(records[item.input["product"]].body) for item in items]


def register_all() -> None:
    """Called once from AppConfig.ready()."""
    register(Lister(name="source.list_products@1", title="List products", makes=PRODUCT, stream=PRODUCTS, pages=list_products))
    register(
        Step(
            name="product.match@1", title="Find or make the item", takes=PRODUCT, makes="item", run=match, writes=True, page=PAGE
        )
    )
    register(Step(name="product.compare@1", title="Compare", takes="item", makes="item", run=compare, page=PAGE))
