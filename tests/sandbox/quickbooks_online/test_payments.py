"""Payments: what they settle, what they link at zero, and what becomes of both sides when one of them changes or goes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.quickbooks_online.conftest import Body, Ledger, credit, debit


def _goods(ledger: Ledger, amount: str, **detail: Any) -> Body:
    full = {"ItemRef": {"value": ledger.id_of("Item", "Goods")}, **detail}
    return {"DetailType": "SalesItemLineDetail", "Amount": Decimal(amount), "SalesItemLineDetail": full}


class Shop:
    """A customer with invoices, credit memos, journals and payments, each made in one word."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.customer = {"value": ledger.id_of("Customer", "Coastline Cafe")}
        self.clearing = ledger.create("Account", {"Name": "Amazon Clearing", "AccountType": "Other Current Asset"})["Id"]
        self.receivable = ledger.account("Accounts Receivable (A/R)")

    def invoice(self, amount: str = "211.00", **more: Any) -> Body:
        return self.ledger.create("Invoice", {"CustomerRef": self.customer, "Line": [_goods(self.ledger, amount)], **more})

    def memo(self, amount: str = "43.20") -> Body:
        return self.ledger.create("CreditMemo", {"CustomerRef": self.customer, "Line": [_goods(self.ledger, amount)]})

    def cash_out(self, amount: str = "43.20", customer: str = "") -> Body:
        """Dr receivable of the customer, Cr clearing."""
        entity = {"Type": "Customer", "EntityRef": {"value": customer or self.customer["value"]}}
        lines = [debit(self.receivable, amount, Entity=entity), credit(self.clearing, amount)]
        return self.ledger.create("JournalEntry", {"Line": lines})

    def body(self, total: str, *links: tuple[str, str, str], **more: Any) -> Body:
        lines = [{"Amount": Decimal(amount), "LinkedTxn": [{"TxnId": txn, "TxnType": kind}]} for kind, txn, amount in links]
        into = {"DepositToAccountRef": {"value": self.clearing}}
        return {"CustomerRef": self.customer, "TotalAmt": Decimal(total), "Line": lines, **into, **more}

    def pay(self, total: str, *links: tuple[str, str, str], **more: Any) -> Body:
        return self.ledger.create("Payment", self.body(total, *links, **more))

    def refused(self, total: str, *links: tuple[str, str, str], **more: Any) -> str:
        return self.ledger.refused("Payment", self.body(total, *links, **more))

    def change(self, kind: str, made: Body, **changes: Any) -> Body:
        now = self.ledger.read(kind, made["Id"])
        return {"Id": made["Id"], "SyncToken": now["SyncToken"], "sparse": True, **changes}

    def balance(self, kind: str, made: Body) -> Decimal:
        return Decimal(self.ledger.read(kind, made["Id"])["Balance"])

    def owed(self) -> Decimal:
        return Decimal(self.ledger.read("Customer", self.customer["value"])["Balance"])


@pytest.fixture
def shop(us: Ledger) -> Shop:
    return Shop(us)


def test_a_payment_of_nothing_links_a_memo_with_the_cash_that_went_out(shop: Shop) -> None:
    invoice, memo, out = shop.invoice(), shop.memo(), shop.cash_out()
    shop.pay("211.00", ("Invoice", invoice["Id"], "211.00"))
    links = [("JournalEntry", out["Id"], "43.20"), ("CreditMemo", memo["Id"], "43.20")]
    zero = shop.pay("0", *links)
    assert (zero["TotalAmt"], zero["UnappliedAmt"]) == (0, 0)
    assert shop.ledger.read("CreditMemo", memo["Id"])["RemainingCredit"] == 0
    assert shop.ledger.read("JournalEntry", out["Id"])["LinkedTxn"] == [{"TxnId": zero["Id"], "TxnType": "Payment"}]
    assert shop.owed() == 0
    assert shop.ledger.trial()["Amazon Clearing"] == Decimal("167.80")
    assert shop.refused("0", *links) == "620"  # both are settled now


def test_a_journal_line_is_settled_by_its_own_customer_on_its_own_account(shop: Shop, us: Ledger) -> None:
    other = us.id_of("Customer", "Wren and Daughters")
    foreign = shop.cash_out("10.00", customer=other)
    assert shop.refused("10.00", ("JournalEntry", foreign["Id"], "10.00")) == "620"
    plain = us.create("JournalEntry", {"Line": [debit(shop.clearing, "5.00"), credit(us.account("Checking"), "5.00")]})
    assert shop.refused("5.00", ("JournalEntry", plain["Id"], "5.00")) == "620"
    mine = shop.cash_out("10.00")
    assert shop.refused("11.00", ("JournalEntry", mine["Id"], "11.00")) == "620"
    assert shop.refused("10.00", ("JournalEntry", mine["Id"], "10.00"), ARAccountRef={"value": shop.clearing}) == "6010"
    shop.pay("10.00", ("JournalEntry", mine["Id"], "10.00"), ARAccountRef={"value": shop.receivable})
    assert shop.owed() == 0


