"""The chart of accounts: types, subtypes, and the rules of an Account."""

from __future__ import annotations

from typing import Any, Final

from sandbox.quickbooks_online import faults
from sandbox.quickbooks_online.company import Body, Company, Stored

# Account type -> classification, default subtype first. Source: Intuit's Account reference.
TYPES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "Bank": (
        "Asset",
        ("Checking", "CashOnHand", "MoneyMarket", "RentsHeldInTrust", "Savings", "TrustAccounts", "OtherEarmarkedBankAccounts"),
    ),
    "Accounts Receivable": ("Asset", ("AccountsReceivable",)),
    "Other Current Asset": (
        "Asset",
        (
            "OtherCurrentAssets", "AllowanceForBadDebts", "DevelopmentCosts", "EmployeeCashAdvances", "Inventory",
            "Investment_Other", "LoansToOfficers", "LoansToOthers", "LoansToStockholders", "PrepaidExpenses", "Retainage",
            "UndepositedFunds",
            "GlobalTaxRefund", "GlobalTaxDeferred",
        ),
    ),
    "Fixed Asset": (
        "Asset",
        (
            "OtherFixedAssets", "AccumulatedDepreciation", "Buildings", "FixedAssetComputers", "FixedAssetFurniture",
            "FurnitureAndFixtures", "Land", "LeaseholdImprovements", "MachineryAndEquipment", "Vehicles",
        ),
    ),
    "Other Asset": ("Asset", ("OtherLongTermAssets", "Goodwill", "Licenses", "OrganizationalCosts", "SecurityDeposits")),
    "Accounts Payable": ("Liability", ("AccountsPayable",)),
    "Credit Card": ("Liability", ("CreditCard",)),
    "Other Current Liability": (
        "Liability",
        (
            "OtherCurrentLiabilities", "DeferredRevenue", "DirectDepositPayable", "FederalIncomeTaxPayable", "GlobalTaxPayable",
            "GlobalTaxSuspense", "InsurancePayable", "LineOfCredit", "LoanPayable", "PayrollClearing", "PayrollTaxPayable",
            "PrepaidExpensesPayable", "SalesTaxPayable", "StateLocalIncomeTaxPayable", "TrustAccountsLiabilities",
        ),
    ),
    "Long Term Liability": ("Liability", ("OtherLongTermLiabilities", "NotesPayable", "ShareholderNotesPayable")),
    "Equity": (
        "Equity",
        (
            "OwnersEquity", "AccumulatedAdjustment", "CommonStock", "OpeningBalanceEquity", "PaidInCapitalOrSurplus",
            "PartnerContributions", "PartnerDistributions", "PartnersEquity", "PreferredStock", "RetainedEarnings",
            "TreasuryStock",
        ),
    ),
    "Income": (
        "Revenue",
        (
            "SalesOfProductIncome", "DiscountsRefundsGiven", "NonProfitIncome", "OtherPrimaryIncome", "ServiceFeeIncome",
            "UnappliedCashPaymentIncome",
        ),
    ),
    "Cost of Goods Sold": (
        "Expense",
        ("SuppliesMaterialsCogs", "CostOfLaborCos", "EquipmentRentalCos", "OtherCostsOfServiceCos", "ShippingFreightDeliveryCos"),
    ),
    "Expense": (
        "Expense",
        (
            "OtherMiscellaneousServiceCost", "AdvertisingPromotional", "Auto", "BadDebts", "BankCharges",
            "CharitableContributions", "CostOfLabor", "DuesSubscriptions", "Entertainment", "EntertainmentMeals",
            "EquipmentRental", "FinanceCosts", "GlobalTaxExpense", "Insurance", "InterestPaid", "LegalProfessionalFees",
            "OfficeGeneralAdministrativeExpenses",
            "OtherBusinessExpenses", "PayrollExpenses", "PromotionalMeals", "RentOrLeaseOfBuildings", "RepairMaintenance",
            "ShippingFreightDelivery", "SuppliesMaterials", "TaxesPaid", "Travel", "TravelMeals",
            "UnappliedCashBillPaymentExpense", "Utilities",
        ),
    ),
    "Other Income": (
        "Revenue",
        ("OtherMiscellaneousIncome", "DividendIncome", "InterestEarned", "OtherInvestmentIncome", "TaxExemptInterest"),
    ),
    "Other Expense": (
        "Expense",
        (
            "OtherMiscellaneousExpense", "Amortization", "Depreciation", "ExchangeGainOrLoss", "OtherHomeOfficeExpenses",
            "PenaltiesSettlements", "Vehicle",
        ),
    ),
}  # fmt: skip
TYPE_OF_SUBTYPE: Final = {subtype: kind for kind, (_, subtypes) in TYPES.items() for subtype in subtypes}
OWN_CURRENCY: Final = frozenset({"Bank", "Credit Card", "Accounts Receivable", "Accounts Payable"})
BALANCE_SHEET: Final = frozenset({"Asset", "Liability", "Equity"})
CURRENCIES: Final = {
    "USD": "United States Dollar", "GBP": "British Pound Sterling", "EUR": "Euro", "CAD": "Canadian Dollar",
    "JPY": "Japanese Yen", "AUD": "Australian Dollar", "MXN": "Mexican Peso", "SEK": "Swedish Krona", "PLN": "Polish Zloty",
    "KWD": "Kuwaiti Dinar",
}  # fmt: skip


