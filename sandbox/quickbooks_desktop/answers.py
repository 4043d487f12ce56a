"""What each object looks like in an answer: its elements in Intuit's order, in the language of `shape.py`."""

from __future__ import annotations

import functools
from typing import Final

from sandbox.quickbooks_desktop.shape import Shape, compiled
from sandbox.quickbooks_desktop.shapes import PARTS

_LISTED: Final = "ListID:id TimeCreated:datetime TimeModified:datetime EditSequence:16"
_TXN: Final = "TxnID:id TimeCreated:datetime TimeModified:datetime EditSequence:16 TxnNumber:int?"
_NESTED: Final = "FullName:159 IsActive:bool? ClassRef:ref159? ParentRef:ref? Sublevel:int"
_PERSON: Final = "CompanyName:41? Salutation:15? FirstName:25? MiddleName:5? LastName:25? JobTitle:41?"
_REACH: Final = "Phone:21? AltPhone:21? Fax:21? Email:1023? Cc:1023? Contact:41? AltContact:41?"
_SOLD: Final = "(SalesOrPurchase:SalesOrPurchase | SalesAndPurchase:SalesAndPurchase)?"
_SHIPPED: Final = "BillAddress:Address? ShipAddress:Address?"
_FORM: Final = "Memo:4095? {paid}IsToBePrinted:bool? IsToBeEmailed:bool? CustomerSalesTaxCodeRef:ref3?"
_TAXED: Final = "Subtotal:amt? ItemSalesTaxRef:ref31? SalesTaxPercentage:percent? SalesTaxTotal:amt?"
_RATE: Final = "CurrencyRef:ref64? ExchangeRate:float?"
_SOLD_LINE: Final = (
    "TxnLineID:id ItemRef:ref? Desc:4095? Quantity:quan? (Rate:price | RatePercent:percent)? ClassRef:ref159? Amount:amt?"
    " ServiceDate:date? SalesTaxCodeRef:ref3? Other1:29? Other2:29?"
)
_OWED_TO: Final = "CustomerRef:ref209 ClassRef:ref159? ARAccountRef:ref159? TxnDate:date RefNumber:11?"
_TERMS: Final = "IsPending:bool? PONumber:25? TermsRef:ref31? DueDate:date? FOB:13? ShipDate:date?"
_EXPENSES: Final = "ExpenseLineRet:ExpenseLine* ItemLineRet:ItemLine*"

INNER: Final[dict[str, str]] = {
    **{name: PARTS[name] for name in ("Address", "SalesOrPurchase", "SalesAndPurchase", "JournalLine")},
    "SoldLine": _SOLD_LINE,
    "LinkedTxn": "TxnID:id TxnType:str TxnDate:date RefNumber:20? LinkType:str? Amount:amt",
    "AppliedToTxn": "TxnID:id TxnType:str TxnDate:date? RefNumber:20? BalanceRemaining:amt? Amount:amt? DiscountAmount:amt?"
    " DiscountAccountRef:ref159? DiscountClassRef:ref159?",
    "RefundLine": "TxnID:id TxnType:str TxnDate:date RefNumber:20? CreditRemaining:amt RefundAmount:amt",
    "DepositLine": "TxnType:str? TxnID:id? TxnLineID:id EntityRef:ref209? AccountRef:ref159? Memo:4095? CheckNumber:11?"
    " PaymentMethodRef:ref31? ClassRef:ref159? Amount:amt?",
    "CashBack": "TxnLineID:id AccountRef:ref159 Memo:4095? Amount:amt?",
    "ExpenseLine": "TxnLineID:id AccountRef:ref159? Amount:amt? Memo:4095? CustomerRef:ref209? ClassRef:ref159?",
    "ItemLine": "TxnLineID:id ItemRef:ref? Desc:4095? Quantity:quan? Cost:price? Amount:amt? CustomerRef:ref209? ClassRef:ref159?",
    "AdjustmentLine": "TxnLineID:id ItemRef:ref QuantityDifference:quan ValueDifference:amt",
    "Extension": "OwnerID:guid? DataExtName:31 DataExtType:str DataExtValue:str",
    "Accounting": "IsUsingAccountNumbers:bool IsRequiringAccounts:bool IsUsingClassTracking:bool AssignClassesTo:str?"
    " IsUsingAuditTrail:bool IsAssigningJournalEntryNumbers:bool ClosingDate:date?",
    "Finance": "AnnualInterestRate:percent? MinFinanceCharge:amt? GracePeriod:int FinanceChargeAccountRef:ref159?"
    " IsAssessingForOverdueCharges:bool CalculateChargesFrom:str IsMarkedToBePrinted:bool",
    "Jobs": "IsUsingEstimates:bool IsUsingProgressInvoicing:bool IsPrintingItemsWithZeroAmounts:bool",
    "Currencies": "IsMultiCurrencyOn:bool? HomeCurrencyRef:ref64?",
    "Purchases": "IsUsingInventory:bool DaysBillsAreDue:int IsAutomaticallyUsingDiscounts:bool",
    "Reports": "AgingReportBasis:str SummaryReportBasis:str",
    "Sales": "IsTrackingReimbursedExpensesAsIncome:bool IsAutoApplyingPayments:bool",
    "SalesTax": "DefaultItemSalesTaxRef:ref31 PaySalesTax:str DefaultTaxableSalesTaxCodeRef:ref3"
    " DefaultNonTaxableSalesTaxCodeRef:ref3",
    "Rights": "IsAutomaticLoginAllowed:bool AutomaticLoginUserName:29? IsPersonalDataAccessAllowed:bool",
}

