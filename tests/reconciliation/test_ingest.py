"""A file into stored rows: exactly as stated, all or nothing, in flat memory, and planned from the same reading."""

from __future__ import annotations

import gzip
import threading
import tracemalloc
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import DatabaseError

from benchmarks import settlement_file, shop
from canonical.problems import Refused
from connections import blobs, vault
from connections.models import SourceDocument
from reconciliation import ingest, ladders, loading, planning, summaries
from reconciliation.engine import RungName, Source, read_settlement
from reconciliation.models import Settlement, SettlementLine
from syncs.models import Integration
from tenants import clock
from tenants.scope import tenant_scope
from tests.reconciliation.engine.files import V2_COLUMNS, Row, header, row, tsv

SALE = "Order/ItemPrice/Principal"


@pytest.fixture
def integration(db: None) -> Iterator[Integration]:
    with tenant_scope(shop.tenant()):
        yield shop.integration()
    vault.forget_keys()


def kept(integration: Integration, content: bytes, name: str = "one.txt") -> SourceDocument:
    blob = blobs.keep(content, media_type="text/plain", origin="upload")
    made: SourceDocument = SourceDocument.objects.create(
        connection=integration.source, type="settlement_report", external_id=blob.sha256, blob=blob, file_name=name,
        fetched_at=clock.now(),
    )  # fmt: skip
    return made


def text_of(*rows: Row, total: str) -> bytes:
    return tsv(V2_COLUMNS, [header(total, "EUR"), *rows]).encode()


def readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "read-ahead"]


def test_every_cell_is_stored_as_stated(integration: Integration) -> None:
    skus = ["00123", "1E10", 'TEE 12" RED', "C:\\SHELF\\4", "\\N", "\\", "  padded ", "Größe 38", "名前", "\\.", "", "null"]
    rows = [row(SALE, "1.00", order=f"S{n}", sku=sku, quantity_purchased="2" if n % 2 else "") for n, sku in enumerate(skus)]
    rows += [
        {**row(SALE, "-7.1250", order="", merchant_order_id="M-1"), "posted-date": "", "posted-date-time": ""},
        row("other-transaction/other-transaction/Never \\ heard of", "0.00", marketplace=""),
    ]
    content = text_of(*rows, total="4.8750")
    stored = ingest.store(integration, kept(integration, content))
    lines = list(SettlementLine.objects.filter(settlement_id=stored.settlement.pk).order_by("ordinal"))
    found = [
        (
            line.ordinal, line.line_no, line.transaction_type, line.amount_type, line.amount_description, line.amount,
            line.category, line.posted_at, line.marketplace, line.order_ref, line.item_ref, line.sku, line.quantity,
        )
        for line in lines
    ]  # fmt: skip
    expected = [
        (
            c.ordinal, c.line_no, c.transaction_type, c.amount_type, c.amount_description, c.amount,
            c.category, c.posted_at, c.marketplace, c.order_id or c.merchant_order_id, c.order_item_code, c.sku, c.quantity,
        )
        for c in read_settlement(Source.from_bytes(content)).components()
    ]  # fmt: skip
    assert found == expected
    assert [line.sku for line in lines[:12]] == [sku.strip() for sku in skus]
    assert (stored.settlement.line_total, stored.settlement.row_count) == (Decimal("4.8750"), 14)


@pytest.mark.parametrize("broken", ["abc", ""])
def test_a_broken_row_deep_inside_stores_nothing(integration: Integration, broken: str) -> None:
    good = row(SALE, "1.00", order="A")
    document = kept(integration, text_of(*[good] * 30_000, {**good, "amount": broken}, *[good] * 9, total="30009.00"))
    with pytest.raises(Refused) as caught:
        ingest.store(integration, document)
    assert caught.value.problems[0].where.line == 30_003
    assert not Settlement.objects.exists()
    assert not SettlementLine.objects.exists()
    assert readers() == []


def test_a_database_that_fails_stops_the_reading(integration: Integration, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "_SPREAD", "INSERT INTO nowhere SELECT %s, %s")
    document = kept(integration, text_of(*[row(SALE, "1.00", order="A")] * 60_000, total="60000.00"))
    with pytest.raises(DatabaseError):
        ingest.store(integration, document)
    assert readers() == []


def test_the_same_settlement_in_other_bytes_is_known(integration: Integration) -> None:
    content = text_of(*[row(SALE, "1.00", order=f"O{n}") for n in range(500)], total="500.00")
    first = ingest.store(integration, kept(integration, content))
    again = ingest.store(integration, kept(integration, gzip.compress(content), "one.txt.gz"))
    assert first.is_new
    assert not again.is_new
    assert again.settlement.pk == first.settlement.pk
    assert SettlementLine.objects.count() == 500


def test_the_same_settlement_with_other_figures_is_a_revision(integration: Integration) -> None:
    first = ingest.store(integration, kept(integration, text_of(row(SALE, "1.00", order="A"), total="1.00")))
    second = ingest.store(integration, kept(integration, text_of(row(SALE, "2.00", order="A"), total="2.00")))
    assert (second.settlement.revision, second.settlement.supersedes_id) == (2, first.settlement.pk)
    first.settlement.refresh_from_db()
    assert first.settlement.state == Settlement.State.SUPERSEDED


def test_a_plan_uses_the_reading_that_stored_the_rows_and_a_later_one_the_file(
    integration: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    plain = summaries.summarise
    monkeypatch.setattr(summaries, "summarise", lambda source, **more: read.append(source.name) or plain(source, **more))
    rows = [row(SALE, "10.00", order=f"O{n}") for n in range(300)] + [row("Order/ItemFees/Commission", "-1.50", order="O1")]
    settlement = ingest.store(integration, kept(integration, text_of(*rows, total="2998.50"))).settlement
    planned = planning.plan(settlement)
    assert (planned.state, read) == (Settlement.State.READY, [])
    hashes = [document.current_revision.hash for document in ladders.documents_of(planned)]
    again = planning.plan(planned)
    assert read == ["one.txt"]
    assert [document.current_revision.hash for document in ladders.documents_of(again)] == hashes
    assert ladders.ladder(again).rung(RungName.PLANNED).amount == Decimal("2998.50")


def test_another_time_zone_is_read_again(integration: Integration, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    plain = summaries.summarise
    monkeypatch.setattr(summaries, "summarise", lambda source, **more: read.append(source.name) or plain(source, **more))
    settlement = ingest.store(integration, kept(integration, text_of(row(SALE, "10.00", order="A"), total="10.00"))).settlement
    settlement.integration.timezone = "Pacific/Auckland"
    planning.plan(settlement)
    assert read == ["one.txt"]


def test_memory_is_flat_in_the_number_of_lines(integration: Integration, tmp_path: Path) -> None:
    def peak(lines: int) -> int:
        path = tmp_path / f"{lines}.txt"
        stated = settlement_file.write(path, lines, seed=lines)
        document = kept(integration, path.read_bytes(), path.name)
        tracemalloc.start()
        stored = ingest.store(integration, document)
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert stored.settlement.row_count == lines
        assert stored.settlement.line_total == Decimal(stated.cents).scaleb(-2)
        return used

    peak(1000)
    monthly, yearly = peak(30_000), peak(120_000)
    assert yearly - monthly < 12 << 20
