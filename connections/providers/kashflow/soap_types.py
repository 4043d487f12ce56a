"""The part of KashFlow's SOAP interface that we use, as data: operations, and the types they carry.

A field is `name:type`, `?` behind it where it may be left out; the order is the interface's own and is kept, because the
service reads by order. `X*` is a list of X, `any*` one of things that say what they are. Every operation begins with
UserName and Password, and every answer ends with Status and StatusDetail. Source: the vendor's WSDL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    type: str
    optional: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """`writes` says whether it changes the books. `result` is the type of what it answers; "" where that is nothing."""

    name: str
    parameters: tuple[Field, ...]
    result: str
    writes: bool


_DOCUMENT = """
    InvoiceDBID:int InvoiceNumber:int InvoiceDate:dateTime DueDate:dateTime Customer:string? CustomerID:int Paid:int
    CustomerReference:string? EstimateCategory:string? SuppressTotal:int ProjectID:int CurrencyCode:string?
    ExchangeRate:decimal ReadableString:string? Lines:any*? NetAmount:decimal VATAmount:decimal AmountPaid:decimal
    CustomerName:string? PermaLink:string? DeliveryAddress:DeliveryAddress? UseCustomDeliveryAddress:boolean
"""
_EXTRA = " ".join([*(f"ExtraText{n}:string?" for n in range(1, 21)), *(f"CheckBox{n}:int" for n in range(1, 21))])
_TYPES = {
    "Customer": f"""
        CustomerID:int Code:string? Name:string? Contact:string? Telephone:string? Mobile:string? Fax:string? Email:string?
        Address1:string? Address2:string? Address3:string? Address4:string? CountryName:string? CountryCode:string?
        Postcode:string? Website:string? EC:int OutsideEC:int Notes:string? Source:int Discount:decimal ShowDiscount:boolean
        PaymentTerms:int {_EXTRA} Created:dateTime Updated:dateTime CurrencyID:int ContactTitle:string?
        ContactFirstName:string? ContactLastName:string? CustHasDeliveryAddress:integer? DeliveryAddress1:string?
        DeliveryAddress2:string? DeliveryAddress3:string? DeliveryAddress4:string? DeliveryCountryName:string?
        DeliveryCountryCode:string? DeliveryPostcode:string? VATNumber:string?
    """,
    "Supplier": """
        SupplierID:int Code:string? Name:string? Contact:string? Mobile:string? Fax:string? Address1:string? Address2:string?
        Address3:string? Address4:string? PostCode:string? Telephone:string? Website:string? Email:string? Created:dateTime
        Updated:dateTime EC:int VATNumber:string? Notes:string? CurrencyID:int PaymentTerms:int ContactTitle:string?
        ContactFirstName:string? ContactLastName:string?
    """,
    "Invoice": _DOCUMENT,
    "InvoiceLine": """
        Quantity:decimal Description:string? Rate:decimal ChargeType:int VatRate:decimal VatAmount:decimal ProductID:int
        Sort:int ProjID:int LineID:int ValuesInCurrency:integer?
    """,
    "DeliveryAddress": """
        Name:string? Line1:string? Line2:string? Line3:string? Line4:string? PostCode:string? CountryName:string?
        CountryCode:string?
    """,
    "Payment": """
        PayID:int PayInvoice:int PayDate:dateTime PayNote:string? PayMethod:int PayAccount:int PayAmount:decimal
    """,
    "PaymentMethod": "MethodID:int MethodName:string?",
    "BankTransaction": """
        ID:int accid:int TransactionDate:dateTime moneyin:decimal moneyout:decimal Vatable:int VatRate:decimal
        VatAmount:decimal TransactionType:int Comment:string? ProjectID:int CustomerId:int SupplierId:int
    """,
    "BankAccount": "AccountID:int AccountName:string? AccountCode:int",
    "JournalEntry": "DBID:int JournalNumber:int JournalDate:dateTime Comment:string? Lines:any*?",
    "JournalLine": "NominalID:int Amount:decimal Comment:string? ProjId:int",
    "NominalCodeExtended": """
        id:int Code:int Name:string? debit:decimal credit:decimal balance:decimal TypeID:int TypeName:string?
        ClassificationID:int ClassificationName:string? AutoFill:int Price:decimal VATRate:decimal Description:string?
        Archived:boolean
    """,
    "Product": """
        ProductID:int ProductName:string? ProductCode:int ProductDescription:string? ManageStockLevels:int QtyInStock:int
        ProductPrice:decimal
    """,
    "SubProduct": """
        id:int ParentID:int Name:string? Code:string? Description:string? Price:decimal VatRate:decimal WholesalePrice:decimal
        Managed:int QtyInStock:int StockWarnQty:int AutoFill:int
    """,
    "BasicDataset": "ID:int Name:string? Description:string? Value:decimal",
    "Currencies": "CurrencyId:int CurrencyCode:string? ExchangeRate:decimal isDefault:int",
    "CompanyDetails": """
        CompanyName:string? Address1:string? Address2:string? Address3:string? Address4:string? Postcode:string?
        PrimaryEmail:string? PrimaryContact:string? Telephone:string? Mobile:string? VatRegistered:string?
        VatRegistrationNumber:string? PaymentTerms:int CurrencySymbol:string? CurrencyPosition:string? UsDate:string?
        CurrencyId:int CurrencyName:string? BusinessType1:int BusinessType2:int BusinessType3:int PaymentTermsType:string?
        BusinessType1Name:string? BusinessType2Name:string? BusinessType3Name:string? BusinessType:int
    """,
}
_RANGE = "StartDate:dateTime EndDate:dateTime"
_READS = {
    "GetCompanyDetails": ("", "CompanyDetails"),
    "GetCurrencies": ("", "Currencies*"),
    "GetVATRates": ("", "BasicDataset*"),
    "GetNominalCodesExtended": ("", "NominalCodeExtended*"),
    "GetBankAccounts": ("", "BankAccount*"),
    "GetInvPayMethods": ("", "PaymentMethod*"),
    "GetRecPayMethods": ("", "PaymentMethod*"),
    "GetCustomers": ("", "Customer*"),
    "GetSuppliers": ("", "Supplier*"),
    "GetProducts": ("", "Product*"),
    "GetSubProducts": ("NominalID:int", "SubProduct*"),
    "GetSubProductByCode": ("ProductCode:string?", "SubProduct"),
    "GetInvoice": ("InvoiceNumber:int", "Invoice"),
    "GetInvoicesByDateRange": (_RANGE, "Invoice*"),
    "GetInvoices_Recent": ("NumberOfInvoices:int", "Invoice*"),
    "GetInvoicePayment": ("InvoiceNumber:int", "Payment*"),
    "GetInvoicePaymentsByDateRange": (f"{_RANGE} PageNumber:int", "Payment*"),
    "GetReceipt": ("ReceiptNumber:int", "Invoice"),
    "GetReceiptsForSupplier": ("SupplierID:int", "Invoice*"),
    "GetReceipts_Recent": ("NumberOfReceipts:int", "Invoice*"),
    "GetReceiptPayment": ("ReceiptNumber:int", "Payment*"),
    "GetBankTransactions": ("AccountID:int", "BankTransaction*"),
    "GetJournals": ("", "JournalEntry*"),
    "GetJournal": ("JournalNumber:int", "JournalEntry"),
}
_WRITES = {
    "InsertCustomer": ("custr:Customer?", "int"),
    "InsertSupplier": ("supl:Supplier?", "int"),
    "AddOrUpdateSubProduct": ("sp:SubProduct?", "int"),
    "InsertNominalCode": ("name:string? code:int classification:int nomtype:int", "int"),
    "CreateBankAccount": ("AccountName:string? NominalCode:int", "int"),
    "InsertInvoice": ("Inv:Invoice?", "int"),
    "UpdateInvoice": ("Inv:Invoice?", ""),
    "DeleteInvoice": ("InvoiceNumber:int", "int"),
    "InsertInvoicePayment": ("InvoicePayment:Payment?", "int"),
    "DeleteInvoicePayment": ("InvoicePaymentNumber:int", ""),
    "InsertReceipt": ("Inv:Invoice?", "int"),
    "UpdateReceipt": ("Receipt:Invoice?", "int"),
    "DeleteReceipt": ("ReceiptNumber:int", "int"),
    "InsertReceiptPayment": ("ReceiptPayment:Payment?", "int"),
    "DeleteReceiptPayment": ("ReceiptPaymentNumber:int", "int"),
    "InsertBankTransaction": ("bp:BankTransaction?", "int"),
    "UpdateBankTransaction": ("bp:BankTransaction? TransactionID:int", "int"),
    "DeleteBankTransaction": ("TransactionID:int", "int"),
    "InsertJournal": ("Jnl:JournalEntry?", "int"),
    "UpdateJournal": ("Jnl:JournalEntry?", "int"),
    "DeleteJournal": ("JournalNumber:int", "int"),
}


def fields(spec: str) -> tuple[Field, ...]:
    pairs = (each.split(":") for each in spec.split())
    return tuple(Field(name, kind.rstrip("?"), kind.endswith("?")) for name, kind in pairs)


TYPES: Mapping[str, tuple[Field, ...]] = {name: fields(spec) for name, spec in _TYPES.items()}
OPERATIONS: Mapping[str, Operation] = {
    name: Operation(name, fields(parameters), result, writes)
    for table, writes in ((_READS, False), (_WRITES, True))
    for name, (parameters, result) in table.items()
}
