"""Orders of Orders 2026-01-01 and refunds of Finances 2024-06-19 as our values.

Pure. Amazon states an item's money as proceeds by kind (ITEM, SHIPPING, GIFT_WRAP, COD_FEE, OTHER), the
tax on all of them in one TAX entry, and what was taken off in one DISCOUNT entry; `detailedBreakdowns`
say what of the two belongs to which kind. A charge of ours is an amount without tax and the tax on it, so
the entries are laid over each other here. Where the total shows that prices include their tax, the tax is
taken out of the amount. Nothing is guessed: a status or a kind of proceeds that the model
(orders_2026-01-01) does not list leaves the order with status UNKNOWN, or with lines that do not reach
its total, and either is held by whoever posts it.

Names of the parts of a transaction are not listed by any model; those known here were seen in answers of
Amazon and in settlement files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from canonical.commerce import (
    Address,
    Charge,
    ChargeKind,
    FulfilledBy,
    Order,
    OrderLine,
    OrderStatus,
    Package,
    Party,
    Refund,
    TaxCollector,
    Terms,
)

from .mapper import Body, Unreadable, moment, number, text
from .places import BY_ID

ZERO = Decimal(0)
STATUSES: Mapping[str, OrderStatus] = {
    "PENDING_AVAILABILITY": OrderStatus.PENDING,
    "PENDING": OrderStatus.PENDING,
    "UNSHIPPED": OrderStatus.UNSHIPPED,
    "PARTIALLY_SHIPPED": OrderStatus.PARTLY_SHIPPED,
    "SHIPPED": OrderStatus.SHIPPED,
    "CANCELLED": OrderStatus.CANCELLED,
    "UNFULFILLABLE": OrderStatus.UNFULFILLABLE,
}
_FULFILLED_BY = {"AMAZON": FulfilledBy.MARKETPLACE, "MERCHANT": FulfilledBy.MERCHANT}
_KINDS = {
    "ITEM": ChargeKind.ITEM,
    "SHIPPING": ChargeKind.SHIPPING,
    "GIFT_WRAP": ChargeKind.GIFT_WRAP,
    "COD_FEE": ChargeKind.OTHER,
    "OTHER": ChargeKind.OTHER,
}
_TAX, _DISCOUNT, _TIP = "TAX", "DISCOUNT", "DELIVERY_TIP"
# Payment methods by which Amazon Business lets the buyer pay later; the model names Invoice.
_ON_ACCOUNT = frozenset({"invoice", "paybyinvoice"})
_ORIGINALS = frozenset({"REPLACEMENT_ORIGINAL_ID", "EXCHANGE_ORIGINAL_ID"})
TIP_LINE = "delivery-tip"


class _Purse:
    """Charges by kind while they are put together."""

    def __init__(self) -> None:
        self._amounts: dict[ChargeKind, Decimal] = {}
        self._taxes: dict[ChargeKind, Decimal] = {}

    def add(self, kind: ChargeKind, amount: Decimal = ZERO, tax: Decimal = ZERO) -> None:
        self._amounts[kind] = self._amounts.get(kind, ZERO) + amount
        self._taxes[kind] = self._taxes.get(kind, ZERO) + tax

    def take_tax_out(self) -> None:
        """Amounts were stated with their tax in them."""
        for kind, tax in self._taxes.items():
            self._amounts[kind] -= tax

    @property
    def without_tax(self) -> Decimal:
        return sum(self._amounts.values(), ZERO)

    @property
    def tax(self) -> Decimal:
        return sum(self._taxes.values(), ZERO)

    def charges(self) -> tuple[Charge, ...]:
        """In the order of the kinds; what is nothing is left out."""
        found = ((kind, self._amounts.get(kind, ZERO), self._taxes.get(kind, ZERO)) for kind in ChargeKind)
        return tuple(Charge(kind, amount, tax) for kind, amount, tax in found if amount or tax)


# ------------------------------------------------------------------ orders


def order(body: Body) -> Order:
    """One order of searchOrders or getOrder. Raises Unreadable where a field of the model is missing or misshapen."""
    status, stated = _status(body)
    proceeds, items = _object(body, "proceeds"), _objects(body, "orderItems")
    currency = _currency(body, items)
    packages = tuple(_package(entry) for entry in _objects(body, "packages"))
    sent = [package.shipped_at for package in packages if package.shipped_at]
    return Order(
        order_id=text(body, "orderId"),
        status=status,
        stated_status=stated,
        purchased_at=_moment(body, "createdTime"),
        updated_at=_moment(body, "lastUpdatedTime"),
        currency=currency,
        marketplace=_marketplace(body),
        fulfilled_by=_FULFILLED_BY.get(_sender(body), FulfilledBy.MERCHANT),
        lines=(*(_line(item, currency) for item in items), *_tips(proceeds, currency)),
        total=_total(proceeds, items, currency),
        terms=_terms(body),
        shipped_at=max(sent) if sent else None,
        buyer=_buyer(body),
        ship_to=_address(body),
        packages=packages,
        replaces=_replaces(body),
    )


def _status(body: Body) -> tuple[OrderStatus, str]:
    """UNKNOWN also where nobody we know sends the goods: the kind of document may hang on it."""
    stated = str(_object(body, "fulfillment").get("fulfillmentStatus") or "")
    if _sender(body) not in _FULFILLED_BY:
        return OrderStatus.UNKNOWN, f"{stated or '?'}, fulfilled by {_sender(body) or '?'}"
    return STATUSES.get(stated, OrderStatus.UNKNOWN), stated or "?"


def _sender(body: Body) -> str:
    return str(_object(body, "fulfillment").get("fulfilledBy") or "")


def _line(item: Body, currency: str) -> OrderLine:
    product, fulfilment, proceeds = _object(item, "product"), _object(item, "fulfillment"), _object(item, "proceeds")
    return OrderLine(
        line_id=text(item, "orderItemId"),
        sku=str(product.get("sellerSku") or ""),
        title=str(product.get("title") or ""),
        quantity=_quantity(item, fulfilment),
        charges=_charges(proceeds, currency).charges(),
        shipped=_count(fulfilment, "quantityFulfilled") or ZERO,
        product_id=str(product.get("asin") or ""),
        tax_collector=_collector(_object(item, "tax")),
    )


def _quantity(item: Body, fulfilment: Body) -> Decimal:
    """Units that were or will be sent. What was ordered and is neither was cancelled."""
    done, waiting = _count(fulfilment, "quantityFulfilled"), _count(fulfilment, "quantityUnfulfilled")
    if done is not None and waiting is not None:
        return done + waiting
    return _count(item, "quantityOrdered") or ZERO


def _charges(proceeds: Body, currency: str) -> _Purse:
    purse = _Purse()
    breakdowns = _objects(proceeds, "breakdowns")
    for entry in breakdowns:
        if (kind := _KINDS.get(str(entry.get("type")))) is not None:
            purse.add(kind, _money(entry, "subtotal", currency))
    for entry in breakdowns:
        if entry.get("type") == _DISCOUNT:
            _take_off(purse, entry, currency)
        elif entry.get("type") == _TAX:
            _lay_tax(purse, entry, currency)
    if purse.tax and _includes_tax(purse, proceeds, currency):
        purse.take_tax_out()
    return purse


def _take_off(purse: _Purse, entry: Body, currency: str) -> None:
    """A discount lowers what is paid, whichever sign it is written with; what no detail explains is off the price."""
    rest = -abs(_money(entry, "subtotal", currency))
    for detail in _objects(entry, "detailedBreakdowns"):
        value = -abs(_money(detail, "value", currency))
        purse.add(ChargeKind.SHIPPING_DISCOUNT if detail.get("subtype") == "SHIPPING" else ChargeKind.DISCOUNT, value)
        rest -= value
    purse.add(ChargeKind.DISCOUNT, rest)


def _lay_tax(purse: _Purse, entry: Body, currency: str) -> None:
    """The tax on each kind; what no detail explains is tax on the price."""
    subtotal = rest = _money(entry, "subtotal", currency)
    details = [(str(d.get("subtype")), _money(d, "value", currency)) for d in _objects(entry, "detailedBreakdowns")]
    # Tax on a discount may be written as the amount that it is lower by, or with its own sign.
    unsigned = sum((value for _, value in details), ZERO) != subtotal
    for subtype, value in details:
        value = -abs(value) if subtype == _DISCOUNT and unsigned else value
        purse.add(ChargeKind.DISCOUNT if subtype == _DISCOUNT else _KINDS.get(subtype, ChargeKind.ITEM), tax=value)
        rest -= value
    purse.add(ChargeKind.ITEM, tax=rest)


def _includes_tax(purse: _Purse, proceeds: Body, currency: str) -> bool:
    stated = _money(proceeds, "proceedsTotal", currency) if proceeds.get("proceedsTotal") else None
    return stated is not None and stated == purse.without_tax != purse.without_tax + purse.tax


def _tips(proceeds: Body, currency: str) -> Iterator[OrderLine]:
    """A delivery tip belongs to no item; one still pending is not the seller's yet."""
    for entry in _objects(proceeds, "breakdowns"):
        if entry.get("type") == _TIP and entry.get("status") != "PENDING":
            tip = Charge(ChargeKind.OTHER, _money(entry, "subtotal", currency))
            yield OrderLine(TIP_LINE, "", "Delivery tip", Decimal(1), (tip,), shipped=Decimal(1))


