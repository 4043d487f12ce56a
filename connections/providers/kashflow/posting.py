"""Writing documents to KashFlow, each once, although KashFlow itself would take anything twice.

Every write is looked for before it is sent, and read back after. A document of several objects is written one after the
other; where only some stand, the others are completed, never written anew. One outcome per document; a Failure is raised
only while nothing has been written. REJECTED means that nothing of the document stands: what had been written of it when
KashFlow refused the rest is taken out again, and of a change (changing.py) the old stands as it stood.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from canonical.accounting import named_by
from canonical.problems import Problem
from connections import errors
from connections.contracts import Found, Outcome, OutcomeKind, PostRequest
from connections.errors import LOST, TURNED_AWAY, Failure

from . import changing, faults, finding, kinds
from .client import Books
from .finding import Finder, Reader
from .kinds import Held
from .mapper import CALLS
from .writing import Writer, grown, number_of, take_out

UPDATE = "update"


def post(books: Books, requests: Sequence[PostRequest]) -> list[Outcome]:
    """One outcome per request, in their order."""
    return _Post(books, requests).run()


def find(books: Books, requests: Sequence[PostRequest]) -> dict[str, Found]:
    """The documents that stand whole, by marker. Half a document is not there yet: posting it again completes it."""
    finder, reader = Finder(books, requests), Reader(books, _named(requests))
    held = {request.marker: finder.held(request) for request in requests}
    return {each.marker: reader.found(held[each.marker]) for each in requests if finding.is_whole(held[each.marker], each)}


def read(books: Books, document_type: str, external_id: str) -> Found | None:
    """The document as it stands now, in part where a part of it is gone; None where all of it is."""
    held = finding.by_id(books, document_type, external_id)
    return Reader(books).found(held) if held else None


def _named(requests: Iterable[PostRequest]) -> set[str]:
    """Keys of accounts that the documents name, the one a transfer goes to among them."""
    into = {into.key for each in requests if (into := getattr(each.document, "into", None)) is not None}
    return into | {key for each in requests for key in named_by(each.document)}


@dataclass(slots=True)
class _Post:
    """One call of `post`: what its documents share."""

    books: Books
    requests: Sequence[PostRequest]
    writer: Writer = field(init=False)
    finder: Finder = field(init=False)
    reader: Reader = field(init=False)

    def run(self) -> list[Outcome]:
        new = [request for request in self.requests if request.action != UPDATE]
        self.writer = Writer(self.books)
        self.finder, self.reader = Finder(self.books, new), Reader(self.books, _named(self.requests))
        return [self._one(request) for request in self.requests]

    def _one(self, request: PostRequest) -> Outcome:
        try:
            return self._changed(request) if request.action == UPDATE else self._written(request)
        except Failure as failure:
            if failure.kind in TURNED_AWAY and not self.writer.wrote:
                raise
            if failure.kind in TURNED_AWAY or failure.kind in LOST:
                return _unknown(failure.trace_id)
            return _rejected(request, failure)

    # ------------------------------------------------------------ new documents

    def _written(self, request: PostRequest) -> Outcome:
        held = self.finder.held(request)
        if finding.is_whole(held, request):
            return self._told(request, held, OutcomeKind.EXISTS)
        if not held and self.finder.stranger(request):
            problem = Problem(faults.NUMBER_TAKEN, {"number": request.number})
            return Outcome(OutcomeKind.REJECTED, number=request.number, problem=problem)
        for place, call in finding.missing(held, request):
            try:
                made = self.writer.send(call, number_of(held))
            except Failure as failure:
                held = self._after(request, place, held, failure)
                continue
            held = grown(held, place, call, made)
        return self._told(request, held, OutcomeKind.CREATED)

    def _after(self, request: PostRequest, place: int, held: Held, failure: Failure) -> Held:
        """An object was not written, or nobody knows: look once whether it stands and go on, or stop.

        The last object's answer is not looked for: the caller asks for the whole document. What KashFlow refused for
        good leaves nothing behind. Raises Failure.
        """
        if failure.kind in LOST:
            self.writer.wrote = True
            now = Finder(self.books, [request]).held(request)
            still = {at for at, _call in finding.missing(now, request)}
            if place == len(request.payload[CALLS]) or place in still:
                raise failure
            return now
        if held and failure.kind not in TURNED_AWAY:
            self.writer.undo(held)
        raise failure

    def _told(self, request: PostRequest, held: Held, kind: OutcomeKind) -> Outcome:
        """Read back as it stands. What cannot be read was written all the same."""
        try:
            now = finding.by_id(self.books, request.document.document_type.value, held.external_id)
            found = self.reader.found(now) if now else None
        except Failure:
            found = None
        version = found.external_version if found else ""
        return Outcome(kind, held.external_id, version, request.number, body=found.body if found else None, found=found)

    # ------------------------------------------------------------ changed documents

    def _changed(self, request: PostRequest) -> Outcome:
        """Replace a document, if it still says what it said when we last saw it."""
        kind = request.document.document_type
        now = finding.by_id(self.books, kind.value, request.external_id)
        if not now:
            problem = Problem(faults.GONE, {"number": request.number})
            return Outcome(OutcomeKind.REJECTED, request.external_id, number=request.number, problem=problem)
        if request.external_version and now.version != request.external_version:
            problem = Problem(faults.STALE)
            return Outcome(OutcomeKind.STALE, request.external_id, now.version, request.number, problem)
        return self._told(request, self._stands_changed(request, now), OutcomeKind.CREATED)

    def _stands_changed(self, request: PostRequest, now: Held) -> Held:
        kind = request.document.document_type
        if kind in kinds.SIDES and now.main:
            return changing.replaced(self.writer, request, kinds.SIDES[kind], now)
        if kinds.is_journal(kind) and now.main:
            return changing.journal(self.writer, request, now)
        return changing.anew(self.writer, request, now)


# ------------------------------------------------------------------ taking out


def remove(books: Books, document_type: str, external_id: str, external_version: str) -> Outcome:
    """Delete it, payment first: CREATED when it was deleted now, EXISTS when it was gone already, STALE when it changed.

    What is left of a document whose deletion was interrupted is deleted whatever its version.
    """
    held = finding.by_id(books, document_type, external_id)
    if not held:
        return Outcome(OutcomeKind.EXISTS, external_id)
    entire = held.external_id == external_id or bool(held.main and held.payment)  # a change gives it another payment
    if entire and external_version and held.version != external_version:
        return Outcome(OutcomeKind.STALE, external_id, held.version, problem=Problem(faults.STALE))
    try:
        take_out(books, held)
    except Failure as failure:
        if failure.kind in LOST:
            return _unknown(failure.trace_id)
        if failure.kind in TURNED_AWAY:
            raise
        return Outcome(OutcomeKind.REJECTED, external_id, external_version, problem=failure.problem, trace_id=failure.trace_id)
    return Outcome(OutcomeKind.CREATED, external_id)


# ------------------------------------------------------------------ pieces


def _unknown(trace_id: str) -> Outcome:
    problem = Problem(errors.UNKNOWN_OUTCOME, {"provider": faults.PROVIDER})
    return Outcome(OutcomeKind.UNKNOWN, problem=problem, trace_id=trace_id)


def _rejected(request: PostRequest, failure: Failure) -> Outcome:
    return Outcome(
        OutcomeKind.REJECTED, request.external_id, number=request.number, problem=failure.problem, trace_id=failure.trace_id
    )
