"""Reading for the page of one settlement: summary, preview, postings, activity and what each rung stands on."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Q

from connections import registry
from connections.models import Connection
from reconciliation import words
from reconciliation.engine.chart import account_of
from reconciliation.models import Payout, PayoutSettlement, Settlement
from reconciliation.state import documents_of
from syncs import mappings
from syncs.mapping.rules import KIND, ROLE, TRIPLE, Rule
from syncs.models import DocumentLine, DocumentRevision, LedgerDocument, PostingAttempt, SyncRun, WorkItem
from tenants.models import AuditEvent

USUAL_OVER = 6  # settlements before this one that say what is usual


# ------------------------------------------------------------------ summary


@dataclass(slots=True)
class GroupRow:
    """One line of the summary. `share` is its size against the largest, in percent; `change` against the usual, in percent."""

    group: words.Group
    amount: Decimal = Decimal(0)
    rows: int = 0
    kinds: list[tuple[str, str, int, Decimal]] = field(default_factory=list)
    share: int = 0
    change: int | None = None


def summary(settlement: Settlement) -> list[GroupRow]:
    """The settlement by group, in the order of a profit and loss, with what is usual beside it."""
    grouped = _grouped(settlement.categories)
    if settlement.unclassified:
        unknown = GroupRow(words.UNKNOWN)
        unknown.amount = sum((Decimal(row["amount"]) for row in settlement.unclassified), Decimal(0))
        unknown.rows = sum(row["rows"] for row in settlement.unclassified)
        grouped[words.UNKNOWN.key] = unknown
    usual = _usual(settlement)
    largest = max((abs(row.amount) for row in grouped.values()), default=Decimal(0))
    for key, row in grouped.items():
        row.share = int(abs(row.amount) * 100 / largest) if largest else 0
        row.change = _change(row.amount, usual.get(key))
    order = [*(group.key for group in words.GROUPS), words.UNKNOWN.key]
    return sorted(grouped.values(), key=lambda row: order.index(row.group.key))


def _grouped(categories: Sequence[Mapping[str, Any]]) -> dict[str, GroupRow]:
    grouped: dict[str, GroupRow] = {}
    for entry in categories:
        kind = entry["category"]
        if not kind:
            continue
        group = words.group_of(kind)
        row = grouped.setdefault(group.key, GroupRow(group))
        amount = Decimal(entry["amount"])
        row.amount += amount
        row.rows += entry["rows"]
        row.kinds.append((kind, words.kind_word(kind), entry["rows"], amount))
    return grouped


def _usual(settlement: Settlement) -> dict[str, Decimal]:
    """Average amount of each group over the settlements before this one; nothing with fewer than two."""
    earlier = Settlement.objects.filter(
        source_id=settlement.source_id, currency=settlement.currency, marketplace=settlement.marketplace
    ).exclude(state=Settlement.State.SUPERSEDED)
    if settlement.period_start is None:
        return {}
    before = list(earlier.filter(period_start__lt=settlement.period_start).order_by("-period_start")[:USUAL_OVER])
    if len(before) < 2:
        return {}
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for one in before:
        for key, row in _grouped(one.categories).items():
            sums[key] += row.amount
    return {key: total / len(before) for key, total in sums.items()}


def _change(amount: Decimal, usual: Decimal | None) -> int | None:
    """By how much the group is larger (or smaller) than usual, in percent: fees that doubled are +100, not -100.
    None where there is nothing to compare with, or where money that usually goes out came in."""
    if not usual or amount * usual < 0:
        return None
    return int(((abs(amount) - abs(usual)) * 100 / abs(usual)).to_integral_value())


# ------------------------------------------------------------------ preview


@dataclass(frozen=True, slots=True)
class PreviewLine:
    line: DocumentLine
    kind_word: str
    why: str
    target: str


@dataclass(frozen=True, slots=True)
class Preview:
    """One document as a tab: its lines as the ledger will show them, and the very body that is sent."""

    document: LedgerDocument
    revision: DocumentRevision
    lines: list[PreviewLine]
    debit: Decimal
    credit: Decimal
    sent: str
    link: str

    @property
    def title(self) -> str:
        """Its month, and what it is where a month takes several documents."""
        month = f"{self.revision.date:%Y-%m}"
        return month if self.document.part.isdigit() or not self.document.part else f"{month} {self.word}"

    @property
    def word(self) -> str:
        return words.document_word(self.document)


def previews(settlement: Settlement, documents: Sequence[LedgerDocument]) -> list[Preview]:
    shown = [document for document in documents if document.current_revision is not None]
    lines: dict[int, list[DocumentLine]] = defaultdict(list)
    revisions = [document.current_revision_id for document in shown]
    for line in DocumentLine.objects.filter(revision_id__in=revisions).order_by("revision_id", "position"):
        lines[line.revision_id].append(line)
    reasons = _Reasons(settlement)
    return [_preview(document, lines[document.current_revision.pk], reasons) for document in shown]


def _preview(document: LedgerDocument, lines: list[DocumentLine], reasons: _Reasons) -> Preview:
    return Preview(
        document=document,
        revision=document.current_revision,
        lines=[reasons.of(line, document.current_revision) for line in lines],
        debit=sum((line.debit for line in lines), Decimal(0)),
        credit=sum((line.credit for line in lines), Decimal(0)),
        sent=json.dumps(document.current_revision.payload, indent=2, ensure_ascii=False),
        link=ledger_link(document),
    )


class _Reasons:
    """Why a line went to its account: the rule that matched, in the mapping version the revision was made with."""

    def __init__(self, settlement: Settlement) -> None:
        self.marketplace = settlement.marketplace
        self._rules: dict[int | None, list[Rule]] = {}
        self._numbers: dict[int | None, int] = {}

    def of(self, line: DocumentLine, revision: DocumentRevision) -> PreviewLine:
        rule = next((rule for rule in self._of_version(revision) if self._made(rule, line)), None)
        target = "" if rule is None else str(rule.target)
        return PreviewLine(line, words.kind_word(line.kind), self._text(rule, revision), target)

    def _of_version(self, revision: DocumentRevision) -> list[Rule]:
        key = revision.mapping_version_id
        if key not in self._rules:
            version = revision.mapping_version
            self._rules[key] = mappings.rules_of(version)
            self._numbers[key] = version.number if version else 0
        return self._rules[key]

    def _made(self, rule: Rule, line: DocumentLine) -> bool:
        if rule.account_id != line.account_id:
            return False
        if rule.target.of == KIND:
            return rule.target.name == line.kind
        account = account_of(line.kind)
        if rule.target.of == ROLE:
            # A consolidated line bears its role instead of a kind.
            return rule.target.name == (account.role.value if account is not None else line.kind)
        return rule.target.of == TRIPLE and rule.treat_as == line.kind

    def _text(self, rule: Rule | None, revision: DocumentRevision) -> str:
        if rule is None:
            return ""
        place = "".join(f", {only}" for only in (rule.sku_group, rule.marketplace) if only)
        return f"{words.target_word(str(rule.target))}{place} (v{self._numbers[revision.mapping_version_id]})"


def ledger_link(document: LedgerDocument) -> str:
    """Where a person sees the document in the ledger; "" while it is not there."""
    if not document.external_id:
        return ""
    return link_to(document.ledger, document.document_type, document.external_id)


def link_to(ledger: Connection, document_type: str, external_id: str) -> str:
    target = registry.provider(ledger.provider).target
    if target is None:
        return ""
    endpoints = registry.endpoints(ledger.provider, ledger.environment)
    return target.link(endpoints, ledger.account(), document_type, external_id)


# ------------------------------------------------------------------ beneath the rungs


def payouts(settlement: Settlement) -> list[Payout]:
    ids = PayoutSettlement.objects.filter(source_id=settlement.source_id, settlement_id=settlement.settlement_id)
    return list(Payout.objects.filter(pk__in=ids.values_list("payout_id", flat=True)).order_by("id"))


def companions(settlement: Settlement, found: Sequence[Payout]) -> list[Settlement]:
    """The other settlements the same payouts pay."""
    shared = PayoutSettlement.objects.filter(payout__in=[payout.pk for payout in found]).values_list("settlement_id", flat=True)
    others = Settlement.objects.filter(source_id=settlement.source_id, settlement_id__in=list(shared))
    return list(others.exclude(pk=settlement.pk).exclude(state=Settlement.State.SUPERSEDED))


@dataclass(frozen=True, slots=True)
class SettlingLine:
    """The line that stands for the money: as planned, and as read back from the ledger (None before)."""

    document: LedgerDocument
    account: str
    planned: Decimal
    read_back: Decimal | None


def settling_lines(documents: Sequence[LedgerDocument]) -> list[SettlingLine]:
    found = []
    for document in documents:
        if document.current_revision is None:
            continue
        lines = DocumentLine.objects.filter(revision_id=document.current_revision_id, settling=True).order_by("position")
        planned = sum((line.debit - line.credit for line in lines), Decimal(0))
        back = document.read_back.get("settling") if document.read_back else None
        names = ", ".join(line.account_name for line in lines) or str(
            document.current_revision.canonical.get("account", {}).get("name", "")
        )
        found.append(SettlingLine(document, names, planned, None if back is None else Decimal(str(back))))
    return found


# ------------------------------------------------------------------ postings and activity


def attempts(documents: Sequence[LedgerDocument]) -> list[PostingAttempt]:
    found = PostingAttempt.objects.filter(document__in=[document.pk for document in documents])
    return list(found.select_related("document", "revision").order_by("-started_at", "-id")[:50])


def activity(settlement: Settlement, documents: Sequence[LedgerDocument]) -> list[AuditEvent]:
    """What was done to the settlement and its documents, newest first."""
    ids = [document.public_id for document in documents]
    about = Q(subject_type="settlement", subject_id=settlement.public_id) | Q(subject_type="ledgerdocument", subject_id__in=ids)
    return list(AuditEvent.objects.filter(about).select_related("actor").order_by("-id")[:50])


def open_work(settlement: Settlement) -> tuple[SyncRun | None, WorkItem | None]:
    """The run that is at work on the settlement now, and its item; (None, None) when all is quiet."""
    item = (
        WorkItem.objects.filter(
            input__settlement=settlement.pk, state__in=[WorkItem.State.READY, WorkItem.State.WAITING], run__isnull=False
        )
        .select_related("run")
        .order_by("-id")
        .first()
    )
    return (item.run, item) if item else (None, None)


def held_items(settlement: Settlement) -> list[WorkItem]:
    stuck = [WorkItem.State.HELD, WorkItem.State.DEAD]
    return list(
        WorkItem.objects.filter(input__settlement=settlement.pk, state__in=stuck).select_related("run").order_by("-id")[:5]
    )


def every_document(settlement: Settlement) -> list[LedgerDocument]:
    """Live documents and those undone: what the activity list tells of."""
    if settlement.integration is None:
        return []
    found = LedgerDocument.objects.filter(
        ledger_id=settlement.integration.ledger_id, source_id=settlement.source_id, source_ref=settlement.settlement_id
    )
    return list(found.select_related("current_revision", "ledger", "posted_by").order_by("part", "id"))


def live(settlement: Settlement) -> list[LedgerDocument]:
    return list(documents_of(settlement).select_related("current_revision__mapping_version", "ledger", "posted_by"))
