"""Accounts, people, items, classes, settings: what may be made, renamed, put to rest."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.quickbooks_online.conftest import Body, Ledger, credit, debit

# accounting.md section 10: every type and subtype of the default chart.
DEFAULT_CHART = [
    ("Amazon Sales", "Income", "SalesOfProductIncome", "Revenue"),
    ("Amazon Refunds", "Income", "DiscountsRefundsGiven", "Revenue"),
    ("Amazon Reimbursements", "Other Income", "OtherMiscellaneousIncome", "Revenue"),
    ("Amazon Selling Fees", "Cost of Goods Sold", "OtherCostsOfServiceCos", "Expense"),
    ("Amazon FBA Fees", "Cost of Goods Sold", "ShippingFreightDeliveryCos", "Expense"),
    ("Amazon Storage Fees", "Expense", "OtherMiscellaneousServiceCost", "Expense"),
    ("Amazon Advertising", "Expense", "AdvertisingPromotional", "Expense"),
    ("Amazon Subscriptions", "Expense", "DuesSubscriptions", "Expense"),
    ("Amazon Bad Debts", "Expense", "BadDebts", "Expense"),
    ("Amazon Clearing", "Other Current Asset", "OtherCurrentAssets", "Asset"),
    ("Amazon Marketplace Tax", "Other Current Liability", "OtherCurrentLiabilities", "Liability"),
    ("Amazon Loan", "Long Term Liability", "NotesPayable", "Liability"),
    ("Amazon Opening Balance", "Equity", "OpeningBalanceEquity", "Equity"),
    ("Amazon Exchange Differences", "Other Expense", "ExchangeGainOrLoss", "Expense"),
]


@pytest.mark.parametrize(("name", "kind", "subtype", "classification"), DEFAULT_CHART)
def test_the_default_chart_can_be_made(us: Ledger, name: str, kind: str, subtype: str, classification: str) -> None:
    made = us.create("Account", {"Name": name, "AccountType": kind, "AccountSubType": subtype})
    assert (made["Classification"], made["CurrencyRef"]["value"], made["Active"]) == (classification, "USD", True)
    assert (made["FullyQualifiedName"], made["SubAccount"], made["CurrentBalance"]) == (name, False, Decimal("0"))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"Name": "Checking", "AccountType": "Bank"}, "6240"),
        ({"Name": "CHECKING", "AccountType": "Bank"}, "6240"),
        ({"Name": "a:b", "AccountType": "Bank"}, "6000"),
        ({"Name": 'a "b"', "AccountType": "Bank"}, "6000"),
        ({"Name": "x" * 101, "AccountType": "Bank"}, "2050"),
        ({"AccountType": "Bank"}, "2020"),
        ({"Name": "New"}, "2020"),
        ({"Name": "New", "AccountType": "Piggy bank"}, "2170"),
        ({"Name": "New", "AccountType": "Bank", "AccountSubType": "NotesPayable"}, "6010"),
        ({"Name": "New", "AccountType": "Bank", "ParentRef": {"value": "15"}}, "6000"),
    ],
)
def test_accounts_that_cannot_be_made(us: Ledger, body: Body, code: str) -> None:
    assert us.refused("Account", body) == code


def test_subtypes_imply_types_and_parents_make_full_names(us: Ledger) -> None:
    parent = us.create("Account", {"Name": "Amazon", "AccountSubType": "AdvertisingPromotional"})
    assert parent["AccountType"] == "Expense"
    child = us.create("Account", {"Name": "Ads", "AccountType": "Expense", "ParentRef": {"value": parent["Id"]}})
    assert (child["FullyQualifiedName"], child["SubAccount"]) == ("Amazon:Ads", True)


def test_an_account_is_renamed_and_put_to_rest(us: Ledger) -> None:
    made = us.create("Account", {"Name": "Temp", "AccountType": "Expense"})
    renamed = us.create("Account", {**made, "Name": "Temporary"})
    assert (renamed["Name"], renamed["SyncToken"]) == ("Temporary", "1")
    rest = us.create("Account", {"Id": made["Id"], "SyncToken": "1", "sparse": True, "Active": False})
    assert rest["Active"] is False
    assert us.query("SELECT * FROM Account WHERE Name = 'Temporary'") == {}
    bank = us.account("Checking")
    assert us.refused("JournalEntry", {"Line": [debit(made["Id"], "1.00"), credit(bank, "1.00")]}) == "610"


def test_names_are_unique_over_customers_vendors_and_employees(us: Ledger) -> None:
    for kind in ("Customer", "Vendor", "Employee"):
        assert us.refused(kind, {"DisplayName": "amazon"}) == "6240"
        assert us.refused(kind, {"DisplayName": "a:b"}) == "6000"
        assert us.refused(kind, {"CompanyName": "No name"}) == "2020"
        assert us.create(kind, {"GivenName": kind, "FamilyName": "Osei"})["DisplayName"] == f"{kind} Osei"


def test_items_of_all_kinds(us: Ledger) -> None:
    income, cost, stock = us.account("Sales of Product Income"), us.account("Cost of Goods Sold"), us.account("Inventory Asset")
    mug: dict[str, Any] = {
        "Name": "MUG-BLUE-350", "Sku": "MUG-BLUE-350", "Type": "Inventory", "TrackQtyOnHand": True, "QtyOnHand": 10,
        "InvStartDate": "2026-01-01", "UnitPrice": Decimal("12.5"), "PurchaseCost": Decimal("4.1"),
        "IncomeAccountRef": {"value": income}, "ExpenseAccountRef": {"value": cost}, "AssetAccountRef": {"value": stock},
    }  # fmt: skip
    made = us.create("Item", mug)
    assert (made["QtyOnHand"], made["TrackQtyOnHand"]) == (10, True)
    assert us.trial() == {"Inventory Asset": Decimal("41.00"), "Opening Balance Equity": Decimal("-41.00")}
    assert us.refused("Item", mug) == "6240"
    assert us.refused("Item", {**mug, "Name": "Other", "AssetAccountRef": {"value": income}}) == "6010"
    assert us.refused("Item", {"Name": "Bare", "Type": "Service"}) == "2020"
    del mug["InvStartDate"]
    assert us.refused("Item", {**mug, "Name": "Undated"}) == "2020"
    sale = {"ItemRef": {"value": made["Id"]}, "Qty": 3, "UnitPrice": Decimal("12.5")}
    line = {"DetailType": "SalesItemLineDetail", "Amount": Decimal("37.5"), "SalesItemLineDetail": sale}
    us.create("SalesReceipt", {"Line": [line]})
    assert us.read("Item", made["Id"])["QtyOnHand"] == 7
    assert us.trial()["Cost of Goods Sold"] == Decimal("12.30")
    assert us.refused("SalesReceipt", {"Line": [line], "TxnDate": "2025-12-31"}) == "6000"
    assert us.refused("SalesReceipt", {"Line": [{**line, "Amount": Decimal("37.51")}]}) == "6070"
    adjust = {
        "DetailType": "ItemAdjustmentLineDetail",
        "ItemAdjustmentLineDetail": {"ItemRef": {"value": made["Id"]}, "QtyDiff": -2},
    }
    us.create("InventoryAdjustment", {"AdjustAccountRef": {"value": us.account("Miscellaneous")}, "Line": [adjust]})
    assert us.read("Item", made["Id"])["QtyOnHand"] == 5


def test_counting_stock_is_for_america(uk: Ledger) -> None:
    assert uk.refused("InventoryAdjustment", {"AdjustAccountRef": {"value": "1"}, "Line": []}) == "5020"


def test_classes_locations_terms_and_methods(us: Ledger) -> None:
    for kind in ("Class", "Department"):
        parent = us.create(kind, {"Name": "Amazon"})
        child = us.create(kind, {"Name": "US", "ParentRef": {"value": parent["Id"]}})
        assert child["FullyQualifiedName"] == "Amazon:US"
        assert us.refused(kind, {"Name": "Amazon"}) == "6240"
    assert us.create("Term", {"Name": "Net 60", "DueDays": 60})["DueDays"] == 60
    assert us.create("PaymentMethod", {"Name": "Marketplace"})["Active"] is True


def test_settings_are_read_and_partly_written(us: Ledger, multi: Ledger) -> None:
    _, answer = us.call("GET", "preferences")
    preferences = answer["Preferences"]
    assert preferences["CurrencyPrefs"] == {"MultiCurrencyEnabled": False, "HomeCurrency": {"value": "USD"}}
    assert preferences["TaxPrefs"]["PartnerTaxEnabled"] is True
    assert "BookCloseDate" not in preferences["AccountingInfoPrefs"]
    body = {"Id": "1", "SyncToken": preferences["SyncToken"], "sparse": True, "SalesFormsPrefs": {"CustomTxnNumbers": False}}
    changed = us.create("Preferences", body)
    assert changed["SalesFormsPrefs"]["CustomTxnNumbers"] is False
    assert changed["SalesFormsPrefs"]["AllowDiscount"] is True
    token = {"Id": "1", "SyncToken": changed["SyncToken"], "sparse": True}
    assert us.refused("Preferences", {**token, "CurrencyPrefs": {"MultiCurrencyEnabled": True}}) == "6000"
    assert multi.call("GET", "preferences")[1]["Preferences"]["CurrencyPrefs"]["MultiCurrencyEnabled"] is True
    assert us.call("GET", f"companyinfo/{us.realm}")[1]["CompanyInfo"]["Country"] == "US"


def test_tax_codes_are_made_by_the_tax_service_alone(uk: Ledger) -> None:
    agency = uk.query("SELECT * FROM TaxAgency")["TaxAgency"][0]["Id"]
    rate = {"TaxRateName": "12.5 T", "RateValue": Decimal("12.5"), "TaxAgencyId": agency, "TaxApplicableOn": "Sales"}
    status, answer = uk.call("POST", "taxservice/taxcode", {"TaxCode": "12.5% T", "TaxRateDetails": [rate]})
    assert status == 200
    code = uk.read("TaxCode", answer["TaxCodeId"])
    assert code["SalesTaxRateList"]["TaxRateDetail"][0]["TaxRateRef"]["name"] == "12.5 T"
    assert uk.call("POST", "taxservice/taxcode", {"TaxCode": "12.5% T", "TaxRateDetails": [rate]})[0] == 400
    assert uk.call("POST", "taxcode", {"Name": "x"})[0] == 400
    assert uk.call("POST", "taxrate", {"Name": "x"})[0] == 400


def test_every_seeded_object_reads_as_it_lists(us: Ledger, uk: Ledger, multi: Ledger) -> None:
    kinds = ("Account", "Customer", "Vendor", "Employee", "Item", "Class", "Department", "Term", "PaymentMethod", "TaxCode")
    for company in (us, uk, multi):
        for kind in (*kinds, "TaxAgency", "Preferences", "CompanyInfo", *(["TaxRate"] if company is uk else [])):
            for listed in company.query(f"SELECT * FROM {kind} MAXRESULTS 1000")[kind]:
                assert company.read(kind, listed["Id"]) == listed
    assert {currency["Code"] for currency in multi.query("SELECT * FROM CompanyCurrency")["CompanyCurrency"]} == {
        "CAD",
        "EUR",
        "GBP",
    }
