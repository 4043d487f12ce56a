"""Every operation that reads, over both doors, against books that hold something of each kind.

The clients of `conftest.py` hold each answer against the published contracts where a machine has them.
"""

from __future__ import annotations

import re

from sandbox.kashflow.operations import OPERATIONS
from sandbox.kashflow.rest import ROUTES
from tests.sandbox.kashflow.conftest import Books, invoice, line, money, payment

FIRST, LAST = "2026-01-01", "2026-12-31"


def _fill(books: Books) -> dict[str, object]:
    """Something of each kind; what stands for each parameter of a SOAP operation."""
    account, sales, supplier = books.bank("Current Account"), books.nominal(4000), books.rows("GetSuppliers")[0]["SupplierID"]
    books.ok("InsertInvoice", Inv=invoice(books.customer(), [line(sales, "10.00", "2.00")], reference="AMZ-1"))
    books.ok("InsertReceipt", Inv=invoice(supplier, [line(books.nominal(7100), "10.00", "2.00")]))
    books.ok("InsertInvoicePayment", InvoicePayment=payment("1", account, books.method(), "5.00"))
    books.ok("InsertReceiptPayment", ReceiptPayment=payment("1", account, books.method("GetRecPayMethods"), "5.00"))
    moved = books.ok("InsertBankTransaction", bp=money(account, sales, into="1.00"))
    lines = [("JournalLine", {"NominalID": sales, "Amount": amount, "Comment": "x", "ProjId": 0}) for amount in ("1.00", "-1.00")]
    books.ok("InsertJournal", Jnl={"DBID": 0, "JournalNumber": 0, "JournalDate": f"{LAST}T00:00:00", "Lines": lines})
    made, bill = books.rows("GetInvoice", InvoiceNumber=1)[0], books.rows("GetReceipt", ReceiptNumber=1)[0]
    for operation, name, document in (("InsertInvoiceNote", "InvoiceId", made), ("InsertReceiptNote", "ReceiptId", bill)):
        books.ok(operation, **{name: document["InvoiceDBID"]}, NoteDate=f"{LAST}T00:00:00", Notes="a note")
    return {
        "StartDate": f"{FIRST}T00:00:00", "EndDate": f"{LAST}T00:00:00", "ModifiedSince": f"{FIRST}T00:00:00",
        "BalanceDate": f"{LAST}T00:00:00", "InvoiceNumber": 1, "ReceiptNumber": 1, "JournalNumber": 1, "NumberOfInvoices": 5,
        "NumberOfReceipts": 5, "PageNumber": 1, "Page": 1, "PerPage": 5, "AccountID": account, "TransactionID": moved,
        "CustID": made["CustomerID"], "CustomerID": made["CustomerID"], "CustomerCode": "WALK01", "SupplierCode": "PAPE01",
        "CustomerEmail": "walkin@example.org", "SupplierID": supplier, "NominalID": sales, "ProductCode": "MUG",
        "ProductID": books.rows("GetSubProductByCode", ProductCode="MUG")[0]["id"], "InvoiceID": made["InvoiceDBID"],
        "InvoiceId": made["InvoiceDBID"], "ReceiptId": bill["InvoiceDBID"],
    }  # fmt: skip


def test_every_reading_operation_answers(books: Books) -> None:
    known = _fill(books)
    reading = [operation for operation in OPERATIONS.values() if operation.name.startswith(("Get", "is"))]
    for operation in reading:
        parameters = {one.name: known[one.name] for one in operation.request[2:] if one.name in known}
        status, detail, found = books.soap(operation.name, **parameters)
        assert (status, len(found) >= 2) == ("OK", True), f"{operation.name}: {detail}"

    paying = {"Amount": 1, "ObjectNumber": 1}
    bulk = {"Date": LAST, "AccountId": int(str(known["AccountID"])), "Method": int(books.method()), "PaymentItems": [paying]}
    assert books.rest("POST", "/invoices/bulk/payments", bulk)[0] == 200
    holes = {
        "accountId": known["AccountID"], "id": known["AccountID"], "transactionId": known["TransactionID"], "number": 1,
        "nominalCode": 4000, "type": "purchase", "objectNumber": 1,
    }  # fmt: skip
    codes = {"/customers": "WALK01", "/suppliers": "PAPE01", "/products": "MUG"}
    for route in ROUTES:
        method, _space, path = route.partition(" ")
        filled = {**holes, "code": codes.get(path[:10].rstrip("/"), "MUG"), "objectType": "invoices" if "bulk" in path else 3}
        if method == "GET":
            where = re.sub(r"\{(\w+)\}", lambda hole, filled=filled: str(filled[hole[1]]), path)
            status, answer = books.rest("GET", where, startDate=FIRST, endDate=LAST)
            assert status == 200, f"{route}: {answer}"
