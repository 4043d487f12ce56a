"""Reports that are asked for: queued, worked on, then done with a file, or cancelled for want of data.

The twin can write one of them, the returns that came back to Amazon's warehouses; any other type is accepted
and has nothing to tell (model `reports_2021-06-30`: a report without data is cancelled by itself).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.amazon import returns
from sandbox.amazon.calls import Call, bad_input, zulu
from sandbox.amazon.chain import digest
from sandbox.amazon.places import BY_ID, SELLERS, Marketplace, Seller
from sandbox.amazon.returns import Return
from sandbox.amazon.shops import Shops
from sandbox.world import World

NEVER_REQUESTED = "GET_V2_SETTLEMENT_REPORT"
QUEUED, WORKED_ON = timedelta(seconds=20), timedelta(seconds=45)
"""How old a request is when work on it begins, and when it ends."""


@dataclass(frozen=True, slots=True)
class Request:
    """One report somebody asked for."""

    id: str
    seller: Seller
    type: str
    places: tuple[Marketplace, ...]
    start: datetime
    end: datetime
    created: datetime

    @property
    def document_id(self) -> str:
        mark = digest("requested", self.seller.id, self.id)
        return f"amzn1.spdoc.1.4.{self.seller.region}.{mark[:8]}-{mark[8:12]}-{mark[12:16]}.T{mark[16:28].upper()}"

    def status(self, shops: Shops, now: datetime) -> str:
        age = now - self.created
        if age < WORKED_ON:
            return "IN_QUEUE" if age < QUEUED else "IN_PROGRESS"
        return "DONE" if self.returned(shops) else "CANCELLED"

    def returned(self, shops: Shops) -> list[Return]:
        """What it tells: returns of its span, as they were known when it was made."""
        if self.type != returns.REPORT_TYPE:
            return []
        until = min(self.end, self.created + WORKED_ON)
        return [
            one
            for place in self.places
            for one in returns.returns_of(shops, self.seller, place, until)
            if self.start <= one.at <= until
        ]

    def data(self, shops: Shops, now: datetime) -> dict[str, Any]:
        status = self.status(shops, now)
        fields = {
            "reportId": self.id,
            "reportType": self.type,
            "marketplaceIds": [place.id for place in self.places],
            "dataStartTime": zulu(self.start),
            "dataEndTime": zulu(self.end),
            "createdTime": zulu(self.created),
            "processingStatus": status,
        }
        if status != "IN_QUEUE":
            fields["processingStartTime"] = zulu(self.created + QUEUED)
        if status in ("DONE", "CANCELLED"):
            fields["processingEndTime"] = zulu(self.created + WORKED_ON)
        return {**fields, "reportDocumentId": self.document_id} if status == "DONE" else fields


def create_report(call: Call) -> dict[str, Any]:
    """`createReport`. Settlement reports are scheduled by Amazon, and cannot be asked for."""
    try:
        body = dict(json.loads(call.request.get_data()))
        kind, places = str(body["reportType"]), [str(place) for place in body["marketplaceIds"]]
        start, end = (_instant(body.get(name), call.now) for name in ("dataStartTime", "dataEndTime"))
    except (ValueError, KeyError, TypeError) as error:
        raise bad_input(f"the body needs reportType and marketplaceIds, and ISO 8601 date-times ({error})") from None
    if kind.startswith(NEVER_REQUESTED):
        raise bad_input(f"{kind} can't be requested: Amazon schedules it. List it with getReports.")
    if strangers := set(places) - {place.id for place in call.seller.marketplaces}:
        raise bad_input(f"the seller doesn't sell in {', '.join(sorted(strangers))}")
    if not places or start > end or max(start, end) > call.now + timedelta(minutes=5):
        raise bad_input("marketplaceIds must name a store, and the dates a span of the past")
    with call.world.db() as conn:
        number = 6 * 10**10 + conn.execute("SELECT count(*) FROM amazon_request").fetchone()[0]
        row = (str(number), call.seller.id, kind, ",".join(places), start.isoformat(), end.isoformat(), call.now.isoformat())
        conn.execute("INSERT INTO amazon_request VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    return {"reportId": str(number)}


def _instant(given: Any, now: datetime) -> datetime:
    at = datetime.fromisoformat(str(given)) if given else now
    return at if at.tzinfo else at.replace(tzinfo=now.tzinfo)


def requests_of(world: World, seller_id: str) -> Iterator[Request]:
    """What a seller's applications have asked for, the oldest first."""
    with world.db() as conn:
        rows = conn.execute("SELECT * FROM amazon_request WHERE seller_id = ? ORDER BY id", (seller_id,)).fetchall()
    for row in rows:
        places = tuple(BY_ID[place] for place in row["marketplaces"].split(","))
        start, end, created = (datetime.fromisoformat(row[name]) for name in ("start", "until", "created"))
        yield Request(row["id"], SELLERS[seller_id], row["type"], places, start, end, created)


def file_of(world: World, shops: Shops, seller_id: str, document_id: str) -> tuple[bytes, str] | None:
    """The gzipped file of a document and its charset; None when there is none such (yet)."""
    found = next((one for one in requests_of(world, seller_id) if one.document_id == document_id), None)
    if found is None or found.status(shops, world.now()) != "DONE":
        return None
    return returns.document(found.places, found.returned(shops))
