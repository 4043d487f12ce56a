"""Taking out one guard at a time: whoever takes it out of the product must see red.

Each of these undoes what one guard does and leaves everything else as it is. In a worker under test a variable says
which, and only the worker in this folder reads it; in the test's own process `without_look_up` takes one ledger's
look-up out. The product has no such switch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

VARIABLE = "TIEOUT_TEST_MUTATION"


def take_out(guard: str) -> None:
    """Take the named guard out of this process; "" takes out nothing."""
    if guard:
        GUARDS[guard]()


def _find() -> None:
    """The ledger is never asked whether it has a document: what was sent and not answered for counts as lost."""
    for owner, name, instead in _look_ups("quickbooks_online"):
        setattr(owner, name, instead)


def without_look_up(provider: str, patch: Any) -> None:
    """Until the end of the test (`patch` is its monkeypatch) a ledger is never asked whether it has a document."""
    for owner, name, instead in _look_ups(provider):
        patch.setattr(owner, name, instead)


def _look_ups(provider: str) -> Iterator[tuple[Any, str, Callable[..., Any]]]:
    """Everything by which a provider looks for a document before it would be written (again), and what is said instead."""
    from connections import registry

    yield type(registry.provider(provider).target), "find", lambda *_given, **_more: {}
    for module, owner, name, instead in LOOK_UPS[provider]:
        found = import_module(f"connections.providers.{provider}.{module}")
        yield (getattr(found, owner) if owner else found), name, instead


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


def _nothing_held(_finder: Any, request: Any) -> Any:
    kinds = import_module("connections.providers.kashflow.kinds")
    return kinds.Held(request.document.document_type)


# What looks besides Target.find: module, class ("" for none), name, and what it says instead.
LOOK_UPS: dict[str, tuple[tuple[str, str, str, Callable[..., Any]], ...]] = {
    "quickbooks_online": (),
    "xero": (),
    "kashflow": (("finding", "Finder", "held", _nothing_held),),
    "quickbooks_desktop": (("posting", "", "find", lambda *_given: {}),),
}

GUARDS: dict[str, Callable[[], None]] = {
    "find": _find,
    "claim": _claim,
    "refresh lock": _refresh_lock,
    "tenant assertion": _tenant_assertion,
}
