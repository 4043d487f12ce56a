"""A settlement file into the database: header and every row, in one transaction, or nothing at all.

Rows go by COPY into a session table and from there into the protected one, because COPY itself
cannot write behind row-level security. Memory stays flat: rows stream from the file to the socket.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Sum
from django.utils.translation import gettext

from connections.models import SourceDocument
from reconciliation import books, files, scopes
from reconciliation.engine import Component, FileFacts, read_settlement
from reconciliation.engine.vat import is_marketplace
from reconciliation.models import Settlement, SettlementLine
from syncs import mappings
from syncs.models import Integration
from tenants import clock
from tenants.news import publish
from tenants.scope import require_tenant_id

# What COPY carries, in the order of the session table: first what is never text, then what always is.
_COLUMNS = (
    "ordinal",
    "line_no",
    "amount",
    "posted_at",
    "quantity",
    "transaction_type",
    "amount_type",
    "amount_description",
    "category",
    "marketplace",
    "order_ref",
    "adjustment_ref",
    "shipment_ref",
    "item_ref",
    "sku",
    "fulfillment",
)
_LOAD = """
CREATE TEMP TABLE settlement_load (
    ordinal integer, line_no integer, amount numeric, posted_at timestamptz, quantity integer,
    transaction_type text, amount_type text, amount_description text, category text, marketplace text,
    order_ref text, adjustment_ref text, shipment_ref text, item_ref text, sku text, fulfillment text
) ON COMMIT DROP
"""
_NULL = "\\N"
_CHUNK = 2000
_MOMENTS = 50_000  # remembered texts of moments: most repeat, and memory stays flat


@dataclass(frozen=True, slots=True)
class Stored:
    settlement: Settlement
    is_new: bool


@dataclass(slots=True)
class _Tally:
    """What one pass over the file adds up to, kept apart from what the database adds up later."""

    rows: int = 0
    total: Decimal = Decimal(0)
    marketplaces: Counter[str] | None = None

    def counted(self, components: Iterable[Component]) -> Iterator[Component]:
        seen: Counter[str] = Counter()
        for component in components:
            self.rows += 1
            self.total += component.amount
            seen[component.marketplace] += 1
            yield component
        self.marketplaces = seen

    def marketplace(self) -> str:
        """The one most rows name, without multi-channel orders; "" when no row names one."""
        own = [(n, name) for name, n in (self.marketplaces or {}).items() if is_marketplace(name)]
        return max(own)[1] if own else ""


def store(integration: Integration, document: SourceDocument) -> Stored:
    """Keep the settlement in the file. Raises Refused, with file and line, for what cannot be read one way only.

    The same settlement listed again (once per store of a unified account, or uploaded by hand) is
    known already; the same settlement with other figures is a new revision.
    """
    try:
        return _known(integration, document) or _store(integration, document)
    except IntegrityError:  # another worker read the same file at the same time, and was first
        known = _known(integration, document)
        if known is None:
            raise
        return known


def _known(integration: Integration, document: SourceDocument) -> Stored | None:
    found = Settlement.objects.filter(source=integration.source, document__blob_id=document.blob_id).first()
    return None if found is None else Stored(found, is_new=False)


def _store(integration: Integration, document: SourceDocument) -> Stored:
    version = mappings.published_version(integration.mapping_set)
    with files.opened(document) as source, transaction.atomic():
        reader = read_settlement(source, charset=document.blob.charset or None, catalogue=books.catalogue_for(version))
        tally = _Tally()
        _load(tally.counted(reader.components()))
        header = reader.settlement
        earlier = _earlier(integration, header.settlement_id, header.currency)
        if earlier is not None and (earlier.header_total, earlier.line_total) == (header.header_total, tally.total):
            return Stored(earlier, is_new=False)
        marketplace = tally.marketplace()
        owner = scopes.owner(integration, marketplace, header.currency)
        settlement = Settlement.objects.create(
            source=integration.source,
            integration=owner or integration,
            settlement_id=header.settlement_id,
            revision=earlier.revision + 1 if earlier else 1,
            marketplace=marketplace,
            currency=header.currency,
            period_start=header.period_start,
            period_end=header.period_end,
            deposit_at=header.deposit_at,
            header_total=header.header_total,
            line_total=tally.total,
            row_count=tally.rows,
            facts=_facts(reader.facts),
            document=document,
            supersedes=earlier,
        )
        _spread(settlement)
        _finish(settlement, owner)
        if earlier is not None:
            Settlement.objects.filter(pk=earlier.pk).update(state=Settlement.State.SUPERSEDED)
        publish("settlement.imported", settlement, rows=tally.rows, revision=settlement.revision)
    return Stored(settlement, is_new=True)


def recategorise(settlement: Settlement, decided: dict[tuple[str, str, str], str]) -> None:
    """Give stored rows that were unknown the kind a person has since said they are."""
    for (transaction_type, amount_type, amount_description), category in decided.items():
        SettlementLine.objects.filter(
            settlement_id=settlement.pk,
            category="",
            transaction_type=transaction_type,
            amount_type=amount_type,
            amount_description=amount_description,
        ).update(category=category)


def _earlier(integration: Integration, settlement_id: str, currency: str) -> Settlement | None:
    found = Settlement.objects.filter(source=integration.source, settlement_id=settlement_id, currency=currency)
    return found.exclude(state=Settlement.State.SUPERSEDED).order_by("-revision").first()


def _load(components: Iterable[Component]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS settlement_load")
        cursor.execute(_LOAD)
        with cursor.copy("COPY settlement_load FROM STDIN") as copy:
            for chunk in _chunks(components):
                copy.write(chunk)


def _chunks(components: Iterable[Component]) -> Iterator[str]:
    """COPY's text format. Cells hold no tab or line end (the reader split on them); a backslash is doubled."""
    moments: dict[datetime | None, str] = {None: _NULL}
    lines: list[str] = []
    for c in components:
        moment = moments.get(c.posted_at)
        if moment is None:
            if len(moments) > _MOMENTS:
                moments = {None: _NULL}
            moment = moments[c.posted_at] = str(c.posted_at)
        order = c.order_id or c.merchant_order_id
        quantity = _NULL if c.quantity is None else c.quantity
        texts = (
            f"{c.transaction_type}\t{c.amount_type}\t{c.amount_description}\t{c.category}\t{c.marketplace}\t{order}\t"
            f"{c.adjustment_id}\t{c.shipment_id}\t{c.order_item_code}\t{c.sku}\t{c.fulfillment}\n"
        )
        if "\\" in texts:
            texts = texts.replace("\\", "\\\\")
        lines.append(f"{c.ordinal}\t{c.line_no}\t{c.amount}\t{moment}\t{quantity}\t{texts}")
        if len(lines) >= _CHUNK:
            yield "".join(lines)
            lines.clear()
    if lines:
        yield "".join(lines)


