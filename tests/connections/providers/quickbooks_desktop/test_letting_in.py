"""Who is let in at the desk, whose books are open at the other end, and that two companies never meet."""

from __future__ import annotations

import threading

import httpx
import pytest

from connections import polling, services
from connections.models import PolledAccess, PolledCall, PollVisit
from syncs import posting
from syncs.models import LedgerDocument
from tenants.models import Alert
from tenants.scope import tenant_scope
from tests.connections.providers.quickbooks_desktop.conftest import ENVELOPE

NAMELESS = "<QBXML><QBXMLMsgsRs><HostQueryRs/><CompanyQueryRs statusCode='3260'/></QBXMLMsgsRs></QBXML>"


def ask(one, inside, head=""):
    return httpx.post(one.address, content=(head + ENVELOPE.format(inside)).encode(), trust_env=False)


def test_only_the_password_that_was_issued_last_lets_anybody_in(desktop):
    one = desktop()
    desk = polling.FrontDesk("quickbooks_desktop")
    assert desk.enter(user=one.user, password=one.password, client="")
    with tenant_scope(one.tenant):
        assert one.password not in str(PolledAccess.objects.values().get())
        second = polling.issue(connection=one.connection)
    assert desk.enter(user=one.user, password=one.password, client="") == ""
    assert desk.enter(user="tieout-" + "0" * 32, password=second, client="") == ""
    assert desk.enter(user=one.user, password=second, client="")
    with tenant_scope(one.tenant):
        services.disconnect(connection=one.fresh())
    assert desk.enter(user=one.user, password=second, client="") == ""
    assert one.poll()["outcome"] == "refused"


def test_a_wrong_password_is_told_until_the_right_one_comes(desktop):
    one = desktop()
    desk = polling.FrontDesk("quickbooks_desktop")
    for password, told in (("mistyped", "connection.visit_password"), (one.password, "")):
        desk.enter(user=one.user, password=password, client="")
        with tenant_scope(one.tenant):
            assert PolledAccess.objects.get().problem_code == told


def test_after_too_many_wrong_passwords_nobody_is_let_in(desktop):
    one = desktop()
    desk = polling.FrontDesk("quickbooks_desktop")
    for _guess in range(polling.GUESSES):
        assert desk.enter(user=one.user, password="a guess", client="") == ""
    assert desk.enter(user=one.user, password=one.password, client="") == ""


def test_a_ticket_is_of_one_visit_and_cannot_be_made_up(desktop):
    one = desktop()
    desk = polling.FrontDesk("quickbooks_desktop")
    first = desk.enter(user=one.user, password=one.password, client="")
    second = desk.enter(user=one.user, password=one.password, client="")
    assert first != second
    for ticket in ("", "1", "zz.x", f"{first.partition('.')[0]}.guess"):
        with desk.visit(ticket) as visit:
            assert visit is None
    with desk.visit(first) as visit:
        assert visit.parcel() is None  # the second visit has begun, so the first is over
    with desk.visit(second) as visit:
        visit.pin({"name": "Larkspur Trading Co"})
        assert visit.parcel() is not None
    with tenant_scope(one.tenant):
        assert PollVisit.objects.count() == 2
        assert first not in str(list(PollVisit.objects.values()))


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd">',
        "<deep>" * 300,
        "not xml",
    ],
)
def test_what_is_no_plain_call_is_refused(desktop, head):
    one = desktop()
    answer = ask(one, "<authenticate><strUserName>&b;</strUserName></authenticate>", head)
    assert answer.status_code == 400
    assert "Fault" in answer.text


def test_a_message_that_is_too_large_is_not_read(desktop):
    one = desktop()
    assert ask(one, "<x>" + "a" * (8 * 1024 * 1024 + 10) + "</x>").status_code == 413


