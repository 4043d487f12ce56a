"""What isn't published and can be tried either way, stock, money between accounts, faults, and the pages."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from werkzeug.test import Client

from sandbox.app import App
from sandbox.kashflow.seed import NOT_REGISTERED, VAT
from sandbox.world import Cut
from tests.sandbox.kashflow.conftest import Books, invoice, line, money, payment


def _journal(first: str, second: str, amount: str) -> dict[str, Any]:
    lines = [
        ("JournalLine", {"NominalID": nominal, "Amount": value, "ProjId": 0})
        for nominal, value in ((first, amount), (second, f"-{amount}"))
    ]
    head = {"DBID": 0, "JournalNumber": 0, "JournalDate": "2026-11-18T00:00:00", "Comment": "AMZ-1"}
    return {**head, "Lines": lines}


@pytest.mark.parametrize(("positive", "rent"), [("debit", "5.00"), ("credit", "-5.00")])
def test_the_sign_of_a_journal_is_one_setting(books: Books, positive: str, rent: str) -> None:
    books.world("journal_sign", positive=positive)
    assert books.ok("InsertJournal", Jnl=_journal(books.nominal(7100), books.nominal(9998), "5.00")) == "1"
    assert books.trial() == {"Rent": Decimal(rent), "Suspense": -Decimal(rent)}
    changed = {**_journal(books.nominal(7100), books.nominal(9998), "6.00"), "JournalNumber": 1}
    books.ok("UpdateJournal", Jnl=changed)
    assert books.trial()["Rent"] == Decimal(rent) * 6 / 5
    assert [row["JournalNumber"] for row in books.rows("GetJournals")] == ["1"]
    books.ok("DeleteJournal", JournalNumber=1)
    assert books.trial() == {}


def test_a_journal_must_balance_and_keeps_off_control_accounts(books: Books) -> None:
    uneven = _journal(books.nominal(7100), books.nominal(9998), "5.00")
    uneven["Lines"][0][1]["Amount"] = "5.01"
    assert "0.01 out" in books.no("InsertJournal", Jnl=uneven)
    assert "can't be used" in books.no("InsertJournal", Jnl=_journal(books.nominal(1100), books.nominal(9998), "5.00"))


@pytest.mark.parametrize(
    ("way", "by_bank", "by_journal"), [("either", True, True), ("bank", True, False), ("journal", False, True)]
)
def test_how_money_moves_between_accounts_is_one_setting(books: Books, way: str, by_bank: bool, by_journal: bool) -> None:
    books.world("rules", transfer=way)
    current, deposit = books.nominal(1200), books.nominal(1210)
    assert (current in [row["TypeID"] for row in books.rows("GetBankTxTypes")]) == by_bank
    moved = money(books.bank("Deposit Account"), current, out="5.00")
    assert books.soap("InsertBankTransaction", bp=moved)[0] == ("OK" if by_bank else "NO")
    assert books.soap("InsertJournal", Jnl=_journal(current, deposit, "5.00"))[0] == ("OK" if by_journal else "NO")
    assert books.trial()["Current Account"] == Decimal(5) * (by_bank + by_journal)


def test_bank_transactions_by_id_or_by_code(books: Books) -> None:
    books.world("rules", bank_keys="code")
    made = books.ok("InsertBankTransaction", bp=money("1200", "4902", into="1.20", vatable=1, level=20, vat="0.20"))
    shown = books.rows("GetBankTransactions", AccountID=books.bank("Current Account"))[0]
    assert (shown["ID"], shown["accid"], shown["TransactionType"]) == (made, "1200", "4902")
    assert books.world("vat")["Box6"] == "1.00"
    books.world("rules", bank_keys="id")
    assert "There is no" in books.no("InsertBankTransaction", bp=money("1200", "4902", into="1.20"))
    changed = money(books.bank("Current Account"), books.nominal(4902), into="2.00")
    books.ok("UpdateBankTransaction", bp=changed, TransactionID=made)
    assert books.trial() == {"Current Account": Decimal("2.00"), "Bank Interest Received": Decimal("-2.00")}


def test_stock_goes_down_only_where_it_is_controlled(books: Books) -> None:
    product = books.rows("GetSubProductByCode", ProductCode="MUG")[0]
    sale = invoice(books.customer(), [line(product["ParentID"], "12.50", "7.50", quantity="3", product=product["id"])])

    def held() -> str:
        return books.rows("GetSubProductByID", ProductID=product["id"])[0]["QtyInStock"]

    books.ok("InsertInvoice", Inv=sale)
    assert held() == "100"
    assert books.world("stock", on=True)["on"] is True
    books.ok("InsertInvoice", Inv=sale)
    assert held() == "97"
    books.ok("DeleteInvoice", InvoiceNumber=2)
    assert held() == "100"
    books.ok("AddOrUpdateSubProduct", sp={**product, "QtyInStock": 40})
    books.ok("InsertInvoice", Inv=sale)
    assert books.world("stock")["products"] == {"MUG": "37.00"}


def test_a_person_at_the_other_side(books: Books) -> None:
    books.ok("InsertInvoice", Inv=invoice(books.customer(), [line(books.nominal(4000), "10.00", "2.00")], reference="AMZ-1"))
    books.world("edit", kind="Invoice", number=1, changes={"CustomerReference": "mine now"})
    assert books.rows("GetInvoice", InvoiceNumber=1)[0]["CustomerReference"] == "mine now"
    assert books.trial()["Debtors Control Account"] == Decimal("12.00")
    books.world("delete", kind="Invoice", number=1)
    assert books.trial() == {}


def test_faults_strike_each_operation(books: Books) -> None:
    body = invoice(books.customer(), [line(0, "1.00")])
    books.fault("throttle", "InsertInvoice", seconds=7)
    response = books.post("InsertInvoice", "<InsertInvoice/>")
    assert (response.status_code, response.headers["Retry-After"]) == (429, "7")
    books.fault("500", "InsertInvoice")
    assert "soap:Server" in books.post("InsertInvoice", "<InsertInvoice/>").text
    for kind, written in (("drop-before-commit", 0), ("drop-after-commit", 1)):
        books.fault(kind, "InsertInvoice")
        with pytest.raises(Cut):
            books.ok("InsertInvoice", Inv=body)
        assert len(books.world("documents", kind="Invoice")["documents"]) == written
    books.fault("revoke", "GetCustomers")
    books.no("GetCustomers")
    assert books.no("GetSuppliers") == "Incorrect username or password."


def test_the_pages_show_the_books(app: App, books: Books) -> None:
    books.ok("InsertInvoice", Inv=invoice(books.customer(), [line(books.nominal(4000), "10.00", "2.00")], reference="A<b>"))
    books.ok("InsertBankTransaction", bp=money(books.bank("Current Account"), books.nominal(7901), out="1.25"))
    http = Client(app)
    seen = {
        name: http.get(f"/kashflow/app/{VAT}/{name}").text
        for name in ("invoices", "purchases", "journals", "banks", "vat", "trial")
    }
    assert "A&lt;b&gt;" in seen["invoices"]
    assert "-1.25" in seen["banks"]
    assert 'VAT due on sales</td><td class="n">2.00' in seen["vat"]
    assert "Walk-in Customer" in http.get(f"/kashflow/app/{VAT}/invoice/1").text
    assert "Severn Trading" in http.get("/kashflow/app/").text
    assert http.get("/kashflow/app/1/trial").status_code == 404
    assert "KashFlow" in http.get("/").text


def test_a_net_credit_of_fees_is_a_purchase_credit(books: Books) -> None:
    supplier, fees = books.rows("GetSuppliers")[0]["SupplierID"], books.nominal(5000)
    number = books.ok("InsertReceipt", Inv=invoice(supplier, [line(fees, "-10.00", "-2.00")]))
    paid = payment(number, books.bank("Current Account"), books.method("GetRecPayMethods"), "-12.00")
    books.ok("InsertReceiptPayment", ReceiptPayment=paid)
    assert books.trial() == {
        "Current Account": Decimal("12.00"), "Purchases of Goods": Decimal("-10.00"), "VAT on Purchases": Decimal("-2.00"),
    }  # fmt: skip
    vat = books.world("vat")
    assert (vat["Box4"], vat["Box7"], books.rows("GetReceipt", ReceiptNumber=number)[0]["Paid"]) == ("-2.00", "-10.00", "1")


def test_without_vat_one_journal_and_a_transfer_are_enough(app: App) -> None:
    books = Books(app, NOT_REGISTERED)
    clearing = books.ok("CreateBankAccount", AccountName="Amazon Clearing", NominalCode=1250)
    amounts = ((4000, "-120.00"), (4000, "24.00"), (5000, "31.49"), (1250, "64.51"))
    lines = [("JournalLine", {"NominalID": books.nominal(code), "Amount": amount, "ProjId": 0}) for code, amount in amounts]
    books.ok("InsertJournal", Jnl={"DBID": 0, "JournalNumber": 0, "JournalDate": "2026-11-05T00:00:00", "Lines": lines})
    books.ok("InsertBankTransaction", bp=money(clearing, books.nominal(1200), out="64.51"))
    assert books.trial() == {
        "Current Account": Decimal("64.51"), "Sale of Goods": Decimal("-96.00"), "Purchases of Goods": Decimal("31.49"),
    }  # fmt: skip
    assert books.world("vat")["Box6"] == "0.00"


@pytest.mark.parametrize(("reading", "home"), [("multiply", "8.60"), ("divide", "11.63")])
def test_amounts_in_another_currency(books: Books, reading: str, home: str) -> None:
    books.world("rules", rate=reading)
    kind, euros = line(books.nominal(4000), "10.00", level="0")
    sale = invoice(books.customer(), [(kind, {**euros, "ValuesInCurrency": 1})], currency="EUR", rate="0.86")
    books.ok("InsertInvoice", Inv=sale)
    assert books.trial()["Debtors Control Account"] == Decimal(home)
