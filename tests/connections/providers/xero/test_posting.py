"""Posting to an organisation: created once, found when the answer was lost, read back to the penny, taken out again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from canonical.accounting import DocumentType, PartyRef
from connections.contracts import OutcomeKind, PartySpec
from connections.errors import Failure, FailureKind
from connections.providers.xero.client import Books

from . import documents
from .documents import allocation, line, order, payment, refund, request


@pytest.fixture
def uk(organisation):
    return organisation("uk")


def party(org, name="Amazon.co.uk"):
    item = org.target.create_party(org.door, org.account, PartySpec(name), request_id=f"party-{name}"[:40])
    return PartyRef(item.external_id, item.name)


def posted(org, document, key, **more):
    outcome = org.post(request(document, org.facts(), key, **more))[0]
    assert outcome.kind is OutcomeKind.CREATED, outcome.problem and outcome.problem.text()
    return outcome


def movements(document):
    return [(one.account.key, one.signed, one.tax_amount) for one in document.lines]


def balances(org):
    named = org.command("trial")["accounts"]
    return {name: value for name, value in named.items() if Decimal(value)}


# ------------------------------------------------------------------ the shapes


def test_the_settlement_invoice_comes_to_the_payout_with_its_vat(uk):
    planned = documents.settlement_invoice(documents.uk_1(), party(uk))
    outcome = posted(uk, planned, "uk1")
    found = uk.target.read(uk.door, uk.account, "invoice", outcome.external_id)
    assert movements(found.document) == movements(planned)
    assert (found.document.total, found.body["Status"], found.body["TotalTax"]) == (
        Decimal("64.51"),
        "AUTHORISED",
        Decimal("10.75"),
    )
    assert outcome.found.document == found.document
    assert balances(uk) == {
        "Accounts Receivable": "64.51", "VAT": "-10.75", "Sales": "-80.00", "Direct Expenses": "12.24", "Cost of Goods Sold": "3.00",
        "IT Software and Consumables": "1.00", "Advertising & Marketing": "10.00",
    }  # fmt: skip


@pytest.mark.parametrize("shape", ["invoice", "summary_journal", "one_deposit"])
def test_every_shape_moves_the_same_on_the_same_accounts(organisation, shape):
    us = organisation("us")
    make = {
        "invoice": lambda: documents.settlement_invoice(documents.us_1(), party(us), "USD"),
        "summary_journal": lambda: documents.journal(documents.us_1(), "USD"),
        "one_deposit": lambda: documents.deposit(documents.us_1(), currency="USD"),
    }[shape]
    posted(us, make(), shape)
    other_side = {"invoice": "Accounts Receivable", "summary_journal": "Accruals", "one_deposit": "Business Bank Account"}[shape]
    assert balances(us) == {
        other_side: "86.25", "Sales": "-160.00", "Other Revenue": "-5.00", "Interest Income": "10.00", "Direct Expenses": "24.45",
        "Cost of Goods Sold": "9.50", "IT Software and Consumables": "7.30", "Advertising & Marketing": "12.50",
        "Prepayments": "-5.00", "Loan": "20.00",
    }  # fmt: skip


def test_a_journal_with_vat_is_read_back_to_the_penny(uk):
    planned = documents.journal(documents.uk_1())
    outcome = posted(uk, planned, "ukj")
    found = uk.target.read(uk.door, uk.account, "journal_entry", outcome.external_id)
    assert movements(found.document) == movements(planned)
    assert (found.number, found.document.memo, found.document.currency) == ("TIE-ukj", "Amazon settlement 1", "GBP")


def test_a_payout_of_nothing_is_an_invoice_of_nothing(uk):
    lines = (line("200", "credit", "5.00"), line("620", "debit", "5.00"))
    outcome = posted(uk, documents.settlement_invoice(lines, party(uk)), "zero")
    found = uk.target.read(uk.door, uk.account, "invoice", outcome.external_id)
    assert (found.document.total, found.body["Status"]) == (Decimal(0), "PAID")


# ------------------------------------------------------------------ orders


def test_an_order_is_authorised_and_paid_into_clearing(uk):
    """The money of an order never touches the real bank: it is paid by Amazon later, with everything else."""
    amazon = party(uk)
    invoice = posted(uk, order(amazon, item="GIFT"), "AMZ", number="AMZ-" + documents.ORDER)
    assert invoice.found.body["Status"] == "AUTHORISED"
    paid = posted(uk, payment(invoice.external_id, "195.00", customer=amazon), "pay")
    found = uk.target.read(uk.door, uk.account, "invoice", invoice.external_id)
    assert (found.body["Status"], found.body["AmountDue"]) == ("PAID", 0)
    assert (found.document.reference, found.document.due_on) == (documents.ORDER, date(2026, 11, 24))
    assert next((one.item and one.item.key, one.quantity) for one in found.document.lines) == ("GIFT", Decimal(4))
    assert found.document.lines[0].dimensions == (("class", "Channel::Amazon"),)
    assert paid.found.document.applied[0].external_id == invoice.external_id
    assert balances(uk)["Directors' Loan Account"] == "195.00"
    assert "Business Bank Account" not in balances(uk)


def test_a_refund_is_set_against_its_unpaid_invoice(uk):
    amazon = party(uk)
    invoice = posted(uk, order(amazon), "inv")
    note = posted(uk, refund(amazon), "note")
    linked = posted(uk, allocation(invoice.external_id, note.external_id, "40.00"), "link")
    assert linked.external_id.startswith(f"{note.external_id}/")
    assert uk.target.read(uk.door, uk.account, "invoice", invoice.external_id).body["AmountDue"] == Decimal("155.00")
    found = uk.target.read(uk.door, uk.account, "payment", linked.external_id)
    assert found.document.total == 0
    assert {(each.document_type.value, each.amount) for each in found.document.applied} == {
        ("invoice", Decimal("40.00")), ("credit_memo", Decimal("40.00")),
    }  # fmt: skip
    again = request(allocation(invoice.external_id, note.external_id, "40.00"), uk.facts(), "link")
    assert set(uk.target.find(uk.door, uk.account, [again])) == {again.marker}
    removed = uk.target.remove(uk.door, uk.account, "payment", linked.external_id, "")
    assert removed.kind is OutcomeKind.CREATED
    assert uk.target.read(uk.door, uk.account, "payment", linked.external_id) is None
    assert uk.target.remove(uk.door, uk.account, "payment", linked.external_id, "").kind is OutcomeKind.EXISTS


def test_money_given_back_closes_the_credit_note(uk):
    amazon = party(uk)
    note = posted(uk, refund(amazon), "note")
    document = payment(note.external_id, "40.00", DocumentType.CREDIT_MEMO, customer=amazon)
    paid = posted(uk, document, "back")
    found = uk.target.read(uk.door, uk.account, "payment", paid.external_id)
    assert (found.document.total, found.document.currency, found.document.account.key) == (Decimal("-40.00"), "GBP", "835")
    assert balances(uk)["Directors' Loan Account"] == "-40.00"
    assert uk.target.read(uk.door, uk.account, "credit_memo", note.external_id).body["Status"] == "PAID"


@pytest.mark.parametrize(("currency", "gross"), [("JPY", "1200"), ("KWD", "7.255"), ("EUR", "19.99")])
def test_currencies_with_none_two_and_three_decimals(uk, currency, gross):
    amazon = party(uk)
    lines = (line("200", "credit", gross),)
    invoice = posted(uk, order(amazon, currency=currency, lines=lines), f"i{currency}")
    note = posted(uk, replace(refund(amazon), currency=currency, lines=(line("200", "debit", gross),)), f"n{currency}")
    back = posted(uk, payment(note.external_id, gross, DocumentType.CREDIT_MEMO, currency=currency), f"b{currency}")
    for kind, outcome, total in (("invoice", invoice, 1), ("credit_memo", note, 1), ("payment", back, -1)):
        found = uk.target.read(uk.door, uk.account, kind, outcome.external_id)
        assert (found.document.currency, found.document.total) == (currency, total * Decimal(gross)), kind


# ------------------------------------------------------------------ batches


def test_fifty_documents_are_one_call_and_a_bad_one_is_refused_by_itself(uk):
    amazon, facts = party(uk), uk.facts()
    asked = [request(order(amazon, lines=(line("200", "credit", f"{n}.10"),)), facts, f"b{n}") for n in range(1, 51)]
    bad = replace(asked[7].document, lines=(line("498X", "credit", "8.10"),))
    asked[7] = request(bad, facts, "b8")
    before = len(uk.door.exchanges)
    outcomes = uk.post(*asked)
    assert uk.calls()[before:] == ["Invoices.create"]
    assert [place for place, one in enumerate(outcomes) if one.kind is not OutcomeKind.CREATED] == [7]
    assert outcomes[7].kind is OutcomeKind.REJECTED
    assert outcomes[7].problem.code == "xero.bad_reference"
    assert "498X" in outcomes[7].problem.text()
    sent = uk.door.exchanges[-1].request
    assert sent.url.params["summarizeErrors"] == "false"
    assert len(sent.headers["idempotency-key"]) <= 128
    found = uk.target.find(uk.door, uk.account, asked)
    assert len(found) == 49


@pytest.fixture
def unjudged(twins):
    """No schema knows an amount that is no number."""
    yield
    twins.app.reset()


def unreadable(asked):
    """With an amount that is no number: Xero gives up on the whole body before it looks at any document."""
    lines = [{**asked.payload["LineItems"][0], "DiscountRate": "fifty"}]
    return replace(asked, payload={**asked.payload, "LineItems": lines})


@pytest.mark.usefixtures("unjudged")
def test_one_that_makes_xero_refuse_the_whole_request_is_held_alone(uk):
    """Nothing was written, so that each goes again by itself, under its own key; the bad one keeps Xero's words."""
    amazon, facts = party(uk), uk.facts()
    asked = [request(order(amazon), facts, f"w{n}") for n in range(3)]
    asked[1] = unreadable(asked[1])
    outcomes = uk.post(*asked)
    assert [one.kind for one in outcomes] == [OutcomeKind.CREATED, OutcomeKind.REJECTED, OutcomeKind.CREATED]
    assert outcomes[1].problem.code == "connection.our_bug"
    assert "Could not convert string to decimal: fifty" in outcomes[1].problem.text()
    sent = [each.request.headers["idempotency-key"] for each in uk.door.exchanges if each.operation == "Invoices.create"]
    assert sent[1:] == ["tie-w0", "tie-w1", "tie-w2"]
    assert [one.external_id for one in uk.post(*asked)] == [one.external_id for one in outcomes]
    assert len(uk.documents("Invoice")) == 2


