"""Is what stands in the ledger what we wrote, what we were about to write, or what somebody made of it?

Two comparisons. The books (`same_books`): same amounts on the same accounts on the same day. And every
word that a reading shows (`sayings`), kept right after our own write: today's reading, made by the same
mapper, is held against it, so that a person's edit is seen even where it moves no money.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from canonical.accounting import ZERO, AccountRef, Document, DocumentLine, JournalEntry, Payment, Side, balanced_lines
from canonical.plain import plain_document
from connections.contracts import Found
from syncs.documents import said_by
from syncs.models import DocumentRevision, LedgerDocument

Sayings = Mapping[str, Any]

# What a reading may leave out because the ledger does not give it back: empty there says nothing about it.
_TEXTS = ("memo", "reference", "email", "shipping", "tracking", "due_on")


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
    now = sayings(stated(here.document, said_by(document.current_revision)))
    wrote = document.as_written or sayings(said_by(document.current_revision))
    changed = edits(wrote, now)
    if not changed:
        return Judgement(Standing.OURS)
    if not edits(sayings(said_by(new)), now):
        return Judgement(Standing.NEW)
    arrived = next((revision for revision in sent if tells(revision, here.document)), None)
    if arrived is not None:
        return Judgement(Standing.NEW if arrived.pk == new.pk else Standing.OURS)
    return Judgement(Standing.EDITED, ", ".join(changed))


# ---------------------------------------------------------------- every word


def sayings(document: Document) -> dict[str, Any]:
    """All that a document says, without the names of what it names: renaming an account edits no document."""
    plain = plain_document(document)
    said: dict[str, Any] = {"date": plain["date"], "currency": plain["currency"], "total": _amount(document.total)}
    said |= {name: plain[name] for name in _TEXTS if plain.get(name)}
    said |= {name: plain[name]["key"] for name in ("customer", "account", "receivable") if plain.get(name)}
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


def edits(before: Sayings, now: Sayings) -> list[str]:
    """The names of what differs, in a fixed order; none when both say the same."""
    return [name for name in sorted({*before, *now}) if before.get(name) != now.get(name)]


def tells(revision: DocumentRevision, found: Document) -> bool:
    """Whether the ledger's document is this revision, as far as a ledger gives back what it was given."""
    planned = said_by(revision)
    if not same_books(revision, found) or _by_item(planned) != _by_item(found):
        return False
    ours, theirs = sayings(planned), sayings(stated(found, planned))
    return all(ours.get(name) == theirs[name] for name in (*_TEXTS, "customer") if name in theirs and name != "memo")


def _by_item(document: Document) -> Mapping[str, tuple[Decimal, Decimal]]:
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for line in document.lines:
        if line.item is not None:
            amount, quantity = sums.get(line.item.key, (ZERO, ZERO))
            sums[line.item.key] = (amount + line.signed, quantity + (line.quantity or ZERO))
    return sums


# ---------------------------------------------------------------- the books


def stated(found: Document, planned: Document) -> Document:
    """The ledger's document, with what it leaves unsaid as it was planned.

    QuickBooks does not say which receivable account an invoice stands on, nor always which account an item
    books to; an account that is not said is no difference.
    """
    if found.document_type is not planned.document_type or isinstance(found, JournalEntry):
        return found
    blank: dict[str, Any] = {
        name: getattr(planned, name)
        for name in ("account", "receivable")
        if isinstance(getattr(found, name, None), AccountRef) and not getattr(found, name).key
    }
    if not isinstance(found, Payment):
        blank["lines"] = tuple(_of_item(line, planned) for line in found.lines)
    return replace(found, **blank)


def _of_item(line: DocumentLine, planned: Document) -> DocumentLine:
    if line.account.key or line.item is None:
        return line
    accounts = {each.item.key: each.account for each in planned.lines if each.item is not None}
    return replace(line, account=accounts.get(line.item.key, line.account))


def difference(revision: DocumentRevision, found: Document) -> str:
    """In a few words, what the ledger's books hold otherwise; "" when nothing."""
    planned = said_by(revision)
    found = stated(found, planned)
    if found.date != planned.date:
        return f"date {found.date.isoformat()}"
    if found.currency != planned.currency:
        return f"currency {found.currency}"
    if _footprint(found) != _footprint(planned):
        return f"lines, total {found.total:f}"
    if isinstance(planned, Payment) and isinstance(found, Payment) and _applied(found) != _applied(planned):
        return "what it is set against"
    return ""


def same_books(revision: DocumentRevision, found: Document) -> bool:
    """Whether the ledger's document moves the same amounts on the same accounts on the same day."""
    return not difference(revision, found)


def _footprint(document: Document) -> tuple[Mapping[str, Decimal], Decimal]:
    """What a document does to each account, and its tax: independent of the order and number of its lines."""
    sums: dict[str, Decimal] = {}
    for line in balanced_lines(document):
        sums[line.account.key] = sums.get(line.account.key, ZERO) + line.signed
    taxes = sum((line.tax_amount if line.side is Side.CREDIT else -line.tax_amount for line in document.lines), ZERO)
    return {key: amount for key, amount in sums.items() if amount != 0}, taxes
