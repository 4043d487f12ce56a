"""The types of the SOAP interface as data: names, order and types of the fields, as the vendor's WSDL has them.

A field is `name:type`; `?` after it says that it may be left out (minOccurs 0). Types are XML Schema's, one of the names
below, or `ArrayOf` + a name. Order matters: see `envelope.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PRIMITIVES: Final = frozenset({"string", "int", "integer", "decimal", "boolean", "dateTime"})
ANY: Final = "anyType"


@dataclass(frozen=True, slots=True)
class Field:
    """One element of a sequence. `many`: it may come any number of times, and may be nil."""

    name: str
    type: str
    optional: bool = False
    many: bool = False


def fields(spec: str) -> tuple[Field, ...]:
    """`"Code:string? Balance:decimal"` as fields."""
    pairs = (part.split(":") for part in spec.split())
    return tuple(Field(name, kind.rstrip("?"), kind.endswith("?")) for name, kind in pairs)


def _numbered(name: str, kind: str, count: int) -> str:
    return " ".join(f"{name}{index}:{kind}" for index in range(1, count + 1))


_TOTALS: Final = "NetAmount:decimal VATAmount:decimal AmountPaid:decimal CustomerName:string?"
_INVOICE: Final = (
    "InvoiceDBID:int InvoiceNumber:int InvoiceDate:dateTime DueDate:dateTime Customer:string? CustomerID:int Paid:int"
    " CustomerReference:string? EstimateCategory:string? SuppressTotal:int ProjectID:int CurrencyCode:string?"
    " ExchangeRate:decimal ReadableString:string? Lines:"
)
_SPECS: Final[dict[str, str]] = {
    "Customer": (
        "CustomerID:int Code:string? Name:string? Contact:string? Telephone:string? Mobile:string? Fax:string? Email:string?"
        " Address1:string? Address2:string? Address3:string? Address4:string? CountryName:string? CountryCode:string?"
        " Postcode:string? Website:string? EC:int OutsideEC:int Notes:string? Source:int Discount:decimal ShowDiscount:boolean"
        f" PaymentTerms:int {_numbered('ExtraText', 'string?', 20)} {_numbered('CheckBox', 'int', 20)}"
        " Created:dateTime Updated:dateTime CurrencyID:int ContactTitle:string? ContactFirstName:string? ContactLastName:string?"
        f" CustHasDeliveryAddress:integer? {_numbered('DeliveryAddress', 'string?', 4)} DeliveryCountryName:string?"
        " DeliveryCountryCode:string? DeliveryPostcode:string? VATNumber:string?"
    ),
    "Supplier": (
        "SupplierID:int Code:string? Name:string? Contact:string? Mobile:string? Fax:string? Address1:string? Address2:string?"
        " Address3:string? Address4:string? PostCode:string? Telephone:string? Website:string? Email:string? Created:dateTime"
        " Updated:dateTime EC:int VATNumber:string? Notes:string? CurrencyID:int PaymentTerms:int ContactTitle:string?"
        " ContactFirstName:string? ContactLastName:string?"
    ),
    "BasicDataset": "ID:int Name:string? Description:string? Value:decimal",
    "BankTransaction": (
        "ID:int accid:int TransactionDate:dateTime moneyin:decimal moneyout:decimal Vatable:int VatRate:decimal VatAmount:decimal"
        " TransactionType:int Comment:string? ProjectID:int CustomerId:int SupplierId:int"
    ),
    "BankAccount": "AccountID:int AccountName:string? AccountCode:int",
    "BankTXType": "TypeID:int TypeName:string? TypeCode:int",
    "BankOverview": "AccountID:int AccountName:string? Balance:decimal",
    "Payment": (
        "PayID:int PayInvoice:int PayDate:dateTime PayNote:string? PayMethod:int PayAccount:int PayAmount:decimal"
    ),
    "PaymentMethod": "MethodID:int MethodName:string?",
    "InvoiceLine": (
        "Quantity:decimal Description:string? Rate:decimal ChargeType:int VatRate:decimal VatAmount:decimal ProductID:int"
        " Sort:int ProjID:int LineID:int ValuesInCurrency:integer?"
    ),
    "Invoice": (
        f"{_INVOICE}ArrayOfAnyType? {_TOTALS} PermaLink:string? DeliveryAddress:DeliveryAddress?"
        " UseCustomDeliveryAddress:boolean"
    ),
    "Invoice_TypeDefined": f"{_INVOICE}ArrayOfInvoiceLine? {_TOTALS}",
    "DeliveryAddress": (
        "Name:string? Line1:string? Line2:string? Line3:string? Line4:string? PostCode:string? CountryName:string?"
        " CountryCode:string?"
    ),
    "InvoiceNotes": "InvoiceId:int NoteId:int NoteDate:dateTime Notes:string?",
    "ReceiptNotes": "ReceiptId:int NoteId:int NoteDate:dateTime Notes:string?",
    "JournalEntry": "DBID:int JournalNumber:int JournalDate:dateTime Comment:string? Lines:ArrayOfAnyType?",
    "JournalLine": "NominalID:int Amount:decimal Comment:string? ProjId:int",
    "NominalCode": "id:int Code:int Name:string? debit:decimal credit:decimal balance:decimal",
    "NominalCodeExtended": (
        "id:int Code:int Name:string? debit:decimal credit:decimal balance:decimal TypeID:int TypeName:string?"
        " ClassificationID:int ClassificationName:string? AutoFill:int Price:decimal VATRate:decimal Description:string?"
        " Archived:boolean"
    ),
    "TransactionInformation": (
        "Date:dateTime nomid:int Value:decimal Type:int id:int id2:int id3:int Ref1:string? Ref2:string? Ref3:string?"
        " Narrative:string? ProjId:int"
    ),
    "VATReport": (
        "StartDate:dateTime EndDate:dateTime SubmittedToAccounts:boolean SubmittedToHMRC:boolean SubmittedtoHMRCDate:dateTime"
        f" HMRCReference:string? {_numbered('Box', 'decimal', 9)}"
    ),
    "Currencies": "CurrencyId:int CurrencyCode:string? ExchangeRate:decimal isDefault:int",
    "Product": (
        "ProductID:int ProductName:string? ProductCode:int ProductDescription:string? ManageStockLevels:int QtyInStock:int"
        " ProductPrice:decimal"
    ),
    "SubProduct": (
        "id:int ParentID:int Name:string? Code:string? Description:string? Price:decimal VatRate:decimal"
        " WholesalePrice:decimal Managed:int QtyInStock:int StockWarnQty:int AutoFill:int"
    ),
    "CompanyDetails": (
        f"CompanyName:string? {_numbered('Address', 'string?', 4)} Postcode:string? PrimaryEmail:string?"
        " PrimaryContact:string? Telephone:string? Mobile:string? VatRegistered:string? VatRegistrationNumber:string?"
        " PaymentTerms:int CurrencySymbol:string? CurrencyPosition:string? UsDate:string? CurrencyId:int CurrencyName:string?"
        " BusinessType1:int BusinessType2:int BusinessType3:int PaymentTermsType:string? BusinessType1Name:string?"
        " BusinessType2Name:string? BusinessType3Name:string? BusinessType:int"
    ),
}  # fmt: skip
TYPES: Final[dict[str, tuple[Field, ...]]] = {name: fields(spec) for name, spec in _SPECS.items()}


def members(name: str) -> tuple[Field, ...]:
    """The sequence of a complex type; `ArrayOfX` holds any number of X."""
    if not name.startswith("ArrayOf"):
        return TYPES[name]
    inner = name.removeprefix("ArrayOf")
    kind = ANY if inner == "AnyType" else inner
    return (Field(kind, kind, optional=True, many=True),)
