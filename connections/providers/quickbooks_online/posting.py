"""Writing documents to QuickBooks, and finding out what it holds of them.

Posting answers one outcome per document and raises only while nothing can have been written: what the
ledger turned away before it looked (throttle, budget, expired consent) is a Failure, anything whose
result is not known is UNKNOWN, and the caller asks `find` before it sends again. A question about one
document that is not answered never loses what is known of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from canonical.accounting import DocumentType, JournalEntry
from canonical.money import plain
from canonical.problems import Problem
from connections import errors
from connections.contracts import Found, Outcome, OutcomeKind, PostRequest
from connections.errors import LOST, TURNED_AWAY, Failure, FailureKind

from . import faults, mapper
from .client import BATCH, Body, Books, Element, Written, in_list
from .lists import promised, rates_by_id, tax_codes
from .numbers import REFUND

UPDATE = "update"
REQUEST_USED, NUMBER_USED = "600", "6140"
USED_BEFORE = (REQUEST_USED, NUMBER_USED)  # what a duplicate may be our own by; a name (6240) never is
CANNOT_ASK = ("4000", "4001")  # a property that this type cannot be asked by


# ------------------------------------------------------------------ writing


def post(books: Books, requests: Sequence[PostRequest]) -> list[Outcome | Failure]:
    """One outcome per request, in their order: a single write, or batches of thirty, new documents and changed ones alike.
    A Failure in its place: QuickBooks turned this one away alone."""
    return _Post(books).run(requests)


class _Post:
    """One call of `post`: what its documents share."""

    def __init__(self, books: Books) -> None:
        self.books, self.rates = books, TaxRates(books)

    def run(self, requests: Sequence[PostRequest]) -> list[Outcome | Failure]:
        if len(requests) == 1:
            return [self._one(requests[0])]
        outcomes: list[Outcome | Failure] = []
        for start in range(0, len(requests), BATCH):
            outcomes += self._batch(requests[start : start + BATCH], first=start == 0)
        return outcomes

    def _one(self, request: PostRequest) -> Outcome:
        entity, body = _sent(request)
        try:
            written = self.books.write(entity, body, request.request_id)
        except Failure as failure:
            if failure.kind in TURNED_AWAY:
                raise
            return self._refused(request, failure)
        return self._written(request, written)

    def _batch(self, requests: Sequence[PostRequest], *, first: bool) -> Sequence[Outcome | Failure]:
        """A failure of the whole request after an earlier batch was written must not lose what is known of that one.

        One that refuses what was sent says nothing of whose fault it is: each then goes alone, and the good ones go on.
        """
        try:
            elements, trace_id = self.books.write_many([(*_sent(request), request.request_id) for request in requests])
        except Failure as failure:
            if failure.kind in TURNED_AWAY and first:
                raise
            # A batch that was seen before may have been done: then each of it is looked for.
            if failure.kind in TURNED_AWAY or failure.kind in LOST or failure.kind is FailureKind.DUPLICATE:
                return [_unknown(failure.trace_id) for _ in requests]
            return [self._alone(request) for request in requests]
        return [self._judged(request, element, trace_id) for request, element in zip(requests, elements, strict=True)]

    def _alone(self, request: PostRequest) -> Outcome | Failure:
        try:
            return self._one(request)
        except Failure as failure:
            return failure

    def _judged(self, request: PostRequest, element: Element, trace_id: str) -> Outcome | Failure:
        if element.failure:
            element.failure.trace_id = trace_id
            if element.failure.kind in TURNED_AWAY:
                return element.failure
            return self._refused(request, element.failure)
        return self._written(request, Written(element.body, trace_id)) if element.body else _unknown(trace_id)

    def _written(self, request: PostRequest, written: Written) -> Outcome:
        """The answer shows the whole document as it is kept. One that cannot be read was written all the same."""
        kind, body = request.document.document_type.value, written.body
        try:
            found = found_in(kind, body, self.rates)
        except Failure:
            found = None
        return Outcome(
            OutcomeKind.CREATED,
            external_id=str(body["Id"]),
            external_version=str(body.get("SyncToken", "")),
            number=mapper.number_of(kind, body),
            trace_id=written.trace_id,
            body=body,
            found=found,
        )

    def _refused(self, request: PostRequest, failure: Failure) -> Outcome:
        """What a refusal means for the one document. Where that has to be asked and cannot be now, it stays open."""
        try:
            return self._meaning(request, failure)
        except Failure as unanswered:
            return _unknown(unanswered.trace_id or failure.trace_id)

    def _meaning(self, request: PostRequest, failure: Failure) -> Outcome:
        """Ours already there, somebody else's number, stale, lost, or truly refused. Raises Failure when QuickBooks must
        be asked and does not answer."""
        if failure.kind in LOST:
            return _unknown(failure.trace_id)
        if failure.kind is FailureKind.DUPLICATE and failure.provider_code in USED_BEFORE:
            return self._taken(request, failure)
        kind, problem = OutcomeKind.REJECTED, failure.problem
        if failure.kind is FailureKind.STALE:
            kind = OutcomeKind.STALE
        elif request.action == UPDATE and failure.provider_code == "610" and self._is_gone(request):
            problem = Problem(faults.GONE, {"number": request.number})
        return Outcome(kind, request.external_id, number=request.number, problem=problem, trace_id=failure.trace_id)

    def _is_gone(self, request: PostRequest) -> bool:
        """610 says that something named is missing: the document itself, or one of the things it names."""
        return self.books.read(mapper.ENTITIES[request.document.document_type.value], request.external_id) is None

    def _taken(self, request: PostRequest, failure: Failure) -> Outcome:
        """The number or the request id was used before: by this very document, by another of ours, or by somebody else's."""
        ours = find(self.books, [request]).get(request.marker)
        if ours:
            return Outcome(
                OutcomeKind.EXISTS,
                ours.external_id,
                ours.external_version,
                ours.number,
                trace_id=failure.trace_id,
                body=ours.body,
                found=ours,
            )
        if failure.provider_code != NUMBER_USED:
            return _unknown(failure.trace_id)
        if request.number.startswith(REFUND) and self._is_ours(request):
            return self._write_beside(request)
        problem = Problem(faults.NUMBER_TAKEN, {"number": request.number, "detail": failure.problem.params["detail"]})
        return Outcome(OutcomeKind.REJECTED, number=request.number, problem=problem, trace_id=failure.trace_id)

    def _is_ours(self, request: PostRequest) -> bool:
        """Whether all that carry this number are documents of ours: two refunds of one order may share it (numbers.py)."""
        entity = mapper.ENTITIES[request.document.document_type.value]
        where = f" WHERE DocNumber IN {in_list([request.number])}"
        rows = [row for page in self.books.pages(entity, where) for row in page]
        return bool(rows) and all(mapper.marker_of(row) for row in rows)

    def _write_beside(self, request: PostRequest) -> Outcome:
        entity, body = _sent(request)
        try:
            return self._written(request, self.books.write(entity, body, request.request_id, same_number=True))
        except Failure as failure:
            if failure.kind in LOST or failure.kind in TURNED_AWAY:
                return _unknown(failure.trace_id)
            return Outcome(OutcomeKind.REJECTED, number=request.number, problem=failure.problem, trace_id=failure.trace_id)