def currency_ref(code: str) -> Body:
    return {"value": code, "name": CURRENCIES.get(code, code)}


def prepare(company: Company, body: Body, old: Stored | None) -> Body:
    """A checked Account with what the service derives: type, classification, full name, currency."""
    _check_name(body.get("Name"))
    body |= _types(body)
    if old and old.body["AccountType"] != body["AccountType"] and company.balance(old.id):
        raise faults.business("The type of an account with a balance cannot be changed.")
    body["CurrencyRef"] = _currency(company, body)
    body |= _place(company, body, old)
    _check_unique(company, body, old)
    if old and not body.get("Active", True):
        _check_may_rest(company, old)
    return {"Active": True, **body}


def _check_name(name: str | None) -> None:
    if not name:
        raise faults.missing("Name")
    if ":" in name or '"' in name:
        raise faults.fault(
            "6000", "A business validation error has occurred while processing your request",
            'Business Validation Error: An account name may not contain a colon or double quotes.', "Name",
        )  # fmt: skip


def _types(body: Body) -> Body:
    """Type and subtype, each derived from the other where only one was sent. Raises 6010 where they don't agree."""
    kind, subtype = body.get("AccountType"), body.get("AccountSubType")
    if not kind and not subtype:
        raise faults.missing("AccountType")
    if not kind:
        kind = TYPE_OF_SUBTYPE.get(str(subtype))
        if kind is None:
            raise faults.bad_value("AccountSubType", subtype)
    classification, subtypes = TYPES[kind]
    subtype = subtype or subtypes[0]
    if subtype not in subtypes:
        raise faults.bad_account(f"{subtype} is not a subtype of {kind}", "AccountSubType")
    return {"AccountType": kind, "AccountSubType": subtype, "Classification": classification}


def _currency(company: Company, body: Body) -> Body:
    code: str = body.get("CurrencyRef", {}).get("value", company.home)
    if code != company.home:
        check_currency(company, code)
        if body["AccountType"] not in OWN_CURRENCY:
            raise faults.business("Only bank, credit card, receivable and payable accounts can have a foreign currency.")
    return currency_ref(code)


def check_currency(company: Company, code: str) -> None:
    """Refuse a currency that the company doesn't use."""
    if code == company.home:
        return
    if not company.multicurrency:
        raise faults.business("Multi Currency should be enabled to perform this operation.", "CurrencyRef")
    active = company.labelled("CompanyCurrency", code)
    if active is None or not active.active:
        raise faults.invalid_reference("CurrencyRef", code)


def _place(company: Company, body: Body, old: Stored | None) -> Body:
    """Parent and full name."""
    if not body.get("ParentRef"):
        body.pop("ParentRef", None)
        return {"SubAccount": False, "FullyQualifiedName": body["Name"]}
    parent = company.need("Account", body["ParentRef"], "ParentRef")
    if parent.body["AccountType"] != body["AccountType"] or (old and parent.id == old.id):
        raise faults.business("A sub-account must have the same type as its parent account.", "ParentRef")
    full = f"{parent.body['FullyQualifiedName']}:{body['Name']}"
    if full.count(":") > 4:
        raise faults.fault("6180", "Sub level limit", "Accounts can be nested up to five levels.", "ParentRef")
    return {"SubAccount": True, "ParentRef": {"value": parent.id}, "FullyQualifiedName": full}


def _check_unique(company: Company, body: Body, old: Stored | None) -> None:
    twin = company.labelled("Account", body["FullyQualifiedName"])
    if twin and (old is None or twin.id != old.id):
        raise faults.duplicate_name("Another account is already using this name. Please use a different name.")
    number = body.get("AcctNum")
    if number and any(
        other.body.get("AcctNum") == number and (not old or other.id != old.id) for other in company.all("Account")
    ):
        raise faults.duplicate_name("Another account is already using this account number.")


def _check_may_rest(company: Company, old: Stored) -> None:
    if old.body["AccountSubType"] in ("UndepositedFunds", "RetainedEarnings", "OpeningBalanceEquity"):
        raise faults.business("This account is used by the company and cannot be made inactive.")


def special(company: Company, subtype: str) -> Stored:
    """The company's account with a duty: undeposited funds, opening balance equity, tax control."""
    found = next((account for account in company.all("Account") if account.body["AccountSubType"] == subtype), None)
    if found is None:
        raise faults.business(f"The company has no account of subtype {subtype}.")
    return found


def shown_balance(company: Company, account: Stored) -> dict[str, Any]:
    """Balances as an Account shows them: debit positive on the balance sheet, zero for income and expense."""
    own = account.body["CurrencyRef"]["value"] != company.home
    total = company.balance(account.id, own) if account.body["Classification"] in BALANCE_SHEET else 0
    return {"CurrentBalance": total, "CurrentBalanceWithSubAccounts": total}
