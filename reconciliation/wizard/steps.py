"""The wizard's questions in order, with the reason each is asked."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenants.roles import Permission

Word = Promise | str


@dataclass(frozen=True, slots=True)
class Step:
    """One question. `permission` is what answering it takes; everybody may look."""

    key: str
    title: Word
    question: Word
    why: Word
    permission: Permission = Permission.MAP


STEPS: tuple[Step, ...] = (
    Step(
        "ledger",
        _("Ledger"),
        _("Is this the right company?"),
        _("Its country, currency and closed period decide what can be posted and how. They are read from the ledger, not typed."),
    ),
    Step(
        "marketplaces",
        _("Marketplaces"),
        _("Which marketplaces belong into these books?"),
        _("Each marketplace pays out by itself, in its own currency and by its own tax rules. What is not ticked is left alone."),
    ),
    Step(
        "taxes",
        _("Taxes"),
        _("How are you registered for tax where you sell?"),
        _("It decides which part of a price is tax, and whether fees carry tax you can reclaim. We never guess it."),
    ),
    Step(
        "accounts",
        _("Accounts"),
        _("Which accounts shall sales, fees and balances go to?"),
        _("Every row of a settlement goes to an account by what it is. Separate accounts keep gross sales and each fee visible."),
    ),
    Step(
        "banks",
        _("Payouts"),
        _("Where does the money arrive?"),
        _("The entry's last line is the payout. On the right bank account it matches your bank feed to the penny."),
    ),
    Step(
        "style",
        _("Posting style"),
        _("What shall an entry look like?"),
        _("The balances are the same either way. The shape decides what you see in the ledger and how a month's end is cut."),
        Permission.SCHEDULE,
    ),
    Step(
        "numbers",
        _("Numbers and names"),
        _("How will you recognise an entry?"),
        _("So that you, your accountant and we find the same document again, even years later."),
    ),
    Step(
        "goods",
        _("Cost of goods"),
        _("What about stock and cost of goods?"),
        _("So that you know what these entries do not do."),
    ),
    Step(
        "start",
        _("Start"),
        _("From which payout on?"),
        _("What is in your books already must not be posted again. Days are counted in the zone your books use."),
        Permission.SCHEDULE,
    ),
    Step(
        "review",
        _("Review"),
        _("Do you want to look at each entry first?"),
        _("Whatever you choose, nothing is posted that does not tie out to the penny, and every posting can be undone."),
        Permission.SCHEDULE,
    ),
    Step(
        "summary",
        _("Summary"),
        _("Your answers, and the last payout as it would be posted"),
        _("Try it before you switch it on: nothing is written to the ledger by trying."),
        Permission.SCHEDULE,
    ),
)
BY_KEY = {step.key: step for step in STEPS}
FIRST, LAST = STEPS[0], STEPS[-1]
_POSITIONS = {step.key: position for position, step in enumerate(STEPS)}


def position(key: str) -> int:
    """Where a step stands, from 0; an unheard-of key is the beginning."""
    return _POSITIONS.get(key, 0)


def after(key: str) -> Step:
    return STEPS[min(position(key) + 1, len(STEPS) - 1)]


def before(key: str) -> Step | None:
    return STEPS[position(key) - 1] if position(key) else None


def further(reached: str, key: str) -> str:
    """The later of two steps: going back and changing an answer does not lose how far one had come."""
    return max(reached or FIRST.key, key, key=position)


def open_to(reached: str, key: str) -> bool:
    """Whether a step may be opened: all before it have been answered."""
    return position(key) <= position(reached or FIRST.key)
