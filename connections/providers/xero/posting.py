"""Writing documents to Xero, and taking them away again.

Posting answers one outcome per document and raises only while nothing can have been written: what the
ledger turned away before it looked (throttle, budget, expired consent) is a Failure, anything whose
result is not known is UNKNOWN, and the caller asks `find` before it sends again. Documents of one type go
together, fifty in a request; a bad one among them is refused by itself, and where Xero refuses the whole request
for it, each is sent alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from canonical.accounting import DocumentType, Payment
from canonical.problems import Problem
from connections import errors
from connections.contracts import Outcome, OutcomeKind, PostRequest
from connections.errors import LOST, TURNED_AWAY, Failure, FailureKind

from . import allocations, faults, finding, mapper, money, updates
from .client import Body, Books, Element, batch_key, portions

UPDATE = "update"


def post(books: Books, requests: Sequence[PostRequest]) -> list[Outcome]:
    """One outcome per request, in their order."""
    return _Post(books).run(requests)


@dataclass(frozen=True, slots=True)
class _Sending:
    """One document as it goes out: its place among those asked for, and its element."""

    place: int
    request: PostRequest
    element: Body


class _Post:
    """One call of `post`: what its documents share. `began`: something was sent, so that nothing is raised any more."""

    def __init__(self, books: Books) -> None:
        self.books, self.began = books, False
        self.outcomes: dict[int, Outcome] = {}

    def run(self, requests: Sequence[PostRequest]) -> list[Outcome]:
        for entity, update, group in _grouped(requests):
            ready = self._updates(entity, group) if update else [_Sending(*each, mapper.exact(each[1].payload)) for each in group]
            for some in portions([sending.element for sending in ready]):
                self._send(entity, [ready[place] for place in some], update=update)
        for place, request in enumerate(requests):
            if _is_allocation(request):
                self.outcomes[place] = self._allocate(request)
        return [self.outcomes[place] for place in range(len(requests))]

    def _updates(self, entity: str, group: Sequence[tuple[int, PostRequest]]) -> list[_Sending]:
        """Those that may still be changed at the version we know; what became of the others is an outcome already."""
        ready = []
        try:
            standing = finding.standing(self.books, entity, [request.external_id for _, request in group])
        except Failure as failure:
            if not self.began:
                raise
            # Not seen is not gone: they stay in doubt, and are read before anything is sent again.
            self.outcomes |= {place: unknown(failure.trace_id) for place, _ in group}
            return []
        for place, request in group:
            prepared = updates.prepare(request, standing.get(request.external_id))
            if isinstance(prepared, Outcome):
                self.outcomes[place] = prepared
            else:
                ready.append(_Sending(place, request, prepared))
        return ready

    def _send(self, entity: str, sending: Sequence[_Sending], *, update: bool) -> None:
        key = batch_key([each.request.request_id for each in sending])
        try:
            elements, trace_id = self.books.write(entity, [each.element for each in sending], key, update=update)
        except Failure as failure:
            if failure.kind in TURNED_AWAY and not self.began:
                raise
            if len(sending) > 1 and faults.took_nothing(failure):
                self._send_alone(entity, sending, update=update)
                return
            elements, trace_id = [Element(failure=failure)] * len(sending), failure.trace_id
        self.began = True
        for each, element in zip(sending, elements, strict=True):
            self.outcomes[each.place] = self._judged(each.request, element, trace_id)

    def _send_alone(self, entity: str, sending: Sequence[_Sending], *, update: bool) -> None:
        """One of them made Xero refuse the request as a whole: that one is held, and the others go on."""
        for each in sending:
            self._send(entity, [each], update=update)

    def _allocate(self, request: PostRequest) -> Outcome:
        try:
            element, trace_id = allocations.create(self.books, request)
        except Failure as failure:
            if failure.kind in TURNED_AWAY and not self.began:
                raise
            element, trace_id = Element(failure=failure), failure.trace_id
        self.began = True
        return self._judged(request, element, trace_id)

    def _judged(self, request: PostRequest, element: Element, trace_id: str) -> Outcome:
        if element.failure:
            element.failure.trace_id = element.failure.trace_id or trace_id
            return self._refused(request, element.failure)
        return self._written(request, element.body, trace_id) if element.body else unknown(trace_id)

    def _written(self, request: PostRequest, body: Body, trace_id: str) -> Outcome:
        """The answer shows the whole document as it is kept. One that cannot be read was written all the same."""
        kind = request.document.document_type.value
        try:
            found = finding.found_in(self.books, kind, body)
        except Failure:
            found = None
        external_id = found.external_id if found else str(body.get(mapper.IDS[mapper.ENTITIES[kind]]) or "")
        return Outcome(
            OutcomeKind.CREATED if external_id else OutcomeKind.UNKNOWN,
            external_id=external_id,
            external_version=found.external_version if found else "",
            number=(found.number if found else "") or request.number,
            trace_id=trace_id,
            body=body,
            found=found,
        )

    def _refused(self, request: PostRequest, failure: Failure) -> Outcome:
        """What a refusal means for the one document: ours already there, somebody else's number, lost, or truly refused."""
        if failure.kind in LOST or failure.kind in TURNED_AWAY:
            return unknown(failure.trace_id)
        if failure.kind is FailureKind.DUPLICATE:
            return self._taken(request, failure)
        return Outcome(
            OutcomeKind.REJECTED, request.external_id, number=request.number, problem=failure.problem, trace_id=failure.trace_id
        )

    def _taken(self, request: PostRequest, failure: Failure) -> Outcome:
        """It is there before: as this very document, or as somebody else's. A changed one stands there whatever was refused."""
        try:
            ours = None if request.action == UPDATE else finding.find(self.books, [request]).get(request.marker)
        except Failure:
            return unknown(failure.trace_id)
        if ours is None:
            problem = faults.taken(failure, request.number)
            return Outcome(
                OutcomeKind.REJECTED, request.external_id, number=request.number, problem=problem, trace_id=failure.trace_id
            )
        return Outcome(
            OutcomeKind.EXISTS,
            ours.external_id,
            ours.external_version,
            ours.number,
            trace_id=failure.trace_id,
            body=ours.body,
            found=ours,
        )


