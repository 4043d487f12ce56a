"""What people edit and delete in a company file is noticed, though nobody there can be called."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connections import changes, registry
from connections.contracts import ChangeFeed, Concern
from connections.errors import Failure, FailureKind
from connections.http import door_for
from connections.models import Connection, PolledCall
from connections.providers.quickbooks_desktop import changes as desktop_changes
from syncs import dispatch, posting
from syncs.models import LedgerDocument
from syncs.posting import reading
from tenants.clock import now
from tenants.scope import tenant_scope


@pytest.fixture
def one(desktop, settings):
    settings.POSTING_CONFIRM_SECONDS = 0
    made = desktop()
    made.read_lists()
    with tenant_scope(made.tenant):
        yield made


def posted(one, *refs):
    rows = [one.plan(one.journal(sales=f"{place + 100}.00"), ref=ref)[0] for place, ref in enumerate(refs)]
    one.post(*rows)
    one.settle()
    return [LedgerDocument.objects.get(pk=row.pk) for row in rows]


def followed(one, visits=6):
    for _visit in range(visits):
        try:
            return posting.follow(ledger=one.fresh())
        except Failure as failure:
            if failure.kind is not FailureKind.QUEUED:
                raise
        one.poll()
    raise AssertionError("not followed in six visits")


def a_day_later(one):
    """What was read is a day old; the computer's own clock and that of the web server go on as they are."""
    day = timedelta(hours=25)
    PolledCall.objects.filter(writes=False).update(answered_at=now() - day)
    Connection.objects.filter(pk=one.connection.pk).update(changes_read_at=now() - day)


def noticed():
    return dict(LedgerDocument.objects.exclude(problem_code="").values_list("external_id", "problem_code"))


def test_edits_and_deletions_are_noticed_and_our_own_writes_are_none(one):
    edited, deleted, left = posted(one, "12395580391", "12395580392", "12395580393")
    done = followed(one)
    assert (done.changes, done.compared, noticed()) == (3, 0, {})
    one.command("edit", kind="JournalEntry", id=edited.external_id, changes={"TxnDate": "2026-11-13"})
    one.command("delete", kind="JournalEntry", id=deleted.external_id)
    a_day_later(one)
    done = followed(one)
    assert done.compared == 2
    assert noticed() == {edited.external_id: reading.DIFFERS, deleted.external_id: reading.VANISHED}
    assert left.external_id not in noticed()


def test_one_visit_brings_every_kind_of_change(one):
    posted(one, "12395580391")
    target, earliest = registry.provider("quickbooks_desktop").target, datetime(2026, 11, 1, tzinfo=UTC)
    types = ["journal_entry", "payment", "invoice"]

    def ask():
        return list(target.changes(door_for(one.fresh()), one.fresh().account(), types, since=earliest))

    with pytest.raises(Failure):
        ask()
    waiting = PolledCall.objects.filter(operation__in=["changes", "deletions"])
    assert waiting.count() == 5  # a payment may be either of two transactions
    one.poll()
    pages = ask()
    assert [(page.document_type, len(page.changes), page.complete) for page in pages] == [
        ("journal_entry", 1, True), ("payment", 0, True), ("invoice", 0, True),
    ]  # fmt: skip


def test_a_reading_is_due_once_a_day_and_goes_on_when_its_answers_come(one, monkeypatch):
    posted(one, "12395580391")
    followed(one)
    assert changes.due() == []
    sent = []
    monkeypatch.setattr(dispatch, "send", lambda task, *_given: sent.append(task) or True)
    a_day_later(one)
    assert posting.follow_due() == 0
    one.poll()
    assert dispatch.FOLLOW_TASK in sent
    assert posting.follow_due() == 1
    assert changes.due() == []


def test_a_moment_long_ago_cannot_tell_every_deletion(one):
    posted(one, "12395580391")
    old = datetime(2026, 1, 1, tzinfo=UTC)

    target, account = registry.provider("quickbooks_desktop").target, one.fresh().account()
    with pytest.raises(Failure):
        list(target.changes(door_for(one.fresh()), account, ["journal_entry"], since=old))
    one.poll()
    (page,) = target.changes(door_for(one.fresh()), account, ["journal_entry"], since=old)
    assert (len(page.changes), page.complete) == (1, False)


def test_what_a_word_of_theirs_is_about():
    assert isinstance(registry.provider("quickbooks_desktop").target, ChangeFeed)
    said = {kind: desktop_changes.concerns(kind) for kind in ("journalentry", "arrefundcreditcard", "item", "bill")}
    assert list(said.values()) == [Concern.DOCUMENTS, Concern.DOCUMENTS, Concern.REFERENCES, Concern.NOTHING]
