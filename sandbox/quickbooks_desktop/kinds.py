"""The kinds of objects in a company file, and what the processor has to know of each."""

from __future__ import annotations

from typing import Final

PEOPLE: Final = ("Customer", "Vendor", "Employee")
ITEMS: Final = ("ItemService", "ItemNonInventory", "ItemInventory", "ItemOtherCharge", "ItemSalesTax")
LISTS: Final = ("Account", *PEOPLE, *ITEMS, "SalesTaxCode", "StandardTerms", "PaymentMethod", "Class", "Currency")
TXNS: Final = (
    "JournalEntry", "Deposit", "Invoice", "CreditMemo", "SalesReceipt", "ReceivePayment", "ARRefundCreditCard",
    "InventoryAdjustment", "Bill", "Check", "Transfer",
)  # fmt: skip
NESTED: Final = frozenset({"Account", "Class", "Customer", *ITEMS}) - {"ItemSalesTax"}
"""Lists whose objects have a FullName (Parent:Child)."""

# Where a reference points: element -> the kinds it may name. PrefVendorRef and its like end in the kind's own name.
REFERENCES: Final[dict[str, tuple[str, ...]]] = {
    "EntityRef": PEOPLE, "PayeeEntityRef": PEOPLE, "CustomerRef": ("Customer",), "VendorRef": ("Vendor",),
    "PrefVendorRef": ("Vendor",), "TaxVendorRef": ("Vendor",), "ItemRef": ITEMS, "ItemSalesTaxRef": ("ItemSalesTax",),
    "ClassRef": ("Class",), "OverrideClassRef": ("Class",), "DiscountClassRef": ("Class",), "TermsRef": ("StandardTerms",),
    "PaymentMethodRef": ("PaymentMethod",), "PreferredPaymentMethodRef": ("PaymentMethod",),
    "SalesTaxCodeRef": ("SalesTaxCode",), "CustomerSalesTaxCodeRef": ("SalesTaxCode",), "CurrencyRef": ("Currency",),
}  # fmt: skip
LINES: Final[dict[str, str]] = {
    "InvoiceLine": "InvoiceLineRet", "CreditMemoLine": "CreditMemoLineRet", "SalesReceiptLine": "SalesReceiptLineRet",
    "DepositLine": "DepositLineRet", "ExpenseLine": "ExpenseLineRet", "ItemLine": "ItemLineRet",
    "AppliedToTxn": "AppliedToTxnRet", "RefundAppliedToTxn": "RefundAppliedToTxnRet",
    "InventoryAdjustmentLine": "InventoryAdjustmentLineRet",
    "JournalDebitLine": "JournalDebitLine", "JournalCreditLine": "JournalCreditLine",
}  # fmt: skip
"""The lines of transactions, as they are kept and as answers call them."""


def targets(element: str, kind: str) -> tuple[str, ...]:
    """The kinds that a reference element of an object of `kind` may name; any account where it isn't listed."""
    if element == "ParentRef":
        return ITEMS if kind in ITEMS else (kind,)
    return REFERENCES.get(element, ("Account",))


def namespace(kind: str) -> tuple[str, ...]:
    """Kinds among which a name is used once: customers, vendors and employees share one, and so do all items."""
    if kind in PEOPLE:
        return PEOPLE
    return ITEMS if kind in ITEMS else (kind,)


def word(kinds: tuple[str, ...]) -> str:
    """What QuickBooks calls them in a message."""
    if len(kinds) == 1:
        return kinds[0]
    return "Name" if kinds == PEOPLE else "Item"