@pytest.mark.usefixtures("unjudged")
@pytest.mark.parametrize("allowed", [1, 2])
def test_a_throttle_among_those_sent_alone_is_raised_only_while_nothing_was_written(uk, allowed):
    amazon, facts = party(uk), uk.facts()
    asked = [request(order(amazon), facts, "v1"), unreadable(request(order(amazon), facts, "v2"))]
    uk.command("limits", minute=allowed)
    if allowed == 2:
        assert [one.kind for one in uk.post(*asked)] == [OutcomeKind.CREATED, OutcomeKind.UNKNOWN]
        return
    with pytest.raises(Failure) as failed:
        uk.post(*asked)
    assert failed.value.kind is FailureKind.THROTTLED
    assert uk.documents("Invoice") == []


def test_a_request_never_weighs_more_than_xero_takes(uk):
    amazon, facts = party(uk), uk.facts()
    heavy = tuple(replace(line("200", "credit", "1.00"), description="x" * 4000) for _ in range(300))
    asked = [request(order(amazon, lines=heavy), facts, f"h{n}") for n in range(4)]
    before = len(uk.door.exchanges)
    assert {one.kind for one in uk.post(*asked)} == {OutcomeKind.CREATED}
    sent = [len(exchange.request.content) for exchange in uk.door.exchanges[before:]]
    assert len(sent) == 2
    assert max(sent) <= 3_500_000


