"""Reading for the bank's pages: what is open on both sides, what is matched, and what is on its way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from reconciliation.bank import matching
from reconciliation.bank.expected import Expected, due, expected
from reconciliation.engine.matching import Nearest
from reconciliation.models import BankLine, BankMatch, BankStatement, Payout, PayoutSettlement, Settlement
from reconciliation.state import with_state

# What banks call the marketplace. Only to show likely lines first; nothing is matched by it.
LIKELY = ("amazon", "amzn")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A bank line that a person may look at beside a payout; `near` says how far off one is that cannot be matched."""

    line: BankLine
    near: Nearest | None = None

    @property
    def fits(self) -> bool:
        return self.near is None or not self.near.difference


@dataclass(frozen=True, slots=True)
class OpenPayout:
    """A payout that no bank line is matched to. `posted`: its settlements stand in the ledger."""

    expected: Expected
    candidates: tuple[Candidate, ...]
    posted: bool

    @property
    def payout(self) -> Payout:
        return self.expected.payout


@dataclass(slots=True)
class OnItsWay:
    """Payouts not seen in the bank, in one currency; `posted` is the part that stands in the ledger already."""

    currency: str
    payouts: int = 0
    amount: Decimal = Decimal(0)
    posted: int = 0
    posted_amount: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Open:
    payouts: list[OpenPayout]
    ways: list[OnItsWay]


def open_payouts() -> Open:
    """Payouts of the books without a bank line, the newest first, each with what could be it."""
    among = expected(due())
    outlook = matching.outlook(among)
    matched = set(matching.live().values_list("payout_id", flat=True))
    waiting = [one for one in among if one.wanted and one.payout.pk not in matched]
    posted = _posted(waiting)
    found = [
        OpenPayout(one, _candidates(one, outlook), all(row.pk in posted for row in one.settlements) and bool(one.settlements))
        for one in sorted(waiting, key=lambda one: (one.side.due, one.payout.pk), reverse=True)
    ]
    return Open(found, _ways(found))


def _candidates(one: Expected, outlook: matching.Outlook) -> tuple[Candidate, ...]:
    chosen = outlook.matching.choices.get(one.payout.pk, ())
    near = outlook.matching.nearest.get(one.payout.pk)
    fitting = tuple(Candidate(outlook.lines[line]) for line in chosen)
    return fitting or ((Candidate(outlook.lines[near.line], near),) if near else ())


def _posted(waiting: Sequence[Expected]) -> set[int]:
    ids = [row.pk for one in waiting for row in one.settlements]
    rows = with_state(Settlement.objects.filter(pk__in=ids)).filter(
        shown_state__in=[Settlement.State.POSTED, Settlement.State.CHANGED]
    )
    return set(rows.values_list("pk", flat=True))


def _ways(found: Iterable[OpenPayout]) -> list[OnItsWay]:
    ways: dict[str, OnItsWay] = {}
    for one in found:
        way = ways.setdefault(one.expected.side.currency, OnItsWay(one.expected.side.currency))
        way.payouts += 1
        way.amount += one.expected.side.amount
        if one.posted:
            way.posted += 1
            way.posted_amount += one.expected.side.amount
    return [ways[currency] for currency in sorted(ways)]


def open_lines(*, search: str = "", everything: bool = False, amounts: Iterable[Decimal] = ()) -> QuerySet[BankLine]:
    """Money in that no payout is matched to, newest first: those likely to be the marketplace's, or all."""
    taken = matching.live().filter(line_id=OuterRef("pk"))
    found = BankLine.objects.filter(~Exists(taken), amount__gt=0).select_related("account", "statement")
    if not everything and not search:
        likely = Q(amount__in=list(amounts))
        for word in LIKELY:
            likely |= Q(description__icontains=word)
        found = found.filter(likely)
    if search:
        found = found.filter(_said(search))
    return found.order_by("-booked_on", "-pk")


def _said(words: str) -> Q:
    said = Q(description__icontains=words) | Q(reference__icontains=words)
    try:
        return said | Q(amount=Decimal(words.replace(",", "").strip()))
    except (ArithmeticError, ValueError):
        return said


def matches(*, search: str = "") -> QuerySet[BankMatch]:
    """What is matched now, newest bank day first."""
    found = matching.live().select_related("line__account", "line__statement", "payout", "matched_by")
    if search:
        settlements = PayoutSettlement.objects.filter(settlement_id=search).values_list("payout_id", flat=True)
        found = found.filter(
            Q(payout__payout_id=search)
            | Q(payout__trace_id__iexact=search)
            | Q(payout_id__in=settlements)
            | Q(line__description__icontains=search)
        )
    return found.order_by("-line__booked_on", "-pk")


def taken_apart(limit: int = 20) -> list[BankMatch]:
    """The last matches that were ended, by a person or because something came, with why."""
    ended = BankMatch.objects.filter(ended_at__isnull=False).select_related("line", "payout", "matched_by", "ended_by")
    return list(ended.order_by("-ended_at", "-pk")[:limit])


