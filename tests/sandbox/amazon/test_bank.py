"""The statements of the sellers' banks: each paid payout once, failed ones not, the same lines in every format and download."""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from werkzeug.test import Client

from sandbox.app import App

SELLER, CURRENCY = "A2HARBOURPINE1", "USD"


def download(app: App, kind: str, **asked: str) -> str:
    answer = Client(app).get(f"/world/bank.{kind}", query_string={"seller": SELLER, "currency": CURRENCY, **asked})
    assert answer.status_code == 200, answer.text
    return answer.text


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def payouts(app: App) -> list[dict[str, Any]]:
    found = app.twins["amazon"].seeded()["payouts"]
    ours = [one for one in found if one["partnerMetadata"]["partnerId"] == SELLER and "amount" in one]
    return [one for one in ours if one["amount"]["currencyCode"] == CURRENCY]


def test_each_payout_that_was_paid_is_one_line_on_its_day(app: App) -> None:
    lines = {row["Description"]: row for row in rows(download(app, "csv", alone="1"))}
    paid = [one for one in payouts(app) if one["currentStatus"] == "PAID"]
    assert paid
    assert len(lines) == len(paid)
    for one in paid:
        line = next(row for text, row in lines.items() if one["traceId"] in text)
        month, day, year = line["Date"].split("/")
        assert f"{year}-{month}-{day}" == one["statusHistory"][-1]["lastUpdatedDate"][:10]
        assert Decimal(line["Amount"].replace(",", "")) == one["amount"]["currencyAmount"]


def test_a_failed_payout_leaves_no_line(app: App) -> None:
    failed = [one["traceId"] for one in payouts(app) if one["currentStatus"] == "FAILED"]
    assert failed
    text = download(app, "csv")
    assert not [trace for trace in failed if trace in text]


def test_the_formats_say_the_same_and_the_balance_runs(app: App) -> None:
    found = rows(download(app, "csv", since="2026-09-01"))
    amounts = [Decimal(row["Amount"].replace(",", "")) for row in found]
    balances = [Decimal(row["Balance"].replace(",", "")) for row in found]
    assert [after - before for before, after in pairwise(balances)] == amounts[1:]
    assert [Decimal(text) for text in re.findall(r"<TRNAMT>([-\d.]+)", download(app, "ofx", since="2026-09-01"))] == amounts
    camt = download(app, "camt053", since="2026-09-01")
    sides = re.findall(r"<Ntry><Amt Ccy=\"USD\">([\d.]+)</Amt><CdtDbtInd>(\w+)<", camt)
    assert [Decimal(amount) if side == "CRDT" else -Decimal(amount) for amount, side in sides] == amounts


def test_downloads_overlap_in_the_same_lines(app: App) -> None:
    ids = re.findall(r"<FITID>(\w+)", download(app, "ofx"))
    assert len(set(ids)) == len(ids)
    later = re.findall(r"<FITID>(\w+)", download(app, "ofx", since="2026-10-01"))
    assert later == ids[-len(later) :]
    assert "PARCEL POST" in download(app, "csv")


@pytest.mark.parametrize("asked", [{"seller": "nobody"}, {"since": "yesterday"}])
def test_what_is_not_there_is_refused(app: App, asked: dict[str, str]) -> None:
    answer = Client(app).get("/world/bank.csv", query_string={"seller": SELLER, "currency": CURRENCY, **asked})
    assert answer.status_code == 400
    assert Client(app).get("/world/bank.pdf", query_string={"seller": SELLER, "currency": CURRENCY}).status_code == 400