def test_types_go_in_calls_of_their_own_and_come_back_in_order(uk):
    amazon, facts = party(uk), uk.facts()
    made = [
        request(documents.journal((line("200", "credit", "1.00"),)), facts, "m1"),
        request(order(amazon), facts, "m2"),
        request(documents.deposit((line("200", "credit", "2.00"),)), facts, "m3"),
        request(documents.withdrawal((line("463", "debit", "3.00"),)), facts, "m4"),
        request(refund(amazon), facts, "m5"),
    ]
    before = len(uk.door.exchanges)
    outcomes = uk.post(*made)
    assert [one.found.marker for one in outcomes] == [one.marker for one in made]
    assert uk.calls()[before:] == ["ManualJournals.create", "Invoices.create", "BankTransactions.create", "CreditNotes.create"]


def test_what_is_known_of_the_first_call_survives_a_throttled_second(uk):
    amazon, facts = party(uk), uk.facts()
    asked = [request(order(amazon), facts, "t1"), request(refund(amazon), facts, "t2")]
    uk.fault("throttle", "creditnotes.write", count=1)
    outcomes = uk.post(*asked)
    assert [one.kind for one in outcomes] == [OutcomeKind.CREATED, OutcomeKind.UNKNOWN]
    uk.fault("throttle", "invoices.write", count=1)
    with pytest.raises(Failure) as failed:
        uk.post(request(order(amazon), facts, "t3"))
    assert failed.value.kind is FailureKind.THROTTLED


