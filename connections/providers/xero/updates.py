"""Changing a document that stands in Xero: is it still as we know it, and what of it may be sent?

Xero has no version to name in a write, so that what stands there is read right before. What is settled by a
payment keeps its amounts: then only its words are sent, and where the amounts must change it is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from canonical.accounting import Document, Payment
from canonical.problems import Problem
from connections import errors
from connections.contracts import Outcome, OutcomeKind, PostRequest

from . import faults, fields, mapper
from .client import Body

# What a settled document still lets be changed.
_WORDS = ("InvoiceNumber", "CreditNoteNumber", "Reference", "DueDate", "Url")


def prepare(request: PostRequest, here: Body | None) -> Body | Outcome:
    """The element to send, or what became of it already: gone, changed since the version we know, or there but not to be read."""
    kind = request.document.document_type.value
    if here is None:
        problem = Problem(faults.GONE, {"number": request.number})
        return Outcome(OutcomeKind.REJECTED, request.external_id, number=request.number, problem=problem)
    if isinstance(request.document, Payment):
        problem = Problem(faults.PAID, {"detail": "payments are deleted and made anew, never changed"})
        return Outcome(OutcomeKind.REJECTED, request.external_id, number=request.number, problem=problem)
    if fields.version_of(here) != request.external_version:
        return Outcome(OutcomeKind.STALE, request.external_id, number=request.number, problem=Problem(faults.STALE))
    element = {**mapper.exact(request.payload), mapper.IDS[mapper.ENTITIES[kind]]: request.external_id}
    try:
        settled = _is_settled(here)
    except fields.Unreadable as wrong:
        problem = Problem(errors.MALFORMED, {"provider": faults.PROVIDER, "detail": str(wrong)})
        return Outcome(OutcomeKind.UNKNOWN, request.external_id, number=request.number, problem=problem)
    if settled and _same_money(request.document, kind, here):
        return {name: value for name, value in element.items() if name in _WORDS or name.endswith("ID")}
    return element


def _is_settled(here: Body) -> bool:
    amounts = (fields.decimal(here.get(name)) for name in ("AmountPaid", "AmountCredited"))
    return here.get("Status") == "PAID" or any(amounts) or bool(here.get("Payments") or here.get("Allocations"))


def _same_money(document: Document, kind: str, here: Body) -> bool:
    try:
        found = mapper.document(kind, here, document.currency)
    except fields.Unreadable:
        return False
    return found.date == document.date and _essence(found) == _essence(document)


def _essence(document: Document) -> Mapping[tuple[str, str], tuple[Decimal, Decimal]]:
    """What the lines move on each account, by tax type."""
    sums: dict[tuple[str, str], tuple[Decimal, Decimal]] = {}
    for line in document.lines:
        key = (line.account.key, line.tax.key if line.tax else "")
        amount, tax = sums.get(key, (fields.ZERO, fields.ZERO))
        sign = 1 if line.signed > 0 else -1
        sums[key] = (amount + line.signed, tax + sign * line.tax_amount)
    return sums