@dataclass(frozen=True, slots=True)
class Matched:
    """A match and the settlements its payout pays."""

    match: BankMatch
    expected: Expected


def with_settlements(rows: Iterable[BankMatch]) -> list[Matched]:
    kept = list(rows)
    by_payout = {one.payout.pk: one for one in expected([row.payout for row in kept])}
    return [Matched(row, by_payout[row.payout_id]) for row in kept]


def statements() -> QuerySet[BankStatement]:
    return BankStatement.objects.select_related("account__ledger", "uploaded_by").order_by("-pk")


@dataclass(frozen=True, slots=True)
class Counts:
    payouts: int
    lines: int
    matched: int
    statements: int
    asks: int


def counts(found: Open) -> Counts:
    amounts = {one.expected.side.amount for one in found.payouts}
    return Counts(
        payouts=len(found.payouts),
        lines=open_lines(amounts=amounts).count(),
        matched=matching.live().count(),
        statements=BankStatement.objects.exclude(state=BankStatement.State.REFUSED).count(),
        asks=BankStatement.objects.filter(state=BankStatement.State.ASKS).count(),
    )


def of_settlement(settlement: Settlement, payouts: Sequence[Payout]) -> list[BankMatch]:
    """The bank lines of a settlement's payouts, for its page."""
    found = matching.live().filter(payout_id__in=[payout.pk for payout in payouts])
    return list(found.select_related("line__account", "line__statement", "matched_by", "payout"))


# ------------------------------------------------------------------ the list of settlements

MATCHED, WAITING = "matched", "waiting"


def narrowed(found: Any, wanted: str) -> Any:
    """Settlements whose payout is in the bank ("matched"), or due and not there ("waiting")."""
    links = PayoutSettlement.objects.filter(source_id=OuterRef("source_id"), settlement_id=OuterRef("settlement_id"))
    in_bank = Exists(links.filter(payout_id__in=matching.live().values("payout_id")))
    if wanted == MATCHED:
        return found.filter(in_bank)
    return found.filter(Exists(links.filter(payout_id__in=due().values("pk"))) & ~in_bank)


def states_of(page: Iterable[Settlement]) -> dict[tuple[int, str], str]:
    """ "matched" or "waiting" of each settlement on a page, by source and settlement id; others have no payout due."""
    refs = {one.settlement_id for one in page}
    links = PayoutSettlement.objects.filter(settlement_id__in=refs)
    by_payout: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for link in links:
        by_payout[link.payout_id].append((link.source_id, link.settlement_id))
    expected_ = set(due().filter(pk__in=by_payout).values_list("pk", flat=True))
    matched = set(matching.live().filter(payout_id__in=by_payout).values_list("payout_id", flat=True))
    found: dict[tuple[int, str], str] = {}
    for payout_id, settlements in by_payout.items():
        state = MATCHED if payout_id in matched else WAITING if payout_id in expected_ else ""
        found |= {key: state for key in settlements if state and found.get(key) != MATCHED}
    return found


# ------------------------------------------------------------------ to take away

PAYOUT_HEAD = (
    "payout", "settlements", "due", "amount", "currency", "status", "trace", "bank account", "bank day", "bank amount",
    "bank description", "matched how", "matched by", "matched at",
)  # fmt: skip
LINE_HEAD = ("bank account", "day", "amount", "currency", "description", "reference", "statement", "line", "payout")


def payout_cells() -> Iterator[list[Any]]:
    """Every payout that is or was due, with its bank line where one is matched."""
    matched = {one.payout_id: one for one in matching.live().select_related("line__account", "matched_by")}
    among = expected(Payout.objects.filter(Q(pk__in=due().values("pk")) | Q(pk__in=matched)))
    for one in sorted(among, key=lambda one: (one.side.due, one.payout.pk)):
        found = matched.get(one.payout.pk)
        bank: list[Any] = [None] * 7
        if found is not None:
            line = found.line
            who = found.matched_by.email if found.matched_by else "Tieout"
            bank = [line.account.name, line.booked_on, line.amount, line.description, found.why, who, found.created_at]
        paid = " ".join(row.settlement_id for row in one.settlements)
        yield [
            one.payout.payout_id, paid, one.side.due, one.side.amount, one.side.currency, one.payout.status, one.payout.trace_id, *bank,
        ]  # fmt: skip


def line_cells() -> Iterator[list[Any]]:
    """Every money-in line of every account, with the payout it is where one is matched."""
    matched = dict(matching.live().values_list("line_id", "payout__payout_id"))
    found = BankLine.objects.filter(amount__gt=0).select_related("account", "statement").order_by("booked_on", "pk")
    for line in found.iterator(chunk_size=2000):
        yield [
            line.account.name, line.booked_on, line.amount, line.currency, line.description, line.reference,
            line.statement.file_name or line.statement.get_format_display(), line.line, matched.get(line.pk, ""),
        ]  # fmt: skip
