"""What a provider is to the rest of the house: four small protocols and the values they exchange.

Pure. A provider folder under `connections/providers/` implements what its roles ask for:
`Authoriser` (how we are let in), `Source` (where things are sold), `Target` (where books are kept)
and `Receiver` (who calls us). Nothing else in the product knows a provider by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from canonical.accounting import Document, DocumentType
from canonical.commerce import Order, Product, Refund
from canonical.problems import Problem


class Environment(StrEnum):
    """Where an account lives: our own simulator, the vendor's sandbox, or real money."""

    TWIN = "twin"
    VENDOR_SANDBOX = "vendor_sandbox"
    PRODUCTION = "production"


class ProviderRole(StrEnum):
    SOURCE = "source"
    LEDGER = "ledger"


class Entrance(StrEnum):
    """How a customer lets us in."""

    OAUTH_CODE = "oauth_code"
    PASTED_TOKEN = "pasted_token"  # noqa: S105 - a way in, not a secret
    CREDENTIALS = "credentials"  # what the account itself gives out: user name and password, keys of an integration
    POLLED = "polled"  # the other way round: we issue a password, and their program comes to us with it


@dataclass(frozen=True, slots=True)
class FormField:
    """One question of the generated connect form. `secret` values go to the vault and are never shown again."""

    name: str
    label: str
    help: str = ""
    required: bool = True
    secret: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    entrances: tuple[Entrance, ...] = (Entrance.OAUTH_CODE,)


@dataclass(frozen=True, slots=True)
class Budget:
    """A documented rate limit: `rate` calls a second up to `burst` at once, per `scope`.

    `operation` "*" covers every operation of the provider that has no budget of its own. A budget `besides` that
    one counts in addition to it: both must have room, and being throttled blocks both. `word` is what a refusal calls
    it (ProviderInfo.limit_header): then this one alone is blocked. `left_header` names the answer header that tells how
    many calls are left of it; we never believe to have more.
    """

    operation: str
    rate: float
    burst: int
    scope: str = "account"  # or "application"
    besides: bool = False
    word: str = ""
    left_header: str = ""


@dataclass(frozen=True, slots=True)
class Meter:
    """An allowance of calls for a calendar month (UTC), after which a provider refuses them until the next one.

    Counted are calls of these `methods`, and of these `operations` whatever their method. `share` names the
    setting (Endpoints.extra) by which an operator gives each account a part of what the application may use.
    """

    name: str
    limit: int
    methods: tuple[str, ...] = ("GET",)
    operations: tuple[str, ...] = ()
    share: str = ""