def test_one_document_twice_in_one_payment_counts_twice(shop: Shop) -> None:
    invoice = shop.invoice("10.00")
    assert shop.refused("12.00", ("Invoice", invoice["Id"], "6.00"), ("Invoice", invoice["Id"], "6.00")) == "620"
    assert shop.refused("0", ("Invoice", invoice["Id"], "-1.00")) == "6000"


def test_an_invoice_cannot_fall_below_what_is_paid_nor_change_hands(shop: Shop, us: Ledger) -> None:
    invoice = shop.invoice()
    shop.pay("100.00", ("Invoice", invoice["Id"], "100.00"))
    assert us.refused("Invoice", shop.change("Invoice", invoice, Line=[_goods(us, "99.99")])) == "6000"
    other = {"value": us.id_of("Customer", "Wren and Daughters")}
    assert us.refused("Invoice", shop.change("Invoice", invoice, CustomerRef=other)) == "6000"
    us.create("Invoice", shop.change("Invoice", invoice, Line=[_goods(us, "100.00")]))
    assert shop.balance("Invoice", invoice) == 0


def test_a_paid_journal_line_cannot_fall_below_what_is_paid(shop: Shop, us: Ledger) -> None:
    out = shop.cash_out("43.20")
    shop.pay("40.00", ("JournalEntry", out["Id"], "40.00"))
    entity = {"Type": "Customer", "EntityRef": shop.customer}
    less = [debit(shop.receivable, "39.99", Entity=entity), credit(shop.clearing, "39.99")]
    assert us.refused("JournalEntry", shop.change("JournalEntry", out, Line=less)) == "6000"
    enough = [debit(shop.receivable, "40.00", Entity=entity), credit(shop.clearing, "40.00")]
    us.create("JournalEntry", shop.change("JournalEntry", out, Line=enough))


