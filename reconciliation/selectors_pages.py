"""Reading for the pages: the settlements list, what waits for a person, and the overview."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q

from connections.contracts import Environment
from connections.models import Connection
from reconciliation.bank import selectors as bank
from reconciliation.models import BankStatement, Settlement, SettlementLine, Upload
from reconciliation.state import with_state
from reconciliation.totals import ALL, Total, totals
from syncs.models import Case, Integration, LedgerDocument, MappingVersion, SyncRun, WorkItem
from tenants.models import Alert

_State = Settlement.State
# Settlements with the annotation `shown_state`, which the type checker cannot see.
Annotated = Any

# What a person must do something about; the tab "To do" and the number in the sidebar.
NEEDS_SOMEBODY = (_State.NEEDS_MAPPING, _State.NEEDS_REVIEW, _State.READY, _State.PARTIALLY_POSTED, _State.CHANGED, _State.FAILED)
# Several states under one word: the tab "To do", and what the overview's totals lead to.
TOGETHER = {"todo": NEEDS_SOMEBODY, **ALL}
TABS = (
    _State.READY,
    _State.NEEDS_MAPPING,
    _State.NEEDS_REVIEW,
    _State.POSTING,
    _State.POSTED,
    _State.PARTIALLY_POSTED,
    _State.CHANGED,
    _State.FAILED,
    _State.NOTHING_TO_POST,
    _State.EXCLUDED,
    _State.REFUSED,
    _State.IMPORTING,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The list's filters, as they stand in the address."""

    state: str = ""
    search: str = ""
    integration: str = ""
    marketplace: str = ""
    currency: str = ""
    since: date | None = None
    until: date | None = None
    bank: str = ""


def settlements(wanted: Wanted, *, zone: str = "UTC") -> Annotated:
    """Current settlements that match, newest deposit first, with `shown_state`."""
    found = _matching(wanted, zone)
    if wanted.state in TOGETHER:
        found = found.filter(shown_state__in=TOGETHER[wanted.state])
    elif wanted.state:
        found = found.filter(shown_state=wanted.state)
    return found.order_by("-deposit_at", "-id")


def counts_by_state(wanted: Wanted, *, zone: str = "UTC") -> dict[str, int]:
    """How many settlements each tab would show, under the other filters."""
    rows = _matching(wanted, zone).order_by().values_list("shown_state").annotate(n=Count("id"))
    return dict(rows)


def _matching(wanted: Wanted, zone: str) -> Annotated:
    found = with_state(Settlement.objects.exclude(state=_State.SUPERSEDED)).select_related("integration", "source")
    if wanted.search:
        found = found.filter(matching_words(wanted.search.strip()))
    if wanted.integration:
        found = found.filter(integration__public_id=wanted.integration)
    if wanted.marketplace:
        found = found.filter(marketplace=wanted.marketplace)
    if wanted.currency:
        found = found.filter(currency=wanted.currency)
    if wanted.bank:
        found = bank.narrowed(found, wanted.bank)
    if wanted.since:
        found = found.filter(deposit_at__gte=_midnight(wanted.since, zone))
    if wanted.until:
        found = found.filter(deposit_at__lt=_midnight(date.fromordinal(wanted.until.toordinal() + 1), zone))
    return found


def matching_words(words: str) -> Q:
    """A settlement id or its beginning, our own id, an order in it, or the number of its document in the ledger."""
    orders = SettlementLine.objects.filter(order_ref=words).values_list("settlement_id", flat=True).distinct()
    numbers = LedgerDocument.objects.filter(number=words, source_kind="settlement").values_list("source_ref", flat=True)
    return Q(settlement_id__startswith=words) | Q(public_id=words) | Q(pk__in=orders) | Q(settlement_id__in=numbers)


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))


def marketplaces() -> list[str]:
    return sorted(Settlement.objects.exclude(marketplace="").order_by().values_list("marketplace", flat=True).distinct())


def currencies() -> list[str]:
    return sorted(Settlement.objects.order_by().values_list("currency", flat=True).distinct())