@dataclass(frozen=True, slots=True)
class ProviderInfo:
    """The declaration of a provider: everything pages, forms and limits need, as data."""

    key: str
    name: str
    summary: str
    roles: tuple[ProviderRole, ...]
    entrances: tuple[Entrance, ...]
    fields: tuple[FormField, ...] = ()
    scopes: tuple[tuple[str, str], ...] = ()  # (scope, what it allows in words)
    regions: tuple[tuple[str, str], ...] = ()
    account_word: str = "account"  # what they call the thing we connect: "company", "seller account"
    budgets: tuple[Budget, ...] = ()
    meter: Meter | None = None
    throttle_floor: timedelta = timedelta(seconds=1)  # the least wait after a 429, whatever the header says
    statuses_of_refusal: tuple[int, ...] = (401, 403)
    trace_header: str = ""  # the answer header their support desk asks for
    rate_header: str = ""  # an answer header that tells the applied rate, in calls a second
    limit_header: str = ""  # an answer header of a 429 that says which budget was overdrawn, by its `word`
    in_flight: int = 0  # how many calls may be under way for one account at once; 0: as many as there are workers
    account_header: str = ""  # a request header that names the account: it must be the connection's own, or nothing is sent
    polls_us: bool = False  # nobody there can be called: what is asked waits until their program comes to fetch it
    refuses_in_success: bool = False  # a refusal may come as a success (HTTP 200): the judge reads those answers too
    notes: tuple[str, ...] = ()  # what people should know before they connect: limits, what no live account has shown yet


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a provider's addresses.py says of one environment, before the installation's own settings.

    `client_id` "" leaves the environment out until the installation names one; a provider whose accounts bring
    their own credentials, and knows no application of ours, says OWN_CREDENTIALS. `consent_origins` are
    origins besides those of `urls` that a consent page may lead the browser through.
    """

    urls: Mapping[str, str]
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    extra: Mapping[str, str] = field(default_factory=dict)
    consent_origins: tuple[str, ...] = ()


OWN_CREDENTIALS = "own-credentials"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Base URLs and client of a provider in one environment; all are settings, so that a proxy can stand between."""

    environment: Environment
    urls: Mapping[str, str]
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TokenSet:
    """Tokens and every expiry the provider states (aware UTC, None where it states none)."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    access_expires: datetime | None = None
    refresh_expires: datetime | None = None
    hard_expires: datetime | None = None
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExternalAccount:
    """The company or seller account that consent opened: their id, a name for people, region and facts."""

    external_id: str
    name: str
    region: str = ""
    country: str = ""
    currency: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


class Door(Protocol):
    """The one door to the network as a provider sees it (connections/http.py implements it).

    Counts against budgets, honours breakers, logs the exchange, and raises `errors.Failure`
    for every answer that is not a success. In any run mode but live it refuses writes.
    `expects` says what a success looks like: "json", "xml", "bytes", or "" for JSON on signed calls and
    writes and anything but a page of HTML otherwise.
    """

    endpoints: Endpoints

    def call(
        self,
        operation: str,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | Sequence[tuple[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        data: Mapping[str, str] | None = None,
        content: bytes | None = None,
        writes: bool = False,
        signed: bool = True,
        expects: str = "",
    ) -> Answer:
        """One exchange. `expects`: "json", "xml" or "bytes"; "" means JSON for signed calls and for writes, anything but HTML else."""
        ...

    def client(self, name: Callable[[str, str], tuple[str, bool]]) -> Any:
        """The same door as an httpx.Client, for vendors' libraries; `name(method, path)` gives (operation, writes)."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer: status, headers (lower-case names), raw body, and the provider's trace id."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    trace_id: str = ""
    api_call_id: int | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """What makes a request ours: headers to add, and the body where the credential stands inside of it.

    The body that is logged is the unsigned one, so that no credential reaches the call log.
    """

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes | None = field(default=None, repr=False)


@runtime_checkable
class RequestSigner(Protocol):
    """An Authoriser that signs each request by itself: method and address are part of it, or the body carries it."""

    def sign_request(self, endpoints: Endpoints, tokens: TokenSet, *, method: str, url: str, content: bytes) -> Signature: ...


@runtime_checkable
class OwnAddresses(Protocol):
    """An Authoriser whose accounts live at addresses of their own, typed in by a customer: a shop's base URL.

    An account's credentials go only below its own addresses. Whatever the settings do not name is called through
    the guard: https, public addresses, the one that was looked at (connections/guard.py).
    """

    def own_addresses(self, account: ExternalAccount) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Consent:
    """What one consent opened: `accounts` by itself, `before` what the same person had opened earlier and is open still.

    `provider_user` is whose the tokens are: all accounts of that person share them.
    """

    tokens: TokenSet
    accounts: tuple[ExternalAccount, ...]
    provider_user: str
    before: tuple[ExternalAccount, ...] = ()


@runtime_checkable
class OpensSeveral(Protocol):
    """An Authoriser one consent of which may open several accounts, under one chain of tokens for each person."""

    def consent(self, door: Door, *, callback: Mapping[str, str], redirect_uri: str, answers: Mapping[str, str]) -> Consent: ...

    def close(self, door: Door, account: ExternalAccount, tokens: TokenSet | None = None) -> bool:
        """Give up one account and leave the others open; with `tokens` where the door signs with none. True when nothing
        of this person is open any more."""
        ...


@runtime_checkable
class PolledDoor(Door, Protocol):
    """The door of a provider that polls us (connections/polled.py implements it).

    What is asked becomes a row under `key`, the same for every retry of the same intent. Either that row has its
    answer, which is returned, or Failure QUEUED is raised and the same is asked again when the answer has come.
    """

    def ask(
        self,
        operation: str,
        content: bytes,
        *,
        key: str = "",
        subject: str = "",
        writes: bool = False,
        repeatable: bool = False,
        iterates: bool = False,
        fresh: timedelta = timedelta(minutes=10),
    ) -> Answer:
        """One request in the provider's language, without its envelope.

        A read without a `key` goes by its content; its answer serves for `fresh`, but not beyond a write to the same
        `subject` (an object's id). `repeatable`: doing it twice does no harm, so that a lost one is simply asked again.
        `iterates`: the answer may come in portions, which are fetched within one visit.
        """
        ...


