"""Mending a cause without leaving the inbox: one choice, after which the whole group is tried again.

remedies.offer("order.no_item", Remedy(label=_("It is this item"), choices=items_of, apply=choose))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from canonical.problems import Problem, Refused, declare
from syncs.inbox import live, mending
from syncs.models import Case, WorkItem

NOT_OFFERED = declare(
    "case.choice_not_offered",
    "That choice is not offered any more.",
    "Reload the page and choose again.",
)


SAVE_AND_RETRY = _("Save and retry all")


@dataclass(frozen=True, slots=True)
class Remedy:
    """What is asked, what may be chosen, and what the choice does; `sample` is one of the group's records."""

    label: Promise | str
    choices: Callable[[WorkItem], Sequence[tuple[str, str]]]
    apply: Callable[[WorkItem, str], None]
    word: Promise | str = SAVE_AND_RETRY


_REMEDIES: dict[str, Remedy] = {}


def offer(code: str, remedy: Remedy) -> None:
    _REMEDIES[code] = remedy


def remedy_for(case: Case) -> Remedy | None:
    return _REMEDIES.get(case.problem_code) if case.state == Case.State.OPEN and case.kind == Case.Kind.RECORD else None


def mend(*, case: Case, choice: str) -> int:
    """Take the choice in for every integration concerned, then try the group again. Returns how many records.

    Raises Refused when there is nothing to choose for this case, or the choice is not on offer.
    """
    remedy = remedy_for(case)
    items = list(live.stuck_records().filter(fingerprint=case.fingerprint).select_related("integration__ledger", "run"))
    samples = {item.integration_id: item for item in items}
    if remedy is None or not samples:
        raise Refused(Problem(NOT_OFFERED))
    if any(choice not in dict(remedy.choices(sample)) for sample in samples.values()):
        raise Refused(Problem(NOT_OFFERED))
    for sample in samples.values():
        remedy.apply(sample, choice)
    mending.retry(list(live.stuck_records().filter(fingerprint=case.fingerprint).select_related("run")))
    return len(items)
