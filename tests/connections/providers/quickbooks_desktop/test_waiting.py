"""The door behind which requests wait: one row an intent, whoever asks how often, and what may not be asked at all."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connections import blobs, polling, services, upkeep
from connections.contracts import ParcelKind
from connections.errors import Failure, FailureKind
from connections.http import door_for
from connections.models import ApiCall, PolledCall, ReferenceCopy
from syncs import posting
from syncs.models import LedgerDocument
from tenants import stops
from tenants.clock import now
from tenants.models import User
from tenants.news import Actor, acting
from tenants.scope import tenant_scope

JOURNAL = b"<JournalEntryAddRq><JournalEntryAdd/></JournalEntryAddRq>"


@pytest.fixture
def one(desktop):
    made = desktop()
    with tenant_scope(made.tenant):
        yield made


def refused(one, content=JOURNAL, mode="live", **asked):
    with pytest.raises(Failure) as failure:
        door_for(one.fresh(), mode).ask("journal", content, **asked)
    return failure.value.kind


def test_the_same_intent_is_one_row_however_often_it_is_asked_for(one):
    for _time in range(3):
        assert refused(one, key="tie-1", writes=True) is FailureKind.QUEUED
        assert refused(one, content=b"<HostQueryRq/>") is FailureKind.QUEUED
    assert PolledCall.objects.filter(key="tie-1").count() == 1
    assert PolledCall.objects.filter(operation="journal", writes=False).count() == 1


def test_only_a_live_run_writes_and_nothing_is_written_without_a_key(one):
    assert refused(one, mode="test", key="tie-1", writes=True) is FailureKind.WRITES_REFUSED
    with pytest.raises(ValueError):
        door_for(one.fresh()).ask("journal", JOURNAL, writes=True)
    assert not PolledCall.objects.filter(writes=True).exists()


def test_a_stop_on_writing_lets_nothing_new_in_and_nothing_waiting_out(one):
    assert refused(one, key="tie-before", writes=True) is FailureKind.QUEUED
    operator = User.objects.create_user("op@tieout.test", "a long enough password", name="Op", is_staff=True)
    with acting(Actor(user=operator, kind="operator")):
        stops.stop_writes(tenant=one.tenant, lasts=timedelta(hours=1), reason="a wrong mapping")
    assert refused(one, key="tie-after", writes=True) is FailureKind.BREAKER_OPEN
    one.poll()
    assert PolledCall.objects.get(writes=True).state == "queued"
    assert PolledCall.objects.filter(writes=False, state="answered").count() == 4  # reading goes on


def test_a_paused_connection_is_asked_nothing_new_and_hands_nothing_out(one):
    services.pause(connection=one.fresh())
    assert refused(one, key="tie-1", writes=True) is FailureKind.NEEDS_RECONNECT
    assert one.poll()["outcome"] == "none"
    services.resume(connection=one.fresh())
    assert one.poll()["outcome"] == "done"


def test_every_exchange_is_in_the_log_with_its_masked_bodies(one):
    one.poll()
    calls = ApiCall.objects.order_by("at")
    assert {call.method for call in calls} == {"POLL"}
    assert calls[0].operation == "reads (2)"
    assert calls[0].request_blob is not None
    assert calls[0].response_blob is not None


def test_what_was_said_is_forgotten_and_that_it_was_done_is_not(one):
    one.read_lists()
    document = one.plan(one.journal())[0]
    one.post(document)
    one.settle()
    upkeep.forget_polled(now() + timedelta(days=40))
    assert not PolledCall.objects.filter(writes=False, state="answered").exists()
    left = PolledCall.objects.get(writes=True)
    assert (left.state, left.response_blob) == ("answered", None)
    assert blobs.read(left.request_blob) == b"forgotten"
    assert door_for(one.fresh()).ask("journal", JOURNAL, key=left.key, writes=True).content == b""


def test_a_long_list_that_breaks_off_is_read_from_its_beginning(one, monkeypatch):
    from connections.providers.quickbooks_desktop import lists

    PolledCall.objects.all().delete()
    monkeypatch.setattr(lists, "PAGE", 2)
    one.trouble("kill")
    one.read_lists()
    items = PolledCall.objects.get(operation="list.item")
    assert items.state == "answered"
    assert items.times_sent > 1


def test_a_list_that_quickbooks_does_not_show_leaves_the_copy_as_it_is(one):
    one.read_lists()
    items = ReferenceCopy.objects.filter(kind="item", active=True)
    before = items.count()
    PolledCall.objects.all().delete()
    one.trouble("3260", "ItemQuery", count=50)
    for _visit in range(4):
        assert not upkeep.refreshed(one.fresh())
        one.poll()
    assert items.count() == before > 0


def test_two_computers_with_one_password_never_write_twice(one, settings):
    """The second one comes while the first has fetched, but not yet handed over, what is to be written."""
    settings.POLL_SETTLE_SECONDS = 60
    one.read_lists()
    document = one.plan(one.journal())[0]
    one.post(document)
    desk = polling.FrontDesk("quickbooks_desktop")
    first = desk.enter(user=one.user, password=one.password, client="")
    with desk.visit(first) as visit:
        visit.pin(visit.pinned)
        taken = visit.parcel()
    assert taken.kind is ParcelKind.WRITES
    one.post(one.plan(one.journal(), ref="2")[0])
    second = desk.enter(user=one.user, password=one.password, client="")
    with desk.visit(second) as visit:
        visit.pin(visit.pinned)
        assert visit.parcel() is None
    assert PolledCall.objects.filter(writes=True).values_list("state", flat=True).order_by("pk")[0] == "sent"
    settings.POLL_SETTLE_SECONDS = 0
    one.settle()
    posting.resume()
    assert sorted(each["RefNumber"] for each in one.documents()) == ["12395580393", "2"]
    assert set(LedgerDocument.objects.values_list("state", flat=True)) == {"posted"}
