"""Correcting the goods of a company file, once for each request, and reading or taking back what was corrected."""

from __future__ import annotations

from canonical.problems import Problem
from connections.contracts import Outcome, OutcomeKind, StandingAdjustment, StockAdjustment
from connections.errors import Failure, FailureKind

from . import inventory, posting, qbxml
from .client import Books, malformed
from .lists import promised
from .qbxml import Element, of


def adjust(books: Books, adjustment: StockAdjustment, request_id: str) -> Outcome:
    """See contracts.AdjustsStock. Raises Failure while it waits."""
    content = qbxml.request("InventoryAdjustmentAddRq", inventory.add_body(adjustment, request_id))
    sent, key = 0, request_id
    while True:
        try:
            return _outcome(OutcomeKind.CREATED, _written(books.write(f"{inventory.ENTITY}.create", content, key=key)))
        except Failure as failure:
            if failure.kind not in (FailureKind.UNKNOWN_OUTCOME, FailureKind.DUPLICATE):
                return _refused(failure)
            there = _find(books, request_id, key)
            if there is not None:
                return _outcome(OutcomeKind.EXISTS, there)
            if failure.kind is FailureKind.DUPLICATE:
                raise
        # It is not there. The next sending is another one, which its ExternalGUID keeps from being a second.
        sent, key = sent + 1, f"{request_id}#{sent + 1}"


def _written(answer: Element) -> Element:
    rows = list(qbxml.objects(answer))
    if not rows:
        raise malformed("an adjustment without its object", "", writes=True)
    return rows[0]


def _find(books: Books, request_id: str, sending: str) -> Element | None:
    """Asked anew after each sending."""
    body = {"RefNumber": inventory.number(request_id), "IncludeLineItems": True}
    question = qbxml.request("InventoryAdjustmentQueryRq", body)
    answered = books.read("find", [question], fresh=posting.IN_DOUBT, key=f"find-{sending}"[:80], all_there=False)
    return next((row for row in answered.objects() if inventory.is_ours(row, request_id)), None)


def _outcome(kind: OutcomeKind, row: Element) -> Outcome:
    return Outcome(
        kind,
        external_id=of(row, "TxnID"),
        external_version=of(row, "EditSequence"),
        number=of(row, "RefNumber"),
        body=qbxml.body_of(row),
    )


def _refused(failure: Failure) -> Outcome:
    if failure.kind not in posting.REFUSED:
        raise failure
    problem: Problem = failure.problem
    return Outcome(OutcomeKind.REJECTED, problem=problem, trace_id=failure.trace_id)


def read(books: Books, external_id: str) -> StandingAdjustment | None:
    question = qbxml.request("InventoryAdjustmentQueryRq", {"TxnID": external_id, "IncludeLineItems": True})
    try:
        answered = books.read("read", [question], subject=external_id)
    except Failure as failure:
        if failure.kind is FailureKind.NOT_FOUND:
            return None
        raise
    found = [promised(lambda row=row: inventory.standing(row)) for row in answered.objects()]  # type: ignore[misc]
    return next((each for each in found if any(change.difference for change in each.adjustment.changes)), None)


def remove(books: Books, external_id: str, external_version: str) -> Outcome:
    return posting.delete(books, (inventory.ENTITY,), external_id, external_version)
