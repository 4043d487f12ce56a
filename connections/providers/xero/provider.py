"""Xero as the house sees it: its declaration, and a Target over the modules beside it.

`client` knows the protocol, `mapper`, `lines` and `money` the documents, `posting`, `updates`, `finding` and
`allocations` how they are written and found, `lists` and `reference` the organisation's own data, `preflight`
and `line_checks` what would be refused, `notes` what is hung on a document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.conf import settings

from canonical.accounting import Document, DocumentType
from canonical.problems import N_, Problem
from connections.contracts import (
    Attachment,
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
    Outcome,
    PartySpec,
    PostRequest,
    ProviderInfo,
    ProviderRole,
    ReferenceItem,
)
from tenants.clock import now

from . import changes, deposits, faults, finding, lists, mapper, notes, posting, preflight, reference
from .auth import SCOPES, XeroAuthoriser
from .browsing import XeroBrowser
from .client import BATCH, TENANT, Books, from_day, promised
from .faults import judge
from .webhooks import XeroReceiver

__all__ = ["authoriser", "browser", "info", "judge", "receiver", "target"]

info = ProviderInfo(
    key="xero",
    name="Xero",
    summary=N_("Orders, settlements and their payments are written to your Xero organisation and read back."),
    roles=(ProviderRole.LEDGER,),
    entrances=(Entrance.OAUTH_CODE,),
    scopes=SCOPES,
    account_word="organisation",
    # Xero's limits page: 60 a minute, 5000 a day (1000 for an app of the starter tier) and 5 at once per organisation and
    # app; 10,000 a minute per app. Both windows may begin anywhere, so that burst and refill together stay within them.
    budgets=(
        Budget("*", 50 / 60, 10, word="minute", left_header="x-minlimit-remaining"),
        Budget("*", 4000 / 86_400, 1000, word="day", left_header="x-daylimit-remaining"),
        Budget("*", 9000 / 60, 1000, scope="application", word="appminute", left_header="x-appminlimit-remaining"),
    ),
    in_flight=5,
    limit_header="x-rate-limit-problem",
    account_header=TENANT,
    throttle_floor=faults.THROTTLE_FLOOR,
    trace_header="xero-correlation-id",
)

_PAGES = {
    "invoice": "AccountsReceivable/View.aspx?InvoiceID=",
    "credit_memo": "AccountsReceivable/ViewCreditNote.aspx?creditNoteID=",
    "payment": "Bank/ViewTransaction.aspx?bankTransactionID=",
    "deposit": "Bank/ViewTransaction.aspx?bankTransactionID=",
    "withdrawal": "Bank/ViewTransaction.aspx?bankTransactionID=",
    "journal_entry": "Journal/View.aspx?invoiceID=",
}


class XeroTarget:
    """The Target of Xero."""

    reference_kinds: tuple[str, ...] = tuple(reference.KINDS)
    whole_kinds: tuple[str, ...] = ("account", "tax_code", "class", "department", "currency")
    line_items = False
    batch = BATCH
    forms = LedgerForms(
        documents=frozenset(DocumentType(key) for key in mapper.ENTITIES),
        shapes=("invoice", "summary_journal", "one_deposit"),
        payment_links=1,
        paid_back=True,
        journal_takes_bank=False,
        journal_takes_parties=False,
        journal_takes_tax=True,
        journal_currencies=False,
        words={
            DocumentType.JOURNAL_ENTRY: N_("Manual journal"),
            DocumentType.DEPOSIT: N_("Receive money"),
            DocumentType.WITHDRAWAL: N_("Spend money"),
            DocumentType.CREDIT_MEMO: N_("Credit note"),
        },
    )

    def __init__(self, info: ProviderInfo) -> None:
        self.info = info

    # ---------------------------------------------------------------- pure

    def payload(self, document: Document, *, number: str, marker: str, company: CompanyFacts) -> Mapping[str, Any]:
        return mapper.payload(document, number=number, marker=marker, company=company, home=settings.PUBLIC_URL)

    def problems(
        self, document: Document, *, company: CompanyFacts, references: Mapping[tuple[str, str], ReferenceItem]
    ) -> list[Problem]:
        return preflight.problems(document, company, references)

    def number(self, source_ref: str, part: str, kind: str = "settlement") -> str:
        return mapper.number(source_ref, part, kind)

    def link(self, endpoints: Endpoints, account: ExternalAccount, document_type: str, external_id: str) -> str:
        """Where a person sees the document. Xero opens it in the organisation that the browser is in."""
        app, own_id = endpoints.urls["app"], external_id.partition("/")[0]
        if endpoints.environment is Environment.TWIN:
            return f"{app}/{account.external_id}/{mapper.ENTITIES[document_type]}/{own_id}"
        return f"{app}/{_PAGES[document_type]}{own_id}"

    # ---------------------------------------------------------------- reading

    def company(self, door: Door, account: ExternalAccount) -> CompanyFacts:
        books = Books(door, account)
        organisation = books.organisation()
        used = None
        if reference.is_small(organisation):
            month = from_day(now().date().replace(day=1))
            used = books.count("Invoices", f'{month} AND Type=="ACCREC" AND (Status=="AUTHORISED" OR Status=="PAID")')
        currencies, categories = books.all("Currencies"), books.all("TrackingCategories")
        return promised(lambda: reference.company(organisation, currencies, categories, used))

    def reference_pages(
        self, door: Door, account: ExternalAccount, kinds: Sequence[str], *, since: datetime | None
    ) -> Iterator[list[ReferenceItem]]:
        """All objects of `kinds`; contacts and items only as far as they changed since. The short lists always come whole."""
        return lists.pages(Books(door, account), kinds, since)

    def find_references(
        self, door: Door, account: ExternalAccount, kind: str, by: str, values: Sequence[str]
    ) -> list[ReferenceItem]:
        return lists.find_references(Books(door, account), kind, by, values)

    def read(self, door: Door, account: ExternalAccount, document_type: str, external_id: str) -> Found | None:
        """The document as it stands now; None when it is gone or was voided."""
        return finding.read(Books(door, account), document_type, external_id)

    def find(self, door: Door, account: ExternalAccount, requests: Sequence[PostRequest]) -> dict[str, Found]:
        return finding.find(Books(door, account), requests)

    def concerns(self, notice_kind: str) -> Concern:
        return changes.concerns(notice_kind)

    def changes(
        self, door: Door, account: ExternalAccount, document_types: Sequence[str], *, since: datetime
    ) -> Iterator[ChangePage]:
        return changes.pages(Books(door, account), document_types, since)

    def found_in(self, door: Door, account: ExternalAccount, changed: Sequence[Change]) -> dict[str, Found | None]:
        return dict(changes.found_in(Books(door, account), changed))

    def bank_deposits(self, door: Door, account: ExternalAccount, bank_account: str, *, since: date) -> Iterator[BankDeposit]:
        return deposits.into(Books(door, account), bank_account, since)

    # ---------------------------------------------------------------- writing

    def post(self, door: Door, account: ExternalAccount, requests: Sequence[PostRequest]) -> list[Outcome]:
        return posting.post(Books(door, account), requests)

    def remove(
        self, door: Door, account: ExternalAccount, document_type: str, external_id: str, external_version: str
    ) -> Outcome:
        return posting.remove(Books(door, account), document_type, external_id, external_version)

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
        notes.hang_on(Books(door, account), document_type, external_id, files, note, request_id)

    def create_account(self, door: Door, account: ExternalAccount, spec: Mapping[str, str], *, request_id: str) -> ReferenceItem:
        """Create an account (`name`, `type`, `number`, `role`, `description`); one of that name is taken over."""
        return lists.create_account(Books(door, account), spec, request_id)

    def create_party(self, door: Door, account: ExternalAccount, spec: PartySpec, *, request_id: str) -> ReferenceItem:
        return lists.create_party(Books(door, account), spec, request_id)

    def create_item(self, door: Door, account: ExternalAccount, spec: ItemSpec, *, request_id: str) -> ReferenceItem:
        return lists.create_item(Books(door, account), spec, request_id)


authoriser = XeroAuthoriser(info)
target = XeroTarget(info)
receiver = XeroReceiver(info)
browser = XeroBrowser()
