"""When providers call us: verify, store, acknowledge; read up later.

A notice is only a hint. Nothing in it is believed but "something changed": a worker then reads the
ledger's changes. What cannot be stored is not acknowledged, so that the provider sends it again.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from django.db import transaction

from connections import blobs, registry, signals
from connections.calls import retention
from connections.contracts import ORDERS, SETTLEMENTS, ChangeFeed, Concern, Environment, Notice
from connections.models import AccountRoute, Connection, InboundNotice, RawBlob
from connections.wake import wake
from tenants.clock import now
from tenants.scope import tenant_scope

logger = logging.getLogger(__name__)

# Who compares documents with their ledger; known by name alone. Changes come in bursts, so it waits a little.
FOLLOW, SETTLING = "syncs.tasks.follow_ledger", timedelta(seconds=20)
_STALE = {Concern.DOCUMENTS: "changes_stale_at", Concern.REFERENCES: "reference_stale_at"}


class Receipt(Enum):
    """What to answer the caller."""

    TAKEN = 200
    NO_SUCH = 404
    NOT_THEIRS = 401
    UNREADABLE = 400


@dataclass(frozen=True, slots=True)
class _Delivery:
    provider: str
    environments: Sequence[Environment]
    body: bytes
    media_type: str
    notices: Sequence[Notice]


def receive(*, provider: str, headers: Mapping[str, str], body: bytes) -> Receipt:
    """Take one delivery. Header names are lower case. Storage errors pass through: then it is not acknowledged."""
    if provider not in registry.PROVIDERS or registry.provider(provider).receiver is None:
        return Receipt.NO_SUCH
    environments = _signed_for(provider, headers, body)
    if not environments:
        logger.warning("a delivery for %s has no valid signature", provider)
        return Receipt.NOT_THEIRS
    receiver = registry.provider(provider).receiver
    try:
        notices = receiver.notices(body) if receiver else []
    except ValueError:
        logger.warning("a signed delivery from %s cannot be read", provider)
        return Receipt.UNREADABLE
    store(provider=provider, environments=environments, body=body, media_type=headers.get("content-type", ""), notices=notices)
    return Receipt.TAKEN


def store(
    *, provider: str, environments: Sequence[Environment], body: bytes, media_type: str, notices: Sequence[Notice]
) -> list[str]:
    """Store what one delivery or message tells, each account's in its own tenant; the accounts that nobody here has."""
    return _store(_Delivery(provider, environments, body, media_type, notices))


def hand_on(*, connection: Connection) -> dict[str, int]:
    """Have what waits for a source looked at: by whoever follows the stream that a notice names.

    A kind that nobody follows is set aside as ignored, and stays to be seen. Returns how many went which way.
    """
    with transaction.atomic():
        waiting = InboundNotice.objects.select_for_update(skip_locked=True).filter(connection=connection, state="waiting")
        kinds: dict[int, str] = dict(waiting.values_list("pk", "kind"))
        if not kinds:
            return {}
        answers = signals.noticed.send(Connection, connection=connection, kinds=Counter(kinds.values()))
        seen_to = {kind for _receiver, kept in answers for kind in kept or ()}
        turns = {pk: _turn(kind, seen_to) for pk, kind in kinds.items()}
        for turn in {"done", "ignored"}:
            InboundNotice.objects.filter(pk__in=[pk for pk, way in turns.items() if way == turn]).update(state=turn)
    return dict(Counter(turns.values()))


def _turn(kind: str, seen_to: set[str]) -> str:
    if kind in seen_to:
        return "waiting"
    return "done" if kind in (ORDERS, SETTLEMENTS) else "ignored"


def process(*, connection: Connection) -> int:
    """Work through what waits for a connection: mark what must be read again. Returns how many were done."""
    at = now()
    with transaction.atomic():
        waiting = InboundNotice.objects.select_for_update(skip_locked=True).filter(connection=connection, state="waiting")
        kinds = dict(waiting.values_list("pk", "kind"))
        concerned = {_concern(connection, kind) for kind in set(kinds.values())}
        stale = {_STALE[concern]: at for concern in concerned if concern in _STALE}
        if stale:
            Connection.objects.filter(pk=connection.pk).update(**stale)
        InboundNotice.objects.filter(pk__in=list(kinds)).update(state="done")
    if Concern.DOCUMENTS in concerned:
        wake(FOLLOW, connection, after=SETTLING)
    for field, value in stale.items():
        setattr(connection, field, value)
    return len(kinds)


def _concern(connection: Connection, kind: str) -> Concern:
    """What a notice is about; where a provider does not say, everything may have changed."""
    target = registry.provider(connection.provider).target
    return target.concerns(kind) if isinstance(target, ChangeFeed) else Concern.REFERENCES


def _signed_for(provider: str, headers: Mapping[str, str], body: bytes) -> list[Environment]:
    """The environments whose key signed this: one, unless an installation uses one key for several."""
    receiver = registry.provider(provider).receiver
    return [
        environment
        for environment in registry.environments(provider)
        if receiver is not None and receiver.verify(registry.endpoints(provider, environment), headers, body)
    ]


def _store(delivery: _Delivery) -> list[str]:
    """Each account's notices into its own tenant; one delivery may hold several accounts'."""
    nobodys: list[str] = []
    accounts = {notice.external_account for notice in delivery.notices}
    for account in sorted(accounts):
        mine = [notice for notice in delivery.notices if notice.external_account == account]
        route = AccountRoute.objects.filter(
            provider=delivery.provider, environment__in=delivery.environments, external_account=account
        ).first()
        if route is None:
            logger.info("a delivery from %s is for an account that nobody here has", delivery.provider)
            nobodys.append(account)
            continue
        with tenant_scope(route.tenant_id):
            _store_for(route.connection_id, delivery, mine, whole=len(accounts) == 1)
    return nobodys


def _store_for(connection_id: int, delivery: _Delivery, notices: Sequence[Notice], *, whole: bool) -> None:
    connection = Connection.objects.filter(pk=connection_id).first()
    if connection is None:
        return
    # A delivery that names other tenants' accounts is not kept in this one.
    blob = _keep(delivery) if whole else None
    rows = [
        InboundNotice(
            connection=connection,
            provider_event_id=notice.event_id[:120],
            kind=notice.kind[:40],
            external_id=notice.external_id[:120],
            operation=notice.operation[:20],
            blob=blob,
        ).named()
        for notice in notices
    ]
    InboundNotice.objects.bulk_create(rows, ignore_conflicts=True)
    wake("connections.process_notices", connection)


def _keep(delivery: _Delivery) -> RawBlob:
    media_type = delivery.media_type.partition(";")[0] or "application/json"
    return blobs.keep(delivery.body, media_type=media_type, origin=delivery.provider, delete_after=now() + retention())
