"""Customers and items: made once, found by name, SKU and e-mail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connections.contracts import ItemSpec, PartySpec
from connections.errors import Failure, FailureKind
from connections.providers.quickbooks_online import lists


def party(books, name, **more):
    return books.target.create_party(
        books.door, books.account, PartySpec(name, **more), request_id=f"p{len(books.door.exchanges)}"
    )


def item(company, name, sku="", account="", **more):
    account = account or company.make("Amazon Sales", "Income", "SalesOfProductIncome")
    spec = ItemSpec(name, sku, account, **more)
    return company.target.create_item(company.door, company.account, spec, request_id=f"i{len(company.door.exchanges)}")


def find(company, kind, by, *values):
    return company.target.find_references(company.door, company.account, kind, by, values)


def test_a_customer_with_all_we_know(company):
    us = company("us")
    made = party(us, "Dana: Osei\tand\nCo", email="d@example.test", company="Osei Ltd", address=("4 Quay St", "Leeds"))
    assert made.name == "Dana Osei and Co"
    assert (made.facts["email"], made.facts["currency"], made.facts["company"]) == ("d@example.test", "USD", "Osei Ltd")
    assert made.body["BillAddr"] == {"Line1": "4 Quay St", "Line2": "Leeds"}


@given(st.text(max_size=300))
def test_names_fit_every_list(name):
    cleaned = lists.clean(name)
    assert 0 < len(cleaned) <= 100
    assert not set(cleaned) & set(":\t\r\n")
    assert lists.clean(cleaned) == cleaned


def test_a_name_that_a_supplier_has_gets_one_of_its_own(company):
    us = company("us")
    made, again = party(us, "Amazon"), party(us, "Amazon")
    assert (made.name, again.external_id) == ("Amazon (customer)", made.external_id)


def test_a_customer_of_another_currency_is_another_customer(company):
    multi = company("multi")
    home, euros, again = (party(multi, "Amazon.de buyers", currency=code) for code in ("USD", "EUR", "EUR"))
    assert [item.facts["currency"] for item in (home, euros)] == ["USD", "EUR"]
    assert euros.name == "Amazon.de buyers (EUR)"
    assert again.external_id == euros.external_id


def test_a_customer_whose_answer_was_lost_is_not_made_twice(company):
    us = company("us")
    us.fault("drop-after-commit", "customer.create", count=1)
    made = party(us, "Lost and found")
    assert [one.external_id for one in find(us, "customer", "name", "Lost and found")] == [made.external_id]


def test_a_customer_that_was_never_written_is_a_failure(company):
    us = company("us")
    us.fault("drop-before-commit", "customer.create", count=1)
    with pytest.raises(Failure) as failed:
        party(us, "Never there")
    assert failed.value.kind is FailureKind.UNKNOWN_OUTCOME


def test_a_product_with_a_sku_and_a_service_without(company):
    us = company("us")
    product, service = item(us, "Mug: blue", "MUG-BLUE", description="Mug", taxable=True), item(us, "Amazon shipping")
    assert (product.name, product.facts["type"], product.facts["sku"]) == ("Mug blue", "NonInventory", "MUG-BLUE")
    assert (product.facts["taxable"], service.facts["type"]) == (True, "Service")
    assert product.facts["account"] == service.facts["account"] != ""


def test_an_item_of_that_sku_or_name_is_returned_instead(company):
    us = company("us")
    made = item(us, "Mug", "MUG-1")
    assert item(us, "Another name", "MUG-1").external_id == made.external_id
    assert item(us, "mug").external_id == made.external_id


def test_what_is_sold_may_book_to_a_liability(company):
    us = company("us")
    tax = us.make("Amazon Marketplace Tax", "Other Current Liability", "OtherCurrentLiabilities")
    assert item(us, "Marketplace tax", account=tax).facts["account"] == tax


def test_a_hundred_skus_are_found_with_few_questions(company):
    us = company("us")
    for number in range(6):
        item(us, f"Item {number}", f"SKU-{number:04}")
    before = len(us.door.exchanges)
    found = find(us, "item", "sku", *(f"SKU-{number:04}" for number in range(100)), "", "it's \\ odd")
    assert sorted(one.facts["sku"] for one in found) == [f"SKU-{number:04}" for number in range(6)]
    assert len(us.door.exchanges) - before == 1
    find(us, "item", "sku", *(f"SKU-{'x' * 60}-{number:04}" for number in range(100)))
    assert len(us.door.exchanges) - before == 1 + 5


def test_customers_are_found_by_name_and_e_mail_inactive_ones_too(company):
    us = company("us")
    made = party(us, "Ada's mugs", email="ada@example.test")
    us.command("activate", kind="Customer", id=made.external_id, active=False)
    for found in (
        find(us, "customer", "name", "Ada's mugs"),
        find(us, "customer", "email", "ada@example.test", "b@example.test"),
    ):
        assert [(one.external_id, one.active) for one in found] == [(made.external_id, False)]


def test_changes_of_items_and_customers_reach_the_copy(company):
    us = company("us")
    made = item(us, "Mug", "MUG-1")
    since = datetime.now(UTC) - timedelta(minutes=5)
    pages = us.target.reference_pages(us.door, us.account, ("item", "customer"), since=since)
    assert [one.external_id for page in pages for one in page if one.kind == "item"] == [made.external_id]