def _total(proceeds: Body, items: Sequence[Body], currency: str) -> Decimal | None:
    """The grand total; without one what the items state, so that proceeds of an unknown kind do not go unseen."""
    if proceeds.get("grandTotal"):
        return _money(proceeds, "grandTotal", currency)
    stated = [_object(item, "proceeds") for item in items]
    if not stated or not all(one.get("proceedsTotal") for one in stated):
        return None
    tips = sum((line.gross for line in _tips(proceeds, currency)), ZERO)
    return sum((_money(one, "proceedsTotal", currency) for one in stated), tips)


def _currency(body: Body, items: Sequence[Body]) -> str:
    """The order's one currency: as its money states it, else that of its store (a pending order states none).

    "XXX", which ISO 4217 keeps for no currency, where a store is new to us and no money is stated yet.
    """
    totals = [_object(body, "proceeds").get("grandTotal")]
    for item in items:
        proceeds = _object(item, "proceeds")
        totals += [proceeds.get("proceedsTotal"), *(entry.get("subtotal") for entry in _objects(proceeds, "breakdowns"))]
    for total in totals:
        if isinstance(total, Mapping):
            return text(total, "currencyCode")
    store = BY_ID.get(str(_object(body, "salesChannel").get("marketplaceId")))
    return store.currency if store else "XXX"


