"""Paperbooks as the house sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from canonical.accounting import AccountType, Document, DocumentType, JournalEntry, named_by
from canonical.problems import Problem
from connections.contracts import (
    CompanyFacts,
    Door,
    Endpoints,
    Entrance,
    ExternalAccount,
    FormField,
    Found,
    ItemSpec,
    LedgerForms,
    Outcome,
    OutcomeKind,
    PartySpec,
    PostRequest,
    ProviderInfo,
    ProviderRole,
    ReferenceItem,
)
from connections.errors import Failure, FailureKind

from . import mapper
from .auth import PaperAuthoriser
from .client import BAD_ACCOUNT, CLOSED, Books, judge

__all__ = ["authoriser", "info", "judge", "target"]

info = ProviderInfo(
    key="paperbooks",
    name="Paperbooks",
    summary="Journals in a ledger that was made up.",
    roles=(ProviderRole.LEDGER,),
    entrances=(Entrance.CREDENTIALS,),
    fields=(FormField("key", "Key", "From the company's settings.", secret=True, entrances=(Entrance.CREDENTIALS,)),),
    account_word="company",
)
_DOUBTFUL = (FailureKind.UNKNOWN_OUTCOME, FailureKind.MALFORMED)
_REFUSED = (FailureKind.REJECTED, FailureKind.PERIOD_CLOSED, FailureKind.BAD_REFERENCE)


class PaperTarget:
    """The Target of Paperbooks: journals, one a call."""

    reference_kinds: tuple[str, ...] = ("account", "customer")
    line_items = False
    batch = 10
    forms = LedgerForms(frozenset({DocumentType.JOURNAL_ENTRY}), ("summary_journal",), journal_takes_tax=False)

    def __init__(self, info: ProviderInfo) -> None:
        self.info = info

    def payload(self, document: Document, *, number: str, marker: str, company: CompanyFacts) -> Mapping[str, Any]:
        if not isinstance(document, JournalEntry):
            raise TypeError("Paperbooks is told journals only")
        return mapper.entry(document, marker)

    def problems(
        self, document: Document, *, company: CompanyFacts, references: Mapping[tuple[str, str], ReferenceItem]
    ) -> list[Problem]:
        known = (references.get(("account", key)) for key in named_by(document))
        found = [Problem(BAD_ACCOUNT, {"text": "an account is not in use"})] if any(not a or not a.active for a in known) else []
        if company.close_date and document.date <= company.close_date:
            found.append(Problem(CLOSED, {"text": company.close_date.isoformat()}))
        return found

    def number(self, source_ref: str, part: str, kind: str = "settlement") -> str:
        return "-".join(text for text in (source_ref, part) if text)

    def link(self, endpoints: Endpoints, account: ExternalAccount, document_type: str, external_id: str) -> str:
        return f"{endpoints.urls['api']}/entries/{external_id}"

    def company(self, door: Door, account: ExternalAccount) -> CompanyFacts:
        said = Books(door).company()
        closed = date.fromisoformat(said["closed"]) if said["closed"] else None
        return CompanyFacts(said["currency"], "", multicurrency=False, custom_numbers=False, close_date=closed, name=said["name"])

    def reference_pages(
        self, door: Door, account: ExternalAccount, kinds: Sequence[str], *, since: datetime | None
    ) -> Iterator[list[ReferenceItem]]:
        for kind, what, read in (("account", "accounts", mapper.account), ("customer", "parties", mapper.party)):
            if kind in kinds:
                yield from ([read(row) for row in page] for page in Books(door).rows(what))

    def post(self, door: Door, account: ExternalAccount, requests: Sequence[PostRequest]) -> list[Outcome]:
        return [self._post(Books(door), request, first=not position) for position, request in enumerate(requests)]

    def _post(self, books: Books, request: PostRequest, *, first: bool) -> Outcome:
        try:
            made = books.add("entries", request.payload)
        except Failure as failure:
            if failure.kind in _REFUSED:
                return Outcome(OutcomeKind.REJECTED, problem=failure.problem)
            if failure.kind in _DOUBTFUL or not first:
                return Outcome(OutcomeKind.UNKNOWN, problem=failure.problem)
            raise
        return Outcome(OutcomeKind.CREATED, made["id"], made["version"], made["id"])

    def find(self, door: Door, account: ExternalAccount, requests: Sequence[PostRequest]) -> dict[str, Found]:
        rows = Books(door).marked([request.marker for request in requests])
        return {row["mark"]: mapper.found(row) for row in rows}

    def read(self, door: Door, account: ExternalAccount, document_type: str, external_id: str) -> Found | None:
        row = Books(door).entry(external_id)
        return mapper.found(row) if row else None

    def remove(
        self, door: Door, account: ExternalAccount, document_type: str, external_id: str, external_version: str
    ) -> Outcome:
        Books(door).delete(external_id)
        return Outcome(OutcomeKind.CREATED, external_id)

    def create_account(self, door: Door, account: ExternalAccount, spec: Mapping[str, str], *, request_id: str) -> ReferenceItem:
        kind = mapper.KINDS.get(AccountType(spec["type"]), "liability")
        return self._made(Books(door), "accounts", {"name": spec["name"], "kind": kind}, mapper.account)

    def create_party(self, door: Door, account: ExternalAccount, spec: PartySpec, *, request_id: str) -> ReferenceItem:
        return self._made(Books(door), "parties", {"name": spec.name, "email": spec.email}, mapper.party)

    def _made(self, books: Books, what: str, body: Mapping[str, str], read: Any) -> ReferenceItem:
        """What is there under that name, else a new one: names are unique there."""
        there = [row for page in books.rows(what) for row in page if row["name"] == body["name"]]
        item: ReferenceItem = read(there[0] if there else books.add(what, body))
        return item

    def create_item(self, door: Door, account: ExternalAccount, spec: ItemSpec, *, request_id: str) -> ReferenceItem:
        raise LookupError("Paperbooks keeps no items")

    def find_references(
        self, door: Door, account: ExternalAccount, kind: str, by: str, values: Sequence[str]
    ) -> list[ReferenceItem]:
        found = [item for page in self.reference_pages(door, account, [kind], since=None) for item in page]
        return [item for item in found if by == "name" and item.name in values]


authoriser = PaperAuthoriser(info)
target = PaperTarget(info)
