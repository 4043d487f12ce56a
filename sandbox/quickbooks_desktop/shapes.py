"""Every request and answer the twin knows, in the language of `shape.py`.

Names, order, cardinality and lengths are those of Intuit's published qbXML 14.0 operations for QuickBooks
Desktop; a test holds each line against them where a machine has that file. What is left out here (custom
fields, card data, sites, serial numbers, units of measure) is refused as the parser refuses a misspelling.
"""

from __future__ import annotations

import functools
from typing import Final

from sandbox.quickbooks_desktop.shape import Shape, compiled

ENUMS: Final[dict[str, tuple[str, ...]]] = {
    "AccountType": (
        "AccountsPayable", "AccountsReceivable", "Bank", "CostOfGoodsSold", "CreditCard", "Equity", "Expense", "FixedAsset",
        "Income", "LongTermLiability", "NonPosting", "OtherAsset", "OtherCurrentAsset", "OtherCurrentLiability",
        "OtherExpense", "OtherIncome",
    ),
    "ActiveStatus": ("ActiveOnly", "InactiveOnly", "All"),
    "MatchCriterion": ("StartsWith", "Contains", "EndsWith"),
    "PaidStatus": ("All", "PaidOnly", "NotPaidOnly"),
    "JournalLineType": ("Debit", "Credit"),
    "BillableStatus": ("Billable", "NotBillable", "HasBeenBilled"),
    "PaymentMethodType": (
        "AmericanExpress", "Cash", "Check", "DebitCard", "Discover", "ECheck", "GiftCard", "MasterCard", "Other",
        "OtherCreditCard", "Visa",
    ),
    "TxnDelType": (
        "ARRefundCreditCard", "Bill", "Check", "CreditMemo", "Deposit", "InventoryAdjustment", "Invoice", "JournalEntry",
        "ReceivePayment", "SalesReceipt",
    ),
    "TxnVoidType": (
        "ARRefundCreditCard", "Bill", "Check", "CreditMemo", "Deposit", "InventoryAdjustment", "Invoice", "JournalEntry",
        "SalesReceipt",
    ),
    "ListDelType": (
        "Account", "Class", "Customer", "Employee", "ItemInventory", "ItemNonInventory", "ItemOtherCharge", "ItemSalesTax",
        "ItemService", "PaymentMethod", "SalesTaxCode", "StandardTerms", "Vendor",
    ),
    "TxnTypeFilter": (
        "All", "ARRefundCreditCard", "Bill", "Check", "CreditMemo", "Deposit", "InventoryAdjustment", "Invoice",
        "JournalEntry", "ReceivePayment", "SalesReceipt", "Transfer",
    ),
    "DetailLevel": ("All", "SummaryOnly", "AllExceptSummary"),
}  # fmt: skip
_ADDRESS = "Addr1:41? Addr2:41? Addr3:41? Addr4:41? Addr5:41? City:31? State:21? PostalCode:13? Country:31? Note:41?"
_PLACES = "(ListID:id+ | FullName:str+ | ListIDWithChildren:id | FullNameWithChildren:str)"
_SALES_LINE = (
    "Desc:4095? Quantity:quan? (Rate:price | RatePercent:percent)? ClassRef:ref159? Amount:amt? ServiceDate:date?"
    " SalesTaxCodeRef:ref3? OverrideItemAccountRef:ref159? Other1:29? Other2:29?"
)
_BUY_LINE = "Desc:4095? Quantity:quan? Cost:price? Amount:amt? CustomerRef:ref209? ClassRef:ref159?"
_EXPENSE = "AccountRef:ref159? Amount:amt? Memo:4095? CustomerRef:ref209? ClassRef:ref159?"
_JOURNAL = "AccountRef:ref159? Amount:amt? Memo:4095? EntityRef:ref209? ClassRef:ref159? BillableStatus:BillableStatus?"
_MONEY_IN = "Memo:4095? CheckNumber:11? PaymentMethodRef:ref31? ClassRef:ref159? Amount:amt?)"
_PAID_IN = "(PaymentTxnID:id PaymentTxnLineID:id? OverrideMemo:4095? OverrideCheckNumber:11? OverrideClassRef:ref159? | "
_ADJUST = "(NewQuantity:quan | QuantityDifference:quan)"
_APPLY = (
    "TxnID:id PaymentAmount:amt? SetCredit:SetCredit* DiscountAmount:amt? DiscountAccountRef:ref159? DiscountClassRef:ref159?"
)

