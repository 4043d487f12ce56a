"""Asking KashFlow what it holds of our documents: by our marker, with few questions, and again by their ids.

KashFlow keeps no idempotency keys, so this is asked before every write. Sales are looked for by their days, purchases
by supplier, bank transactions by account, journals among all journals: what the interface can be asked by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from typing import Any, TypeVar

from canonical.accounting import DocumentType, Payment, Purchase
from connections.contracts import Found, PostRequest

from . import faults, kinds, reading
from .client import Books
from .fields import Body, Unreadable, bank_of, id_of, marker_of, moment, nominal_of
from .kinds import Held, Place
from .mapper import CALLS
from .reading import Accounts

T = TypeVar("T")
GAP = timedelta(days=3)  # days nearer to one another than this are asked for as one range
SINGLY = 2  # payments of as many invoices are asked for one by one, of more by their days


def promised(make: Callable[[], T]) -> T:
    """Run a mapping; what cannot be read is MALFORMED, never a crash."""
    try:
        return make()
    except Unreadable as wrong:
        raise faults.malformed(str(wrong), writes=False) from wrong


class Finder:
    """What stands of some documents. Every question is asked once, when its answer is first needed."""

    def __init__(self, books: Books, requests: Sequence[PostRequest]) -> None:
        self._books, self._requests = books, requests
        self._bills: dict[int, list[Body]] = {}
        self._moves: dict[int, list[Body]] = {}

    def held(self, request: PostRequest) -> Held:
        """What stands of one document, half documents too; nothing of it where it is not there."""
        kind = request.document.document_type
        if kind is DocumentType.PAYMENT:
            return Held(kind, payment=next(iter(self._paid(request.marker, _pays(request))), None))
        if kinds.is_bank(kind):
            rows = self._on_account(bank_of(request.document.account.key))  # type: ignore[union-attr]
            return Held(kind, moves=_ours(rows, request.marker))
        if kinds.is_journal(kind):
            return Held(kind, _first(self._journals, request.marker, lambda row: [row.get("Comment")]))
        main = _first(self._documents(request), request.marker, _descriptions)
        if main is None or kind not in kinds.PAID_AT_ONCE:
            return Held(kind, main)
        paid = list(self._payments_of(request, promised(lambda: id_of(main, "InvoiceNumber"))))
        return Held(kind, main, next(iter(paid), None), others=tuple(paid[1:]))

    def stranger(self, request: PostRequest) -> bool:
        """Whether somebody else's document bears our reference, among those looked at."""
        if request.document.document_type not in kinds.SIDES:
            return False
        rows = (row for row in self._documents(request) if row.get("CustomerReference") == request.number)
        return any(not any(marker_of(text)[0] for text in _descriptions(row)) for row in rows)

    # ------------------------------------------------------------ sales and purchases

    def _documents(self, request: PostRequest) -> list[Body]:
        if not isinstance(request.document, Purchase):
            return self._invoices
        supplier = nominal_of(request.document.supplier.key)
        if supplier not in self._bills:
            self._bills[supplier] = self._books.rows("GetReceiptsForSupplier", SupplierID=supplier)
        return self._bills[supplier]

    @cached_property
    def _invoices(self) -> list[Body]:
        days = [each.document.date for each in self._requests if kinds.SIDES.get(each.document.document_type) is kinds.SALE]
        return [
            row
            for first, last in ranges(days)
            for row in self._books.rows("GetInvoicesByDateRange", StartDate=moment(first), EndDate=moment(last))
        ]

    def _payments_of(self, request: PostRequest, number: int) -> list[Body]:
        if kinds.SIDES[request.document.document_type] is kinds.PURCHASE:
            return _bearing(self._books.rows("GetReceiptPayment", ReceiptNumber=number), request.marker, _note)
        return self._paid(request.marker, number)

    # ------------------------------------------------------------ payments of invoices

    def _paid(self, marker: str, number: int) -> list[Body]:
        """Our payment of an invoice; two of them while a change is not through."""
        if self._many_payments:
            rows: Iterable[Body] = (row for row in self._payments if row.get("PayInvoice") == number)
        else:
            rows = self._books.rows("GetInvoicePayment", InvoiceNumber=number) if number else ()
        return _bearing(rows, marker, _note)

    @cached_property
    def _many_payments(self) -> bool:
        paying = [
            each
            for each in self._requests
            if each.document.document_type is DocumentType.PAYMENT
            or (each.document.document_type in kinds.PAID_AT_ONCE and not isinstance(each.document, Purchase))
        ]
        return len(paying) > SINGLY

    @cached_property
    def _payments(self) -> list[Body]:
        days = [each.document.date for each in self._requests if not isinstance(each.document, Purchase)]
        return [row for first, last in ranges(days) for row in self._books.payments_between(moment(first), moment(last))]

    # ------------------------------------------------------------ bank and journals

    def _on_account(self, bank: int) -> list[Body]:
        if bank not in self._moves:
            self._moves[bank] = self._books.rows("GetBankTransactions", AccountID=bank) if bank else []
        return self._moves[bank]

    @cached_property
    def _journals(self) -> list[Body]:
        return self._books.rows("GetJournals")


