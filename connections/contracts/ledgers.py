"""Where books are kept: what a ledger can be told, how it is written, found, read and followed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from canonical.accounting import Document, DocumentType
from canonical.problems import Problem

from .declaration import Endpoints, ProviderInfo
from .letting_in import Door, ExternalAccount

if TYPE_CHECKING:
    from connections.errors import Failure


@dataclass(frozen=True, slots=True)
class PartySpec:
    """A customer or supplier to be made in the ledger, as `kind` says. `currency` is "" for the ledger's own."""

    name: str
    email: str = ""
    company: str = ""
    currency: str = ""
    address: tuple[str, ...] = ()
    kind: str = "customer"  # or "supplier"


@dataclass(frozen=True, slots=True)
class ItemSpec:
    """A product or service to be made in the ledger; `account` is the income account's id.

    `price` is what the shop asks for it, in the ledger's own currency; None where nobody says. Only with `cost_account`
    and `asset_account` it is kept in stock, by ledgers that can: what is sold books from the one to the other.
    """

    name: str
    sku: str
    account: str
    description: str = ""
    taxable: bool = False
    price: Decimal | None = None
    cost_account: str = ""
    asset_account: str = ""


@dataclass(frozen=True, slots=True)
class ItemChange:
    """What the item of a SKU is to say from now on; None leaves it as it stands.

    `price` is in the ledger's own currency; `quantity` is how many there are, not how many more.
    """

    sku: str
    name: str | None = None
    price: Decimal | None = None
    quantity: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CompanyFacts:
    """What a ledger says of itself that decides how documents are written."""

    home_currency: str
    country: str
    multicurrency: bool
    custom_numbers: bool
    close_date: date | None
    sales_tax: str = ""  # "us", "codes" or ""
    classes: bool = False
    departments: bool = False
    name: str = ""
    currencies: Sequence[str] = ()  # those it is told to keep, where it says so
    plan: str = ""
    invoices_left: int | None = None  # how many more its plan takes this month; None: as many as come


@dataclass(frozen=True, slots=True)
class ReferenceItem:
    """One object of the ledger's reference data (account, tax code, class ...), raw body included."""

    kind: str
    external_id: str
    name: str
    active: bool
    facts: Mapping[str, Any]  # account: type, subtype, currency; tax_code: rates ...
    body: Mapping[str, Any]
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class PostRequest:
    """One document to write: its canonical form, the payload exactly as shown, and how to find it again.

    `action` "update" replaces the document `external_id`, last seen at `external_version`, as a whole. `again`: how
    often this very intent was sent before and is proven not to have arrived.
    """

    marker: str
    request_id: str
    document: Document
    payload: Mapping[str, Any]
    number: str
    action: str = "create"
    external_id: str = ""
    external_version: str = ""
    again: int = 0


class OutcomeKind(StrEnum):
    CREATED = "created"
    EXISTS = "exists"
    REJECTED = "rejected"
    STALE = "stale"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one document. UNKNOWN means the ledger must be asked before anything is sent again; STALE that it
    has changed there since `external_version`, and nothing was written. CREATED also stands for "updated": the version
    is then the new one. `found` is the document as the answer itself shows it, where the provider returns it whole.
    """

    kind: OutcomeKind
    external_id: str = ""
    external_version: str = ""
    number: str = ""
    problem: Problem | None = None
    trace_id: str = ""
    body: Mapping[str, Any] | None = None
    found: Found | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A document as the ledger holds it now, read back into canonical lines.

    `beyond` holds what people may have added to it that the canonical document has no room for, by the ledger's own
    field names; not what the ledger computes or changes by itself.
    """

    external_id: str
    external_version: str
    number: str
    marker: str
    document: Document
    body: Mapping[str, Any]
    beyond: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LedgerForms:
    """What a ledger's books can be told, and in which shapes: pages offer nothing else, planning uses nothing else.

    `shapes` are posting shapes of a settlement by name (reconciliation/engine/book.py), the default first.
    A payment is set against at most `payment_links` documents. `paid_back`: a payment may give money back
    (a total below zero), so that a credit memo is closed by one instead of a journal and a link of 0.00.
    `journal_takes_bank`: a journal may stand on bank accounts; where it may not, money is on its way until
    a receipt of the bank clears it. `journal_takes_parties`: a journal may stand on receivable accounts.
    `journal_takes_tax`: a journal's lines may carry tax that the tax return counts.
    `journal_currencies`: a journal may be in another currency than the ledger's own.
    `products`: a line of a sale may name a product beside its account, which the ledger then takes out of its stock;
    one that the ledger does not have is not made for it.
    `words`: what people know a document by there, where it is not what its type is called.
    """

    documents: frozenset[DocumentType]
    shapes: tuple[str, ...]
    payment_links: int = 1
    paid_back: bool = False
    journal_takes_bank: bool = True
    journal_takes_parties: bool = True
    journal_takes_tax: bool = True
    journal_currencies: bool = True
    products: bool = False
    words: Mapping[DocumentType, str] = field(default_factory=dict)


