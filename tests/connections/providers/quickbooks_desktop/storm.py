"""Seeded postings against the twin while answers get lost: `lost_answers(desktop, postings=..., seed=...)`."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from syncs import posting
from syncs.models import LedgerDocument

LOSSES = (
    ("drop-after-commit", "qbxml"),
    ("drop-before-commit", "qbxml"),
    ("drop-after-commit", "sendRequestXML"),
    ("drop-before-commit", "receiveResponseXML"),
    ("drop-after-commit", "receiveResponseXML"),
    ("drop-after-commit", "authenticate"),
)
TROUBLES = ("crash", "lost-state")


@dataclass(frozen=True)
class Outcome:
    """What stands in the company file after the storm, beside what was asked for."""

    asked: int
    documents: int
    balance: Decimal
    expected: Decimal
    lost: int
    visits: int


def lost_answers(desktop: Any, *, postings: int, seed: int, most_visits: int = 400) -> Outcome:
    """Post so many journals, some at a time, losing an answer in most visits; then let everything come to an end.

    Runs inside the tenant. The same seed loses the same answers.
    """
    chance = random.Random(seed)
    expected, waiting, lost, visits = Decimal(0), [], 0, 0
    before = desktop.balance("Checking")
    for number in range(postings):
        sales = Decimal(chance.randrange(2000, 90000)) / 100
        document = desktop.plan(desktop.journal(sales=str(sales), fees="10.00"), ref=f"77{seed % 1000:03}{number:05}")[0]
        waiting.append(document)
        expected += sales - Decimal("10.00")
        if len(waiting) < 3 and number + 1 < postings:
            continue
        desktop.post(*waiting)
        waiting = []
        lost += _lose(desktop, chance)
        visits += _visit(desktop)
    while _begun() and visits < most_visits:
        visits += _visit(desktop)
    found = [each for each in desktop.documents() if str(each.get("RefNumber", "")).startswith("77")]
    return Outcome(postings, len(found), desktop.balance("Checking") - before, expected, lost, visits)


def _lose(desktop: Any, chance: random.Random) -> int:
    """Arrange the next loss. The line is cut in most visits, QuickBooks itself breaks in some."""
    if chance.random() < 0.25:
        desktop.trouble(chance.choice(TROUBLES), "JournalEntryAdd")
        return 1
    if chance.random() < 0.85:
        desktop.lose(*chance.choice(LOSSES))
        return 1
    return 0


def _visit(desktop: Any) -> int:
    desktop.poll()
    posting.resume()
    return 1


def _begun() -> bool:
    return LedgerDocument.objects.filter(state__in=["posting", "unknown", "amending", "undoing"]).exists()
