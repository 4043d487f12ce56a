"""The steps that speak to a source: list what is new, download it once, keep the bytes.

Registered here because every flow begins with them, whatever it does with the documents later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from connections import blobs
from connections.contracts import SettlementListing, Source
from connections.models import Connection, SourceDocument
from connections.registry import provider
from syncs.pipeline import Context
from syncs.runs import SETTLEMENTS
from syncs.steps import Discovery, Fate, ItemView, Lister, Page, Step, StepOutcome, register
from tenants import clock

SETTLEMENT_REPORT = "settlement_report"

# Reports appear in the listing up to a few hours after their creation date says (pending -> done).
_OVERLAP = timedelta(hours=12)


def source_of(connection: Connection) -> Source:
    source = provider(connection.provider).source
    if source is None:
        raise LookupError(f"{connection.provider} is not a source")
    return source


def list_settlements(ctx: Context, cursor: str) -> Iterator[Page]:
    """Pages of settlement reports since the watermark, all that are kept on the first sync, oldest first in a page."""
    connection = ctx.integration.source
    since = datetime.fromisoformat(cursor) - _OVERLAP if cursor else None
    wanted = _marketplaces(ctx.integration.marketplace_scope)
    latest = datetime.fromisoformat(cursor) if cursor else None
    listed: list[SettlementListing] = []
    for page in source_of(connection).settlement_pages(ctx.door(connection), connection.account(), since=since):
        listed += [listing for listing in page if not wanted or wanted & set(listing.marketplaces)]
        latest = max([listing.created_at for listing in page] + ([latest] if latest else []), default=None)
    # Settlements are numbered by time and build on each other: the whole list is put in order before any is taken.
    listed.sort(key=lambda listing: (listing.period_end or listing.created_at, listing.report_id))
    yield Page(found=[_discovery(listing) for listing in listed], cursor=latest.isoformat() if latest else "")


def download_settlement(ctx: Context, items: Sequence[ItemView]) -> list[StepOutcome]:
    """The report's bytes, kept before anything else happens to them."""
    return [_download(ctx, item) for item in items]


def _download(ctx: Context, item: ItemView) -> StepOutcome:
    connection = ctx.integration.source
    kept = SourceDocument.objects.filter(
        connection=connection, type=SETTLEMENT_REPORT, external_id=item.input["report_id"]
    ).first()
    if kept is None:
        listing = _listing(item)
        got = source_of(connection).download_settlement(ctx.door(connection), connection.account(), listing)
        blob = blobs.keep(got.content, media_type=got.media_type, charset=got.charset, origin=connection.provider)
        kept, _made = SourceDocument.objects.get_or_create(
            connection=connection,
            type=SETTLEMENT_REPORT,
            external_id=listing.report_id,
            revision="",
            defaults={
                "blob": blob,
                "file_name": f"{listing.report_id}.txt",
                "facts": {"marketplaces": list(listing.marketplaces), "encoding": got.encoding},
                "fetched_at": clock.now(),
            },
        )
    return StepOutcome(Fate.ONWARD, input={"source_document": kept.pk}, made=kept.blob.sha256)


def _discovery(listing: SettlementListing) -> Discovery:
    until = listing.period_end or listing.created_at
    return Discovery(
        record=f"{SETTLEMENT_REPORT}:{listing.report_id}",
        title=f"Settlement until {until:%d %b %Y}",
        input={
            "report_id": listing.report_id,
            "document_id": listing.document_id,
            "created_at": listing.created_at.isoformat(),
            "marketplaces": list(listing.marketplaces),
        },
    )


def _listing(item: ItemView) -> SettlementListing:
    return SettlementListing(
        report_id=item.input["report_id"],
        document_id=item.input["document_id"],
        created_at=datetime.fromisoformat(item.input["created_at"]),
        period_start=None,
        period_end=None,
        marketplaces=tuple(item.input["marketplaces"]),
    )


def _marketplaces(scope: str) -> set[str]:
    return set() if scope == "*" else {part.strip() for part in scope.split(",") if part.strip()}


def register_all() -> None:
    register(
        Lister(
            name="source.list_settlements@1",
            title="List settlements",
            makes="settlement_listing",
            stream=SETTLEMENTS,
            pages=list_settlements,
        )
    )
    register(
        Step(
            name="source.download_settlement@1",
            title="Download the file",
            takes="settlement_listing",
            makes="source_document",
            run=download_settlement,
        )
    )
