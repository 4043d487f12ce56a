"""Rows side by side say of every row what the reader says of it, in regular and irregular files, wherever blocks are cut."""

from __future__ import annotations

from decimal import Decimal

import pytest

from canonical.problems import Refused
from reconciliation.engine import (
    Batches,
    Component,
    Source,
    Summary,
    compose,
    default_book,
    read_settlement,
    summarise,
    summary_for,
)
from tests.reconciliation.engine.files import V2_COLUMNS, Row, header, row, shared_samples, tsv, us_1, v1, v2
from tests.reconciliation.engine.generator import random_settlement

SALE = "Order/ItemPrice/Principal"


def as_texts(component: Component) -> tuple[str, ...]:
    c = component
    return (
        str(c.ordinal),
        str(c.line_no),
        f"{c.amount:f}",
        str(c.posted_at),
        str(c.quantity),
        f"{c.transaction_type}\t{c.amount_type}\t{c.amount_description}\t{c.category}",
        c.marketplace,
        c.order_id or c.merchant_order_id,
        c.adjustment_id,
        c.shipment_id,
        c.order_item_code,
        c.sku,
        c.fulfillment,
    )


def same(source: Source, charset: str | None = None) -> Batches:
    """The file in batches, proven equal to its rows one by one and to its sums taken alone."""
    reader = read_settlement(source, charset=charset)
    rows = [as_texts(component) for component in reader.components()]
    batches = Batches(source, summary_for(default_book("USD")), charset=charset, missing="None")
    found: list[tuple[str, ...]] = []
    total = 0
    for batch in batches:
        total += batch.units
        found += [tuple(cell.decode() for cell in cells) for cells in zip(*batch.columns, strict=True)]
        assert batch.rows == len(batch.columns[0])
        assert batch.escapes or not any(b"\\" in cell for column in batch.columns for cell in column)
    assert found == rows
    assert Decimal(total).scaleb(-4) == batches.summary.line_total
    assert (batches.reader.settlement, batches.reader.facts) == (reader.settlement, reader.facts)
    book = default_book("USD")
    assert compose(batches.summary, book) == compose(summarise(source, book=book, charset=charset), book)
    assert batches.summary.row_count == len(rows)
    return batches


@pytest.fixture(params=[1 << 18, 4000, 700])
def _blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciliation.engine.source.BLOCK", request.param)


@pytest.mark.usefixtures("_blocks")
def test_random_settlements() -> None:
    for seed in range(30):
        same(random_settlement(seed).source())


@pytest.mark.usefixtures("_blocks")
def test_the_samples() -> None:
    for path in sorted(shared_samples().glob("*.txt")):
        same(Source.from_path(path))


def awkward() -> list[Row]:
    """Cells as sellers and spreadsheets write them."""
    rows: list[Row] = [*us_1()[1:], *random_settlement(3).rows]
    skus = ["00123", "1E10", 'TEE 12" RED', "C:\\SHELF\\4", "\\N", "\\", "  padded ", "Größe 38", "名前", "\\.", ""]
    rows += [row(SALE, "1.00", order=f"S{n}", sku=sku, quantity_purchased="1") for n, sku in enumerate(skus)]
    rows += [
        row(SALE, "  5.00 ", order=" P "),
        row(SALE, "5", order="", merchant_order_id="M-1"),
        row(SALE, "-0.5", order=" ", merchant_order_id="M-2"),
        row(SALE, "1,234.00", order="Y"),
        row(SALE, "0.00", order="Z", currency="USD", quantity_purchased="x"),
        row(" Order /ItemPrice/ Principal", "1.00", order="W", quantity_purchased=" 02 "),
        row("CouponRedemptionFee/CouponRedemptionFee/Rédemption", "-1.00"),
        row("other-transaction/other-transaction/Unheard of", "-2.00", marketplace=""),
        {**row(SALE, "7.00", order="Q"), "posted-date-time": ""},
        {**row(SALE, "7.00", order="Q"), "posted-date-time": " "},
        {**row(SALE, "7.00", order="Q"), "posted-date": "", "posted-date-time": ""},
        row(SALE, "1.00", "2026-10-25T12:00:00+00:00"),
        row(SALE, "1.00", "2026-10-25 12:00:00 PDT"),
    ]
    return rows


