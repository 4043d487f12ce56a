"""What QuickBooks remembers of a message, and what onError does to the rest of one."""

from __future__ import annotations

import pytest

from tests.sandbox.quickbooks_desktop.conftest import GUID, File, credit, debit, journal, message

GOOD = journal()
BAD = journal(debit("Checking", "1.00"), credit("Nowhere", "1.00"))


def test_the_answer_of_a_lost_set_is_asked_for_and_forgotten(file: File) -> None:
    asked = file.ask("", newMessageSetID="a", oldMessageSetID="a")
    assert (asked.get("messageSetStatusCode"), len(asked)) == ("600", 0)
    first = file.ask(GOOD + BAD, newMessageSetID="a")
    assert first.get("messageSetStatusCode") == "0"
    again = file.ask(GOOD, newMessageSetID="a", oldMessageSetID="a")  # whatever stands in it isn't done
    assert again.get("newMessageSetID") == "a"
    assert [a.get("statusCode") for a in again] == ["0", "3140"]
    assert again.findtext(".//TxnID") == first.findtext(".//TxnID")
    assert file.trial()["Checking"] == 100
    assert file.ask("", oldMessageSetID="a").get("messageSetStatusCode") == "0"
    assert file.ask("", newMessageSetID="a", oldMessageSetID="a").get("messageSetStatusCode") == "600"
    assert file.ask("", oldMessageSetID="a").get("messageSetStatusCode") == "600"


def test_a_new_id_forgets_the_old_one_and_guards_nothing(file: File) -> None:
    file.ask(GOOD, newMessageSetID="a")
    file.ask(GOOD, newMessageSetID="a")
    assert file.trial()["Checking"] == 200
    file.ask(GOOD, newMessageSetID="b", oldMessageSetID="a")
    assert file.ask("", newMessageSetID="a", oldMessageSetID="a").get("messageSetStatusCode") == "600"
    assert file.ask("", newMessageSetID="b", oldMessageSetID="b").get("messageSetStatusCode") == "0"
    assert file.trial()["Checking"] == 300
    file.ask("", oldMessageSetID="ClearAllMessageSets")
    assert file.ask("", newMessageSetID="b", oldMessageSetID="b").get("messageSetStatusCode") == "600"


def test_a_crash_leaves_work_without_an_answer(file: File) -> None:
    file.world("trouble", kind="crash")
    answer = file.send(message(GOOD, newMessageSetID="a"))
    assert answer["hresult"] == "0x80040408"
    assert file.ask("", newMessageSetID="a", oldMessageSetID="a").get("messageSetStatusCode") == "9002"
    assert file.trial()["Checking"] == 100
    file.world("trouble", kind="lost-state", request="JournalEntryAdd")
    file.ask("<AccountQueryRq/>", newMessageSetID="b")
    assert file.ask("", newMessageSetID="b", oldMessageSetID="b").get("messageSetStatusCode") == "0"
    file.ask(GOOD, newMessageSetID="c")
    assert file.ask("", newMessageSetID="c", oldMessageSetID="c").get("messageSetStatusCode") == "9001"


def test_sets_are_remembered_per_application(file: File) -> None:
    file.ask(GOOD, newMessageSetID="a")
    file.app.twins["quickbooks_desktop"].command("install", {"file": file.name, "qwc": QWC, "password": "p"})
    asked = file.world("qbxml", application=1, xml=message("", newMessageSetID="a", oldMessageSetID="a"))
    assert 'messageSetStatusCode="600"' in asked["response"]


QWC = """<QBWCXML><AppName>a</AppName><AppURL>https://a.test/</AppURL><AppSupport>https://a.test/</AppSupport>
<UserName>u</UserName><OwnerID>{57F3B9B6-86F1-4FCD-B1EF-166DE1813D21}</OwnerID>
<FileID>{90A44FB7-33D9-4815-AC85-AC86A7E7D1EB}</FileID><QBType>QBFS</QBType></QBWCXML>"""


@pytest.mark.parametrize(
    ("on_error", "codes", "checking"),
    [
        ("continueOnError", ["0", "3140", "0"], 200),
        ("stopOnError", ["0", "3140", "3231"], 100),
        ("rollbackOnError", ["3231", "3140", "3231"], 0),
    ],
)
def test_what_happens_after_an_error(file: File, on_error: str, codes: list[str], checking: int) -> None:
    answers = file.ask(GOOD + BAD + GOOD, onError=on_error)
    assert [a.get("statusCode") for a in answers] == codes
    assert file.trial().get("Checking", 0) == checking


def test_only_statuses_on_request(file: File) -> None:
    answers = file.ask(GOOD + "<AccountQueryRq/>", responseData="includeNone")
    assert [(a.get("statusCode"), len(a)) for a in answers] == [("0", 0), ("0", 0)]


def test_an_external_guid_is_used_once_and_shown(file: File) -> None:
    head = f"<TxnDate>2026-11-15</TxnDate><ExternalGUID>{GUID.format(1)}</ExternalGUID>"
    made = file.done(journal(head=head))
    assert made.findtext("ExternalGUID") == GUID.format(1)
    assert file.code(journal(head=head)) == "3210"
    lower = head.replace(GUID.format(1), GUID.format(1).lower())
    assert file.code(journal(head=lower)) == "3210"
    customer = (
        f"<CustomerAddRq><CustomerAdd><Name>X</Name><ExternalGUID>{GUID.format(1)}</ExternalGUID></CustomerAdd></CustomerAddRq>"
    )
    assert file.code(customer) == "3210"
    assert file.trial()["Checking"] == 100
    txn = made.findtext("TxnID")
    assert file.code(f"<TxnDelRq><TxnDelType>JournalEntry</TxnDelType><TxnID>{txn}</TxnID></TxnDelRq>") == "0"
    file.done(journal(head=head))