@dataclass(slots=True)
class Row:
    """One line of the list. `accounts` is None before the file is read; `variance` None when the file states no total."""

    settlement: Settlement
    state: str
    documents: list[LedgerDocument] = field(default_factory=list)
    bank: str = ""

    @property
    def label(self) -> str:
        return str(_State(self.state).label)

    @property
    def accounts(self) -> bool | None:
        return None if self.state in (_State.IMPORTING, _State.REFUSED) else self.state != _State.NEEDS_MAPPING

    @property
    def variance(self) -> Decimal | None:
        header = self.settlement.header_total
        return None if header is None else header - self.settlement.line_total

    @property
    def can_post(self) -> bool:
        """Ready ones only: what failed half way is looked at one by one."""
        return self.state == _State.READY and bool(self.documents)


def rows(found: Iterable[Settlement]) -> list[Row]:
    """The page's settlements with their documents and what the bank shows, in few queries however long the page."""
    page = list(found)
    documents, in_bank = _documents(page), bank.states_of(page)
    return [Row(one, one.shown_state, documents[_key(one)], in_bank.get((one.source_id, one.settlement_id), "")) for one in page]  # type: ignore[attr-defined]


def _documents(page: list[Settlement]) -> dict[tuple[int, int, str], list[LedgerDocument]]:
    refs = {one.settlement_id for one in page}
    kept: dict[tuple[int, int, str], list[LedgerDocument]] = defaultdict(list)
    live = LedgerDocument.objects.filter(source_kind="settlement", source_ref__in=refs).exclude(state=LedgerDocument.State.UNDONE)
    for document in live.select_related("current_revision", "ledger").order_by("part"):
        kept[document.ledger_id, document.source_id, document.source_ref].append(document)
    return kept


def _key(settlement: Settlement) -> tuple[int, int, str]:
    ledger = settlement.integration.ledger_id if settlement.integration else 0
    return ledger, settlement.source_id, settlement.settlement_id


# ------------------------------------------------------------------ the frame


def waiting() -> dict[str, int]:
    """Numbers beside the sidebar's entries: what waits for a person."""
    needy = with_state(Settlement.objects.exclude(state=_State.SUPERSEDED)).filter(shown_state__in=NEEDS_SOMEBODY)
    return {
        "settlements": needy.count(),
        "mappings": MappingVersion.objects.filter(state=MappingVersion.State.DRAFT, mapping_set__published__gt=0).count(),
        "bank": BankStatement.objects.filter(state=BankStatement.State.ASKS).count(),
        "inbox": Case.objects.filter(state=Case.State.OPEN).count(),
        "connections": Connection.objects.filter(state=Connection.State.NEEDS_RECONNECT).count(),
    }


def test_environments() -> list[str]:
    """Environments in use that move no real money."""
    used = Connection.objects.exclude(environment=Environment.PRODUCTION.value).exclude(state=Connection.State.DISCONNECTED)
    return sorted(used.order_by().values_list("environment", flat=True).distinct())


# ------------------------------------------------------------------ the overview


@dataclass(frozen=True, slots=True)
class Overview:
    by_state: dict[str, int]
    held: int
    refused_uploads: int
    connections: list[Connection]
    integrations: list[Integration]
    latest: list[Row]
    totals: list[Total]
    alerts: list[Alert]
    runs: list[SyncRun]
    last_run: SyncRun | None


def overview(*, since: datetime) -> Overview:
    """Everything the first page says, for what was deposited since `since`."""
    latest = rows(settlements(Wanted())[:8])
    runs = list(SyncRun.objects.select_related("integration").order_by("-id")[:6])
    return Overview(
        by_state=counts_by_state(Wanted()),
        held=WorkItem.objects.filter(state__in=[WorkItem.State.HELD, WorkItem.State.DEAD]).count(),
        refused_uploads=Upload.objects.filter(state=Upload.State.REFUSED, dismissed_at=None, created_at__gte=since).count(),
        connections=list(Connection.objects.exclude(state=Connection.State.DISCONNECTED).order_by("provider", "name")),
        integrations=list(Integration.objects.select_related("source", "ledger", "mapping_set").order_by("name")),
        latest=latest,
        totals=totals(since=since),
        alerts=list(Alert.objects.filter(state=Alert.State.OPEN).order_by("-last_seen_at")[:10]),
        runs=runs,
        last_run=runs[0] if runs else None,
    )
