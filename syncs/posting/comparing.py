"""Is what stands in the ledger what we wrote, what we were about to write, or what somebody made of it?

Two comparisons. The books (`same_books`): same amounts on the same accounts on the same day. And every
word that a reading shows (`words`), kept right after our own write: today's reading, made by the same
mapper, is held against it, so that a person's edit is seen even where it moves no money.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from canonical.accounting import ZERO, Document, DocumentLine, JournalEntry, Payment, Side, Transfer
from canonical.plain import plain_document
from connections.contracts import Found
from syncs.documents import said_by
from syncs.models import DocumentRevision, LedgerDocument

Words = Mapping[str, Any]

_TEXTS = ("memo", "reference", "tracking")
_PEOPLE = ("email", "shipping")  # kept as a hash: enough to see an edit by
_REFS = ("customer", "supplier", "account", "into", "receivable")
_LOOSE = frozenset({*_TEXTS, *_PEOPLE, "lines", "due_on"})


class Standing(StrEnum):
    """What an object of the ledger is to us."""

    OURS = "ours"  # as our last write left it
    NEW = "new"  # it says the new revision already
    EDITED = "edited"  # somebody else's hand was on it


@dataclass(frozen=True, slots=True)
class Judgement:
    standing: Standing
    what: str = ""  # which fields were edited, for people


def judge(document: LedgerDocument, new: DocumentRevision, sent: Iterable[DocumentRevision], here: Found) -> Judgement:
    """The three-way check: what we wrote, what we would write, and what stands there now.

    `sent` are revisions of updates whose answer was lost: any of them may have arrived.
    """
    if here.external_version and here.external_version == document.written_version:
        return Judgement(Standing.OURS)
    planned = sayings(said_by(document.current_revision))
    wrote = document.as_written or planned
    now = words(here) if document.as_written else sayings(here.document)
    changed = edits(wrote, now)
    if not changed:
        return Judgement(Standing.OURS)
    for revision in (new, *sent):
        if _arrived(revision, planned, wrote, now, here.document):
            return Judgement(Standing.NEW if revision.pk == new.pk else Standing.OURS)
    return Judgement(Standing.EDITED, ", ".join(changed))


def _arrived(revision: DocumentRevision, planned: Words, wrote: Words, now: Words, found: Document) -> bool:
    """Whether the ledger says just what it would say after this revision: what it gave back word for word the last
    time, it gives back so again; what it puts in its own way stays as it was, or followed a change of ours."""
    new, followed = sayings(said_by(revision)), set()
    for name in {*planned, *wrote, *new, *now}:
        if planned.get(name) == wrote.get(name):
            expected = new.get(name)
        elif planned.get(name) == new.get(name):
            expected = wrote.get(name)
        else:
            followed.add(name)
            continue
        if now.get(name) != expected:
            return False
    return followed <= _LOOSE and (not followed or _same_goods(revision, found))


# ---------------------------------------------------------------- every word


def words(found: Found) -> dict[str, Any]:
    """All that a reading shows: what the document says, its number, and what people added beyond that."""
    return {**sayings(found.document), "number": found.number, **{name: _mark(text) for name, text in found.beyond.items()}}


def sayings(document: Document) -> dict[str, Any]:
    """All that a document says, without the names of what it names: renaming an account edits no document."""
    plain = plain_document(document)
    said: dict[str, Any] = {"date": plain["date"], "currency": plain["currency"], "total": _amount(document.total)}
    said |= {name: plain[name] for name in (*_TEXTS, "due_on") if plain.get(name)}
    said |= {name: _mark(plain[name]) for name in _PEOPLE if plain.get(name)}
    said |= {name: plain[name]["key"] for name in _REFS if plain.get(name)}
    if isinstance(document, Payment):
        said["applied"] = _applied(document)
    else:
        said["lines"] = sorted(_line(line) for line in document.lines)
    return said


def _applied(payment: Payment) -> list[list[str]]:
    return sorted([each.document_type.value, each.external_id, _amount(each.amount)] for each in payment.applied)


def _line(line: DocumentLine) -> list[str]:
    return [
        line.account.key,
        _amount(line.signed),
        _amount(line.tax_amount),
        line.tax.key if line.tax else "",
        line.item.key if line.item else "",
        "" if line.quantity is None else _amount(line.quantity),
        line.description,
        *(f"{name}={key}" for name, key in sorted(line.dimensions)),
    ]


def _amount(value: Decimal) -> str:
    """One spelling for equal numbers: 100, 100.0 and 100.00."""
    return f"{value.normalize():f}"


def _mark(value: Any) -> str:
    """A short hash: enough to see that something changed."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def edits(before: Words, now: Words) -> list[str]:
    """The names of what differs, in a fixed order; none when both say the same."""
    return [name for name in sorted({*before, *now}) if before.get(name) != now.get(name)]


def _same_goods(revision: DocumentRevision, found: Document) -> bool:
    """Whether the ledger's document moves the same money for the same goods."""
    return same_books(revision, found) and _by_item(said_by(revision)) == _by_item(found)


def _by_item(document: Document) -> Mapping[str, tuple[Decimal, Decimal]]:
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for line in document.lines:
        if line.item is not None:
            amount, quantity = sums.get(line.item.key, (ZERO, ZERO))
            sums[line.item.key] = (amount + line.signed, quantity + (line.quantity or ZERO))
    return sums


# ---------------------------------------------------------------- the books


def difference(revision: DocumentRevision, found: Document) -> str:
    """In a few words, what the ledger's books hold otherwise; "" when nothing."""
    planned = said_by(revision)
    found = _stated(found, planned)
    if found.date != planned.date:
        return f"date {found.date.isoformat()}"
    if found.currency != planned.currency:
        return f"currency {found.currency}"
    if _footprint(found) != _footprint(planned):
        return f"lines, total {found.total:f}"
    if isinstance(planned, Payment) and isinstance(found, Payment) and _applied(found) != _applied(planned):
        return "what it is set against"
    ours, theirs = _other_side(planned), _other_side(found)
    return f"account {theirs}" if ours and theirs and ours != theirs else ""


def same_books(revision: DocumentRevision, found: Document) -> bool:
    """Whether the ledger's document moves the same amounts on the same accounts on the same day."""
    return not difference(revision, found)


def _stated(found: Document, planned: Document) -> Document:
    """The ledger's document, its lines with the accounts it leaves unsaid as they were planned: QuickBooks does not
    always say which account an item books to, nor which receivable account a payment is for."""
    if isinstance(found, Payment) and isinstance(planned, Payment):
        return found if found.receivable.key else replace(found, receivable=planned.receivable)
    if isinstance(found, (Payment, JournalEntry, Transfer)):
        return found
    accounts = {line.item.key: line.account for line in planned.lines if line.item is not None}
    lines = tuple(
        replace(line, account=accounts.get(line.item.key, line.account)) if line.item and not line.account.key else line
        for line in found.lines
    )
    return replace(found, lines=lines)


def _other_side(document: Document) -> str:
    """The account that the lines leave out; a ledger that has but one of its kind need not name it."""
    return "" if isinstance(document, JournalEntry) else document.account.key


def _footprint(document: Document) -> tuple[Mapping[str, Decimal], Decimal]:
    """What a document does to each account, and its tax: independent of the order and number of its lines."""
    sums: dict[str, Decimal] = {}
    for line in document.lines:
        sums[line.account.key] = sums.get(line.account.key, ZERO) + line.signed
    taxes = sum((line.tax_amount if line.side is Side.CREDIT else -line.tax_amount for line in document.lines), ZERO)
    return {key: amount for key, amount in sums.items() if amount != 0}, taxes
