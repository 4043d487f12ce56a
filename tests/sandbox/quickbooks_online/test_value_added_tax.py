"""Tax outside the United States: the worked settlement UK-1 of accounting.md, by journal and by deposit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.quickbooks_online.conftest import Body, Ledger, credit, debit, money_in

STANDARD = "20.0% S"


def _codes(uk: Ledger) -> dict[str, str]:
    return {code["Name"]: code["Id"] for code in uk.query("SELECT * FROM TaxCode")["TaxCode"]}


def _taxed(code: str, side: str, **more: Any) -> Body:
    return {"TaxCodeRef": {"value": code}, "TaxApplicableOn": side, **more}


def test_settlement_uk_1_as_an_inclusive_deposit(uk: Ledger) -> None:
    code = _codes(uk)[STANDARD]
    sales, fees, advertising = uk.account("Sales of Product Income"), uk.account("Bank Charges"), uk.account("Advertising")
    lines = [
        money_in(sales, "120.00", **_taxed(code, "Sales")),
        money_in(sales, "-24.00", **_taxed(code, "Sales")),
        money_in(fees, "-18.36", **_taxed(code, "Purchase")),
        money_in(fees, "3.67", **_taxed(code, "Purchase")),
        money_in(fees, "-3.60", **_taxed(code, "Purchase")),
        money_in(fees, "-1.20", **_taxed(code, "Purchase")),
        money_in(advertising, "-12.00", **_taxed(code, "Purchase")),
    ]
    body = {"DepositToAccountRef": {"value": uk.account("Checking")}, "GlobalTaxCalculation": "TaxInclusive", "Line": lines}
    made = uk.create("Deposit", body)
    assert made["TotalAmt"] == Decimal("64.51")
    assert sum(line["Amount"] for line in made["Line"]) == Decimal("64.51")
    assert made["TxnTaxDetail"]["TotalTax"] == Decimal("10.75")
    assert [line["Amount"] for line in made["TxnTaxDetail"]["TaxLine"]] == [Decimal("16.00"), Decimal("-5.25")]
    assert uk.trial() == {
        "Checking": Decimal("64.51"), "Sales of Product Income": Decimal("-80.00"), "Bank Charges": Decimal("16.24"),
        "Advertising": Decimal("10.00"), "VAT Control": Decimal("-10.75"),
    }  # fmt: skip
    again = uk.create("Deposit", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "x"})
    assert again["TxnTaxDetail"] == made["TxnTaxDetail"]
    assert again["TotalAmt"] == Decimal("64.51")


@pytest.mark.parametrize("model", ["TaxInclusive", "TaxExcluded"])
def test_a_journal_taxes_each_line_on_its_own_side(uk: Ledger, model: str) -> None:
    code = _codes(uk)[STANDARD]
    bank, sales, fees = uk.account("Checking"), uk.account("Sales of Product Income"), uk.account("Bank Charges")
    gross = model == "TaxInclusive"
    lines = [
        credit(sales, "120.00" if gross else "100.00", **_taxed(code, "Sales")),
        debit(sales, "24.00" if gross else "20.00", **_taxed(code, "Sales")),
        debit(fees, "18.36" if gross else "15.30", **_taxed(code, "Purchase")),
        debit(bank, "77.64"),
    ]
    made = uk.create("JournalEntry", {"GlobalTaxCalculation": model, "Line": lines})
    details = [line["JournalEntryLineDetail"] for line in made["Line"]]
    assert [line["Amount"] for line in made["Line"]] == [Decimal(a) for a in ("100.00", "20.00", "15.30", "77.64")]
    assert [detail.get("TaxAmount") for detail in details] == [Decimal("20.00"), Decimal("4.00"), Decimal("3.06"), None]
    assert [detail.get("TaxInclusiveAmt") for detail in details[:2]] == (
        [Decimal("120.00"), Decimal("24.00")] if gross else [None, None]
    )
    assert made["TxnTaxDetail"]["TotalTax"] == Decimal("12.94")
    assert uk.trial() == {
        "Checking": Decimal("77.64"), "Sales of Product Income": Decimal("-80.00"), "Bank Charges": Decimal("15.30"),
        "VAT Control": Decimal("-12.94"),
    }  # fmt: skip
    same = uk.create("JournalEntry", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "again"})
    assert same["Line"] == made["Line"]
    assert same["TxnTaxDetail"] == made["TxnTaxDetail"]


def test_the_callers_own_tax_stands_where_the_company_lets_it(uk: Ledger) -> None:
    code = _codes(uk)[STANDARD]
    bank, sales = uk.account("Checking"), uk.account("Sales of Product Income")
    body = {
        "GlobalTaxCalculation": "TaxExcluded",
        "Line": [credit(sales, "10.00", **_taxed(code, "Sales", TaxAmount=Decimal("1.99"))), debit(bank, "11.99")],
    }
    assert uk.create("JournalEntry", body)["TxnTaxDetail"]["TotalTax"] == Decimal("1.99")
    uk.world("rules", tax_override=False)
    assert uk.refused("JournalEntry", body) == "6000"


def test_a_rates_tax_can_be_set_for_the_whole_deposit(uk: Ledger) -> None:
    code = _codes(uk)[STANDARD]
    rate = uk.query("SELECT * FROM TaxRate WHERE Name = '20.0% S (Sales)'")["TaxRate"][0]["Id"]
    tax_line = {"Amount": Decimal("1.99"), "DetailType": "TaxLineDetail", "TaxLineDetail": {"TaxRateRef": {"value": rate}}}
    body = {
        "DepositToAccountRef": {"value": uk.account("Checking")}, "GlobalTaxCalculation": "TaxInclusive",
        "Line": [money_in(uk.account("Sales of Product Income"), "12.00", **_taxed(code, "Sales"))],
        "TxnTaxDetail": {"TaxLine": [tax_line]},
    }  # fmt: skip
    made = uk.create("Deposit", body)
    assert made["TotalAmt"] == Decimal("12.00")
    assert made["TxnTaxDetail"]["TotalTax"] == Decimal("1.99")
    assert made["TxnTaxDetail"]["TaxLine"][0]["TaxLineDetail"]["OverrideDeltaAmount"] == Decimal("-0.01")
    assert uk.trial()["Sales of Product Income"] == Decimal("-10.01")


def test_codes_without_tax_and_accounts_that_bear_none(uk: Ledger) -> None:
    codes = _codes(uk)
    bank, sales, control = uk.account("Checking"), uk.account("Sales of Product Income"), uk.account("VAT Control")
    for name in ("0.0% Z", "Exempt", "No VAT"):
        lines = [credit(sales, "10.00", **_taxed(codes[name], "Sales")), debit(bank, "10.00")]
        made = uk.create("JournalEntry", {"GlobalTaxCalculation": "TaxExcluded", "Line": lines})
        assert made["Line"][0]["JournalEntryLineDetail"]["TaxAmount"] == 0
        assert ("TxnTaxDetail" in made) == (name != "No VAT")
    bad = [credit(sales, "10.00"), debit(bank, "10.00", **_taxed(codes[STANDARD], "Purchase"))]
    assert uk.refused("JournalEntry", {"GlobalTaxCalculation": "TaxInclusive", "Line": bad}) == "6000"
    assert uk.refused("JournalEntry", {"Line": [credit(control, "10.00"), debit(bank, "10.00")]}) == "6000"
    unknown = [credit(sales, "10.00", **_taxed("TAX", "Sales")), debit(bank, "10.00")]
    assert uk.refused("JournalEntry", {"GlobalTaxCalculation": "TaxExcluded", "Line": unknown}) == "2500"


def test_a_sale_needs_a_code_on_every_line(uk: Ledger) -> None:
    goods = {"ItemRef": {"value": uk.id_of("Item", "Goods")}}
    line = {"DetailType": "SalesItemLineDetail", "Amount": Decimal("10.00"), "SalesItemLineDetail": goods}
    assert uk.refused("SalesReceipt", {"Line": [line]}) == "6000"
    goods["TaxCodeRef"] = {"value": _codes(uk)[STANDARD]}
    made = uk.create("SalesReceipt", {"Line": [line], "GlobalTaxCalculation": "TaxExcluded"})
    assert (made["TotalAmt"], made["TxnTaxDetail"]["TotalTax"]) == (Decimal("12.00"), Decimal("2.00"))
    refund = uk.create("RefundReceipt", {"Line": [line], "DepositToAccountRef": {"value": uk.account("Checking")}})
    assert (refund["TotalAmt"], refund["TxnTaxDetail"]["TotalTax"]) == (Decimal("12.00"), Decimal("2.00"))
    assert uk.trial()["VAT Control"] == Decimal("0.00")


def test_a_bill_shows_the_tax_it_reclaims(uk: Ledger) -> None:
    detail = {"AccountRef": {"value": uk.account("Advertising")}, "TaxCodeRef": {"value": _codes(uk)[STANDARD]}}
    line = {"DetailType": "AccountBasedExpenseLineDetail", "Amount": Decimal("12.00"), "AccountBasedExpenseLineDetail": detail}
    body = {"VendorRef": {"value": uk.id_of("Vendor", "Amazon")}, "GlobalTaxCalculation": "TaxInclusive", "Line": [line]}
    made = uk.create("Bill", body)
    assert (made["TotalAmt"], made["TxnTaxDetail"]["TotalTax"], made["Line"][0]["Amount"]) == (
        Decimal("12.00"), Decimal("2.00"), Decimal("10.00"),
    )  # fmt: skip
    assert uk.trial() == {
        "Accounts Payable (A/P)": Decimal("-12.00"), "Advertising": Decimal("10.00"), "VAT Control": Decimal("2.00"),
    }  # fmt: skip


def test_a_bills_tax_can_be_set_by_its_rate(uk: Ledger) -> None:
    rate = uk.query("SELECT * FROM TaxRate WHERE Name = '20.0% S (Purchase)'")["TaxRate"][0]["Id"]
    detail = {"AccountRef": {"value": uk.account("Advertising")}, "TaxCodeRef": {"value": _codes(uk)[STANDARD]}}
    line = {"DetailType": "AccountBasedExpenseLineDetail", "Amount": Decimal("10.00"), "AccountBasedExpenseLineDetail": detail}
    tax_line = {"Amount": Decimal("2.01"), "DetailType": "TaxLineDetail", "TaxLineDetail": {"TaxRateRef": {"value": rate}}}
    body = {"VendorRef": {"value": uk.id_of("Vendor", "Amazon")}, "Line": [line], "TxnTaxDetail": {"TaxLine": [tax_line]}}
    made = uk.create("Bill", body)
    assert (made["TotalAmt"], made["TxnTaxDetail"]["TotalTax"]) == (Decimal("12.01"), Decimal("2.01"))
    assert uk.trial()["VAT Control"] == Decimal("2.01")
