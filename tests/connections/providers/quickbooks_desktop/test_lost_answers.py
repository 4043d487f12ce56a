"""An answer is lost, at any step: the company file holds the document once all the same, and its books are right."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from connections import polling
from connections.models import PolledCall
from syncs import posting
from syncs.models import LedgerDocument, PostingAttempt
from tenants.scope import tenant_scope
from tests.connections.providers.quickbooks_desktop.conftest import LARKSPUR
from tests.connections.providers.quickbooks_desktop.storm import lost_answers

POSTED = LedgerDocument.State.POSTED


@pytest.fixture
def one(desktop):
    made = desktop()
    made.read_lists()
    with tenant_scope(made.tenant):
        made.before = made.balance("Checking")
        yield made


@pytest.mark.parametrize(
    ("arrange", "phases"),
    [
        pytest.param(lambda one: one.lose("drop-after-commit", "qbxml"), ["done"], id="after QuickBooks did it"),
        pytest.param(lambda one: one.lose("drop-before-commit", "qbxml"), ["done"], id="before QuickBooks heard of it"),
        pytest.param(lambda one: one.lose("drop-after-commit", "sendRequestXML"), ["done"], id="on its way out"),
        pytest.param(lambda one: one.lose("drop-before-commit", "receiveResponseXML"), ["done"], id="on its way back"),
        pytest.param(lambda one: one.lose("drop-after-commit", "receiveResponseXML"), ["done"], id="our word for it"),
        pytest.param(lambda one: one.lose_with_memory(), ["found"], id="with what QuickBooks kept of it"),
        pytest.param(lambda one: one.trouble("crash", "JournalEntryAdd"), ["found"], id="with QuickBooks itself"),
    ],
)
def test_a_lost_answer_makes_one_document(one, arrange, phases):
    document = one.plan(one.journal())[0]
    one.post(document)
    arrange(one)
    one.settle()
    document.refresh_from_db()
    assert (document.state, document.problem_code) == (POSTED, "")
    assert [each["RefNumber"] for each in one.documents()] == ["12395580393"]
    assert one.balance("Checking") - one.before == Decimal("86.25")
    tried = PostingAttempt.objects.filter(document=document).exclude(phase="lost").order_by("number")
    assert list(tried.values_list("phase", flat=True)) == phases


def test_a_half_answer_is_asked_for_again(one):
    document = one.plan(one.journal())[0]
    one.post(document)
    one.twins.fault("quickbooks_desktop", "malformed", "qbxml", count=1)
    one.settle()
    document.refresh_from_db()
    assert document.state == POSTED
    assert len(one.documents()) == 1


@pytest.mark.parametrize("kind", ["3175", "3180"])
def test_what_somebody_has_open_is_tried_again_by_itself(one, kind):
    document = one.plan(one.journal())[0]
    one.post(document)
    one.trouble(kind, "JournalEntryAdd")
    one.poll()
    waiting = PolledCall.objects.get(writes=True)
    assert (waiting.state, waiting.times_sent) == ("queued", 1)
    PolledCall.objects.filter(pk=waiting.pk).update(not_before=None)
    one.settle()
    document.refresh_from_db()
    assert document.state == POSTED
    assert len(one.documents()) == 1


@pytest.mark.parametrize(("kind", "code"), [("3175", "quickbooks_desktop.in_use"), ("3180", "quickbooks_desktop.not_saved")])
def test_what_can_never_be_saved_is_told_in_quickbooks_words(one, kind, code):
    document = one.plan(one.journal())[0]
    one.post(document)
    one.trouble(kind, "JournalEntryAdd", count=100)
    for _visit in range(polling.MOST_TIMES):
        PolledCall.objects.update(not_before=None)
        one.poll()
        posting.resume()
    document.refresh_from_db()
    assert (document.state, document.problem_code) == (LedgerDocument.State.HELD, code)
    assert "There was an error when saving" in document.problem_params["detail"]
    assert PolledCall.objects.get(writes=True).times_sent == polling.MOST_TIMES


@pytest.mark.parametrize("status", ["²", "--1", "9" * 5000, ""])
def test_an_answer_whose_status_is_no_number_says_nothing_of_the_books(one, status):
    document = one.plan(one.journal())[0]
    one.post(document)
    ticket = one.log_in()
    sent = one.say("sendRequestXML", ticket=ticket, strHCPResponse=LARKSPUR)
    request_id = re.search(r'JournalEntryAddRq requestID="([^"]+)"', sent)[1]
    made = f'<JournalEntryAddRs requestID="{request_id}" statusCode="{status}"/><OtherRs requestID="².1"/>'
    one.say("receiveResponseXML", ticket=ticket, response=f"<QBXML><QBXMLMsgsRs>{made}</QBXMLMsgsRs></QBXML>")
    posting.resume()
    document.refresh_from_db()
    assert document.state == LedgerDocument.State.UNKNOWN
    one.settle()
    document.refresh_from_db()
    assert document.state == POSTED
    assert len(one.documents()) == 1


def test_many_postings_in_a_storm_of_lost_answers(one):
    """The same function, with more of everything, is what a fault run calls."""
    outcome = lost_answers(one, postings=12, seed=20261130)
    assert outcome.documents == outcome.asked == 12
    assert outcome.balance == outcome.expected
    assert outcome.lost > 3
