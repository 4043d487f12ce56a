"""A statement's movements into the database: each kept once, however many statements and formats hold it.

Within one file equal rows are several movements. Across files the same movement is known by the bank's own
id, or by day, amount and words. The same days brought in another format have other ids and other words, so
there day and amount tell: as many movements as are there already are the same ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from reconciliation import planning
from reconciliation.models import BankAccount, BankLine, BankStatement
from reconciliation.statements.statement import Movement, Statement, identities

_AT_ONCE = 2000


def store(kept: BankStatement, account: BankAccount, read: Statement) -> int:
    """Write the new movements and what the statement says of itself; returns how many were new."""
    known = set(BankLine.objects.filter(account=account).values_list("mark", flat=True))
    elsewhere = _elsewhere(account, read)
    fresh = [
        BankLine(
            account=account,
            statement=kept,
            line=movement.line,
            booked_on=movement.booked,
            amount=movement.amount,
            currency=read.currency or account.currency,
            description=movement.description,
            reference=movement.reference,
            external_id=movement.external_id,
            mark=mark,
        ).named()
        for mark, movement in identities(read.movements)
        if mark not in known and not _is_elsewhere(elsewhere, movement)
    ]
    BankLine.objects.bulk_create(fresh, batch_size=_AT_ONCE)
    _say(kept, read, len(fresh))
    return len(fresh)


def _elsewhere(account: BankAccount, read: Statement) -> Counter[tuple[date, Decimal]]:
    """Movements of these days that came in another format, by day and amount."""
    others = BankLine.objects.filter(account=account, booked_on__range=(read.first, read.last)).exclude(
        statement__format=read.kind
    )
    return Counter((booked, amount) for booked, amount in others.values_list("booked_on", "amount"))


def _is_elsewhere(elsewhere: Counter[tuple[date, Decimal]], movement: Movement) -> bool:
    key = (movement.booked, movement.amount)
    if not elsewhere[key]:
        return False
    elsewhere[key] -= 1
    return True


def _say(kept: BankStatement, read: Statement, fresh: int) -> None:
    problem = read.problem()
    kept.state, kept.format, kept.currency = BankStatement.State.READ, read.kind, read.currency
    kept.starts_on, kept.ends_on = read.first, read.last
    kept.opening, kept.closing, kept.adds_up = read.opening, read.closing, read.adds_up
    kept.line_count, kept.known_count = len(read.movements), len(read.movements) - fresh
    kept.problems = [planning.as_json(problem)] if problem else []
    facts = read.facts
    kept.facts = {
        "account": facts.account,
        "encoding": facts.encoding,
        "number_format": facts.number_format,
        "day_first": facts.day_first,
    }
    kept.save()


def covered(spans: Sequence[tuple[date, date]], first: date, last: date) -> bool:
    """Whether the spans together leave no day out between `first` and `last`."""
    reached = first
    for start, end in sorted(spans):
        if start > reached:
            break
        if end >= last:
            return True
        reached = max(reached, _next(end))
    return False


def _next(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def spans_of(accounts: Sequence[int]) -> Iterator[tuple[date, date]]:
    """The days that statements of these accounts cover. One whose lines do not add up proves nothing to be missing."""
    read = BankStatement.objects.filter(account_id__in=accounts, state=BankStatement.State.READ).exclude(adds_up=False)
    for first, last in read.exclude(format=BankStatement.Format.LEDGER).values_list("starts_on", "ends_on"):
        if first is not None and last is not None:
            yield first, last