def _marketplace(body: Body) -> str:
    """The store's name as settlement files write it."""
    channel = _object(body, "salesChannel")
    store = BY_ID.get(str(channel.get("marketplaceId")))
    named = str(channel.get("marketplaceName") or "")
    if channel.get("channelName") == "NON_AMAZON":
        return named or "Non-Amazon"
    return store.name if store else named


def _collector(tax: Body) -> TaxCollector:
    """Amazon, where it is named as marketplace facilitator; else the tax is the seller's own to pay."""
    models = {str(entry.get("model")) for entry in _objects(tax, "taxCollections")}
    return TaxCollector.MARKETPLACE if "MARKETPLACE_FACILITATOR" in models else TaxCollector.SELLER


def _terms(body: Body) -> Terms:
    """CREDIT where any part is paid on invoice: such money reaches the seller when the buyer has paid."""
    executions = _objects(_object(body, "payment"), "paymentExecutions")
    methods = {str(entry.get("paymentMethod") or "").replace("_", "").replace(" ", "").lower() for entry in executions}
    return Terms.CREDIT if methods & _ON_ACCOUNT else Terms.PAID


def _buyer(body: Body) -> Party | None:
    buyer = _object(body, "buyer")
    if not buyer:
        return None
    return Party(*(str(buyer.get(name) or "") for name in ("buyerName", "buyerEmail", "buyerCompanyName")))