@runtime_checkable
class TakesPrefix(Protocol):
    """A Target whose numbers begin with letters that the tenant may choose: a connection's fact `number_prefix`."""

    def prefixed(self, source_ref: str, part: str, kind: str, prefix: str) -> str:
        """As `number`, with this prefix in place of the usual one. Pure."""
        ...


class Target(Protocol):
    """Where books are kept."""

    info: ProviderInfo
    forms: LedgerForms
    reference_kinds: tuple[str, ...]
    line_items: bool  # every line of a sales document needs an item, shipping, tax and discounts too
    batch: int  # how many documents one call of `post` carries

    def company(self, door: Door, account: ExternalAccount) -> CompanyFacts: ...

    def reference_pages(
        self, door: Door, account: ExternalAccount, kinds: Sequence[str], *, since: datetime | None
    ) -> Iterator[list[ReferenceItem]]:
        """All objects of `kinds`, or only what changed since (change data capture where the provider has it)."""
        ...

    def payload(self, document: Document, *, number: str, marker: str, company: CompanyFacts) -> Mapping[str, Any]:
        """The very body that will be sent. Pure."""
        ...

    def problems(
        self, document: Document, *, company: CompanyFacts, references: Mapping[tuple[str, str], ReferenceItem]
    ) -> list[Problem]:
        """What the ledger would refuse, found before anything is sent. Pure; `references` by (kind, external id)."""
        ...

    def number(self, source_ref: str, part: str, kind: str = "settlement") -> str:
        """The document number we ask for, within the provider's length; `kind` is settlement, order or refund. Pure."""
        ...

    def post(self, door: Door, account: ExternalAccount, requests: Sequence[PostRequest]) -> Sequence[Outcome | Failure]:
        """Create and update documents, up to `batch` in one call; one outcome per request, in their order.

        A Failure in the place of an outcome: this one alone was turned away, for certain nothing of it was written.
        Raises Failure only while nothing of any of them can have been written.
        """
        ...

    def find(self, door: Door, account: ExternalAccount, requests: Sequence[PostRequest]) -> dict[str, Found]:
        """Which of these documents the ledger already has, by marker; one query for a whole lost batch."""
        ...

    def read(self, door: Door, account: ExternalAccount, document_type: str, external_id: str) -> Found | None: ...

    def remove(
        self, door: Door, account: ExternalAccount, document_type: str, external_id: str, external_version: str
    ) -> Outcome: ...

    def create_account(
        self, door: Door, account: ExternalAccount, spec: Mapping[str, str], *, request_id: str
    ) -> ReferenceItem: ...

    def create_party(self, door: Door, account: ExternalAccount, spec: PartySpec, *, request_id: str) -> ReferenceItem:
        """A new customer or supplier (`spec.kind`, which is its reference kind); one of that very name is returned instead of a second."""
        ...

    def create_item(self, door: Door, account: ExternalAccount, spec: ItemSpec, *, request_id: str) -> ReferenceItem:
        """A new item (reference kind "item", facts: sku, type, account); one of that very SKU or name is returned instead."""
        ...

    def find_references(
        self, door: Door, account: ExternalAccount, kind: str, by: str, values: Sequence[str]
    ) -> list[ReferenceItem]:
        """Customers, suppliers or items whose name, SKU or e-mail (`by`: name, sku, email) is one of `values`; as few queries as may be."""
        ...

    def link(self, endpoints: Endpoints, account: ExternalAccount, document_type: str, external_id: str) -> str:
        """Where a person sees the document in the ledger."""
        ...


