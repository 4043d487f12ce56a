"""python-quickbooks, unmodified, sells, refunds, invoices and settles in the twin: create, read, change, query, batch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from quickbooks import QuickBooks
from quickbooks.batch import batch_create, batch_update
from quickbooks.cdc import change_data_capture
from quickbooks.exceptions import QuickbooksException
from quickbooks.objects import (
    Account,
    Address,
    CreditMemo,
    Customer,
    EmailAddress,
    Invoice,
    Item,
    JournalEntry,
    JournalEntryLine,
    JournalEntryLineDetail,
    LinkedTxn,
    Payment,
    PaymentLine,
    Ref,
    RefundReceipt,
    SalesItemLine,
    SalesItemLineDetail,
    SalesReceipt,
)
from quickbooks.objects.journalentry import Entity

from tests.vendor_clients.test_python_quickbooks import client, served

__all__ = ["client", "served"]  # the fixtures: signed in for the American company, every answer held against the types


def ref(value: str) -> Ref:
    made = Ref()
    made.value = value
    return made


class Shop:
    """A clearing account, products and a customer, made by the library itself."""

    def __init__(self, qb: QuickBooks) -> None:
        qb.use_decimal = True
        self.qb = qb
        account = Account()
        account.Name, account.AccountType, account.AccountSubType = "Amazon Clearing", "Other Current Asset", "OtherCurrentAssets"
        self.clearing = ref(account.save(qb=qb).Id)
        self.customer = self._customer()
        self.mug = self._item("Mug, blue", "MUG-BLUE", "NonInventory")
        self.promotion = self._item("Promotion", "", "Service")

    def _customer(self) -> Ref:
        customer = Customer()
        customer.DisplayName = "Amazon.com sales"
        customer.PrimaryEmailAddr = EmailAddress()
        customer.PrimaryEmailAddr.Address = "orders@example.test"
        return ref(customer.save(qb=self.qb).Id)

    def _item(self, name: str, sku: str, kind: str) -> Ref:
        item = Item()
        item.Name, item.Sku, item.Type = name, sku, kind
        item.IncomeAccountRef = ref(Account.filter(Name="Sales of Product Income", qb=self.qb)[0].Id)
        return ref(item.save(qb=self.qb).Id)

    def line(self, item: Ref, amount: str, quantity: int = 0) -> SalesItemLine:
        made = SalesItemLine()
        made.Amount = Decimal(amount)
        made.SalesItemLineDetail = SalesItemLineDetail()
        made.SalesItemLineDetail.ItemRef = item
        if quantity:
            made.SalesItemLineDetail.Qty = quantity
        return made

    def sell(self, kind: type, number: str, *lines: SalesItemLine) -> object:
        made = kind()
        made.DocNumber, made.TxnDate, made.CustomerRef = number, "2026-10-25", self.customer
        made.Line = list(lines) or [self.line(self.mug, "200.00", 4), self.line(self.promotion, "-10.00")]
        if kind in (SalesReceipt, RefundReceipt):
            made.DepositToAccountRef = self.clearing
        return made

    def pay(self, total: str, *links: tuple[str, object, str]) -> Payment:
        payment = Payment()
        payment.CustomerRef, payment.TotalAmt, payment.DepositToAccountRef = self.customer, Decimal(total), self.clearing
        payment.PaymentRefNum = "TIE-19283746501"
        for kind, document, amount in links:
            line, link = PaymentLine(), LinkedTxn()
            link.TxnId, link.TxnType, link.TxnLineId = document.Id, kind, 0
            line.Amount, line.LinkedTxn = Decimal(amount), [link]
            payment.Line.append(line)
        return payment.save(qb=self.qb)

    def cash_out(self, amount: str) -> JournalEntry:
        entry = JournalEntry()
        receivable = Account.filter(AccountType="Accounts Receivable", qb=self.qb)[0]
        for side, account in (("Debit", ref(receivable.Id)), ("Credit", self.clearing)):
            line = JournalEntryLine()
            line.Amount, line.JournalEntryLineDetail = Decimal(amount), JournalEntryLineDetail()
            line.JournalEntryLineDetail.PostingType, line.JournalEntryLineDetail.AccountRef = side, account
            if side == "Debit":
                line.JournalEntryLineDetail.Entity = Entity()
                line.JournalEntryLineDetail.Entity.Type, line.JournalEntryLineDetail.Entity.EntityRef = "Customer", self.customer
            entry.Line.append(line)
        return entry.save(qb=self.qb)

    def balance(self, name: str) -> Decimal:
        return Decimal(str(Account.filter(Name=name, qb=self.qb)[0].CurrentBalance))


@pytest.fixture
def shop(client: QuickBooks) -> Shop:
    return Shop(client)


@pytest.mark.parametrize("kind", [SalesReceipt, RefundReceipt, Invoice, CreditMemo])
def test_create_read_change_query_and_delete(shop: Shop, kind: type) -> None:
    made = shop.sell(kind, "AMZ11312345671234567").save(qb=shop.qb)
    assert made.TotalAmt == Decimal("190.00")
    found = kind.filter(DocNumber="AMZ11312345671234567", qb=shop.qb)
    assert [document.Id for document in found] == [made.Id]
    changed = kind.get(made.Id, qb=shop.qb)
    changed.Line = [shop.line(shop.mug, "50.00", 1)]
    changed.PrivateNote = "113-1234567-1234567"
    after = changed.save(qb=shop.qb)
    assert (after.TotalAmt, after.SyncToken) == (Decimal("50.00"), "1")
    made.PrivateNote = "too late"
    with pytest.raises(QuickbooksException) as stale:
        made.save(qb=shop.qb)
    assert stale.value.error_code == 5010
    after.delete(qb=shop.qb)
    assert kind.count(qb=shop.qb) == 0


def test_all_of_an_order_reads_back(shop: Shop) -> None:
    receipt = shop.sell(SalesReceipt, "AMZ1")
    receipt.BillEmail = EmailAddress()
    receipt.BillEmail.Address = "buyer@example.test"
    receipt.ShipAddr = Address()
    receipt.ShipAddr.Line1, receipt.ShipAddr.City, receipt.ShipAddr.PostalCode = "4 Quay St", "Springfield", "62701"
    receipt.TrackingNum, receipt.PaymentRefNum = "1Z999AA10123456784", "113-1234567-1234567"
    made = SalesReceipt.get(receipt.save(qb=shop.qb).Id, qb=shop.qb)
    assert made.BillEmail.Address == "buyer@example.test"
    assert (made.ShipAddr.Line1, made.TrackingNum) == ("4 Quay St", "1Z999AA10123456784")
    assert made.Line[0].SalesItemLineDetail["ItemRef"]["value"] == shop.mug.value
    assert made.DepositToAccountRef.value == shop.clearing.value


def test_an_invoice_paid_refunded_and_closed(shop: Shop) -> None:
    invoice = shop.sell(Invoice, "AMZ1").save(qb=shop.qb)
    paid = shop.pay("190.00", ("Invoice", invoice, "190.00"))
    assert [payment.Id for payment in Payment.filter(PaymentRefNum="TIE-19283746501", qb=shop.qb)] == [paid.Id]
    memo = shop.sell(CreditMemo, "AMR1", shop.line(shop.mug, "40.00", 1)).save(qb=shop.qb)
    out = shop.cash_out("40.00")
    zero = shop.pay("0", ("JournalEntry", out, "40.00"), ("CreditMemo", memo, "40.00"))
    assert (zero.TotalAmt, zero.UnappliedAmt) == (0, 0)
    assert Invoice.get(invoice.Id, qb=shop.qb).Balance == 0
    assert CreditMemo.get(memo.Id, qb=shop.qb).RemainingCredit == 0
    assert Customer.get(shop.customer.value, qb=shop.qb).Balance == 0
    assert shop.balance("Amazon Clearing") == Decimal("150.00")
    changed = Payment.get(paid.Id, qb=shop.qb)
    changed.PrivateNote = "changed"
    assert changed.save(qb=shop.qb).SyncToken == "1"
    changed = Payment.get(paid.Id, qb=shop.qb)
    changed.delete(qb=shop.qb)
    assert Invoice.get(invoice.Id, qb=shop.qb).Balance == Decimal("190.00")


def test_a_batch_of_thirty_is_made_and_changed(shop: Shop) -> None:
    made = batch_create([shop.sell(SalesReceipt, f"B-{number}") for number in range(30)], qb=shop.qb).successes
    assert len(made) == 30
    for receipt in made:
        receipt.Line = [shop.line(shop.mug, "1.00", 1)]
    made[3].SyncToken = "9"
    answer = batch_update(made, qb=shop.qb)
    assert len(answer.successes) == 29
    assert [fault.Error[0].code for fault in answer.faults] == ["5010"]
    assert shop.balance("Amazon Clearing") == Decimal("219.00")


def test_items_by_sku_and_customers_by_e_mail(shop: Shop) -> None:
    assert [item.Name for item in Item.choose(["MUG-BLUE", "MUG-RED"], field="Sku", qb=shop.qb)] == ["Mug, blue"]
    assert [one.Id for one in Customer.filter(PrimaryEmailAddr="orders@example.test", qb=shop.qb)] == [shop.customer.value]
    double = Customer()
    double.DisplayName = "amazon.com SALES"
    with pytest.raises(QuickbooksException) as taken:
        double.save(qb=shop.qb)
    assert taken.value.error_code == 6240


def test_what_changed_since_with_what_is_gone(shop: Shop) -> None:
    since = (datetime.now(UTC) - timedelta(minutes=5)).isoformat(timespec="seconds")
    receipt, invoice = shop.sell(SalesReceipt, "A").save(qb=shop.qb), shop.sell(Invoice, "A").save(qb=shop.qb)
    gone = receipt.Id
    receipt.delete(qb=shop.qb)
    found = change_data_capture([SalesReceipt, Invoice, Payment], since, qb=shop.qb)
    assert [one.Id for one in found.Invoice] == [invoice.Id]
    assert [(one.Id, one.status) for one in found.SalesReceipt] == [(gone, "Deleted")]