# ------------------------------------------------------------------ lost, found, taken


def test_the_same_request_again_within_minutes_is_the_same_document(uk):
    asked = request(documents.journal((line("200", "credit", "1.00"),)), uk.facts(), "same")
    first, again = uk.post(asked)[0], uk.post(asked)[0]
    assert first.external_id == again.external_id
    assert len(uk.documents("ManualJournal")) == 1


def test_when_xero_has_forgotten_the_key_the_number_still_tells(uk, twins):
    asked = request(order(party(uk)), uk.facts(), "later")
    first = uk.post(asked)[0]
    twins.clock(shift=420)
    again = uk.post(asked)[0]
    assert (again.kind, again.external_id) == (OutcomeKind.EXISTS, first.external_id)
    assert len(uk.documents("Invoice")) == 1


def test_a_lost_batch_is_one_question(uk):
    amazon, facts = party(uk), uk.facts()
    asked = [request(order(amazon, lines=(line("200", "credit", f"{n}.10"),)), facts, f"q{n}") for n in range(1, 31)]
    uk.fault("drop-after-commit", "invoices.write", count=1)
    assert {one.kind for one in uk.post(*asked)} == {OutcomeKind.UNKNOWN}
    assert uk.calls().count("Invoices.create") == 1
    before = len(uk.door.exchanges)
    assert set(uk.target.find(uk.door, uk.account, asked)) == {one.marker for one in asked}
    assert len(uk.door.exchanges) == before + 1


def test_a_document_of_somebody_else_with_our_number_is_not_ours(uk):
    amazon = party(uk)
    other = posted(uk, order(amazon), "theirs", number="TIE-ours")
    outcome = uk.post(request(order(amazon), uk.facts(), "ours"))[0]
    assert outcome.kind is OutcomeKind.REJECTED
    assert outcome.problem.code == "xero.number_taken"
    assert "TIE-ours" in outcome.problem.text()
    assert "Invoice # must be unique." in outcome.problem.text()
    assert [row["InvoiceID"] for row in uk.documents("Invoice")] == [other.external_id]


def test_another_contact_of_that_name_is_not_a_number_that_is_taken(uk):
    """Xero makes the contact that a document names; where it cannot, the document's number has nothing to do with it."""
    asked = request(order(party(uk)), uk.facts(), "name")
    party(uk, "The # 1 Number")
    unknown = {"ContactID": "7f3a7f3a-7f3a-7f3a-7f3a-7f3a7f3a7f3a", "Name": "The # 1 Number"}
    outcome = uk.post(replace(asked, payload={**asked.payload, "Contact": unknown}))[0]
    assert (outcome.kind, outcome.problem.code) == (OutcomeKind.REJECTED, "connection.rejected")
    assert "The contact name The # 1 Number is already assigned to another contact." in outcome.problem.text()


def test_an_invoice_that_a_person_renumbered_is_still_found(uk):
    asked = request(order(party(uk)), uk.facts(), "ren")
    outcome = uk.post(asked)[0]
    uk.command("edit", kind="Invoice", id=outcome.external_id, changes={"InvoiceNumber": "MY-1"})
    found = uk.target.find(uk.door, uk.account, [asked])
    assert found[asked.marker].number == "MY-1"


