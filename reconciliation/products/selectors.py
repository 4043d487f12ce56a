"""A shop's products beside the ledger's items: which item each SKU is, and what the two say differently."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from canonical.commerce import Product
from canonical.plain_commerce import product_of
from connections.models import ReferenceCopy
from syncs.entities import SKU
from syncs.models import Binding, CanonicalRecord, Integration

NAMES, PRICES = "name", "price"


@dataclass(frozen=True, slots=True)
class Compared:
    """A product and its item; `item` is None where the ledger has none. `differs` names what the two say differently."""

    product: Product
    item: ReferenceCopy | None
    item_price: Decimal | None
    differs: tuple[str, ...]

    @property
    def sku(self) -> str:
        return self.product.sku

    @property
    def says(self) -> str:
        """In a few words, for a run's list."""
        if self.item is None:
            return "no item"
        return f"{', '.join(self.differs)} differs" if self.differs else "the same"


def compared(integration: Integration, skus: Sequence[str] | None = None) -> list[Compared]:
    """Products of the integration's shop, by SKU; those of `skus` where they are named."""
    records = CanonicalRecord.objects.filter(source_id=integration.source_id, type="product", is_current=True)
    records = records.filter(external_id__in=list(skus)) if skus is not None else records
    products = [product_of(record.body) for record in records.order_by("external_id")]
    items = _items(integration, [product.sku for product in products])
    return [_compared(product, items.get(product.sku)) for product in products]


def _items(integration: Integration, skus: Iterable[str]) -> dict[str, ReferenceCopy]:
    bindings = Binding.objects.filter(
        connection_id=integration.ledger_id, kind=SKU, local_ref__in=list(skus), tombstoned_at__isnull=True
    )
    theirs = {binding.external_id: binding.local_ref for binding in bindings}
    copies = ReferenceCopy.objects.filter(connection_id=integration.ledger_id, kind="item", external_id__in=list(theirs))
    return {theirs[copy.external_id]: copy for copy in copies}


def _compared(product: Product, item: ReferenceCopy | None) -> Compared:
    if item is None:
        return Compared(product, None, None, ())
    price = _price(item)
    differs = []
    described = str(item.facts.get("description") or item.body.get("Description") or "")
    said = {_folded(item.name), _folded(described)}
    if _folded(product.title) not in said and (described or _folded(product.sku) not in said):
        differs.append(NAMES)
    if product.price is not None and price is not None and price != product.price:
        differs.append(PRICES)
    return Compared(product, item, price, tuple(differs))


def _folded(text: str) -> str:
    """Letters and digits alone: ledgers do not take every sign in a name."""
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def _price(item: ReferenceCopy) -> Decimal | None:
    """The item's sales price, None where the ledger states none: one that was never asked is kept as nothing."""
    stated = item.facts.get("price", item.body.get("UnitPrice"))
    try:
        return (Decimal(str(stated)) or None) if stated not in (None, "") else None
    except InvalidOperation:
        return None
