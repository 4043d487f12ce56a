"""A ledger with a dictionary for books: it remembers, and it can be told to be difficult."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from canonical.accounting import Document
from canonical.problems import Problem, declare
from connections import errors
from connections.contracts import CompanyFacts, Found, Outcome, OutcomeKind, PostRequest, ReferenceItem
from connections.errors import Failure, FailureKind

REFUSED = declare("test.refused", "The ledger says no: %(why)s.", "Say it otherwise.")
CANNOT = declare("test.cannot", "The books cannot take it: %(why)s.", "Change the books.")

HOME = CompanyFacts(
    home_currency="GBP", country="GB", multicurrency=False, custom_numbers=True, close_date=None, name="Paper & Ink Ltd"
)

Trouble = Callable[[PostRequest], Outcome | Failure | None]


@dataclass
class Books:
    """What the fake ledger holds, and everything it was asked, in order.

    `before` and `after` are asked for trouble around each write: an Outcome or a Failure replaces the
    answer, before or after the document was kept. `hidden` makes new documents invisible to `find`.
    Every write, ours or a person's, raises the document's version; an update that names another than the
    newest is refused. `shows` says whether the answer to a write holds the whole document.
    """

    documents: dict[str, Found] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    request_ids: list[str] = field(default_factory=list)
    before: Trouble = lambda request: None
    after: Trouble = lambda request: None
    find_fails: Failure | None = None
    read_fails: Failure | None = None
    remove_fails: Failure | None = None
    remove_loses: bool = False
    hidden: bool = False
    shows: bool = False
    updates: list[PostRequest] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    payload_extra: dict[str, Any] = field(default_factory=dict)

    @property
    def markers(self) -> list[str]:
        return sorted(found.marker for found in self.documents.values())

    def keep(self, request: PostRequest) -> Found:
        number = str(1000 + len(self.documents) + 1)
        found = Found(number, "0", request.number, request.marker, request.document, {})
        self.documents[number] = found
        return found

    def replace(self, request: PostRequest) -> Found | None:
        """Our update; None when the document has moved on since the version it names, or is gone."""
        before = self.documents.get(request.external_id)
        if before is None or before.external_version != request.external_version:
            return None
        self.updates.append(request)
        self.edit(request.external_id, request.document)
        return self.documents[request.external_id]

    def touch(self, external_id: str) -> None:
        """Something that changes no word of it raises the version: a payment was linked to it."""
        self.edit(external_id, self.documents[external_id].document)

    def edit(self, external_id: str, document: Document) -> None:
        """Somebody changes a document in the ledger itself."""
        before = self.documents[external_id]
        self.documents[external_id] = replace(before, document=document, external_version=str(int(before.external_version) + 1))


class FakeTarget:
    """A Target over `Books`."""

    info: Any = None
    reference_kinds: tuple[str, ...] = ("account",)
    line_items = False
    batch = 25

    def __init__(self, books: Books) -> None:
        self.books = books

    def payload(self, document: Document, *, number: str, marker: str, company: CompanyFacts) -> dict[str, Any]:
        lines = [{"Account": line.account.key, "Amount": line.signed} for line in document.lines]
        return {"Number": number, "Note": marker, "Date": document.date.isoformat(), "Lines": lines, **self.books.payload_extra}

    def number(self, source_ref: str, part: str, kind: str = "settlement") -> str:
        return f"AMZ-{source_ref}-{part}" if part else f"AMZ-{source_ref}"

    def problems(self, document: Document, *, company: CompanyFacts, references: Any) -> list[Problem]:
        return list(self.books.problems)

    def company(self, door: Any, account: Any) -> CompanyFacts:
        return HOME

    def post(self, door: Any, account: Any, requests: Sequence[PostRequest]) -> list[Outcome]:
        self.books.asked.append(f"post {len(requests)}")
        return [self._post_one(request) for request in requests]

    def _post_one(self, request: PostRequest) -> Outcome:
        self.books.request_ids.append(request.request_id)
        trouble = self.books.before(request)
        if trouble is None:
            found = self.books.replace(request) if request.action == "update" else self.books.keep(request)
            if found is None:
                return Outcome(OutcomeKind.STALE, problem=Problem(REFUSED, {"why": "stale"}), trace_id="t-5010")
            trouble = self.books.after(request)
        if isinstance(trouble, Failure):
            raise trouble
        if trouble is not None:
            return trouble
        shown = found if self.books.shows else None
        answer = (found.external_id, found.external_version, found.number)
        return Outcome(OutcomeKind.CREATED, *answer, trace_id="t-0", found=shown)

    def find(self, door: Any, account: Any, requests: Sequence[PostRequest]) -> dict[str, Found]:
        self.books.asked.append(f"find {len(requests)}")
        if self.books.find_fails:
            raise self.books.find_fails
        wanted = {request.marker for request in requests}
        seen = {} if self.books.hidden else self.books.documents
        return {found.marker: found for found in seen.values() if found.marker in wanted}

    def read(self, door: Any, account: Any, document_type: str, external_id: str) -> Found | None:
        self.books.asked.append("read")
        if self.books.read_fails:
            raise self.books.read_fails
        return self.books.documents.get(external_id)

    def remove(self, door: Any, account: Any, document_type: str, external_id: str, external_version: str) -> Outcome:
        self.books.asked.append("remove")
        if self.books.remove_fails:
            raise self.books.remove_fails
        gone = self.books.documents.pop(external_id, None)
        if self.books.remove_loses:
            raise lost_answer()
        return Outcome(OutcomeKind.CREATED if gone else OutcomeKind.EXISTS, external_id, trace_id="t-del")

    def reference_pages(self, door: Any, account: Any, kinds: Any, *, since: Any) -> Iterator[list[ReferenceItem]]:
        yield []

    def create_account(self, door: Any, account: Any, spec: Any, *, request_id: str) -> ReferenceItem:
        raise NotImplementedError

    def link(self, endpoints: Any, account: Any, document_type: str, external_id: str) -> str:
        return ""


def once(trouble: Outcome | Failure) -> Trouble:
    """Trouble the first time only."""
    left = [trouble]
    return lambda request: left.pop() if left else None


def lost_answer() -> Failure:
    return Failure(FailureKind.UNKNOWN_OUTCOME, Problem(errors.UNKNOWN_OUTCOME, {"provider": "Books"}), trace_id="t-1")


def failure(kind: FailureKind, **details: Any) -> Failure:
    return Failure(kind, Problem(REFUSED, {"why": kind.value}), **details)


def says_no(why: str = "account archived") -> Outcome:
    return Outcome(OutcomeKind.REJECTED, problem=Problem(REFUSED, {"why": why}), trace_id="t-2")