@pytest.mark.parametrize("make", ["invoice", "credit_memo", "journal_entry", "deposit", "withdrawal", "payment"])
def test_undone_and_posted_again_the_books_are_as_before(uk, make):
    amazon = party(uk)
    document = {
        "invoice": lambda: order(amazon),
        "credit_memo": lambda: refund(amazon),
        "journal_entry": lambda: documents.journal(documents.us_1()),
        "deposit": lambda: documents.deposit(documents.us_1()),
        "withdrawal": lambda: documents.withdrawal((line("463", "debit", "3.00"),)),
        "payment": lambda: payment(posted(uk, order(amazon), "paid").external_id, "195.00"),
    }[make]()
    before = balances(uk)
    first = posted(uk, document, "undo")
    with_it = balances(uk)
    removed = uk.target.remove(uk.door, uk.account, make, first.external_id, first.external_version)
    assert removed.kind is OutcomeKind.CREATED, removed.problem and removed.problem.text()
    assert balances(uk) == before
    assert uk.target.read(uk.door, uk.account, make, first.external_id) is None
    assert uk.target.remove(uk.door, uk.account, make, first.external_id, first.external_version).kind is OutcomeKind.EXISTS
    again = uk.post(replace(request(document, uk.facts(), "undo"), request_id="tie-undo-2"))[0]
    assert again.kind is OutcomeKind.CREATED
    assert balances(uk) == with_it


def test_a_paid_invoice_is_not_voided_and_says_why(uk):
    invoice = posted(uk, order(party(uk)), "inv")
    posted(uk, payment(invoice.external_id, "10.00"), "pay")
    removed = uk.target.remove(uk.door, uk.account, "invoice", invoice.external_id, invoice.external_version)
    assert removed.kind is OutcomeKind.REJECTED
    assert removed.problem.code == "xero.paid"
    assert "payment or credit note allocated" in removed.problem.text()


# ------------------------------------------------------------------ changing


def update(org, outcome, document, key):
    version = org.target.read(org.door, org.account, document.document_type.value, outcome.external_id).external_version
    asked = request(document, org.facts(), key, action="update", external_id=outcome.external_id, external_version=version)
    return replace(asked, request_id=f"tie-{key}-u")


def test_an_invoice_is_replaced_as_a_whole(uk):
    amazon = party(uk)
    first = posted(uk, order(amazon), "chg")
    changed = order(amazon, lines=(line("200", "credit", "77.00"),), due_on=date(2026, 12, 1))
    outcome = uk.post(update(uk, first, changed, "chg"))[0]
    assert (outcome.kind, outcome.external_id) == (OutcomeKind.CREATED, first.external_id)
    assert outcome.found.document.total == Decimal("77.00")
    assert outcome.found.document.due_on == date(2026, 12, 1)
    assert len(uk.documents("Invoice")) == 1


def test_a_version_that_has_moved_on_is_stale_and_nothing_is_written(uk, twins):
    amazon = party(uk)
    first = posted(uk, order(amazon), "stale")
    asked = update(uk, first, order(amazon, lines=(line("200", "credit", "77.00"),)), "stale")
    twins.clock(shift=5)
    uk.command("edit", kind="Invoice", id=first.external_id, changes={"Reference": "by hand"})
    outcome = uk.post(asked)[0]
    assert outcome.kind is OutcomeKind.STALE
    assert uk.documents("Invoice")[0]["Reference"] == "by hand"


def test_a_paid_invoice_keeps_its_amounts_but_lets_its_words_be_changed(uk):
    amazon = party(uk)
    first = posted(uk, order(amazon), "words")
    posted(uk, payment(first.external_id, "195.00"), "wpay")
    outcome = uk.post(update(uk, first, order(amazon, due_on=date(2026, 12, 24)), "words"))[0]
    assert outcome.kind is OutcomeKind.CREATED, outcome.problem and outcome.problem.text()
    assert outcome.found.document.due_on == date(2026, 12, 24)
    refused = uk.post(update(uk, first, order(amazon, lines=(line("200", "credit", "1.00"),)), "words2"))[0]
    assert refused.kind is OutcomeKind.REJECTED
    assert refused.problem.code == "xero.paid"
    assert uk.documents("Invoice")[0]["Total"] == "195.00"


