"""pyxero, unmodified, against the twin over a socket: it writes XML and reads JSON."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import xero.auth
from xero import Xero
from xero.auth import OAuth2Credentials
from xero.exceptions import XeroBadRequest, XeroForbidden, XeroNotFound, XeroUnauthorized

from sandbox.xero.seed import UK
from sandbox.xero.sign_in import CLIENT_ID, CLIENT_SECRET
from tests.vendor_clients.xero_served import Served, _twin, served

__all__ = ["_twin", "served"]
Connect = Callable[[], tuple[Any, OAuth2Credentials]]


@pytest.fixture
def connect(served: Served, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """The client and its credentials; a module constant and an attribute point them at the twin."""
    monkeypatch.setattr(xero.auth, "XERO_OAUTH2_TOKEN_URL", f"{served.base}/connect/token")
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # the library beneath insists on TLS, even on loopback

    def make() -> tuple[Any, OAuth2Credentials]:
        token = served.tokens()
        scope = token["scope"] = token["scope"].split()
        credentials = OAuth2Credentials(CLIENT_ID, CLIENT_SECRET, token=token, scope=scope)
        credentials.base_url = served.base
        credentials.tenant_id = credentials.get_tenants()[0]["tenantId"]
        return Xero(credentials), credentials

    return make


def _invoice(**more: Any) -> dict[str, Any]:
    line = {
        "Description": "Mug £",
        "Quantity": 2,
        "UnitAmount": "15.00",
        "AccountCode": "200",
        "Tracking": [{"Name": "Channel", "Option": "Web"}],
    }
    return {
        "Type": "ACCREC", "Status": "AUTHORISED", "Contact": {"Name": "Zoë & Sons"}, "Date": date(2026, 11, 18),
        "DueDate": date(2026, 11, 18), "LineAmountTypes": "Inclusive", "LineItems": [line], **more,
    }  # fmt: skip


def test_refresh_and_organisation(connect: Connect) -> None:
    books, credentials = connect()
    before = credentials.token["refresh_token"]
    credentials.refresh()
    assert credentials.token["refresh_token"] != before
    assert credentials.tenant_id == UK
    assert Xero(credentials).organisations.all()[0]["Name"] == "Fenwick Trading Ltd"
    assert books.accounts.filter(Code="090")[0]["Type"] == "BANK"


def test_an_invoice_in_xml_paid_and_deleted(connect: Connect) -> None:
    books, _ = connect()
    made = books.invoices.put(_invoice())[0]
    assert (made["Contact"]["Name"], made["Total"], made["TotalTax"]) == ("Zoë & Sons", 30.0, 5.0)
    assert made["LineItems"][0]["Tracking"][0]["Option"] == "Web"
    sent = {
        "Invoice": {"InvoiceID": made["InvoiceID"]},
        "Account": {"Code": "090"},
        "Date": date(2026, 11, 20),
        "Amount": "30.00",
    }
    paid = books.payments.put(sent)[0]
    assert books.invoices.get(made["InvoiceID"])[0]["Status"] == "PAID"
    books.payments.save({"PaymentID": paid["PaymentID"], "Status": "DELETED"})
    assert books.invoices.get(made["InvoiceID"])[0]["AmountDue"] == 30.0


def test_filters(connect: Connect) -> None:
    books, _ = connect()
    books.invoices.put([_invoice(InvoiceNumber=f"AMZ-{number}") for number in range(3)])
    assert [one["InvoiceNumber"] for one in books.invoices.filter(InvoiceNumbers=["AMZ-2"])] == ["AMZ-2"]
    assert len(books.invoices.filter(Contact_Name="Zoë & Sons", page=1, pageSize=2)) == 2
    assert len(books.invoices.filter(InvoiceNumber__startswith="amz-")) == 3
    assert books.invoices.filter(Date__lt=date(2026, 11, 18)) == []
    assert books.invoices.filter(since=datetime.now() + timedelta(days=1)) == []
    assert [one["Name"] for one in books.contacts.filter(raw='Name.Contains("sons") AND ContactStatus=="ACTIVE"')] == [
        "Zoë & Sons"
    ]


def test_contacts_are_saved_by_name(connect: Connect) -> None:
    books, _ = connect()
    made = books.contacts.save({"Name": "Ada", "EmailAddress": "ada@example.test"})[0]
    again = books.contacts.save({"Name": "ADA", "Phones": [{"PhoneType": "MOBILE", "PhoneNumber": "555"}]})[0]
    assert again["ContactID"] == made["ContactID"]
    assert [phone["PhoneNumber"] for phone in again["Phones"] if phone["PhoneType"] == "MOBILE"] == ["555"]


def test_a_journal_and_a_refusal(connect: Connect) -> None:
    books, _ = connect()
    lines = [{"LineAmount": Decimal("10.50"), "AccountCode": "404"}, {"LineAmount": Decimal("-10.50"), "AccountCode": "850"}]
    made = books.manualjournals.put(
        {"Narration": "Settlement", "Status": "POSTED", "Date": date(2026, 11, 18), "JournalLines": lines}
    )
    assert made[0]["Status"] == "POSTED"
    lines[0]["LineAmount"] = Decimal("10.51")
    with pytest.raises(XeroBadRequest) as refused:
        books.manualjournals.put({"Narration": "Settlement", "JournalLines": lines})
    assert refused.value.problem == "The total debits (10.51) must equal total credits (-10.50)"


def test_credit_notes_items_and_transfers(connect: Connect) -> None:
    books, _ = connect()
    made = books.invoices.put(_invoice())[0]
    note = books.creditnotes.put(_invoice(Type="ACCRECCREDIT"))[0]
    books.creditnotes.put_allocation(note["CreditNoteID"], {"Amount": "30.00", "Invoice": {"InvoiceID": made["InvoiceID"]}})
    assert books.invoices.get(made["InvoiceID"])[0]["Status"] == "PAID"
    assert (
        books.items.put({"Code": "CUP", "Name": "Cup", "SalesDetails": {"UnitPrice": "4.50", "AccountCode": "200"}})[0]["Code"]
        == "CUP"
    )
    moved = books.banktransfers.put({"FromBankAccount": {"Code": "090"}, "ToBankAccount": {"Code": "091"}, "Amount": "5.00"})[0]
    assert moved["Amount"] == 5.0


def test_attachments_and_history(connect: Connect) -> None:
    books, _ = connect()
    made = books.invoices.put(_invoice())[0]["InvoiceID"]
    books.invoices.put_attachment(made, "proof.csv", io.BytesIO(b"a,b\n1,2\n"), "text/csv")
    assert books.invoices.get_attachments(made)["Attachments"][0]["FileName"] == "proof.csv"
    assert books.invoices.get_attachment_data(made, "proof.csv") == b"a,b\n1,2\n"
    books.invoices.put_history(made, "Posted by Tieout")
    assert books.invoices.get_history(made)["HistoryRecords"][0]["Details"] == "Posted by Tieout"


def test_the_doors_refusals(connect: Connect, served: Served) -> None:
    books, _ = connect()
    with pytest.raises(XeroNotFound):
        books.invoices.get("00000000-0000-4000-8000-000000000000")
    served.app.twins["xero"].command("expire", {"tenant": UK})
    with pytest.raises(XeroUnauthorized):
        books.contacts.all()
    books, _ = connect()
    served.app.twins["xero"].command("disconnect", {"tenant": UK})
    with pytest.raises(XeroForbidden):
        books.contacts.all()
