"""From an order or a refund to its document: the accounting design, sections 3c and 4, applied by the tenant's book.

The lines of the document add up to what the buyer pays, tax included, to the penny. Tax that the
marketplace collects is a line on Amazon Marketplace Tax; tax that the seller owes is carried by a tax
code where the ledger keeps VAT, else a line on Amazon Sales Tax Payable; never both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from canonical.accounting import (
    AccountRef,
    CreditMemo,
    DocumentLine,
    DocumentType,
    Invoice,
    ItemRef,
    MethodRef,
    PartyRef,
    RefundReceipt,
    SalesDocument,
    SalesReceipt,
    Side,
    TaxRef,
)
from canonical.commerce import Address, Charge, ChargeKind, Order, OrderLine, Refund, TaxCollector, Terms
from canonical.problems import N_, Problem, declare
from canonical.settlement import LineCategory as K

from .book import AccountRule, Book, Registration, TaxScheme
from .chart import BY_ROLE, Role, role_of
from .draft import describe
from .place import UNMAPPED
from .sku import SkuGroups
from .vat import TAX_CODE_MISSING, TAX_UNKNOWN, included

NO_ITEM = declare(
    "order.no_item",
    N_("No item of the ledger has the SKU %(sku)s (%(title)s)."),
    N_("Choose the item it is, or let items be created for unknown SKUs in the integration's order settings; then retry."),
)
NO_PRICES = declare(
    "order.no_prices",
    N_("Order %(order)s states no prices although it is %(status)s."),
    N_("It is read again with the next change. If it stays like this, look at the order where it was placed."),
)
TOTAL_DIFFERS = declare(
    "order.total_differs",
    N_("Order %(order)s says %(stated)s %(currency)s but its lines add up to %(lines)s: a difference of %(difference)s."),
    N_("Nothing was posted. Compare the order where it was placed; what a settlement says of it is posted by the settlement."),
)
RATE_DIFFERS = declare(
    "order.rate_differs",
    N_("%(line)s bears %(stated)s of tax in %(gross)s, but the code %(code)s makes it %(computed)s."),
    N_("Choose, in the tax settings of this store, a code whose rate is the one that the order was taxed with."),
)

ZERO = Decimal(0)
ROUNDING_OF_TAX = Decimal("0.02")  # a unit, in the document's currency
_SALE: Mapping[ChargeKind, K] = {
    ChargeKind.ITEM: K.SALE,
    ChargeKind.SHIPPING: K.SHIPPING_INCOME,
    ChargeKind.GIFT_WRAP: K.GIFTWRAP_INCOME,
    ChargeKind.OTHER: K.OTHER_INCOME_COD,
    ChargeKind.DISCOUNT: K.PROMOTION_DISCOUNT,
    ChargeKind.SHIPPING_DISCOUNT: K.PROMOTION_DISCOUNT,
    ChargeKind.ADJUSTMENT: K.OTHER_INCOME_COD,
}
_REFUND: Mapping[ChargeKind, K] = {
    ChargeKind.ITEM: K.REFUND_SALE,
    ChargeKind.SHIPPING: K.REFUND_SHIPPING,
    ChargeKind.GIFT_WRAP: K.REFUND_GIFTWRAP,
    ChargeKind.OTHER: K.REFUND_SHIPPING,
    ChargeKind.DISCOUNT: K.REFUND_PROMOTION,
    ChargeKind.SHIPPING_DISCOUNT: K.REFUND_PROMOTION,
    ChargeKind.ADJUSTMENT: K.REFUND_GOODWILL,
}


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the ledger and the income account it books to."""

    ref: ItemRef
    account: AccountRef


@dataclass(frozen=True, slots=True)
class Entities:
    """What the ledger calls the things of an order.

    `items` by SKU; `services` by account id are the items of lines that are no product, filled where the
    ledger wants an item on every line. `receivable` is the account that invoices go to. `methods` are ways of paying
    that the ledger lists, by the source's word; `due_on` is when an invoice is to be paid; `noted` is what the tenant has
    a field of the shop's say, and `dimensions` what such fields track.
    """

    customer: PartyRef
    items: Mapping[str, Item] = field(default_factory=dict)
    services: Mapping[str, ItemRef] = field(default_factory=dict)
    receivable: AccountRef | None = None
    by_item: bool = True
    methods: Mapping[str, MethodRef] = field(default_factory=dict)
    due_on: date | None = None
    noted: tuple[str, ...] = ()
    dimensions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Composed:
    """The document, or why there is none; neither where there is no money to post."""

    document: SalesDocument | None
    problems: tuple[Problem, ...] = ()


