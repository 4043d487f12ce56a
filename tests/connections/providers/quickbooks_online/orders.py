"""The order, the refund and the money of the worked clearing case, built by hand as canonical documents."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from canonical.accounting import (
    AccountRef,
    Applied,
    CreditMemo,
    DocumentLine,
    DocumentType,
    Invoice,
    ItemRef,
    JournalEntry,
    PartyRef,
    Payment,
    RefundReceipt,
    SalesReceipt,
    Side,
    TaxRef,
)

ORDER, REFUND = "113-1234567-1234567", "113-1234567-1234567#AMZ-REF-1"
DAY = date(2026, 10, 25)

# account, side, gross, description, quantity: an order of 211.00 of which the marketplace keeps 16.00 of tax
SALE = (
    ("Sales", "credit", "200.00", "Mug, blue", "4"),
    ("Marketplace Tax", "credit", "16.00", "Tax collected by Amazon", ""),
    ("Shipping Income", "credit", "5.00", "Shipping", ""),
    ("Promotions", "debit", "10.00", "Promotion", ""),
)
TAKEN_BACK = (
    ("Refunds", "debit", "40.00", "Mug, blue", "1"),
    ("Marketplace Tax", "debit", "3.20", "Tax given back", ""),
)

Named = Callable[[str], AccountRef]
Items = Callable[[str], ItemRef]


def account(name: str) -> AccountRef:
    return AccountRef(f"A-{name}", f"Amazon {name}")


def item(name: str) -> ItemRef:
    return ItemRef(f"I-{name}", f"Amazon {name}")


def lines(rows, accounts: Named = account, items: Items = item, tax: TaxRef | None = None, vat=None):  # type: ignore[no-untyped-def]
    return tuple(
        DocumentLine(
            accounts(name),
            Side(side),
            Decimal(gross),
            text,
            "sale",
            tax=tax,
            tax_amount=Decimal((vat or {}).get(gross, "0")),
            item=items(name),
            quantity=Decimal(quantity) if quantity else None,
        )
        for name, side, gross, text, quantity in rows
    )


CUSTOMER = PartyRef("C-7", "Amazon.com")
ADDRESS = ("Dana Osei", "4 Quay St", "Springfield IL 62701", "US")


def receipt(accounts: Named = account, items: Items = item, customer: PartyRef = CUSTOMER, **more) -> SalesReceipt:  # type: ignore[no-untyped-def]
    given = {
        "date": DAY,
        "currency": "USD",
        "customer": customer,
        "account": accounts("Clearing"),
        "lines": lines(SALE, accounts, items),
        "memo": "",
        "reference": ORDER,
        "email": "abc123@marketplace.example.test",
        "shipping": ADDRESS,
        "tracking": ("1Z999AA10123456784",),
    }
    return SalesReceipt(**{**given, **more})


def refund(accounts: Named = account, items: Items = item, customer: PartyRef = CUSTOMER, **more) -> RefundReceipt:  # type: ignore[no-untyped-def]
    given = {
        "date": date(2026, 11, 2),
        "currency": "USD",
        "customer": customer,
        "account": accounts("Clearing"),
        "lines": lines(TAKEN_BACK, accounts, items),
        "reference": ORDER,
    }
    return RefundReceipt(**{**given, **more})


def invoice(accounts: Named = account, items: Items = item, customer: PartyRef = CUSTOMER, **more) -> Invoice:  # type: ignore[no-untyped-def]
    given = {
        "date": DAY,
        "currency": "USD",
        "customer": customer,
        "account": accounts("Receivable"),
        "lines": lines(SALE, accounts, items),
        "reference": ORDER,
        "shipping": ADDRESS,
        "tracking": ("1Z999AA10123456784", "TBA123456789000", "9400111899223197428490"),
        "due_on": date(2026, 11, 24),
    }
    return Invoice(**{**given, **more})


def credit_memo(accounts: Named = account, items: Items = item, customer: PartyRef = CUSTOMER, **more) -> CreditMemo:  # type: ignore[no-untyped-def]
    given = {
        "date": date(2026, 11, 2),
        "currency": "USD",
        "customer": customer,
        "account": accounts("Receivable"),
        "lines": lines(TAKEN_BACK, accounts, items),
        "reference": ORDER,
    }
    return CreditMemo(**{**given, **more})


def applied(kind: str, external_id: str, amount: str) -> Applied:
    return Applied(DocumentType(kind), external_id, Decimal(amount), ORDER)


def payment(*set_against: Applied, accounts: Named = account, customer: PartyRef = CUSTOMER, **more) -> Payment:  # type: ignore[no-untyped-def]
    given = {
        "date": date(2026, 11, 5),
        "currency": "USD",
        "customer": customer,
        "account": accounts("Clearing"),
        "receivable": accounts("Receivable"),
        "applied": set_against,
        "memo": "Amazon settlement 19283746501",
    }
    return Payment(**{**given, **more})


def cash_out(
    amount: str, accounts: Named = account, customer: PartyRef = CUSTOMER, day: date = date(2026, 11, 5)
) -> JournalEntry:
    """Money given back on an invoice that was paid: Dr receivable, Cr clearing."""
    return JournalEntry(
        day,
        "USD",
        (
            DocumentLine(accounts("Receivable"), Side.DEBIT, Decimal(amount), "Refund paid", "refund", party=customer),
            DocumentLine(accounts("Clearing"), Side.CREDIT, Decimal(amount), "Refund paid", "refund"),
        ),
        f"Refund of {ORDER}",
    )