def test_a_throttled_look_at_what_stands_there_does_not_say_that_it_is_gone(uk):
    """Invoices are written before the credit notes are looked at: those stay in doubt, and nobody is told to undo them."""
    amazon = party(uk)
    invoice, note = posted(uk, order(amazon), "thi"), posted(uk, refund(amazon), "thn")
    asked = [
        update(uk, invoice, order(amazon, due_on=date(2026, 12, 24)), "thi"),
        update(uk, note, refund(amazon, "30.00"), "thn"),
    ]
    uk.fault("throttle", "creditnotes.read", count=1)
    assert [one.kind for one in uk.post(*asked)] == [OutcomeKind.CREATED, OutcomeKind.UNKNOWN]
    assert uk.documents("CreditNote")[0]["Total"] == "40.00"
    assert uk.post(asked[1])[0].kind is OutcomeKind.CREATED


def test_a_change_to_a_number_that_somebody_else_has_is_refused(uk):
    """That our document stands there does not say that it was changed."""
    amazon = party(uk)
    first = posted(uk, order(amazon), "mine")
    posted(uk, order(amazon), "other", number="TIE-other")
    asked = update(uk, first, order(amazon), "mine")
    outcome = uk.post(replace(asked, number="TIE-other", payload={**asked.payload, "InvoiceNumber": "TIE-other"}))[0]
    assert (outcome.kind, outcome.problem.code) == (OutcomeKind.REJECTED, "xero.number_taken")


@pytest.mark.parametrize("wrong", [{"AmountPaid": {"x": 1}}, {"UpdatedDateUTC": "/Date(99999999999999999999)/"}])
def test_one_that_cannot_be_read_there_does_not_keep_the_others_from_being_changed(uk, monkeypatch, wrong):
    amazon = party(uk)
    asked = [update(uk, posted(uk, refund(amazon), key), refund(amazon, "30.00"), key) for key in ("rd1", "rd2")]
    read = Books.read

    def reads(books, entity, external_id):
        body = read(books, entity, external_id)
        return {**body, **wrong} if external_id == asked[0].external_id else body

    monkeypatch.setattr(Books, "read", reads)
    outcomes = uk.post(*asked)
    assert outcomes[0].kind in (OutcomeKind.UNKNOWN, OutcomeKind.STALE)
    assert outcomes[1].kind is OutcomeKind.CREATED
    assert sorted(row["Total"] for row in uk.documents("CreditNote")) == ["30.00", "40.00"]


def test_what_was_voided_there_cannot_be_changed(uk):
    amazon = party(uk)
    first = posted(uk, order(amazon), "void")
    asked = update(uk, first, order(amazon, lines=(line("200", "credit", "7.00"),)), "void")
    uk.command("void", kind="Invoice", id=first.external_id)
    outcome = uk.post(asked)[0]
    assert (outcome.kind, outcome.problem.code) == (OutcomeKind.REJECTED, "xero.gone")


# ------------------------------------------------------------------ the door


def test_every_call_names_the_organisation_and_asks_for_json(uk):
    uk.post(request(order(party(uk)), uk.facts(), "hdr"))
    for exchange in uk.door.exchanges:
        assert exchange.request.headers["xero-tenant-id"] == uk.tenant
        assert exchange.request.headers["accept"] == "application/json"


@pytest.mark.parametrize(("status", "kind"), [(412, FailureKind.UNAVAILABLE), (503, FailureKind.UNKNOWN_OUTCOME)])
def test_an_organisation_that_cannot_be_reached(uk, status, kind):
    asked = request(documents.journal((line("200", "credit", "1.00"),)), uk.facts(), "off")
    uk.command("offline", status=status)
    try:
        outcome = uk.post(asked)[0].kind
    except Failure as failure:
        outcome = failure.kind
    assert outcome in (kind, OutcomeKind.UNKNOWN)
    uk.command("offline", status=None)
    assert uk.target.find(uk.door, uk.account, [asked]) == {}


def test_a_permission_without_a_part_says_which_button_to_press(organisation, uk):
    small = organisation("uk", scope="openid offline_access accounting.settings accounting.invoices accounting.contacts")
    outcome = small.post(request(documents.journal((line("200", "credit", "1.00"),)), small.facts(), "scope"))[0]
    assert outcome.kind is OutcomeKind.REJECTED
    assert outcome.problem.code == "xero.scope_missing"
    assert "Update permissions" in outcome.problem.remedy()