class Authoriser(Protocol):
    """How we are let in, stay in, and leave."""

    info: ProviderInfo

    def consent_url(self, endpoints: Endpoints, *, state: str, redirect_uri: str, answers: Mapping[str, str]) -> str: ...

    def exchange(
        self, door: Door, *, callback: Mapping[str, str], redirect_uri: str, answers: Mapping[str, str]
    ) -> tuple[TokenSet, ExternalAccount]: ...

    def adopt(self, door: Door, *, answers: Mapping[str, str]) -> tuple[TokenSet, ExternalAccount]:
        """Let in by a pasted token or password instead of a consent page."""
        ...

    def refresh(self, door: Door, tokens: TokenSet) -> TokenSet: ...

    def revoke(self, door: Door, tokens: TokenSet) -> None: ...

    def sign(self, tokens: TokenSet) -> Mapping[str, str]:
        """Headers that carry the credential on an API call."""
        ...

    def ping(self, door: Door, account: ExternalAccount) -> ExternalAccount:
        """One harmless read that proves the connection; returns the account as it now describes itself."""
        ...


# ------------------------------------------------------------------ sources


@dataclass(frozen=True, slots=True)
class SettlementListing:
    """One settlement report as listed, before it is downloaded. `revision` is the provider's report id."""

    report_id: str
    document_id: str
    created_at: datetime
    period_start: datetime | None
    period_end: datetime | None
    marketplaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PayoutFact:
    """A transfer to the seller's bank as the marketplace reports it."""

    payout_id: str
    status: str
    amount: Decimal
    currency: str
    initiated_at: datetime | None
    settlement_ids: tuple[str, ...] = ()
    trace_id: str = ""
    account_tail: str = ""
    converted_amount: Decimal | None = None
    converted_currency: str = ""
    period_start: datetime | None = None
    period_end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Download:
    """Bytes as received (decompressed or not is told by `encoding`), with the charset the server named."""

    content: bytes
    media_type: str
    charset: str = ""
    encoding: str = ""  # "gzip" when `content` is still compressed


class Source(Protocol):
    """Where things are sold. Read only: financial data is never written back."""

    info: ProviderInfo

    def settlement_pages(
        self, door: Door, account: ExternalAccount, *, since: datetime | None
    ) -> Iterator[list[SettlementListing]]: ...

    def download_settlement(self, door: Door, account: ExternalAccount, listing: SettlementListing) -> Download: ...

    def payout_pages(self, door: Door, account: ExternalAccount, *, since: datetime | None) -> Iterator[list[PayoutFact]]: ...


@dataclass(frozen=True, slots=True)
class OrderPage:
    """One page of changed orders, and the bytes it came in.

    `token` continues the listing (it dies with the provider's own time limit); `until` is the moment up
    to which the listing is complete, the next watermark.
    """

    orders: tuple[Order, ...]
    raw: Download
    token: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class RefundPage:
    """One page of refunds posted since, and the bytes it came in."""

    refunds: tuple[Refund, ...]
    raw: Download


class OrderSource(Protocol):
    """A source that also tells single orders and refunds; read only."""

    info: ProviderInfo
    order_history: timedelta  # how far back orders can be read at all
    order_overlap: timedelta  # how much of the last listing is read again

    def order_pages(
        self,
        door: Door,
        account: ExternalAccount,
        *,
        since: datetime,
        marketplaces: Sequence[str] = (),
        people: bool = False,
        token: str = "",
    ) -> Iterator[OrderPage]:
        """Orders changed since, a page a call. `people` asks for buyer and recipient too; `token` resumes a listing."""
        ...

    def order(self, door: Door, account: ExternalAccount, order_id: str, *, people: bool = False) -> OrderPage:
        """One order, read again; a page of one."""
        ...

    def refund_pages(self, door: Door, account: ExternalAccount, *, since: datetime) -> Iterator[RefundPage]: ...


@dataclass(frozen=True, slots=True)
class ProductPage:
    """One page of changed products, and the bytes it came in. `token` and `until` are as those of an OrderPage."""

    products: tuple[Product, ...]
    raw: Download
    token: str = ""
    until: datetime | None = None


