"""From kept orders to the documents that should exist: composed, checked, and held with the reason where they cannot be.

A page of orders is planned together, so that the ledger is asked once for all their SKUs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from canonical.accounting import AccountRef, DocumentType, MethodRef, PartyRef
from canonical.commerce import Order as CanonicalOrder
from canonical.commerce import Refund as CanonicalRefund
from canonical.commerce import with_discounts_in_prices
from canonical.problems import Problem, Severity, declare
from connections import selectors as connection_selectors
from connections.contracts import CompanyFacts, Door, LedgerForms, ReferenceItem, Target
from connections.models import Connection, ReferenceCopy
from connections.registry import provider
from reconciliation import books
from reconciliation.engine import Book
from reconciliation.engine.chart import Role
from reconciliation.engine.orders import Composed, Entities, Item, accounts_needed, compose_order, compose_refund, printed
from reconciliation.models import Order, Refund
from reconciliation.orders.policy import MEMO, Customers, Discounts, OrderPolicy, UnknownSkus, is_shop
from reconciliation.orders.records import order_as_said, reference_of, refund_as_said
from reconciliation.parties import receivable as receivable_in
from syncs import documents, entities, mappings
from syncs.models import Integration, LedgerDocument, MappingVersion
from tenants import clock

ORDER, REFUND = "order", "refund"

NO_RECEIVABLE = declare(
    "order.no_receivable",
    "The ledger has no accounts receivable account in %(currency)s, so an order cannot become an invoice.",
    "Add one in the ledger, or choose sales receipts in the integration's order settings.",
)
NO_CURRENCY = declare(
    "order.currency_not_in_ledger",
    "The order is in %(currency)s, which the ledger does not have.",
    "Turn on several currencies in the ledger, or reconnect the shop with amounts in the website's own currency.",
)
NOT_A_LEDGER = declare(
    "order.ledger_cannot",
    "%(ledger)s cannot take orders one by one.",
    "Keep orders without posting them: their revenue comes with their settlement.",
)

Sale = Order | Refund
Said = CanonicalOrder | CanonicalRefund


@dataclass(frozen=True, slots=True)
class Planned:
    """What planning made of an order or refund: a document (None where there is no money), or what holds it."""

    sale: Sale
    document: LedgerDocument | None = None
    problem: Problem | None = None


def plan(integration: Integration, sales: Sequence[Sale], door: Door, policy: OrderPolicy) -> list[Planned]:
    """Compose and keep the documents of a page of orders or refunds, in their order."""
    return _Planning(integration, door, policy).run(sales)


class _Named(dict[str, MethodRef]):
    """Ways of paying by the shop's word; one that nobody chose is looked for under its own name."""

    def __init__(self, chosen: Mapping[str, MethodRef], named: Mapping[str, MethodRef]) -> None:
        super().__init__(chosen)
        self._named = named

    def get(self, word: str, default: Any = None) -> Any:
        return self[word] if word in self else self._named.get(word.casefold(), default)


