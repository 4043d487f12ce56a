"""UK-1 of the accounting design as the four documents that KashFlow gets, and an order with its refund. Literal values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from canonical.accounting import (
    AccountRef,
    DocumentLine,
    Invoice,
    ItemRef,
    PartyRef,
    Purchase,
    RefundReceipt,
    SalesReceipt,
    Side,
    TaxRef,
    Transfer,
)
from connections.contracts import CompanyFacts

ON = date(2026, 11, 5)
GBP = "GBP"
MARKER = f"tieout:{'7' * 40}"
COMPANY = CompanyFacts("GBP", "GB", True, True, None, sales_tax="codes")
S20 = TaxRef("20", "Standard 20%", Decimal(20))
P20 = TaxRef("20", "Standard 20%", Decimal(20), "purchase")
CREDIT, DEBIT = Side.CREDIT, Side.DEBIT

# The keys of a chart: nominals by id, bank accounts by both ids.
ACCOUNTS = {
    "sales": AccountRef("401", "Amazon Sales"),
    "refunds": AccountRef("413", "Amazon Refunds"),
    "selling_fees": AccountRef("511", "Amazon Selling Fees"),
    "fba_fees": AccountRef("512", "Amazon FBA Fees"),
    "storage": AccountRef("711", "Amazon Storage Fees"),
    "advertising": AccountRef("712", "Amazon Advertising"),
    "clearing": AccountRef("125/9", "Amazon Clearing"),
    "bank": AccountRef("120/1", "Current Account"),
    "debtors": AccountRef("110", "Debtors Control Account"),
}
CUSTOMER, SUPPLIER = PartyRef("31", "Amazon.co.uk"), PartyRef("41", "Amazon")
Accounts = Mapping[str, AccountRef]


def line(
    account: AccountRef, side: Side, gross: str, text: str, tax: TaxRef | None = None, vat: str = "0", item: ItemRef | None = None
) -> DocumentLine:
    quantity = Decimal(2) if item else None
    return DocumentLine(account, side, Decimal(gross), text, "row", tax, Decimal(vat), item=item, quantity=quantity)


def uk1_sale(of: Accounts = ACCOUNTS, customer: PartyRef = CUSTOMER) -> SalesReceipt:
    lines = (
        line(of["sales"], CREDIT, "120.00", "Sales", S20, "20.00"),
        line(of["refunds"], DEBIT, "24.00", "Refunds", S20, "4.00"),
    )
    return SalesReceipt(ON, GBP, customer, of["clearing"], lines, "Amazon settlement 17", "17")


def uk1_purchase(of: Accounts = ACCOUNTS, supplier: PartyRef = SUPPLIER) -> Purchase:
    lines = (
        line(of["selling_fees"], DEBIT, "18.36", "Commission", P20, "3.06"),
        line(of["selling_fees"], CREDIT, "3.67", "Refunded commission", P20, "0.61"),
        line(of["fba_fees"], DEBIT, "3.60", "FBA", P20, "0.60"),
        line(of["storage"], DEBIT, "1.20", "Storage", P20, "0.20"),
        line(of["advertising"], DEBIT, "12.00", "Advertising", P20, "2.00"),
    )
    return Purchase(ON, GBP, supplier, of["clearing"], lines, "Amazon settlement 17", "17")


def uk1_transfer(of: Accounts = ACCOUNTS) -> Transfer:
    return Transfer(ON, GBP, of["clearing"], of["bank"], Decimal("64.51"), "Amazon settlement 17", settling=True)


def order(of: Accounts = ACCOUNTS, customer: PartyRef = CUSTOMER, item: ItemRef | None = None) -> Invoice:
    """Two mugs at 12.50, shipping 2.40 and a promotion of 1.20, VAT within."""
    lines = (
        line(of["sales"], CREDIT, "25.00", "Mug", S20, "4.17", item),
        line(of["sales"], CREDIT, "2.40", "Shipping", S20, "0.40"),
        line(of["refunds"], DEBIT, "1.20", "Promotion", S20, "0.20"),
    )
    return Invoice(
        date=ON,
        currency=GBP,
        customer=customer,
        account=of["debtors"],
        lines=lines,
        memo="Amazon order 113-0000001-0000001",
        reference="113-0000001-0000001",
        shipping=("Ada Byron", "1 Mill Lane", "BS1 1AA Bristol", "GB"),
        tracking=("TRK1", "TRK2"),
    )


def refund(of: Accounts = ACCOUNTS, customer: PartyRef = CUSTOMER) -> RefundReceipt:
    lines = (line(of["refunds"], DEBIT, "12.50", "Mug", S20, "2.08", ItemRef("61", "Mug")),)
    memo = "Refund of Amazon order 113-0000001-0000001"
    return RefundReceipt(ON, GBP, customer, of["clearing"], lines, memo, "113-0000001-0000001")
