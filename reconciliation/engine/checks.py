"""What must hold before anything is composed: the file foots, every row is known, nothing is missing before it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from canonical.money import plain
from canonical.problems import N_, Problem, Where, declare
from canonical.settlement import LineCategory as K

from .book import Book
from .summary import ZERO, Summary

DOES_NOT_FOOT = declare(
    "settlement.does_not_foot",
    N_("The rows add up to %(rows)s but the summary row says %(header)s %(currency)s: a difference of %(difference)s."),
    N_("Download the report again. If it stays like this, ask Amazon about the settlement; nothing is posted until it foots."),
)
UNKNOWN_ROWS = declare(
    "compose.unknown_rows",
    N_("A type of row that nobody knows yet: %(triple)s. Rows: %(rows)s, together %(amount)s %(currency)s."),
    N_("Say what this is; the decision is kept for all later settlements."),
)
CURRENCY_NOT_IN_LEDGER = declare(
    "compose.currency_not_in_ledger",
    N_("The settlement is in %(currency)s, which the ledger does not have."),
    N_("Turn on several currencies in the ledger and add %(currency)s with a bank account in it. Nothing is converted for you."),
)
RESERVE_BROKEN = declare(
    "compose.reserve_broken",
    N_("The reserve of the settlement before was %(expected)s %(currency)s, this one releases %(found)s."),
    N_("A settlement between the two is missing, or one was posted twice: fetch and post the missing one first."),
)


def check(summary: Summary, book: Book) -> Iterator[Problem]:
    """Problems of the settlement as a whole, the blocking ones and the others."""
    yield from summary.reading
    yield from _foots(summary)
    yield from _known(summary)
    yield from _currency(summary, book)
    yield from _reserve(summary, book)


def _at(summary: Summary, line: int | None = None) -> Where:
    return Where(file=summary.facts.name if summary.facts else "", line=line)


def _shown(summary: Summary, amount: Decimal) -> str:
    return plain(amount, summary.header.currency)


def _foots(summary: Summary) -> Iterator[Problem]:
    difference = summary.difference
    if difference:
        header = summary.header.header_total or ZERO
        params = {
            "rows": _shown(summary, summary.line_total),
            "header": _shown(summary, header),
            "difference": _shown(summary, difference),
            "currency": summary.header.currency,
        }
        yield Problem(DOES_NOT_FOOT, params, _at(summary))


def _known(summary: Summary) -> Iterator[Problem]:
    for item in summary.unclassified():
        params: dict[str, str | int] = {
            "rows": item.rows,
            "triple": str(item.triple),
            "amount": _shown(summary, item.amount),
            "currency": summary.header.currency,
        }
        yield Problem(UNKNOWN_ROWS, params, _at(summary, item.first_line or None))


def _currency(summary: Summary, book: Book) -> Iterator[Problem]:
    currency = summary.header.currency
    known = {code for code in book.ledger_currencies if code}
    if known and currency not in known:
        yield Problem(CURRENCY_NOT_IN_LEDGER, {"currency": currency}, _at(summary))


def _reserve(summary: Summary, book: Book) -> Iterator[Problem]:
    expected = book.opening.previous_reserve
    if book.opening.first or expected is None:
        return
    rules = ((tally.rule, tally.amount) for tally in summary.groups.values())
    found = sum((amount for rule, amount in rules if rule and rule.category is K.RESERVE_PREVIOUS), ZERO)
    if found != expected:
        params = {
            "expected": _shown(summary, expected),
            "found": _shown(summary, found),
            "currency": summary.header.currency,
        }
        yield Problem(RESERVE_BROKEN, params, _at(summary))
