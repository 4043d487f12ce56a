"""KashFlow as the house sees it: its declaration, and a Target over the modules beside it.

`client` knows the two interfaces, `soap`, `wsdl` and `soap_types` the envelopes, `mapper`, `reading` and `kinds` the
documents, `posting` and `finding` how they are written once and found, `lists`, `products` and `reference` the company's own data,
`preflight` what would be refused, `unsettled` what no live account has shown yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from canonical.accounting import Document, DocumentType
from canonical.problems import N_, Problem
from connections.contracts import (
    Budget,
    CompanyFacts,
    Door,
    Endpoints,
    Entrance,
    Environment,
    ExternalAccount,
    FormField,
    Found,
    ItemChange,
    ItemSpec,
    LedgerForms,
    Outcome,
    PartySpec,
    PostRequest,
    ProviderInfo,
    ProviderRole,
    ReferenceItem,
)

from . import faults, kinds, lists, mapper, numbers, posting, preflight, products, reference, unsettled
from .auth import KashFlowAuthoriser
from .browsing import KashFlowBrowser
from .client import Books
from .faults import judge

__all__ = ["authoriser", "browser", "info", "judge", "target"]

_TYPED = (Entrance.CREDENTIALS,)

info = ProviderInfo(
    key="kashflow",
    name="KashFlow",
    summary=N_("Orders, settlements and their payments are written to your KashFlow company and read back."),
    roles=(ProviderRole.LEDGER,),
    entrances=_TYPED,
    fields=(
        FormField(
            "username", N_("User name"), N_("As you sign in to KashFlow. A user of its own for this is best."), entrances=_TYPED
        ),
        FormField(
            "api_password",
            N_("API password"),
            N_("In KashFlow: Settings, API Settings. Leave it empty only if your account uses the login password there."),
            required=False,
            secret=True,
            entrances=_TYPED,
        ),
        FormField(
            "password",
            N_("Login password"),
            N_("Not needed with an API password, unless you give the memorable word below."),
            required=False,
            secret=True,
            entrances=_TYPED,
        ),
        FormField(
            "memorable_word",
            N_("Memorable word"),
            N_(
                "Only KashFlow's newer interface tells which accounting periods are closed, and it asks for letters of this word. "
                "Without it KashFlow itself refuses documents in a closed period, and you see that a little later."
            ),
            required=False,
            secret=True,
            entrances=_TYPED,
        ),
        FormField(
            "number_prefix",
            N_("Prefix of our references"),
            N_("Stands before the order or settlement id in the customer reference of invoices. AMZ- if you leave it empty."),
            required=False,
            entrances=_TYPED,
        ),
    ),
    scopes=(
        (
            "api",
            N_(
                "Read and write the company's books: nominal and bank accounts, customers, suppliers, products, invoices, "
                "purchases, payments, bank transactions, journals. KashFlow knows no smaller permission."
            ),
        ),
    ),
    account_word="company",
    # KashFlow publishes no limit. A call of `post` writes some documents of two objects each, and reads them back.
    budgets=(Budget("*", 5, 60),),
    in_flight=2,
    throttle_floor=faults.THROTTLE_FLOOR,
    refuses_in_success=True,
    notes=unsettled.NOTES,
)

_PAGES = {"purchase": "receipt", "journal_entry": "journals", "deposit": "banks", "withdrawal": "banks", "transfer": "banks"}


class KashFlowTarget:
    """The Target of KashFlow."""

    reference_kinds: tuple[str, ...] = reference.KINDS
    line_items = False
    batch = 5  # written one by one, but looked for together
    forms = LedgerForms(
        documents=kinds.DOCUMENTS,
        shapes=("documents", "summary_journal"),
        payment_links=1,
        paid_back=True,
        journal_takes_bank=unsettled.JOURNALS_TAKE_BANK,
        journal_takes_parties=False,
        journal_takes_tax=False,
        journal_currencies=False,
        products=True,
        words={
            DocumentType.SALES_RECEIPT: N_("Paid invoice"),
            DocumentType.REFUND_RECEIPT: N_("Credit note, paid back"),
            DocumentType.CREDIT_MEMO: N_("Credit note"),
            DocumentType.JOURNAL_ENTRY: N_("Journal"),
            DocumentType.DEPOSIT: N_("Money into the bank"),
            DocumentType.WITHDRAWAL: N_("Money out of the bank"),
            DocumentType.TRANSFER: N_("Bank transfer"),
        },
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

    def prefixed(self, source_ref: str, part: str, kind: str, prefix: str) -> str:
        return numbers.number(source_ref, part, kind, prefix)

    def link(self, endpoints: Endpoints, account: ExternalAccount, document_type: str, external_id: str) -> str:
        """Where a person sees the document. KashFlow publishes no address of a single one: its pages begin at the start."""
        app = endpoints.urls["app"]
        if endpoints.environment is not Environment.TWIN:
            return app
        place = kinds.Place.of(external_id)
        return (
            f"{app}/{account.facts.get('company_id') or ''}/{_PAGES.get(document_type, 'invoice')}/{place.number or place.bank}"
        )

    # ---------------------------------------------------------------- reading

    def company(self, door: Door, account: ExternalAccount) -> CompanyFacts:
        return lists.company(Books(door, account))

    def reference_pages(
        self, door: Door, account: ExternalAccount, kinds: Sequence[str], *, since: datetime | None
    ) -> Iterator[list[ReferenceItem]]:
        """All objects of `kinds`: KashFlow tells no changes."""
        return lists.pages(Books(door, account), kinds)

    def find_references(
        self, door: Door, account: ExternalAccount, kind: str, by: str, values: Sequence[str]
    ) -> list[ReferenceItem]:
        return lists.find_references(Books(door, account), kind, by, values)

    def read(self, door: Door, account: ExternalAccount, document_type: str, external_id: str) -> Found | None:
        return posting.read(Books(door, account), document_type, external_id)

    def find(self, door: Door, account: ExternalAccount, requests: Sequence[PostRequest]) -> dict[str, Found]:
        return posting.find(Books(door, account), requests)

    # ---------------------------------------------------------------- writing

    def post(self, door: Door, account: ExternalAccount, requests: Sequence[PostRequest]) -> list[Outcome]:
        return posting.post(Books(door, account), requests)

    def remove(
        self, door: Door, account: ExternalAccount, document_type: str, external_id: str, external_version: str
    ) -> Outcome:
        return posting.remove(Books(door, account), document_type, external_id, external_version)

    def create_account(self, door: Door, account: ExternalAccount, spec: Mapping[str, str], *, request_id: str) -> ReferenceItem:
        return lists.create_account(Books(door, account), spec)

    def create_party(self, door: Door, account: ExternalAccount, spec: PartySpec, *, request_id: str) -> ReferenceItem:
        return lists.create_party(Books(door, account), spec)

    def create_item(self, door: Door, account: ExternalAccount, spec: ItemSpec, *, request_id: str) -> ReferenceItem:
        return lists.create_item(Books(door, account), spec)

    def update_item(self, door: Door, account: ExternalAccount, change: ItemChange) -> ReferenceItem | None:
        return products.update_item(Books(door, account), change)


authoriser = KashFlowAuthoriser(info)
target = KashFlowTarget(info)
browser = KashFlowBrowser()
