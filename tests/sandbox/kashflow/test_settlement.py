"""The worked settlement UK-1 of the accounting design, booked the way KashFlow wants it, over both doors."""

from __future__ import annotations

from decimal import Decimal

from tests.sandbox.kashflow.conftest import Books, invoice, line, money, payment

DAY = "2026-11-05"
UK_1 = {
    "Current Account": Decimal("64.51"), "Amazon Sales": Decimal("-100.00"), "Amazon Refunds": Decimal("20.00"),
    "Amazon Selling Fees": Decimal("12.24"), "Amazon FBA Fees": Decimal("3.00"), "Amazon Storage Fees": Decimal("1.00"),
    "Amazon Advertising": Decimal("10.00"), "VAT on Sales": Decimal("-16.00"), "VAT on Purchases": Decimal("5.25"),
}  # fmt: skip
# code, name, classification and place of the accounts of UK-1
CHART = (
    (4010, "Amazon Sales", 1, 1), (4013, "Amazon Refunds", 1, 1), (5110, "Amazon Selling Fees", 2, 2),
    (5111, "Amazon FBA Fees", 2, 2), (7110, "Amazon Storage Fees", 3, 2), (7112, "Amazon Advertising", 3, 2),
)  # fmt: skip
FEES = (
    (5110, "15.30", "3.06"), (5110, "-3.06", "-0.61"), (5111, "3.00", "0.60"), (7110, "1.00", "0.20"), (7112, "10.00", "2.00"),
)  # fmt: skip


def test_uk_1_by_invoice_purchase_payments_and_transfer(books: Books) -> None:
    for code, name, classification, place in CHART:
        books.ok("InsertNominalCode", name=name, code=code, classification=classification, nomtype=place)
    clearing = books.ok("CreateBankAccount", AccountName="Amazon Clearing", NominalCode=1250)
    customer = books.ok("InsertCustomer", custr={"CustomerID": 0, "Code": "AMZUK", "Name": "Amazon UK"})
    supplier = books.ok("InsertSupplier", supl={"SupplierID": 0, "Code": "AMZFEES", "Name": "Amazon"})
    sales = [line(books.nominal(4010), "100.00", "20.00"), line(books.nominal(4013), "-20.00", "-4.00")]
    number = books.ok("InsertInvoice", Inv=invoice(customer, sales, reference="AMZ-S-1", day=DAY))
    fees = [line(books.nominal(code), net, vat) for code, net, vat in FEES]
    bill = books.ok("InsertReceipt", Inv=invoice(supplier, fees, reference="AMZ-S-1", day=DAY))
    books.ok("InsertInvoicePayment", InvoicePayment=payment(number, clearing, books.method(), "96.00", DAY))
    books.ok("InsertReceiptPayment", ReceiptPayment=payment(bill, clearing, books.method("GetRecPayMethods"), "31.49", DAY))
    reserve = books.ok("InsertNominalCode", name="Amazon Reserve", code=1252, classification=5, nomtype=3)
    books.ok("InsertBankTransaction", bp=money(clearing, reserve, out="10.00", day=DAY, comment="current reserve"))
    books.ok("InsertBankTransaction", bp=money(clearing, reserve, into="10.00", day=DAY, comment="previous reserve"))
    transfer = books.ok("InsertBankTransaction", bp=money(clearing, books.nominal(1200), out="64.51", day=DAY))

    assert books.trial() == UK_1
    assert books.ok("GetBankBalance", AccountID=clearing, BalanceDate=f"{DAY}T00:00:00") == "0.0000"
    window = {"StartDate": "2026-11-01T00:00:00", "EndDate": "2026-11-30T00:00:00"}
    report = books.rows("GetVATReport", **window)[0]
    assert [report[f"Box{box}"] for box in (1, 4, 5, 6, 7)] == ["16.0000", "5.2500", "10.7500", "80.0000", "26.2400"]
    shown = books.rows("GetInvoice", InvoiceNumber=number)[0]
    assert (shown["NetAmount"], shown["VATAmount"], shown["AmountPaid"], shown["Paid"]) == ("80.0000", "16.0000", "96.0000", "1")
    balances = {row["Name"]: row["balance"] for row in books.rows("GetTrialBalance", **window)}
    assert balances["Amazon Sales"] == "100.0000"  # credit less debit
    assert [row["moneyin"] for row in books.rows("GetBankTransactions", AccountID=books.bank("Current Account"))] == ["64.5100"]

    books.ok("DeleteBankTransaction", TransactionID=transfer)
    assert books.trial()["Amazon Clearing"] == Decimal("64.51")
    assert "Current Account" not in books.trial()