def _address(body: Body) -> Address | None:
    address = _object(_object(body, "recipient"), "deliveryAddress")
    if not address:
        return None
    said = {name: str(value) for name, value in address.items() if isinstance(value, str) and value}
    return Address(
        name=said.get("name") or said.get("companyName", ""),
        lines=tuple(said[name] for name in ("addressLine1", "addressLine2", "addressLine3") if name in said),
        city=said.get("city") or said.get("municipality", ""),
        region=said.get("stateOrRegion") or said.get("districtOrCounty", ""),
        postal_code=said.get("postalCode", ""),
        country=said.get("countryCode", ""),
    )


def _package(body: Body) -> Package:
    return Package(str(body.get("carrier") or ""), str(body.get("trackingNumber") or ""), moment(body.get("shipTime")))


def _replaces(body: Body) -> str:
    """The order that this one makes good, if any."""
    related = _objects(body, "associatedOrders")
    return next((str(one.get("orderId") or "") for one in related if one.get("associationType") in _ORIGINALS), "")


# ------------------------------------------------------------------ refunds

# Part of a refund -> (kind of charge, whether it is the tax on it). Parts that are fees or tax withheld are not here.
_PARTS: Mapping[str, tuple[ChargeKind, bool]] = {
    "ourpriceprincipal": (ChargeKind.ITEM, False),
    "principal": (ChargeKind.ITEM, False),
    "ourpricetax": (ChargeKind.ITEM, True),
    "tax": (ChargeKind.ITEM, True),
    "shippingprincipal": (ChargeKind.SHIPPING, False),
    "shipping": (ChargeKind.SHIPPING, False),
    "shippingtax": (ChargeKind.SHIPPING, True),
    "giftwrapprincipal": (ChargeKind.GIFT_WRAP, False),
    "giftwrap": (ChargeKind.GIFT_WRAP, False),
    "giftwraptax": (ChargeKind.GIFT_WRAP, True),
    "ourpricediscount": (ChargeKind.DISCOUNT, False),
    "giftwrapdiscount": (ChargeKind.DISCOUNT, False),
    "ourpricetaxdiscount": (ChargeKind.DISCOUNT, True),
    "shippingdiscount": (ChargeKind.SHIPPING_DISCOUNT, False),
    "shippingtaxdiscount": (ChargeKind.SHIPPING_DISCOUNT, True),
}
# Groups whose parts the buyer gets back; a part of theirs that has no name above is money given back all the same.
_GIVEN_BACK = frozenset({"productcharges", "shipping", "giftwrap", "tax", "promorebates", "promotionalrebates", "sales",
                         "refunded sales"})  # fmt: skip
_REBATES = frozenset({"promorebates", "promotionalrebates"})
_WITHHELD = ("marketplacefacilitator", "lowvaluegoods", "marketplacewithheld")
Leaf = tuple[str, str, Decimal]


def refund(body: Body) -> Refund | None:
    """A released refund of listTransactions; None for every other transaction.

    A deferred refund is told again when it is released, under the same REFUND_ID: only that one counts. Its
    parts are signed as the seller's balance, ours as what the buyer gets back.
    """
    if body.get("transactionType") != "Refund" or body.get("transactionStatus") in ("DEFERRED", "DEFERRED_RELEASED"):
        return None
    identifiers = _identifiers(body, "relatedIdentifiers", "relatedIdentifier")
    currency = text(_object(body, "totalAmount"), "currencyCode")
    items = _objects(body, "items") or [body]
    return Refund(
        refund_id=identifiers.get("REFUND_ID") or text(body, "transactionId"),
        order_id=identifiers.get("ORDER_ID", ""),
        posted_at=_moment(body, "postedDate"),
        currency=currency,
        marketplace=_store_of(body),
        lines=tuple(line for item in items if (line := _refund_line(item, currency)).charges),
    )


