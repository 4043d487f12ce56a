"""What the news of a document means for its settlement: told in the outbox's round, for receivers that think in settlements.

A settlement's state is derived from its documents, so nobody writes it down; here it becomes an event of
its own whenever a document moved. Asked twice for the same news it tells once.
"""

from __future__ import annotations

from reconciliation import state
from reconciliation.models import Settlement
from syncs.models import LedgerDocument
from tenants.models import Event
from tenants.news import publish
from tenants.outbox import subscribe

_State = Settlement.State
# The states of a settlement that a document can bring about. Those before posting are told where they are decided.
_TOLD = (_State.POSTED, _State.PARTIALLY_POSTED, _State.FAILED, _State.CHANGED)
UNDONE = "settlement.undone"


@subscribe("document.posted", "document.held", "document.undone", "document.changed")
def tell_settlement(event: Event) -> None:
    """Publish settlement.posted, .partially_posted, .failed, .changed or .undone when a document's news makes it so."""
    document = LedgerDocument.objects.filter(public_id=event.subject_id, source_kind="settlement").first()
    settlement = settlement_of(document) if document is not None else None
    if settlement is None:
        return
    type_ = _type(settlement, undone=event.type == "document.undone")
    if type_ and not _told_since(settlement, type_, event):
        publish(type_, settlement, because=event.public_id)


def settlement_of(document: LedgerDocument) -> Settlement | None:
    found: Settlement | None = (
        Settlement.objects.filter(
            source_id=document.source_id, settlement_id=document.source_ref, integration__ledger_id=document.ledger_id
        )
        .exclude(state=_State.SUPERSEDED)
        .order_by("-revision")
        .first()
    )
    return found


def _type(settlement: Settlement, *, undone: bool) -> str:
    now = state.shown(settlement)
    if now in _TOLD:
        return f"settlement.{now}"
    standing = state.documents_of(settlement).exclude(state__in=[LedgerDocument.State.PLANNED, LedgerDocument.State.HELD])
    return UNDONE if undone and not standing.exists() else ""


def _told_since(settlement: Settlement, type_: str, event: Event) -> bool:
    """Whether the settlement's latest news is this already, and not older than what the document told."""
    latest = (
        Event.objects.filter(subject_type="settlement", subject_id=settlement.public_id, type__in=[*_names(), UNDONE])
        .order_by("-id")
        .first()
    )
    return latest is not None and latest.type == type_ and latest.pk > event.pk


def _names() -> list[str]:
    return [f"settlement.{each}" for each in _TOLD]
