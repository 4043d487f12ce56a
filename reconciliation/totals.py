"""What was paid out lately and what became of it, over all integrations: by currency, and never over two of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Sum
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from reconciliation.models import Settlement
from reconciliation.state import with_state

_State = Settlement.State
# Every state a settlement is shown in is in one of these, or nobody counts it. A file without rows waits for nothing.
SETTLED, DONE, WAITING, HELD = "settled", "done", "waiting", "held"
GROUPS: Mapping[str, tuple[Settlement.State, ...]] = {
    DONE: (_State.POSTED, _State.NOTHING_TO_POST),
    WAITING: (_State.IMPORTING, _State.READY, _State.POSTING),
    HELD: (
        _State.NEEDS_MAPPING,
        _State.NEEDS_REVIEW,
        _State.PARTIALLY_POSTED,
        _State.CHANGED,
        _State.FAILED,
        _State.REFUSED,
    ),
}
WORDS: Mapping[str, Promise] = {
    SETTLED: gettext_lazy("Settled"),
    DONE: gettext_lazy("Posted"),
    WAITING: gettext_lazy("Waiting"),
    HELD: gettext_lazy("Held"),
}
ALL = {SETTLED: tuple(state for states in GROUPS.values() for state in states), **GROUPS}
_GROUP_OF = {state.value: group for group, states in GROUPS.items() for state in states}


@dataclass(slots=True)
class Heap:
    """So many settlements and what they pay out together."""

    count: int = 0
    amount: Decimal = Decimal(0)

    def add(self, count: int, amount: Decimal) -> None:
        self.count += count
        self.amount += amount


@dataclass(slots=True)
class Part:
    """One integration's share of a currency; both names are "" for what belongs to none."""

    integration: str = ""
    name: str = ""
    heaps: dict[str, Heap] = field(default_factory=lambda: defaultdict(Heap))

    @property
    def settled(self) -> Heap:
        whole = Heap()
        for group in GROUPS:
            whole.add(self.heaps[group].count, self.heaps[group].amount)
        return whole

    @property
    def cells(self) -> list[tuple[str, Promise, Heap]]:
        """What stands in its line: which settlements, in a word for people, and their heap."""
        return [(SETTLED, WORDS[SETTLED], self.settled), *((group, WORDS[group], self.heaps[group]) for group in GROUPS)]


@dataclass(slots=True)
class Total(Part):
    """One currency over all integrations, and the share of each by name."""

    currency: str = ""
    parts: list[Part] = field(default_factory=list)


def totals(*, since: datetime) -> list[Total]:
    """One line a currency, for what was deposited since then. A file that states no total counts with its lines."""
    found = with_state(Settlement.objects.exclude(state=_State.SUPERSEDED)).filter(deposit_at__gte=since)
    rows = (
        found.order_by()
        .values_list("currency", "integration__name", "integration__public_id", "shown_state")
        .annotate(n=Count("id"), paid=Sum(Coalesce("header_total", "line_total")))
    )
    made: dict[str, Total] = {}
    parts: dict[tuple[str, str], Part] = {}
    for currency, name, integration, state, count, paid in sorted(rows, key=lambda row: (row[0], row[1] or "")):
        if state not in _GROUP_OF:
            continue
        total = made.setdefault(currency, Total(currency=currency))
        part = parts.get((currency, integration or ""))
        if part is None:
            part = parts[currency, integration or ""] = Part(integration or "", name or "")
            total.parts.append(part)
        for each in (total, part):
            each.heaps[_GROUP_OF[state]].add(count, paid or Decimal(0))
    return list(made.values())