class ProductSource(Protocol):
    """A source that tells its catalogue; read only."""

    info: ProviderInfo

    def product_pages(
        self, door: Door, account: ExternalAccount, *, since: datetime | None, token: str = ""
    ) -> Iterator[ProductPage]:
        """Products changed since, oldest change first; all of them without `since`."""
        ...


@dataclass(frozen=True, slots=True)
class StockLevel:
    """How many of a SKU a place holds: an absolute quantity. `place` is "" where a source knows only one."""

    sku: str
    quantity: Decimal
    place: str = ""


@dataclass(frozen=True, slots=True)
class Consignment:
    """What was sent of an order: quantities by line (all that is left where none are named), carrier and tracking number."""

    order_id: str
    carrier: str
    title: str
    tracking: str
    lines: Mapping[str, Decimal] = field(default_factory=dict)
    place: str = ""
    tell_buyer: bool = False


class SourceWriter(Protocol):
    """A source that can be written to, where a flow is told to; nothing writes to a source by itself.

    None of it is idempotent over there, so each asks first whether it is done already, and does it once.
    """

    info: ProviderInfo

    def comment(self, door: Door, account: ExternalAccount, order_id: str, text: str, *, mark: str, status: str = "") -> bool:
        """A line in an order's history, unless one with this `mark` stands there. False when it did already."""
        ...

    def ship(self, door: Door, account: ExternalAccount, parcel: Consignment) -> str:
        """A shipment with its tracking number; the id of the one that has that number already, if there is one."""
        ...

    def set_stock(self, door: Door, account: ExternalAccount, levels: Sequence[StockLevel]) -> None: ...

    def set_prices(self, door: Door, account: ExternalAccount, prices: Mapping[str, Decimal]) -> None: ...


class NoticeQueue(Protocol):
    """A provider's queue of notices, which we empty instead of being called."""

    info: ProviderInfo

    def configured(self, endpoints: Endpoints) -> bool:
        """Whether this installation has a queue there; without one everything works by polling."""
        ...

    def subscribe(self, door: Door, account: ExternalAccount) -> Mapping[str, str]:
        """Have the provider send notices of this account to our queue; safe to call again. Returns the subscriptions' ids by type."""
        ...

    def receive(self, endpoints: Endpoints, *, at_most: int) -> list[QueuedNotice]:
        """Up to `at_most` messages, hidden from others for a while. They come again unless `acknowledge`d."""
        ...

    def acknowledge(self, endpoints: Endpoints, handles: Sequence[str]) -> None:
        """Called after the notices are stored, never before."""
        ...


@dataclass(frozen=True, slots=True)
class QueuedNotice:
    """A message as received: its notices (none when it is not understood), its raw body, and its handle."""

    notices: tuple[Notice, ...]
    body: bytes
    handle: str


# ------------------------------------------------------------------ targets


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

    def post(self, door: Door, account: ExternalAccount, requests: Sequence[PostRequest]) -> list[Outcome]:
        """Create and update documents, up to `batch` in one call; one outcome per request, in their order."""
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


# ------------------------------------------------------------------ who comes to fetch


class ParcelKind(StrEnum):
    WRITES = "writes"
    READS = "reads"
    PORTION = "portion"  # the next part of a reading that comes in portions
    RECOVERY = "recovery"  # what became of a parcel whose answer was lost?


@dataclass(frozen=True, slots=True)
class Parcel:
    """What goes out in one exchange: requests by the ids of their rows, and the name that a lost answer is asked for by."""

    kind: ParcelKind
    name: str
    requests: Mapping[int, bytes]
    iterates: bool = False
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class Returned:
    """What came of a parcel: answers by row; those that may be tried again later, since nothing was done; and, when
    a lost parcel was asked for, whether it was never carried out (`nothing`) or nobody can say (`unknown`)."""

    answers: Mapping[int, bytes] = field(default_factory=dict)
    put_back: frozenset[int] = frozenset()
    cursor: str = ""
    nothing: bool = False
    unknown: bool = False


