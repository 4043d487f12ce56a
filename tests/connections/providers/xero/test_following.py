"""What others do in Xero comes back: changes, money in the bank, deliveries; and what we hang on a document."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from connections.contracts import Attachment, Concern
from connections.errors import Failure
from connections.providers.xero import provider

from . import documents
from .documents import line, order, payment, request
from .test_posting import party, posted

TYPES = ("credit_memo", "deposit", "invoice", "journal_entry", "payment", "withdrawal")


def changed(org, since):
    pages = org.target.changes(org.door, org.account, TYPES, since=since)
    return [change for page in pages for change in page.changes]


def test_changes_of_everybody_and_deletions_come_by_if_modified_since(organisation, twins):
    uk = organisation("uk")
    amazon = party(uk)
    quiet = posted(uk, order(amazon), "quiet")
    touched, voided = posted(uk, order(amazon), "touched"), posted(uk, documents.journal(documents.us_1()), "voided")
    twins.clock(shift=3600)
    since = datetime.now(UTC) + timedelta(seconds=1800)
    assert changed(uk, since) == []
    uk.command("edit", kind="Invoice", id=touched.external_id, changes={"Reference": "by hand"})
    uk.command("void", kind="ManualJournal", id=voided.external_id)
    found = changed(uk, since)
    assert {(change.document_type, change.external_id, change.deleted) for change in found} == {
        ("invoice", touched.external_id, False), ("journal_entry", voided.external_id, True),
    }  # fmt: skip
    assert quiet.external_id not in {change.external_id for change in found}
    standing = [change for change in found if not change.deleted]
    read = uk.target.found_in(uk.door, uk.account, standing)
    assert read[touched.external_id].document.reference == "by hand"
    assert all(exchange.request.headers["if-modified-since"] for exchange in uk.door.exchanges[-6:])


def test_a_payment_taken_off_and_an_allocation_are_changes(organisation):
    uk = organisation("uk")
    amazon = party(uk)
    invoice, note = posted(uk, order(amazon), "inv"), posted(uk, documents.refund(amazon), "note")
    paid = posted(uk, payment(invoice.external_id, "10.00"), "pay")
    linked = posted(uk, documents.allocation(invoice.external_id, note.external_id, "40.00"), "link")
    uk.command("void", kind="Payment", id=paid.external_id)
    found = {change.external_id: change for change in changed(uk, datetime.now(UTC) - timedelta(days=3))}
    assert found[paid.external_id].deleted is True
    read = uk.target.found_in(uk.door, uk.account, [found[linked.external_id]])
    assert read[linked.external_id].document.total == 0


@pytest.mark.parametrize(
    ("kind", "concern"),
    [
        ("invoice", Concern.DOCUMENTS),
        ("creditnote", Concern.DOCUMENTS),
        ("contact", Concern.REFERENCES),
        ("subscription", Concern.NOTHING),
    ],
)
def test_what_a_delivery_concerns(kind, concern):
    assert provider.target.concerns(kind) is concern


def test_an_event_again_is_the_same_notice_and_another_is_another():
    event = b'{"eventCategory":"INVOICE","eventType":"UPDATE","eventDateUtc":"2026-11-20T08:00:00.%d","tenantId":"t","resourceId":"r"}'
    bodies = [b'{"events":[' + event % moment + b"]}" for moment in (1, 1, 2)]
    one, again, other = (provider.receiver.notices(body)[0] for body in bodies)
    assert one == again
    assert one.event_id != other.event_id
    assert one.at == datetime(2026, 11, 20, 8, 0, 0, 100_000, tzinfo=UTC)
    assert provider.receiver.notices(b'{"events":[],"firstEventSequence":0,"lastEventSequence":0,"entropy":"x"}') == []


# ------------------------------------------------------------------ the bank


def test_money_in_the_bank_that_we_did_not_put_there(organisation):
    uk = organisation("uk")
    amazon = party(uk)
    posted(uk, documents.deposit(documents.us_1()), "ours")
    invoice = posted(uk, documents.settlement_invoice(documents.us_1(), amazon), "settled")
    by_feed = uk.command("bank_line", amount="86.25", date="2026-11-06", text="AMAZON EU")
    uk.command("match", line=by_feed["line"], invoice=invoice.external_id)
    other = uk.command("bank_line", amount="12.00", date="2026-11-07", text="Interest")
    uk.command("match", line=other["line"], account="270")
    uk.command("bank_line", amount="5.00", date="2026-11-08", text="not matched yet")
    found = list(uk.target.bank_deposits(uk.door, uk.account, "090", since=date(2026, 11, 1)))
    assert {(one.amount, one.on, one.currency, one.reconciled) for one in found} == {
        (Decimal("86.25"), date(2026, 11, 6), "GBP", True), (12, date(2026, 11, 7), "GBP", True),
    }  # fmt: skip
    assert next(one.number for one in found if one.amount == Decimal("86.25")) == "TIE-settled"
    assert list(uk.target.bank_deposits(uk.door, uk.account, "091", since=date(2026, 11, 1))) == []


# ------------------------------------------------------------------ files and history


@pytest.mark.parametrize("kind", ["invoice", "journal_entry", "deposit"])
def test_a_file_and_a_note_are_hung_on_a_document(organisation, kind):
    uk = organisation("uk")
    make = {
        "invoice": lambda: documents.settlement_invoice(documents.us_1(), party(uk)),
        "journal_entry": lambda: documents.journal(documents.us_1()),
        "deposit": lambda: documents.deposit(documents.us_1()),
    }[kind]
    made = posted(uk, make(), kind[:5])
    content = "settlement-id\tähm\r\n1\t2\r\n".encode()
    file = Attachment("Settlement 1/2.txt", content, "text/tab-separated-values")
    uk.target.annotate(uk.door, uk.account, kind, made.external_id, files=[file], note="Posted by Tieout", request_id="tie-note")
    entity = {"invoice": "Invoices", "journal_entry": "ManualJournals", "deposit": "BankTransactions"}[kind]
    base = f"{uk.door.endpoints.urls['api']}/{entity}/{made.external_id}"
    headers = {"xero-tenant-id": uk.tenant, "accept": "application/json"}
    listed = uk.door.call("files", "GET", f"{base}/Attachments", headers=headers).content
    assert b'"Settlement 1_2.txt"' in listed
    assert (
        uk.door.call("file", "GET", f"{base}/Attachments/Settlement%201_2.txt", headers=headers, expects="bytes").content
        == content
    )
    assert b'"Posted by Tieout"' in uk.door.call("history", "GET", f"{base}/History", headers=headers).content


def test_a_file_that_cannot_be_hung_is_a_failure_of_its_own(organisation):
    uk = organisation("uk")
    made = posted(uk, documents.journal((line("200", "credit", "1.00"),)), "j")
    uk.fault("500", "manualjournals.attachments", count=1)
    with pytest.raises(Failure):
        uk.target.annotate(
            uk.door, uk.account, "journal_entry", made.external_id, files=[Attachment("a.txt", b"x")], note="", request_id="r"
        )
    assert uk.target.read(uk.door, uk.account, "journal_entry", made.external_id) is not None
    assert request(documents.journal(documents.us_1()), uk.facts(), "k").number == "TIE-k"
