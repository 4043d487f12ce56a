"""A seller's settlements in one marketplace follow each other without a gap: who comes before, who after.

Amazon names no predecessor. Neighbours are found by period: a settlement begins when the one
before ends (to the second in every real file seen), in the same account, currency and marketplace.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.db.models import Q, QuerySet

from canonical.problems import Problem, Severity, declare
from reconciliation.engine import Opening
from reconciliation.engine.chart import Role
from reconciliation.models import Settlement
from reconciliation.state import documents_of
from syncs import mappings
from syncs.mapping.rules import ROLE, Target
from syncs.models import DocumentLine

# Periods are stated in UTC and meet to the second; a day allows for files that state dates only.
_SEAM = timedelta(days=1)

MISSING = declare(
    "chain.missing_settlement",
    "Between %(before)s and this settlement, from %(from)s to %(until)s, a settlement seems to be missing.",
    "Download it from Seller Central and upload it here; Amazon's interface lists only the last 90 days.",
    Severity.WARNS,
)
BEFORE_OPENING = declare(
    "chain.before_opening",
    "A later settlement (%(after)s) was posted first and took its opening reserve from the opening balance.",
    "Undo that settlement, post this one, then post it again; or exclude this one.",
)

OWED_BROKEN = declare(
    "chain.balance_owed_broken",
    "Settlement %(before)s left %(owed)s %(currency)s owed to Amazon, but this file takes up %(taken)s.",
    "Look whether a settlement between the two is missing; the difference stays on Amazon Balance Owed until it comes.",
    Severity.WARNS,
)

# A person's decision that a settlement begins a chain of its own (Settlement.facts).
BEGINS_HERE = "begins_here"

# Those that will never be posted leave no balance for the next one to take up.
_NEVER_POSTED = (Settlement.State.EXCLUDED, Settlement.State.SUPERSEDED, Settlement.State.REFUSED)


def before(settlement: Settlement) -> Settlement | None:
    """The settlement this one follows, None for the first we know of."""
    if settlement.period_start is None:
        return None
    earlier = _alike(settlement).filter(period_end__lte=settlement.period_start + _SEAM, period_start__lt=settlement.period_start)
    return earlier.order_by("-period_end").first()


def after(settlement: Settlement) -> Settlement | None:
    """The settlement that follows this one, None when it is the latest."""
    if settlement.period_end is None or settlement.period_start is None:
        return None
    later = _alike(settlement).filter(period_start__gte=settlement.period_end - _SEAM, period_start__gt=settlement.period_start)
    return later.order_by("period_start").first()


def opening(settlement: Settlement) -> Opening:
    """What the books hold when this settlement begins: nothing for the first, else its neighbour's reserve.

    Where a settlement in between is missing and the books already hold a reserve that is not this
    file's previous one, composing must stop (the missing one is named); a person may then decide to
    begin anew from the opening balance.
    """
    previous = before(settlement)
    if previous is None or previous.state in _NEVER_POSTED or settlement.facts.get(BEGINS_HERE):
        return Opening(first=True)
    held = previous.reserve_closing or Decimal(0)
    if _missing(settlement, previous) and not (is_posted(previous) and held != (settlement.reserve_opening or Decimal(0))):
        return Opening(first=True)
    return Opening(first=False, previous_reserve=held)


def is_posted(settlement: Settlement) -> bool:
    return any(document.state == document.State.POSTED for document in documents_of(settlement))


def problems(settlement: Settlement) -> list[Problem]:
    """What the neighbours say against posting this one."""
    found: list[Problem] = []
    previous, following = before(settlement), after(settlement)
    if previous is not None and _missing(settlement, previous):
        found.append(
            Problem(
                MISSING,
                {
                    "before": previous.settlement_id,
                    "from": f"{previous.period_end:%Y-%m-%d}",
                    "until": f"{settlement.period_start:%Y-%m-%d}",
                },
            )
        )
    if previous is not None and previous.state not in _NEVER_POSTED and not settlement.facts.get(BEGINS_HERE):
        found += _owed(settlement, previous)
    if following is not None and settlement.reserve_closing and _took_opening_balance(following):
        found.append(Problem(BEFORE_OPENING, {"after": following.settlement_id}))
    return found


def _owed(settlement: Settlement, previous: Settlement) -> list[Problem]:
    """What the one before left owing must be what this file brings forward (accounting, section 7)."""
    owed = max(Decimal(0), -(previous.header_total or Decimal(0)))
    rows = [row for row in settlement.categories if row["category"] == "debt_carried_forward"]
    taken = -sum((Decimal(row["amount"]) for row in rows), Decimal(0))
    if owed == taken:
        return []
    params = {"before": previous.settlement_id, "owed": f"{owed:f}", "taken": f"{taken:f}", "currency": settlement.currency}
    return [Problem(OWED_BROKEN, params)]


def _missing(settlement: Settlement, previous: Settlement) -> bool:
    if previous.period_end is None or settlement.period_start is None:
        return False
    return settlement.period_start - previous.period_end > _SEAM


def _took_opening_balance(settlement: Settlement) -> bool:
    """Whether a posted document of it has a line on the opening-balance account."""
    if settlement.integration is None:
        return False
    rules = mappings.rules_of(mappings.published_version(settlement.integration.mapping_set))
    accounts = [rule.account_id for rule in rules if rule.target == Target(ROLE, Role.OPENING.value)]
    posted = [document for document in documents_of(settlement) if document.state == document.State.POSTED]
    revisions = [document.current_revision_id for document in posted]
    return DocumentLine.objects.filter(revision_id__in=revisions, account_id__in=accounts).exists()


def _alike(settlement: Settlement) -> QuerySet[Settlement]:
    others = Settlement.objects.filter(source_id=settlement.source_id, currency=settlement.currency).exclude(pk=settlement.pk)
    others = others.exclude(state=Settlement.State.SUPERSEDED).exclude(settlement_id=settlement.settlement_id)
    if settlement.marketplace:
        others = others.filter(Q(marketplace="") | Q(marketplace__iexact=settlement.marketplace))
    return others
