"""Single objects written to KashFlow and taken out of it again: the pieces that posting and changing are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from canonical.accounting import DocumentType
from canonical.problems import Problem
from connections import errors
from connections.errors import LOST, TURNED_AWAY, Failure, FailureKind

from . import faults, kinds
from .client import Books
from .kinds import Held, Place
from .mapper import OPERATION


@dataclass(slots=True)
class Writer:
    """One company's books, and whether anything was written to them yet."""

    books: Books
    wrote: bool = False

    def send(self, call: Mapping[str, Any], number: int) -> int:
        """Write one object; a payment gets the number of what it pays and a way of paying. Its number or id."""
        operation, name, body = parts(call)
        for side in (kinds.SALE, kinds.PURCHASE):
            if operation == side.pay[0]:
                body = {"PayInvoice": number, **body, "PayMethod": self.books.method(side.methods)}
        made = self.books.make(operation, **{name: body})
        self.wrote = True
        return made

    def update(self, operation: tuple[str, str], body: Mapping[str, Any]) -> None:
        self.books.ask(operation[0], **{operation[1]: body})
        self.wrote = True

    def undo(self, held: Held) -> None:
        """Take out what was just written of a document whose rest was refused. Where that fails, nothing is sure."""
        self.wrote = True
        try:
            take_out(self.books, held)
        except Failure as failure:
            raise in_doubt(failure) from failure


def is_refusal(failure: Failure) -> bool:
    """Whether KashFlow looked at it and said no, for good."""
    return failure.kind not in TURNED_AWAY and failure.kind not in LOST


def in_doubt(failure: Failure) -> Failure:
    """The failure that stands for: ask what stands there before anything else is sent."""
    problem = Problem(errors.UNKNOWN_OUTCOME, {"provider": faults.PROVIDER})
    return Failure(FailureKind.UNKNOWN_OUTCOME, problem, trace_id=failure.trace_id)


def take_out(books: Books, held: Held) -> None:
    """Delete all that stands of it, payments first; what is gone already is no failure. Raises Failure."""
    side = kinds.SIDES.get(held.kind, kinds.SALE)
    for payment in (*held.others, *([held.payment] if held.payment else [])):
        _delete(books, side.unpay, payment["PayID"])
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


def parts(call: Mapping[str, Any]) -> tuple[str, str, Mapping[str, Any]]:
    """Operation, name of its parameter, and the object."""
    (name, body), *_more = ((name, body) for name, body in call.items() if name != OPERATION)
    return str(call[OPERATION]), name, body


def grown(held: Held, place: int, call: Mapping[str, Any], made: int) -> Held:
    """What stands after one more object was written, as far as its id needs it."""
    _operation, _name, body = parts(call)
    if kinds.is_bank(held.kind):
        moves = (*held.moves, (place, {"ID": made, "accid": body["accid"]}))
        return Held(held.kind, moves=tuple(sorted(moves, key=lambda each: each[0])))
    if held.kind is DocumentType.PAYMENT:
        return Held(held.kind, payment={"PayID": made, "PayInvoice": body["PayInvoice"]})
    if place > 1:
        return Held(held.kind, held.main, {"PayID": made})
    return Held(held.kind, {"JournalNumber" if kinds.is_journal(held.kind) else "InvoiceNumber": made}, held.payment)


def number_of(held: Held) -> int:
    return Place.of(held.external_id).number if held.main and not kinds.is_journal(held.kind) else 0