RETS: Final[dict[str, str]] = {
    "Host": "ProductName:255 MajorVersion:5 MinorVersion:5 Country:2? SupportedQBXMLVersion:10+ IsAutomaticLogin:bool?"
    " QBFileMode:str",
    "Company": "IsSampleCompany:bool CompanyName:59? LegalCompanyName:59? Address:Address? Phone:51? Email:1023?"
    " FirstMonthFiscalYear:str? FirstMonthIncomeTaxYear:str? CompanyType:255? TaxForm:str? DataExtRet:Extension*",
    "Preferences": "AccountingPreferences:Accounting FinanceChargePreferences:Finance JobsAndEstimatesPreferences:Jobs"
    " MultiCurrencyPreferences:Currencies? PurchasesAndVendorsPreferences:Purchases ReportsPreferences:Reports"
    " SalesAndCustomersPreferences:Sales SalesTaxPreferences:SalesTax? CurrentAppAccessRights:Rights",
    "Account": f"{_LISTED} Name:31 FullName:159 IsActive:bool? ParentRef:ref? Sublevel:int AccountType:str SpecialAccountType:str?"
    " AccountNumber:7? BankNumber:25? Desc:200? Balance:amt? TotalBalance:amt? CurrencyRef:ref64?",
    "Class": f"{_LISTED} Name:31 FullName:159 IsActive:bool? ParentRef:ref? Sublevel:int",
    "PaymentMethod": f"{_LISTED} Name:31 IsActive:bool? PaymentMethodType:str?",
    "SalesTaxCode": f"{_LISTED} Name:3 IsActive:bool? IsTaxable:bool Desc:31?",
    "StandardTerms": f"{_LISTED} Name:31 IsActive:bool? StdDueDays:int? StdDiscountDays:int? DiscountPct:percent?",
    "Customer": f"{_LISTED} Name:41 FullName:209 IsActive:bool? ClassRef:ref159? ParentRef:ref? Sublevel:int {_PERSON}"
    f" {_SHIPPED} {_REACH} TermsRef:ref31? Balance:amt? TotalBalance:amt? SalesTaxCodeRef:ref3? ItemSalesTaxRef:ref31?"
    " ResaleNumber:15? AccountNumber:99? CreditLimit:amt? PreferredPaymentMethodRef:ref31? Notes:4095? ExternalGUID:guid?"
    " CurrencyRef:ref64?",
    "Vendor": f"{_LISTED} Name:41 IsActive:bool? ClassRef:ref159? {_PERSON} VendorAddress:Address? {_REACH} NameOnCheck:41?"
    " AccountNumber:99? Notes:4095? TermsRef:ref31? Balance:amt? ExternalGUID:guid? CurrencyRef:ref64?",
    "Employee": f"{_LISTED} Name:41 IsActive:bool? FirstName:25? LastName:25? ExternalGUID:guid?",
    "ItemService": f"{_LISTED} Name:31 {_NESTED} SalesTaxCodeRef:ref3? {_SOLD} ExternalGUID:guid?",
    "ItemOtherCharge": f"{_LISTED} Name:31 {_NESTED} SalesTaxCodeRef:ref3? {_SOLD} ExternalGUID:guid?",
    "ItemNonInventory": f"{_LISTED} Name:31 {_NESTED} ManufacturerPartNumber:31? SalesTaxCodeRef:ref3? {_SOLD}"
    " ExternalGUID:guid?",
    "ItemInventory": f"{_LISTED} Name:31 {_NESTED} ManufacturerPartNumber:31? SalesTaxCodeRef:ref3? SalesDesc:4095?"
    " SalesPrice:price? IncomeAccountRef:ref159? PurchaseDesc:4095? PurchaseCost:price? COGSAccountRef:ref159?"
    " PrefVendorRef:ref41? AssetAccountRef:ref159? ReorderPoint:quan? QuantityOnHand:quan? AverageCost:price?"
    " QuantityOnOrder:quan? QuantityOnSalesOrder:quan? ExternalGUID:guid?",
    "ItemSalesTax": f"{_LISTED} Name:31 IsActive:bool? ItemDesc:4095? TaxRate:percent? TaxVendorRef:ref41? ExternalGUID:guid?",
    "JournalEntry": f"{_TXN} TxnDate:date RefNumber:11? IsAdjustment:bool? IsHomeCurrencyAdjustment:bool?"
    f" IsAmountsEnteredInHomeCurrency:bool? {_RATE} ExternalGUID:guid?"
    " (JournalDebitLine:JournalLine | JournalCreditLine:JournalLine)*",
    "Deposit": f"{_TXN} TxnDate:date DepositToAccountRef:ref159 Memo:4095? DepositTotal:amt? {_RATE}"
    " DepositTotalInHomeCurrency:amt? CashBackInfoRet:CashBack? ExternalGUID:guid? DepositLineRet:DepositLine*",
    "Invoice": f"{_TXN} {_OWED_TO} {_SHIPPED} {_TERMS} {_TAXED} AppliedAmount:amt? BalanceRemaining:amt? {_RATE}"
    f" BalanceRemainingInHomeCurrency:amt? {_FORM.format(paid='IsPaid:bool? ')} Other:29? ExternalGUID:guid?"
    " LinkedTxn:LinkedTxn* InvoiceLineRet:SoldLine*",
    "CreditMemo": f"{_TXN} {_OWED_TO} {_SHIPPED} {_TERMS} {_TAXED} TotalAmount:amt? CreditRemaining:amt? {_RATE}"
    f" CreditRemainingInHomeCurrency:amt? {_FORM.format(paid='')} Other:29? ExternalGUID:guid? LinkedTxn:LinkedTxn*"
    " CreditMemoLineRet:SoldLine*",
    "SalesReceipt": f"{_TXN} CustomerRef:ref209? ClassRef:ref159? TxnDate:date RefNumber:11? {_SHIPPED} IsPending:bool?"
    f" CheckNumber:25? PaymentMethodRef:ref31? DueDate:date? ShipDate:date? FOB:13? {_TAXED} TotalAmount:amt? {_RATE}"
    f" TotalAmountInHomeCurrency:amt? {_FORM.format(paid='')} DepositToAccountRef:ref159? Other:29? ExternalGUID:guid?"
    " SalesReceiptLineRet:SoldLine*",
    "ReceivePayment": f"{_TXN} CustomerRef:ref209? ARAccountRef:ref159? TxnDate:date? RefNumber:20? TotalAmount:amt? {_RATE}"
    " TotalAmountInHomeCurrency:amt? PaymentMethodRef:ref31? Memo:4095? DepositToAccountRef:ref159? UnusedPayment:amt?"
    " UnusedCredits:amt? ExternalGUID:guid? AppliedToTxnRet:AppliedToTxn*",
    "ARRefundCreditCard": f"{_TXN} CustomerRef:ref209? RefundFromAccountRef:ref159? ARAccountRef:ref159? TxnDate:date?"
    f" RefNumber:11? TotalAmount:amt? {_RATE} TotalAmountInHomeCurrency:amt? PaymentMethodRef:ref31? Memo:4095?"
    " ExternalGUID:guid? RefundAppliedToTxnRet:RefundLine*",
    "InventoryAdjustment": f"{_TXN} AccountRef:ref159 TxnDate:date RefNumber:11? CustomerRef:ref209? ClassRef:ref159? Memo:4095?"
    " ExternalGUID:guid? InventoryAdjustmentLineRet:AdjustmentLine*",
    "Bill": f"{_TXN} VendorRef:ref41 APAccountRef:ref159? TxnDate:date DueDate:date? AmountDue:amt {_RATE}"
    f" AmountDueInHomeCurrency:amt? RefNumber:20? TermsRef:ref31? Memo:4095? IsPaid:bool? ExternalGUID:guid? {_EXPENSES}"
    " OpenAmount:amt?",
    "Check": f"{_TXN} AccountRef:ref159 PayeeEntityRef:ref209? RefNumber:11? TxnDate:date Amount:amt {_RATE}"
    f" AmountInHomeCurrency:amt? Memo:4095? Address:Address? IsToBePrinted:bool? ExternalGUID:guid? {_EXPENSES}",
    "Transfer": f"{_TXN} TxnDate:date? TransferFromAccountRef:ref159? FromAccountBalance:amt? TransferToAccountRef:ref159?"
    " ToAccountBalance:amt? ClassRef:ref159? Amount:amt? Memo:4095?",
    "Transaction": "TxnType:str? TxnID:id? TxnLineID:id? TimeCreated:datetime? TimeModified:datetime? EntityRef:ref209?"
    f" AccountRef:ref159? TxnDate:date? RefNumber:str? Amount:amt? {_RATE} AmountInHomeCurrency:amt? Memo:4095?",
    "TxnDeleted": "TxnDelType:str TxnID:id TimeCreated:datetime TimeDeleted:datetime RefNumber:str?",
    "ListDeleted": "ListDelType:str ListID:id TimeCreated:datetime TimeDeleted:datetime FullName:str?",
}


@functools.cache
def ret(kind: str) -> Shape:
    """The elements of `<InvoiceRet>` and its like."""
    return compiled(RETS[kind])


@functools.cache
def inner(name: str) -> Shape:
    return compiled(INNER[name])
