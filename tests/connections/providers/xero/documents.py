"""The worked settlements and the worked order, built by hand as canonical documents.

They stand on accounts that every organisation of the twin has: 200 is sales and refunds, 835 takes payments.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from canonical.accounting import (
    AccountRef,
    Applied,
    CreditMemo,
    Deposit,
    DocumentLine,
    DocumentType,
    Invoice,
    ItemRef,
    JournalEntry,
    PartyRef,
    Payment,
    Side,
    TaxRef,
    Withdrawal,
)
from connections.contracts import CompanyFacts, PostRequest
from connections.providers.xero import provider

DAY = date(2026, 11, 5)
ORDER, REFUND = "113-1234567-1234567", "113-1234567-1234567#AMZ-REF-1"
HOME = "https://tieout.example.test"
MARKER = f"tieout:{'7f3a' * 10}"
FACTS = CompanyFacts("GBP", "GB", True, True, None, sales_tax="codes", classes=True, currencies=("GBP", "EUR"))
US_FACTS = CompanyFacts("USD", "US", False, True, None, currencies=("USD",))

# account, side, gross: US-1 (accounting notes 2), the settling line left out; the rest comes to 86.25
US_1 = (
    ("200", "credit", "200.00"),
    ("260", "credit", "5.00"),
    ("270", "debit", "10.00"),
    ("200", "debit", "40.00"),
    ("325", "debit", "29.25"),
    ("325", "credit", "6.00"),
    ("325", "debit", "1.20"),
    ("310", "debit", "9.50"),
    ("463", "debit", "7.30"),
    ("400", "debit", "12.50"),
    ("850", "credit", "16.00"),
    ("850", "debit", "16.00"),
    ("850", "debit", "3.20"),
    ("850", "credit", "3.20"),
    ("620", "credit", "30.00"),
    ("620", "debit", "25.00"),
    ("900", "debit", "20.00"),
)
# account, side, gross, tax on, VAT: UK-1 (accounting notes 5), 20 % included; it comes to 64.51
UK_1 = (
    ("200", "credit", "120.00", "OUTPUT2", "20.00"),
    ("200", "debit", "24.00", "OUTPUT2", "4.00"),
    ("325", "debit", "18.36", "INPUT2", "3.06"),
    ("325", "credit", "3.67", "INPUT2", "0.61"),
    ("310", "debit", "3.60", "INPUT2", "0.60"),
    ("463", "debit", "1.20", "INPUT2", "0.20"),
    ("400", "debit", "12.00", "INPUT2", "2.00"),
)


def ref(code: str) -> AccountRef:
    return AccountRef(code, f"Amazon {code}")


def line(code: str, side: str, gross: str, tax: str = "", vat: str = "0", **more: Any) -> DocumentLine:
    applies = "purchase" if "INPUT" in tax else "sales"
    taxed = TaxRef(tax, tax, Decimal(20), applies) if tax else None
    return DocumentLine(ref(code), Side(side), Decimal(gross), f"on {code}", "row", tax=taxed, tax_amount=Decimal(vat), **more)


def us_1() -> tuple[DocumentLine, ...]:
    return tuple(line(*row) for row in US_1)


def uk_1() -> tuple[DocumentLine, ...]:
    return tuple(line(*row) for row in UK_1)


def customer(key: str = "C-7") -> PartyRef:
    return PartyRef(key, "Amazon.co.uk")


def settlement_invoice(lines: tuple[DocumentLine, ...], party: PartyRef, currency: str = "GBP", **more: Any) -> Invoice:
    given = {"date": DAY, "currency": currency, "customer": party, "account": AccountRef("610", "Accounts Receivable")}
    return Invoice(**{**given, "lines": lines, "memo": "Amazon settlement 19283746501", "due_on": DAY, **more})


def journal(lines: tuple[DocumentLine, ...], currency: str = "GBP", **more: Any) -> JournalEntry:
    """With the payout on its way in place of bank."""
    total = sum((each.signed for each in lines), Decimal(0))
    transit = DocumentLine(ref("805"), Side.DEBIT if total > 0 else Side.CREDIT, abs(total), "Payout", "settling", settling=True)
    return JournalEntry(**{"date": DAY, "currency": currency, "lines": (transit, *lines), "memo": "Amazon settlement 1", **more})


def deposit(lines: tuple[DocumentLine, ...], bank: str = "090", currency: str = "GBP") -> Deposit:
    return Deposit(DAY, currency, AccountRef(bank, "Business Bank Account"), lines, "Amazon settlement 1")


def withdrawal(lines: tuple[DocumentLine, ...], bank: str = "090", currency: str = "GBP") -> Withdrawal:
    return Withdrawal(DAY, currency, AccountRef(bank, "Business Bank Account"), lines, "Amazon charge 1")


def order(party: PartyRef, *, item: str = "", currency: str = "GBP", **more: Any) -> Invoice:
    """Four mugs, shipping, a promotion: 195.00, VAT included where the ledger keeps it."""
    mug = ItemRef(item, item) if item else None
    dimensions = (("class", "Channel::Amazon"),)
    lines = (
        line("200", "credit", "200.00", "OUTPUT2", "33.33", item=mug, quantity=Decimal(4), dimensions=dimensions),
        line("260", "credit", "5.00", "OUTPUT2", "0.83", dimensions=dimensions),
        line("270", "debit", "10.00", "OUTPUT2", "1.67", dimensions=dimensions),
    )
    given = {"date": date(2026, 10, 25), "currency": currency, "customer": party, "lines": lines, "reference": ORDER}
    given |= {"account": AccountRef("610", "Accounts Receivable"), "due_on": date(2026, 11, 24)}
    return Invoice(**{**given, **more})


def refund(party: PartyRef, gross: str = "40.00", **more: Any) -> CreditMemo:
    lines = (line("200", "debit", gross, "OUTPUT2", "6.67" if gross == "40.00" else "0"),)
    given = {"date": date(2026, 11, 2), "currency": "GBP", "customer": party, "lines": lines, "reference": ORDER}
    return CreditMemo(**{**given, "account": AccountRef("610", "Accounts Receivable"), **more})


def payment(of: str, amount: str, kind: DocumentType = DocumentType.INVOICE, **more: Any) -> Payment:
    applied = (Applied(kind, of, Decimal(amount), ORDER),)
    given = {"date": DAY, "currency": "GBP", "customer": customer(), "account": ref("835"), "applied": applied}
    return Payment(**{**given, "receivable": AccountRef("610", "Accounts Receivable"), **more})


def allocation(invoice: str, note: str, amount: str) -> Payment:
    """A payment of nothing: the credit note is set against the invoice."""
    both = ((DocumentType.INVOICE, invoice), (DocumentType.CREDIT_MEMO, note))
    applied = tuple(Applied(kind, key, Decimal(amount), ORDER) for kind, key in both)
    return replace(payment(invoice, amount), applied=applied)


def request(document: Any, company: CompanyFacts, key: str, **more: Any) -> PostRequest:
    """As posting hands it over; `key` makes mark, number and request id."""
    marker, number = f"tieout:{key:0>40}", more.pop("number", "") or provider.target.number(key, "")
    payload = provider.target.payload(document, number=number, marker=marker, company=company)
    return PostRequest(marker, f"tie-{key}", document, payload, number, **more)
