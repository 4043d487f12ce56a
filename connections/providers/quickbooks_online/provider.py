"""QuickBooks Online as the house sees it: its declaration, and a Target over the modules beside it.

`client` knows the protocol, `mapper` and `sales` the documents, `posting` how they are written and found,
`lists` and `reference` the company's own data, `preflight` what would be refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from canonical.accounting import Document, DocumentType
from canonical.problems import N_, Problem
from connections.contracts import (
    BankDeposit,
    Budget,
    Change,
    ChangePage,
    CompanyFacts,
    Concern,
    Door,
    Endpoints,
    Entrance,
    Environment,
    ExternalAccount,
    Found,
    ItemSpec,
    LedgerForms,
    Meter,
    Outcome,
    PartySpec,
    PostRequest,
    ProviderInfo,
    ProviderRole,
    ReferenceItem,
)
from connections.errors import Failure
from tenants.clock import now

from . import changes, deposits, faults, lists, mapper, posting, preflight, reference
from .auth import SCOPE, IntuitAuthoriser
from .browsing import QuickBooksBrowser
from .client import BATCH, CDC_DAYS, CDC_LIMIT, Books, malformed
from .faults import judge
from .webhooks import IntuitReceiver

__all__ = ["authoriser", "browser", "info", "judge", "receiver", "target"]

info = ProviderInfo(
    key="quickbooks_online",
    name="QuickBooks Online",
    summary=N_("Orders, settlements and their payments are written to your QuickBooks company and read back."),
    roles=(ProviderRole.LEDGER,),
    entrances=(Entrance.OAUTH_CODE,),
    scopes=(
        (
            SCOPE,
            N_(
                "Read and write the company's accounting data: accounts, tax codes, customers, products and services, "
                "sales receipts, invoices, payments, refunds, journals, deposits"
            ),
        ),
    ),
    account_word="company",
    # Intuit's limits page: 500 a minute and 10 a second per company and app, 40 of them batches.
    budgets=(Budget("*", 500 / 60, 10), Budget("batch", 40 / 60, 10, besides=True)),
    # Intuit App Partner Program, Builder tier: 500,000 reads a month for the application, batches count, single writes do not.
    meter=Meter(N_("Metered reads"), 500_000, methods=("GET",), operations=("batch",), share="metered_reads"),
    throttle_floor=faults.THROTTLE_FLOOR,
    trace_header="intuit_tid",
)

_PAGES = {
    "JournalEntry": "journal",
    "Deposit": "deposit",
    "SalesReceipt": "salesreceipt",
    "Invoice": "invoice",
    "CreditMemo": "creditmemo",
    "RefundReceipt": "refundreceipt",
    "Payment": "recvpayment",
}
_NOT_IN_CDC = ("company", "preferences", "tax_code", "tax_rate")  # change data capture does not know the tax lists
_SINGLE = ("company", "preferences")


class QuickBooksTarget:
    """The Target of QuickBooks Online."""

    reference_kinds: tuple[str, ...] = tuple(reference.KINDS)
    line_items = True  # a sales form has items where other documents have accounts
    batch = BATCH
    forms = LedgerForms(
        documents=frozenset(DocumentType(key) for key in mapper.ENTITIES),
        shapes=("summary_journal", "one_deposit"),
        # Intuit publishes no limit for the links of a payment; a page of its list shows as many.
        payment_links=100,
    )

    def __init__(self, info: ProviderInfo) -> None:
        self.info = info

    # ---------------------------------------------------------------- pure

    def payload(self, document: Document, *, number: str, marker: str, company: CompanyFacts) -> Mapping[str, Any]:
        return mapper.payload(document, number=number, marker=marker, company=company)

    def problems(
        self, document: Document, *, company: CompanyFacts, references: Mapping[tuple[str, str], ReferenceItem]
    ) -> list[Problem]:
        return preflight.problems(document, company, references)

    def number(self, source_ref: str, part: str, kind: str = "settlement") -> str:
        return mapper.number(source_ref, part, kind)

    def link(self, endpoints: Endpoints, account: ExternalAccount, document_type: str, external_id: str) -> str:
        """Where a person sees the document. QuickBooks opens it in the company that the browser is signed in to."""
        page = f"{_PAGES[mapper.ENTITIES[document_type]]}?txnId={external_id}"
        app = endpoints.urls["app"]
        if endpoints.environment is Environment.TWIN:
            return f"{app}/{account.external_id}/{page}"
        return f"{app}/app/{page}"

    # ---------------------------------------------------------------- reading

    def company(self, door: Door, account: ExternalAccount) -> CompanyFacts:
        books = Books(door, account.external_id)
        company_info, preferences = books.read("CompanyInfo", account.external_id), books.read("Preferences")
        if company_info is None or preferences is None:
            raise malformed("the company's own data is missing", "", writes=False)
        return lists.promised(lambda: reference.company(company_info, preferences))

    def reference_pages(
        self, door: Door, account: ExternalAccount, kinds: Sequence[str], *, since: datetime | None
    ) -> Iterator[list[ReferenceItem]]:
        """All objects of `kinds`, or what changed since. Tax lists, company and preferences always come whole."""
        books = Books(door, account.external_id)
        tracked = [kind for kind in kinds if kind not in _NOT_IN_CDC]
        if since and tracked and now() - since < timedelta(days=CDC_DAYS):
            changed = books.changes([reference.KINDS[kind] for kind in tracked], since)
            if sum(map(len, changed.values())) < CDC_LIMIT:
                yield [item for kind in tracked for item in lists.items(kind, changed[reference.KINDS[kind]], {})]
                kinds = [kind for kind in kinds if kind in _NOT_IN_CDC]
        for kind in kinds:
            yield from self._single(books, account, kind) if kind in _SINGLE else lists.whole(books, kind)

    def _single(self, books: Books, account: ExternalAccount, kind: str) -> Iterator[list[ReferenceItem]]:
        body = books.read(reference.KINDS[kind], account.external_id if kind == "company" else "")
        yield lists.items(kind, [{"Id": "1", **body}] if body else [], {})

    def find_references(
        self, door: Door, account: ExternalAccount, kind: str, by: str, values: Sequence[str]
    ) -> list[ReferenceItem]:
        return lists.find_references(Books(door, account.external_id), kind, by, values)

    def read(self, door: Door, account: ExternalAccount, document_type: str, external_id: str) -> Found | None:
        """The document as it stands now; None when it is gone or was voided."""
        books = Books(door, account.external_id)
        body = books.read(mapper.ENTITIES[document_type], external_id)
        return posting.found_in(document_type, body, posting.TaxRates(books)) if body else None

    def find(self, door: Door, account: ExternalAccount, requests: Sequence[PostRequest]) -> dict[str, Found]:
        return posting.find(Books(door, account.external_id), requests)

    def concerns(self, notice_kind: str) -> Concern:
        return changes.concerns(notice_kind)

    def changes(
        self, door: Door, account: ExternalAccount, document_types: Sequence[str], *, since: datetime
    ) -> Iterator[ChangePage]:
        return changes.pages(Books(door, account.external_id), document_types, since)

    def found_in(self, door: Door, account: ExternalAccount, changed: Sequence[Change]) -> dict[str, Found | None]:
        return dict(changes.found_in(Books(door, account.external_id), changed))

    def bank_deposits(self, door: Door, account: ExternalAccount, bank_account: str, *, since: date) -> Iterator[BankDeposit]:
        return deposits.into(Books(door, account.external_id), bank_account, since)

    # ---------------------------------------------------------------- writing

    def post(self, door: Door, account: ExternalAccount, requests: Sequence[PostRequest]) -> Sequence[Outcome | Failure]:
        return posting.post(Books(door, account.external_id), requests)

    def remove(
        self, door: Door, account: ExternalAccount, document_type: str, external_id: str, external_version: str
    ) -> Outcome:
        return posting.remove(Books(door, account.external_id), document_type, external_id, external_version)

    def create_account(self, door: Door, account: ExternalAccount, spec: Mapping[str, str], *, request_id: str) -> ReferenceItem:
        """Create an account (`name`, `type`, `subtype`, `number`, `currency`, `description`); one of that name is taken over."""
        return lists.create_account(Books(door, account.external_id), spec, request_id)

    def create_party(self, door: Door, account: ExternalAccount, spec: PartySpec, *, request_id: str) -> ReferenceItem:
        return lists.create_party(Books(door, account.external_id), spec, request_id)

    def create_item(self, door: Door, account: ExternalAccount, spec: ItemSpec, *, request_id: str) -> ReferenceItem:
        return lists.create_item(Books(door, account.external_id), spec, request_id)


authoriser = IntuitAuthoriser(info)
target = QuickBooksTarget(info)
receiver = IntuitReceiver(info)
browser = QuickBooksBrowser()
