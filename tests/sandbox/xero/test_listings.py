"""Listings, pages and filters; lists of many elements; settings, tracking, attachments; both languages of the wire."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from decimal import Decimal
from urllib.parse import quote

import pytest

from tests.sandbox.xero.conftest import Body, Organisation, invoice, journal, line, payment


def _found(org: Organisation, query: str, **headers: str) -> list[str]:
    return [one["InvoiceNumber"] for one in org.get(f"Invoices?{query}", **headers)["Invoices"]]


@pytest.fixture
def three(uk: Organisation) -> Organisation:
    """AMZ-1 of 10.00 (paid), AMZ-2 of 20.00 to Zoë, AMZ-3 of 30.00 as a draft; a minute between them."""
    uk.app.world.clock.freeze()
    for number, more in ((1, {}), (2, {"Contact": {"Name": "Zoë"}, "Reference": "the 2nd"}), (3, {"Status": "DRAFT"})):
        sent = invoice(line(f"{number}0.00"), InvoiceNumber=f"AMZ-{number}", Date=f"2026-11-1{number}", **more)
        made = uk.put("Invoices", sent)
        uk.app.world.clock.shift(60)
        if number == 1:
            uk.put("Payments", payment(made, "10.00"))
    return uk


@pytest.mark.parametrize(
    ("where", "numbers"),
    [
        ('Status=="PAID"', ["AMZ-1"]),
        ('Status=="AUTHORISED" OR Status=="DRAFT"', ["AMZ-2", "AMZ-3"]),
        ("Date>=DateTime(2026,11,12) AND Date<DateTime(2026, 11, 13)", ["AMZ-2"]),
        ('Contact.Name=="zoë"', ["AMZ-2"]),
        ('InvoiceNumber.StartsWith("AMZ") && AmountDue==0', ["AMZ-1"]),
        ('Reference!=null AND Reference.Contains("2nd")', ["AMZ-2"]),
        ('(Total>10.00 AND Total<=20.00) || InvoiceNumber="AMZ-3"', ["AMZ-2", "AMZ-3"]),
        ('NOT (Status=="DRAFT")', ["AMZ-1", "AMZ-2"]),
        ('Contact.ContactID==Guid("00000000-0000-0000-0000-000000000000")', []),
    ],
)
def test_where(three: Organisation, where: str, numbers: list[str]) -> None:
    assert sorted(_found(three, f"where={quote(where)}")) == numbers


@pytest.mark.parametrize(
    "query",
    ["where=Status==", "where=Status.Sing()", "where=Total>%22x%22", "order=Total%20UP", "page=0", "page=1&pageSize=1001"],
)
def test_a_query_that_makes_no_sense(three: Organisation, query: str) -> None:
    answer = three.ask("GET", f"Invoices?{query}")
    assert (answer.status_code, answer.json["Type"]) == (400, "QueryParseException")


def test_pages_hold_lines_and_lists_do_not(three: Organisation) -> None:
    page = three.get("Invoices?page=2&pageSize=2&order=InvoiceNumber%20DESC")
    assert page["pagination"] == {"page": 2, "pageSize": 2, "pageCount": 2, "itemCount": 3}
    assert [(one["InvoiceNumber"], len(one["LineItems"])) for one in page["Invoices"]] == [("AMZ-1", 1)]
    whole = three.get("Invoices")
    assert "pagination" not in whole
    assert {len(one["LineItems"]) for one in whole["Invoices"]} == {0}
    summary = three.get("Invoices?summaryOnly=true&page=1")["Invoices"]
    assert all("Payments" not in one and one["LineItems"] == [] for one in summary)


def test_lists_of_ids_numbers_and_states_and_search(three: Organisation) -> None:
    ids = {one["InvoiceNumber"]: one["InvoiceID"] for one in three.get("Invoices")["Invoices"]}
    assert _found(three, f"IDs={ids['AMZ-3'].replace('-', '')},{ids['AMZ-2']}") == ["AMZ-2", "AMZ-3"]
    assert _found(three, "InvoiceNumbers=AMZ-1,amz-9") == ["AMZ-1"]
    assert _found(three, "Statuses=DRAFT,PAID&order=InvoiceNumber") == ["AMZ-1", "AMZ-3"]
    assert _found(three, "searchTerm=2nd") == ["AMZ-2"]
    assert _found(three, "createdByMyApp=true&order=Total%20DESC") == ["AMZ-3", "AMZ-2", "AMZ-1"]
    assert three.get("Invoices/AMZ-2")["Invoices"][0]["InvoiceID"] == ids["AMZ-2"]


def test_if_modified_since(three: Organisation) -> None:
    moment = three.app.world.now()
    assert _found(three, "", If_Modified_Since=f"{moment:%Y-%m-%dT%H:%M:%S}") == []
    three.post("Invoices", {"InvoiceID": three.get("Invoices/AMZ-3")["Invoices"][0]["InvoiceID"], "Status": "DELETED"})
    three.app.world.clock.shift(5)
    earlier = moment.replace(microsecond=0).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert _found(three, "", If_Modified_Since=earlier) == ["AMZ-3"]


# Many elements


def test_one_bad_element_fails_all_or_only_itself(uk: Organisation) -> None:
    many = [invoice(InvoiceNumber="A"), invoice(line("1.00", "9999"), InvoiceNumber="B"), invoice(InvoiceNumber="C")]
    whole = uk.ask("PUT", "Invoices", {"Invoices": many})
    assert whole.status_code == 400
    errors = [one["ValidationErrors"] for one in whole.json["Elements"]]
    assert errors == [[], [{"Message": "Account code '9999' is not a valid code for this document."}], []]
    assert uk.get("Invoices")["Invoices"] == []
    single = uk.ask("PUT", "Invoices?summarizeErrors=False", {"Invoices": many})
    assert single.status_code == 200
    states = [
        (one["InvoiceNumber"], one["StatusAttributeString"], len(one.get("ValidationErrors", [])))
        for one in single.json["Invoices"]
    ]
    assert states == [("A", "OK", 0), ("B", "ERROR", 1), ("C", "OK", 0)]
    assert _found(uk, "") == ["A", "C"]


def test_fifty_journals_in_one_request(uk: Organisation) -> None:
    many = [journal(("404", "0.10"), ("850", "-0.10"), Narration=f"Settlement {number}") for number in range(50)]
    assert len(uk.put("ManualJournals", *many)) == 50
    assert uk.balances() == {"Bank Fees": "5.00", "Suspense": "-5.00"}


# Contacts and settings


def test_contacts_by_name_number_and_state(uk: Organisation) -> None:
    made = uk.put("Contacts", {"Name": "Ada", "ContactNumber": "n-1"})
    assert "already assigned to another contact" in uk.refused("Contacts", {"Name": "ADA"})
    assert uk.post("Contacts", {"ContactNumber": "N-1", "EmailAddress": "a@example.test"})["ContactID"] == made["ContactID"]
    uk.world("archive", kind="Contact", id=made["ContactID"])
    assert "Ada" not in {one["Name"] for one in uk.get("Contacts")["Contacts"]}
    assert "Ada" in {one["Name"] for one in uk.get("Contacts?includeArchived=true")["Contacts"]}
    uk.put("Invoices", invoice(Contact={"Name": "Bea"}))
    bea = next(one for one in uk.get("Contacts")["Contacts"] if one["Name"] == "Bea")
    assert (bea["IsCustomer"], bea["IsSupplier"]) == (True, False)
    owed = uk.get(f"Contacts/{bea['ContactID']}")["Contacts"][0]["Balances"]
    assert owed["AccountsReceivable"]["Outstanding"] == Decimal("120.00")


def _account(**changes: object) -> Body:
    return {"Code": "6110", "Name": "Amazon Clearing", "Type": "CURRENT", **changes}


def test_accounts_are_made_archived_and_kept_apart(uk: Organisation) -> None:
    made = uk.ask("PUT", "Accounts", _account()).json["Accounts"][0]
    assert (made["Class"], made["TaxType"], made["EnablePaymentsToAccount"]) == ("ASSET", "NONE", False)
    for change, words in (
        ({"Name": "Other"}, "unique Code"), ({"Code": "6111"}, "unique Name"),
        ({"Code": "61101234567", "Name": "x"}, "10 characters"),
        ({"Code": "1", "Name": "x", "TaxType": "TAX999"}, "does not exist"),
        ({"Code": "1", "Name": "x", "Type": "BANK"}, "bank account number"),
    ):  # fmt: skip
        assert words in uk.ask("PUT", "Accounts", _account(**change)).text
    gone = {"Accounts": [{"AccountID": made["AccountID"], "Status": "ARCHIVED"}]}
    assert uk.ask("POST", f"Accounts/{made['AccountID']}", gone).json["Accounts"][0]["Status"] == "ARCHIVED"
    receivable = next(one for one in uk.get("Accounts")["Accounts"] if one.get("SystemAccount") == "DEBTORS")
    assert "System accounts" in uk.ask("POST", f"Accounts/{receivable['AccountID']}", gone).text
    assert uk.ask("DELETE", f"Accounts/{made['AccountID']}").json["Accounts"][0]["Status"] == "DELETED"


def test_two_tracking_categories_at_most(uk: Organisation) -> None:
    region = uk.ask("PUT", "TrackingCategories", {"Name": "Region"}).json["TrackingCategories"][0]["TrackingCategoryID"]
    assert "maximum of 2" in uk.ask("PUT", "TrackingCategories", {"Name": "Third"}).text
    north = uk.ask("PUT", f"TrackingCategories/{region}/Options", {"Name": "Nørth"}).json["Options"][0]
    tracked = [{"Name": "Channel", "Option": "Amazon"}, {"Name": "Region", "Option": "nørth"}]
    made = uk.put("Invoices", invoice(line("1.00", Tracking=tracked)))
    assert made["LineItems"][0]["Tracking"][1]["TrackingOptionID"] == north["TrackingOptionID"]
    uk.ask("POST", f"TrackingCategories/{region}/Options/{north['TrackingOptionID']}", {"Status": "ARCHIVED"})
    assert "'nørth' is not valid" in uk.refused("Invoices", invoice(line("1.00", Tracking=tracked)))


def test_a_tax_rate_of_ones_own(uk: Organisation) -> None:
    sent = {
        "Name": "Odd",
        "ReportTaxType": "OUTPUT",
        "TaxComponents": [{"Name": "a", "Rate": Decimal("12.5")}, {"Name": "b", "Rate": 5}],
    }
    made = uk.put("TaxRates", sent)
    assert (made["TaxType"], made["EffectiveRate"]) == ("TAX001", Decimal("17.5"))
    assert uk.put("Invoices", invoice(line("100.00", TaxType="TAX001"), LineAmountTypes="Exclusive"))["TotalTax"] == Decimal(
        "17.50"
    )


def test_ten_attachments_and_a_history(uk: Organisation) -> None:
    made = uk.put("Invoices", invoice())["InvoiceID"]
    path = f"Invoices/{made}/Attachments"
    for number in range(10):
        assert uk.ask("PUT", f"{path}/{number}.txt", b"ok", Content_Type="text/plain").status_code == 200
    assert "maximum number" in uk.ask("PUT", f"{path}/10.txt", b"ok", Content_Type="text/plain").text
    assert uk.ask("GET", f"{path}/3.txt").data == b"ok"
    assert uk.get(f"Invoices/{made}")["Invoices"][0]["HasAttachments"] is True
    uk.ask("PUT", f"Invoices/{made}/History", {"HistoryRecords": [{"Details": "naïve £"}]})
    assert uk.get(f"Invoices/{made}/History")["HistoryRecords"][0]["Details"] == "naïve £"


# XML


def test_xml_is_the_default_and_is_read_too(uk: Organisation) -> None:
    body = (
        "<ManualJournals><ManualJournal><Narration>Zoë &amp; £</Narration><Date>2026-11-18T00:00:00</Date>"
        "<Status>POSTED</Status>"
        "<JournalLines><JournalLine><LineAmount>1.50</LineAmount><AccountCode>404</AccountCode></JournalLine>"
        "<JournalLine><LineAmount>-1.50</LineAmount><AccountCode>850</AccountCode></JournalLine></JournalLines>"
        "</ManualJournal></ManualJournals>"
    )
    answer = uk.ask("PUT", "ManualJournals", body.encode(), Content_Type="application/xml", Accept="*/*")
    root = ElementTree.fromstring(answer.data)
    assert (root.tag, root.findtext("Status")) == ("Response", "OK")
    assert root.findtext("ManualJournals/ManualJournal/Narration") == "Zoë & £"
    assert root.findtext("ManualJournals/ManualJournal/Date") == "2026-11-18T00:00:00"
    assert uk.balances() == {"Bank Fees": "1.50", "Suspense": "-1.50"}
    wrong = uk.ask("PUT", "ManualJournals", body.replace("-1.50", "-1.49").encode(), Accept="application/xml")
    refused = ElementTree.fromstring(wrong.data)
    assert (wrong.status_code, refused.tag) == (400, "ApiException")
    assert "must equal" in str(refused.findtext(".//ValidationError/Message"))


def test_xml_that_attacks_is_refused(uk: Organisation) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><Invoice><Reference>&a;</Reference></Invoice>'
    answer = uk.ask("PUT", "Invoices", bomb, Content_Type="application/xml")
    assert (answer.status_code, answer.json["Type"]) == (400, "PostDataInvalidException")


def test_one_amount_that_is_no_number_and_nothing_of_the_request_is_taken(uk: Organisation) -> None:
    wrong = invoice({**line("1.00"), "UnitAmount": "1,00"})
    if uk.watched:
        uk.watched.requests = False  # no schema knows such an amount
    answer = uk.ask("PUT", "Invoices?summarizeErrors=false", {"Invoices": [invoice(), wrong]})
    assert (answer.status_code, answer.json["Type"]) == (400, "PostDataInvalidException")
    assert "1,00. Path 'Invoices[1].LineItems[0].UnitAmount'" in answer.json["Message"]
    assert "Elements" not in answer.json
    assert uk.balances() == {}
