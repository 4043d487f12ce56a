"""The worked settlements of the accounting notes, built by hand as canonical documents."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from canonical.accounting import AccountRef, Deposit, DocumentLine, JournalEntry, Side, TaxRef
from connections.contracts import PostRequest

Accounts = Callable[[str], AccountRef]

# account, side, gross, description: US-1 as a summary journal (debits 260.20 = credits 260.20)
US_1 = (
    ("Bank", "debit", "86.25", "Payout 5 Nov"),
    ("Sales", "credit", "200.00", "Sales"),
    ("Shipping Income", "credit", "5.00", "Shipping"),
    ("Promotions", "debit", "10.00", "Promotions"),
    ("Refunds", "debit", "40.00", "Refunds"),
    ("Selling Fees", "debit", "29.25", "Referral fees"),
    ("Selling Fees", "credit", "6.00", "Referral fees returned"),
    ("Selling Fees", "debit", "1.20", "Refund administration"),
    ("FBA Fees", "debit", "9.50", "Fulfilment fees"),
    ("Storage Fees", "debit", "7.30", "Storage"),
    ("Advertising", "debit", "12.50", "Advertising"),
    ("Marketplace Tax", "credit", "16.00", "Tax collected"),
    ("Marketplace Tax", "debit", "16.00", "Tax withheld"),
    ("Marketplace Tax", "debit", "3.20", "Tax on refunds"),
    ("Marketplace Tax", "credit", "3.20", "Tax on refunds withheld"),
    ("Reserve", "credit", "30.00", "Previous reserve"),
    ("Reserve", "debit", "25.00", "Current reserve"),
    ("Loan", "debit", "20.00", "Loan repayment"),
)

# account, side, gross, tax ("sales", "purchase" or none): UK-1, 20 % included
UK_1 = (
    ("Bank", "debit", "64.51", ""),
    ("Sales", "credit", "120.00", "sales"),
    ("Refunds", "debit", "24.00", "sales"),
    ("Selling Fees", "debit", "18.36", "purchase"),
    ("Selling Fees", "credit", "3.67", "purchase"),
    ("FBA Fees", "debit", "3.60", "purchase"),
    ("Storage Fees", "debit", "1.20", "purchase"),
    ("Advertising", "debit", "12.00", "purchase"),
)
UK_1_VAT = {"120.00": "20.00", "24.00": "4.00", "18.36": "3.06", "3.67": "0.61", "3.60": "0.60", "1.20": "0.20", "12.00": "2.00"}

TYPES = {
    "Bank": ("Bank", "Checking"),
    "Sales": ("Income", "SalesOfProductIncome"),
    "Shipping Income": ("Income", "SalesOfProductIncome"),
    "Promotions": ("Income", "DiscountsRefundsGiven"),
    "Refunds": ("Income", "DiscountsRefundsGiven"),
    "Selling Fees": ("Cost of Goods Sold", "OtherCostsOfServiceCos"),
    "FBA Fees": ("Cost of Goods Sold", "ShippingFreightDeliveryCos"),
    "Storage Fees": ("Expense", "OtherMiscellaneousServiceCost"),
    "Advertising": ("Expense", "AdvertisingPromotional"),
    "Marketplace Tax": ("Other Current Liability", "OtherCurrentLiabilities"),
    "Reserve": ("Other Current Asset", "OtherCurrentAssets"),
    "Loan": ("Other Current Liability", "LoanPayable"),
}


def by_name(name: str) -> AccountRef:
    return AccountRef(f"A-{name}", f"Amazon {name}")


def us_1_journal(accounts: Accounts = by_name, day: date = date(2026, 11, 5)) -> JournalEntry:
    lines = tuple(
        DocumentLine(
            accounts(name), Side(side), Decimal(gross), text, "settling" if name == "Bank" else "row", settling=name == "Bank"
        )
        for name, side, gross, text in US_1
    )
    return JournalEntry(day, "USD", lines, "Amazon settlement 19283746501")


def us_1_deposit(accounts: Accounts = by_name, day: date = date(2026, 11, 5)) -> Deposit:
    lines = us_1_journal(accounts, day).lines[1:]
    return Deposit(day, "USD", accounts("Bank"), lines, "Amazon settlement 19283746501")


def uk_1_journal(accounts: Accounts = by_name, code: str = "20S", day: date = date(2026, 11, 5)) -> JournalEntry:
    lines = tuple(_uk_line(accounts, code, *row) for row in UK_1)
    return JournalEntry(day, "GBP", lines, "Amazon settlement UK-1")


def uk_1_deposit(accounts: Accounts = by_name, code: str = "20S", day: date = date(2026, 11, 5)) -> Deposit:
    return Deposit(day, "GBP", accounts("Bank"), uk_1_journal(accounts, code, day).lines[1:], "Amazon settlement UK-1")


def _uk_line(accounts: Accounts, code: str, name: str, side: str, gross: str, applies: str) -> DocumentLine:
    tax = TaxRef(code, "20.0% S", Decimal(20), applies) if applies else None
    vat = Decimal(UK_1_VAT[gross]) if applies else Decimal(0)
    return DocumentLine(accounts(name), Side(side), Decimal(gross), name, "row", tax, vat, settling=name == "Bank")


def small_journal(
    bank: str, other: str, amount: str = "10.00", day: date = date(2026, 11, 5), currency: str = "USD"
) -> JournalEntry:
    lines = (
        DocumentLine(AccountRef(bank, "Bank"), Side.DEBIT, Decimal(amount), "in", "settling", settling=True),
        DocumentLine(AccountRef(other, "Sales"), Side.CREDIT, Decimal(amount), "sales", "sale"),
    )
    return JournalEntry(day, currency, lines)


def request(target, document, company, key: str, *, number: str = "") -> PostRequest:  # type: ignore[no-untyped-def]
    marker = f"tieout:{key:0>40}"
    number = number or target.number(key, "")
    payload = target.payload(document, number=number, marker=marker, company=company)
    return PostRequest(marker, f"tie-{key}", document, payload, number)
