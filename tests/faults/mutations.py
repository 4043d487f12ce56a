"""Taking out one guard at a time, in a worker under test: whoever takes it out of the product must see red.

Each of these undoes what one guard does and leaves everything else as it is. Only the worker in this folder
reads the variable; the product has no such switch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

VARIABLE = "TIEOUT_TEST_MUTATION"


def take_out(guard: str) -> None:
    """Take the named guard out of this process; "" takes out nothing."""
    if guard:
        GUARDS[guard]()


def _find() -> None:
    """The ledger is never asked whether it has a document: what was sent and not answered for counts as lost."""
    from connections.providers.quickbooks_online.provider import QuickBooksTarget

    QuickBooksTarget.find = lambda *_given, **_more: {}  # type: ignore[method-assign]


def _claim() -> None:
    """Nobody minds whether another worker has the document."""
    from syncs.models import PostingAttempt
    from syncs.posting import claims, create, records
    from tenants import clock

    def mark_sent(ready: Sequence[Any]) -> list[Any]:
        for claim in ready:
            claim.attempt.phase, claim.attempt.sent_at = PostingAttempt.Phase.SENT, clock.now()
            claim.attempt.save(update_fields=["phase", "sent_at"])
        return list(ready)

    claims.is_leased = lambda *_given: False
    records.still_mine = lambda _claim: True
    create._mark_sent = mark_sent


def _refresh_lock() -> None:
    """Whoever finds an old token asks for a new one, at the same time as everybody else."""
    from connections import tokens
    from connections.models import Grant

    @contextmanager
    def turn(_grant: Grant) -> Iterator[None]:
        yield

    def claim(grant: Grant, _stale: int, lease: str) -> tokens.Held:
        Grant.objects.filter(pk=grant.pk).update(refreshing_by=lease)
        return tokens.load(grant)

    tokens._turn = turn
    tokens._claim = claim  # type: ignore[assignment]


def _tenant_assertion() -> None:
    """Session and code may work for different tenants."""
    from tenants.postgres.base import DatabaseWrapper

    DatabaseWrapper._assert_same_tenant = lambda _self: None  # type: ignore[method-assign]


GUARDS: dict[str, Callable[[], None]] = {
    "find": _find,
    "claim": _claim,
    "refresh lock": _refresh_lock,
    "tenant assertion": _tenant_assertion,
}
