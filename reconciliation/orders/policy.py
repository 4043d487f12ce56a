"""What a tenant decided about orders, read from the integration's options and checked.

The default keeps orders and posts none of them: their revenue comes with their settlement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

from canonical.accounting import DocumentType
from canonical.commerce import FulfilledBy, Order, OrderStatus, Terms
from canonical.problems import N_, Problem, Refused, declare
from connections.registry import provider
from syncs.models import Integration
from tenants import clock

OPTION = "orders"

BAD_CHOICE = declare(
    "orders.bad_choice",
    N_("%(value)s is no choice for %(setting)s."),
    N_("Choose one of: %(choices)s."),
)
NOT_TOGETHER = declare(
    "orders.not_together",
    N_("%(first)s and %(second)s do not go together: %(why)s"),
    N_("Change one of the two."),
)
UNKNOWN_STATUS = declare(
    "order.unknown_status",
    N_("Order %(order)s has the status %(status)s, which nobody knows yet."),
    N_("Say in the integration's order settings what this status means; the order is then taken up again."),
)


class DocumentChoice(StrEnum):
    """As which document an order is posted."""

    BY_TERMS = "by_terms"  # paid at once: sales receipt; on credit terms: invoice
    BY_CHANNEL = "by_channel"  # sent by the marketplace: sales receipt; by the merchant: invoice
    RECEIPT = "receipt"
    INVOICE = "invoice"


class When(StrEnum):
    """When an order is posted."""

    SHIPPED = "shipped"
    PLACED = "placed"
    SETTLED = "settled"


class Customers(StrEnum):
    GENERIC = "generic"  # one customer a marketplace: nothing about buyers is asked for
    BUYER = "buyer"


class Discounts(StrEnum):
    LINES = "lines"  # a line of their own, so that gross sales and what was given away both show
    PRICES = "prices"  # taken off the price they belong to


class UnknownSkus(StrEnum):
    CREATE = "create"
    HOLD = "hold"


class Due(StrEnum):
    """What is to be done with an order now."""

    KEEP = "keep"  # kept, never posted by itself
    WAIT = "wait"
    POST = "post"
    CANCEL = "cancel"
    UNKNOWN = "unknown"


Choice = TypeVar("Choice", bound=StrEnum)
_OPEN = frozenset({OrderStatus.UNSHIPPED, OrderStatus.PARTLY_SHIPPED, OrderStatus.SHIPPED})


@dataclass(frozen=True, slots=True)
class Paying:
    """What a shop's method of payment is in the ledger: the account its money lies on, and the ledger's own method. "" is not said."""

    account: str = ""
    method: str = ""


@dataclass(frozen=True, slots=True)
class Attribute:
    """A field of the shop and where it goes: `memo`, or a kind of tracking (`class`, `department`) by what it says."""

    name: str
    to: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Comment:
    """What is written back on an order that was posted; `status` moves the order there too, "" leaves it."""

    status: str = ""


MEMO, TRACKED = "memo", ("class", "department")
# A shop pays out nothing: its orders are the sale, and each is posted by itself unless somebody says otherwise.
SHOP = {"each": True, "when": "placed", "customers": "buyer"}


@dataclass(frozen=True, slots=True)
class OrderPolicy:
    """`each`: every order is posted by itself, against clearing. `statuses` says what the source's unknown words mean.
    `update_items`: what the shop says of name and price is written over what the ledger's items say, where it takes that.

    A shop's own: when an invoice is due, what methods of payment and fields of its own become, whether it is told.
    """

    each: bool = False
    document: DocumentChoice = DocumentChoice.BY_TERMS
    when: When = When.SHIPPED
    customers: Customers = Customers.GENERIC
    unknown_skus: UnknownSkus = UnknownSkus.CREATE
    items: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, OrderStatus] = field(default_factory=dict)
    tolerance: Decimal = Decimal("0.05")
    closes_after: timedelta = timedelta(days=45)
    discounts: Discounts = Discounts.LINES
    due_after: timedelta = timedelta(days=30)
    methods: Mapping[str, Paying] = field(default_factory=dict)
    attributes: tuple[Attribute, ...] = ()
    comment: Comment | None = None
    update_items: bool = False

    def status(self, order: Order) -> OrderStatus:
        """The order's status, the tenant's own word for it first."""
        return self.statuses.get(order.stated_status.casefold(), order.status)

    def document_type(self, order: Order) -> DocumentType:
        as_invoice = {
            DocumentChoice.BY_TERMS: order.terms is Terms.CREDIT,
            DocumentChoice.BY_CHANNEL: order.fulfilled_by is FulfilledBy.MERCHANT,
            DocumentChoice.RECEIPT: False,
            DocumentChoice.INVOICE: True,
        }[self.document]
        return DocumentType.INVOICE if as_invoice else DocumentType.SALES_RECEIPT

    def due(self, order: Order, *, starts_on: date | None, zone: str, settled: bool = False) -> Due:
        """What to do with an order now; `settled` when a settlement brings it."""
        status = self.status(order)
        if status is OrderStatus.UNKNOWN:
            return Due.UNKNOWN
        if status in (OrderStatus.CANCELLED, OrderStatus.UNFULFILLABLE):
            return Due.CANCEL
        if not self.each or (starts_on is not None and self.day(order, zone) < starts_on):
            return Due.KEEP
        if status not in _OPEN:
            return Due.WAIT
        if self.when is When.SETTLED:
            return Due.POST if settled else Due.WAIT
        return Due.POST if settled or self.when is When.PLACED or status is OrderStatus.SHIPPED else Due.WAIT

    def day(self, order: Order, zone: str) -> date:
        """The date of the order's document, in the integration's zone: shipped where it is, else placed."""
        moment = order.purchased_at if self.when is When.PLACED else order.shipped_at or order.purchased_at
        return clock.local_date(moment, zone)


def policy_of(integration: Integration) -> OrderPolicy:
    """The integration's decisions; the default where none was made. Raises Refused for a choice that cannot be."""
    return read(settings_of(integration))