PARTS: Final[dict[str, str]] = {
    "Address": _ADDRESS,
    "NameFilter": "MatchCriterion:MatchCriterion Name:str",
    "NameRangeFilter": "FromName:str? ToName:str?",
    "RefNumberFilter": "MatchCriterion:MatchCriterion RefNumber:str",
    "RefNumberRangeFilter": "FromRefNumber:str? ToRefNumber:str?",
    "ModifiedDateRangeFilter": "FromModifiedDate:datetime? ToModifiedDate:datetime?",
    "TxnDateRangeFilter": "FromTxnDate:date? ToTxnDate:date?",
    "DeletedDateRangeFilter": "FromDeletedDate:datetime? ToDeletedDate:datetime?",
    "PlaceFilter": _PLACES,
    "TxnTypes": "TxnTypeFilter:TxnTypeFilter+",
    "JournalLine": f"TxnLineID:id? {_JOURNAL}",
    "JournalLineMod": f"TxnLineID:id JournalLineType:JournalLineType? {_JOURNAL}",
    "SalesLine": f"ItemRef:ref? {_SALES_LINE}",
    "SalesLineMod": f"TxnLineID:id ItemRef:ref? {_SALES_LINE}",
    "SetCredit": "CreditTxnID:id AppliedAmount:amt Override:bool?",
    "AppliedToTxn": _APPLY,
    "DepositLine": f"{_PAID_IN}EntityRef:ref209? AccountRef:ref159 {_MONEY_IN}",
    "DepositLineMod": f"TxnLineID:id {_PAID_IN}EntityRef:ref209? AccountRef:ref159? {_MONEY_IN}",
    "CashBack": "AccountRef:ref159 Memo:4095? Amount:amt?",
    "CashBackMod": "AccountRef:ref159? Memo:4095? Amount:amt?",
    "ExpenseLine": _EXPENSE,
    "ExpenseLineMod": f"TxnLineID:id {_EXPENSE}",
    "BoughtLine": f"ItemRef:ref? {_BUY_LINE}",
    "BoughtLineMod": f"TxnLineID:id ItemRef:ref? {_BUY_LINE}",
    "QuantityAdjustment": _ADJUST,
    "ValueAdjustment": f"{_ADJUST}? (NewValue:amt | ValueDifference:amt)?",
    "AdjustmentLine": "ItemRef:ref (QuantityAdjustment:QuantityAdjustment | ValueAdjustment:ValueAdjustment)",
    "RefundLine": "TxnID:id RefundAmount:amt",
    "SalesOrPurchase": "Desc:4095? (Price:price | PricePercent:percent)? AccountRef:ref159?",
    "SalesAndPurchase": "SalesDesc:4095? SalesPrice:price? IncomeAccountRef:ref159? PurchaseDesc:4095? PurchaseCost:price?"
    " ExpenseAccountRef:ref159? PrefVendorRef:ref41?",
    "ListMeta": "IncludeMaxCapacity:bool",
}

_PERSON = "CompanyName:41? Salutation:15? FirstName:25? MiddleName:5? LastName:25? JobTitle:41?"
_REACH = "Phone:21? AltPhone:21? Fax:21? Email:1023? Cc:1023? Contact:41? AltContact:41?"
_SOLD = "(SalesOrPurchase:SalesOrPurchase | SalesAndPurchase:SalesAndPurchase)"
_CUSTOMER = (
    f"ClassRef:ref159? ParentRef:ref? {_PERSON} BillAddress:Address? ShipAddress:Address? {_REACH} TermsRef:ref31?"
    " SalesTaxCodeRef:ref3? ItemSalesTaxRef:ref31? ResaleNumber:15? AccountNumber:99? CreditLimit:amt?"
    " PreferredPaymentMethodRef:ref31? Notes:4095?"
)
_GOODS = (
    "SalesTaxCodeRef:ref3? SalesDesc:4095? SalesPrice:price? IncomeAccountRef:ref159? PurchaseDesc:4095?"
    " PurchaseCost:price? COGSAccountRef:ref159? PrefVendorRef:ref41? AssetAccountRef:ref159? ReorderPoint:quan?"
)
_SHIPPED = "BillAddress:Address? ShipAddress:Address?"
_INVOICE = (
    "ClassRef:ref159? ARAccountRef:ref159? TxnDate:date? RefNumber:11? {addresses} IsPending:bool? PONumber:25?"
    " TermsRef:ref31? DueDate:date? FOB:13? ShipDate:date? ItemSalesTaxRef:ref31? Memo:4095? IsToBePrinted:bool?"
    " IsToBeEmailed:bool? CustomerSalesTaxCodeRef:ref3? Other:29? ExchangeRate:float?"
).replace("{addresses}", _SHIPPED)
_RECEIPT = (
    "CustomerRef:ref209? ClassRef:ref159? TxnDate:date? RefNumber:11? {addresses} IsPending:bool? CheckNumber:25?"
    " PaymentMethodRef:ref31? DueDate:date? ShipDate:date? FOB:13? ItemSalesTaxRef:ref31? Memo:4095? IsToBePrinted:bool?"
    " IsToBeEmailed:bool? CustomerSalesTaxCodeRef:ref3? DepositToAccountRef:ref159? Other:29? ExchangeRate:float?"
).replace("{addresses}", _SHIPPED)
_PAYMENT = (
    "ARAccountRef:ref159? TxnDate:date? RefNumber:20? TotalAmount:amt? ExchangeRate:float? PaymentMethodRef:ref31? Memo:4095?"
    " DepositToAccountRef:ref159?"
)
_FOREIGN = "IsAmountsEnteredInHomeCurrency:bool? CurrencyRef:ref64? ExchangeRate:float?"
_MOD = "TxnID:id EditSequence:16"