def _pays(request: PostRequest) -> int:
    applied = request.document.applied if isinstance(request.document, Payment) else ()
    return Place.of(applied[0].external_id).number if applied else 0


def _first(rows: Iterable[Body], marker: str, texts: Callable[[Body], Iterable[Any]]) -> Body | None:
    return next(iter(_bearing(rows, marker, texts)), None)


def _bearing(rows: Iterable[Body], marker: str, texts: Callable[[Body], Iterable[Any]]) -> list[Body]:
    return [row for row in rows if any(marker_of(text)[0] == marker for text in texts(row))]


def _descriptions(row: Body) -> list[Any]:
    return [line.get("Description") for line in row.get("Lines") or ()]


def _note(row: Body) -> list[Any]:
    return [row.get("PayNote")]


def _ours(rows: Iterable[Body], marker: str) -> tuple[tuple[int, Body], ...]:
    """Our transactions of an account by their place; should one stand twice, the first."""
    found: dict[int, Body] = {}
    for row in rows:
        said, place = marker_of(row.get("Comment"))
        if said == marker:
            found.setdefault(place, row)
    return tuple(sorted(found.items()))


def ranges(days: Iterable[date]) -> list[tuple[date, date]]:
    """Days as ranges, so that a batch takes one question and months between two days are not read.

    The end is a day later than the last one: whether KashFlow counts the last day of a range in is not said.
    """
    found: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if found and day - found[-1][1] <= GAP:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return [(first, last + timedelta(days=1)) for first, last in found]


# ------------------------------------------------------------------ by id


def is_whole(held: Held, request: PostRequest) -> bool:
    """Whether all of a document's objects stand."""
    return bool(held) and not missing(held, request)


def missing(held: Held, request: PostRequest) -> list[tuple[int, Mapping[str, Any]]]:
    """The calls of a payload whose objects do not stand, by their place from 1."""
    calls = list(enumerate(request.payload[CALLS], 1))
    if kinds.is_bank(held.kind):
        have = {place for place, _move in held.moves}
    elif held.kind is DocumentType.PAYMENT:
        have = {1} if held.payment else set()
    else:
        have = {place for place, part in ((1, held.main), (2, held.payment)) if part}
    return [(place, call) for place, call in calls if place not in have]


