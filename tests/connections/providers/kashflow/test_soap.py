"""Our description of the interface against the vendor's own, and XML that must not be believed."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from lxml import etree

from connections import registry
from connections.contracts import ExternalAccount
from connections.errors import Failure, FailureKind
from connections.providers.kashflow import faults, soap, wsdl
from connections.providers.kashflow.client import Books
from connections.providers.kashflow.fields import Unreadable
from connections.providers.kashflow.soap_types import OPERATIONS, TYPES
from tests.contracts.kashflow_schema import need_folder

XS = "{http://www.w3.org/2001/XMLSchema}"


def _sequences(document: bytes) -> dict[str, list[tuple[str, str, str]]]:
    """(name, type, least) of every element of every type and message, by the name of what holds them."""
    root = etree.fromstring(document, etree.XMLParser(resolve_entities=False))
    found = {}
    for holder in root.iterfind(f".//{XS}schema/*"):
        elements = holder.iterfind(f".//{XS}sequence/{XS}element")
        found[str(holder.get("name"))] = [
            (str(one.get("name")), str(one.get("type") or "any").rpartition(":")[2], one.get("minOccurs") or "1")
            for one in elements
        ]
    return found


@pytest.mark.contracts
def test_what_we_say_of_the_interface_is_what_the_vendor_says() -> None:
    ours, theirs = _sequences(wsdl.describe()), _sequences((need_folder() / "KashFlow.wsdl").read_bytes())
    names = [*TYPES, *OPERATIONS, *(f"{name}Response" for name in OPERATIONS)]
    assert [(name, ours[name]) for name in names if ours[name] != theirs[name]] == []


def _answer(operation: str, inside: str) -> bytes:
    return (
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f'<soap:Body><{operation}Response xmlns="KashFlow">{inside}</{operation}Response></soap:Body></soap:Envelope>'
    ).encode()


def test_lines_are_what_they_say_they_are() -> None:
    line = '<anyType xsi:type="JournalLine"><NominalID>7</NominalID><Amount>3.5000</Amount><ProjId>0</ProjId></anyType>'
    journal = f"<DBID>1</DBID><JournalNumber>2</JournalNumber><JournalDate>2026-11-05T00:00:00</JournalDate><Lines>{line}</Lines>"
    read = soap.result("GetJournal", _answer("GetJournal", f"<GetJournalResult>{journal}</GetJournalResult><Status>OK</Status>"))
    assert read["Lines"] == [{"NominalID": 7, "Amount": Decimal("3.5000"), "Comment": None, "ProjId": 0}]
    assert read["JournalDate"] == "2026-11-05T00:00:00"


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE x [<!ENTITY a "b">]>' + _answer("GetJournals", "<Status>OK</Status>"),
        _answer("GetInvoice", "<Status>OK</Status>"),
        _answer("GetJournals", ""),
        b"<html><body>Sorry</body></html>",
        b"<soap:Envelope",
    ],
)
def test_what_is_not_the_promised_answer_is_never_read(content: bytes) -> None:
    with pytest.raises(Unreadable):
        soap.result("GetJournals", content)


@pytest.mark.parametrize(
    ("words", "writes", "kind", "code"),
    [
        ("Incorrect username or password.", True, FailureKind.NEEDS_RECONNECT, "kashflow.bad_login"),
        ("The accounting period up to 2026-11-30 is closed.", True, FailureKind.PERIOD_CLOSED, "kashflow.period_closed"),
        (
            "The date falls into a VAT return that has been filed (up to x).",
            True,
            FailureKind.PERIOD_CLOSED,
            "kashflow.vat_filed",
        ),
        ("nominal Rent is archived.", True, FailureKind.BAD_REFERENCE, "kashflow.bad_reference"),
        ("There is no invoice 7.", False, FailureKind.NOT_FOUND, "kashflow.bad_reference"),
        ("There is no customer 7.", True, FailureKind.BAD_REFERENCE, "kashflow.bad_reference"),
        ("Computer says no.", True, FailureKind.REJECTED, "connection.rejected"),
    ],
)
def test_a_no_under_http_200_is_a_failure_with_kashflows_words(words: str, writes: bool, kind: FailureKind, code: str) -> None:
    content = _answer(
        "InsertInvoice", f"<InsertInvoiceResult>0</InsertInvoiceResult><Status>NO</Status><StatusDetail>{words}</StatusDetail>"
    )
    read = faults.judge(200, {}, content, writes=writes)
    assert read is not None
    assert (read.kind, read.problem.code) == (kind, code)
    assert read.problem.remedy()
    assert words in read.problem.text()


@pytest.mark.parametrize(
    ("words", "kind", "code"),
    [
        ("The accounting period is locked.", FailureKind.PERIOD_CLOSED, "kashflow.period_closed"),
        ("The VAT period for this invoice has been locked", FailureKind.PERIOD_CLOSED, "kashflow.vat_filed"),
        ("The date is in a VAT return that is locked.", FailureKind.PERIOD_CLOSED, "kashflow.vat_filed"),
        ("Invoice is locked by a reconciliation", FailureKind.REJECTED, "connection.rejected"),
        ("The bank account is locked for editing.", FailureKind.REJECTED, "connection.rejected"),
        ("The Capital account is not active", FailureKind.REJECTED, "connection.rejected"),
        ("This nominal (Capital Items) is disabled", FailureKind.REJECTED, "connection.rejected"),
        ("The ship address is too long", FailureKind.REJECTED, "connection.rejected"),
        ("Nominal API Fees is archived.", FailureKind.BAD_REFERENCE, "kashflow.bad_reference"),
        ("User account is locked.", FailureKind.NEEDS_RECONNECT, "kashflow.locked"),
        ("Your account has been locked.", FailureKind.NEEDS_RECONNECT, "kashflow.locked"),
        ("You have been locked out.", FailureKind.NEEDS_RECONNECT, "kashflow.locked"),
        ("The SOAP API is not enabled for this account.", FailureKind.NEEDS_RECONNECT, "kashflow.soap_off"),
        ("The API is disabled.", FailureKind.NEEDS_RECONNECT, "kashflow.soap_off"),
        ("API access is disabled", FailureKind.NEEDS_RECONNECT, "kashflow.soap_off"),
        ("Access to the API from 192.0.2.1 is not allowed.", FailureKind.NEEDS_RECONNECT, "kashflow.address_barred"),
        ("Your IP address is not allowed.", FailureKind.NEEDS_RECONNECT, "kashflow.address_barred"),
    ],
)
def test_only_what_is_said_of_the_door_asks_to_connect_again(words: str, kind: FailureKind, code: str) -> None:
    read = faults.failure(words, writes=True, status=200)
    assert (read.kind, read.problem.code) == (kind, code)
    assert words in read.problem.text()


def test_rests_name_of_a_locked_user_is_enough() -> None:
    read = faults.judge(401, {}, b'{"Error": "AccountLocked", "Message": "Please try again later."}', writes=False)
    assert read is not None
    assert (read.kind, read.problem.code) == (FailureKind.NEEDS_RECONNECT, "kashflow.locked")


def test_success_and_throttle_are_left_to_others() -> None:
    assert (
        faults.judge(
            200, {}, _answer("InsertInvoice", "<InsertInvoiceResult>7</InsertInvoiceResult><Status>OK</Status>"), writes=True
        )
        is None
    )
    assert faults.judge(429, {}, b"Too many requests.", writes=True) is None
    assert faults.judge(500, {}, b"<x/>", writes=True) is None


@pytest.mark.parametrize("method", ["", "<MethodID/>", '<MethodID xsi:nil="true"/>'])
def test_a_way_of_paying_without_an_id_is_malformed(method: str) -> None:
    rows = f"<PaymentMethod>{method}<MethodName>BACS</MethodName></PaymentMethod>"
    content = _answer("GetInvPayMethods", f"<GetInvPayMethodsResult>{rows}</GetInvPayMethodsResult><Status>OK</Status>")
    with pytest.raises(Failure) as failed:
        Books(_Answering(content), ExternalAccount("severn", "Severn")).method("GetInvPayMethods")
    assert failed.value.kind is FailureKind.MALFORMED


class _Answering:
    """A door behind which one answer waits."""

    endpoints = registry.endpoints("kashflow", "twin")

    def __init__(self, content: bytes) -> None:
        self._content = content

    def call(self, *_args: Any, **_more: Any) -> Any:
        return SimpleNamespace(content=self._content, trace_id="")
