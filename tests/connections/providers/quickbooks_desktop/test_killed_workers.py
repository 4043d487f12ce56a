"""A worker dies at any place of posting to a ledger that comes to us: before the queue, after it, after the answer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from connections.models import PolledCall
from syncs import hooks, posting
from syncs.models import LedgerDocument
from tenants.scope import tenant_scope


class Killed(BaseException):
    """Stands for kill -9: nothing of ours catches it, and open transactions are rolled back."""


def kill_at(point: str) -> Callable[[str], None]:
    """Die the first time the place is passed."""
    left = [point]

    def handler(passed: str) -> None:
        if left and passed == left[0]:
            left.clear()
            raise Killed

    return handler


def test_killed_anywhere_every_document_is_there_once(desktop, settings):
    settings.POSTING_LEASE_SECONDS = 0  # the dead worker's lease is over
    one = desktop()
    one.read_lists()
    with tenant_scope(one.tenant):
        before = one.balance("Checking")
        planned = []
        for number, point in enumerate(hooks.POSTING):
            document = one.plan(one.journal(), ref=f"88{number}")[0]
            planned.append(document)
            with suppress(Killed), hooks.during(kill_at(point)):
                one.post(document)
            if number % 3 == 0:
                one.trouble("lost-state", "JournalEntryAdd")
                one.lose("drop-after-commit", "qbxml")
            one.poll()
            with suppress(Killed), hooks.during(kill_at(point)):
                posting.resume()
        for document in planned:
            document.refresh_from_db()
            if document.state == LedgerDocument.State.PLANNED:  # it died before anything was claimed
                one.post(document)
        one.settle(12)
        assert set(LedgerDocument.objects.values_list("state", flat=True)) == {"posted"}
        assert sorted(each["RefNumber"] for each in one.documents()) == sorted(each.number for each in planned)
        assert one.balance("Checking") - before == sum(one.journal().lines[2].gross for _each in planned)
        assert not PolledCall.objects.filter(writes=True, state__in=["queued", "sent"]).exists()
