"""What was sold, sent and given back: orders, their lines and charges, refunds, the people on them.

A source states these in its own words; its mapper turns them into these values. Amounts carry the
order's currency, are exact, and have the sign of what the buyer pays: a discount is negative, a refund
counts what is given back as positive.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

ZERO = Decimal(0)


class OrderStatus(StrEnum):
    """Where an order stands, whatever a marketplace calls it."""

    PENDING = "pending"  # not paid yet: it has no prices one could rely on
    UNSHIPPED = "unshipped"
    PARTLY_SHIPPED = "partly_shipped"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"
    UNFULFILLABLE = "unfulfillable"
    UNKNOWN = "unknown"  # the source says a word that nobody knows yet: held, never guessed


class FulfilledBy(StrEnum):
    """Who sends the goods: the marketplace (FBA) or the merchant (FBM)."""

    MARKETPLACE = "marketplace"
    MERCHANT = "merchant"


class Terms(StrEnum):
    """When the buyer pays: at once, or later on an invoice."""

    PAID = "paid"
    CREDIT = "credit"


class ChargeKind(StrEnum):
    """What a charge is for. Discounts are negative and say what they take off."""

    ITEM = "item"
    SHIPPING = "shipping"
    GIFT_WRAP = "gift_wrap"
    OTHER = "other"
    DISCOUNT = "discount"
    SHIPPING_DISCOUNT = "shipping_discount"
    STORE_CREDIT = "store_credit"  # paid with what the shop owed the buyer: store credit, a gift card; negative
    ADJUSTMENT = "adjustment"  # a refund's own: more is given back, or less, than its lines come to


class TaxCollector(StrEnum):
    """Who owes the tax on a sale to the authority."""

    MARKETPLACE = "marketplace"
    SELLER = "seller"


@dataclass(frozen=True, slots=True)
class Charge:
    """One amount without its tax, and the tax on it, stated apart whichever way the source prices."""

    kind: ChargeKind
    amount: Decimal
    tax: Decimal = ZERO

    @property
    def gross(self) -> Decimal:
        return self.amount + self.tax


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One product of an order. `quantity` is what was ordered less what was cancelled.

    `tax_stated`: the source states every tax there is, so that a charge without one bears none; otherwise a price
    without a tax may contain it.
    """

    line_id: str
    sku: str
    title: str
    quantity: Decimal
    charges: tuple[Charge, ...]
    shipped: Decimal = ZERO
    product_id: str = ""  # the marketplace's own id of the product (ASIN)
    tax_collector: TaxCollector = TaxCollector.MARKETPLACE
    tax_stated: bool = False

    @property
    def gross(self) -> Decimal:
        return sum((charge.gross for charge in self.charges), ZERO)


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address as stated; every part may be empty."""

    name: str = ""
    lines: tuple[str, ...] = ()
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """A buyer, where the integration asks for one."""

    name: str = ""
    email: str = ""
    company: str = ""


@dataclass(frozen=True, slots=True)
class Package:
    """A parcel on its way: carrier and tracking number."""

    carrier: str
    tracking: str
    shipped_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PaymentFact:
    """Money that came for an order: how, when, how much, and the gateway's own reference."""

    payment_id: str
    at: datetime
    amount: Decimal
    method: str
    transaction: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """What a shop tells of an order or refund besides the sale itself; a marketplace leaves it empty.

    `number` is what people call it, where `order_id` only names it to machines. `method` is how it is paid; `paid` and
    `refunded` are what has come and gone so far. `attributes` are the shop's own fields by name, as text.
    """

    number: str = ""
    store: str = ""
    customer_id: str = ""
    method: str = ""
    transaction: str = ""
    paid: Decimal | None = None
    refunded: Decimal | None = None
    payments: tuple[PaymentFact, ...] = ()
    bill_to: Address | None = None
    coupons: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Order:
    """An order as its source states it. `total` is the source's own grand total, None where it states none.

    `shipped_at` is the last shipment's moment where the source tells it. `updated_at` orders versions.
    """

    order_id: str
    status: OrderStatus
    stated_status: str
    purchased_at: datetime
    updated_at: datetime
    currency: str
    marketplace: str
    fulfilled_by: FulfilledBy
    lines: tuple[OrderLine, ...]
    total: Decimal | None
    terms: Terms = Terms.PAID
    shipped_at: datetime | None = None
    buyer: Party | None = None
    ship_to: Address | None = None
    packages: tuple[Package, ...] = ()
    replaces: str = ""
    shop: ShopFacts = ShopFacts()

    @property
    def gross(self) -> Decimal:
        """What the lines add up to, tax included."""
        return sum((line.gross for line in self.lines), ZERO)


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back on an order. `refund_id` is the id that the settlement rows carry as adjustment id."""

    refund_id: str
    order_id: str
    posted_at: datetime
    currency: str
    marketplace: str
    lines: tuple[OrderLine, ...]
    total: Decimal | None = None  # the source's own, where it states one
    shop: ShopFacts = ShopFacts()

    @property
    def gross(self) -> Decimal:
        return sum((line.gross for line in self.lines), ZERO)


@dataclass(frozen=True, slots=True)
class Product:
    """An article as a shop sells it. `price` is the catalogue's, in the website's currency; `quantity` None where not kept."""

    sku: str
    title: str
    price: Decimal | None
    currency: str
    kind: str
    sold: bool
    updated_at: datetime
    product_id: str = ""
    quantity: Decimal | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


def with_discounts_in_prices(lines: Iterable[OrderLine]) -> tuple[OrderLine, ...]:
    """The same lines with each discount taken off the price it belongs to; totals and taxes stay as they are."""
    return tuple(replace(line, charges=_lowered(line.charges)) for line in lines)


_LOWERS = {ChargeKind.DISCOUNT: ChargeKind.ITEM, ChargeKind.SHIPPING_DISCOUNT: ChargeKind.SHIPPING}


def _lowered(charges: tuple[Charge, ...]) -> tuple[Charge, ...]:
    present, found = {charge.kind for charge in charges}, dict[ChargeKind, Charge]()
    for charge in charges:
        priced = _LOWERS.get(charge.kind)
        kind = priced if priced in present and priced is not None else charge.kind
        before = found.get(kind, Charge(kind, ZERO))
        found[kind] = Charge(kind, before.amount + charge.amount, before.tax + charge.tax)
    return tuple(found.values())


def charges_of(lines: Iterable[OrderLine], kind: ChargeKind) -> Decimal:
    """All charges of one kind over all lines, without tax."""
    return sum((charge.amount for line in lines for charge in line.charges if charge.kind is kind), ZERO)
