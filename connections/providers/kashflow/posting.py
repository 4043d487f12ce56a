"""Writing documents to KashFlow, each once, although KashFlow itself would take anything twice.

Every write is looked for before it is sent, and read back after. A document of several objects is written one after the
other; where only some stand, the others are completed, never written anew. One outcome per document; a Failure is raised
only while nothing has been written. REJECTED means that nothing of the document stands: what had been written of it when
KashFlow refused the rest is taken out again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from canonical.accounting import DocumentType, named_by
from canonical.problems import Problem
from connections import errors
from connections.contracts import Found, Outcome, OutcomeKind, PostRequest
from connections.errors import Failure, FailureKind

from . import faults, finding, kinds
from .client import Books
from .finding import Finder, Reader
from .kinds import Held, Place, Side
from .mapper import CALLS, OPERATION

# Failures after which nothing can have been written: the caller tries again later.
TURNED_AWAY = frozenset(
    {
        FailureKind.THROTTLED,
        FailureKind.UNAVAILABLE,
        FailureKind.TOKEN_EXPIRED,
        FailureKind.NEEDS_RECONNECT,
        FailureKind.BREAKER_OPEN,
        FailureKind.BUDGET_SPENT,
        FailureKind.WRITES_REFUSED,
    }
)
LOST = frozenset({FailureKind.UNKNOWN_OUTCOME, FailureKind.MALFORMED})
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
    """One call of `post`: what its documents share. `wrote`: whether anything was written yet."""

    books: Books
    requests: Sequence[PostRequest]
    wrote: bool = False
    finder: Finder = field(init=False)
    reader: Reader = field(init=False)

    def run(self) -> list[Outcome]:
        new = [request for request in self.requests if request.action != UPDATE]
        self.finder, self.reader = Finder(self.books, new), Reader(self.books, _named(self.requests))
        return [self._one(request) for request in self.requests]

    def _one(self, request: PostRequest) -> Outcome:
        try:
            return self._changed(request) if request.action == UPDATE else self._written(request)
        except Failure as failure:
            if failure.kind in TURNED_AWAY and not self.wrote:
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
                made = self._send(call, _number_of(held))
            except Failure as failure:
                held = self._after(request, place, held, failure)
                continue
            held = _with(held, place, call, made)
        return self._told(request, held, OutcomeKind.CREATED)

    def _send(self, call: Mapping[str, Any], number: int) -> int:
        """Write one object; a payment gets the number of what it pays and a way of paying. Its number or id."""
        operation, name, body = _parts(call)
        for side in (kinds.SALE, kinds.PURCHASE):
            if operation == side.pay[0]:
                body = {"PayInvoice": number, **body, "PayMethod": self.books.method(side.methods)}
        made = self.books.make(operation, **{name: body})
        self.wrote = True
        return made

    def _after(self, request: PostRequest, place: int, held: Held, failure: Failure) -> Held:
        """An object was not written, or nobody knows: look once whether it stands and go on, or stop.

        The last object's answer is not looked for: the caller asks for the whole document. What KashFlow refused for
        good leaves nothing behind. Raises Failure.
        """
        if failure.kind in LOST:
            self.wrote = True
            now = Finder(self.books, [request]).held(request)
            still = {at for at, _call in finding.missing(now, request)}
            if place == len(request.payload[CALLS]) or place in still:
                raise failure
            return now
        if held and failure.kind not in TURNED_AWAY:
            self._undo(held)
        raise failure

    def _undo(self, held: Held) -> None:
        """Take out what stands of a document whose rest was refused. Where that fails, half of it stands: nothing is sure."""
        self.wrote = True
        try:
            _take_out(self.books, held)
        except Failure as failure:
            problem = Problem(errors.UNKNOWN_OUTCOME, {"provider": faults.PROVIDER})
            raise Failure(FailureKind.UNKNOWN_OUTCOME, problem, trace_id=failure.trace_id) from failure

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
        if kind in kinds.SIDES and now.main:
            return self._told(request, self._replaced(request, kinds.SIDES[kind], now), OutcomeKind.CREATED)
        if kinds.is_journal(kind) and now.main:
            _operation, name, body = _parts(request.payload[CALLS][0])
            self._update("UpdateJournal", **{name: {**body, "JournalNumber": now.main["JournalNumber"]}})
            return self._told(request, now, OutcomeKind.CREATED)
        return self._anew(request, now)

    def _replaced(self, request: PostRequest, side: Side, now: Held) -> Held:
        """The document under its number, and its payment where that has changed."""
        assert now.main is not None  # noqa: S101 - the caller has looked
        number = now.main["InvoiceNumber"]
        calls = request.payload[CALLS]
        self._update(side.update[0], **{side.update[1]: {**_parts(calls[0])[2], "InvoiceNumber": number}})
        wanted = _parts(calls[1])[2] if len(calls) > 1 else None
        if now.payment and wanted and all(_same(now.payment.get(name), value) for name, value in wanted.items()):
            return now
        if now.payment:
            self._update(side.unpay[0], **{side.unpay[1]: now.payment["PayID"]})
        if wanted is None:
            return Held(now.kind, now.main)
        paid = self._send(calls[1], number)
        return Held(now.kind, now.main, {"PayID": paid})

    def _anew(self, request: PostRequest, now: Held) -> Outcome:
        """Payments and bank transactions have no number of ours to keep: out with the old, in with the new."""
        self.wrote = True
        _take_out(self.books, now)
        held = Held(now.kind)
        for place, call in enumerate(request.payload[CALLS], 1):
            held = _with(held, place, call, self._send(call, 0))
        return self._told(request, held, OutcomeKind.CREATED)

    def _update(self, operation: str, **parameters: Any) -> None:
        self.books.ask(operation, **parameters)
        self.wrote = True


# ------------------------------------------------------------------ taking out


def remove(books: Books, document_type: str, external_id: str, external_version: str) -> Outcome:
    """Delete it, payment first: CREATED when it was deleted now, EXISTS when it was gone already, STALE when it changed.

    What is left of a document whose deletion was interrupted is deleted whatever its version.
    """
    held = finding.by_id(books, document_type, external_id)
    if not held:
        return Outcome(OutcomeKind.EXISTS, external_id)
    entire = held.external_id == external_id
    if entire and external_version and held.version != external_version:
        return Outcome(OutcomeKind.STALE, external_id, held.version, problem=Problem(faults.STALE))
    try:
        _take_out(books, held)
    except Failure as failure:
        if failure.kind in LOST:
            return _unknown(failure.trace_id)
        if failure.kind in TURNED_AWAY:
            raise
        return Outcome(OutcomeKind.REJECTED, external_id, external_version, problem=failure.problem, trace_id=failure.trace_id)
    return Outcome(OutcomeKind.CREATED, external_id)


def _take_out(books: Books, held: Held) -> None:
    """Delete all that stands of it; what is gone already is no failure. Raises Failure."""
    side = kinds.SIDES.get(held.kind, kinds.SALE)
    if held.payment:
        _delete(books, side.unpay, held.payment["PayID"])
    if held.main and kinds.is_journal(held.kind):
        _delete(books, ("DeleteJournal", "JournalNumber"), held.main["JournalNumber"])
    elif held.main:
        _delete(books, side.delete, held.main["InvoiceNumber"])
    for _place, move in held.moves:
        _delete(books, ("DeleteBankTransaction", "TransactionID"), move["ID"])


def _delete(books: Books, operation: tuple[str, str], key: int) -> None:
    try:
        books.ask(operation[0], **{operation[1]: key})
    except Failure as failure:
        if failure.problem.code != faults.BAD_REFERENCE:  # "there is no ...": somebody was faster
            raise


# ------------------------------------------------------------------ pieces


def _parts(call: Mapping[str, Any]) -> tuple[str, str, Mapping[str, Any]]:
    """Operation, name of its parameter, and the object."""
    (name, body), *_more = ((name, body) for name, body in call.items() if name != OPERATION)
    return str(call[OPERATION]), name, body


def _with(held: Held, place: int, call: Mapping[str, Any], made: int) -> Held:
    """What stands after one more object was written, as far as its id needs it."""
    _operation, _name, body = _parts(call)
    if kinds.is_bank(held.kind):
        moves = (*held.moves, (place, {"ID": made, "accid": body["accid"]}))
        return Held(held.kind, moves=tuple(sorted(moves, key=lambda each: each[0])))
    if held.kind is DocumentType.PAYMENT:
        return Held(held.kind, payment={"PayID": made, "PayInvoice": body["PayInvoice"]})
    if place > 1:
        return Held(held.kind, held.main, {"PayID": made})
    return Held(held.kind, {"JournalNumber" if kinds.is_journal(held.kind) else "InvoiceNumber": made}, held.payment)


def _number_of(held: Held) -> int:
    return Place.of(held.external_id).number if held.main and not kinds.is_journal(held.kind) else 0


def _same(there: Any, wanted: Any) -> bool:
    """Equal as numbers where both are."""
    try:
        return bool(there == wanted or type(there)(wanted) == there)
    except (ArithmeticError, TypeError, ValueError):
        return False


def _unknown(trace_id: str) -> Outcome:
    problem = Problem(errors.UNKNOWN_OUTCOME, {"provider": faults.PROVIDER})
    return Outcome(OutcomeKind.UNKNOWN, problem=problem, trace_id=trace_id)


def _rejected(request: PostRequest, failure: Failure) -> Outcome:
    return Outcome(
        OutcomeKind.REJECTED, request.external_id, number=request.number, problem=failure.problem, trace_id=failure.trace_id
    )