class Visit(Protocol):
    """One visit of their program, from login to farewell, as the provider's poller sees it."""

    @property
    def pinned(self) -> Mapping[str, str]:
        """What is known of the books at the other end, by which wrong ones are told."""
        ...

    def pin(self, facts: Mapping[str, str]) -> None:
        """The right books are open at the other end: keep what they are known by."""
        ...

    def refuse(self, problem: Problem) -> None:
        """The wrong books are open, or nothing can be done in this visit: nothing goes out, and people are told."""
        ...

    def parcel(self) -> Parcel | None:
        """What is to go out now; None when there is nothing, or the visit was refused."""
        ...

    def sent(self, parcel: Parcel, wire: bytes) -> None:
        """Says that it goes out, before it does."""
        ...

    def outstanding(self) -> Parcel | None:
        """What went out and has no answer yet."""
        ...

    def received(self, wire: bytes, returned: Returned) -> int:
        """Takes an answer. Returns how much of what waits is done, in percent; below 100 there is more to come."""
        ...

    def failed(self, problem: Problem, *, code: str = "", lost: bool = True) -> None:
        """No answer came. `lost`: what went out may have been carried out; else it certainly was not."""
        ...

    def lingers(self) -> bool:
        """Whether more work is likely to be there in a moment, so that it is worth to wait for it."""
        ...

    def last_words(self) -> str:
        """What to tell the person at the other end."""
        ...

    def end(self) -> None: ...


class Desk(Protocol):
    """Where they come to fetch (connections/polling.py implements it)."""

    def enter(self, *, user: str, password: str, client: str) -> str:
        """A ticket for one visit; "" when user or password is wrong."""
        ...

    def has_work(self, ticket: str) -> bool: ...

    def visit(self, ticket: str) -> AbstractContextManager[Visit | None]:
        """The visit of that ticket, inside its tenant; None when there is none, or it is over."""
        ...


@dataclass(frozen=True, slots=True)
class PollRequest:
    """What their program sent: header names in lower case, and the address it was sent to."""

    method: str
    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str]
    address: str


@dataclass(frozen=True, slots=True)
class PollReply:
    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class SetupFile:
    """A file that tells their program where to come to."""

    name: str
    content_type: str
    content: bytes


class Poller(Protocol):
    """Who comes to us: speaks their program's protocol, and says in which file the program learns of us."""

    info: ProviderInfo

    def serve(self, desk: Desk, request: PollRequest) -> PollReply: ...

    def user_name(self, account: ExternalAccount) -> str: ...

    def external_account(self, user_name: str) -> str:
        """Whose user name it is; "" for anything else."""
        ...

    def setup_file(self, account: ExternalAccount, *, address: str, support: str, installation: str) -> SetupFile: ...


class Receiver(Protocol):
    """Who calls us: verifies a signature and splits a delivery into notices."""

    info: ProviderInfo

    def verify(self, endpoints: Endpoints, headers: Mapping[str, str], body: bytes) -> bool: ...

    def notices(self, body: bytes) -> list[Notice]: ...


# Kinds of notices that lead to a look at a stream of that name; every other kind is kept and leads to nothing.
ORDERS, SETTLEMENTS = "orders", "settlements"


@dataclass(frozen=True, slots=True)
class Notice:
    """A hint that something changed over there; always followed by a read."""

    event_id: str
    external_account: str
    kind: str
    external_id: str
    operation: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EntityKind:
    """A kind of thing an account holds, by the provider's own word for it; `written` says that our flows write it.

    `columns` are the fields a list shows first, by their path in a row: "CustomerRef.name", "offers.0.price.amount".
    """

    key: str
    name: str
    written: bool = False
    note: str = ""  # where it lies over there, or how it is listed, when that is not plain
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EntityPage:
    """Some of an account's entities as they came, and the cursor of those behind them ("" at the end).

    Each row is the provider's own object; `identity` is the path of the field that tells one from another. A provider
    that has to be waited for says so in `waits`: nothing is shown yet, and `next` is the cursor to look again with.
    """

    rows: tuple[Mapping[str, Any], ...]
    identity: str
    next: str = ""
    waits: str = ""


class NoSuchPage(Exception):
    """A cursor that no page of this listing gave: somebody typed it."""


class Browser(Protocol):
    """What an account holds, for a person who wants to see it: reads only, a page a call. A module attribute `browser`."""

    entities: tuple[EntityKind, ...]

    def page(self, door: Door, account: ExternalAccount, kind: str, *, cursor: str = "") -> EntityPage:
        """Some entities of a kind, the newest first where the provider can sort so. Raises Failure, and NoSuchPage."""
        ...