def compose_order(order: Order, book: Book, entities: Entities, *, as_type: DocumentType, on: date) -> Composed:
    """An order's sales receipt or invoice, dated `on`. Pure: same input, same output."""
    problems = [*_amounts_agree(order)]
    if not order.lines or all(not line.charges for line in order.lines):
        problems.append(Problem(NO_PRICES, {"order": order.order_id, "status": order.stated_status}))
    lines, found = _lines(order.lines, order.marketplace, order.currency, book, entities, on, refund=False)
    problems += found
    on_account = as_type is DocumentType.INVOICE
    how_paid = () if on_account else _how_paid(order)
    account = entities.receivable if on_account else clearing(book, order.marketplace, order.shop.method, problems)
    if problems or account is None or not lines:
        return Composed(None, tuple(problems))
    common = {
        "date": on,
        "currency": order.currency,
        "customer": entities.customer,
        "account": account,
        "lines": tuple(lines),
        "memo": "\n".join((f"{book.source} order {order.shop.number or order.order_id}", *how_paid, *entities.noted)),
        "reference": order.shop.number or order.order_id,
        "email": order.buyer.email if order.buyer else "",
        "shipping": printed(order.ship_to),
        "tracking": tuple(dict.fromkeys(package.tracking for package in order.packages if package.tracking)),
        "billing": printed(order.shop.bill_to),
    }
    if on_account:
        return Composed(Invoice(**common, due_on=entities.due_on))  # type: ignore[arg-type]
    return Composed(SalesReceipt(**common, method=entities.methods.get(order.shop.method)))  # type: ignore[arg-type]


def compose_refund(refund: Refund, book: Book, entities: Entities, *, as_type: DocumentType, on: date) -> Composed:
    """A refund's receipt out of clearing, or the credit memo of an order that was invoiced."""
    lines, problems = _lines(refund.lines, refund.marketplace, refund.currency, book, entities, on, refund=True)
    as_memo = as_type is DocumentType.CREDIT_MEMO
    problems += _refund_agrees(refund)
    account = entities.receivable if as_memo else clearing(book, refund.marketplace, refund.shop.method, problems)
    if problems or account is None or not lines:
        return Composed(None, tuple(problems))
    kind = CreditMemo if as_memo else RefundReceipt
    number = refund.shop.attributes.get("order_number") or refund.order_id
    memo = "\n".join((f"Refund of {book.source} order {number}", *entities.noted))
    method = None if as_memo else entities.methods.get(refund.shop.method)
    return Composed(kind(on, refund.currency, entities.customer, account, tuple(lines), memo, number, method=method))


def _how_paid(order: Order) -> tuple[str, ...]:
    """The gateway's own reference, for whoever looks a payment up; what is paid later says it on its payment."""
    paid = f"{order.shop.method} {order.shop.transaction}".strip()
    return (paid,) if order.shop.transaction and order.terms is Terms.PAID else ()


def _refund_agrees(refund: Refund) -> Iterable[Problem]:
    if refund.total is not None and refund.gross != refund.total:
        yield _differs(f"{refund.order_id}#{refund.refund_id}", refund.total, refund.gross, refund.currency)


def _amounts_agree(order: Order) -> Iterable[Problem]:
    """The lines must add up to what the order itself says."""
    if order.total is not None and order.gross != order.total:
        yield _differs(order.shop.number or order.order_id, order.total, order.gross, order.currency)


def _differs(named: str, stated: Decimal, lines: Decimal, currency: str) -> Problem:
    amounts = {"stated": f"{stated:f}", "lines": f"{lines:f}", "difference": f"{stated - lines:f}"}
    return Problem(TOTAL_DIFFERS, {"order": named, **amounts, "currency": currency})


def clearing(book: Book, marketplace: str, method: str, problems: list[Problem]) -> AccountRef | None:
    """Where the money of a sale lies until it reaches the bank: by method of payment, else one account for all."""
    if method in book.methods:
        return book.methods[method]
    rule = book.account_rule(Role.CLEARING.value, marketplace=marketplace)
    if rule is None:
        problems.append(Problem(UNMAPPED, {"what": BY_ROLE[Role.CLEARING.value].name_for(book.source)}))
    return rule.account if rule else None


def printed(address: Address | None) -> tuple[str, ...]:
    """An address as it is printed, line by line; nothing where the integration does not ask for people."""
    if address is None:
        return ()
    town = " ".join(part for part in (address.postal_code, address.city, address.region) if part)
    return tuple(part for part in (address.name, *address.lines, town, address.country) if part)