def _sent(request: PostRequest) -> tuple[str, Body]:
    """Entity and body as they go out. An update replaces the whole: what the body leaves out is blanked there."""
    body = mapper.exact(request.payload)
    if request.action == UPDATE:
        body = {**body, "Id": request.external_id, "SyncToken": request.external_version, "sparse": False}
    return mapper.ENTITIES[request.document.document_type.value], body


def _unknown(trace_id: str) -> Outcome:
    problem = Problem(errors.UNKNOWN_OUTCOME, {"provider": faults.PROVIDER})
    return Outcome(OutcomeKind.UNKNOWN, problem=problem, trace_id=trace_id)


def remove(books: Books, document_type: str, external_id: str, external_version: str) -> Outcome:
    """Delete it at the version we know: CREATED when it was deleted now, EXISTS when it was gone already.

    Deleting a payment frees what it was set against; deleting an invoice leaves its payments, set against nothing.
    """
    entity = mapper.ENTITIES[document_type]
    request_id = f"tie-del-{entity[:7]}-{external_id}-{external_version}"[:50]
    try:
        written = books.delete(entity, external_id, external_version, request_id)
    except Failure as failure:
        if failure.provider_code == "610" or failure.kind is FailureKind.NOT_FOUND:
            return Outcome(OutcomeKind.EXISTS, external_id, trace_id=failure.trace_id)
        if failure.kind in TURNED_AWAY:
            raise
        if failure.kind in LOST:
            return _unknown(failure.trace_id)
        return Outcome(OutcomeKind.REJECTED, external_id, external_version, problem=failure.problem, trace_id=failure.trace_id)
    return Outcome(OutcomeKind.CREATED, external_id, trace_id=written.trace_id, body=written.body)


