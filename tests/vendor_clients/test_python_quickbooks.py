"""python-quickbooks, unmodified, against the twin over a socket: authorise, refresh, list, create, batch, query, changes."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import requests
from intuitlib.client import AuthClient
from quickbooks import QuickBooks
from quickbooks.batch import batch_create, batch_delete
from quickbooks.cdc import change_data_capture
from quickbooks.exceptions import AuthorizationException, ObjectNotFoundException, QuickbooksException, ValidationException
from quickbooks.objects import (
    Account,
    CompanyInfo,
    Customer,
    Deposit,
    DepositLine,
    DepositLineDetail,
    Invoice,
    Item,
    JournalEntry,
    JournalEntryLine,
    JournalEntryLineDetail,
    Payment,
    PaymentLine,
    Preferences,
    Ref,
    SalesItemLine,
    SalesItemLineDetail,
    TaxCode,
    Vendor,
)

from sandbox.app import App, create_app
from sandbox.quickbooks_online.oauth import CLIENT_ID, CLIENT_SECRET
from sandbox.quickbooks_online.seed import US
from sandbox.server import Server
from tests.contracts.quickbooks_schema import Watched, folder

CALLBACK = "http://localhost:8000/connections/quickbooks_online/callback/"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[App, str]]:
    """The twin and its address; where the published types are at hand, every answer is held against them."""
    app = create_app(tmp_path)
    watched = Watched(app, requests=False)
    server = Server(watched if folder() else app).start()
    yield app, server.url
    server.stop()
    app.close()
    assert watched.problems == []


@pytest.fixture
def client(served: tuple[App, str], monkeypatch: pytest.MonkeyPatch) -> QuickBooks:
    """Signed in for the American company; class attributes, arguments and the environment point it at the twin."""
    _, url = served
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # the library beneath insists on TLS, even on loopback
    monkeypatch.setattr(QuickBooks, "sandbox_api_url_v3", f"{url}/quickbooks_online/v3")
    monkeypatch.setattr(QuickBooks, "api_url_v3", f"{url}/quickbooks_online/v3")
    pair = requests.post(f"{url}/world/quickbooks_online/authorise", json={"realm": US}, timeout=10).json()
    auth = AuthClient(
        CLIENT_ID, CLIENT_SECRET, CALLBACK, environment=f"{url}/quickbooks_online/.well-known/openid_sandbox_configuration/"
    )
    return QuickBooks(auth_client=auth, refresh_token=pair["refresh_token"], company_id=US, minorversion=75)


def _ref(value: str) -> Ref:
    ref = Ref()
    ref.value = value
    return ref


def _account(client: QuickBooks, name: str) -> Ref:
    return _ref(Account.filter(Name=name, qb=client)[0].Id)


def _line(side: str, account: Ref, amount: str) -> JournalEntryLine:
    line = JournalEntryLine()
    line.Amount = Decimal(amount)
    line.JournalEntryLineDetail = JournalEntryLineDetail()
    line.JournalEntryLineDetail.PostingType = side
    line.JournalEntryLineDetail.AccountRef = account
    return line


def _journal(client: QuickBooks, number: str, amount: str = "86.25") -> JournalEntry:
    entry = JournalEntry()
    entry.DocNumber = number
    entry.TxnDate = "2026-11-05"
    entry.Line = [
        _line("Debit", _account(client, "Checking"), amount),
        _line("Credit", _account(client, "Sales of Product Income"), amount),
    ]
    return entry


def test_the_constructor_refreshes_and_lists(client: QuickBooks) -> None:
    assert client.auth_client.access_token
    assert len(Account.all(qb=client)) == 27
    assert [item.Name for item in Item.all(qb=client)] == ["Services", "Goods", "Shipping"]
    assert CompanyInfo.get(US, qb=client).CompanyName == "Harbor Lane Goods"
    assert Preferences.get(qb=client).SalesFormsPrefs.CustomTxnNumbers is True
    assert [code.Name for code in TaxCode.all(qb=client)] == ["TAX", "NON"]
    assert Vendor.count(qb=client) == 2


def test_create_read_change_and_delete_a_journal(client: QuickBooks) -> None:
    made = _journal(client, "STL-1").save(qb=client, request_id="req-1")
    assert made.TotalAmt == 86.25
    again = _journal(client, "STL-1").save(qb=client, request_id="req-1")
    assert again.Id == made.Id
    found = JournalEntry.filter(DocNumber="STL-1", qb=client)
    assert [entry.Id for entry in found] == [made.Id]
    found[0].PrivateNote = "changed"
    assert found[0].save(qb=client).SyncToken == "1"
    JournalEntry.get(made.Id, qb=client).delete(qb=client)
    with pytest.raises(ObjectNotFoundException):
        JournalEntry.get(made.Id, qb=client)


def test_decimals_arrive_exactly(client: QuickBooks) -> None:
    client.use_decimal = True
    made = _journal(client, "STL-2", "0.1").save(qb=client)
    assert made.Line[0].Amount == Decimal("0.10")


def test_a_deposit_with_fees(client: QuickBooks) -> None:
    deposit = Deposit()
    deposit.TxnDate = "2026-11-05"
    deposit.DepositToAccountRef = _account(client, "Checking")
    for name, amount in (("Sales of Product Income", "100.00"), ("Bank Charges", "-13.75")):
        line = DepositLine()
        line.Amount = Decimal(amount)
        line.DepositLineDetail = DepositLineDetail()
        line.DepositLineDetail.AccountRef = _account(client, name)
        deposit.Line.append(line)
    assert deposit.save(qb=client).TotalAmt == 86.25
    assert Account.filter(Name="Checking", qb=client)[0].CurrentBalance == 86.25


def test_a_batch(client: QuickBooks) -> None:
    good = [_journal(client, f"B-{number}") for number in range(3)]
    bad = _journal(client, "B-0")
    answer = batch_create([*good, bad], qb=client)
    assert [entry.DocNumber for entry in answer.successes] == ["B-0", "B-1", "B-2"]
    assert [fault.Error[0].code for fault in answer.faults] == ["6140"]
    assert len(batch_delete(answer.successes, qb=client).successes) == 3
    assert JournalEntry.count(qb=client) == 0


def test_queries_and_pages(client: QuickBooks) -> None:
    for name in ("Ada's Mugs", "Bea", "Cyd"):
        customer = Customer()
        customer.DisplayName = name
        customer.save(qb=client)
    assert [c.DisplayName for c in Customer.filter(DisplayName="Ada's Mugs", qb=client)] == ["Ada's Mugs"]
    page = Customer.all(order_by="DisplayName", start_position=2, max_results=2, qb=client)
    assert [customer.DisplayName for customer in page] == ["Bea", "Coastline Cafe"]
    chosen = Customer.choose(["Bea", "Cyd"], field="DisplayName", qb=client)
    assert [customer.DisplayName for customer in chosen] == ["Bea", "Cyd"]
    with pytest.raises(ValidationException, match="Error parsing query"):
        Customer.query("select nonsense", qb=client)


def test_invoice_payment_and_void(client: QuickBooks) -> None:
    customer = Customer.filter(DisplayName="Coastline Cafe", qb=client)[0]
    line = SalesItemLine()
    line.Amount = 25
    line.SalesItemLineDetail = SalesItemLineDetail()
    line.SalesItemLineDetail.ItemRef = Item.filter(Name="Goods", qb=client)[0].to_ref()
    invoice = Invoice()
    invoice.CustomerRef = customer.to_ref()
    invoice.Line = [line]
    invoice = invoice.save(qb=client)
    paid = PaymentLine()
    paid.Amount = 25
    paid.LinkedTxn = [invoice.to_linked_txn()]
    payment = Payment()
    payment.CustomerRef = customer.to_ref()
    payment.TotalAmt = 25
    payment.Line = [paid]
    payment = payment.save(qb=client)
    assert Invoice.get(invoice.Id, qb=client).Balance == 0
    payment.void(qb=client)
    assert Invoice.get(invoice.Id, qb=client).Balance == 25


def test_changes_since(client: QuickBooks) -> None:
    made = _journal(client, "C-1").save(qb=client)
    since = (datetime.now(UTC) - timedelta(minutes=5)).isoformat(timespec="seconds")
    found = change_data_capture([JournalEntry, Customer], since, qb=client)
    assert [entry.Id for entry in found.JournalEntry] == [made.Id]


def test_faults_become_the_clients_exceptions(client: QuickBooks, served: tuple[App, str]) -> None:
    unbalanced = _journal(client, "U-1")
    unbalanced.Line[0].Amount = 1
    with pytest.raises(QuickbooksException) as refused:
        unbalanced.save(qb=client)
    assert refused.value.error_code == 6000
    served[0].world.faults.add("quickbooks_online", "query", "expire")
    with pytest.raises(AuthorizationException):
        Account.all(qb=client)
    client.auth_client.refresh()
    client.session.token = {"access_token": client.auth_client.access_token}
    assert len(Account.all(qb=client)) == 27


def test_a_webhooks_signature(client: QuickBooks) -> None:
    body = '[{"id":"1"}]'
    signed = b64encode(hmac.new(b"verifier", body.encode(), hashlib.sha256).digest()).decode()
    assert client.validate_webhook_signature(body, signed, "verifier")
