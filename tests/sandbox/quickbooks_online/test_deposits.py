"""Deposit: signed lines straight into a bank account, and money that waited in Undeposited Funds."""

from __future__ import annotations

from decimal import Decimal

from tests.sandbox.quickbooks_online.conftest import Ledger, money_in


def test_signed_lines_make_the_total(us: Ledger) -> None:
    bank, sales, fees = us.account("Checking"), us.account("Sales of Product Income"), us.account("Bank Charges")
    lines = [money_in(sales, "200.00"), money_in(fees, "-29.25"), money_in(fees, "6.00"), money_in(sales, "-90.50")]
    body = {
        "DepositToAccountRef": {"value": bank},
        "TxnDate": "2026-11-05",
        "PrivateNote": "marker",
        "Line": lines,
        "TotalAmt": 1,
    }
    made = us.create("Deposit", body)
    assert made["TotalAmt"] == Decimal("86.25")
    assert [line["Amount"] for line in made["Line"]] == [Decimal(a) for a in ("200.00", "-29.25", "6.00", "-90.50")]
    assert us.trial() == {
        "Checking": Decimal("86.25"),
        "Sales of Product Income": Decimal("-109.50"),
        "Bank Charges": Decimal("23.25"),
    }
    found = us.query("SELECT * FROM Deposit WHERE TxnDate = '2026-11-05' AND TotalAmt = '86.25'")
    assert [deposit["PrivateNote"] for deposit in found["Deposit"]] == ["marker"]


def test_a_deposit_is_not_below_zero(us: Ledger) -> None:
    bank, fees = us.account("Checking"), us.account("Bank Charges")
    assert us.refused("Deposit", {"DepositToAccountRef": {"value": bank}, "Line": [money_in(fees, "-0.01")]}) == "6000"
    assert us.trial() == {}


def test_which_accounts_a_deposit_may_use(us: Ledger) -> None:
    bank, sales = us.account("Checking"), us.account("Sales of Product Income")

    def code(into: str, line: str) -> str:
        return us.refused("Deposit", {"DepositToAccountRef": {"value": into}, "Line": [money_in(line, "1.00")]})

    assert code(sales, bank) == "6010"
    assert code(bank, bank) == "6000"
    assert code(bank, us.account("Undeposited Funds")) == "6000"
    assert code(bank, us.account("State Sales Tax Payable")) == "6000"
    assert code(bank, us.account("Accounts Receivable (A/R)")) == "6000"
    assert us.refused("Deposit", {"Line": [money_in(sales, "1.00")]}) == "2020"
    assert us.refused("Deposit", {"DepositToAccountRef": {"value": bank}}) == "2020"


def test_waiting_money_is_deposited_once_and_then_stands_fast(us: Ledger) -> None:
    bank = us.account("Checking")
    item = {"value": us.id_of("Item", "Goods")}
    sale = {"DetailType": "SalesItemLineDetail", "Amount": Decimal("25.00"), "SalesItemLineDetail": {"ItemRef": item}}
    receipt = us.create("SalesReceipt", {"Line": [sale]})
    assert us.trial()["Undeposited Funds"] == Decimal("25.00")
    linked = {"Amount": Decimal("25.00"), "LinkedTxn": [{"TxnId": receipt["Id"], "TxnType": "SalesReceipt", "TxnLineId": "0"}]}
    body = {"DepositToAccountRef": {"value": bank}, "Line": [linked]}
    assert us.refused("Deposit", {**body, "Line": [{**linked, "Amount": Decimal("24.99")}]}) == "620"
    made = us.create("Deposit", body)
    assert us.trial() == {
        "Checking": Decimal("25.00"),
        "Undeposited Funds": Decimal("0.00"),
        "Sales of Product Income": Decimal("-25.00"),
    }
    assert us.refused("Deposit", body) == "620"
    assert us.read("SalesReceipt", receipt["Id"])["LinkedTxn"] == [{"TxnId": made["Id"], "TxnType": "Deposit"}]
    assert us.refused("SalesReceipt", {"Id": receipt["Id"], "SyncToken": "0"}, operation="delete") == "6540"
    us.call("POST", "deposit", {"Id": made["Id"], "SyncToken": "0"}, operation="delete")
    us.call("POST", "salesreceipt", {"Id": receipt["Id"], "SyncToken": "0"}, operation="delete")
    assert us.trial() == {}
