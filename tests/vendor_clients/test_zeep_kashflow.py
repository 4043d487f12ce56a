"""zeep, unmodified, against the twin over a socket: from the vendor's own WSDL, and from the one the twin answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import zeep
from requests import Session

from sandbox.app import App, create_app
from sandbox.kashflow.seed import VAT
from sandbox.server import Server
from tests.contracts.kashflow_schema import Watched, folder

BINDING = "{KashFlow}KashFlowAPISoap"
DAY = datetime(2026, 11, 18)
LOGIN = {"UserName": "severn", "Password": "api-severn-1"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    made = create_app(tmp_path_factory.mktemp("zeep"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def served(app: App) -> Iterator[tuple[str, Watched]]:
    watched = Watched(app)
    server = Server(watched if folder() else app).start()
    yield f"{server.url}/kashflow/service.asmx", watched
    server.stop()


@pytest.fixture(scope="module", params=[pytest.param("vendor", marks=pytest.mark.contracts), "twin"])
def kashflow(request: pytest.FixtureRequest, served: tuple[str, Watched]) -> Iterator[tuple[Any, Any]]:
    """(service, type factory) of a client that loaded the vendor's WSDL, or the twin's."""
    address, watched = served
    where: str | Path = f"{address}?wsdl"
    if request.param == "vendor":
        found = folder()
        if found is None:
            pytest.skip("no shared folder beside the project (set TIEOUT_SHARED): the vendor's WSDL isn't here")
        where = found / "KashFlow.wsdl"
    session = Session()
    session.trust_env = False
    client = zeep.Client(str(where), transport=zeep.Transport(session=session))
    yield client.create_service(BINDING, address), client.type_factory("ns0")
    assert watched.problems == []


@pytest.fixture(autouse=True)
def fresh(app: App) -> None:
    app.reset("kashflow")


def _empty(kind: str, factory: Any, **values: Any) -> Any:
    """An object with every required element at its empty value, as a .NET client would send it."""
    made = getattr(factory, kind)()
    for name, element in type(made)._xsd_type.elements:
        text = str(element.type)
        if element.is_optional:
            continue
        made[name] = DAY if "DateTime" in text else False if "Boolean" in text else Decimal(0) if "Decimal" in text else 0
    for name, value in values.items():
        made[name] = value
    return made


def _invoice(factory: Any, party: int, nominal: int, **more: Any) -> Any:
    goods = _empty(
        "InvoiceLine", factory, Quantity=Decimal(2), Description="Mug", Rate=Decimal("12.50"), ChargeType=nominal,
        VatRate=Decimal(20), VatAmount=Decimal("5.00"),
    )  # fmt: skip
    values = {"CustomerID": party, "CustomerReference": "AMZ-1", "Lines": {"anyType": [goods]}, **more}
    return _empty("Invoice", factory, InvoiceDate=DAY, DueDate=DAY, **values)


def test_a_sale_from_customer_to_payment(kashflow: tuple[Any, Any]) -> None:
    service, factory = kashflow
    assert service.GetCompanyDetails(**LOGIN).GetCompanyDetailsResult.CompanyName == "Severn Trading Ltd"
    customer = service.InsertCustomer(**LOGIN, custr=_empty("Customer", factory, Code="AMZ", Name="Amazon UK"))
    assert customer.Status == "OK"
    sales = next(one for one in service.GetNominalCodes(**LOGIN).GetNominalCodesResult.NominalCode if one.Code == 4000)
    made = service.InsertInvoice(**LOGIN, Inv=_invoice(factory, customer.InsertCustomerResult, sales.id))
    assert (made.Status, made.StatusDetail, made.InsertInvoiceResult) == ("OK", None, 1)
    account = service.GetBankAccounts(**LOGIN).GetBankAccountsResult.BankAccount[0]
    method = service.GetInvPayMethods(**LOGIN).GetInvPayMethodsResult.PaymentMethod[0]
    paid = _empty(
        "Payment", factory, PayInvoice=1, PayDate=DAY, PayMethod=method.MethodID, PayAccount=account.AccountID,
        PayAmount=Decimal("30.00"),
    )  # fmt: skip
    assert service.InsertInvoicePayment(**LOGIN, InvoicePayment=paid).InsertInvoicePaymentResult > 0
    shown = service.GetInvoice(**LOGIN, InvoiceNumber=1).GetInvoiceResult
    assert (shown.NetAmount, shown.VATAmount, shown.AmountPaid, shown.Paid) == (Decimal(25), Decimal(5), Decimal(30), 1)
    assert shown.Lines.anyType[0].Rate == Decimal("12.50")
    found = service.GetInvoicesByDateRange(**LOGIN, StartDate=DAY, EndDate=DAY).GetInvoicesByDateRangeResult.Invoice
    assert [one.CustomerReference for one in found] == ["AMZ-1"]
    assert service.GetInvoicePayment(**LOGIN, InvoiceNumber=1).GetInvoicePaymentResult.Payment[0].PayAmount == Decimal(30)


def test_a_purchase_a_bank_transaction_and_a_journal(kashflow: tuple[Any, Any], app: App) -> None:
    service, factory = kashflow
    codes = {one.Code: one.id for one in service.GetNominalCodes(**LOGIN).GetNominalCodesResult.NominalCode}
    supplier = service.InsertSupplier(**LOGIN, supl=_empty("Supplier", factory, Code="AMZ", Name="Amazon")).InsertSupplierResult
    bill = service.InsertReceipt(**LOGIN, Inv=_invoice(factory, supplier, codes[6201]))
    assert (bill.Status, bill.InsertReceiptResult) == ("OK", 1)
    clearing = service.CreateBankAccount(**LOGIN, AccountName="Amazon Clearing", NominalCode=1250).CreateBankAccountResult
    moved = _empty(
        "BankTransaction", factory, accid=clearing, TransactionDate=DAY, moneyin=Decimal("7.25"), TransactionType=codes[4902],
        Comment="reserve",
    )  # fmt: skip
    assert service.InsertBankTransaction(**LOGIN, bp=moved).Status == "OK"
    listed = service.GetBankTransactions(**LOGIN, AccountID=clearing).GetBankTransactionsResult.BankTransaction
    assert [(one.accid, one.TransactionType, one.moneyin) for one in listed] == [(clearing, codes[4902], Decimal("7.25"))]
    lines = [
        _empty("JournalLine", factory, NominalID=codes[7100], Amount=Decimal("3.00"), Comment="rent"),
        _empty("JournalLine", factory, NominalID=codes[9998], Amount=Decimal("-3.00")),
    ]
    entry = _empty("JournalEntry", factory, JournalDate=DAY, Comment="AMZ-2", Lines={"anyType": lines})
    assert service.InsertJournal(**LOGIN, Jnl=entry).InsertJournalResult == 1
    kept = service.GetJournals(**LOGIN).GetJournalsResult.JournalEntry[0]
    assert [line.Amount for line in kept.Lines.anyType] == [Decimal(3), Decimal(-3)]
    books = app.twins["kashflow"].command("trial", {"company": VAT})["accounts"]
    assert (books["Rent"], books["Suspense"], books["Amazon Clearing"]) == ("3.00", "-3.00", "7.25")
    assert (books["Advertising"], books["VAT on Purchases"], books["Creditors Control Account"]) == ("25.00", "5.00", "-30.00")
    product = _empty("SubProduct", factory, ParentID=codes[4000], Name="Cup", Code="CUP", Managed=1, QtyInStock=5)
    assert service.AddOrUpdateSubProduct(**LOGIN, sp=product).AddOrUpdateSubProductResult > 0
    sold = service.GetSubProducts(**LOGIN, NominalID=codes[4000]).GetSubProductsResult.SubProduct
    assert [(one.Code, one.QtyInStock) for one in sold] == [("MUG", 100), ("CUP", 5)]


def test_a_refusal_is_an_answer(kashflow: tuple[Any, Any]) -> None:
    service, factory = kashflow
    answer = service.InsertInvoice(**LOGIN, Inv=_invoice(factory, 0, 0))
    assert (answer.Status, answer.InsertInvoiceResult) == ("NO", 0)
    assert answer.StatusDetail == "There is no customer 0."
    refused = service.GetCustomers(UserName="severn", Password="login-severn-1")
    assert (refused.Status, refused.GetCustomersResult) == ("NO", None)