# ------------------------------------------------------------------ finding


def find(books: Books, requests: Sequence[PostRequest]) -> dict[str, Found]:
    """By marker. One query per type asks for all numbers; what it does not show, and deposits, are sought by day and amount."""
    rates = TaxRates(books)
    have: dict[str, Found] = {}
    for document_type, asked in _by_type(requests).items():
        have |= _find_type(books, document_type, asked, rates)
    return have


def _find_type(books: Books, document_type: str, asked: Sequence[PostRequest], rates: TaxRates) -> dict[str, Found]:
    wanted = {request.marker for request in asked}
    have: dict[str, Found] = {}
    searches = _searches(asked)
    for place, search in enumerate(searches):
        if wanted <= have.keys():
            break
        try:
            rows = [row for page in books.pages(mapper.ENTITIES[document_type], search.where) for row in page]
        except Failure as failure:
            if failure.provider_code not in CANNOT_ASK or place + 1 == len(searches):
                raise
            continue
        found = (found_in(document_type, row, rates) for row in rows if mapper.marker_of(row) in wanted)
        have |= {item.marker: item for item in found if item}
        if search.last:
            break
    return have


def _by_type(requests: Sequence[PostRequest]) -> dict[str, list[PostRequest]]:
    found: dict[str, list[PostRequest]] = {}
    for request in requests:
        found.setdefault(request.document.document_type.value, []).append(request)
    return found


@dataclass(frozen=True, slots=True)
class _Search:
    """Where to look; after the `last` one that could be asked there is no need to look elsewhere."""

    where: str
    last: bool = False


def _searches(requests: Sequence[PostRequest]) -> list[_Search]:
    """Where to look for documents of one type, narrowest first. The plain day is for a type whose total cannot be asked for."""
    name = "PaymentRefNum" if requests[0].document.document_type is DocumentType.PAYMENT else "DocNumber"
    numbers = sorted({str(request.payload[name]) for request in requests if request.payload.get(name)})
    searches = [_Search(f" WHERE {name} IN {in_list(numbers)}")] if numbers else []
    days = sorted({request.document.date.isoformat() for request in requests})
    by_day = f" WHERE TxnDate IN {in_list(days)}"
    if not isinstance(requests[0].document, JournalEntry):
        amounts = sorted({plain(request.document.total, request.document.currency) for request in requests})
        searches.append(_Search(f"{by_day} AND TotalAmt IN {in_list(amounts)}", last=True))
    return [*searches, _Search(by_day, last=True)]


# ------------------------------------------------------------------ reading


class TaxRates:
    """Percent by tax code and side, read when the first taxed document asks: not every line states its tax."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._known: dict[tuple[str, str], Decimal] | None = None

    def for_document(self, body: Body) -> mapper.Rates:
        if not (body.get("TxnTaxDetail") or {}).get("TaxLine"):
            return {}
        if self._known is None:
            self._known = _rates_by_code(self._books)
        return self._known


def _rates_by_code(books: Books) -> dict[tuple[str, str], Decimal]:
    items = tax_codes(books, rates_by_id(books))
    sides = [(item, side, str(item.facts[f"{side}_rate"])) for item in items for side in ("sales", "purchase")]
    return {(item.external_id, side): Decimal(rate) for item, side, rate in sides if rate}


def found_in(document_type: str, body: Body, rates: TaxRates) -> Found | None:
    """Read back; a document that was voided, or a payment left without money and links, carries nothing and counts as gone."""
    empty = body.get("TotalAmt") == 0
    if empty and "voided" in str(body.get("PrivateNote") or "").lower():
        return None
    if empty and document_type == DocumentType.PAYMENT.value and not body.get("Line"):
        return None
    return promised(lambda: mapper.found(document_type, body, rates.for_document(body)))


def documents_in(document_type: str, rows: Sequence[Body], books: Books) -> list[Found]:
    """All that can be read of some objects of one type."""
    rates = TaxRates(books)
    return [found for row in rows if (found := found_in(document_type, row, rates))]
