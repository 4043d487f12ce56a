"""Putting the page of one settlement together: which button leads, what is left to do, what each rung shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from connections import selectors as connection_selectors
from connections.models import Connection, ReferenceCopy
from reconciliation import ladders, sheet, transactions, words
from reconciliation.bank import selectors as bank
from reconciliation.engine import Rung, RungName, RungState
from reconciliation.engine.chart import LEDGER_ACCOUNTS
from reconciliation.models import Settlement
from reconciliation.state import shown
from syncs.models import LedgerDocument, WorkItem
from tenants.problems import Shown
from tenants.problems import shown as in_words

_State = Settlement.State
_Doc = LedgerDocument.State

MEANINGS: dict[str, Promise | str] = {
    _State.IMPORTING: gettext_lazy("The file is being read."),
    _State.REFUSED: gettext_lazy("The file cannot be read; nothing of it is posted."),
    _State.NEEDS_MAPPING: gettext_lazy("Some rows have no account yet."),
    _State.NEEDS_REVIEW: gettext_lazy("Something must be looked at before it can be posted."),
    _State.READY: gettext_lazy("Everything ties. It can be posted."),
    _State.POSTING: gettext_lazy("The ledger is being written to."),
    _State.POSTED: gettext_lazy("It stands in the ledger."),
    _State.PARTIALLY_POSTED: gettext_lazy("Some documents stand in the ledger, some do not: complete it or undo it."),
    _State.CHANGED: gettext_lazy(
        "What stands in the ledger is not what would be posted today: undo and post again, or leave it."
    ),
    _State.FAILED: gettext_lazy("The ledger refused it. Nothing was posted by halves."),
    _State.NOTHING_TO_POST: gettext_lazy("The file has no rows."),
    _State.EXCLUDED: gettext_lazy("A person left it out of the books."),
    _State.SUPERSEDED: gettext_lazy("A newer version of the same settlement replaces it."),
}


@dataclass(frozen=True, slots=True)
class Primary:
    """The one leading button: what it does ("post", "complete", "undo", "") and why it cannot be pressed."""

    act: str
    word: str
    reason: str = ""

    @property
    def enabled(self) -> bool:
        return bool(self.act) and not self.reason


@dataclass(frozen=True, slots=True)
class RungView:
    """One rung in words. `name` says which of the page's facts lie beneath it."""

    name: str
    title: str
    state: str
    amount: Decimal | None
    compared_to: str
    compared_amount: Decimal | None
    difference: Decimal | None
    reason: Shown | None
    currency: str


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A kind of row or a role without an account, to be chosen in place."""

    target: str
    word: str
    problem: Shown


@dataclass(slots=True)
class ToDo:
    """What stands in the way and what is worth knowing. Blockers first."""

    unknown: list[dict[str, Any]] = field(default_factory=list)
    unmapped: list[Unmapped] = field(default_factory=list)
    payout_accounts: list[Shown] = field(default_factory=list)
    problems: list[Shown] = field(default_factory=list)
    document_problems: list[tuple[LedgerDocument, Shown]] = field(default_factory=list)
    held: list[tuple[WorkItem, Shown]] = field(default_factory=list)

    def __len__(self) -> int:
        parts = (self.unknown, self.unmapped, self.payout_accounts, self.problems, self.document_problems, self.held)
        return sum(len(part) for part in parts)


def build(settlement: Settlement, narrowing: transactions.Narrowing) -> dict[str, Any]:
    """Everything the page shows."""
    documents = sheet.live(settlement)
    state = shown(settlement)
    ladder = ladders.ladder(settlement)
    todo = to_do(settlement, documents)
    payouts = sheet.payouts(settlement)
    return {
        "settlement": settlement,
        "state": state,
        "state_label": _State(state).label,
        "meaning": MEANINGS.get(state, ""),
        "rungs": [rung_view(rung, settlement.currency) for rung in ladder.rungs],
        "bank_matches": bank.of_settlement(settlement, payouts),
        "ladder_ties": not ladder.blocks,
        "bank_differs": any(rung.name is RungName.BANK and rung.state is RungState.DIFFERS for rung in ladder.rungs),
        "primary": primary(
            settlement, state, documents, blocked=ladder.blocks, under_way=sheet.open_work(settlement)[0] is not None
        ),
        "todo": todo,
        "summary": sheet.summary(settlement),
        "previews": sheet.previews(settlement, documents),
        "documents": documents,
        "settling": sheet.settling_lines(documents),
        "payouts": payouts,
        "companions": sheet.companions(settlement, payouts),
        "attempts": sheet.attempts(documents),
        "activity": sheet.activity(settlement, sheet.every_document(settlement)),
        "narrowing": narrowing,
        "lines": transactions.page(settlement, narrowing),
        "kinds": kinds_of(settlement),
        "kind_choices": words.kinds_by_group() if todo.unknown else [],
        "accounts": accounts(settlement) if len(todo) else [],
        "tax_codes": tax_codes(settlement) if len(todo) else [],
        "can_undo": any(document.state == _Doc.POSTED for document in documents),
        "waits_for": waits_for(settlement, documents),
    }


def waits_for(settlement: Settlement, documents: Sequence[LedgerDocument]) -> Connection | None:
    """The ledger that work under way cannot reach now; it goes on by itself when that lets us in again."""
    ledger = settlement.integration.ledger if settlement.integration else None
    if ledger is None or ledger.state == Connection.State.ACTIVE:
        return None
    moving = any(document.state in (_Doc.POSTING, _Doc.UNDOING, _Doc.UNKNOWN) for document in documents)
    return ledger if moving or sheet.open_work(settlement)[0] is not None else None


def rung_view(rung: Rung, currency: str) -> RungView:
    return RungView(
        name=rung.name,
        title=ladders.title(rung),
        state=str(rung.state.value),
        amount=rung.amount,
        compared_to=_compared(rung),
        compared_amount=rung.compared_amount,
        difference=rung.difference,
        reason=in_words(rung.reason) if rung.reason else None,
        currency=rung.currency or currency,
    )


def _compared(rung: Rung) -> str:
    """What stands beside the amount: the rung below, or within one document its credits beside its debits."""
    if rung.compared_to == RungName.DOCUMENT:
        return _("Credits")
    return ladders.named(rung.compared_to) if rung.compared_to else ""


def primary(
    settlement: Settlement, state: str, documents: Sequence[LedgerDocument], *, blocked: bool, under_way: bool = False
) -> Primary:
    """Post, complete or undo, with the reason when it cannot be."""
    ledger = settlement.integration.ledger.name if settlement.integration else ""
    busy = _("Work on it is under way.") if under_way else ""
    post = _("Post to %(ledger)s") % {"ledger": ledger}
    if state == _State.READY:
        return Primary("post", post, _("A rung of the ladder does not tie.") if blocked else busy)
    if state in (_State.PARTIALLY_POSTED, _State.FAILED):
        word = _("Complete the posting") if state == _State.PARTIALLY_POSTED else _("Try again")
        return Primary("post", word, _("A rung of the ladder does not tie.") if blocked else busy)
    if state in (_State.POSTED, _State.CHANGED):
        return Primary("undo", _("Undo the posting"), busy)
    if state == _State.EXCLUDED:
        return Primary("include", _("Take it back in"))
    if state in (_State.NEEDS_MAPPING, _State.NEEDS_REVIEW):
        return Primary("post", post, _("Do what the list of open points says first."))
    if state == _State.POSTING:
        return Primary("post", post, _("It is being posted now."))
    return Primary("", "", str(MEANINGS.get(state, "")))


def to_do(settlement: Settlement, documents: Sequence[LedgerDocument]) -> ToDo:
    todo = ToDo(unknown=list(settlement.unclassified))
    for row in settlement.problems:
        problem = in_words(row)
        params = row.get("params", {})
        if row["code"] == "compose.unknown_rows" and todo.unknown:
            continue  # each unknown row is listed with its own form
        if row["code"] == "compose.unmapped":
            target = target_named(str(params.get("what", "")))
            todo.unmapped.append(Unmapped(target, words.target_word(target), problem))
        elif row["code"] == "compose.no_payout_account":
            todo.payout_accounts.append(problem)
        else:
            todo.problems.append(problem)
    todo.problems.sort(key=lambda problem: ("blocks", "warns", "tells").index(problem.severity))
    for document in documents:
        if document.problem_code:
            problem = in_words({"code": document.problem_code, "params": document.problem_params})
            todo.document_problems.append((document, problem))
    told = {document.problem_code for document in documents}
    for item in sheet.held_items(settlement):
        if item.problem_code not in told and item.problem_code not in {row["code"] for row in settlement.problems}:
            row = {"code": item.problem_code, "params": item.problem_params, "where": item.problem_where}
            todo.held.append((item, in_words(row)))
    return todo


def target_named(what: str) -> str:
    """The mapping target a finding of the engine names: a default account's name stands for its role, anything else is a kind."""
    role = next((account.role.value for account in LEDGER_ACCOUNTS if account.name == what), "")
    return f"role:{role}" if role else f"kind:{what}"


