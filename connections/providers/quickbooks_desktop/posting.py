"""Writing documents to QuickBooks Desktop, and finding out what it holds of them.

A write is queued under the request id of its intent. What was sent once and proven not to have arrived goes out under
that id and a count, so that the same sending can never happen twice. Documents are found by their number and believed by
their ExternalGUID; deposits have no number and are sought by their day.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from canonical.accounting import Applied, Document, DocumentType, Payment
from canonical.problems import Problem
from connections import errors
from connections.contracts import Found, Outcome, OutcomeKind, PostRequest
from connections.errors import Failure, FailureKind

from . import faults, mapper, qbxml, sales
from .client import FRESH, Books, malformed
from .numbers import LIMIT, guid
from .qbxml import Element, Unreadable, of

T = TypeVar("T")
UPDATE = "update"
# What is asked in doubt is asked anew: a little younger than the doubt itself.
IN_DOUBT = timedelta(minutes=5)
REFUSED = frozenset(
    {
        FailureKind.REJECTED,
        FailureKind.NOT_FOUND,
        FailureKind.BAD_REFERENCE,
        FailureKind.PERIOD_CLOSED,
        FailureKind.OUR_BUG,
    }
)


# ------------------------------------------------------------------ writing


def post_all(books: Books, requests: Sequence[PostRequest], home: str) -> list[Outcome]:
    """One outcome per request, in their order. All of them are asked before the failure that says that some wait."""
    return all_asked([lambda each=each: post(books, each, home) for each in requests])  # type: ignore[misc]


def all_asked(asked: Sequence[Callable[[], T]]) -> list[T]:
    """The answers, in order. All of them are asked for before the failure that says that some wait."""
    answers, waits = [], None
    for ask in asked:
        try:
            answers.append(ask())
        except Failure as failure:
            if failure.kind is not FailureKind.QUEUED:
                raise
            waits = failure
    if waits is not None:
        raise waits
    return answers


def post(books: Books, request: PostRequest, home: str) -> Outcome:
    """One document. Raises Failure while it waits, is in doubt, or was turned away; a refusal is an outcome."""
    entity, content, subject = _sent(request)
    key = f"{request.request_id}#{request.again}" if request.again else request.request_id
    try:
        answer = books.write(f"{entity}.{request.action}", content, key=key, subject=subject)
    except Failure as failure:
        return _refused(books, request, failure, home)
    return _written(request, answer, home)


def _sent(request: PostRequest) -> tuple[str, bytes, str]:
    """(entity, request, the object it changes) of a document as it goes out."""
    if request.action == UPDATE:
        entity, body = mapper.mod_body(request.payload, request.external_id, request.external_version)
        return entity, qbxml.request(f"{entity}ModRq", body), request.external_id
    entity, element = mapper.add_request(request.payload)
    return entity, qbxml.request(f"{entity}AddRq", {f"{entity}Add": element}), ""


def _written(request: PostRequest, answer: Element, home: str) -> Outcome:
    """The answer shows the document as it is kept, but for credits that a payment used up. One that cannot be read was
    written all the same."""
    rows = list(qbxml.objects(answer))
    if not rows:
        raise malformed("a write without its object", "", writes=True)
    found = None
    if not _has_credits(request.document):
        with suppress(Unreadable):
            found = mapper.found(request.document.document_type.value, rows[0], home, request.marker)
    return Outcome(
        OutcomeKind.CREATED,
        external_id=of(rows[0], "TxnID"),
        external_version=of(rows[0], "EditSequence"),
        number=of(rows[0], "RefNumber") or request.number,
        body=qbxml.body_of(rows[0]),
        found=found,
    )


def _refused(books: Books, request: PostRequest, failure: Failure, home: str) -> Outcome:
    """What a refusal means for the one document. Raises the failure where it is none."""
    if failure.kind is FailureKind.DUPLICATE:
        return _ours(books, request, failure, home)
    if failure.kind is FailureKind.STALE:
        return Outcome(OutcomeKind.STALE, request.external_id, problem=failure.problem, trace_id=failure.trace_id)
    if failure.kind not in REFUSED:
        raise failure
    if request.action == UPDATE and failure.provider_code == "3120":
        return Outcome(OutcomeKind.STALE, request.external_id, problem=failure.problem, trace_id=failure.trace_id)
    return Outcome(OutcomeKind.REJECTED, number=request.number, problem=failure.problem, trace_id=failure.trace_id)


def _ours(books: Books, request: PostRequest, failure: Failure, home: str) -> Outcome:
    """Its ExternalGUID is taken: by this very document, which must have arrived before."""
    ours = find(books, [request], home).get(request.marker)
    if ours is None:
        problem = Problem(errors.UNKNOWN_OUTCOME, {"provider": faults.PROVIDER})
        return Outcome(OutcomeKind.UNKNOWN, problem=problem, trace_id=failure.trace_id)
    return Outcome(
        OutcomeKind.EXISTS,
        ours.external_id,
        ours.external_version,
        ours.number,
        trace_id=failure.trace_id,
        body=ours.body,
        found=ours,
    )


def remove(books: Books, document_type: str, external_id: str, external_version: str) -> Outcome:
    """See `delete`."""
    return delete(books, mapper.entities(document_type), external_id, external_version)


def delete(books: Books, entities: Sequence[str], external_id: str, external_version: str) -> Outcome:
    """One of these entities: CREATED when it was deleted now, EXISTS when it was gone already. Twice does no harm."""
    requests = [qbxml.request("TxnDelRq", {"TxnDelType": entity, "TxnID": external_id}) for entity in entities]
    key = f"tie-del-{external_id}-{external_version}"[:80]
    try:
        books.write("delete", b"".join(requests), key=key, subject=external_id, repeatable=True)
    except Failure as failure:
        if failure.kind is FailureKind.NOT_FOUND:
            return Outcome(OutcomeKind.EXISTS, external_id, trace_id=failure.trace_id)
        if failure.kind in REFUSED:
            books.door.told(key)  # once a person has mended what was in the way, QuickBooks is asked again
            return Outcome(OutcomeKind.REJECTED, external_id, external_version, problem=failure.problem)
        raise
    return Outcome(OutcomeKind.CREATED, external_id)


# ------------------------------------------------------------------ finding


def find(books: Books, requests: Sequence[PostRequest], home: str) -> dict[str, Found]:
    """By marker: all types and numbers in one asking, and the invoices that payments settle, since what is asked only
    after the answer comes a visit later, when the first answer may be too old."""
    questions = [question for document_type, asked in _by_type(requests).items() for question in _questions(document_type, asked)]
    settled = {each.external_id for request in requests for each in _settles(request.document)}
    sendings = sorted(f"{request.request_id}#{request.again}" for request in requests)
    answered = books.read("find", [*questions, *_with_links(settled)], fresh=IN_DOUBT, key=_key(sendings), all_there=False)
    wanted = {guid(request.marker): request for request in requests}
    marked = {request.marker: request for request in requests}
    have: dict[str, Found] = {}
    for row in answered.objects():
        request = wanted.get(of(row, "ExternalGUID").upper()) or marked.get(mapper.marker_of(row))
        if request is not None and str(row.tag).removesuffix("Ret") in mapper.entities(request.document.document_type.value):
            found = _readable(request.document.document_type.value, row, home, request.marker)
            have |= {request.marker: found} if found else {}
    linked = {of(row, "TxnID"): row for row in answered.objects() if of(row, "TxnID") in settled}  # asked last, with its links
    return _with_credits(books, have, linked)


def _settles(document: Document) -> list[Applied]:
    """What a payment is set against and was posted before."""
    if not isinstance(document, Payment) or document.total < 0:
        return []
    return [each for each in document.applied if each.document_type is DocumentType.INVOICE and each.external_id]


def _with_links(invoices: Iterable[str]) -> list[bytes]:
    ids = sorted(invoices)
    return [qbxml.request("InvoiceQueryRq", {"TxnID": ids, "IncludeLinkedTxns": True})] if ids else []


def _with_credits(
    books: Books, have: dict[str, Found], known: Mapping[str, Element] | None = None, *, fresh: timedelta = IN_DOUBT
) -> dict[str, Found]:
    """Payments with the credits that settle their invoices too: the invoices know of them, the payments do not."""
    documents = {key: found.document for key, found in have.items()}
    paid = {key: each for key, each in documents.items() if isinstance(each, Payment) and each.total >= 0}
    ids = {each.external_id for payment in paid.values() for each in payment.applied if each.external_id}
    if not ids:
        return have
    rows = [row for key, row in (known or {}).items() if key in ids]
    if len(rows) < len(ids):
        rows = list(books.read("links", _with_links(ids), fresh=fresh).objects())
    for key, payment in paid.items():
        mine = {each.external_id for each in payment.applied}
        whole = sales.with_credits(payment, [row for row in rows if of(row, "TxnID") in mine])
        have[key] = replace(have[key], document=whole)
    return have


def _has_credits(document: Document) -> bool:
    return isinstance(document, Payment) and any(each.document_type is DocumentType.CREDIT_MEMO for each in document.applied)


def _key(sendings: Sequence[str]) -> str:
    """After each sending the question is another one: its answer must be younger."""
    return f"find-{hashlib.sha256(' '.join(sendings).encode()).hexdigest()[:48]}"


def _by_type(requests: Sequence[PostRequest]) -> dict[str, list[PostRequest]]:
    found: dict[str, list[PostRequest]] = {}
    for request in requests:
        found.setdefault(request.document.document_type.value, []).append(request)
    return found


def _questions(document_type: str, asked: Sequence[PostRequest]) -> list[bytes]:
    lines = {"IncludeLineItems": True}
    if document_type == DocumentType.DEPOSIT.value:
        days = sorted({request.document.date.isoformat() for request in asked})
        return [
            qbxml.request("DepositQueryRq", {"TxnDateRangeFilter": {"FromTxnDate": day, "ToTxnDate": day}, **lines})
            for day in days
        ]
    numbers = sorted({request.number for request in asked} | {request.number[:LIMIT] for request in asked})
    return [qbxml.request(f"{entity}QueryRq", {"RefNumber": numbers, **lines}) for entity in mapper.entities(document_type)]


def read(books: Books, document_type: str, external_id: str, home: str, *, fresh: timedelta = FRESH) -> Found | None:
    """The document as it stands now, or stood `fresh` ago; None when it is gone or was voided."""
    questions = [
        qbxml.request(f"{entity}QueryRq", {"TxnID": external_id, "IncludeLineItems": True})
        for entity in mapper.entities(document_type)
    ]
    try:
        answered = books.read("read", questions, subject=external_id, fresh=fresh)
    except Failure as failure:
        if failure.kind is FailureKind.NOT_FOUND:
            return None
        raise
    rows = [row for row in answered.objects() if of(row, "TxnID") == external_id]
    if not rows or _is_void(rows[0]):
        return None
    found = _readable(document_type, rows[0], home, "")
    return _with_credits(books, {external_id: found}, fresh=max(fresh - FRESH, IN_DOUBT)).get(external_id) if found else None


def _readable(document_type: str, row: Element, home: str, marker: str) -> Found | None:
    if _is_void(row):
        return None
    try:
        return mapper.found(document_type, row, home, marker)
    except Unreadable as wrong:
        raise malformed(str(wrong), "", writes=False) from wrong


def _is_void(row: Element) -> bool:
    """A voided transaction keeps its lines at zero and says so in its memo; a journal says nothing and holds nothing."""
    amounts = [qbxml.amount(row, name) for name in ("TotalAmount", "Subtotal", "DepositTotal")]
    stated = [value for value in amounts if value is not None]
    if str(row.tag) == "JournalEntryRet":
        return all(not qbxml.amount(child, "Amount") for child in row if str(child.tag).startswith("Journal"))
    return of(row, "Memo").upper().startswith("VOID") and not any(stated)