def _spread(settlement: Settlement) -> None:
    columns = ", ".join(_COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO reconciliation_settlementline (tenant_id, settlement_id, {columns}) "  # noqa: S608 - fixed names
            f"SELECT %s, %s, {columns} FROM settlement_load",
            [require_tenant_id(), settlement.pk],
        )
        cursor.execute("DROP TABLE settlement_load")


def _finish(settlement: Settlement, owner: Integration | None) -> None:
    """What the stored rows say of themselves: sums by kind, the reserve at both ends, and whether we post it at all."""
    rows = SettlementLine.objects.filter(settlement_id=settlement.pk)
    sums = list(rows.values("category").annotate(rows=Count("ordinal"), amount=Sum("amount")).order_by("category"))
    settlement.categories = [{**row, "amount": str(row["amount"])} for row in sums]
    by_kind = {row["category"]: row["amount"] for row in sums}
    settlement.reserve_opening = by_kind.get("reserve_previous")
    closing = by_kind.get("reserve_current")
    settlement.reserve_closing = -closing if closing is not None else None
    settlement.lines_complete = True
    reason = left_out(settlement, owner)
    if reason:
        settlement.state, settlement.excluded_reason = Settlement.State.EXCLUDED, reason
    settlement.save()


def left_out(settlement: Settlement, owner: Integration | None) -> str:
    """Why the settlement is kept but not posted; "" when it is."""
    if owner is None:
        return gettext("%(marketplace)s is in no integration's scope") % {
            "marketplace": settlement.marketplace or settlement.currency
        }
    if owner.starts_on is None or settlement.deposit_at is None:
        return ""
    if clock.local_date(settlement.deposit_at, owner.timezone) >= owner.starts_on:
        return ""
    return gettext("deposited before %(day)s, where this integration starts") % {"day": owner.starts_on.isoformat()}


def _facts(facts: FileFacts) -> dict[str, Any]:
    return {
        "format_version": str(facts.format_version),
        "encoding": facts.encoding,
        "number_format": str(facts.number_format),
        "day_first": facts.day_first,
        "data_rows": facts.data_rows,
    }