class _Planning:
    """One page; holds what its orders share."""

    def __init__(self, integration: Integration, door: Door, policy: OrderPolicy) -> None:
        self.integration = integration
        self.policy = policy
        self.shop = is_shop(integration)
        self.version: MappingVersion | None = mappings.published_version(integration.mapping_set)
        self.book: Book = books.order_book(integration, self.version)
        target = provider(integration.ledger.provider).target
        if target is None:
            raise LookupError(f"{integration.ledger.provider} is not a ledger")
        self.target: Target = target
        self.ledger = entities.Ledger(integration.ledger, target, door)
        self.company: CompanyFacts = connection_selectors.company(integration.ledger)

    def run(self, sales: Sequence[Sale]) -> list[Planned]:
        said = [self._priced(order_as_said(each) if isinstance(each, Order) else refund_as_said(each)) for each in sales]
        items = self._items([each for each in said if isinstance(each, CanonicalOrder)])
        services = self._services({each.marketplace for each in said})
        return [self._plan(sale, each, items, services) for sale, each in zip(sales, said, strict=True)]

    def _priced(self, said: Said) -> Said:
        if self.policy.discounts is Discounts.LINES:
            return said
        return replace(said, lines=with_discounts_in_prices(said.lines))

    # ------------------------------------------------------------ what the ledger calls things

    def _items(self, orders: Iterable[CanonicalOrder]) -> dict[str, Item]:
        lines = [line for order in orders for line in order.lines if line.sku]
        titles = {line.sku: line.title for line in lines}
        if not titles or not (self.target.line_items or self.target.forms.products):
            return {}
        found = entities.items_by_sku(self.ledger, titles, self.policy.items)
        missing = {sku: title for sku, title in titles.items() if sku not in found}
        account = self._account(Role.SALES, "sale")
        create = self.target.line_items and self.policy.unknown_skus is UnknownSkus.CREATE
        if missing and create and account is not None:
            found |= entities.create_items(self.ledger, missing, account)
        names = mappings.known_accounts(self.integration.ledger)
        return {
            sku: Item(each.ref, AccountRef(each.account, names[each.account].name if each.account in names else each.account))
            for sku, each in found.items()
        }

    def _services(self, marketplaces: Iterable[str]) -> dict[str, Any]:
        if not self.target.line_items:
            return {}
        accounts = {account.key: account for name in marketplaces for account in accounts_needed(self.book, name)}
        return dict(entities.service_items(self.ledger, accounts.values()))

    def _account(self, role: Role, kind: str) -> AccountRef | None:
        rule = self.book.account_rule(role.value, kind)
        return rule.account if rule else None

    def _customer(self, said: CanonicalOrder | CanonicalRefund) -> PartyRef:
        buyer = said.buyer if isinstance(said, CanonicalOrder) else None
        address = printed(said.shop.bill_to)
        if self.policy.customers is Customers.BUYER and buyer is not None and (buyer.name or buyer.email):
            name = buyer.company or buyer.name or buyer.email
            return entities.customer(self.ledger, name, currency=said.currency, email=buyer.email, address=address)
        return entities.customer(self.ledger, f"{said.marketplace} sales", currency=said.currency)

    # ------------------------------------------------------------ one order

    def _plan(
        self, sale: Sale, said: CanonicalOrder | CanonicalRefund, items: Mapping[str, Item], services: Mapping[str, Any]
    ) -> Planned:
        live = live_document(self.integration, sale)
        as_type = self._type(sale, said, live)
        if as_type not in self.target.forms.documents:
            return Planned(sale, live, Problem(NOT_A_LEDGER, {"ledger": self.integration.ledger.name}))
        if said.currency != self.company.home_currency and not self.company.multicurrency:
            return Planned(sale, live, Problem(NO_CURRENCY, {"currency": said.currency}))
        book = replace(self.book, home_marketplace=said.marketplace)
        receivable = (
            receivable_in(self.integration.ledger, said.currency)
            if as_type in (DocumentType.INVOICE, DocumentType.CREDIT_MEMO)
            else None
        )
        if receivable is None and as_type in (DocumentType.INVOICE, DocumentType.CREDIT_MEMO):
            return Planned(sale, live, Problem(NO_RECEIVABLE, {"currency": said.currency}))
        known = Entities(
            self._customer_of(said, live),
            items,
            services,
            receivable,
            self.target.line_items,
            methods=self.methods,
            due_on=self._due_on(said),
            **self._own_fields(said),
        )
        composed = self._composed(said, book, known, as_type)
        problems = [*composed.problems, *(self._refusals(composed) if composed.document else ())]
        stopping = [problem for problem in problems if problem.severity is Severity.BLOCKS]
        if stopping or composed.document is None:
            return Planned(sale, live, stopping[0] if stopping else None)
        part = documents.PlannedPart(part="", document=composed.document, called=self._called(said))
        (document,) = documents.plan(
            ledger=self.integration.ledger,
            source=self.integration.source,
            source_ref=source_ref(sale),
            source_kind=ORDER if isinstance(sale, Order) else REFUND,
            parts=[part],
            mapping_version=self.version,
            company=self.company,
            target=self.target,
            amendable=True,
        )
        return Planned(sale, document)

    @cached_property
    def methods(self) -> Mapping[str, MethodRef]:
        return methods_of(self.integration, self.policy) if self.shop else {}

    def _named(self, kind: str, name: str) -> str:
        """The class or location that is called what the field says; "" where there is none."""
        found = ReferenceCopy.objects.filter(
            connection=self.integration.ledger, kind=kind, active=True, name__iexact=name
        ).first()
        return str(found.external_id) if found else ""

    def _called(self, said: CanonicalOrder | CanonicalRefund) -> str:
        """What a shop's document is numbered by: the number that people know it by; credit memos have a row of their own."""
        before = "CM" if isinstance(said, CanonicalRefund) else ""
        return f"{before}{said.shop.number}" if said.shop.number else ""

    def _due_on(self, said: CanonicalOrder | CanonicalRefund) -> date | None:
        if not self.shop or not isinstance(said, CanonicalOrder):
            return None
        return self.policy.day(said, self.integration.timezone) + self.policy.due_after

    def _own_fields(self, said: CanonicalOrder | CanonicalRefund) -> dict[str, Any]:
        """Fields of the shop that the tenant has a use for: lines of the memo, and what is tracked by them."""
        noted, tracked = [], []
        for one in self.policy.attributes:
            value = said.shop.attributes.get(one.name, "")
            if value and one.to == MEMO:
                noted.append(f"{one.name}: {value}"[:200])
            elif value and (key := one.values.get(value) or self._named(one.to, value)):
                tracked.append((one.to, key))
        return {"noted": tuple(noted), "dimensions": tuple(sorted(tracked))}

    def _customer_of(self, said: CanonicalOrder | CanonicalRefund, live: LedgerDocument | None) -> PartyRef:
        """A refund goes to whom its order was sold; a posted document keeps its customer."""
        of = live
        if of is None and isinstance(said, CanonicalRefund):
            of = order_document(self.integration, said.order_id)
        if of is not None and of.current_revision is not None:
            kept = of.current_revision.canonical.get("customer")
            if kept:
                return PartyRef(kept["key"], kept["name"])
        return self._customer(said)

    def _type(self, sale: Sale, said: CanonicalOrder | CanonicalRefund, live: LedgerDocument | None) -> DocumentType:
        """A document keeps its type for as long as it lives, whatever is decided later."""
        if live is not None and live.state != LedgerDocument.State.PLANNED:
            return DocumentType(live.document_type)
        if isinstance(said, CanonicalOrder):
            return taken_as(self.policy.document_type(said), self.target.forms)
        order = order_document(self.integration, said.order_id)
        invoiced = order is not None and order.document_type == DocumentType.INVOICE.value
        return taken_as(DocumentType.CREDIT_MEMO if invoiced else DocumentType.REFUND_RECEIPT, self.target.forms)

    def _composed(self, said: CanonicalOrder | CanonicalRefund, book: Book, known: Entities, as_type: DocumentType) -> Composed:
        zone = self.integration.timezone
        if isinstance(said, CanonicalOrder):
            return compose_order(said, book, known, as_type=as_type, on=self.policy.day(said, zone))
        return compose_refund(said, book, known, as_type=as_type, on=clock.local_date(said.posted_at, zone))

    def _refusals(self, composed: Composed) -> list[Problem]:
        if composed.document is None:
            return []
        references = _references(self.integration.ledger, composed.document)
        return list(self.target.problems(composed.document, company=self.company, references=references))


