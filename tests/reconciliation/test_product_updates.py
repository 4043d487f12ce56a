"""The shop's names and prices written over the ledger's, only where the integration says so and the ledger takes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from canonical.commerce import Product
from canonical.plain_commerce import plain_product
from connections import services, vault
from connections.contracts import ItemChange
from connections.models import Connection, Grant
from connections.providers.kashflow.provider import target
from reconciliation.forms_shop import ShopForm
from reconciliation.products import steps
from syncs import mappings
from syncs.models import CanonicalRecord, Flow, FlowVersion, Integration
from syncs.steps import Fate
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.connections.providers.kashflow.twin import KashFlow

AT = datetime(2026, 11, 20, tzinfo=UTC)
MUG = Product("MUG", "Enamel mug, blue", Decimal("9.25"), "GBP", "simple", True, AT)


@dataclass
class Shop:
    books: KashFlow
    integration: Integration

    def match(self, product: Product = MUG, mode: str = "live") -> None:
        """One run's step over one product."""
        record = CanonicalRecord.objects.create(
            source=self.integration.source, type="product", external_id=product.sku, version=1, body=plain_product(product),
            source_updated_at=AT, hash="x",
        )  # fmt: skip
        ctx: Any = SimpleNamespace(integration=self.integration, mode=mode, door=lambda connection: self.books.door)
        item: Any = SimpleNamespace(input={"product": record.pk})
        (outcome,) = steps.match(ctx, [item])
        assert outcome.fate is Fate.ONWARD
        record.delete()

    def decide(self, **orders: Any) -> None:
        self.integration.options = {"orders": orders}
        self.integration.save()

    def writes(self) -> int:
        """How often products were written, but for the fixture's own."""
        return len(self.books.calls("AddOrUpdateSubProduct")) - 1

    def says(self) -> tuple[str, Decimal]:
        (item,) = self.books.target.find_references(self.books.door, self.books.account, "item", "sku", ["MUG"])
        return item.name, Decimal(item.facts["price"])


@pytest.fixture
def shop(db: None, twins: Any) -> Iterator[Shop]:
    with tenant_scope(Tenant.objects.create(name="Kestrel Mugs", home_currency="GBP")):
        books = KashFlow(twins)
        target.update_item(books.door, books.account, ItemChange("MUG", name="Beaker"))  # the seed's name is its SKU
        services.refresh_reference(connection=books.connection)
        ledger = Connection.objects.get(pk=books.connection.pk)
        grant = Grant.objects.create(provider="magento", environment="twin", application="a", provider_user="u")
        source = Connection.objects.create(
            provider="magento", environment="twin", external_account="shop", name="Shop", grant=grant
        )
        flow = Flow.objects.create(key="products", name="Products")
        version = FlowVersion.objects.create(flow=flow, number=1, document={}, doc_hash="x")
        integration = Integration.objects.create(
            source=source, ledger=ledger, name="Shop", flow_version=version, mapping_set=mappings.mapping_set_for(ledger)
        )
        yield Shop(books, integration)
    vault.forget_keys()


def test_nothing_is_written_over_unless_the_integration_says_so(shop: Shop) -> None:
    before = shop.says()
    shop.match()
    shop.decide(update_items=True)
    shop.match(mode="test")
    assert shop.says() == before
    assert shop.writes() == 0


def test_the_shops_word_counts_where_it_is_to_and_is_written_once(shop: Shop) -> None:
    shop.decide(update_items=True)
    shop.match()
    assert shop.says() == ("Enamel mug, blue", Decimal("9.25"))
    shop.match()
    assert shop.writes() == 1


def test_a_price_in_another_currency_is_not_the_ledgers(shop: Shop) -> None:
    _name, price = shop.says()
    shop.decide(update_items=True)
    shop.match(Product("MUG", "Enamel mug, blue", Decimal("11.00"), "EUR", "simple", True, AT))
    assert shop.says() == ("Enamel mug, blue", price)


def test_the_question_is_asked_only_where_the_ledger_takes_it(shop: Shop) -> None:
    assert "update_items" in ShopForm(shop.integration).fields
    shop.integration.ledger.provider = "quickbooks_online"
    assert "update_items" not in ShopForm(shop.integration).fields
