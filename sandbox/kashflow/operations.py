"""The operations of the SOAP interface as data: parameters in their order, and the type of the result ("": none).

`UserName` and `Password` come first in every request, `Status` and `StatusDetail` last in every answer. A handler takes the
company and the parameters by name; what it returns is the result. The handlers are in the `soap_*` modules.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sandbox.kashflow.shapes import PRIMITIVES, Field, fields

_RANGE: Final = "StartDate:dateTime EndDate:dateTime"
_SPECS: Final[dict[str, tuple[str, str]]] = {
    "GetCompanyDetails": ("", "CompanyDetails"),
    "isUserVATRegistered": ("", "boolean"),
    "GetCustomers": ("", "ArrayOfCustomer"),
    "GetCustomer": ("CustomerCode:string?", "Customer"),
    "GetCustomerByID": ("CustomerID:int", "Customer"),
    "GetCustomerByEmail": ("CustomerEmail:string?", "Customer"),
    "GetCustomersModifiedSince": ("ModifiedSince:dateTime", "ArrayOfCustomer"),
    "InsertCustomer": ("custr:Customer?", "int"),
    "UpdateCustomer": ("custr:Customer?", "string"),
    "DeleteCustomer": ("CustomerID:int", "int"),
    "GetSuppliers": ("", "ArrayOfSupplier"),
    "GetSupplier": ("SupplierCode:string?", "Supplier"),
    "GetSupplierByID": ("SupplierID:int", "Supplier"),
    "InsertSupplier": ("supl:Supplier?", "int"),
    "UpdateSupplier": ("sup:Supplier?", ""),
    "DeleteSupplier": ("SupplierID:int", "int"),
    "InsertInvoice": ("Inv:Invoice?", "int"),
    "InsertInvoice_TypeDefined": ("Inv_TD:Invoice_TypeDefined?", "int"),
    "UpdateInvoice": ("Inv:Invoice?", ""),
    "UpdateInvoiceHeader": ("Inv:Invoice?", ""),
    "InsertInvoiceLine": ("InvoiceID:int InvLine:InvoiceLine?", "int"),
    "InsertInvoiceLineWithInvoiceNumber": ("InvoiceNumber:int InvLine:InvoiceLine?", "int"),
    "DeleteInvoiceLine": ("LineID:int InvoiceNumber:int", "int"),
    "GetInvoice": ("InvoiceNumber:int", "Invoice"),
    "GetInvoice_TypeDefined": ("InvoiceNumber:int", "Invoice_TypeDefined"),
    "GetInvoiceByID": ("InvoiceID:int", "Invoice"),
    "GetInvoicesByDateRange": (_RANGE, "ArrayOfInvoice"),
    "GetInvoicesForCustomer": ("CustID:int", "ArrayOfInvoice"),
    "GetInvoices_Recent": ("NumberOfInvoices:int", "ArrayOfInvoice"),
    "GetInvoices_Unpaid": ("", "ArrayOfInvoice"),
    "DeleteInvoice": ("InvoiceNumber:int", "int"),
    "DeleteInvoiceByID": ("InvoiceID:int", "int"),
    "InsertInvoicePayment": ("InvoicePayment:Payment?", "int"),
    "GetInvoicePayment": ("InvoiceNumber:int", "ArrayOfPayment"),
    "GetInvoicePaymentsByDateRange": (f"{_RANGE} PageNumber:int", "ArrayOfPayment"),
    "DeleteInvoicePayment": ("InvoicePaymentNumber:int", ""),
    "applyCreditNoteToInvoice": ("InvoiceID:int CreditNoteID:int", "boolean"),
    "InsertInvoiceNote": ("InvoiceId:int NoteDate:dateTime Notes:string?", "boolean"),
    "GetInvoiceNotes": ("InvoiceId:int", "ArrayOfInvoiceNotes"),
    "GetInvPayMethods": ("", "ArrayOfPaymentMethod"),
    "InsertReceipt": ("Inv:Invoice?", "int"),
    "InsertReceipt_TypeDefined": ("Inv_TD:Invoice_TypeDefined?", "int"),
    "UpdateReceipt": ("Receipt:Invoice?", "int"),
    "UpdateReceiptHeader": ("Receipt:Invoice?", "int"),
    "InsertReceiptLine": ("ReceiptID:int InvLine:InvoiceLine?", "int"),
    "InsertReceiptLineFromNumber": ("ReceiptNumber:int InvLine:InvoiceLine?", "int"),
    "DeleteReceiptLine": ("LineID:int ReceiptNumber:int", "int"),
    "GetReceipt": ("ReceiptNumber:int", "Invoice"),
    "GetReceipt_TypeDefined": ("ReceiptNumber:int", "Invoice_TypeDefined"),
    "GetReceipts": ("", "ArrayOfInvoice"),
    "GetReceipts_Recent": ("NumberOfReceipts:int", "ArrayOfInvoice"),
    "GetReceiptsForSupplier": ("SupplierID:int", "ArrayOfInvoice"),
    "GetReceiptsWithPaging": ("Page:int PerPage:int FilterBy:string?", "ArrayOfInvoice"),
    "DeleteReceipt": ("ReceiptNumber:int", "int"),
    "DeleteReceiptByID": ("ReceiptID:int", "int"),
    "InsertReceiptPayment": ("ReceiptPayment:Payment?", "int"),
    "GetReceiptPayment": ("ReceiptNumber:int", "ArrayOfPayment"),
    "DeleteReceiptPayment": ("ReceiptPaymentNumber:int", "int"),
    "InsertReceiptNote": ("ReceiptId:int NoteDate:dateTime Notes:string?", "boolean"),
    "GetReceiptNotes": ("ReceiptId:int", "ArrayOfReceiptNotes"),
    "GetRecPayMethods": ("", "ArrayOfPaymentMethod"),
    "GetNominalCodes": ("", "ArrayOfNominalCode"),
    "GetNominalCodesExtended": ("", "ArrayOfNominalCodeExtended"),
    "InsertNominalCode": ("name:string? code:int classification:int nomtype:int", "int"),
    "GetNominalLedger": (f"{_RANGE} NominalID:int", "ArrayOfTransactionInformation"),
    "GetProducts": ("", "ArrayOfProduct"),
    "GetSubProducts": ("NominalID:int", "ArrayOfSubProduct"),
    "GetSubProductByID": ("ProductID:int", "SubProduct"),
    "GetSubProductByCode": ("ProductCode:string?", "SubProduct"),
    "AddOrUpdateSubProduct": ("sp:SubProduct?", "int"),
    "GetVATRates": ("", "ArrayOfBasicDataset"),
    "GetCurrencies": ("", "ArrayOfCurrencies"),
    "CreateBankAccount": ("AccountName:string? NominalCode:int", "int"),
    "GetBankAccounts": ("", "ArrayOfBankAccount"),
    "GetBankBalance": ("AccountID:int BalanceDate:dateTime", "decimal"),
    "GetBankOverview": ("", "ArrayOfBankOverview"),
    "GetBankTxTypes": ("", "ArrayOfBankTXType"),
    "GetBankTransactions": ("AccountID:int", "ArrayOfBankTransaction"),
    "InsertBankTransaction": ("bp:BankTransaction?", "int"),
    "UpdateBankTransaction": ("bp:BankTransaction? TransactionID:int", "int"),
    "DeleteBankTransaction": ("TransactionID:int", "int"),
    "InsertJournal": ("Jnl:JournalEntry?", "int"),
    "UpdateJournal": ("Jnl:JournalEntry?", "int"),
    "GetJournals": ("", "ArrayOfJournalEntry"),
    "GetJournal": ("JournalNumber:int", "JournalEntry"),
    "DeleteJournal": ("JournalNumber:int", "int"),
    "DeleteJournalByID": ("JournalID:int", "int"),
    "GetTrialBalance": (_RANGE, "ArrayOfNominalCode"),
    "GetVATReport": (_RANGE, "VATReport"),
}
# What an answer carries besides result and status.
_MORE: Final = {"GetReceiptsWithPaging": "PageNumber:int TotalPages:int TotalRecords:int"}


@dataclass(frozen=True, slots=True)
class Operation:
    """`request` and `answer` are whole sequences, credentials and status included."""

    name: str
    request: tuple[Field, ...]
    answer: tuple[Field, ...]

    @property
    def result(self) -> str:
        return f"{self.name}Result"


def _operation(name: str, parameters: str, result: str) -> Operation:
    request = fields(f"UserName:string? Password:string? {parameters}")
    optional = result == "string" or result not in PRIMITIVES
    first = (Field(f"{name}Result", result, optional),) if result else ()
    return Operation(name, request, (*first, *fields(f"Status:string? StatusDetail:string? {_MORE.get(name, '')}")))


OPERATIONS: Final = {name: _operation(name, *spec) for name, spec in _SPECS.items()}