def by_id(books: Books, document_type: str, external_id: str) -> Held:
    """What stands under an external id: all of the document, a part of it, or nothing."""
    kind, place = DocumentType(document_type), Place.of(external_id)
    if kinds.is_bank(kind):
        rows = books.rows("GetBankTransactions", AccountID=place.bank)
        numbered = {row.get("ID"): row for row in rows}
        return Held(kind, moves=tuple((at, numbered[own]) for at, own in enumerate(place.moves, 1) if own in numbered))
    if kinds.is_journal(kind):
        return Held(kind, _there(books.one("GetJournal", JournalNumber=place.number), "JournalNumber"))
    side = kinds.SIDES.get(kind, kinds.SALE)
    main = _there(books.one(side.get[0], **{side.get[1]: place.number}), "InvoiceNumber")
    if main is None or not (place.payment or kind in kinds.PAID_AT_ONCE):
        return Held(kind, main)
    rows = books.rows(side.payments[0], **{side.payments[1]: place.number})
    payment = next((row for row in rows if row.get("PayID") == place.payment), None)
    return Held(kind, payment=payment) if kind is DocumentType.PAYMENT else _paid_by(kind, main, payment, rows)


def _paid_by(kind: DocumentType, main: Body, payment: Body | None, rows: Iterable[Body]) -> Held:
    """A change gives a document another payment than its id says: that one bears the document's own marker."""
    marker = reading.marker_in(Held(kind, main))
    ours = [row for row in _bearing(rows, marker, _note) if row is not payment] if marker else []
    if payment is None and ours:
        payment, *ours = ours
    return Held(kind, main, payment, others=tuple(ours))


def strays(books: Books, request: PostRequest, now: Held) -> Held:
    """What else stands under a document's marker: what a change that was interrupted had written before it was."""
    kind, old = request.document.document_type, Place.of(request.external_id)
    if kind is DocumentType.PAYMENT:
        numbers = {number for number in (old.number, _pays(request)) if number}
        rows = [row for number in sorted(numbers) for row in books.rows("GetInvoicePayment", InvoiceNumber=number)]
        known = (now.payment or {}).get("PayID")
        return Held(kind, others=tuple(row for row in _bearing(rows, request.marker, _note) if row.get("PayID") != known))
    banks = {old.bank, bank_of(request.document.account.key)} - {0}  # type: ignore[union-attr]
    known = {move.get("ID") for _place, move in now.moves}
    rows = [row for bank in sorted(banks) for row in books.rows("GetBankTransactions", AccountID=bank)]
    ours = [row for row in _bearing(rows, request.marker, lambda row: [row.get("Comment")]) if row.get("ID") not in known]
    if kind is DocumentType.TRANSFER:
        ours = [row for row in ours if row.get("moneyout")]  # the other account shows the same transfer as money in
    return Held(kind, moves=tuple(enumerate(ours, 1)))


def _there(body: Body | None, key: str) -> Body | None:
    """An answer without a number is the answer that there is none."""
    return body if body and body.get(key) else None


# ------------------------------------------------------------------ as documents


class Reader:
    """Reads what is held into documents; the names of bank accounts are asked for once, and only if they are not known."""

    def __init__(self, books: Books, known: Iterable[str] = ()) -> None:
        self._books = books
        self._banks = {bank_of(key): key for key in known if bank_of(key)}

    def found(self, held: Held) -> Found:
        accounts = self._accounts if self._asks(held) else Accounts({}, {})
        return promised(lambda: reading.found(held, accounts, self._books.home))

    def _asks(self, held: Held) -> bool:
        return bool(held.payment or held.moves or kinds.is_journal(held.kind))

    @cached_property
    def _accounts(self) -> Accounts:
        banks = self._banks or bank_keys(self._books)
        return Accounts(banks, {nominal_of(key): key for key in banks.values()})


def bank_keys(books: Books) -> dict[int, str]:
    """The key of each bank account by its own id."""
    nominals = {row.get("Code"): row.get("id") for row in books.rows("GetNominalCodesExtended")}
    rows = books.rows("GetBankAccounts")
    return {
        row["AccountID"]: f"{nominals[row['AccountCode']]}/{row['AccountID']}" for row in rows if row["AccountCode"] in nominals
    }