def accounts(settlement: Settlement) -> list[ReferenceCopy]:
    if settlement.integration is None:
        return []
    return list(connection_selectors.references(connection=settlement.integration.ledger, kind="account").order_by("name"))


def tax_codes(settlement: Settlement) -> list[ReferenceCopy]:
    if settlement.integration is None:
        return []
    return list(connection_selectors.references(connection=settlement.integration.ledger, kind="tax_code").order_by("name"))


def kinds_of(settlement: Settlement) -> list[tuple[str, str]]:
    """The kinds that occur in the settlement: choices of the transactions' filter."""
    kinds = [row["category"] for row in settlement.categories if row["category"]]
    return sorted(((kind, words.kind_word(kind)) for kind in kinds), key=lambda pair: pair[1])


_STEPS: dict[str, Promise | str] = {
    "settlement.classify": gettext_lazy("Reading the rows"),
    "settlement.compose": gettext_lazy("Working out the documents"),
    "check.tie_out": gettext_lazy("Checking the ladder"),
    "ledger.post": gettext_lazy("Writing to the ledger and reading it back"),
    "ledger.undo": gettext_lazy("Taking it out of the ledger"),
    "source.download": gettext_lazy("Downloading the file"),
}


def at_work(item: WorkItem) -> str:
    """What is being done with the item, in words."""
    return str(_STEPS.get(item.step.partition("@")[0], item.step))


def total_of(rows: Sequence[sheet.GroupRow]) -> Decimal:
    return sum((row.amount for row in rows), Decimal(0))
