"""Which properties each object has, and what a property may hold.

The tables list what the service documents for QuickBooks Online (ledgers.md 1.5 and Intuit's published
types); a property that isn't listed is refused with 2010, as the service does. A leading `-` marks a
property that may be sent back, because every answer carries it, but is never taken from the caller.

Words: `id str bool int num date time ref any`, `str21` for at most 21 characters, an enumeration's or
another shape's name, `[X]` for a list.
"""

from __future__ import annotations

from typing import Final

ENUMS: Final[dict[str, tuple[str, ...]]] = {
    "PostingType": ("Credit", "Debit"),
    "Applicable": ("Purchase", "Sales"),
    "GlobalTax": ("TaxInclusive", "TaxExcluded", "NotApplicable"),
    "EntityType": ("Customer", "Employee", "Job", "Other", "Vendor"),
    "Billable": ("Billable", "NotBillable", "HasBeenBilled"),
    "Classification": ("Asset", "Equity", "Expense", "Liability", "Revenue"),
    "ItemType": ("Inventory", "NonInventory", "Service", "Category", "Group", "Bundle"),
    "PayBy": ("Cash", "Check", "CreditCard"),
    "Print": ("NotSet", "NeedToPrint", "PrintComplete"),
    "Email": ("NotSet", "NeedToSend", "EmailSent"),
    "PoStatus": ("Open", "Closed"),
    "LineType": (
        "PaymentLineDetail", "DiscountLineDetail", "TaxLineDetail", "SalesItemLineDetail", "ItemBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail", "DepositLineDetail", "JournalEntryLineDetail", "GroupLineDetail", "DescriptionOnly",
        "SubTotalLineDetail", "ItemAdjustmentLineDetail",
    ),
    "AccountType": (
        "Bank", "Accounts Receivable", "Other Current Asset", "Fixed Asset", "Other Asset", "Accounts Payable", "Credit Card",
        "Other Current Liability", "Long Term Liability", "Equity", "Income", "Cost of Goods Sold", "Expense", "Other Income",
        "Other Expense",
    ),
}  # fmt: skip

_ANY = "Id=id SyncToken=id -MetaData=MetaData CustomField=[CustomField] -domain=str -status=str sparse=bool"
_TXN = (
    f"{_ANY} DocNumber=str21 TxnDate=date DepartmentRef=ref CurrencyRef=ref ExchangeRate=num PrivateNote=str4000 -TxnStatus=str"
    " LinkedTxn=[LinkedTxn] AttachableRef=any Line=[Line] TxnTaxDetail=TxnTaxDetail -TxnSource=str"
    " TransactionLocationType=str -RecurDataRef=ref"
)
_TOTALS = "GlobalTaxCalculation=GlobalTax -TotalAmt=num"
_HOME = "-HomeTotalAmt=num"
_SALE = (
    f"{_TXN} {_TOTALS} {_HOME} CustomerRef=ref CustomerMemo=Memo BillAddr=Address ShipAddr=Address ShipFromAddr=Address"
    " FreeFormAddress=bool ClassRef=ref SalesTermRef=ref DueDate=date ShipMethodRef=ref ShipDate=date TrackingNum=str"
    " ApplyTaxAfterDiscount=bool PrintStatus=Print EmailStatus=Email BillEmail=EmailAddress BillEmailCc=EmailAddress"
    " BillEmailBcc=EmailAddress -Balance=num -HomeBalance=num PaymentMethodRef=ref PaymentRefNum=str21"
    " DepositToAccountRef=ref -DeliveryInfo=any PONumber=str PaymentType=str CheckPayment=any CreditCardPayment=any"
)
_PERSON = (
    f"{_ANY} Title=str16 GivenName=str100 MiddleName=str100 FamilyName=str100 Suffix=str16 -FullyQualifiedName=str"
    " CompanyName=str100 DisplayName=str500 PrintOnCheckName=str110 Active=bool -V4IDPseudonym=str PrimaryPhone=Phone"
    " AlternatePhone=Phone Mobile=Phone Fax=Phone PrimaryEmailAddr=EmailAddress WebAddr=WebAddress DefaultTaxCodeRef=ref"
)
_PURCHASE = f"{_TXN} {_TOTALS} VendorRef=ref APAccountRef=ref SalesTermRef=ref DueDate=date VendorAddr=Address"

