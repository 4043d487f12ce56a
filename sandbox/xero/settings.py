"""The organisation itself and its currencies."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sandbox.xero.books import Body, Books, Stored
from sandbox.xero.dates import day, moment
from sandbox.xero.errors import Invalid

NAMES: Final = {
    "GBP": "British Pound", "USD": "United States Dollar", "AUD": "Australian Dollar", "EUR": "Euro", "CAD": "Canadian Dollar",
    "JPY": "Japanese Yen", "KWD": "Kuwaiti Dinar", "NZD": "New Zealand Dollar", "MXN": "Mexican Peso", "PLN": "Polish Zloty",
    "SEK": "Swedish Krona", "SGD": "Singapore Dollar", "AED": "UAE Dirham", "INR": "Indian Rupee", "TRY": "Turkish Lira",
}  # fmt: skip


def organisation(books: Books) -> Body:
    found = books.settings
    end_day, end_month = found["year_end"]
    shown: Body = {
        "OrganisationID": books.tenant, "Name": books.name, "LegalName": books.name, "PaysTax": found["tax_basis"] != "NONE",
        "Version": found["version"], "OrganisationType": "COMPANY", "OrganisationEntityType": "COMPANY",
        "BaseCurrency": books.base, "CountryCode": books.country, "IsDemoCompany": False, "OrganisationStatus": "ACTIVE",
        "FinancialYearEndDay": end_day, "FinancialYearEndMonth": end_month, "SalesTaxBasis": found["tax_basis"],
        "SalesTaxPeriod": "NONE" if found["tax_basis"] == "NONE" else "QUARTERLY1", "DefaultSalesTax": "Tax Exclusive",
        "DefaultPurchasesTax": "Tax Exclusive", "CreatedDateUTC": moment(datetime.fromisoformat(found["created"])),
        "Timezone": found["zone"], "ShortCode": found["short_code"], "Edition": "BUSINESS", "Class": found["class"],
        "Addresses": [], "Phones": [], "ExternalLinks": [], "PaymentTerms": {},
    }  # fmt: skip
    if found["tax_number"]:
        shown["TaxNumber"] = found["tax_number"]
    for name, lock in (("PeriodLockDate", "period_lock"), ("EndOfYearLockDate", "year_lock")):
        if found[lock]:
            shown[name] = day(found[lock])
    return shown


def find_currency(books: Books, sent: Body) -> Stored | None:
    return books.labelled("Currency", str(sent["Code"])) if sent.get("Code") else None


def write_currency(books: Books, sent: Body, old: Stored | None, options: Any) -> Stored:
    """Subscribe to a currency; one of a plan without multi-currency can't. Raises Invalid."""
    code = str(sent.get("Code") or "").upper()
    if len(code) != 3 or not code.isalpha():
        raise Invalid("The currency code is not valid")
    if code != books.base and not books.settings["multicurrency"]:
        raise Invalid("Your Xero subscription does not include multiple currencies")
    if old or books.labelled("Currency", code):
        raise Invalid(f"Organisation is already subscribed to currency {code}")
    return books.save("Currency", {"Code": code, "Description": NAMES.get(code, code)}, status="ACTIVE", label=code)


def show_currency(books: Books, stored: Stored, full: bool, options: Any) -> Body:
    return {**stored.body}
