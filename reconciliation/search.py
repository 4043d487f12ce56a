"""Finding anything by what a person has in hand: an order or settlement number, a document number, a SKU, a page.

Everything is asked inside the tenant's scope; numbers are looked up by index, and what has none (a SKU in a
settlement's rows) only in the latest settlements, so that the answer comes at once however much is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Q

from connections.models import Connection
from reconciliation.mending import page_of_document
from reconciliation.models import Order, Settlement, SettlementLine
from syncs.models import Integration, LedgerDocument, SyncRun, WorkItem

SHORTEST, LONGEST = 2, 80
EACH = 5
# How many rows of the latest settlements are looked through for a SKU.
ROWS_FOR_SKU = 60_000


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found: which page of it, by URL name and arguments, what it is called and what kind it is."""

    kind: str
    title: str
    detail: str
    view: str
    arguments: tuple[str, ...] = ()
    query: str = ""
    anchor: str = ""


def find(text: str) -> list[Hit]:
    """What fits, the most exact first; nothing for fewer than two characters."""
    words = text.strip()[:LONGEST]
    if len(words) < SHORTEST:
        return []
    found = [
        *_settlements(words),
        *_orders(words),
        *_documents(words),
        *_skus(words),
        *_runs(words),
        *_places(words),
        *_records(words),
    ]
    return list(_once(found))


def _once(found: Iterable[Hit]) -> Iterator[Hit]:
    seen: set[tuple[str, tuple[str, ...], str]] = set()
    for hit in found:
        key = (hit.view, hit.arguments, hit.query)
        if key not in seen:
            seen.add(key)
            yield hit


def _settlements(words: str) -> list[Hit]:
    rows = Settlement.objects.exclude(state=Settlement.State.SUPERSEDED)
    fits = rows.filter(Q(settlement_id__startswith=words) | Q(public_id=words)).order_by("-deposit_at", "-id")[:EACH]
    return [_settlement(row) for row in fits]


def _settlement(row: Settlement, *, query: str = "", detail: str = "") -> Hit:
    about = detail or f"{row.marketplace or row.currency} · {row.deposit_at:%Y-%m-%d}" if row.deposit_at else row.marketplace
    anchor = "transactions" if query else ""
    return Hit("settlement", row.settlement_id, about, "settlement", (row.public_id,), query, anchor)


def _orders(words: str) -> list[Hit]:
    """Orders by their number; and the settlements whose rows name it."""
    known = Order.objects.filter(order_id=words).values_list("order_id", flat=True)[:1]
    lines = SettlementLine.objects.filter(order_ref=words).order_by().values_list("settlement_id", flat=True).distinct()[:EACH]
    rows = Settlement.objects.filter(pk__in=list(lines)).exclude(state=Settlement.State.SUPERSEDED).order_by("-deposit_at")
    hits = [
        Hit("order", words, row.settlement_id, "settlement", (row.public_id,), f"order={words}", "transactions") for row in rows
    ]
    return hits or [Hit("order", number, "", "settlements", (), f"q={number}") for number in known]


def _documents(words: str) -> list[Hit]:
    fits = Q(number=words) | Q(external_id=words) | Q(public_id=words)
    rows = LedgerDocument.objects.filter(fits).select_related("ledger").order_by("-id")[:EACH]
    found = []
    for row in rows:
        page = page_of_document(row.public_id)
        if page:
            found.append(Hit("document", row.number or row.external_id, row.ledger.name, "settlement", (page,), "", "entry"))
    return found


def _skus(words: str) -> list[Hit]:
    """Settlements that sold this SKU, among the latest."""
    recent, rows = [], 0
    for pk, count in Settlement.objects.order_by("-deposit_at", "-id").values_list("pk", "row_count")[:50]:
        rows += count or 0
        recent.append(pk)
        if rows >= ROWS_FOR_SKU:
            break
    named = SettlementLine.objects.filter(settlement_id__in=recent, sku=words).order_by()
    ids = list(named.values_list("settlement_id", flat=True).distinct()[:EACH])
    found = Settlement.objects.filter(pk__in=ids).exclude(state=Settlement.State.SUPERSEDED).order_by("-deposit_at")
    return [Hit("sku", words, row.settlement_id, "settlement", (row.public_id,), f"sku={words}", "transactions") for row in found]


def _runs(words: str) -> list[Hit]:
    if not words.startswith(("run_", "cor_")):
        return []
    rows = SyncRun.objects.filter(Q(public_id=words) | Q(correlation_id=words)).select_related("integration")[:EACH]
    return [Hit("run", row.public_id, row.integration.name, "run", (row.public_id,)) for row in rows]


def _places(words: str) -> list[Hit]:
    """Connections and integrations by a part of their name; there are few of them."""
    named = Q(name__icontains=words)
    connections = Connection.objects.filter(named | Q(external_account=words)).order_by("name")[:EACH]
    integrations = Integration.objects.filter(named).order_by("name")[:EACH]
    return [
        *(Hit("connection", row.name, row.external_account, "connections:detail", (row.public_id,)) for row in connections),
        *(Hit("integration", row.name, "", "integration", (row.public_id,)) for row in integrations),
    ]


def _records(words: str) -> list[Hit]:
    """Records that are held or tried again, by what they are called."""
    states = [WorkItem.State.HELD, WorkItem.State.DEAD, WorkItem.State.WAITING]
    named = Q(record__endswith=words) | Q(title__icontains=words) | Q(public_id=words)
    rows = WorkItem.objects.filter(named, state__in=states).order_by("-id")[:EACH]
    return [Hit("record", row.title or row.record, row.get_state_display(), "inbox_record", (row.public_id,)) for row in rows]
