"""From a stored settlement to the documents that should exist: compose, check, plan. Run again whenever
anything it depends on has changed; the same inputs give the same documents, byte for byte."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from canonical.accounting import DocumentType
from canonical.problems import CATALOGUE, Problem, Severity, declare
from connections import selectors as connection_selectors
from connections.contracts import ReferenceItem
from connections.models import Connection, ReferenceCopy
from connections.registry import provider
from reconciliation import books, chain, ingest, summaries
from reconciliation.engine import Composition, Shape, Summary, compose
from reconciliation.models import Settlement
from reconciliation.orders import claims, payments
from reconciliation.state import documents_of
from syncs import documents, mappings
from syncs.models import Integration, LedgerDocument, MappingVersion
from tenants.news import publish

_State = Settlement.State

JOURNAL_INSTEAD = declare(
    "plan.journal_instead",
    "This settlement goes as a journal: its rows state VAT that a bank deposit cannot carry.",
    "Nothing to do. The bank line is the same, and matches the payout in the bank feed.",
    Severity.TELLS,
)
_TAX_NOT_STATED = "tax_not_stated"

# Which orders were posted by themselves when the settlement was planned (Settlement.facts); posting compares.
CLEARED = "cleared"

# Problems that end by choosing an account or saying what a row is; all others need a look.
MAPPING_CODES = frozenset(
    {
        "compose.unknown_rows",
        "compose.unmapped",
        "compose.no_payout_account",
        "compose.tax_unknown",
        "compose.tax_code_missing",
    }
)


def plan(settlement: Settlement) -> Settlement:
    """Compose the settlement under the published mapping and keep the documents; says in `state` and
    `problems` what stands in the way. Documents already in the ledger are never touched."""
    integration = settlement.integration
    if integration is None or settlement.state in (_State.EXCLUDED, _State.SUPERSEDED, _State.REFUSED):
        return settlement
    version = mappings.published_version(integration.mapping_set)
    cleared = claims.cleared(settlement, integration)
    book = replace(books.book_for(settlement, integration, version), cleared=cleared)
    summary = summaries.summary_of(settlement, book, version)
    composition = compose(summary, book)
    problems = [*composition.problems, *chain.problems(settlement), *claims.under_way(settlement, integration)]
    if not blocking(problems):
        refused = preflight(integration, composition)
        if any(problem.code.endswith(_TAX_NOT_STATED) for problem in refused):
            # A deposit's lines cannot carry Amazon's own VAT figures: such a settlement goes as a journal, like a payout of zero.
            composition = compose(summary, replace(book, shape=Shape.SUMMARY_JOURNAL))
            refused = [Problem(JOURNAL_INSTEAD), *preflight(integration, composition)]
        problems += refused
    ingest.recategorise(settlement, books.catalogue_for(version))
    paid = payments.payments(settlement, integration, book, cleared, composition)
    kept = _keep_documents(settlement, integration, version, composition, paid, blocked=bool(blocking(problems)))
    payments.keep_applications(kept)
    settlement.facts = {**settlement.facts, CLEARED: claims.digest(cleared)}
    problems += [Problem(document.problem_code, document.problem_params) for document in kept if document.problem_code]
    return _say(settlement, summary, problems)


def preflight(integration: Integration, composition: Composition) -> list[Problem]:
    """What the ledger would refuse, found before anything is sent."""
    target = provider(integration.ledger.provider).target
    if target is None:
        return []
    company = connection_selectors.company(integration.ledger)
    references = _references(integration.ledger)
    found: list[Problem] = []
    for part in composition.documents:
        found += target.problems(part.document, company=company, references=references)
    return list(_once(found))


def _references(ledger: Connection) -> dict[tuple[str, str], ReferenceItem]:
    """The ledger's reference data as a target wants to look them up: by kind and id."""
    copies = ReferenceCopy.objects.filter(connection=ledger)
    return {
        (copy.kind, copy.external_id): ReferenceItem(
            kind=copy.kind, external_id=copy.external_id, name=copy.name, active=copy.active, facts=copy.facts, body=copy.body
        )
        for copy in copies
    }