def test_another_company_file_is_refused_in_words(desktop):
    one = desktop()
    one.read_lists()
    with tenant_scope(one.tenant):
        document = one.plan(one.journal())[0]
        one.post(document)
        one.command("open", instead="brindle")
        said = one.poll()
        assert "Brindle" in said["status"]
        assert PolledCall.objects.get(writes=True).state == "queued"
        assert Alert.objects.get(state="open").problem_code == "quickbooks_desktop.wrong_company"
        assert PolledAccess.objects.get().problem_code == "quickbooks_desktop.wrong_company"
        one.command("open", instead="larkspur")
        one.settle()
        document.refresh_from_db()
        assert document.state == LedgerDocument.State.POSTED
        assert not Alert.objects.filter(state="open").exists()
    assert one.twins.command("quickbooks_desktop", "documents", file="brindle", kind="JournalEntry")["documents"] == []


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        pytest.param("", "connection.books_not_shown", id="nothing"),
        pytest.param("<QBXML>&#1;broken", "quickbooks_desktop.company_not_shown", id="nothing readable"),
        pytest.param(NAMELESS, "quickbooks_desktop.company_not_shown", id="no company"),
    ],
)
def test_nothing_goes_out_before_it_is_known_which_company_file_is_open(desktop, stated, code):
    one = desktop()
    one.read_lists()
    with tenant_scope(one.tenant):
        document = one.plan(one.journal())[0]
        one.post(document)
        ticket = one.log_in()
        for _time in range(2):
            assert one.say("sendRequestXML", ticket=ticket, strHCPResponse=stated) == ""
        assert "which company file is open" in one.say("getLastError", ticket=ticket)
        assert PolledCall.objects.get(writes=True).state == "queued"
        assert Alert.objects.get(state="open").problem_code == PolledAccess.objects.get().problem_code == code
        one.settle()
        document.refresh_from_db()
        assert document.state == LedgerDocument.State.POSTED
        assert not Alert.objects.filter(state="open").exists()


def test_a_first_visit_that_names_no_company_binds_the_connection_to_none(desktop):
    one = desktop()
    assert one.say("sendRequestXML", ticket=one.log_in(), strHCPResponse=NAMELESS) == ""
    with tenant_scope(one.tenant):
        assert PolledAccess.objects.get().pinned == {}
        PolledAccess.objects.update(pinned={"name": "", "file_id": "", "product": ""})  # as one was bound before
        one.read_lists()
        assert PolledAccess.objects.get().pinned["name"] == "Larkspur Trading Co"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("modal", "quickbooks_desktop.dialog_open"),
        ("not-running", "quickbooks_desktop.cannot_start"),
        ("denied", "quickbooks_desktop.denied"),
    ],
)
def test_what_the_other_end_says_is_told_in_words(desktop, kind, code):
    one = desktop()
    one.trouble(kind)
    one.poll()
    with tenant_scope(one.tenant):
        assert PolledAccess.objects.get().problem_code == code
        assert not PolledCall.objects.exclude(state="queued").exists()
        one.read_lists()
        assert PolledAccess.objects.get().problem_code == ""


def test_two_companies_that_poll_at_once_never_see_each_others_work(desktop):
    both = [desktop(), desktop("brindle", "Other Ltd")]
    for one in both:
        one.read_lists()
    for one, sales in zip(both, ("100.00", "250.00"), strict=True):
        with tenant_scope(one.tenant):
            for number in range(3):
                one.post(one.plan(one.journal(sales=sales), ref=f"9{number}")[0])
    for _visit in range(2):
        threads = [threading.Thread(target=one.poll) for one in both]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for one in both:
            with tenant_scope(one.tenant):
                posting.resume()
    for one, amount in zip(both, ("86.25", "236.25"), strict=True):
        assert sorted(each["RefNumber"] for each in one.documents()) == ["90", "91", "92"]
        assert one.payouts() == [amount] * 3
        with tenant_scope(one.tenant):
            assert set(LedgerDocument.objects.values_list("state", flat=True)) == {"posted"}
