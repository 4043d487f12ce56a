"""The reader of Intuit's published types finds what is wrong, and the twin knows no property that they don't."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from werkzeug.test import Client

from sandbox.quickbooks_online.shapes import ENTITIES, ENUMS, PARTS
from tests.contracts.quickbooks_schema import Watched, schema, validate_answer, validate_notification, validate_request

pytestmark = pytest.mark.contracts

# The twin's name of a part -> the published type.
PART_TYPES = {
    "MetaData": "ModificationMetaData", "Memo": "MemoRef", "Address": "PhysicalAddress", "Phone": "TelephoneNumber",
    "WebAddress": "WebSiteAddress", "CashBack": "CashBackInfo", "Entity": "EntityTypeRef",
    "JournalLine": "JournalEntryLineDetail",
    "DepositLine": "DepositLineDetail", "TaxLine": "TaxLineDetail", "SalesItem": "SalesItemLineDetail",
    "ItemExpense": "ItemBasedExpenseLineDetail", "AccountExpense": "AccountBasedExpenseLineDetail",
    "Discount": "DiscountLineDetail",
    "DescriptionLine": "DescriptionLineDetail", "SubTotal": "SubTotalLineDetail", "ItemAdjustment": "ItemAdjustmentLineDetail",
    "AccountingPrefs": "CompanyAccountingPrefs", "ProductPrefs": "ProductAndServicesPrefs", "SalesPrefs": "SalesFormsPrefs",
    "PurchasePrefs": "VendorAndPurchasesPrefs", "TimePrefs": "TimeTrackingPrefs",
}  # fmt: skip
ENUM_TYPES = {
    "PostingType": "PostingTypeEnum", "Applicable": "TaxApplicableOnEnum", "GlobalTax": "GlobalTaxCalculationEnum",
    "EntityType": "EntityTypeEnum", "Billable": "BillableStatusEnum", "Classification": "AccountClassificationEnum",
    "ItemType": "ItemTypeEnum", "PayBy": "PaymentTypeEnum", "Print": "PrintStatusEnum", "Email": "EmailStatusEnum",
    "PoStatus": "PurchaseOrderStatusEnum", "LineType": "LineDetailTypeEnum", "AccountType": "AccountTypeEnum",
}  # fmt: skip


def _journal(**changes: Any) -> dict[str, Any]:
    def line(side: str) -> dict[str, Any]:
        detail = {"PostingType": side, "AccountRef": {"value": "1", "name": "Checking"}}
        return {"DetailType": "JournalEntryLineDetail", "Amount": Decimal("86.25"), "JournalEntryLineDetail": detail}

    return {"DocNumber": "STL-1", "TxnDate": "2026-11-05", "Line": [line("Debit"), line("Credit")], **changes}


def test_a_good_request_is_good() -> None:
    assert validate_request("JournalEntry", _journal()) == []
    assert validate_request("journalentry", {"Id": "1", "SyncToken": "0"}, operation="delete") == []
    assert (
        validate_request("batch", {"BatchItemRequest": [{"bId": "1", "operation": "create", "JournalEntry": _journal()}]}) == []
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"Colour": "red"}, "JournalEntry.Colour: unknown property of JournalEntry"),
        ({"DocNumber": "x" * 22}, "JournalEntry.DocNumber: 22 characters, 21 at most"),
        ({"PrivateNote": "x" * 4001}, "JournalEntry.PrivateNote: 4001 characters, 4000 at most"),
        ({"TxnDate": "05/11/2026"}, "JournalEntry.TxnDate: '05/11/2026' is not xs:date"),
        ({"ExchangeRate": 1.5}, "JournalEntry.ExchangeRate: 1.5 is not xs:decimal"),
        ({"ExchangeRate": "1.5"}, "JournalEntry.ExchangeRate: '1.5' is not xs:decimal"),
        ({"Adjustment": "true"}, "JournalEntry.Adjustment: 'true' is not xs:boolean"),
        ({"GlobalTaxCalculation": "Maybe"}, "JournalEntry.GlobalTaxCalculation: 'Maybe' is not one of GlobalTaxCalculationEnum"),
        ({"Line": {}}, "JournalEntry.Line: a list is expected"),
        ({"CurrencyRef": "USD"}, "JournalEntry.CurrencyRef: an object of ReferenceType is expected, not 'USD'"),
        ({"CurrencyRef": {"name": "Dollar"}}, "JournalEntry.CurrencyRef.value: missing"),
        ({"Line": []}, "JournalEntry.Line: missing"),
        ({"Id": "5"}, "JournalEntry.SyncToken: missing"),
    ],
)
def test_what_is_wrong_with_a_request(changes: dict[str, Any], said: str) -> None:
    assert said in validate_request("JournalEntry", _journal(**changes))


def test_answers_and_their_envelopes() -> None:
    time = "2026-11-20T09:15:00.000-08:00"
    entry = {**_journal(), "Id": "1", "SyncToken": "0", "domain": "QBO", "sparse": False}
    assert validate_answer("/v3/company/9130/journalentry?minorversion=75", {"JournalEntry": entry, "time": time}) == []
    assert (
        validate_answer("query", {"QueryResponse": {"JournalEntry": [entry], "startPosition": 1, "maxResults": 1}, "time": time})
        == []
    )
    assert validate_answer("journalentry", {"Deposit": entry, "time": time}) == ["journalentry: the answer doesn't hold it"]
    assert validate_answer("journalentry", {"JournalEntry": entry, "time": time, "extra": 1}) == ["extra: unknown property"]
    fault = {
        "Fault": {"Error": [{"Message": "m", "Detail": "d", "code": "6000", "element": ""}], "type": "ValidationFault"},
        "time": time,
    }
    assert validate_answer("journalentry", fault, 400) == []
    assert validate_answer("journalentry", fault, 200) == ["journalentry: a fault with status 200"]
    del fault["Fault"]["Error"][0]["code"]  # type: ignore[index]
    assert validate_answer("journalentry", fault, 400) == ["Fault.Fault.Error[0].code: missing"]
    assert validate_notification([{"specversion": "1.0"}])[0] == "[0].id: missing"


def test_a_watched_twin_collects_what_is_wrong() -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b'{"Account": {"Id": "1", "Name": "Checking", "Colour": "red"}, "time": "2026-11-20T09:15:00.000-08:00"}']

    watched = Watched(app)
    client = Client(watched)
    client.post("/quickbooks_online/v3/company/1/account?requestid=1", json={"Name": "Checking", "Size": 1})
    client.get("/quickbooks_online/app/")
    assert watched.exchanges == 1
    assert watched.problems == ["Account.Size: unknown property of Account", "Account.Colour: unknown property of Account"]


@pytest.mark.parametrize("name", sorted(ENTITIES))
def test_the_twin_knows_only_published_properties(name: str) -> None:
    _compare(ENTITIES[name], name)


@pytest.mark.parametrize("name", sorted(PARTS))
def test_the_twins_parts_are_published(name: str) -> None:
    _compare({key: kind for key, kind in PARTS[name].items() if key != "value"}, PART_TYPES.get(name, name))


def _compare(shape: dict[str, str], published: str) -> None:
    """Same names, same kinds, lists where lists are."""
    found = schema().types[published].properties
    wrong = [key for key in shape if key not in found]
    assert wrong == []
    for key, kind in shape.items():
        bare = kind.lstrip("-")
        if bare != "any":
            assert found[key].many == bare.startswith("["), key
            assert _agrees(bare.strip("[]"), found[key].type), (key, bare, found[key].type)


def _agrees(kind: str, published: str) -> bool:
    """Whether the twin's word for a property's kind means the published type."""
    plain = {
        "id": ("id", "xs:string"), "ref": ("ReferenceType",), "num": ("xs:decimal",), "bool": ("xs:boolean",),
        "date": ("xs:date",), "time": ("xs:dateTime",), "int": ("xs:int", "xs:positiveInteger", "xs:integer"),
    }  # fmt: skip
    if kind in plain:
        return published in plain[kind]
    if kind in ENUMS:
        return ENUM_TYPES[kind] == published or published == "xs:string"
    if kind in PARTS:
        return PART_TYPES.get(kind, kind) == published
    return (
        published in ("xs:string", "xs:anyURI", "id")
        or published in schema().enums
        or schema().bases.get(published) == "xs:string"
    )


@pytest.mark.parametrize("name", sorted(ENUMS))
def test_the_twins_enumerations_are_published(name: str) -> None:
    assert set(ENUMS[name]) <= set(schema().enums[ENUM_TYPES[name]])
