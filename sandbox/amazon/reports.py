"""Reports 2021-06-30: settlement reports are made by Amazon, and can only be listed and fetched; others are asked for.

A unified account lists the same settlement once for each of its stores: different report and document
ids, the same file. Reports are kept for 90 days; a document's address is good for five minutes and asks
for no headers (model `reports_2021-06-30`, usage notes in Amazon's guide).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.amazon.calls import Call, bad_input, not_found, pack, unpack, zulu
from sandbox.amazon.chain import Settlement, digest
from sandbox.amazon.flatfile import REPORT_TYPE, document
from sandbox.amazon.places import SELLERS, Marketplace, Seller
from sandbox.amazon.requested import file_of, requests_of
from sandbox.amazon.shops import Shops
from sandbox.world import World, origin

RETENTION = timedelta(days=90)
URL_LIFE = timedelta(minutes=5)
STATUSES = ("CANCELLED", "DONE", "FATAL", "IN_PROGRESS", "IN_QUEUE")
FILTERS = ("reportTypes", "processingStatuses", "marketplaceIds", "createdSince", "createdUntil", "pageSize")
OVERRIDES, REISSUES = "amazon.reports", "amazon.reissues"
_KEY = b"the twin's own, worth nothing elsewhere"


@dataclass(frozen=True)
class Report:
    """A settlement as one store of the account lists it; `issue` 2 and up are later versions of its file."""

    settlement: Settlement
    place: Marketplace
    created: datetime
    status: str = "DONE"
    issue: int = 1

    @property
    def id(self) -> str:
        return str(5 * 10**10 + int(digest("report", self.settlement.id, self.place.code, str(self.issue))[:12], 16) % 10**10)

    @property
    def document_id(self) -> str:
        mark = digest("document", self.settlement.id, self.place.code, str(self.issue))
        return f"amzn1.spdoc.1.4.{self.settlement.seller.region}.{mark[:8]}-{mark[8:12]}-{mark[12:16]}.T{mark[16:28].upper()}"

    def data(self) -> dict[str, Any]:
        settlement = self.settlement
        fields = {
            "reportId": self.id,
            "reportType": REPORT_TYPE,
            "marketplaceIds": [self.place.id],
            "dataStartTime": zulu(settlement.start),
            "dataEndTime": zulu(settlement.end),
            "createdTime": zulu(self.created),
            "processingStatus": self.status,
            "processingStartTime": zulu(self.created),
        }
        if self.status == "DONE":
            fields |= {"processingEndTime": zulu(self.created + timedelta(seconds=40)), "reportDocumentId": self.document_id}
        return fields


def reports_of(world: World, shops: Shops, seller: Seller) -> Iterator[Report]:
    """Every report of the seller that exists by now and is still kept."""
    now, overrides, reissues = world.now(), world.store.get(OVERRIDES, {}), world.store.get(REISSUES, [])
    for settlement in shops.settlements(seller):
        own = [again for again in reissues if again["settlement_id"] == settlement.id]
        yield from (_reissued(settlement, again, turn) for turn, again in enumerate(own, 2))
        if settlement.end + settlement.ready < now - RETENTION - timedelta(days=1):
            continue
        for turn, place in enumerate(seller.marketplaces):
            created = settlement.end + settlement.ready + timedelta(minutes=11 * turn)
            if now - RETENTION <= created <= now:
                yield Report(settlement, place, created, overrides.get(settlement.id, "DONE"))


def first_of(settlement: Settlement) -> Report:
    """The report under which a settlement is listed first."""
    return Report(settlement, settlement.seller.marketplaces[0], settlement.end + settlement.ready)


def _reissued(settlement: Settlement, again: dict[str, Any], issue: int) -> Report:
    """A later version: one row and the header changed by the same amount, so that it foots like the first."""
    rows, number, delta = list(settlement.rows), int(again["row"]), Decimal(again["delta"])
    rows[number] = replace(rows[number], amount=rows[number].amount + delta)
    altered = replace(settlement, rows=tuple(rows), total=settlement.total + delta)
    return Report(altered, settlement.place, datetime.fromisoformat(again["at"]), issue=issue)


def get_reports(call: Call) -> dict[str, Any]:
    """`getReports`: newest first; the next page by `nextToken` and nothing else."""
    token = call.one("nextToken")
    if token:
        if any(call.one(name) for name in FILTERS):
            raise bad_input("nextToken must be the only parameter")
        query = unpack(token)
    else:
        query = _query(call)
    found = [report for report in _all(call) if _matches(report, query)]
    end = query["offset"] + query["size"]
    answer: dict[str, Any] = {"reports": found[query["offset"] : end]}
    if end < len(found):
        answer["nextToken"] = pack({**query, "offset": end})
    return answer


def _query(call: Call) -> dict[str, Any]:
    types = call.many("reportTypes", 10)
    if not types:
        raise bad_input("reportTypes or nextToken is required")
    oldest = call.now - RETENTION
    since = call.instant("createdSince") or oldest
    until = call.instant("createdUntil") or call.now
    if since < oldest - timedelta(minutes=5):
        raise bad_input("createdSince is more than 90 days ago")
    return {
        "types": types,
        "statuses": call.choice("processingStatuses", STATUSES),
        "places": call.many("marketplaceIds", 10),
        "since": zulu(since),
        "until": zulu(until),
        "size": call.whole("pageSize", 10, 1, 100),
        "offset": 0,
    }


def _all(call: Call) -> list[dict[str, Any]]:
    listed = [report.data() for report in reports_of(call.world, call.shops, call.seller)]
    asked = [one.data(call.shops, call.now) for one in requests_of(call.world, call.seller.id)]
    return sorted([*listed, *asked], key=lambda report: (report["createdTime"], report["reportId"]), reverse=True)


def _matches(report: dict[str, Any], query: dict[str, Any]) -> bool:
    return (
        report["reportType"] in query["types"]
        and (not query["statuses"] or report["processingStatus"] in query["statuses"])
        and (not query["places"] or bool(set(report["marketplaceIds"]) & set(query["places"])))
        and query["since"] <= report["createdTime"] <= query["until"]
    )


def get_report(call: Call) -> dict[str, Any]:
    for report in _all(call):
        if report["reportId"] == call.path["reportId"]:
            return report
    raise not_found(f"report {call.path['reportId']}")


def get_report_document(call: Call) -> dict[str, Any]:
    """Where to fetch the file, gzipped; the address is signed and dated."""
    wanted = call.path["reportDocumentId"]
    made = any(wanted == report.document_id for report in reports_of(call.world, call.shops, call.seller))
    if not made and file_of(call.world, call.shops, call.seller.id, wanted) is None:
        raise not_found(f"document {wanted}")
    encoding = "gzip" if call.one("enableContentEncodingUrlHeader") == "true" else "identity"
    stamp = f"{call.now:%Y%m%dT%H%M%SZ}"
    query = (
        f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={stamp}&X-Amz-Expires={int(URL_LIFE.total_seconds())}"
        f"&response-content-encoding={encoding}&X-Amz-Signature={_signature(wanted, stamp, encoding)}"
    )
    url = f"{origin(call.request)}{call.request.script_root}/documents/{call.seller.id}/{wanted}?{query}"
    return {"reportDocumentId": wanted, "url": url, "compressionAlgorithm": "GZIP"}


def _signature(document_id: str, stamp: str, encoding: str) -> str:
    return hmac.new(_KEY, f"{document_id}|{stamp}|{encoding}".encode(), hashlib.sha256).hexdigest()


def serve_document(world: World, shops: Shops, request: Request, seller_id: str, document_id: str) -> Response:
    """The stored file itself, as an object store serves it: no tokens, the signature is the permission."""
    stamp, encoding = request.args.get("X-Amz-Date", ""), request.args.get("response-content-encoding", "")
    if not hmac.compare_digest(_signature(document_id, stamp, encoding), request.args.get("X-Amz-Signature", "")):
        return _store_error(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.")
    if world.now() > datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) + URL_LIFE:
        return _store_error(403, "AccessDenied", "Request has expired")
    seller = SELLERS.get(seller_id)
    for report in reports_of(world, shops, seller) if seller else ():
        if report.document_id == document_id:
            return _file(document(report.settlement), report.settlement.place.style.charset, encoding)
    asked = file_of(world, shops, seller_id, document_id) if seller else None
    return _file(*asked, encoding) if asked else _store_error(404, "NoSuchKey", "The specified key does not exist.")


def _file(data: bytes, charset: str, encoding: str) -> Response:
    response = Response(data, content_type=f"text/plain; charset={charset}" if charset else "text/plain")
    response.set_etag(hashlib.md5(data, usedforsecurity=False).hexdigest())
    if encoding == "gzip":
        response.headers["Content-Encoding"] = "gzip"
    return response


def _store_error(status: int, code: str, message: str) -> Response:
    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(xml, status=status, content_type="application/xml")


def override(world: World, settlement_id: str, status: str) -> None:
    """Let the reports of a settlement stand at a status (FATAL, IN_PROGRESS ...); DONE puts them right again."""
    if status not in STATUSES:
        raise ValueError(f"no such status: {status}")
    world.store.put(OVERRIDES, {**world.store.get(OVERRIDES, {}), settlement_id: status})


def reissue(world: World, settlement: Settlement, row: int, delta: Decimal) -> None:
    """List the settlement once more from now on, with row `row` (from 0) and the header changed by `delta`."""
    if not 0 <= row < len(settlement.rows):
        raise ValueError(f"the settlement has {len(settlement.rows)} rows")
    again = {"settlement_id": settlement.id, "row": row, "delta": str(delta), "at": world.now().isoformat()}
    world.store.put(REISSUES, [*world.store.get(REISSUES, []), again])