def blocking(problems: Iterable[Problem]) -> list[Problem]:
    return [problem for problem in problems if CATALOGUE[problem.code].severity is Severity.BLOCKS]


def as_json(problem: Problem) -> dict[str, Any]:
    where = {key: value for key, value in asdict(problem.where).items() if value}
    return {"code": problem.code, "params": dict(problem.params), "where": where, "severity": problem.severity.value}


def from_json(row: dict[str, Any]) -> Problem:
    from canonical.problems import Where

    return Problem(row["code"], row["params"], Where(**row["where"]))


def _keep_documents(
    settlement: Settlement,
    integration: Integration,
    version: MappingVersion | None,
    composition: Composition,
    paid: list[documents.PlannedPart],
    *,
    blocked: bool,
) -> list[LedgerDocument]:
    target = provider(integration.ledger.provider).target
    if target is None:
        return []
    parts = [
        documents.PlannedPart(part=part.part, document=part.document, settlement_id=settlement.pk)
        for part in composition.documents
    ]
    parts = [*_as_begun(settlement, parts), *paid]
    if blocked:
        # What was planned is no longer true; what is posted stays and is compared on the page.
        if any(document.state != LedgerDocument.State.PLANNED for document in documents_of(settlement)):
            return []
        parts = []
    return documents.plan(
        ledger=integration.ledger,
        source=settlement.source,
        source_ref=settlement.settlement_id,
        source_kind="settlement",
        parts=parts,
        mapping_version=version,
        company=connection_selectors.company(integration.ledger),
        target=target,
    )


def _as_begun(settlement: Settlement, parts: list[documents.PlannedPart]) -> list[documents.PlannedPart]:
    """Once a part of it may stand in the ledger, a settlement keeps the parts it was begun with.

    Another shape has other parts; were they planned beside those that stand, the settlement would be booked twice.
    What stands is then reported as changed, to be undone and posted anew.
    """
    live = [each for each in documents_of(settlement) if each.document_type != DocumentType.PAYMENT.value]
    names = {each.part for each in live}
    begun = any(each.state not in (LedgerDocument.State.PLANNED, LedgerDocument.State.HELD) for each in live)
    if not begun or names == {part.part for part in parts}:
        return parts
    return [part for part in parts if part.part in names]


def _say(settlement: Settlement, summary: Summary, problems: list[Problem]) -> Settlement:
    before = settlement.state
    settlement.categories = [
        {"category": str(category), "rows": rows, "amount": str(amount)} for category, rows, amount in summary.categories()
    ]
    settlement.unclassified = [
        {
            "transaction_type": row.triple.transaction_type,
            "amount_type": row.triple.amount_type,
            "amount_description": row.triple.amount_description,
            "rows": row.rows,
            "amount": str(row.amount),
            "first_line": row.first_line,
        }
        for row in summary.unclassified()
    ]
    settlement.problems = [as_json(problem) for problem in problems]
    settlement.state = _state(summary, problems, states_total=settlement.header_total is not None)
    settlement.save(update_fields=["categories", "unclassified", "problems", "state", "facts"])
    if settlement.state != before:
        publish(f"settlement.{settlement.state}", settlement)
    return settlement


def _state(summary: Summary, problems: list[Problem], *, states_total: bool) -> str:
    """A file that states no total can never be proven: choosing accounts for its rows would be work for nothing."""
    stopping = blocking(problems)
    if stopping and states_total and all(problem.code in MAPPING_CODES for problem in stopping):
        return _State.NEEDS_MAPPING
    if stopping:
        return _State.NEEDS_REVIEW
    return _State.READY if summary.row_count else _State.NOTHING_TO_POST


def _once(problems: Iterable[Problem]) -> Iterable[Problem]:
    """The same finding of two parts is told once."""
    seen: set[tuple[str, str]] = set()
    for problem in problems:
        key = (problem.code, str(sorted(problem.params.items())))
        if key not in seen:
            seen.add(key)
            yield problem
