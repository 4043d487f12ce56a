"""SKU groups on the Mappings page: defined once, named by a rule, and their rows go to another account."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from connections.models import ReferenceCopy
from reconciliation import sku_groups
from reconciliation.demo import people
from reconciliation.models import Settlement, SettlementLine
from syncs import mappings, services
from syncs.mapping.rules import Rule, Target
from syncs.models import DocumentLine, Integration, LedgerDocument, MappingRule
from tenants.scope import tenant_scope
from tests.reconciliation.pages.test_settlement_pages import Books
from tests.support.demo import two_shops_booked

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def books(twins: Any) -> Iterator[Books]:
    two_shops_booked()
    return Books(people.tenant())


def sales_by_account(settlement: Settlement) -> dict[str, Decimal]:
    """What the planned documents of a settlement credit to each account for sales."""
    documents = LedgerDocument.objects.filter(source_ref=settlement.settlement_id).values("current_revision")
    found: dict[str, Decimal] = {}
    for line in DocumentLine.objects.filter(revision__in=documents, kind="sale"):
        found[line.account_name] = found.get(line.account_name, Decimal(0)) + line.credit - line.debit
    return found


def _the_sales_of_a_group_are_planned_on_the_account_of_its_rule(books: Books) -> None:
    one = books.undone()
    with tenant_scope(books.tenant):
        services.change_integration(integration=one.integration, autopost=False)
        mapping_set, ledger = one.integration.mapping_set, one.integration.ledger
        sales = SettlementLine.objects.filter(settlement_id=one.pk, category="sale").exclude(sku="")
        sku = sales.first().sku
        expected = sum((line.amount for line in sales.filter(sku=sku)), Decimal(0))
        before = sales_by_account(one)
        home = mappings.known_accounts(ledger)
        taken = {rule.account_id for rule in mappings.rules_of(mappings.published_version(mapping_set))}
        other = next(
            ref for ref in ReferenceCopy.objects.filter(connection=ledger, kind="account", active=True)
            if home[ref.external_id].type == "Income" and ref.external_id not in taken
        )  # fmt: skip
    assert 0 < expected < sum(before.values())
    at = f"mappings/{mapping_set.public_id}"
    assert "SKU group</label>" not in books.page(f"mappings/?set={mapping_set.public_id}&edit=role:sales")

    page = books.send(f"{at}/sku-group/", new="1", name="Mugs", patterns=f"{sku.lower()}\n\n")
    assert "The SKU groups are kept." in page
    with tenant_scope(books.tenant):
        for integration in Integration.objects.filter(mapping_set=mapping_set):
            assert integration.options["sku_groups"] == {"Mugs": [sku.lower()]}
    books.work()
    with tenant_scope(books.tenant):
        assert sales_by_account(one) == before, "a group alone moves nothing"

    page = books.page(f"mappings/?set={mapping_set.public_id}&edit=role:sales")
    assert '<select class="form-select" id="edit-group" name="sku_group">' in page
    assert "The most specific rule wins: SKU group, then row type, kind, role" in page
    page = books.send(f"{at}/rule/", target="role:sales", account=other.external_id, sku_group="Mugs")
    assert "Sales · Mugs" in page
    books.send(f"{at}/publish/")
    books.work()
    with tenant_scope(books.tenant):
        after = sales_by_account(one)
        mapping_set.refresh_from_db()
        row = MappingRule.objects.get(version=mappings.published_version(mapping_set), sku_group="Mugs")
        assert row.specificity > max(
            MappingRule.objects.filter(version=row.version, sku_group="").values_list("specificity", flat=True)
        )
    assert after[other.name] == expected
    assert sum(after.values()) == sum(before.values())

    assert "Rules still name the SKU group Mugs." in books.send(f"{at}/sku-group/", name="Mugs", drop="1")
    books.send(f"{at}/rule/", target="role:sales", account=other.external_id, sku_group="Mugs", drop="1")
    books.send(f"{at}/publish/")
    books.send(f"{at}/sku-group/", name="Mugs", drop="1")
    books.work()
    with tenant_scope(books.tenant):
        assert sku_groups.groups_of(mapping_set) == {}
        assert sales_by_account(one) == before


def _wrong_groups_and_rules_are_refused(books: Books) -> None:
    with tenant_scope(books.tenant):
        mapping_set = Integration.objects.first().mapping_set
    at = f"mappings/{mapping_set.public_id}"
    books.send(f"{at}/sku-group/", new="1", name="Mugs", patterns="MUG-*")
    assert "There is already a SKU group called mugs." in books.send(f"{at}/sku-group/", new="1", name="mugs", patterns="M*")
    assert "The SKU group Hats has no patterns." in books.send(f"{at}/sku-group/", new="1", name="Hats", patterns=" \n")
    assert "longer than 100" in books.send(f"{at}/sku-group/", name="Mugs", patterns="M" * 101)
    with tenant_scope(books.tenant):
        assert sku_groups.groups_of(mapping_set) == {"Mugs": ["MUG-*"]}
        account = ReferenceCopy.objects.filter(connection=mapping_set.ledger, kind="account", active=True).first().external_id
    for fields in ({"target": "role:sales", "sku_group": "Hats"}, {"target": "triple:a|b|c", "sku_group": "Mugs"}):
        assert books.client.post(books.at(f"{at}/rule/"), {**fields, "account": account}).status_code == 404
    page = books.send(f"{at}/rule/", target="role:sales", account=account, marketplace="Amazon.ca", sku_group="Mugs")
    assert "Sales · Mugs · Amazon.ca" in page
    with tenant_scope(books.tenant):
        first = Integration.objects.filter(mapping_set=mapping_set).select_related("source", "ledger").first()
        second = services.create_integration(source=first.source, ledger=first.ledger, marketplace_scope="ATVPDKIKX0DER")
        assert second.options["sku_groups"] == {"Mugs": ["MUG-*"]}


def test_groups_are_used_and_dropped_and_wrong_ones_refused(books: Books) -> None:
    _the_sales_of_a_group_are_planned_on_the_account_of_its_rule(books)
    _wrong_groups_and_rules_are_refused(books)


def test_a_rule_without_a_group_keeps_its_identity() -> None:
    plain = Rule(Target.parse("role:sales"), "1", marketplace="Amazon.com", currency="USD")
    assert plain.match_hash == "d597935929fc121bb9ce3f6f65125018097a8306e173d7a96d8d9f4a0f767589"
    grouped = Rule(Target.parse("role:sales"), "1", marketplace="Amazon.com", currency="USD", sku_group="Shoes")
    assert grouped.match_hash != plain.match_hash
    assert (
        Rule(Target.parse("role:sales"), "1", sku_group="Shoes").specificity
        > Rule(Target.triple("a", "b", "c"), "1", marketplace="Amazon.com", currency="USD").specificity
    )