def _refund_line(item: Body, currency: str) -> OrderLine:
    product = next((context for context in _objects(item, "contexts") if context.get("sku") or context.get("asin")), {})
    leaves = list(_leaves(_objects(item, "breakdowns"), "", currency))
    withheld = any(name.startswith(_WITHHELD) for _, name, _ in leaves)
    quantity = _count(product, "quantityShipped") or Decimal(1)
    return OrderLine(
        line_id=_identifiers(item, "relatedIdentifiers", "itemRelatedIdentifier").get("ORDER_ADJUSTMENT_ITEM_ID", ""),
        sku=str(product.get("sku") or ""),
        title=str(item.get("description") or ""),
        quantity=quantity,
        charges=_given_back(leaves),
        shipped=quantity,
        product_id=str(product.get("asin") or ""),
        tax_collector=TaxCollector.MARKETPLACE if withheld else TaxCollector.SELLER,
    )


def _given_back(leaves: Iterable[Leaf]) -> tuple[Charge, ...]:
    purse = _Purse()
    for group, name, amount in leaves:
        if group not in _GIVEN_BACK or name.startswith(_WITHHELD):
            continue
        kind, is_tax = _part(group, name)
        purse.add(kind, **{"tax" if is_tax else "amount": -amount})
    return purse.charges()


def _part(group: str, name: str) -> tuple[ChargeKind, bool]:
    if group in _REBATES and name in ("principal", "shipping"):
        return (ChargeKind.SHIPPING_DISCOUNT if name == "shipping" else ChargeKind.DISCOUNT), False
    return _PARTS.get(name, (ChargeKind.OTHER, group == "tax" or name.endswith("tax")))


def _leaves(breakdowns: Sequence[Body], group: str, currency: str) -> Iterator[Leaf]:
    """(group, name, amount) of the parts below each group. A fee's own base and tax stay inside the fee."""
    for entry in breakdowns:
        name, below = str(entry.get("breakdownType") or "").lower(), _objects(entry, "breakdowns")
        if not below or (group and group not in ("sales", "refunded sales", "expenses", "refunded expenses")):
            yield group or name, name, _amount(entry, currency)
        else:
            yield from _leaves(below, name, currency)


def _amount(entry: Body, currency: str) -> Decimal:
    stated = _object(entry, "breakdownAmount")
    if text(stated, "currencyCode") != currency:
        raise Unreadable(f"a part in {stated['currencyCode']} of a transaction in {currency}")
    return number(stated, "currencyAmount")


def _identifiers(body: Body, name: str, prefix: str) -> dict[str, str]:
    found = _objects(body, name)
    return {str(one.get(f"{prefix}Name")): str(one.get(f"{prefix}Value") or "") for one in found}


def _store_of(body: Body) -> str:
    details = _object(body, "marketplaceDetails")
    store = BY_ID.get(str(details.get("marketplaceId")))
    return store.name if store else str(details.get("marketplaceName") or "")


# ------------------------------------------------------------------ fields


def _money(body: Body, name: str, currency: str) -> Decimal:
    """A Money of the orders model: a decimal text. One of another currency is refused."""
    stated = _object(body, name)
    if text(stated, "currencyCode") != currency:
        raise Unreadable(f"{name} is in {stated['currencyCode']}, the order in {currency}")
    value = stated.get("amount")
    try:
        amount = Decimal(value) if isinstance(value, (str, int, Decimal)) and not isinstance(value, bool) else None
    except InvalidOperation:
        amount = None
    if amount is None or not amount.is_finite():
        raise Unreadable(f"{name} is not a decimal number: {value!r}")
    return amount


def _count(body: Body, name: str) -> Decimal | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or value < 0:
        raise Unreadable(f"{name} is not a quantity: {value!r}")
    return Decimal(value)


def _moment(body: Body, name: str) -> Any:
    at = moment(body.get(name))
    if at is None:
        raise Unreadable(f"{name} is missing")
    return at


def _object(body: Body, name: str) -> Body:
    """A nested object, an empty one where it is absent."""
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise Unreadable(f"{name} is not an object")
    return value


def _objects(body: Body, name: str) -> Sequence[Body]:
    """A nested list of objects, an empty one where it is absent."""
    value = body.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(entry, Mapping) for entry in value):
        raise Unreadable(f"{name} is not a list of objects")
    return value