_PARTS: Final[dict[str, str]] = {
    "MetaData": "CreateTime=time LastUpdatedTime=time CreatedByRef=ref LastModifiedByRef=ref",
    "CustomField": "DefinitionId=id Name=str Type=str StringValue=str31",
    "LinkedTxn": "TxnId=id TxnType=str TxnLineId=id",
    "Memo": "value=str1000",
    "Address": (
        "Id=id Line1=str500 Line2=str500 Line3=str500 Line4=str500 Line5=str500 City=str255 Country=str255 CountryCode=str"
        " CountrySubDivisionCode=str255 PostalCode=str30 Lat=str Long=str Note=str Tag=str"
    ),
    "Phone": "Id=id FreeFormNumber=str30 CountryCode=str AreaCode=str ExchangeCode=str Extension=str DeviceType=str",
    "EmailAddress": "Id=id Address=str100 Default=bool Tag=str",
    "WebAddress": "Id=id URI=str1000",
    "NameValue": "Name=str Value=str",
    "CashBack": "AccountRef=ref Amount=num Memo=str",
    "TxnTaxDetail": "DefaultTaxCodeRef=ref TxnTaxCodeRef=ref TotalTax=num TaxLine=[Line] UseAutomatedSalesTax=bool",
    "Line": (
        "Id=id LineNum=int Description=str4000 Amount=num -Received=num LinkedTxn=[LinkedTxn] DetailType=LineType"
        " PaymentLineDetail=any DiscountLineDetail=Discount TaxLineDetail=TaxLine SalesItemLineDetail=SalesItem"
        " DescriptionLineDetail=DescriptionLine ItemBasedExpenseLineDetail=ItemExpense"
        " AccountBasedExpenseLineDetail=AccountExpense DepositLineDetail=DepositLine JournalEntryLineDetail=JournalLine"
        " SubTotalLineDetail=SubTotal ItemAdjustmentLineDetail=ItemAdjustment CustomField=[CustomField] -LineEx=any"
        " -ProjectRef=ref"
    ),
    "Entity": "Type=EntityType EntityRef=ref",
    "JournalLine": (
        "PostingType=PostingType Entity=Entity AccountRef=ref ClassRef=ref DepartmentRef=ref TaxCodeRef=ref TaxRateRef=ref"
        " TaxApplicableOn=Applicable TaxAmount=num TaxInclusiveAmt=num BillableStatus=Billable"
    ),
    "DepositLine": (
        "Entity=ref ClassRef=ref AccountRef=ref PaymentMethodRef=ref CheckNum=str21 TxnType=str TaxCodeRef=ref"
        " TaxApplicableOn=Applicable"
    ),
    "TaxLine": (
        "TaxRateRef=ref PercentBased=bool TaxPercent=num NetAmountTaxable=num TaxInclusiveAmount=num OverrideDeltaAmount=num"
        " ServiceDate=date"
    ),
    "SalesItem": (
        "ItemRef=ref ClassRef=ref UnitPrice=num RatePercent=num Qty=num ItemAccountRef=ref TaxCodeRef=ref ServiceDate=date"
        " TaxInclusiveAmt=num DiscountRate=num DiscountAmt=num TaxClassificationRef=ref -MarkupInfo=any PriceLevelRef=ref"
    ),
    "ItemExpense": (
        "ItemRef=ref ClassRef=ref UnitPrice=num Qty=num TaxCodeRef=ref CustomerRef=ref BillableStatus=Billable"
        " TaxInclusiveAmt=num -MarkupInfo=any PriceLevelRef=ref"
    ),
    "AccountExpense": (
        "CustomerRef=ref ClassRef=ref AccountRef=ref BillableStatus=Billable TaxAmount=num TaxCodeRef=ref"
        " TaxInclusiveAmt=num -MarkupInfo=any"
    ),
    "Discount": "PercentBased=bool DiscountPercent=num DiscountAccountRef=ref ServiceDate=date ClassRef=ref TaxCodeRef=ref",
    "DescriptionLine": "ServiceDate=date TaxCodeRef=ref",
    "SubTotal": "ItemRef=ref ServiceDate=date",
    "ItemAdjustment": "ItemRef=ref SalesPrice=num QtyDiff=num NewQty=num ClassRef=ref",
    "TaxRateList": "TaxRateDetail=[TaxRateDetail]",
    "TaxRateDetail": "TaxRateRef=ref TaxTypeApplicable=str TaxOrder=int TaxOnTaxOrder=int",
    "EffectiveTaxRate": "RateValue=num EffectiveDate=time EndDate=time",
    "AccountingPrefs": (
        "UseAccountNumbers=bool DefaultARAccount=ref DefaultAPAccount=ref TrackDepartments=bool DepartmentTerminology=str"
        " ClassTrackingPerTxn=bool ClassTrackingPerTxnLine=bool FirstMonthOfFiscalYear=str TaxYearMonth=str TaxForm=str"
        " BookCloseDate=date CustomerTerminology=str"
    ),
    "ProductPrefs": "ForSales=bool ForPurchase=bool QuantityWithPriceAndRate=bool QuantityOnHand=bool",
    "SalesPrefs": "CustomTxnNumbers=bool AllowDeposit=bool AllowDiscount=bool AllowShipping=bool AllowServiceDate=bool",
    "PurchasePrefs": "EnableBills=bool TrackingByCustomer=bool BillableExpenseTracking=bool",
    "TaxPrefs": "UsingSalesTax=bool PartnerTaxEnabled=bool HideTaxManagement=bool TaxGroupCodeRef=ref",
    "CurrencyPrefs": "MultiCurrencyEnabled=bool HomeCurrency=ref",
    "ReportPrefs": "ReportBasis=str CalcAgingReportFromTxnDate=bool",
    "TimePrefs": "UseServices=bool BillCustomers=bool WorkWeekStartDate=str",
    "OtherPrefs": "NameValue=[NameValue]",
}