def settings_of(integration: Integration) -> dict[str, Any]:
    """The decisions as they are kept, over what holds for the kind of source."""
    return {**(SHOP if is_shop(integration) else {}), **(integration.options.get(OPTION) or {})}


def is_shop(integration: Integration) -> bool:
    """Whether the source tells orders and no settlements: the orders are then the books, and payments prove them."""
    source = provider(integration.source.provider)
    return source.source is None and source.order_source is not None


def read(given: Mapping[str, Any]) -> OrderPolicy:
    return OrderPolicy(
        each=bool(given.get("each", False)),
        document=_choice(DocumentChoice, given, "document", DocumentChoice.BY_TERMS),
        when=_choice(When, given, "when", When.SHIPPED),
        customers=_choice(Customers, given, "customers", Customers.GENERIC),
        unknown_skus=_choice(UnknownSkus, given, "unknown_skus", UnknownSkus.CREATE),
        items={str(sku): str(item) for sku, item in (given.get("items") or {}).items()},
        statuses={str(word).casefold(): OrderStatus(value) for word, value in (given.get("statuses") or {}).items()},
        tolerance=_amount(given.get("tolerance", "0.05")),
        closes_after=timedelta(days=int(given.get("closes_after_days", 45))),
        discounts=_choice(Discounts, given, "discounts", Discounts.LINES),
        due_after=timedelta(days=int(given.get("due_days", 30))),
        methods={str(method): Paying(**paying) for method, paying in (given.get("methods") or {}).items()},
        attributes=tuple(_attribute(one) for one in given.get("attributes") or ()),
        comment=Comment(str(given["comment"].get("status", ""))) if given.get("comment") else None,
        update_items=bool(given.get("update_items")),
    )


def _attribute(given: Mapping[str, Any]) -> Attribute:
    name, to = str(given.get("from", "")), str(given.get("to", ""))
    if not name or to not in (MEMO, *TRACKED):
        choices = ", ".join((MEMO, *TRACKED))
        raise Refused(Problem(BAD_CHOICE, {"value": to or "?", "setting": f"attributes: {name or '?'}", "choices": choices}))
    return Attribute(name, to, {str(word): str(key) for word, key in (given.get("values") or {}).items()})


def check_together(policy: OrderPolicy, options: Mapping[str, Any]) -> list[Problem]:
    """Decisions that contradict each other, with the reason."""
    found = []
    if policy.each and options.get("consolidate"):
        why = N_("what clears orders needs its own lines, or the settlement cannot be compared with them.")
        found.append(Problem(NOT_TOGETHER, {"first": "orders: each", "second": "one line an account", "why": why}))
    if policy.customers is Customers.BUYER and not policy.each:
        why = N_("buyers are only asked for where orders are posted.")
        found.append(Problem(NOT_TOGETHER, {"first": "customers: buyer", "second": "orders: kept only", "why": why}))
    return found


def _choice(kind: type[Choice], given: Mapping[str, Any], setting: str, default: Choice) -> Choice:
    value = given.get(setting, default.value)
    try:
        return kind(value)
    except ValueError:
        choices = ", ".join(each.value for each in kind)
        raise Refused(Problem(BAD_CHOICE, {"value": str(value), "setting": setting, "choices": choices})) from None


def _amount(text: Any) -> Decimal:
    try:
        amount = Decimal(str(text))
    except InvalidOperation:
        amount = Decimal(-1)
    if not Decimal(0) <= amount <= Decimal(5):
        raise Refused(Problem(BAD_CHOICE, {"value": str(text), "setting": "tolerance", "choices": "0.00 - 5.00"}))
    return amount
