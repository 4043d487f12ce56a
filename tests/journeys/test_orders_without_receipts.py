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


def test_what_was_paid_is_an_invoice_with_its_payment_and_what_is_given_back_is_closed_at_once(inside) -> None:
    shop = Shop(each=True, when="placed")
    shop.place(3)
    shop.do("ship", 0, 1, 2)
    shop.later()
    shop.sync(ORDERS)
    assert [each.document_type for each in documents(shop, source_kind="order")] == ["invoice"] * 3
    paid = documents(shop, source_kind="closing")
    assert [(each.part, each.document_type, each.state) for each in paid] == [("paid", "payment", "posted")] * 3
    assert [len(each.current_revision.canonical["applied"]) for each in paid] == [1, 1, 1]
    assert RECEIVABLE not in shop.trials()[1]

    shop.do("refund", 0, share="0.5", item=0)
    shop.later()
    shop.sync(ORDERS)
    closing = [(each.part, each.document_type, each.state) for each in documents(shop, source_kind="closing")[3:]]
    assert closing == [("out", "journal_entry", "posted"), ("link", "payment", "posted")]
    shop.close()
    shop.later()
    shop.sync(SETTLEMENTS)
    by_journal, by_order = shop.trials()
    assert by_order == by_journal
    assert shop.left() == {ZERO}


def test_on_credit_terms_each_invoice_is_paid_by_a_payment_of_the_settlement(inside) -> None:
    shop = Shop(each=True, when="placed", document="invoice")
    shop.place(2)
    shop.do("ship", 0, 1)
    shop.later()
    shop.sync(ORDERS)
    assert documents(shop, source_kind="closing") == []
    shop.close()
    shop.later()
    shop.sync(SETTLEMENTS)
    payments = documents(shop, source_kind="settlement", document_type="payment")
    assert [(each.part, len(each.current_revision.canonical["applied"])) for each in payments] == [("p1", 1), ("p2", 1)]
    by_journal, by_order = shop.trials()
    assert by_order == by_journal


def test_a_cancelled_order_takes_its_payment_back_first(inside) -> None:
    shop = Shop(each=True, when="placed")
    shop.place(1)
    shop.later()
    shop.sync(ORDERS)
    assert RECEIVABLE not in shop.trials()[1]
    shop.do("cancel", 0)
    shop.later()
    shop.sync(ORDERS)
    found = [(each.part, each.state) for each in documents(shop) if each.source_kind in ("order", "closing")]
    assert found == [("", "undone"), ("paid", "undone")]
