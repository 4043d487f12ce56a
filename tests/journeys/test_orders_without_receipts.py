"""Orders in a ledger that has no receipts: paid invoices, credits given back, and the same balances as by summary."""

from __future__ import annotations

from dataclasses import replace

import pytest

from canonical.accounting import DocumentType
from connections.registry import provider
from syncs.runs import ORDERS, SETTLEMENTS
from tests.journeys.test_orders import ZERO, Shop, documents, inside

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["inside"]

RECEIVABLE = "Accounts Receivable (A/R)"


@pytest.fixture(autouse=True)
def without_receipts(monkeypatch):
    target = provider("quickbooks_online").target
    taken = target.forms.documents - {DocumentType.SALES_RECEIPT, DocumentType.REFUND_RECEIPT}
    monkeypatch.setattr(type(target), "forms", replace(target.forms, documents=taken, payment_links=1))


def test_orders_are_invoices_that_are_paid_at_once_or_by_their_settlement(inside) -> None:
    shop = Shop(each=True, when="placed", document="by_channel")
    shop.place(3, fulfillment="AFN")
    shop.place(2, fulfillment="MFN")
    shop.later()
    shop.sync(ORDERS)
    assert [each.document_type for each in documents(shop, source_kind="order")] == ["invoice"] * 5
    paid = documents(shop, source_kind="closing")
    assert [(each.part, each.document_type, each.state) for each in paid] == [("paid", "payment", "posted")] * 3

    shop.do("cancel", 2)  # its payment is taken back first
    shop.do("ship", 0, 1, 3, 4)
    shop.do("refund", 0, share="0.5", item=0)
    shop.later()
    shop.sync(ORDERS)
    assert {each.source_ref for each in documents(shop, state="undone")} == {shop.order(2).order_id}
    closing = [(each.part, each.document_type, each.state) for each in documents(shop, source_kind="closing")]
    assert closing[3:] == [("out", "journal_entry", "posted"), ("link", "payment", "posted")]

    shop.close()
    shop.later()
    shop.sync(SETTLEMENTS)
    payments = documents(shop, source_kind="settlement", document_type="payment")
    assert [(each.part, len(each.current_revision.canonical["applied"])) for each in payments] == [("p1", 1), ("p2", 1)]
    by_journal, by_order = shop.trials()
    assert by_order == by_journal
    assert RECEIVABLE not in by_order
    assert shop.left() == {ZERO}
