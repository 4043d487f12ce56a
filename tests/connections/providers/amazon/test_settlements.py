"""Settlement reports: all ninety days listed, each downloaded once and handed on byte for byte."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from connections.errors import Failure, FailureKind


def sent(door, operation):
    return [exchange.request.url for exchange in door.exchanges if exchange.operation == operation]


def test_the_first_listing_takes_everything_amazon_keeps(seller):
    us = seller("na")
    listed = us.listings()
    expected = {settlement["settlement_id"] for settlement in us.seeded() if settlement["listed"]}
    assert len(expected) >= 15
    assert len({listing.report_id for listing in listed}) == len(listed) >= len(expected)
    assert all(listing.document_id and listing.created_at.tzinfo for listing in listed)
    first = dict(sent(us.door, "getReports")[0].params)
    assert first == {
        "reportTypes": "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2",
        "processingStatuses": "DONE",
        "pageSize": "100",
    }


def test_a_page_token_stands_alone(seller, monkeypatch):
    monkeypatch.setattr("connections.providers.amazon.reports.PAGE", 4)
    us = seller("na")
    pages = list(us.source.settlement_pages(us.door, us.account, since=None))
    assert len(pages) > 2
    assert [set(url.params) for url in sent(us.door, "getReports")[1:]] == [{"nextToken"}] * (len(pages) - 1)
    listed = [listing.report_id for page in pages for listing in page]
    assert len(listed) == len(set(listed))


def test_later_listings_look_back_two_days_before_the_last(seller):
    us = seller("na")
    since = datetime.now(UTC) - timedelta(days=20)
    recent = us.listings(since=since)
    asked = datetime.fromisoformat(dict(sent(us.door, "getReports")[0].params)["createdSince"])
    assert since - asked == timedelta(days=2, microseconds=since.microsecond)
    assert 0 < len(recent) < len(us.listings())


def test_a_long_pause_asks_for_the_whole_window_again(seller):
    us = seller("na")
    us.listings(since=datetime.now(UTC) - timedelta(days=200))
    assert "createdSince" not in dict(sent(us.door, "getReports")[0].params)


@pytest.mark.parametrize("region", ["na", "eu", "fe"])
def test_every_region_gives_its_files_as_they_are_stored(seller, region):
    ours = seller(region)
    charsets = set()
    for listing in ours.listings():
        file = ours.source.download_settlement(ours.door, ours.account, listing)
        assert file.encoding == "gzip"
        assert file.media_type == "text/plain"
        header = gzip.decompress(file.content).split(b"\n")[0].strip()
        assert header.split(b"\t")[0] == b"settlement-id"
        charsets.add(file.charset)
    assert charsets <= {"utf-8", "cp1252", "cp932", ""}
    assert {"na": {"utf-8", ""}, "eu": {"utf-8", "cp1252", ""}, "fe": {"cp932", "utf-8"}}[region] == charsets


def test_the_address_of_a_file_is_asked_without_credentials(seller):
    us = seller("na")
    us.source.download_settlement(us.door, us.account, us.listings()[0])
    request = next(exchange.request for exchange in us.door.exchanges if exchange.operation == "downloadDocument")
    assert "x-amz-access-token" not in request.headers
    assert "authorization" not in request.headers


def test_a_file_unpacked_on_the_way_is_not_unpacked_twice(seller):
    """An address served with Content-Encoding: the network layer has unpacked it when we see it."""
    us = seller("na")
    listing = us.listings()[0]
    real = us.door._exchange

    def exchange(request):
        if "/documents/" in request.url.path and "X-Amz-Signature" in str(request.url):
            packed = gzip.compress(b"settlement-id\tx\r\n1\ty\r\n")
            answer = httpx.Response(200, content=packed, headers={"content-encoding": "gzip", "content-type": "text/plain"})
            return 200, {"content-type": "text/plain"}, answer.content
        return real(request)

    us.door._exchange = exchange
    file = us.source.download_settlement(us.door, us.account, listing)
    assert (file.encoding, file.content[:13]) == ("", b"settlement-id")


def test_an_address_that_ran_out_is_asked_for_again(seller):
    us = seller("na")
    listing = us.listings()[0]
    real, late = us.door._exchange, iter([True])

    def exchange(request):
        if "X-Amz-Signature" in str(request.url) and next(late, False):
            us.twins.clock(shift=400)
            try:
                return real(request)
            finally:
                us.twins.clock(shift=-400)
        return real(request)

    us.door._exchange = exchange
    assert us.source.download_settlement(us.door, us.account, listing).content[:2] == b"\x1f\x8b"
    assert len(sent(us.door, "getReportDocument")) == 2


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        ("throttle", FailureKind.THROTTLED),
        ("500", FailureKind.UNAVAILABLE),
        ("503html", FailureKind.UNAVAILABLE),
        ("malformed", FailureKind.MALFORMED),
        ("drop-before-commit", FailureKind.UNAVAILABLE),
        ("revoke", FailureKind.NEEDS_RECONNECT),
    ],
)
def test_trouble_while_listing_is_a_failure_never_an_empty_list(seller, trouble, kind):
    us = seller("na")
    us.fault(trouble, "getReports", count=1)
    with pytest.raises(Failure) as failed:
        us.listings()
    assert failed.value.kind is kind


@pytest.mark.parametrize(
    ("trouble", "kind"), [("503html", FailureKind.UNAVAILABLE), ("drop-after-commit", FailureKind.UNAVAILABLE)]
)
def test_trouble_while_downloading_is_a_failure_never_a_short_file(seller, trouble, kind):
    us = seller("na")
    listing = us.listings()[0]
    us.fault(trouble, "document", count=1, **({"cut_at": 100} if trouble.startswith("drop") else {}))
    with pytest.raises(Failure) as failed:
        us.source.download_settlement(us.door, us.account, listing)
    assert failed.value.kind is kind


def test_an_expired_token_is_renewed_in_the_middle_of_a_listing(seller, monkeypatch):
    monkeypatch.setattr("connections.providers.amazon.reports.PAGE", 4)
    us = seller("na")
    pages = us.source.settlement_pages(us.door, us.account, since=None)
    listed = list(next(pages))
    us.twins.command("amazon", "expire")
    listed += [listing for page in pages for listing in page]
    assert us.door.refreshes == 1
    assert len(listed) == len(us.listings())


def test_reports_that_are_not_ready_are_left_for_later(seller):
    us = seller("na")
    before = us.listings()
    us.twins.command(
        "amazon", "report", settlement_id=next(s["settlement_id"] for s in us.seeded() if s["listed"]), status="IN_PROGRESS"
    )
    assert len(us.listings()) < len(before)
