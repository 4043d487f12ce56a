"""Goods in a company file: what is kept in stock, corrected once whatever gets lost, and seen when people count (S026)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connections import registry
from connections.contracts import AdjustsStock, ItemSpec, OutcomeKind, StockAdjustment, StockChange
from connections.errors import Failure, FailureKind
from connections.http import door_for
from connections.models import PolledCall, ReferenceCopy
from connections.providers.quickbooks_desktop import inventory, numbers, qbxml
from tenants.scope import tenant_scope
from tests.contracts import qbxml_schema

MUG, CUP, LOSSES = "80000020-1", "80000021-1", "80000005-1"
MARK = inventory.marker("tie-count-7")


@pytest.fixture
def one(desktop):
    made = desktop()
    made.read_lists()
    with tenant_scope(made.tenant):
        yield made


def item(one, name="MUG-BLUE-11"):
    return ReferenceCopy.objects.get(connection=one.connection, kind="item", name=name)


def settled(one, act, visits=8):
    for _visit in range(visits):
        try:
            return act(registry.provider("quickbooks_desktop").target, door_for(one.fresh(), "live"), one.fresh().account())
        except Failure as failure:
            if failure.kind is not FailureKind.QUEUED:
                raise
        one.poll()
    raise AssertionError("no answer in eight visits")


def adjustment(one, memo="Counted in November", **change: Any):
    return StockAdjustment(
        date(2026, 11, 14), one.account("Inventory Adjustments").key, (StockChange(item(one).external_id, **change),), memo
    )


def adjust(one, asked, request_id="tie-count-7"):
    return settled(one, lambda target, door, account: target.adjust_stock(door, account, asked, request_id=request_id))


def seen(one, name="MUG-BLUE-11"):
    """What our copy says of it after the next reading."""
    PolledCall.objects.filter(operation="list.item").delete()
    one.read_lists()
    return Decimal(item(one, name).facts["quantity"])


def held(one, name="MUG-BLUE-11"):
    """What the company file says of it."""
    asked = qbxml.message({1: qbxml.request("ItemInventoryQueryRq", {"FullName": name})}).decode()
    answered = qbxml.parsed(one.command("qbxml", xml=asked)["response"].encode())
    return Decimal(answered.findtext(".//QuantityOnHand"))


def counted(one):
    """Adjustments in the file besides those its goods began with."""
    return [each for each in one.documents("InventoryAdjustment") if each.get("RefNumber")]


# ------------------------------------------------------------------ letter for letter


def test_what_quickbooks_is_told_to_correct():
    changes = (StockChange(MUG, difference=Decimal("-3")), StockChange(CUP, counted=Decimal("12.50")))
    asked = StockAdjustment(date(2026, 11, 14), LOSSES, changes, "Broken & lost")
    written = qbxml.request("InventoryAdjustmentAddRq", inventory.add_body(asked, "tie-count-7"))
    assert written.decode() == (
        f"<InventoryAdjustmentAddRq><InventoryAdjustmentAdd><AccountRef><ListID>{LOSSES}</ListID></AccountRef>"
        f"<TxnDate>2026-11-14</TxnDate><RefNumber>{numbers.hashed('tie-count-7')}</RefNumber>"
        f"<Memo>Broken &amp; lost | {MARK}</Memo><ExternalGUID>{numbers.guid(MARK)}</ExternalGUID>"
        f"<InventoryAdjustmentLineAdd><ItemRef><ListID>{MUG}</ListID></ItemRef>"
        "<QuantityAdjustment><QuantityDifference>-3</QuantityDifference></QuantityAdjustment></InventoryAdjustmentLineAdd>"
        f"<InventoryAdjustmentLineAdd><ItemRef><ListID>{CUP}</ListID></ItemRef>"
        "<QuantityAdjustment><NewQuantity>12.5</NewQuantity></QuantityAdjustment></InventoryAdjustmentLineAdd>"
        "</InventoryAdjustmentAdd></InventoryAdjustmentAddRq>"
    )
    assert qbxml_schema.problems(qbxml.message({1: written}).decode()) == []


def test_an_item_that_is_kept_in_stock():
    spec = ItemSpec("Mug", "MUG-1", "80000004-1", "Mug, blue", price=Decimal("9.5"), cost_account=LOSSES, asset_account=CUP)
    body = {"Name": "MUG-1", **inventory.stocked_item(spec, "Mug, blue")}
    written = qbxml.request("ItemInventoryAddRq", {"ItemInventoryAdd": body})
    assert written.decode() == (
        "<ItemInventoryAddRq><ItemInventoryAdd><Name>MUG-1</Name><SalesDesc>Mug, blue</SalesDesc><SalesPrice>9.50</SalesPrice>"
        "<IncomeAccountRef><ListID>80000004-1</ListID></IncomeAccountRef>"
        f"<COGSAccountRef><ListID>{LOSSES}</ListID></COGSAccountRef><AssetAccountRef><ListID>{CUP}</ListID></AssetAccountRef>"
        "</ItemInventoryAdd></ItemInventoryAddRq>"
    )
    assert qbxml_schema.problems(qbxml.message({1: written}).decode()) == []


@pytest.mark.parametrize("wrong", [{}, {"difference": Decimal(1), "counted": Decimal(1)}])
def test_a_change_says_one_of_the_two(wrong):
    with pytest.raises(ValueError, match="either"):
        StockChange(MUG, **wrong)


def test_nothing_is_rounded():
    asked = StockAdjustment(date(2026, 11, 14), LOSSES, (StockChange(MUG, difference=Decimal("0.000001")),))
    with pytest.raises(ValueError, match="five decimals"):
        inventory.add_body(asked, "tie-count-7")


# ------------------------------------------------------------------ in the company file


def test_what_people_count_there_is_seen_by_the_next_reading(one):
    before = held(one)
    one.command("stock", item="MUG-BLUE-11", difference="-4")
    assert seen(one) == held(one) == before - 4
    assert item(one).facts["tracked"] is True
    assert "quantity" not in item(one, "Sundry Goods").facts


def test_an_item_in_stock_is_made_and_counted(one):
    spec = ItemSpec(
        "Bowl", "BOWL-1", one.account("Merchandise Sales").key, "Bowl, white", price=Decimal("14.90"),
        cost_account=one.account("Cost of Goods Sold").key, asset_account=one.account("Inventory Asset").key,
    )  # fmt: skip
    make = lambda target, door, account: target.create_item(door, account, spec, request_id="tie-item-1")  # noqa: E731
    made = settled(one, make)
    assert (made.facts["type"], made.facts["quantity"], made.facts["price"]) == ("Inventory", "0", "14.90")
    assert made.facts["account"] == one.account("Merchandise Sales").key
    changes = (StockChange(made.external_id, counted=Decimal(25)),)
    adjust(one, StockAdjustment(date(2026, 11, 14), one.account("Inventory Adjustments").key, changes))
    assert held(one, "BOWL-1") == 25


@pytest.mark.parametrize(
    ("arrange", "outcome"),
    [
        pytest.param(lambda one: None, OutcomeKind.CREATED, id="nothing"),
        pytest.param(lambda one: one.lose("drop-after-commit", "qbxml"), OutcomeKind.CREATED, id="the answer"),
        pytest.param(lambda one: one.lose("drop-before-commit", "qbxml"), OutcomeKind.CREATED, id="the request"),
        pytest.param(
            lambda one: one.lose_with_memory("InventoryAdjustmentAdd"), OutcomeKind.EXISTS, id="with what was kept of it"
        ),
        pytest.param(lambda one: one.trouble("crash", "InventoryAdjustmentAdd"), OutcomeKind.EXISTS, id="with QuickBooks"),
    ],
)
def test_goods_are_corrected_once_whatever_is_lost(one, arrange, outcome):
    before, spent = held(one), one.balance("Inventory Adjustments")
    asked = adjustment(one, difference=Decimal(-3))
    arrange(one)
    done = adjust(one, asked)
    assert done.kind is outcome
    again = adjust(one, asked)
    assert (again.external_id, again.kind) == (done.external_id, outcome)
    assert held(one) == before - 3
    (kept,) = counted(one)
    assert kept["ExternalGUID"] == numbers.guid(MARK)
    assert one.balance("Inventory Adjustments") > spent
    other = adjust(one, asked, "tie-count-8")
    assert other.external_id != done.external_id
    assert held(one) == before - 6


def test_an_adjustment_is_read_back_and_taken_back(one):
    before = held(one)
    asked = adjustment(one, counted=before + 5)
    done = adjust(one, asked)
    read = lambda target, door, account: target.read_adjustment(door, account, done.external_id)  # noqa: E731
    standing = settled(one, read)
    assert (standing.external_id, standing.number) == (done.external_id, done.number)
    assert standing.adjustment == adjustment(one, difference=Decimal(5))
    assert standing.value > 0
    assert held(one) == before + 5
    take = lambda target, door, account: target.remove_adjustment(  # noqa: E731
        door, account, done.external_id, done.external_version
    )
    assert settled(one, take).kind is OutcomeKind.CREATED
    assert settled(one, read) is None
    assert held(one) == before


def test_what_is_not_kept_in_stock_is_refused_with_their_words(one):
    changes = (StockChange(item(one, "Sundry Goods").external_id, difference=Decimal(1)),)
    done = adjust(one, StockAdjustment(date(2026, 11, 14), one.account("Inventory Adjustments").key, changes))
    assert done.kind is OutcomeKind.REJECTED
    assert done.problem is not None
    assert "inventory item" in done.problem.text()
    assert counted(one) == []


def test_the_target_says_that_it_can():
    assert isinstance(registry.provider("quickbooks_desktop").target, AdjustsStock)