def test_changing_a_payment_frees_what_it_settled_before(shop: Shop, us: Ledger) -> None:
    first, second = shop.invoice("10.00"), shop.invoice("10.00")
    paid = shop.pay("10.00", ("Invoice", first["Id"], "10.00"))
    lines = shop.body("10.00", ("Invoice", second["Id"], "10.00"))["Line"]
    us.create("Payment", shop.change("Payment", paid, Line=lines, TotalAmt=Decimal("10.00"), CustomerRef=shop.customer))
    assert (shop.balance("Invoice", first), shop.balance("Invoice", second)) == (Decimal("10.00"), 0)
    stale = {"Id": paid["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "late"}
    assert us.refused("Payment", stale) == "5010"


def test_taking_a_payment_out_frees_and_taking_an_invoice_out_leaves_money_unapplied(shop: Shop, us: Ledger) -> None:
    first, second = shop.invoice("10.00"), shop.invoice("20.00")
    paid = shop.pay("30.00", ("Invoice", first["Id"], "10.00"), ("Invoice", second["Id"], "20.00"))
    us.call("POST", "invoice", {"Id": first["Id"], "SyncToken": "0"}, operation="delete")
    left = us.read("Payment", paid["Id"])
    assert (left["UnappliedAmt"], [line["LinkedTxn"][0]["TxnId"] for line in left["Line"]]) == (Decimal("10.00"), [second["Id"]])
    assert left["SyncToken"] == "1"
    us.call("POST", "payment", {"Id": paid["Id"], "SyncToken": "1"}, operation="delete")
    assert shop.balance("Invoice", second) == Decimal("20.00")
    assert shop.owed() == Decimal("20.00")


def test_a_credit_memo_that_goes_opens_what_it_had_settled(shop: Shop, us: Ledger) -> None:
    invoice, memo = shop.invoice("50.00"), shop.memo("43.20")
    shop.pay("0", ("Invoice", invoice["Id"], "43.20"), ("CreditMemo", memo["Id"], "43.20"))
    assert shop.balance("Invoice", invoice) == Decimal("6.80")
    us.call("POST", "creditmemo", {"Id": memo["Id"], "SyncToken": "0"}, operation="delete")
    assert shop.balance("Invoice", invoice) == Decimal("50.00")


def test_linking_may_move_the_version_of_what_is_linked(shop: Shop, us: Ledger) -> None:
    us.world("rules", links_touch=True)
    invoice = shop.invoice("10.00")
    shop.pay("10.00", ("Invoice", invoice["Id"], "10.00"))
    assert us.read("Invoice", invoice["Id"])["SyncToken"] == "1"
    late = {"Id": invoice["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "late"}
    assert us.refused("Invoice", late) == "5010"


def test_money_goes_to_a_bank_or_another_current_asset(shop: Shop, us: Ledger) -> None:
    card = {"DepositToAccountRef": {"value": us.account("Business Card")}}
    assert shop.refused("10.00", **card) == "6010"
    assert us.refused("SalesReceipt", {"Line": [_goods(us, "1.00")], **card}) == "6010"
    assert us.refused("RefundReceipt", {"Line": [_goods(us, "1.00")], **card}) == "6010"


def test_a_sales_form_is_never_below_zero(us: Ledger) -> None:
    made = us.create("SalesReceipt", {"Line": [_goods(us, "10.00"), _goods(us, "-10.00")]})
    assert made["TotalAmt"] == 0
    assert us.refused("SalesReceipt", {"Line": [_goods(us, "10.00"), _goods(us, "-10.01")]}) == "6000"


def test_what_was_made_inactive_is_not_sold_nor_sold_to(shop: Shop, us: Ledger) -> None:
    made = us.create(
        "Item", {"Name": "Mug", "Sku": "MUG", "Type": "NonInventory", "IncomeAccountRef": {"value": us.account("Services")}}
    )
    line = {"DetailType": "SalesItemLineDetail", "Amount": 1, "SalesItemLineDetail": {"ItemRef": {"value": made["Id"]}}}
    us.world("activate", kind="Item", id=made["Id"], active=False)
    assert us.refused("SalesReceipt", {"Line": [line]}) == "610"
    us.world("activate", kind="Customer", id=shop.customer["value"], active=False)
    assert us.refused("Invoice", {"CustomerRef": shop.customer, "Line": [_goods(us, "1.00")]}) == "610"


def test_items_are_found_by_sku_and_customers_by_e_mail(us: Ledger) -> None:
    services = {"value": us.account("Services")}
    us.create("Item", {"Name": "Mug", "Sku": "MUG-1", "Type": "NonInventory", "IncomeAccountRef": services})
    us.create("Customer", {"DisplayName": "Dana", "PrimaryEmailAddr": {"Address": "dana@example.test"}})
    assert [item["Name"] for item in us.query("SELECT * FROM Item WHERE Sku IN ('MUG-1', 'MUG-2')")["Item"]] == ["Mug"]
    found = us.query("SELECT * FROM Customer WHERE PrimaryEmailAddr = 'dana@example.test'")["Customer"]
    assert [customer["DisplayName"] for customer in found] == ["Dana"]


def test_tax_collected_for_others_is_sold_into_a_liability_but_stock_is_not(us: Ledger) -> None:
    owed = us.create("Account", {"Name": "Marketplace Tax", "AccountType": "Other Current Liability"})["Id"]
    us.create("Item", {"Name": "Tax", "Type": "Service", "IncomeAccountRef": {"value": owed}})
    assert (
        us.refused("Item", {"Name": "Bank", "Type": "Service", "IncomeAccountRef": {"value": us.account("Checking")}}) == "6010"
    )
    stock = {
        "Name": "Mug", "Type": "Inventory", "TrackQtyOnHand": True, "QtyOnHand": 0, "InvStartDate": "2026-01-01",
        "ExpenseAccountRef": {"value": us.account("Cost of Goods Sold")}, "AssetAccountRef": {"value": us.account("Inventory Asset")},
    }  # fmt: skip
    assert us.refused("Item", {**stock, "IncomeAccountRef": {"value": owed}}) == "6010"


def test_stock_follows_a_changed_receipt(us: Ledger) -> None:
    body = {
        "Name": "Mug", "Type": "Inventory", "TrackQtyOnHand": True, "QtyOnHand": 10, "InvStartDate": "2026-01-01",
        "PurchaseCost": Decimal("4.00"), "IncomeAccountRef": {"value": us.account("Sales of Product Income")},
        "ExpenseAccountRef": {"value": us.account("Cost of Goods Sold")}, "AssetAccountRef": {"value": us.account("Inventory Asset")},
    }  # fmt: skip
    mug = us.create("Item", body)["Id"]

    def sold(quantity: int) -> list[Body]:
        detail = {"ItemRef": {"value": mug}, "Qty": quantity}
        return [{"DetailType": "SalesItemLineDetail", "Amount": 10 * quantity, "SalesItemLineDetail": detail}]

    made = us.create("SalesReceipt", {"TxnDate": "2026-10-25", "Line": sold(3)})
    assert us.read("Item", mug)["QtyOnHand"] == 7
    us.create("SalesReceipt", {"Id": made["Id"], "SyncToken": "0", "TxnDate": "2026-10-25", "Line": sold(1)})
    assert us.read("Item", mug)["QtyOnHand"] == 9
    us.call("POST", "salesreceipt", {"Id": made["Id"], "SyncToken": "1"}, operation="delete")
    assert us.read("Item", mug)["QtyOnHand"] == 10


def test_a_full_update_blanks_what_it_leaves_out(shop: Shop, us: Ledger) -> None:
    full = {
        "CustomerRef": shop.customer, "Line": [_goods(us, "10.00")], "BillEmail": {"Address": "a@example.test"},
        "TrackingNum": "1Z", "PrivateNote": "note",
    }  # fmt: skip
    made = us.create("SalesReceipt", full)
    lean = {"Id": made["Id"], "SyncToken": "0", "sparse": False, "CustomerRef": shop.customer, "Line": [_goods(us, "12.00")]}
    after = us.create("SalesReceipt", lean)
    assert (after["TotalAmt"], after["SyncToken"]) == (Decimal("12.00"), "1")
    assert not {"BillEmail", "TrackingNum", "PrivateNote"} & set(after)
