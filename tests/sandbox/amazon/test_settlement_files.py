"""The files: they foot, they chain, they are written as each store writes them, and the story is in them."""

from __future__ import annotations

import csv
import gzip
import re
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from sandbox.app import App, create_app
from tests.sandbox.amazon.conftest import HARBOUR, KOALA, LAKESIDE, THISTLE, Amazon
from tests.sandbox.conftest import ANCHOR, NOW

Lines = list[dict[str, str]]


def lines_of(data: bytes, encoding: str = "utf-8") -> Lines:
    text = data.decode({"Windows-31J": "cp932", "": "cp1252"}.get(encoding, encoding))
    return list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE, restval=""))


def number(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


@pytest.fixture
def files(app: App) -> dict[str, list[tuple[bytes, str]]]:
    """By store: (file, charset) of each listed settlement, oldest first."""
    found: dict[str, dict[str, tuple[bytes, str]]] = {}
    stores = {
        one["settlement_id"]: f"{one['seller_id']}:{one['marketplace']}" for one in app.twins["amazon"].seeded()["settlements"]
    }
    for seller_id in (HARBOUR, LAKESIDE, THISTLE, KOALA):
        caller = Amazon(app, seller_id)
        for report in reversed(caller.reports()):
            answer = caller.file_of(report)
            data = gzip.decompress(answer.get_data())
            settlement_id = data.split(b"\n")[1].split(b"\t")[0].decode()
            charset = answer.headers["Content-Type"].partition("charset=")[2]
            found.setdefault(stores[settlement_id], {})[settlement_id] = (data, charset)
    return {store: list(by_id.values()) for store, by_id in found.items()}


def test_every_store_has_seven_settlements_to_list(files: dict[str, list[Any]]) -> None:
    assert {store: len(listed) for store, listed in files.items()} == {
        f"{HARBOUR}:US": 7, f"{HARBOUR}:CA": 7, f"{HARBOUR}:MX": 7, f"{LAKESIDE}:US": 7,
        f"{THISTLE}:UK": 7, f"{THISTLE}:DE": 7, f"{THISTLE}:ES": 7, f"{KOALA}:AU": 7, f"{KOALA}:JP": 7,
    }  # fmt: skip


def test_every_file_foots_but_the_one_that_should_not(files: dict[str, list[tuple[bytes, str]]]) -> None:
    differences = []
    for store, listed in files.items():
        for turn, (data, charset) in enumerate(listed):
            head, *rows = lines_of(data, charset)
            difference = number(head["total-amount"]) - sum((number(row["amount"]) for row in rows), Decimal(0))
            if difference:
                differences.append((store, turn, difference))
    assert differences == [(f"{THISTLE}:UK", 6, Decimal("0.01"))]


def test_what_is_kept_back_is_given_back_in_the_next_file(files: dict[str, list[tuple[bytes, str]]]) -> None:
    def amount_of(rows: Lines, description: str) -> Decimal:
        return sum((number(row["amount"]) for row in rows if row["amount-description"] == description), Decimal(0))

    pairs = 0
    for listed in files.values():
        parsed = [lines_of(data, charset) for data, charset in listed]
        for before, after in pairwise(parsed):
            total = number(before[0]["total-amount"])
            assert amount_of(after, "Previous Reserve Amount Balance") == -amount_of(before, "Current Reserve Amount")
            assert amount_of(after, "Payable to Amazon") == min(total, Decimal(0))
            assert amount_of(after, "Successful charge") == -min(total, Decimal(0))
            assert after[0]["settlement-start-date"] == before[0]["settlement-end-date"]
            pairs += 1
    assert pairs == 54


def test_rows_lie_within_their_period_and_some_periods_cross_a_month(files: dict[str, list[tuple[bytes, str]]]) -> None:
    crossing = 0
    for data, charset in files[f"{HARBOUR}:US"]:
        head, *rows = lines_of(data, charset)
        start, end = head["settlement-start-date"], head["settlement-end-date"]
        assert all(start <= row["posted-date-time"] <= end for row in rows)
        crossing += len({row["posted-date"][:7] for row in rows}) > 1
    assert crossing == 3


def test_tax_collected_in_the_us_is_withheld_again(files: dict[str, list[tuple[bytes, str]]]) -> None:
    for data, charset in files[f"{HARBOUR}:US"]:
        taxes: dict[str, Decimal] = {}
        for row in lines_of(data, charset)[1:]:
            if row["amount-description"] in ("Tax", "ShippingTax") or row["amount-type"] == "ItemWithheldTax":
                key = f"{row['order-id']} {row['transaction-type']}"
                taxes[key] = taxes.get(key, Decimal(0)) + number(row["amount"])
        assert taxes
        assert set(taxes.values()) == {Decimal(0)}


def test_british_files_hold_all_three_cases_of_vat(files: dict[str, list[tuple[bytes, str]]]) -> None:
    cases = set()
    for data, charset in files[f"{THISTLE}:UK"]:
        orders: dict[str, set[str]] = {}
        for row in lines_of(data, charset)[1:]:
            if row["transaction-type"] == "Order":
                orders.setdefault(row["order-id"], set()).update((row["amount-type"], row["amount-description"]))
        cases |= {("Tax" in kinds, "ItemWithheldTax" in kinds) for kinds in orders.values()}
    assert cases == {(False, False), (True, False), (True, True)}


@pytest.mark.parametrize(
    ("store", "charset", "total", "end_date", "newline"),
    [
        (f"{HARBOUR}:US", "UTF-8", r"-?\d+\.\d\d", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", b"\n"),
        (f"{THISTLE}:UK", "UTF-8", r"-?\d+\.\d\d", r"\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d UTC", b"\r\n"),
        (f"{THISTLE}:DE", "Cp1252", r"-?\d+,\d\d", r"\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d UTC", b"\r\n"),
        (f"{THISTLE}:ES", "", r"-?\d+,\d\d", r"\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d UTC", b"\r\n"),
        (f"{KOALA}:AU", "UTF-8", r"-?\d+\.\d\d", r"\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d UTC", b"\n"),
        (f"{KOALA}:JP", "Windows-31J", r"-?\d+", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", b"\n"),
    ],
)
def test_a_file_is_written_as_its_store_writes(
    files: dict[str, list[tuple[bytes, str]]], store: str, charset: str, total: str, end_date: str, newline: bytes
) -> None:  # fmt: skip
    data, given = files[store][0]
    assert given == charset
    head, *rows = lines_of(data, given)
    assert len(head) == 24
    assert re.fullmatch(total, head["total-amount"])
    assert re.fullmatch(end_date, head["settlement-end-date"])
    assert head["transaction-type"] == ""
    assert all(row["currency"] == "" for row in rows)
    assert (b"\r\n" in data) is (newline == b"\r\n")


def test_japanese_text_is_in_the_japanese_file(files: dict[str, list[tuple[bytes, str]]]) -> None:
    texts = "".join(data.decode("cp932") for data, _ in files[f"{KOALA}:JP"])
    assert "春の感謝祭" in texts
    assert "PointsGranted" in texts


def test_canadian_files_leave_out_trailing_tabs(files: dict[str, list[tuple[bytes, str]]]) -> None:
    data, _ = files[f"{HARBOUR}:CA"][0]
    assert not any(line.endswith(b"\t") for line in data.split(b"\n"))


def test_identical_rows_are_there_and_real(files: dict[str, list[tuple[bytes, str]]]) -> None:
    repeated = 0
    for listed in files.values():
        for data, _ in listed:
            lines = data.splitlines()
            repeated += len(lines) - len(set(lines))
    assert repeated > 0


def test_the_story_is_told_once_each(app: App) -> None:
    seeded = app.twins["amazon"].seeded()
    listed = [one for one in seeded["settlements"] if one["listed"]]
    told = {
        (one["marketplace"], event["code"])
        for one in listed
        for event in one["events"]
        if event["code"] != "loan_repayment"
    }  # fmt: skip
    assert told == {
        ("US", "negative"), ("US", "payout_failed"), ("UK", "negative"), ("AU", "all_reserved"),
        ("DE", "paid_with_another"), ("ES", "paid_with_another"), ("DE", "debt_from_another_store"),
        ("ES", "debt_to_another_store"), ("ES", "micro_deposit"),
    }  # fmt: skip
    assert [(one["marketplace"], one["trouble_codes"][0]) for one in seeded["troubled"]] == [
        ("CA", "unknown_type"), ("UK", "does_not_foot"),
    ]  # fmt: skip


def test_trouble_stands_last_in_its_chain(app: App) -> None:
    for one in app.twins["amazon"].seeded()["troubled"]:
        later = [
            other for other in app.twins["amazon"].seeded()["settlements"]
            if (other["seller_id"], other["marketplace"]) == (one["seller_id"], one["marketplace"]) and other["end"] > one["end"]
        ]  # fmt: skip
        assert later == []


def test_the_same_world_gives_the_same_bytes_after_a_restart(app: App) -> None:
    caller = Amazon(app, HARBOUR)
    first = [caller.file_of(report).get_data() for report in caller.reports()[:3]]
    again = create_app(app.world.store.path)
    assert again.world.anchor == ANCHOR
    assert again.world.now() == NOW
    other = Amazon(again, HARBOUR)
    assert [other.file_of(report).get_data() for report in other.reports()[:3]] == first
    again.close()


def test_a_store_can_be_made_busy(app: App) -> None:
    twin = app.twins["amazon"]
    twin.command("bulk", {"seller": LAKESIDE, "marketplace": "US", "orders": 2000})
    busy = max(one["rows"] for one in twin.seeded()["settlements"] if one["seller_id"] == LAKESIDE)
    assert busy > 10_000
    caller = Amazon(app, LAKESIDE)
    head, *rows = lines_of(gzip.decompress(caller.file_of(caller.reports()[0]).get_data()))
    assert number(head["total-amount"]) == sum((number(row["amount"]) for row in rows), Decimal(0))
    twin.command("bulk", {"seller": LAKESIDE, "marketplace": "US", "orders": 500, "number": 9})
    sizes = [one["rows"] for one in twin.seeded()["settlements"] if one["seller_id"] == LAKESIDE]
    assert sizes[8] > 2500
    assert max(sizes[:8]) < 200
    twin.command("bulk", {"seller": LAKESIDE, "marketplace": "US", "orders": None})
    assert max(one["rows"] for one in twin.seeded()["settlements"] if one["seller_id"] == LAKESIDE) < 200


@pytest.mark.parametrize("seed", [2, 3, 5, 8])
def test_other_seeds_foot_and_tell_the_same_story(tmp_path: Any, seed: int) -> None:
    app = create_app(tmp_path / str(seed), seed=seed, anchor=ANCHOR)
    app.world.clock.freeze(NOW)
    for one in app.twins["amazon"].seeded()["settlements"]:
        difference = Decimal(one["header_total"]) - Decimal(one["line_total"])
        troubled = one["trouble_codes"]
        assert difference == (Decimal("0.01") if "does_not_foot" in troubled else 0)
        codes = [event["code"] for event in one["events"]]
        if "negative" in codes:
            assert Decimal(one["header_total"]) < 0
        assert datetime.fromisoformat(one["end"]) < NOW
    app.close()
