"""Settlement reports: listed, never requested, and downloaded at once.

Amazon makes them by itself and keeps them 90 days, so the first listing takes the whole window. A
report's address lives five minutes and is fetched without credentials; its bytes are handed on as they
came, with what the server said of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from connections.contracts import Door, Download, SettlementListing
from connections.errors import Failure
from tenants.clock import now

from . import client, mapper

SETTLEMENT = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
PAGE = 100
RETAINED = timedelta(days=90)
# A report that was late at the last listing is seen again by the next.
OVERLAP = timedelta(days=2)


def settlement_pages(door: Door, region: str, *, since: datetime | None) -> Iterator[list[SettlementListing]]:
    """Every finished settlement report created since (less an overlap), each report once; None: all 90 days."""
    library = client.SettlementReports(door, region)
    seen: set[str] = set()
    for page in client.pages(lambda token: _page(library, token, since)):
        fresh = [listing for listing in page if listing.report_id not in seen]
        seen.update(listing.report_id for listing in fresh)
        yield fresh


def _page(library: Any, token: str, since: datetime | None) -> tuple[list[SettlementListing], str | None]:
    """One page; a page token stands alone in its request (model reports_2021-06-30, getReports)."""
    asked = {"nextToken": token} if token else _first(since)
    body = library.get_reports(**asked).payload
    reports = client.entries(body, "reports")
    listings = client.read(lambda: [listing for report in reports if (listing := mapper.listing(report))])
    return listings, client.next_token(body)


def _first(since: datetime | None) -> dict[str, Any]:
    """Without createdSince Amazon looks back 90 days, the most there is."""
    asked: dict[str, Any] = {"reportTypes": [SETTLEMENT], "processingStatuses": ["DONE"], "pageSize": PAGE}
    if since and since - OVERLAP > now() - RETAINED + timedelta(hours=1):
        asked["createdSince"] = client.zulu(since - OVERLAP)
    return asked


def download_settlement(door: Door, region: str, listing: SettlementListing) -> Download:
    """The file's bytes. An address that ran out meanwhile is asked for once more."""
    library = client.SettlementReports(door, region)
    try:
        return _fetch(door, library, listing)
    except Failure as failure:
        if failure.provider_code != "document_address":
            raise
    return _fetch(door, library, listing)


def _fetch(door: Door, library: Any, listing: SettlementListing) -> Download:
    body = library.get_report_document(listing.document_id).payload
    address = client.read(lambda: mapper.document_address(body))
    answer = door.call("downloadDocument", "GET", address, headers={"accept": "*/*"}, signed=False, expects="bytes")
    return mapper.download(answer.content, answer.headers.get("content-type", ""))