class Concern(StrEnum):
    """What a notice from a ledger is about: our documents there, its reference data, or nothing of ours."""

    DOCUMENTS = "documents"
    REFERENCES = "references"
    NOTHING = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One document that somebody wrote, changed or deleted in the ledger; `body` is empty when it is gone."""

    document_type: str
    external_id: str
    external_version: str
    body: Mapping[str, Any]
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Changes of one type. `complete` says whether every deletion since then is among the changes of the type."""

    document_type: str
    changes: tuple[Change, ...]
    complete: bool = True


@runtime_checkable
class ChangeFeed(Protocol):
    """A Target that tells what changed since a moment, so that nobody has to ask document by document."""

    def concerns(self, notice_kind: str) -> Concern: ...

    def changes(
        self, door: Door, account: ExternalAccount, document_types: Sequence[str], *, since: datetime
    ) -> Iterator[ChangePage]:
        """Documents of these types that were written, changed or deleted since, ours and everybody's, with their bodies."""
        ...

    def found_in(self, door: Door, account: ExternalAccount, changed: Sequence[Change]) -> dict[str, Found | None]:
        """Changed documents read, by external id: None for one that was voided, absent for one that cannot be read."""
        ...


@dataclass(frozen=True, slots=True)
class BankDeposit:
    """Money that stands in a ledger's bank account and that we did not put there."""

    external_id: str
    on: date
    amount: Decimal
    currency: str
    description: str = ""
    number: str = ""
    reconciled: bool = False  # a line of the bank's own statement was matched with it there


@runtime_checkable
class ShowsBank(Protocol):
    """What a Target may do besides: show the deposits others made in one of its bank accounts. Reads only."""

    def bank_deposits(self, door: Door, account: ExternalAccount, bank_account: str, *, since: date) -> Iterator[BankDeposit]: ...


@runtime_checkable
class UpdatesItems(Protocol):
    """What a Target may do besides: change items that the ledger has. Nothing does it by itself."""

    def update_item(self, door: Door, account: ExternalAccount, change: ItemChange) -> ReferenceItem | None:
        """The item as it stands afterwards, None where no item has that SKU. Doing it twice does no harm. Raises Failure."""
        ...


@dataclass(frozen=True, slots=True)
class StockChange:
    """One item of the ledger (its id), by so many more (below zero: fewer), or as so many as were counted. Raises
    ValueError unless it says one of the two."""

    item: str
    difference: Decimal | None = None
    counted: Decimal | None = None

    def __post_init__(self) -> None:
        if (self.difference is None) == (self.counted is None):
            raise ValueError("a change of stock is either a difference or a count")


@dataclass(frozen=True, slots=True)
class StockAdjustment:
    """Goods corrected on a day; their value at cost goes to `account`, an id of the ledger's. One or more `changes`."""

    date: date
    account: str
    changes: tuple[StockChange, ...]
    memo: str = ""


@dataclass(frozen=True, slots=True)
class StandingAdjustment:
    """An adjustment as the ledger holds it now: every change as a difference, and what all of them are worth."""

    external_id: str
    external_version: str
    number: str
    adjustment: StockAdjustment
    value: Decimal


@runtime_checkable
class AdjustsStock(Protocol):
    """What a Target may do besides: correct how many of an item the ledger has, once for each `request_id`."""

    def adjust_stock(self, door: Door, account: ExternalAccount, adjustment: StockAdjustment, *, request_id: str) -> Outcome:
        """As `Target.post`, for one adjustment; never UNKNOWN, since in doubt the ledger has been asked."""
        ...

    def read_adjustment(self, door: Door, account: ExternalAccount, external_id: str) -> StandingAdjustment | None:
        """None when it is gone or was voided."""
        ...

    def remove_adjustment(self, door: Door, account: ExternalAccount, external_id: str, external_version: str) -> Outcome:
        """As `Target.remove`."""
        ...


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as it was received, to be hung on a document."""

    name: str
    content: bytes = field(repr=False)
    media_type: str = "application/octet-stream"


@runtime_checkable
class Annotates(Protocol):
    """What a Target may do besides: hang files and a line of history on a document that stands in the ledger."""

    def annotate(
        self,
        door: Door,
        account: ExternalAccount,
        document_type: str,
        external_id: str,
        *,
        files: Sequence[Attachment],
        note: str,
        request_id: str,
    ) -> None:
        """Nothing depends on it. Raises Failure."""
        ...
