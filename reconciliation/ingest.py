"""A settlement file into the database: header and every row, in one transaction, or nothing at all.

The file is read once, straight from the kept bytes; `loading` has the rows stored while they are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Sum
from django.utils.translation import gettext

from canonical.problems import Problem, Refused, declare
from connections.models import SourceDocument
from reconciliation import books, files, loading, scopes, summaries
from reconciliation.engine import Batches, Catalogue, FileFacts, Summary
from reconciliation.models import Settlement, SettlementLine
from syncs import mappings
from syncs.models import Integration
from tenants import clock
from tenants.news import publish

WORSE_THAN_KNOWN = declare(
    "settlement.worse_than_known",
    "Settlement %(settlement)s is here already and adds up; the rows of this file add up to %(lines)s but it states %(header)s.",
    "Nothing was changed. If this should be a newer version, download the report again from Seller Central.",
)


@dataclass(frozen=True, slots=True)
class Stored:
    settlement: Settlement
    is_new: bool


def store(integration: Integration, document: SourceDocument) -> Stored:
    """Keep the settlement in the file. Raises Refused, with file and line, for what cannot be read one way only.

    The same settlement listed again (once per store of a unified account, or uploaded by hand) is
    known already; the same settlement with other figures is a new revision. A file that does not foot
    never takes the place of one that does; the right file brought again after a wrong one takes its place back.
    """
    try:
        return _known(integration, document) or _store(integration, document)
    except IntegrityError:  # another worker read the same file at the same time, and was first
        known = _known(integration, document)
        if known is None:
            raise
        return known


def _known(integration: Integration, document: SourceDocument) -> Stored | None:
    """The settlement read from these bytes before, unless another file has taken its place since."""
    read = Settlement.objects.filter(source=integration.source, document__blob_id=document.blob_id)
    found = read.exclude(state=Settlement.State.SUPERSEDED).first()
    return None if found is None else Stored(found, is_new=False)


def _store(integration: Integration, document: SourceDocument) -> Stored:
    version = mappings.published_version(integration.mapping_set)
    batches = Batches(
        files.source_of(document),
        summaries.begun(integration, version),
        charset=document.blob.charset or None,
        catalogue=books.catalogue_for(version),
        missing=loading.MISSING,
    )
    with transaction.atomic():
        number = _reserved_id()
        tally = loading.load(batches, number)
        header, facts = batches.reader.settlement, batches.reader.facts
        earlier = _earlier(integration, header.settlement_id, header.currency)
        if earlier is not None and _says_the_same(earlier, header.header_total, batches.summary):
            transaction.set_rollback(True)  # its rows are there already
            return Stored(earlier, is_new=False)
        if earlier is not None and earlier.header_total == earlier.line_total and header.header_total != tally.total:
            raise Refused(_worse(earlier, header.header_total, tally.total))
        marketplace = _spelled(integration, tally.marketplace())
        owner = scopes.owner(integration, marketplace, header.currency)
        settlement = Settlement.objects.create(
            pk=number,
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
            facts=_facts(facts),
            document=document,
            supersedes=earlier,
        )
        _finish(settlement, owner)
        if earlier is not None:
            Settlement.objects.filter(pk=earlier.pk).update(state=Settlement.State.SUPERSEDED)
        publish("settlement.imported", settlement, rows=tally.rows, revision=settlement.revision)
    summaries.hand_over(document, version, batches.summary)
    return Stored(settlement, is_new=True)


def _says_the_same(earlier: Settlement, header_total: Decimal | None, summary: Summary) -> bool:
    """Whether a file holds what is here already: the same totals, kind by kind (the layouts V1 and V2 differ in all else)."""
    kinds = {row["category"]: Decimal(row["amount"]) for row in earlier.categories}
    return earlier.header_total == header_total and kinds == {kind: amount for kind, _rows, amount in summary.categories()}


def recategorise(settlement: Settlement, catalogue: Catalogue) -> None:
    """Give stored rows that were unknown the kind that a person has since said they are."""
    for row in settlement.unclassified:
        words = {name: row[name] for name in ("transaction_type", "amount_type", "amount_description")}
        rule = catalogue.find(**words)
        if rule is not None:
            unknown = SettlementLine.objects.filter(settlement_id=settlement.pk, category="", **words)
            unknown.update(category=rule.category.value)


def _spelled(integration: Integration, marketplace: str) -> str:
    """The marketplace as the seller's account spells it: files write amazon.com and Amazon.com alike."""
    known = {str(each["name"]).casefold(): str(each["name"]) for each in integration.source.facts.get("marketplaces", [])}
    return known.get(marketplace.casefold(), marketplace)


def _worse(earlier: Settlement, header: Decimal | None, lines: Decimal) -> Problem:
    stated = gettext("nothing") if header is None else f"{header} {earlier.currency}"
    return Problem(WORSE_THAN_KNOWN, {"settlement": earlier.settlement_id, "lines": str(lines), "header": stated})


def _earlier(integration: Integration, settlement_id: str, currency: str) -> Settlement | None:
    found = Settlement.objects.filter(source=integration.source, settlement_id=settlement_id, currency=currency)
    return found.exclude(state=Settlement.State.SUPERSEDED).order_by("-revision").first()


def _reserved_id() -> int:
    """The number the settlement is going to have: its rows come first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [Settlement._meta.db_table])
        return int(cursor.fetchone()[0])


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
