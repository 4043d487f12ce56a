"""Every kind of document, written to the twin's company file, read back, changed and taken out again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from canonical.accounting import (
    AccountRef,
    Applied,
    CreditMemo,
    Deposit,
    DocumentLine,
    DocumentType,
    Invoice,
    ItemRef,
    PartyRef,
    Payment,
    SalesReceipt,
    Side,
)
from connections.contracts import ItemSpec, PartySpec
from connections.errors import Failure, FailureKind
from connections.http import door_for
from connections.models import PolledCall
from syncs import posting
from syncs.models import LedgerDocument
from syncs.posting import Verdict, ledgers
from tenants.scope import tenant_scope

ON = date(2026, 11, 14)


class Shop:
    """The company file with a customer, an item and the accounts that orders need."""

    def __init__(self, one) -> None:
        self.one = one
        self.target = ledgers.open_ledger(one.fresh()).target
        self.clearing = self.made("create_account", {"name": "Amazon Clearing", "type": "Other Current Asset"}, "acc")
        self.buyer = self.made("create_party", PartySpec("Amazon US", email="shop@kestrel.test"), "cus")
        self.sales = one.account("Merchandise Sales")
        self.mug = self.made("create_item", ItemSpec("Mug, blue", "MUG-1", self.sales.key), "itm")
        self.owed = one.account("Accounts Receivable")

    def made(self, how: str, spec: object, key: str):
        """What was asked for, after as many visits as it takes."""
        connection = self.one.fresh()
        for _visit in range(4):
            try:
                return getattr(self.target, how)(door_for(connection), connection.account(), spec, request_id=f"make-{key}")
            except Failure as waits:
                if waits.kind is not FailureKind.QUEUED:
                    raise
            self.one.poll()
        raise AssertionError("nothing came")

    def form(self, kind, account: AccountRef, *amounts: str, **more: object):
        lines = tuple(
            DocumentLine(
                self.sales,
                Side.CREDIT if (Decimal(amount) > 0) == (kind is not CreditMemo) else Side.DEBIT,
                abs(Decimal(amount)),
                "Mug, blue",
                "sale",
                item=ItemRef(self.mug.external_id, "MUG-1"),
                quantity=Decimal(2),
            )
            for amount in amounts
        )
        buyer = PartyRef(self.buyer.external_id, self.buyer.name)
        return kind(date=ON, currency="USD", customer=buyer, account=account, lines=lines, reference="000000123", **more)

    def payment(self, *applied: Applied) -> Payment:
        buyer = PartyRef(self.buyer.external_id, self.buyer.name)
        cash = AccountRef(self.clearing.external_id, self.clearing.name)
        return Payment(ON, "USD", buyer, cash, self.owed, applied, "Amazon settlement 12395580393")

    def posted(self, document, ref: str, kind: str = "order") -> LedgerDocument:
        (row,) = self.one.plan(document, ref=ref, source_kind=kind, amendable=True)
        self.one.post(row)
        self.one.settle()
        row.refresh_from_db()
        assert (row.state, row.problem_code) == (LedgerDocument.State.POSTED, "")
        return row


@pytest.fixture
def shop(desktop):
    one = desktop()
    one.read_lists()
    with tenant_scope(one.tenant):
        made = Shop(one)
        PolledCall.objects.filter(writes=False).delete()
        one.read_lists()
        yield made


def test_orders_refunds_and_their_money(shop):
    one = shop.one
    clearing = AccountRef(shop.clearing.external_id, shop.clearing.name)
    shop.posted(shop.form(SalesReceipt, clearing, "40.00", "-4.00"), "000000120")
    invoice = shop.posted(shop.form(Invoice, shop.owed, "211.00", due_on=date(2026, 12, 14)), "000000121")
    credit = shop.posted(shop.form(CreditMemo, shop.owed, "43.20"), "000000121#1", "refund")
    paid = shop.posted(shop.payment(Applied(DocumentType.INVOICE, invoice.external_id, Decimal("211.00"))), "000000121-p")
    back = shop.posted(shop.payment(Applied(DocumentType.CREDIT_MEMO, credit.external_id, Decimal("43.20"))), "000000121-b")
    assert one.balance("Accounts Receivable") == 0
    assert one.balance("Amazon Clearing") == Decimal("36.00") + Decimal("211.00") - Decimal("43.20")
    assert (one.documents("Invoice")[0]["PONumber"], one.documents("SalesReceipt")[0]["CheckNumber"]) == ("000000123",) * 2
    assert len(one.documents("ReceivePayment")) == len(one.documents("ARRefundCreditCard")) == 1
    assert posting.undo(documents=[back, paid, credit, invoice]).results[0].verdict is Verdict.WAITING
    one.settle(14)
    assert one.balance("Amazon Clearing") == Decimal("36.00")
    assert one.documents("Invoice") == one.documents("ARRefundCreditCard") == []


def test_why_a_refund_cannot_be_taken_out_is_told(shop):
    """QuickBooks is asked to delete it as either of two entities; the one that it is not says nothing of the other."""
    credit = shop.posted(shop.form(CreditMemo, shop.owed, "43.20"), "000000121#1", "refund")
    back = shop.posted(shop.payment(Applied(DocumentType.CREDIT_MEMO, credit.external_id, Decimal("43.20"))), "000000121-b")
    shop.one.command("close", date="2026-11-30")
    posting.undo(documents=[back])
    shop.one.settle()
    back.refresh_from_db()
    assert (back.state, back.problem_code) == (LedgerDocument.State.POSTED, "quickbooks_desktop.period_closed")
    shop.one.command("close", date="2026-01-31")  # its bookkeeper opens the months again
    posting.undo(documents=[back])
    shop.one.settle()
    back.refresh_from_db()
    assert (back.state, back.problem_code) == (LedgerDocument.State.UNDONE, "")
    assert shop.one.documents("ARRefundCreditCard") == []


def test_a_credit_memo_settles_an_unpaid_invoice(shop):
    invoice = shop.posted(shop.form(Invoice, shop.owed, "211.00"), "000000121")
    credit = shop.posted(shop.form(CreditMemo, shop.owed, "43.20"), "000000121#1", "refund")
    shop.posted(
        shop.payment(
            Applied(DocumentType.INVOICE, invoice.external_id, Decimal("211.00")),
            Applied(DocumentType.CREDIT_MEMO, credit.external_id, Decimal("43.20")),
        ),
        "000000121-p",
    )
    assert shop.one.balance("Accounts Receivable") == 0
    assert shop.one.balance("Amazon Clearing") == Decimal("167.80")


def test_a_changed_order_changes_its_receipt_once(shop):
    clearing = AccountRef(shop.clearing.external_id, shop.clearing.name)
    first = shop.form(SalesReceipt, clearing, "40.00")
    row = shop.posted(first, "000000120")
    (row,) = shop.one.plan(
        shop.form(SalesReceipt, clearing, "40.00", "5.00"), ref="000000120", source_kind="order", amendable=True
    )
    shop.one.lose("drop-after-commit", "qbxml")
    rows = LedgerDocument.objects.select_related("pending_revision", "current_revision").filter(pk=row.pk)
    posting.amend(documents=rows, shown=posting.shown(rows))
    shop.one.settle(10)
    row.refresh_from_db()
    assert (row.state, row.problem_code, row.pending_revision_id) == (LedgerDocument.State.POSTED, "", None)
    assert [each["TotalAmount"] for each in shop.one.documents("SalesReceipt")] == ["45.00"]


def test_somebodys_own_edit_is_not_written_over(shop):
    clearing = AccountRef(shop.clearing.external_id, shop.clearing.name)
    row = shop.posted(shop.form(SalesReceipt, clearing, "40.00"), "000000120")
    shop.one.command("edit", kind="SalesReceipt", id=row.external_id, changes={"Memo": "Called the buyer"})
    (row,) = shop.one.plan(
        shop.form(SalesReceipt, clearing, "40.00", "5.00"), ref="000000120", source_kind="order", amendable=True
    )
    rows = LedgerDocument.objects.select_related("pending_revision", "current_revision").filter(pk=row.pk)
    posting.amend(documents=rows, shown=posting.shown(rows))
    shop.one.settle(8)
    row.refresh_from_db()
    assert row.problem_code == "amend.edited_there"
    assert [each["Memo"] for each in shop.one.documents("SalesReceipt")] == ["Called the buyer"]


def test_a_deposit_is_found_again_by_its_day_and_mark(shop):
    one = shop.one
    before = one.balance("Checking")
    lines = (
        DocumentLine(shop.sales, Side.CREDIT, Decimal("100.00"), "Sales", "sale"),
        DocumentLine(one.account("Marketplace Fees"), Side.DEBIT, Decimal("13.75"), "Fees", "referral_fee"),
    )
    document = Deposit(ON, "USD", one.account("Checking"), lines, "Amazon settlement 12395580393")
    (row,) = one.plan(document)
    one.post(row)
    one.lose_with_memory("DepositAdd")
    one.settle(8)
    row.refresh_from_db()
    assert row.state == LedgerDocument.State.POSTED
    assert one.balance("Checking") - before == Decimal("86.25")
    assert len(one.documents("Deposit")) == 1


def test_a_refusal_is_held_with_what_to_do(shop):
    one = shop.one
    row = one.plan(one.journal())[0]
    one.command("close", date="2026-11-30")
    one.post(row)
    one.settle()
    row.refresh_from_db()
    assert (row.state, row.problem_code) == (LedgerDocument.State.HELD, "quickbooks_desktop.period_closed")
    one.command("close", date=None)
    posting.release(document=row)
    one.post(row)
    one.settle()
    row.refresh_from_db()
    assert row.state == LedgerDocument.State.POSTED
    assert len(one.documents()) == 1


def test_what_was_posted_is_read_back_and_an_edit_is_told(shop):
    one = shop.one
    row = one.plan(one.journal())[0]
    one.post(row)
    one.settle(3)
    one.poll()
    posting.resume()
    row.refresh_from_db()
    assert row.read_back["settling"] == "86.25"
    assert replace(one.journal(), memo="").total == Decimal("100.00")
