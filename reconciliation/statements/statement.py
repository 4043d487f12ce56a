"""A bank statement read: its movements, and whether its own balances prove them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from canonical.problems import N_, Problem, Refused, Where, declare

MOST_BYTES = 64 * 1024 * 1024
MOST_LINES = 100_000

NOT_A_STATEMENT = declare(
    "statement.unknown_format",
    N_("%(file)s is not a bank statement we can read."),
    N_("Download the statement from your bank as CSV, OFX or camt.053 and upload that file as it came. PDFs cannot be read."),
)
TOO_LARGE = declare(
    "statement.too_large",
    N_("%(file)s is larger than %(megabytes)s MB."),
    N_("Download the statement in parts, a year at a time."),
)
TOO_MANY_LINES = declare(
    "statement.too_many_lines",
    N_("The statement has more than %(most)s lines."),
    N_("Download the statement in parts, a year at a time."),
)
BROKEN = declare(
    "statement.broken",
    N_("The file cannot be read: %(detail)s."),
    N_("Download the statement again and upload it without opening it in another program first."),
)
SEVERAL_ACCOUNTS = declare(
    "statement.several_accounts",
    N_("The file holds statements of several bank accounts: %(accounts)s."),
    N_("Download the statement of one account at a time."),
)
OTHER_CURRENCY = declare(
    "statement.other_currency",
    N_("The statement is in %(stated)s but the bank account is kept in %(expected)s."),
    N_("Choose the bank account in the ledger that this statement belongs to."),
)
EMPTY = declare(
    "statement.empty",
    N_("The statement has no lines."),
    N_("Choose a longer period when you download it."),
)
DOES_NOT_ADD_UP = declare(
    "statement.does_not_add_up",
    N_("Its lines add up to %(lines)s, but its balances moved by %(moved)s: lines are missing or twice in it."),
    N_("Its lines are used, but nothing is called missing because of it. Download the statement again if you can."),
)


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of a statement: money in is positive.

    `external_id` is the bank's own id (FITID, AcctSvcrRef), "" where it gives none. `line` is where it
    stands in the file: a line number of a CSV, else an ordinal, both from 1.
    """

    line: int
    booked: date
    amount: Decimal
    description: str
    reference: str = ""
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class BankFacts:
    """What a file says of itself: the account as the bank names it, encoding, how it writes numbers and dates."""

    account: str = ""
    encoding: str = ""
    number_format: str = ""
    day_first: bool | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """The movements in the order of the file. Balances are None where the file states none.

    `first` and `last` are the days it covers: as stated, else those of its first and last movement.
    """

    kind: str
    currency: str
    movements: tuple[Movement, ...]
    first: date
    last: date
    opening: Decimal | None = None
    closing: Decimal | None = None
    facts: BankFacts = field(default_factory=BankFacts)

    @property
    def total(self) -> Decimal:
        return sum((movement.amount for movement in self.movements), Decimal(0))

    @property
    def adds_up(self) -> bool | None:
        """Whether opening balance plus movements is the closing balance; None where it does not state both."""
        if self.opening is None or self.closing is None:
            return None
        return self.opening + self.total == self.closing

    def problem(self) -> Problem | None:
        if self.adds_up is not False or self.opening is None or self.closing is None:
            return None
        return Problem(DOES_NOT_ADD_UP, {"lines": str(self.total), "moved": str(self.closing - self.opening)})


def identities(movements: Iterable[Movement]) -> Iterator[tuple[str, Movement]]:
    """Each movement with the mark by which the same one is known in an overlapping statement.

    The bank's own id where there is one; day, amount and description otherwise. Rows that are equal within
    one statement are several movements, so the how-manieth of its equals is part of the mark.
    """
    seen: Counter[str] = Counter()
    for movement in movements:
        if movement.external_id:
            said = f"id\x1f{movement.external_id}\x1f{movement.amount.normalize()}"
        else:
            words = " ".join(f"{movement.description} {movement.reference}".split()).casefold()
            said = f"row\x1f{movement.booked}\x1f{movement.amount.normalize()}\x1f{words}"
        seen[said] += 1
        yield hashlib.sha256(f"{said}\x1f{seen[said]}".encode()).hexdigest(), movement


def broken(detail: str, line: int | None = None) -> Refused:
    return Refused(Problem(BROKEN, {"detail": detail}, Where(line=line)))


def bounded(movements: Iterable[Movement]) -> tuple[Movement, ...]:
    """All movements, or a refusal once there are too many of them: never more than that in memory."""
    kept: list[Movement] = []
    for movement in movements:
        if len(kept) == MOST_LINES:
            raise Refused(Problem(TOO_MANY_LINES, {"most": MOST_LINES}))
        kept.append(movement)
    return tuple(kept)