BODIES: Final[dict[str, str]] = {
    "AccountAdd": "Name:31 IsActive:bool? ParentRef:ref? AccountType:AccountType AccountNumber:7? BankNumber:25? Desc:200?"
    " CurrencyRef:ref64?",
    "ClassAdd": "Name:31 IsActive:bool? ParentRef:ref?",
    "PaymentMethodAdd": "Name:31 IsActive:bool? PaymentMethodType:PaymentMethodType?",
    "SalesTaxCodeAdd": "Name:3 IsActive:bool? IsTaxable:bool Desc:31?",
    "StandardTermsAdd": "Name:31 IsActive:bool? StdDueDays:int? StdDiscountDays:int? DiscountPct:percent?",
    "CustomerAdd": f"Name:41 IsActive:bool? {_CUSTOMER} ExternalGUID:guid? CurrencyRef:ref64?",
    "CustomerMod": f"ListID:id EditSequence:16 Name:41? IsActive:bool? {_CUSTOMER} CurrencyRef:ref64?",
    "VendorAdd": f"Name:41 IsActive:bool? ClassRef:ref159? {_PERSON} VendorAddress:Address? {_REACH} NameOnCheck:41?"
    " AccountNumber:99? Notes:4095? TermsRef:ref31? ExternalGUID:guid? CurrencyRef:ref64?",
    "ItemServiceAdd": f"Name:31 IsActive:bool? ClassRef:ref159? ParentRef:ref? SalesTaxCodeRef:ref3? {_SOLD} ExternalGUID:guid?",
    "ItemOtherChargeAdd": f"Name:31 IsActive:bool? ClassRef:ref159? ParentRef:ref? SalesTaxCodeRef:ref3? {_SOLD}"
    " ExternalGUID:guid?",
    "ItemNonInventoryAdd": f"Name:31 IsActive:bool? ParentRef:ref? ClassRef:ref159? ManufacturerPartNumber:31?"
    f" SalesTaxCodeRef:ref3? {_SOLD} ExternalGUID:guid?",
    "ItemInventoryAdd": f"Name:31 IsActive:bool? ClassRef:ref159? ParentRef:ref? ManufacturerPartNumber:31? {_GOODS}"
    " QuantityOnHand:quan? TotalValue:amt? InventoryDate:date? ExternalGUID:guid?",
    "ItemInventoryMod": f"ListID:id EditSequence:16 Name:31? IsActive:bool? ClassRef:ref159? ParentRef:ref?"
    f" ManufacturerPartNumber:31? {_GOODS}",
    "JournalEntryAdd": f"TxnDate:date? RefNumber:11? IsAdjustment:bool? (IsHomeCurrencyAdjustment:bool | {_FOREIGN})?"
    " ExternalGUID:guid? (JournalDebitLine:JournalLine | JournalCreditLine:JournalLine)+",
    "JournalEntryMod": f"{_MOD} TxnDate:date? RefNumber:11? IsAdjustment:bool? {_FOREIGN} JournalLineMod:JournalLineMod*",
    "DepositAdd": "TxnDate:date? DepositToAccountRef:ref159 Memo:4095? CashBackInfoAdd:CashBack? CurrencyRef:ref64?"
    " ExchangeRate:float? ExternalGUID:guid? DepositLineAdd:DepositLine*",
    "DepositMod": f"{_MOD} TxnDate:date? DepositToAccountRef:ref159? Memo:4095? CashBackInfoMod:CashBackMod? CurrencyRef:ref64?"
    " ExchangeRate:float? DepositLineMod:DepositLineMod*",
    "InvoiceAdd": f"CustomerRef:ref209 {_INVOICE} ExternalGUID:guid? InvoiceLineAdd:SalesLine*",
    "InvoiceMod": f"{_MOD} CustomerRef:ref209? {_INVOICE} InvoiceLineMod:SalesLineMod*",
    "CreditMemoAdd": f"CustomerRef:ref209 {_INVOICE} ExternalGUID:guid? CreditMemoLineAdd:SalesLine+",
    "CreditMemoMod": f"{_MOD} CustomerRef:ref209? {_INVOICE} CreditMemoLineMod:SalesLineMod*",
    "SalesReceiptAdd": f"{_RECEIPT} ExternalGUID:guid? SalesReceiptLineAdd:SalesLine+",
    "SalesReceiptMod": f"{_MOD} {_RECEIPT} SalesReceiptLineMod:SalesLineMod*",
    "ReceivePaymentAdd": f"CustomerRef:ref209 {_PAYMENT} ExternalGUID:guid? (IsAutoApply:bool | AppliedToTxnAdd:AppliedToTxn+)",
    "ReceivePaymentMod": f"{_MOD} CustomerRef:ref209? {_PAYMENT} AppliedToTxnMod:AppliedToTxn*",
    "ARRefundCreditCardAdd": "CustomerRef:ref209 RefundFromAccountRef:ref159? ARAccountRef:ref159? TxnDate:date? RefNumber:11?"
    " PaymentMethodRef:ref31? Memo:4095? ExchangeRate:float? ExternalGUID:guid? RefundAppliedToTxnAdd:RefundLine+",
    "InventoryAdjustmentAdd": "AccountRef:ref159 TxnDate:date? RefNumber:11? CustomerRef:ref209? ClassRef:ref159? Memo:4095?"
    " ExternalGUID:guid? InventoryAdjustmentLineAdd:AdjustmentLine+",
    "BillAdd": "VendorRef:ref41 APAccountRef:ref159? TxnDate:date? DueDate:date? RefNumber:20? TermsRef:ref31? Memo:4095?"
    " ExchangeRate:float? ExternalGUID:guid? ExpenseLineAdd:ExpenseLine* ItemLineAdd:BoughtLine*",
    "CheckAdd": "AccountRef:ref159 PayeeEntityRef:ref209? RefNumber:11? TxnDate:date? Memo:4095? Address:Address?"
    " IsToBePrinted:bool? ExchangeRate:float? ExternalGUID:guid? ExpenseLineAdd:ExpenseLine* ItemLineAdd:BoughtLine*",
    "CheckMod": f"{_MOD} AccountRef:ref159? PayeeEntityRef:ref209? RefNumber:11? TxnDate:date? Memo:4095? Address:Address?"
    " IsToBePrinted:bool? ExchangeRate:float? ExpenseLineMod:ExpenseLineMod* ItemLineMod:BoughtLineMod*",
    "TransferAdd": "TxnDate:date? TransferFromAccountRef:ref159? TransferToAccountRef:ref159? ClassRef:ref159? Amount:amt?"
    " Memo:4095?",
    "TransferMod": f"{_MOD} TxnDate:date? TransferFromAccountRef:ref159? TransferToAccountRef:ref159? ClassRef:ref159?"
    " Amount:amt? Memo:4095?",
}

