"""Products that KashFlow has are changed by their SKU (S079): only what is asked, and once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from canonical.accounting import AccountType
from connections.contracts import ItemChange, ItemSpec, ReferenceItem, UpdatesItems
from connections.errors import Failure
from connections.providers.kashflow import products, soap
from connections.providers.kashflow.client import Books
from connections.providers.kashflow.lists import by_sku
from connections.providers.kashflow.provider import target

from .twin import KashFlow

KEPT = {
    "id": 61, "ParentID": 401, "Name": "Mug", "Code": "MUG", "Description": "White", "Price": Decimal("8.50"),
    "VatRate": Decimal(20), "WholesalePrice": Decimal("4.10"), "Managed": 1, "QtyInStock": 100, "StockWarnQty": 5, "AutoFill": 1,
}  # fmt: skip


def update(books: KashFlow, **asked: Any) -> ReferenceItem | None:
    assert isinstance(target, UpdatesItems)
    return target.update_item(books.door, books.account, ItemChange(**{"sku": "MUG", **asked}))


def kept(books: KashFlow) -> dict[str, Any]:
    return dict(by_sku(Books(books.door, books.account), "MUG") or {})


def test_the_call_that_changes_a_product() -> None:
    sent = products.changed(KEPT, ItemChange("MUG", name="Mug,  blue", price=Decimal("9.25"), quantity=Decimal(40)))
    assert sent == {**KEPT, "Name": "Mug, blue", "Price": Decimal("9.25"), "QtyInStock": 40}
    body = soap.envelope("AddOrUpdateSubProduct", {"sp": sent}).decode()
    product = body[body.index("<ns0:sp>") : body.index("</ns0:sp>")].replace("ns0:", "")
    assert product == (
        "<sp><id>61</id><ParentID>401</ParentID><Name>Mug, blue</Name><Code>MUG</Code><Description>White</Description>"
        "<Price>9.25</Price><VatRate>20</VatRate><WholesalePrice>4.10</WholesalePrice><Managed>1</Managed>"
        "<QtyInStock>40</QtyInStock><StockWarnQty>5</StockWarnQty><AutoFill>1</AutoFill>"
    )


def test_what_is_not_asked_stays_as_it_is(books: KashFlow) -> None:
    books.command("stock", company=books.company_id, on=True)
    before = kept(books)
    item = update(books, price=Decimal("9.25"))
    assert item is not None
    assert (item.name, item.facts["price"], item.facts["quantity"]) == ("Mug", "9.25", 100)
    after = kept(books)
    assert {name for name in after if after[name] != before.get(name)} == {"Price"}
    item = update(books, name="Mug, blue", quantity=Decimal(40))
    assert item is not None
    assert (item.name, item.facts["price"], item.facts["quantity"]) == ("Mug, blue", "9.25", 40)
    assert books.target.find_references(books.door, books.account, "item", "sku", ["MUG"])[0].facts == item.facts


def test_the_same_again_is_not_written_again(books: KashFlow) -> None:
    books.twins.fault("kashflow", "drop-after-commit", "AddOrUpdateSubProduct", count=1)
    update(books, price=Decimal("9.25"))
    assert books.struck()
    update(books, price=Decimal("9.25"))
    assert books.calls("AddOrUpdateSubProduct") == ["AddOrUpdateSubProduct"]
    assert len(books.kept("Product")) == 1


def test_a_change_that_did_not_arrive_is_not_taken_for_done(books: KashFlow) -> None:
    books.twins.fault("kashflow", "drop-before-commit", "AddOrUpdateSubProduct", count=1)
    with pytest.raises(Failure):
        update(books, price=Decimal("9.25"))
    item = update(books, price=Decimal("9.25"))
    assert item is not None
    assert Decimal(kept(books)["Price"]) == Decimal("9.25")


def test_what_cannot_be_changed_is_said(books: KashFlow) -> None:
    assert update(books, sku="NONE", price=Decimal(1)) is None
    books.command("stock", company=books.company_id, on=True)
    with pytest.raises(Failure, match="whole_pieces"):
        update(books, quantity=Decimal("1.5"))
    income = books.existing(AccountType.INCOME)
    made = target.create_item(
        books.door, books.account, ItemSpec("Cup", "CUP", income.key, price=Decimal("3.20")), request_id="x"
    )
    assert made.facts["price"] == "3.20"
    with pytest.raises(Failure, match="stock_not_kept"):
        update(books, sku="CUP", quantity=Decimal(3))
    assert Decimal(books.target.find_references(books.door, books.account, "item", "sku", ["CUP"])[0].facts["price"]) == Decimal(
        "3.20"
    )
