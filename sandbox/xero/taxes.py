"""Tax rates, and the tax of a line: rounded once a line, half-up, to the currency's decimals (XER-09)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from sandbox.xero.books import Body, Books, Stored
from sandbox.xero.errors import Invalid
from sandbox.xero.money import ZERO, number, rounded

INCLUSIVE, EXCLUSIVE, NO_TAX = "Inclusive", "Exclusive", "NoTax"
MODELS: Final = (EXCLUSIVE, INCLUSIVE, NO_TAX)
_REVENUE, _EXPENSE, _ALL = "REVENUE", "EXPENSE", ""

# type, name, report type, rate shown, rate charged, which of the two it can't be left out of ("" both)
_UK: Final = (
    ("OUTPUT2", "20% (VAT on Income)", "OUTPUT", "20", "20", _REVENUE),
    ("INPUT2", "20% (VAT on Expenses)", "INPUT", "20", "20", _EXPENSE),
    ("RROUTPUT", "5% (VAT on Income)", "OUTPUT", "5", "5", _REVENUE),
    ("RRINPUT", "5% (VAT on Expenses)", "INPUT", "5", "5", _EXPENSE),
    ("ZERORATEDOUTPUT", "Zero Rated Income", "OUTPUT", "0", "0", _REVENUE),
    ("ZERORATEDINPUT", "Zero Rated Expenses", "INPUT", "0", "0", _EXPENSE),
    ("EXEMPTOUTPUT", "Exempt Income", "EXEMPTOUTPUT", "0", "0", _REVENUE),
    ("EXEMPTINPUT", "Exempt Expenses", "EXEMPTINPUT", "0", "0", _EXPENSE),
    ("REVERSECHARGES", "Reverse Charge Expenses (20%)", "REVERSECHARGES", "20", "0", _EXPENSE),
    ("NONE", "No VAT", "NONE", "0", "0", _ALL),
)
_US: Final = (
    ("OUTPUT", "Tax on Sales", "OUTPUT", "0", "0", _REVENUE),
    ("INPUT", "Tax on Purchases", "INPUT", "0", "0", _EXPENSE),
    ("NONE", "Tax Exempt", "NONE", "0", "0", _ALL),
)
_AU: Final = (
    ("OUTPUT", "GST on Income", "OUTPUT", "10", "10", _REVENUE),
    ("INPUT", "GST on Expenses", "INPUT", "10", "10", _EXPENSE),
    ("EXEMPTOUTPUT", "GST Free Income", "EXEMPTOUTPUT", "0", "0", _REVENUE),
    ("EXEMPTEXPENSES", "GST Free Expenses", "EXEMPTEXPENSES", "0", "0", _EXPENSE),
    ("BASEXCLUDED", "BAS Excluded", "BASEXCLUDED", "0", "0", _ALL),
)
BY_COUNTRY: Final = {"GB": _UK, "US": _US, "AU": _AU}


def seed_body(tax_type: str, name: str, report: str, shown: str, charged: str, only: str) -> Body:
    return {
        "Name": name, "TaxType": tax_type, "ReportTaxType": report, "CanApplyToAssets": True, "CanApplyToEquity": True,
        "CanApplyToExpenses": only != _REVENUE, "CanApplyToLiabilities": True, "CanApplyToRevenue": only != _EXPENSE,
        "DisplayTaxRate": Decimal(shown), "EffectiveRate": Decimal(charged),
        "TaxComponents": [{"Name": "Tax", "Rate": Decimal(shown), "IsCompound": False, "IsNonRecoverable": False}],
    }  # fmt: skip


_FIELDS: Final = {
    "ASSET": "CanApplyToAssets", "EQUITY": "CanApplyToEquity", "EXPENSE": "CanApplyToExpenses",
    "LIABILITY": "CanApplyToLiabilities", "REVENUE": "CanApplyToRevenue",
}  # fmt: skip


def chosen(books: Books, tax_type: str, account: Stored | None) -> Stored:
    """The rate of a line, checked against its account. Raises Invalid in Xero's words."""
    rate = books.labelled("TaxRate", tax_type)
    if rate is None or rate.status != "ACTIVE":
        raise Invalid(f"The TaxType code '{tax_type}' does not exist or cannot be used for this type of transaction.")
    if account and not rate.body[_FIELDS[account.body["Class"]]]:
        raise Invalid(f"The TaxType code '{tax_type}' cannot be used with account code '{account.body.get('Code', '')}'.")
    return rate


def split(rate: Stored, amount: Decimal, model: str, currency: str, stated: object = None) -> tuple[Decimal, Decimal]:
    """(net, tax) of a line. `stated` is the caller's own TaxAmount, which stands in place of the computed one."""
    percent = Decimal(rate.body["EffectiveRate"])
    if stated not in (None, ""):
        tax = rounded(number(stated, "TaxAmount"), currency)
        if abs(tax) > abs(amount):
            raise Invalid("The tax amount of a line cannot be larger than the line amount")
    elif model == INCLUSIVE:
        tax = rounded(amount * percent / (100 + percent), currency)
    else:
        tax = rounded(amount * percent / 100, currency)
    return (amount - tax if model == INCLUSIVE else amount), tax


def model(value: object, default: str = EXCLUSIVE) -> str:
    """LineAmountTypes, in whatever case. Raises Invalid."""
    text = str(value or default).casefold()
    found = next((name for name in MODELS if name.casefold() == text), None)
    if found is None:
        raise Invalid("LineAmountTypes must be Exclusive, Inclusive or NoTax")
    return found


def find(books: Books, sent: Body) -> Stored | None:
    return books.labelled("TaxRate", str(sent["TaxType"])) if sent.get("TaxType") else None


def write(books: Books, sent: Body, old: Stored | None, options: Any) -> Stored:
    """A rate of the organisation's own: TAX001 and on. Components are added up."""
    if not sent.get("Name") and not old:
        raise Invalid("Please enter a Name.")
    if old and old.body["TaxType"][:3] != "TAX":
        raise Invalid("System tax rates cannot be updated")
    status = sent.get("Status") or (old.status if old else "ACTIVE")
    tax_type = old.body["TaxType"] if old else f"TAX{sum(1 for rate in books.all('TaxRate') if _own(rate)) + 1:03d}"
    base = {**old.body} if old else seed_body(tax_type, sent["Name"], str(sent.get("ReportTaxType") or "OUTPUT"), "0", "0", _ALL)
    components = sent.get("TaxComponents")
    if components:
        rates = [number(part.get("Rate"), "Rate") for part in components]
        base["TaxComponents"] = [
            {"Name": str(part.get("Name", "Tax")), "Rate": rate, "IsCompound": False, "IsNonRecoverable": False}
            for part, rate in zip(components, rates, strict=True)
        ]
        base |= {"DisplayTaxRate": sum(rates, ZERO), "EffectiveRate": sum(rates, ZERO)}
    base["Name"] = sent.get("Name") or base["Name"]
    return books.save("TaxRate", base, status=status, old=old, label=tax_type, second=base["Name"])


def _own(rate: Stored) -> bool:
    return bool(rate.body["TaxType"].startswith("TAX"))


def show(books: Books, stored: Stored, full: bool, options: Any) -> Body:
    return {**stored.body, "Status": stored.status}