# ------------------------------------------------------------------ lines


@dataclass(slots=True)
class _Piece:
    """Charges that share a line: signed as the books see them, credit positive."""

    rule: AccountRule
    kind: str
    item: ItemRef | None
    account: AccountRef
    description: str
    quantity: Decimal | None
    code: TaxRef | None
    inclusive: bool
    gross: Decimal = ZERO
    tax: Decimal = ZERO
    stated: bool = False


class _Lines:
    """Collects the charges of one document into lines."""

    def __init__(self, book: Book, entities: Entities, marketplace: str, currency: str, on: date, *, refund: bool) -> None:
        self.book = book
        self.entities = entities
        self.marketplace = marketplace
        self.currency = currency
        self.on = on
        self.refund = refund
        self.sign = -1 if refund else 1
        self.kinds = _REFUND if refund else _SALE
        self.groups = SkuGroups(book.groups_in_use)
        self.pieces: dict[tuple[object, ...], _Piece] = {}
        self.problems: list[Problem] = []

    def take(self, line: OrderLine) -> None:
        for charge in line.charges:
            if charge.gross or charge.amount:
                self._take(line, charge)

    def _take(self, line: OrderLine, charge: Charge) -> None:
        if charge.kind is ChargeKind.STORE_CREDIT:
            self._role_line(Role.STORE_CREDIT, "store_credit", charge.gross)
            return
        kind = self.kinds[charge.kind]
        code, stated, inclusive = self._tax(line, charge)
        product = charge.kind is ChargeKind.ITEM
        rule = self._rule(kind, self.groups.of(line.sku) if product else "")
        if rule is None:
            return
        if rule.tax is not None and code is not None and line.tax_collector is TaxCollector.SELLER:
            code = rule.tax
        named = self._product(line) if product else None
        item, account = self._item(line) if product and self.entities.by_item else (named, rule.account)
        if product and self.entities.by_item and item is None:
            return
        own = line.line_id if product else ""
        key = (kind, own, account, item, code, inclusive)
        piece = self.pieces.get(key)
        if piece is None:
            text = line.title if product and line.title else describe(kind.value)
            quantity = line.quantity if product and line.quantity > 0 else None
            piece = self.pieces[key] = _Piece(rule, kind.value, item, account, text, quantity, code, inclusive)
        piece.gross += self.sign * (charge.amount + (charge.tax if stated else ZERO))
        piece.tax += self.sign * charge.tax if stated else ZERO
        piece.stated = piece.stated or (line.tax_stated and stated)
        if charge.tax and not stated:
            self._tax_line(line, charge)

    def _tax_line(self, line: OrderLine, charge: Charge) -> None:
        """Tax that stands on a line of its own: the marketplace's, or the seller's where the ledger keeps no VAT."""
        role = Role.MARKETPLACE_TAX if line.tax_collector is TaxCollector.MARKETPLACE else Role.SALES_TAX_PAYABLE
        kind = K.REFUND_SALES_TAX if self.refund else K.SALES_TAX_COLLECTED
        self._role_line(role, kind.value, charge.tax)

    def _role_line(self, role: Role, kind: str, amount: Decimal) -> None:
        """An amount on the account of a role, without tax."""
        rule = self.book.account_rule(role.value, kind, marketplace=self.marketplace)
        if rule is None:
            self._say(Problem(UNMAPPED, {"what": BY_ROLE[role.value].name_for(self.book.source)}))
            return
        scheme = self.book.scheme(self.marketplace, self.on)
        code = scheme.none if scheme else None
        piece = self.pieces.setdefault((kind, role), _Piece(rule, kind, None, rule.account, describe(kind), None, code, False))
        piece.gross += self.sign * amount

    def _tax(self, line: OrderLine, charge: Charge) -> tuple[TaxRef | None, bool, bool]:
        """(code, whether the stated tax is the line's own VAT, whether the VAT is inside the price)."""
        if self.book.tax_schemes is None:
            return None, False, False
        scheme = self.book.scheme(self.marketplace, self.on)
        if scheme is None or scheme.registration is Registration.FLAT_RATE:
            self._say(Problem(TAX_UNKNOWN, {"marketplace": self.marketplace or "?", "day": self.on.isoformat()}))
            return None, False, False
        if scheme.registration in (Registration.OUTSIDE, Registration.NOT_REGISTERED):
            return scheme.none, scheme.registration is Registration.NOT_REGISTERED, False
        untaxed = line.tax_stated and not charge.tax
        if line.tax_collector is TaxCollector.MARKETPLACE or untaxed:
            return self._code(scheme, scheme.zero, "zero-rated"), False, False
        return self._code(scheme, scheme.sales, "sales"), bool(charge.tax), not charge.tax

    def _code(self, scheme: TaxScheme, code: TaxRef | None, which: str) -> TaxRef | None:
        if code is None:
            self._say(Problem(TAX_CODE_MISSING, {"marketplace": scheme.marketplace, "which": which}))
        return code

    def _rule(self, kind: K, sku_group: str) -> AccountRule | None:
        role = role_of(kind.value)
        rule = self.book.account_rule(role.value if role else "", kind.value, None, self.marketplace, sku_group)
        if rule is None:
            self._say(Problem(UNMAPPED, {"what": BY_ROLE[role.value].name_for(self.book.source) if role else kind.value}))
        return rule

    def _item(self, line: OrderLine) -> tuple[ItemRef | None, AccountRef]:
        if self.refund:  # what is given back goes to the refunds account, through its service item: sales stay gross
            return self._service(K.REFUND_SALE)
        found = self.entities.items.get(line.sku)
        if found is None:
            self._say(Problem(NO_ITEM, {"sku": line.sku, "title": line.title[:80]}))
            return None, AccountRef("", "")
        return found.ref, found.account

    def _product(self, line: OrderLine) -> ItemRef | None:
        """The product that a line may name beside its account; none on a refund: money went back, of the goods nobody knows."""
        found = None if self.refund else self.entities.items.get(line.sku)
        return found.ref if found else None

    def _service(self, kind: K) -> tuple[ItemRef | None, AccountRef]:
        rule = self._rule(kind, "")
        return (self.entities.services.get(rule.account.key) if rule else None), (rule.account if rule else AccountRef("", ""))

    def _say(self, problem: Problem) -> None:
        if problem not in self.problems:
            self.problems.append(problem)

    def written(self) -> list[DocumentLine]:
        return [self._line(piece) for piece in self.pieces.values() if piece.gross]

    def _line(self, piece: _Piece) -> DocumentLine:
        tax = abs(piece.tax)
        if piece.code is not None and piece.inclusive:
            tax = included(abs(piece.gross), piece.code.rate, self.currency)
        elif piece.code is not None and piece.stated:
            self._same_rate(piece, tax, piece.code)
        return DocumentLine(
            account=piece.account,
            side=Side.CREDIT if piece.gross > 0 else Side.DEBIT,
            gross=abs(piece.gross),
            description=piece.description,
            kind=piece.kind,
            tax=piece.code,
            tax_amount=tax if piece.code is not None else ZERO,
            dimensions=self.entities.dimensions or piece.rule.dimensions or tuple(self.book.dimensions.get(self.marketplace, ())),
            item=piece.item or (self.entities.services.get(piece.account.key) if self.entities.by_item else None),
            quantity=piece.quantity,
        )

    def _same_rate(self, piece: _Piece, tax: Decimal, code: TaxRef) -> None:
        """Cents may differ where a source rounds by unit or by order; more is another rate, which the return would miss."""
        computed = included(abs(piece.gross), code.rate, self.currency)
        if abs(computed - tax) <= ROUNDING_OF_TAX * max(piece.quantity or 1, 1):
            return
        amounts = {"stated": f"{tax:f}", "gross": f"{abs(piece.gross):f}", "computed": f"{computed:f}"}
        self._say(Problem(RATE_DIFFERS, {"line": piece.description[:80], "code": code.name, **amounts}))


def _lines(
    lines: Iterable[OrderLine], marketplace: str, currency: str, book: Book, entities: Entities, on: date, *, refund: bool
) -> tuple[list[DocumentLine], list[Problem]]:
    collected = _Lines(book, entities, marketplace, currency, on, refund=refund)
    for line in lines:
        collected.take(line)
    return collected.written(), collected.problems


def accounts_needed(book: Book, marketplace: str) -> list[AccountRef]:
    """The accounts that lines without a product may book to: where the ledger wants items, each needs a service item."""
    kinds = {*_SALE.values(), *_REFUND.values(), K.SALES_TAX_COLLECTED} - {K.SALE}
    roles = {role_of(kind.value) for kind in kinds} | {Role.SALES_TAX_PAYABLE, Role.STORE_CREDIT}
    found = {(role, kind.value): None for kind in kinds for role in [role_of(kind.value)]} | {(role, ""): None for role in roles}
    rules = [book.account_rule(role.value, kind, None, marketplace) for role, kind in found if role is not None]
    unique = {rule.account.key: rule.account for rule in rules if rule is not None}
    return [unique[key] for key in sorted(unique)]