@pytest.mark.usefixtures("_blocks")
def test_awkward_cells_among_usual_ones() -> None:
    rows = awkward()
    for at in range(0, len(rows), 3):
        same(v2(header("1.00"), *rows[at:], *rows[:at]))


@pytest.mark.usefixtures("_blocks")
@pytest.mark.parametrize(
    ("encoding", "sku"), [("cp1252", "Größe"), ("cp932", "商品ソ"), ("utf-8-sig", "Größe"), ("utf-8", "商品")]
)
def test_every_encoding_comes_out_as_utf8(encoding: str, sku: str) -> None:
    plain = [
        row(SALE, "1.00", order=f"O{n}", marketplace="Amazon.co.jp" if encoding == "cp932" else "Amazon.de") for n in range(40)
    ]
    rows = [*plain, row(SALE, "1.00", order="X", sku=sku), *plain]
    batches = same(Source.from_bytes(tsv(V2_COLUMNS, [header("81.00"), *rows]).encode(encoding), "f.txt"))
    assert batches.reader.facts.encoding == encoding


@pytest.mark.usefixtures("_blocks")
def test_line_ends_blank_lines_and_the_old_layout() -> None:
    rows = [header("80.00"), *[row(SALE, "1.00", order=f"O{n}") for n in range(80)]]
    same(v2(*rows, end="\r\n"))
    same(Source.from_bytes(tsv(V2_COLUMNS, rows).replace("\n", "\n\n", 9).encode(), "f.txt"))
    old = {"settlement-id": "11000000001", "transaction-type": "Order", "order-id": "A", "posted-date": "2026-10-25 12:00:00 UTC"}
    two = {
        **old,
        "price-type": "Principal",
        "price-amount": "9.00",
        "item-related-fee-type": "Commission",
        "item-related-fee-amount": "-1.00",
    }
    batches = same(v1(header("16.00"), two, two))
    assert batches.summary.row_count == 4


@pytest.mark.usefixtures("_blocks")
@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ({"amount": "abc"}, "settlement.not_an_amount"),
        ({"amount": ""}, "settlement.amount_missing"),
        ({"currency": "CAD"}, "settlement.mixed_currencies"),
        ({"settlement-id": "2"}, "settlement.mixed_settlements"),
        ({"posted-date-time": "2026-10-99 00:00:00 UTC"}, "settlement.not_a_date"),
        ({"posted-date-time": "2026-02-29 00:00:00 UTC"}, "settlement.not_a_date"),
        ({"sku": "A\0B"}, "settlement.binary"),
        ({"promotion-id": "a\tb"}, "settlement.too_many_cells"),
    ],
)
def test_a_broken_row_deep_inside_is_refused_with_its_line(broken: Row, code: str) -> None:
    good = row(SALE, "1.00", order="A")
    rows = [header("9000.00"), *[good] * 1000, {**good, **broken}, *[good] * 1000]
    with pytest.raises(Refused) as caught:
        list(Batches(v2(*rows), Summary()))
    problem = caught.value.problems[0]
    assert (problem.code, problem.where.line) == (code, 1003)


def test_a_row_too_long_beside_one_too_short_is_no_regular_block() -> None:
    """Together they have the right number of cells."""
    lines = tsv(V2_COLUMNS, [header("3.00"), *[row(SALE, "1.00", order="A")] * 500]).split("\n")
    lines[300] += "\t11000000001"
    lines[301] = lines[301].removeprefix("11000000001\t")
    with pytest.raises(Refused) as caught:
        list(Batches(Source.from_bytes("\n".join(lines).encode(), "f.txt"), Summary()))
    assert (caught.value.problems[0].code, caught.value.problems[0].where.line) == ("settlement.too_many_cells", 301)
