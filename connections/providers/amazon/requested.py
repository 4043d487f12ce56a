"""A report that has to be asked for: ordered, waited for, and read row by row. It changes nothing at Amazon.

One made within the last hours is read again rather than ordered anew. A report without anything to tell is cancelled
by Amazon itself (model reports_2021-06-30, processingStatus).
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from canonical.problems import N_, Problem
from connections import errors
from connections.contracts import Door, Download, EntityPage, NoSuchPage
from connections.cursors import joined, pieces, whole
from connections.errors import Failure, FailureKind
from tenants.clock import now

from . import client, mapper
from .reports import SETTLEMENT

__all__ = ["REPORTS", "RETURNS", "SETTLEMENT", "page"]

RETURNS = "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA"
REPORTS = "/reports/2021-06-30/reports"
_DOCUMENTS = "/reports/2021-06-30/documents"
PAGE = 50
SPAN, FRESH = timedelta(days=90), timedelta(hours=3)
_NEWEST = timedelta(minutes=3)  # what is asked about must lie in Amazon's past, and clocks may differ
_UNDER_WAY = ("IN_QUEUE", "IN_PROGRESS")

WAITS = N_("Amazon is making the report. That takes a minute or two, and this page looks again by itself.")


def page(door: Door, region: str, places: Sequence[str], cursor: str) -> EntityPage:
    """Rows of the newest returns report; the cursor is the report's id, then its document's and how many rows were shown."""
    report_id, document_id, shown = pieces(cursor, 3)
    if not document_id:
        report = _report(door, region, report_id) if report_id else _newest(door, region) or _order(door, region, places)
        status = str(report.get("processingStatus") or "")
        if status in _UNDER_WAY:
            return EntityPage((), "license-plate-number", joined(str(report.get("reportId")), "", ""), WAITS)
        if status == "FATAL":
            raise Failure(
                FailureKind.UNAVAILABLE, Problem(errors.UNAVAILABLE, {"provider": client.PROVIDER, "detail": "the report failed"})
            )
        if status != "DONE":
            return EntityPage((), "license-plate-number")
        report_id, document_id = str(report.get("reportId")), str(report.get("reportDocumentId") or "")
    rows, start = _rows(_download(door, region, document_id)), whole(shown)
    following = joined(report_id, document_id, str(start + PAGE)) if start + PAGE < len(rows) else ""
    return EntityPage(tuple(rows[start : start + PAGE]), "license-plate-number", following)


def _newest(door: Door, region: str) -> Mapping[str, Any] | None:
    """The latest of the last hours that is done, or still can be; None when none was asked for."""
    params = {"reportTypes": RETURNS, "createdSince": client.zulu(now() - FRESH), "pageSize": 10}
    found = client.entries(client.get(door, region, "getReports", REPORTS, params), "reports")
    return next((report for report in found if report.get("processingStatus") != "FATAL"), None)


def _order(door: Door, region: str, places: Sequence[str]) -> Mapping[str, Any]:
    """A new one of the last 90 days; it is queued."""
    end = now() - _NEWEST
    body = {
        "reportType": RETURNS,
        "marketplaceIds": list(places)[:25],
        "dataStartTime": client.zulu(end - SPAN),
        "dataEndTime": client.zulu(end),
    }
    url = door.endpoints.urls[f"api_{region}"] + REPORTS
    answer = door.call("createReport", "POST", url, json=body, headers={"accept": "application/json"}, expects="json")
    report_id = client.read(lambda: mapper.text(client.answer_object(answer), "reportId"))
    return {"reportId": report_id, "processingStatus": "IN_QUEUE"}


def _report(door: Door, region: str, report_id: str) -> Mapping[str, Any]:
    return client.get(door, region, "getReport", f"{REPORTS}/{whole(report_id)}", {})


def _download(door: Door, region: str, document_id: str) -> Download:
    body = client.get(door, region, "getReportDocument", f"{_DOCUMENTS}/{_safe(document_id)}", {})
    address = client.read(lambda: mapper.document_address(body))
    answer = door.call("downloadDocument", "GET", address, headers={"accept": "*/*"}, signed=False, expects="bytes")
    return mapper.download(answer.content, answer.headers.get("content-type", ""))


def _safe(document_id: str) -> str:
    """A document's id stands in an address: nothing but what such ids are made of."""
    if not document_id.replace(".", "").replace("-", "").isalnum():
        raise NoSuchPage(document_id)
    return document_id


def _rows(file: Download) -> list[dict[str, str]]:
    """Tab-separated and unquoted, under the names of its first line."""
    content = gzip.decompress(file.content) if file.encoding == "gzip" else file.content
    lines = _text(content, file.charset).splitlines()
    return [dict(row) for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE, restval="", restkey="")]


def _text(content: bytes, charset: str) -> str:
    """In the charset the server names; a file of which nothing is said is UTF-8, or Windows' Latin."""
    for name in (charset, "utf-8-sig"):
        try:
            return content.decode(name) if name else content.decode("utf-8-sig")
        except UnicodeDecodeError:
            continue
    return content.decode("cp1252", "replace")
