"""Matches, made again from everything known whenever lines or payouts came: the order of arrival changes nothing.

What a person matched stays. What a person took apart is not matched again by itself. What was matched by
itself and no longer fits only each other (a second equal line came) is taken apart and left to a person.
Statements go before what the ledger shows: a ledger's deposit is somebody's word, a statement the bank's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from reconciliation.bank.accounts import key_of
from reconciliation.bank.expected import Expected, due, expected
from reconciliation.engine.ladder import PAYOUT_DUE
from reconciliation.engine.matching import FAR_DAYS, LineSide, Matching, Pair, Why, match
from reconciliation.models import BankLine, BankMatch, BankStatement, Payout
from tenants import clock
from tenants.news import publish
from tenants.scope import require_tenant_id

_LOCK = 0x62616E6B  # "bank": one matching at a time in a tenant
_NEIGHBOURS = timedelta(days=2 * FAR_DAYS)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What fits what among everything that is free, and the lines by id."""

    matching: Matching
    lines: Mapping[int, BankLine]


@dataclass(slots=True)
class Settled:
    """What matching again changed."""

    made: list[BankMatch] = field(default_factory=list)
    ended: list[BankMatch] = field(default_factory=list)


def live() -> QuerySet[BankMatch]:
    return BankMatch.objects.filter(ended_at__isnull=True)


@transaction.atomic
def settle() -> Settled:
    """Match the tenant's lines and payouts. Cheap where no line is known yet."""
    if not BankLine.objects.exists():
        return Settled()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, require_tenant_id() % 2**31])
    standing = {one.payout_id: one for one in live().exclude(why=BankMatch.Why.PERSON).select_related("line", "payout")}
    pairs = {pair.payout: pair for pair in outlook(expected(due()), exact=True).matching.pairs}
    settled = Settled()
    for payout_id, old in standing.items():
        pair = pairs.get(payout_id)
        if pair is None or pair.line != old.line_id:
            settled.ended.append(_end(old))
    kept = {payout_id for payout_id, old in standing.items() if payout_id in pairs and pairs[payout_id].line == old.line_id}
    for payout_id, pair in pairs.items():
        if payout_id not in kept:
            settled.made.append(_make(pair))
    return settled


def outlook(among: Iterable[Expected], *, exact: bool = False) -> Outlook:
    """What fits what, leaving out what a person matched. Matches made by themselves are thought away and found again.

    `exact` reads only lines of the very amounts: enough to match, not to say what is nearest.
    """
    by_person = live().filter(why=BankMatch.Why.PERSON)
    taken_payouts = set(by_person.values_list("payout_id", flat=True))
    open_ = [one for one in among if one.payout.pk not in taken_payouts]
    if not open_:
        return Outlook(Matching(()), {})
    windows = {one.side.key: one.window for one in open_}
    refused = frozenset(BankMatch.objects.filter(refused=True).values_list("payout_id", "line_id"))
    lines = _lines(open_, set(by_person.values_list("line_id", flat=True)), exact=exact)
    stated = [_side(line) for line in lines if line.statement.format != BankStatement.Format.LEDGER]
    shown = [_side(line) for line in lines if line.statement.format == BankStatement.Format.LEDGER]
    first = match([one.side for one in open_], stated, windows, refused)
    done = {pair.payout for pair in first.pairs} | first.choices.keys()
    second = match([one.side for one in open_ if one.side.key not in done], shown, windows, refused)
    return Outlook(_both(first, second), {line.pk: line for line in lines})


def neighbours(one: Expected) -> list[Expected]:
    """The payouts that could want the same line as this one: those of the same days and currency."""
    first, last = one.side.due - _NEIGHBOURS, one.side.due + _NEIGHBOURS
    same = due().filter(Q(currency=one.side.currency) | Q(converted_currency=one.side.currency))
    return [other for other in expected(same) if first <= other.side.due <= last]


def _both(first: Matching, second: Matching) -> Matching:
    nearest = {**second.nearest, **first.nearest}
    settled = {pair.payout for pair in second.pairs} | second.choices.keys()
    return Matching(
        pairs=(*first.pairs, *second.pairs),
        choices={**first.choices, **second.choices},
        nearest={payout: near for payout, near in nearest.items() if payout not in settled},
    )


def _lines(open_: list[Expected], taken: set[int], *, exact: bool) -> list[BankLine]:
    """Money in, in their currencies, around their days."""
    first, last = _span(open_)
    found = BankLine.objects.filter(
        amount__gt=0, currency__in={one.side.currency for one in open_}, booked_on__range=(first, last)
    ).select_related("statement", "account")
    if exact:
        found = found.filter(amount__in={one.side.amount for one in open_})
    return [line for line in found.order_by("pk") if line.pk not in taken]


def _span(open_: list[Expected]) -> tuple[date, date]:
    far = timedelta(days=FAR_DAYS)
    firsts = (one.window.first(one.side.due) for one in open_)
    lasts = (one.window.last(one.side.due) for one in open_)
    return min(firsts) - far, max(lasts) + far


def _side(line: BankLine) -> LineSide:
    account = key_of(line.account.ledger_id, line.account.external_id)
    return LineSide(line.pk, line.amount, line.currency, line.booked_on, line.text, account)


def _make(pair: Pair) -> BankMatch:
    why = BankMatch.Why.TRACE if pair.why is Why.TRACE else BankMatch.Why.ONLY
    made = BankMatch.objects.create(line_id=pair.line, payout_id=pair.payout, why=why)
    tell("bank.matched", made)
    return made


def _end(old: BankMatch) -> BankMatch:
    old.ended_at = clock.now()
    gone = old.payout.status not in PAYOUT_DUE
    old.ended_reason = _("The payout is no longer expected.") if gone else _("Another line fits as well.")
    old.save(update_fields=["ended_at", "ended_reason"])
    tell("bank.unmatched", old)
    return old


def tell(event: str, one: BankMatch) -> None:
    """News about the payout: ids and amounts, nothing of what the bank wrote."""
    payout: Payout = one.payout
    line: BankLine = one.line
    publish(
        event,
        payout,
        match=one.public_id,
        line=line.public_id,
        amount=str(line.amount),
        currency=line.currency,
        booked_on=line.booked_on.isoformat(),
        why=one.why,
    )
