"""QuickBooks Desktop Enterprise as the house sees it: its declaration, and a Target over the modules beside it.

`webconnector` speaks with the program that comes to us, `qbxml` is QuickBooks' language, `client` asks in it; `mapper`
and `sales` are the documents, `posting` writes and finds them, `lists` and `reference` are the company's own data,
`preflight` what would be refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from canonical.accounting import Document, DocumentType
from canonical.problems import N_, Problem
from connections.contracts import (
    Change,
    ChangePage,
    CompanyFacts,
    Concern,
    Door,
    Endpoints,
    Entrance,
    Environment,
    ExternalAccount,
    FormField,
    Found,
    ItemSpec,
    LedgerForms,
    Outcome,
    PartySpec,
    PostRequest,
    ProviderInfo,
    ProviderRole,
    ReferenceItem,
    StandingAdjustment,
    StockAdjustment,
)
from connections.errors import Failure, FailureKind

from . import changes, lists, mapper, numbers, posting, preflight, reference, stock
from .auth import WebConnectorAuthoriser
from .browsing import DesktopBrowser
from .client import FRESH, Books
from .webconnector import WebConnector

__all__ = ["authoriser", "browser", "info", "poller", "target"]

info = ProviderInfo(
    key="quickbooks_desktop",
    name="QuickBooks Desktop",
    summary=N_("Settlements, orders and their payments are written to a company file on your own computer (Enterprise)."),
    roles=(ProviderRole.LEDGER,),
    entrances=(Entrance.POLLED,),
    fields=(
        FormField(
            "company",
            N_("Name of the company file"),
            help=N_("As people call it here; QuickBooks tells its own name with the first visit."),
            required=False,
            entrances=(Entrance.POLLED,),
        ),
    ),
    scopes=(
        (
            "qbxml",
            N_(
                "Through QuickBooks' own Web Connector: read accounts, items and customers; write journals, deposits, sales "
                "receipts, invoices, credit memos, payments and inventory adjustments, and delete our own again"
            ),
        ),
    ),
    account_word="company file",
    polls_us=True,
)


class QuickBooksDesktopTarget:
    """The Target of QuickBooks Desktop. Whatever asks raises Failure QUEUED until the Web Connector has brought the answer."""

    reference_kinds: tuple[str, ...] = reference.KINDS
    line_items = True
    batch = 1  # each document is an intent of its own; what goes out together is decided when it is fetched
    forms = LedgerForms(
        documents=frozenset(DocumentType(key) for key in mapper.ENTITIES),
        shapes=("summary_journal", "one_deposit"),
        payment_links=100,
        paid_back=True,
        journal_takes_tax=False,
        journal_currencies=False,
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
        return numbers.number(source_ref, part, kind)

    def link(self, endpoints: Endpoints, account: ExternalAccount, document_type: str, external_id: str) -> str:
        """Only the twin shows its books to a browser; a company file is opened on its own computer."""
        return f"{endpoints.urls['app']}/" if endpoints.environment is Environment.TWIN else ""

    # ---------------------------------------------------------------- reading

    def company(self, door: Door, account: ExternalAccount) -> CompanyFacts:
        """The file's own facts; while they are waited for, its lists are asked for too, so that one visit brings all."""
        books = Books(door)
        try:
            return lists.company(books, FRESH)
        except Failure as waits:
            if waits.kind is FailureKind.QUEUED:
                lists.ask_ahead(books)
            raise

    def reference_pages(
        self, door: Door, account: ExternalAccount, kinds: Sequence[str], *, since: datetime | None
    ) -> Iterator[list[ReferenceItem]]:
        """All objects of `kinds`, always whole: a visit brings thousands at once."""
        for kind in kinds:
            yield lists.whole(Books(door), kind)

    def find_references(
        self, door: Door, account: ExternalAccount, kind: str, by: str, values: Sequence[str]
    ) -> list[ReferenceItem]:
        return lists.find_references(Books(door), kind, by, values)

    def read(self, door: Door, account: ExternalAccount, document_type: str, external_id: str) -> Found | None:
        return posting.read(Books(door), document_type, external_id, account.currency)

    def find(self, door: Door, account: ExternalAccount, requests: Sequence[PostRequest]) -> dict[str, Found]:
        return posting.find(Books(door), requests, account.currency)

    # ---------------------------------------------------------------- writing

    def post(self, door: Door, account: ExternalAccount, requests: Sequence[PostRequest]) -> list[Outcome]:
        return posting.post_all(Books(door), requests, account.currency)

    def remove(
        self, door: Door, account: ExternalAccount, document_type: str, external_id: str, external_version: str
    ) -> Outcome:
        return posting.remove(Books(door), document_type, external_id, external_version)

    def create_account(self, door: Door, account: ExternalAccount, spec: Mapping[str, str], *, request_id: str) -> ReferenceItem:
        return lists.create_account(Books(door), spec, request_id)

    def create_party(self, door: Door, account: ExternalAccount, spec: PartySpec, *, request_id: str) -> ReferenceItem:
        return lists.create_party(Books(door), spec, request_id)

    def create_item(self, door: Door, account: ExternalAccount, spec: ItemSpec, *, request_id: str) -> ReferenceItem:
        return lists.create_item(Books(door), spec, request_id)

    # ---------------------------------------------------------------- what people changed there

    def concerns(self, notice_kind: str) -> Concern:
        return changes.concerns(notice_kind)

    def changes(
        self, door: Door, account: ExternalAccount, document_types: Sequence[str], *, since: datetime
    ) -> Iterator[ChangePage]:
        return changes.pages(Books(door), document_types, since)

    def found_in(self, door: Door, account: ExternalAccount, changed: Sequence[Change]) -> dict[str, Found | None]:
        return changes.found_in(Books(door), changed, account.currency)

    # ---------------------------------------------------------------- goods

    def adjust_stock(self, door: Door, account: ExternalAccount, adjustment: StockAdjustment, *, request_id: str) -> Outcome:
        return stock.adjust(Books(door), adjustment, request_id)

    def read_adjustment(self, door: Door, account: ExternalAccount, external_id: str) -> StandingAdjustment | None:
        return stock.read(Books(door), external_id)

    def remove_adjustment(self, door: Door, account: ExternalAccount, external_id: str, external_version: str) -> Outcome:
        return stock.remove(Books(door), external_id, external_version)


authoriser = WebConnectorAuthoriser(info)
target = QuickBooksDesktopTarget(info)
poller = WebConnector(info)
browser = DesktopBrowser()