def _is_allocation(request: PostRequest) -> bool:
    return isinstance(request.document, Payment) and money.is_allocation(request.document)


def _grouped(requests: Sequence[PostRequest]) -> Iterator[tuple[str, bool, list[tuple[int, PostRequest]]]]:
    """(entity, whether they are updates, what goes together), in the order in which the first of each came."""
    groups: dict[tuple[str, bool], list[tuple[int, PostRequest]]] = {}
    for place, request in enumerate(requests):
        if not _is_allocation(request):
            key = mapper.ENTITIES[request.document.document_type.value], request.action == UPDATE
            groups.setdefault(key, []).append((place, request))
    for (entity, update), group in groups.items():
        yield entity, update, group


def unknown(trace_id: str) -> Outcome:
    problem = Problem(errors.UNKNOWN_OUTCOME, {"provider": faults.PROVIDER})
    return Outcome(OutcomeKind.UNKNOWN, problem=problem, trace_id=trace_id)


# ------------------------------------------------------------------ taking away

# What a standing document becomes; one that was only a draft is deleted instead.
# What an object is not named without, even to end it (Xero-OpenAPI 16.1.0, `required` of each).
_NAMED_BY = {"ManualJournals": ("Narration",), "BankTransactions": ("Type", "BankAccount", "LineItems")}
_ENDS = {"Invoices": "VOIDED", "CreditNotes": "VOIDED", "ManualJournals": "VOIDED"}
_DRAFTS = ("DRAFT", "SUBMITTED")


def remove(books: Books, document_type: str, external_id: str, external_version: str) -> Outcome:
    """Void or delete it: CREATED when it was done now, EXISTS when it was gone already.

    Xero cannot be told a version, so that the caller has just read it. Deleting a payment frees its document; a document
    with a payment or an allocation is not voided.
    """
    if document_type == DocumentType.PAYMENT.value and money.split_id(external_id)[1]:
        return _removed(external_id, external_version, lambda: allocations.delete(books, external_id))
    return _removed(external_id, external_version, lambda: _end(books, document_type, external_id, external_version))


def _removed(external_id: str, external_version: str, end: Callable[[], Element | None]) -> Outcome:
    try:
        element = end()
    except Failure as failure:
        if failure.kind in TURNED_AWAY:
            raise
        element = Element(failure=failure)
    if element is None or (element.failure and element.failure.kind is FailureKind.NOT_FOUND):
        return Outcome(OutcomeKind.EXISTS, external_id)
    if element.failure is None:
        return Outcome(OutcomeKind.CREATED, external_id, body=element.body)
    if element.failure.kind in LOST:
        return unknown(element.failure.trace_id)
    problem, trace_id = element.failure.problem, element.failure.trace_id
    return Outcome(OutcomeKind.REJECTED, external_id, external_version, problem=problem, trace_id=trace_id)


def _end(books: Books, document_type: str, external_id: str, version: str) -> Element | None:
    """None when it is gone already."""
    entity = mapper.ENTITIES[document_type]
    here = finding.standing(books, entity, [external_id]).get(external_id)
    if here is None:
        return None
    status = "DELETED" if here.get("Status") in _DRAFTS else _ENDS.get(entity, "DELETED")
    key = f"tie-del-{external_id}-{version}"
    kept = {name: here[name] for name in _NAMED_BY.get(entity, ()) if name in here}
    body = {**({} if entity == "Payments" else {mapper.IDS[entity]: external_id}), **kept, "Status": status}
    elements, trace_id = books.write(entity, [body], key, update=True, path=f"/{entity}/{external_id}")
    if elements[0].failure:
        elements[0].failure.trace_id = trace_id
    return elements[0]