def test_uk_1_over_rest_gives_the_same_books(books: Books) -> None:
    for code, name, classification, place in CHART:
        kind = {1: "Turnover", 2: "Cost of Sale", 3: "Expense"}[classification]
        assert books.rest("POST", "/nominals", {"Code": code, "Name": name, "Type": kind, "NomType": place})[0] == 201
    clearing = books.rest("POST", "/bankaccounts", {"AccountName": "Amazon Clearing", "Code": 1250})[1]["Id"]
    bank = next(one for one in books.rest("GET", "/bankaccounts")[1] if one["IsDefaultAccount"])
    assert books.rest("POST", "/customers", {"Code": "AMZUK", "Name": "Amazon UK"})[0] == 201
    assert books.rest("POST", "/suppliers", {"Code": "AMZFEES", "Name": "Amazon"})[0] == 201
    method = {kind: books.rest("GET", f"/paymentmethods/{kind}")[1][0]["Id"] for kind in ("invoice", "purchase")}
    items = [
        {"NominalCode": 4010, "Quantity": 1, "Rate": 100, "VATLevel": 20, "VATAmount": 20},
        {"NominalCode": 4013, "Quantity": 1, "Rate": -20, "VATLevel": 20},
    ]
    paid = {"Date": f"{DAY} 00:00:00", "AccountId": clearing}
    head = {
        "IssuedDate": f"{DAY} 00:00:00",
        "LineItems": items,
        "PaymentLines": [{**paid, "Amount": 96, "Method": method["invoice"]}],
    }
    status, made = books.rest("POST", "/invoices", {**head, "CustomerCode": "AMZUK", "CustomerReference": "AMZ-S-1"})
    assert (status, made["GrossAmount"], made["VATAmount"], made["DueAmount"], made["Status"]) == (201, 96, 16, 0, "Paid")
    fees = [
        {"NominalCode": code, "Quantity": 1, "Rate": Decimal(net), "VATLevel": 20, "VATAmount": Decimal(vat)}
        for code, net, vat in FEES
    ]
    bill = {"IssuedDate": f"{DAY} 00:00:00", "LineItems": fees, "SupplierCode": "AMZFEES", "SupplierReference": "AMZ-S-1"}
    number = books.rest("POST", "/purchases", bill)[1]["Number"]
    item = {"Amount": Decimal("31.49"), "ObjectNumber": number}
    bulk = {**paid, "Method": method["purchase"], "PaymentItems": [item]}
    assert books.rest("POST", "/purchases/bulk/payments", bulk)[0] == 200
    nominal = books.rest("GET", "/nominals/1200")[1]["Id"]
    move = {"Date": f"{DAY} 00:00:00", "MoneyType": nominal, "PaidOut": Decimal("64.51")}
    assert books.rest("POST", f"/bankaccounts/{clearing}/transactions", move)[0] == 201

    assert books.trial() == UK_1
    status, report = books.rest("GET", "/reports/trialbalance", startDate="2026-11-01", endDate="2026-11-30")
    assert (status, report["TotalDebit"], report["TotalCredit"]) == (200, Decimal("116.00"), Decimal("116.00"))
    status, register = books.rest("GET", f"/bankaccounts/{bank['Id']}/transactions")
    assert register["MetaData"]["ClosingBalance"] == Decimal("64.51")
