"""Reading a document back from its ledger: the proof for the ladder, and the news when it is not what was posted."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.db import transaction

from canonical.accounting import ZERO, Document, DocumentLine, JournalEntry, Side, balanced_lines, settling_total
from canonical.problems import Problem, Severity, declare
from connections.contracts import Found
from syncs import hooks
from syncs.documents import said_by
from syncs.models import DocumentRevision, LedgerDocument
from syncs.posting import claims
from syncs.posting.comparing import difference, words
from syncs.posting.records import set_problem
from tenants import clock
from tenants.news import alert, publish, settle_alerts

State = LedgerDocument.State

DIFFERS = declare(
    "document.differs",
    "%(number)s reads differently in the ledger from what was posted (%(what)s).",
    "Somebody or something changed it there. Open it in the ledger; change it back, or undo it and post again.",
    Severity.WARNS,
)
VANISHED = declare(
    "document.vanished",
    "%(number)s is no longer in the ledger.",
    "It was deleted there. Undo it here as well, then it can be posted again.",
    Severity.WARNS,
)

MARKS = (DIFFERS, VANISHED)


def read_back(document: LedgerDocument, found: Found | None) -> LedgerDocument:
    """Keep what the ledger says it holds, for the ladder's last rungs; report it when it is not what was posted."""
    with transaction.atomic(durable=True):
        hooks.at("verifying")
        row: LedgerDocument = (
            LedgerDocument.objects.select_for_update(of=("self",)).select_related("current_revision").get(pk=document.pk)
        )
        if row.state != State.POSTED or (found is None and _is_new(row)):
            return row
        if row.current_revision_id != document.current_revision_id:
            return row  # written anew since the ledger was asked: what was read is of the past
        differs = VANISHED if found is None else difference(row.current_revision, found.document)
        row.read_back = {} if found is None else _as_read(row.current_revision, found.document)
        row.read_back_at = clock.now()
        if found is not None:
            row.external_version = found.external_version or row.external_version
            _remember_as_written(row, found)
        row.save(update_fields=["read_back", "read_back_at", "external_version", "as_written"])
        _report_difference(row, differs)
    hooks.at("verified")
    return row


def _remember_as_written(row: LedgerDocument, found: Found) -> None:
    """The first reading of the very version that our own write made: what a later edit is told from."""
    if row.amendable and not row.as_written and found.external_version and found.external_version == row.written_version:
        row.as_written = words(found)


def _is_new(document: LedgerDocument) -> bool:
    """Posted so lately that the ledger may not show it yet: its absence says nothing."""
    return document.posted_at is not None and clock.now() < document.posted_at + claims.confirm_window()


def _report_difference(document: LedgerDocument, differs: str) -> None:
    if not differs:
        forget_marks(document)
        if document.problem_code in MARKS:
            set_problem(document, None)
            document.save(update_fields=["problem_code", "problem_params"])
        return
    code = VANISHED if differs == VANISHED else DIFFERS
    report(document, Problem(code, {"number": document.number, "what": differs}))


@transaction.atomic
def report(document: LedgerDocument, problem: Problem) -> None:
    """Say on a posted document what is otherwise in the ledger."""
    set_problem(document, problem)
    document.save(update_fields=["problem_code", "problem_params"])
    publish("document.differs", document, problem=problem.code)
    alert(problem, document)


def forget_marks(document: LedgerDocument) -> None:
    """Close the alerts about what the ledger holds: it is in order again, or gone on purpose."""
    for code in MARKS:
        settle_alerts(f"{code}:{document.public_id}")


def _as_read(revision: DocumentRevision, found: Document) -> dict[str, Any]:
    return {
        "lines": [_line_as_read(line) for line in found.lines],
        "total": f"{found.total:f}",
        "settling": f"{_paid(said_by(revision), found):f}",
        "currency": found.currency,
        "date": found.date.isoformat(),
        "as_of": clock.now().isoformat(),
    }


def _paid(planned: Document, found: Document) -> Decimal:
    """What the ledger's document pays out: its movement on the settling accounts, less what other rows do there by plan."""
    accounts = {line.account.key for line in balanced_lines(planned) if line.settling}
    if not isinstance(found, JournalEntry) and not isinstance(planned, JournalEntry) and not found.account.key:
        found = replace(found, account=planned.account)  # a ledger that has but one of its kind need not name it
    return _movement(found, accounts) - (_movement(planned, accounts) - settling_total(planned))


def _movement(document: Document, accounts: set[str]) -> Decimal:
    return -sum((line.signed for line in balanced_lines(document) if line.account.key in accounts), ZERO)


def _line_as_read(line: DocumentLine) -> dict[str, str]:
    return {
        "account": line.account.key,
        "account_name": line.account.name,
        "description": line.description,
        "debit": f"{line.gross:f}" if line.side is Side.DEBIT else "0",
        "credit": f"{line.gross:f}" if line.side is Side.CREDIT else "0",
        "net": f"{line.net:f}",
        "tax": f"{line.tax_amount:f}",
        "tax_code": "" if line.tax is None else line.tax.key,
    }