_LISTED = (
    "(ListID:id+ | FullName:str+ | MaxReturned:int? ActiveStatus:ActiveStatus? FromModifiedDate:datetime?"
    " ToModifiedDate:datetime? (NameFilter:NameFilter | NameRangeFilter:NameRangeFilter)?{more})?"
)
_DATES = "(ModifiedDateRangeFilter:ModifiedDateRangeFilter | TxnDateRangeFilter:TxnDateRangeFilter)?"
_NUMBERED = "(RefNumberFilter:RefNumberFilter | RefNumberRangeFilter:RefNumberRangeFilter)?"
_BY_PLACE = "EntityFilter:PlaceFilter? AccountFilter:PlaceFilter?"
_FOUND = (
    f"(TxnID:id+ | RefNumber:str+ | RefNumberCaseSensitive:str+ | MaxReturned:int? {_DATES} {_BY_PLACE}{{items}} {_NUMBERED}"
    "{paid})? IncludeLineItems:bool?{linked}"
)
_RET = " IncludeRetElement:50*"
_OWNED = f"{_RET} OwnerID:guid*"


def _txns(items: str = "", paid: str = "", linked: str = "") -> str:
    return _FOUND.format(items=items, paid=paid, linked=linked) + _OWNED


QUERIES: Final[dict[str, str]] = {
    "Host": f"IncludeListMetaData:ListMeta?{_RET}",
    "Company": _OWNED,
    "Preferences": _RET,
    "Account": _LISTED.format(more=" AccountType:AccountType*") + _OWNED,
    **{kind: _LISTED.format(more="") + _OWNED for kind in (
        "Customer", "Vendor", "Employee", "Item", "ItemInventory", "ItemNonInventory", "ItemService", "ItemOtherCharge",
        "ItemSalesTax",
    )},
    **{kind: _LISTED.format(more="") + _RET for kind in ("SalesTaxCode", "StandardTerms", "Class")},
    "PaymentMethod": _LISTED.format(more=" PaymentMethodType:PaymentMethodType*") + _RET,
    **{kind: _txns(linked=" IncludeLinkedTxns:bool?", paid=" PaidStatus:PaidStatus?") for kind in ("Invoice", "Bill")},
    **{kind: _txns(linked=" IncludeLinkedTxns:bool?") for kind in ("CreditMemo", "Check")},
    **{kind: _txns() for kind in ("SalesReceipt", "ReceivePayment", "JournalEntry")},
    "ARRefundCreditCard": _txns(),
    "InventoryAdjustment": _txns(items=" ItemFilter:PlaceFilter?"),
    "Deposit": f"(TxnID:id+ | MaxReturned:int? {_DATES} {_BY_PLACE})? IncludeLineItems:bool?{_OWNED}",
    "Transfer": f"(TxnID:id+ | MaxReturned:int? {_DATES})?{_RET}",
    "Transaction": f"(TxnID:id+ | MaxReturned:int? (RefNumber:str+ | RefNumberCaseSensitive:str+ |"
    " RefNumberFilter:RefNumberFilter | RefNumberRangeFilter:RefNumberRangeFilter)?"
    " TransactionModifiedDateRangeFilter:ModifiedDateRangeFilter? TransactionDateRangeFilter:TxnDateRangeFilter?"
    " TransactionEntityFilter:PlaceFilter? TransactionAccountFilter:PlaceFilter? TransactionTypeFilter:TxnTypes?"
    f" TransactionDetailLevelFilter:DetailLevel?)?{_RET}",
    "TxnDeleted": f"TxnDelType:TxnDelType+ DeletedDateRangeFilter:DeletedDateRangeFilter?{_RET}",
    "ListDeleted": f"ListDelType:ListDelType+ DeletedDateRangeFilter:DeletedDateRangeFilter?{_RET}",
}  # fmt: skip
PLAIN: Final[dict[str, str]] = {
    "TxnDel": "TxnDelType:TxnDelType TxnID:id",
    "TxnVoid": "TxnVoidType:TxnVoidType TxnID:id",
    "ListDel": "ListDelType:ListDelType ListID:id",
}
ITERATED: Final = frozenset(QUERIES) - {
    "Host", "Company", "Preferences", "Account", "Employee", "SalesTaxCode", "StandardTerms", "Class", "PaymentMethod",
    "TxnDeleted", "ListDeleted",
}  # fmt: skip
"""Queries that may be read in portions; the others take no iterator."""


@functools.cache
def part(name: str) -> Shape:
    """A shape that elements share. KeyError: none of that name."""
    return compiled(PARTS[name])


@functools.cache
def body(name: str) -> Shape:
    """What stands in `<InvoiceAdd>` and its like."""
    return compiled(BODIES[name])


@functools.cache
def request(name: str) -> Shape | None:
    """What stands in a request, by its name without Rq; None: the twin doesn't know it."""
    if name in BODIES:
        return compiled(f"{name}:{name}{_RET}")
    if name in PLAIN:
        return compiled(PLAIN[name])
    kind = name.removesuffix("Query")
    return compiled(QUERIES[kind]) if name.endswith("Query") and kind in QUERIES else None