_ENTITIES: Final[dict[str, str]] = {
    "Account": (
        f"{_ANY} Name=str100 SubAccount=bool ParentRef=ref Description=str4000 -FullyQualifiedName=str AccountAlias=str"
        " Active=bool Classification=Classification AccountType=AccountType AccountSubType=str AcctNum=str20 -OpeningBalance=num"
        " -OpeningBalanceDate=date -CurrentBalance=num -CurrentBalanceWithSubAccounts=num CurrencyRef=ref TaxCodeRef=ref"
        " TxnLocationType=str"
    ),
    "Customer": (
        f"{_PERSON} Taxable=bool BillAddr=Address ShipAddr=Address Notes=str2000 Job=bool BillWithParent=bool ParentRef=ref"
        " -Level=int SalesTermRef=ref PaymentMethodRef=ref -Balance=num -BalanceWithJobs=num OpenBalanceDate=date"
        " CurrencyRef=ref PreferredDeliveryMethod=str ResaleNum=str16 ARAccountRef=ref PrimaryTaxIdentifier=str20 IsProject=bool"
        " CustomerTypeRef=ref TaxExemptionReasonId=str -ClientEntityId=str"
    ),
    "Vendor": (
        f"{_PERSON} BillAddr=Address OtherAddr=[Address] TaxIdentifier=str20 TermRef=ref -Balance=num BillRate=num AcctNum=str100"
        " Vendor1099=bool TaxReportingBasis=str CurrencyRef=ref APAccountRef=ref Notes=str4000 BusinessNumber=str"
    ),
    "Employee": (
        f"{_PERSON} EmployeeType=str EmployeeNumber=str100 SSN=str100 PrimaryAddr=Address BillableTime=bool BillRate=num"
        " BirthDate=date Gender=str HiredDate=date ReleasedDate=date Notes=str4000 CostRate=num Organization=bool"
    ),
    "Item": (
        f"{_ANY} Name=str100 Sku=str100 Description=str4000 Active=bool SubItem=bool ParentRef=ref -Level=int"
        " -FullyQualifiedName=str Taxable=bool SalesTaxIncluded=bool UnitPrice=num Type=ItemType IncomeAccountRef=ref"
        " PurchaseDesc=str1000 PurchaseTaxIncluded=bool PurchaseCost=num ExpenseAccountRef=ref AssetAccountRef=ref"
        " PrefVendorRef=ref TrackQtyOnHand=bool QtyOnHand=num ReorderPoint=num SalesTaxCodeRef=ref PurchaseTaxCodeRef=ref"
        " InvStartDate=date ClassRef=ref AbatementRate=num ReverseChargeRate=num ServiceType=str ItemCategoryType=str"
    ),
    "Class": f"{_ANY} Name=str100 SubClass=bool ParentRef=ref -FullyQualifiedName=str Active=bool",
    "Department": f"{_ANY} Name=str100 SubDepartment=bool ParentRef=ref -FullyQualifiedName=str Active=bool Address=Address",
    "TaxCode": (
        f"{_ANY} Name=str Description=str Active=bool Hidden=bool Taxable=bool TaxGroup=bool SalesTaxRateList=TaxRateList"
        " PurchaseTaxRateList=TaxRateList TaxCodeConfigType=str"
    ),
    "TaxRate": (
        f"{_ANY} Name=str Description=str Active=bool RateValue=num AgencyRef=ref EffectiveTaxRate=[EffectiveTaxRate]"
        " SpecialTaxType=str DisplayType=str TaxReturnLineRef=ref"
    ),
    "TaxAgency": (
        f"{_ANY} DisplayName=str100 TaxRegistrationNumber=str TaxTrackedOnPurchases=bool TaxTrackedOnSales=bool"
        " TaxAgencyConfig=str"
    ),
    "Term": (
        f"{_ANY} Name=str31 Active=bool Type=str DiscountPercent=num DueDays=int DiscountDays=int DayOfMonthDue=int"
        " DueNextMonthDays=int DiscountDayOfMonth=int"
    ),
    "PaymentMethod": f"{_ANY} Name=str31 Active=bool Type=str",
    "CompanyCurrency": f"{_ANY} Code=str3 Name=str Active=bool",
    "ExchangeRate": f"{_ANY} SourceCurrencyCode=str3 TargetCurrencyCode=str3 Rate=num AsOfDate=date",
    "CompanyInfo": (
        f"{_ANY} CompanyName=str1024 LegalName=str1024 CompanyAddr=Address CustomerCommunicationAddr=Address LegalAddr=Address"
        " Email=EmailAddress CompanyStartDate=date EmployerId=str FiscalYearStartMonth=str Country=str SupportedLanguages=str"
        " DefaultTimeZone=str NameValue=[NameValue] PrimaryPhone=Phone WebAddr=WebAddress"
    ),
    "Preferences": (
        f"{_ANY} AccountingInfoPrefs=AccountingPrefs ProductAndServicesPrefs=ProductPrefs SalesFormsPrefs=SalesPrefs"
        " VendorAndPurchasesPrefs=PurchasePrefs TaxPrefs=TaxPrefs CurrencyPrefs=CurrencyPrefs ReportPrefs=ReportPrefs"
        " TimeTrackingPrefs=TimePrefs OtherPrefs=OtherPrefs -EmailMessagesPrefs=any"
    ),
    "JournalEntry": f"{_TXN} {_TOTALS} {_HOME} Adjustment=bool",
    "Deposit": f"{_TXN} {_TOTALS} {_HOME} DepositToAccountRef=ref CashBack=CashBack",
    "SalesReceipt": _SALE,
    "Invoice": (
        f"{_SALE} Deposit=num AllowIPNPayment=bool AllowOnlinePayment=bool AllowOnlineCreditCardPayment=bool"
        " AllowOnlineACHPayment=bool ARAccountRef=ref -InvoiceLink=str -EInvoiceStatus=str -TaxExemptionRef=ref"
    ),
    "CreditMemo": f"{_SALE} -RemainingCredit=num ARAccountRef=ref InvoiceRef=ref",
    "RefundReceipt": _SALE,
    "Payment": (
        f"{_TXN} CustomerRef=ref ARAccountRef=ref DepositToAccountRef=ref PaymentMethodRef=ref PaymentRefNum=str21 TotalAmt=num"
        " -UnappliedAmt=num ProcessPayment=bool CreditCardPayment=any"
    ),
    "Bill": f"{_PURCHASE} -Balance=num -HomeBalance=num",
    "PurchaseOrder": (
        f"{_PURCHASE} ClassRef=ref TaxCodeRef=ref ShipAddr=Address ShipTo=ref ShipMethodRef=ref POEmail=EmailAddress"
        " POStatus=PoStatus EmailStatus=Email Memo=str4000"
    ),
    "Purchase": (
        f"{_TXN} {_TOTALS} AccountRef=ref PaymentMethodRef=ref PaymentRefNum=str PaymentType=PayBy EntityRef=ref Credit=bool"
        " RemitToAddr=Address PrintStatus=Print -PurchaseEx=any"
    ),
    "Transfer": f"{_TXN} FromAccountRef=ref ToAccountRef=ref Amount=num",
    "InventoryAdjustment": f"{_TXN} AdjustAccountRef=ref CustomerRef=ref",
}


def _read(table: dict[str, str]) -> dict[str, dict[str, str]]:
    """`"Id=id -Total=num"` -> `{"Id": "id", "Total": "-num"}`."""
    shapes: dict[str, dict[str, str]] = {}
    for name, text in table.items():
        fields = {}
        for word in text.split():
            field, _, kind = word.partition("=")
            fields[field.lstrip("-")] = "-" + kind if field.startswith("-") else kind
        shapes[name] = fields
    return shapes


PARTS: Final = _read(_PARTS)
ENTITIES: Final = _read(_ENTITIES)
REFERENCE: Final = frozenset({"value", "name", "type"})
