"""Order documents and payments, bills and expenses, transfers: totals, open amounts, and where the money goes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.sandbox.quickbooks_online.conftest import Body, Ledger


def _goods(ledger: Ledger, amount: str, **detail: Any) -> Body:
    full = {"ItemRef": {"value": ledger.id_of("Item", "Goods")}, **detail}
    return {"DetailType": "SalesItemLineDetail", "Amount": Decimal(amount), "SalesItemLineDetail": full}


def _customer(ledger: Ledger) -> Body:
    return {"value": ledger.id_of("Customer", "Coastline Cafe")}


def _applied(amount: str, kind: str, txn: str) -> Body:
    return {"Amount": Decimal(amount), "LinkedTxn": [{"TxnId": txn, "TxnType": kind}]}


def test_a_sales_receipt_into_a_clearing_account(us: Ledger) -> None:
    clearing = us.create("Account", {"Name": "Amazon Clearing", "AccountType": "Other Current Asset"})["Id"]
    discount = {"PercentBased": False, "DiscountAccountRef": {"value": us.account("Discounts given")}}
    lines = [
        _goods(us, "200.00"),
        {"DetailType": "DiscountLineDetail", "Amount": Decimal("10.00"), "DiscountLineDetail": discount},
    ]
    made = us.create("SalesReceipt", {"DepositToAccountRef": {"value": clearing}, "Line": lines, "DocNumber": "AMZ-1"})
    assert made["TotalAmt"] == Decimal("190.00")
    assert made["Line"][-1] == {"Amount": Decimal("190.00"), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}
    refund = us.create("RefundReceipt", {"DepositToAccountRef": {"value": clearing}, "Line": [_goods(us, "40.00")]})
    assert refund["TotalAmt"] == Decimal("40.00")
    assert us.trial() == {
        "Amazon Clearing": Decimal("150.00"), "Discounts given": Decimal("10.00"), "Sales of Product Income": Decimal("-160.00"),
    }  # fmt: skip
    assert us.refused("RefundReceipt", {"Line": [_goods(us, "40.00")]}) == "2020"
    assert us.refused("SalesReceipt", {"Line": []}) == "2020"


def test_automated_sales_tax_follows_the_address(us: Ledger) -> None:
    line = _goods(us, "100.00", TaxCodeRef={"value": "TAX"})
    made = us.create("SalesReceipt", {"Line": [line], "ShipAddr": {"CountrySubDivisionCode": "CA", "PostalCode": "94607"}})
    assert (made["TotalAmt"], made["TxnTaxDetail"]["TotalTax"]) == (Decimal("107.25"), Decimal("7.25"))
    own = {"TotalTax": Decimal("8.00"), "UseAutomatedSalesTax": False}
    assert us.create("SalesReceipt", {"Line": [line], "TxnTaxDetail": own})["TotalAmt"] == Decimal("108.00")
    assert us.create("SalesReceipt", {"Line": [_goods(us, "100.00")], "TxnTaxDetail": {"TotalTax": 8}})["TotalAmt"] == 100
    assert us.refused("SalesReceipt", {"Line": [_goods(us, "1.00", TaxCodeRef={"value": "5"})]}) == "2500"
    assert us.trial()["State Sales Tax Payable"] == Decimal("-15.25")


def test_invoice_payment_credit_memo(us: Ledger) -> None:
    customer = _customer(us)
    invoice = us.create("Invoice", {"CustomerRef": customer, "Line": [_goods(us, "211.00")]})
    memo = us.create("CreditMemo", {"CustomerRef": customer, "Line": [_goods(us, "43.20")]})
    assert (invoice["Balance"], memo["RemainingCredit"]) == (Decimal("211.00"), Decimal("43.20"))
    pay = {"CustomerRef": customer, "TotalAmt": Decimal("100.00"), "Line": [_applied("100.00", "Invoice", invoice["Id"])]}
    us.create("Payment", pay)
    assert us.read("Invoice", invoice["Id"])["Balance"] == Decimal("111.00")
    link = {"CustomerRef": customer, "TotalAmt": 0}
    both = [_applied("43.20", "Invoice", invoice["Id"]), _applied("43.20", "CreditMemo", memo["Id"])]
    us.create("Payment", {**link, "Line": both})
    assert us.read("Invoice", invoice["Id"])["Balance"] == Decimal("67.80")
    assert us.read("CreditMemo", memo["Id"])["RemainingCredit"] == Decimal("0.00")
    assert us.refused("Payment", {**pay, "Line": [_applied("67.81", "Invoice", invoice["Id"])]}) == "620"
    assert us.refused("Payment", {**pay, "TotalAmt": 1, "Line": [_applied("2.00", "Invoice", invoice["Id"])]}) == "6000"
    assert us.refused("Payment", {**pay, "Line": [_applied("1.00", "Invoice", "999")]}) == "2500"
    assert us.read("Customer", customer["value"])["Balance"] == Decimal("67.80")
    spare = us.create("Payment", {"CustomerRef": customer, "TotalAmt": Decimal("5.00")})
    assert spare["UnappliedAmt"] == Decimal("5.00")


def test_void_keeps_the_document_at_zero(us: Ledger) -> None:
    invoice = us.create("Invoice", {"CustomerRef": _customer(us), "Line": [_goods(us, "20.00")]})
    _, answer = us.call("POST", "invoice", {"Id": invoice["Id"], "SyncToken": "0"}, operation="void")
    voided = answer["Invoice"]
    assert (voided["TotalAmt"], voided["Balance"], voided["PrivateNote"]) == (0, 0, "Voided")
    assert us.trial() == {}
    receipt = us.create("SalesReceipt", {"Line": [_goods(us, "20.00")]})
    body = {"Id": receipt["Id"], "SyncToken": "0", "sparse": True}
    assert us.call("POST", "salesreceipt", body, operation="update", include="void")[1]["SalesReceipt"]["TotalAmt"] == 0
    assert us.refused("JournalEntry", {"Id": "1", "SyncToken": "0"}, operation="void") == "500"


def test_bills_expenses_orders_and_transfers(us: Ledger) -> None:
    vendor, card, bank = us.id_of("Vendor", "Amazon"), us.account("Business Card"), us.account("Checking")
    detail = {"AccountRef": {"value": us.account("Dues and Subscriptions")}}
    line = {"DetailType": "AccountBasedExpenseLineDetail", "Amount": Decimal("39.00"), "AccountBasedExpenseLineDetail": detail}
    bill = us.create("Bill", {"VendorRef": {"value": vendor}, "Line": [line]})
    assert (bill["TotalAmt"], bill["Balance"]) == (Decimal("39.00"), Decimal("39.00"))
    assert us.read("Vendor", vendor)["Balance"] == Decimal("39.00")
    expense = {"PaymentType": "CreditCard", "AccountRef": {"value": card}, "Line": [line]}
    assert us.create("Purchase", expense)["TotalAmt"] == Decimal("39.00")
    assert us.create("Purchase", {**expense, "Credit": True})["TotalAmt"] == Decimal("39.00")
    assert us.refused("Purchase", {**expense, "PaymentType": "Check"}) == "6010"
    order = us.create("PurchaseOrder", {"VendorRef": {"value": vendor}, "Line": [line]})
    assert order["POStatus"] == "Open"
    transfer = {"FromAccountRef": {"value": bank}, "ToAccountRef": {"value": us.account("Savings")}, "Amount": Decimal("10.00")}
    us.create("Transfer", transfer)
    assert us.refused("Transfer", {**transfer, "ToAccountRef": {"value": bank}}) == "6000"
    assert us.trial() == {
        "Checking": Decimal("-10.00"), "Savings": Decimal("10.00"), "Business Card": Decimal("0.00"),
        "Accounts Payable (A/P)": Decimal("-39.00"), "Dues and Subscriptions": Decimal("39.00"),
    }  # fmt: skip


def test_every_kind_in_a_foreign_currency(multi: Ledger) -> None:
    euros = {"CurrencyRef": {"value": "EUR"}}
    customer = multi.create("Customer", {"DisplayName": "Marktplatz", **euros})["Id"]
    vendor = multi.create("Vendor", {"DisplayName": "Amazon EU", **euros})["Id"]
    bank = {"value": multi.account("EUR Bank")}
    invoice = multi.create("Invoice", {"CustomerRef": {"value": customer}, "Line": [_goods(multi, "100.00")], **euros})
    assert (invoice["HomeTotalAmt"], invoice["HomeBalance"]) == (Decimal("108.00"), Decimal("108.00"))
    pay = {"CustomerRef": {"value": customer}, "TotalAmt": Decimal("100.00"), "DepositToAccountRef": bank, **euros}
    multi.create("Payment", {**pay, "Line": [_applied("100.00", "Invoice", invoice["Id"])]})
    detail = {"AccountRef": {"value": multi.account("Bank Charges")}}
    line = {"DetailType": "AccountBasedExpenseLineDetail", "Amount": Decimal("10.00"), "AccountBasedExpenseLineDetail": detail}
    multi.create("Bill", {"VendorRef": {"value": vendor}, "Line": [line], **euros})
    multi.create("PurchaseOrder", {"VendorRef": {"value": vendor}, "Line": [line], **euros})
    multi.create("Purchase", {"PaymentType": "Cash", "AccountRef": bank, "Line": [line], **euros})
    move = {"FromAccountRef": bank, "ToAccountRef": {"value": multi.account("Checking")}, "Amount": Decimal("50.00"), **euros}
    multi.create("Transfer", move)
    assert (
        multi.refused(
            "Invoice", {"CustomerRef": {"value": customer}, "Line": [_goods(multi, "1.00")], "CurrencyRef": {"value": "USD"}}
        )
        == "6000"
    )
    assert multi.read("Customer", customer)["Balance"] == Decimal("0.00")
    assert multi.trial() == {
        "Checking": Decimal("54.00"), "EUR Bank": Decimal("43.20"), "Accounts Receivable (A/R) - EUR": Decimal("0.00"),
        "Accounts Payable (A/P) - EUR": Decimal("-10.80"), "Sales of Product Income": Decimal("-108.00"),
        "Bank Charges": Decimal("21.60"),
    }  # fmt: skip
