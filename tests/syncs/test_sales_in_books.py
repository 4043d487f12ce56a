"""Orders, invoices and payments through the one place that writes: posted, read back in order, followed when people change them."""

from __future__ import annotations

from typing import Any

import pytest

from canonical.accounting import AccountRef, ItemRef, PartyRef
from connections import budgets, reference, registry
from connections.contracts import ItemSpec, PartySpec
from connections.http import door_for
from connections.models import Connection, ReferenceCopy
from connections.selectors import company
from syncs import posting
from syncs.documents import PlannedPart, plan
from syncs.models import LedgerDocument
from tenants.models import Alert, Tenant
from tests.connections.providers.quickbooks_online import orders
from tests.connections.providers.quickbooks_online.test_sales_posting import KINDS
from tests.syncs.test_following import US, Books, noticed, tenant

__all__ = ["tenant"]
pytestmark = pytest.mark.django_db(transaction=True)


class Shop:
    """The books of the other test, with what an order needs in them."""

    def __init__(self, twins: Any) -> None:
        self.books = Books(twins)
        self.ledger: Connection = self.books.ledger
        self.target = registry.provider("quickbooks_online").target
        self.door = door_for(self.ledger)
        made = self.target.create_party(self.door, self.ledger.account(), PartySpec("Amazon.com"), request_id="party")
        self.customer = PartyRef(made.external_id, made.name)
        self.accounts: dict[str, AccountRef] = {}
        self.items: dict[str, ItemRef] = {}
        reference.remember(connection=self.ledger, items=[made])

    def account(self, name: str) -> AccountRef:
        if name == "Receivable":
            row = ReferenceCopy.objects.get(kind="account", facts__type="Accounts Receivable")
            return AccountRef(row.external_id, row.name)
        if name not in self.accounts:
            kind, subtype = KINDS[name]
            spec = {"name": f"Amazon {name}", "type": kind, "subtype": subtype}
            made = self.target.create_account(self.door, self.ledger.account(), spec, request_id=f"account-{name}")
            reference.remember(connection=self.ledger, items=[made])
            self.accounts[name] = AccountRef(made.external_id, made.name)
        return self.accounts[name]

    def item(self, name: str) -> ItemRef:
        if name not in self.items:
            spec = ItemSpec(f"Amazon {name}", "", self.account(name).key)
            made = self.target.create_item(self.door, self.ledger.account(), spec, request_id=f"item-{name}")
            reference.remember(connection=self.ledger, items=[made])
            self.items[name] = ItemRef(made.external_id, made.name)
        return self.items[name]

    def post(self, kind: str, document: Any, ref: str = orders.ORDER) -> LedgerDocument:
        (planned,) = plan(
            ledger=self.ledger,
            source=self.books.source,
            source_ref=ref,
            source_kind=kind,
            parts=[PlannedPart("", document)],
            mapping_version=None,
            company=company(self.ledger),
            target=self.target,
        )
        done = posting.post(documents=[planned], shown={planned.public_id: planned.current_revision.hash})
        assert done.posted, done.problem
        posted: LedgerDocument = LedgerDocument.objects.select_related("current_revision").get(pk=planned.pk)
        return posted

    def sell(self, kind: str, **more: Any) -> LedgerDocument:
        return self.post("order", getattr(orders, kind)(self.account, self.item, self.customer, **more))

    def pay(self, invoice: LedgerDocument) -> LedgerDocument:
        link = orders.applied("invoice", invoice.external_id, "211.00")
        return self.post("settlement", orders.payment(link, accounts=self.account, customer=self.customer), "19283746501")

    def edit(self, kind: str, document: LedgerDocument, **changes: Any) -> None:
        self.books.twins.command("quickbooks_online", "edit", realm=US, kind=kind, id=document.external_id, changes=changes)


@pytest.fixture
def shop(tenant: Tenant, twins: Any, settings: Any) -> Shop:
    settings.POSTING_CONFIRM_SECONDS = 0
    budgets.forget_leases()
    return Shop(twins)


@pytest.mark.parametrize("kind", ["receipt", "invoice"])
def test_an_order_stands_as_it_was_posted(shop: Shop, kind: str) -> None:
    document = shop.sell(kind)
    assert document.number == "AMZ11312345671234567"
    assert document.read_back["total"] == "211.00"
    posting.verify(document=document)
    assert noticed() == {}
    assert not Alert.objects.exists()


def test_a_payment_moves_the_version_of_its_invoice_and_changes_nothing(shop: Shop) -> None:
    shop.books.twins.command("quickbooks_online", "rules", realm=US, links_touch=True)
    invoice = shop.sell("invoice")
    paid = shop.pay(invoice)
    assert paid.number == "TIE-19283746501"
    done = posting.follow(ledger=shop.ledger)
    assert done.compared == 1  # the invoice, at its new version
    assert noticed() == {}
    assert LedgerDocument.objects.get(pk=invoice.pk).external_version == "1"


def test_what_a_person_does_to_an_invoice_or_its_payment_is_noticed(shop: Shop) -> None:
    invoice = shop.sell("invoice")
    paid = shop.pay(invoice)
    shop.edit("Payment", paid, Line=[], TotalAmt=211, CustomerRef={"value": shop.customer.key})
    shop.edit("Invoice", invoice, TxnDate="2026-10-26")
    posting.follow(ledger=shop.ledger)
    assert noticed() == {invoice.external_id: "document.differs", paid.external_id: "document.differs"}


def test_a_receipt_on_another_account_is_noticed(shop: Shop) -> None:
    receipt = shop.sell("receipt")
    checking = ReferenceCopy.objects.get(kind="account", name="Checking")
    shop.edit("SalesReceipt", receipt, DepositToAccountRef={"value": checking.external_id})
    posting.follow(ledger=shop.ledger)
    assert noticed() == {receipt.external_id: "document.differs"}


def test_an_order_that_names_an_inactive_item_is_not_sent(shop: Shop) -> None:
    document = orders.receipt(shop.account, shop.item, shop.customer)
    ReferenceCopy.objects.filter(kind="item", external_id=shop.item("Sales").key).update(active=False)
    with pytest.raises(AssertionError, match="item_inactive"):
        shop.post("order", document)
    assert shop.books.twins.command("quickbooks_online", "documents", realm=US, kind="SalesReceipt")["documents"] == []


def test_a_refund_is_a_document_of_its_own(shop: Shop) -> None:
    shop.sell("receipt")
    made = shop.post("refund", orders.refund(shop.account, shop.item, shop.customer), orders.REFUND)
    assert made.number.startswith("AMR11312345671234567")
    assert noticed() == {}