# What stands in where a ledger does not have a document: an invoice that is paid at once, a credit that is paid back.
_INSTEAD = {
    DocumentType.SALES_RECEIPT: DocumentType.INVOICE,
    DocumentType.INVOICE: DocumentType.SALES_RECEIPT,
    DocumentType.REFUND_RECEIPT: DocumentType.CREDIT_MEMO,
    DocumentType.CREDIT_MEMO: DocumentType.REFUND_RECEIPT,
}


def taken_as(wanted: DocumentType, forms: LedgerForms) -> DocumentType:
    """The document a ledger takes for a sale or refund of this type."""
    return wanted if wanted in forms.documents else _INSTEAD[wanted]


def methods_of(integration: Integration, policy: OrderPolicy) -> Mapping[str, MethodRef]:
    """A shop's methods of payment that the ledger lists too: as a person said, else by their name."""
    copies = ReferenceCopy.objects.filter(connection=integration.ledger, kind="payment_method", active=True)
    by_id = {copy.external_id: MethodRef(copy.external_id, copy.name) for copy in copies}
    named = {ref.name.casefold(): ref for ref in by_id.values()}
    chosen = {word: by_id[paying.method] for word, paying in policy.methods.items() if paying.method in by_id}
    return _Named(chosen, named)


def source_ref(sale: Sale) -> str:
    return sale.order_id if isinstance(sale, Order) else reference_of(sale)


def live_document(integration: Integration, sale: Sale) -> LedgerDocument | None:
    """The document of an order or refund in the integration's ledger; None when there is none, or it was taken back."""
    return _document(integration, source_ref(sale), ORDER if isinstance(sale, Order) else REFUND)


def order_document(integration: Integration, order_id: str) -> LedgerDocument | None:
    return _document(integration, order_id, ORDER)


def _document(integration: Integration, ref: str, kind: str) -> LedgerDocument | None:
    documents_of = LedgerDocument.objects.filter(
        ledger_id=integration.ledger_id, source_id=integration.source_id, source_kind=kind, source_ref=ref, part=""
    )
    return documents_of.exclude(state=LedgerDocument.State.UNDONE).select_related("current_revision").first()


def _references(ledger: Connection, document: Any) -> dict[tuple[str, str], ReferenceItem]:
    """What the document names, as the ledger's copy has it."""
    ids = {document.account.key, document.customer.key}
    for line in document.lines:
        ids |= {line.account.key, *(ref.key for ref in (line.item, line.tax) if ref is not None)}
        ids |= {key for _, key in line.dimensions}
    copies = ReferenceCopy.objects.filter(connection=ledger, external_id__in=ids)
    return {
        (copy.kind, copy.external_id): ReferenceItem(
            kind=copy.kind, external_id=copy.external_id, name=copy.name, active=copy.active, facts=copy.facts, body=copy.body
        )
        for copy in copies
    }
