"""What a settlement's state is, derived from its documents.

The `state` column holds what was known before posting (needs mapping, ready, excluded ...). From
the moment a document exists in the ledger, the documents say it: nothing is written twice, so
nothing can disagree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When

from reconciliation.models import Settlement
from syncs.documents import CHANGED_AFTER_POSTING
from syncs.models import LedgerDocument
from tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class Shown(TypedDict):
    """What `with_state` adds to a settlement."""

    shown_state: str


_State = Settlement.State
_Doc = LedgerDocument.State
_MOVING = (_Doc.POSTING, _Doc.UNKNOWN, _Doc.UNDOING)


def documents_of(settlement: Settlement) -> QuerySet[LedgerDocument]:
    """The settlement's live documents in its integration's ledger, in posting order."""
    if settlement.integration is None:
        return LedgerDocument.objects.none()
    return (
        LedgerDocument.objects.filter(
            ledger_id=settlement.integration.ledger_id,
            source_id=settlement.source_id,
            source_kind="settlement",
            source_ref=settlement.settlement_id,
        )
        .exclude(state=_Doc.UNDONE)
        .select_related("current_revision")
        .order_by("part")
    )


def with_state(settlements: QuerySet[Settlement]) -> QuerySet[WithAnnotations[Settlement, Shown]]:
    """Annotate `shown_state`: the state a person sees, from the documents where there are any.

    Outside any tenant only the operator console may ask; `everywhere` sees to that.
    """
    rows = LedgerDocument.everywhere if current_tenant_id() is None else LedgerDocument.objects
    documents = rows.filter(
        tenant_id=OuterRef("tenant_id"),
        ledger_id=OuterRef("integration__ledger_id"),
        source_id=OuterRef("source_id"),
        source_kind="settlement",
        source_ref=OuterRef("settlement_id"),
    )
    superseded = Q(state=_State.SUPERSEDED)
    return settlements.annotate(
        shown_state=Case(
            When(superseded, then=F("state")),
            When(Exists(documents.filter(state__in=_MOVING)), then=Value(_State.POSTING.value)),
            When(
                Exists(documents.filter(state=_Doc.POSTED)) & Exists(documents.filter(state__in=[_Doc.PLANNED, _Doc.HELD])),
                then=Value(_State.PARTIALLY_POSTED.value),
            ),
            When(
                Exists(documents.filter(state=_Doc.POSTED, problem_code=CHANGED_AFTER_POSTING)), then=Value(_State.CHANGED.value)
            ),
            When(Exists(documents.filter(state=_Doc.POSTED)), then=Value(_State.POSTED.value)),
            When(Q(state=_State.READY) & Exists(documents.filter(state=_Doc.HELD)), then=Value(_State.FAILED.value)),
            default=F("state"),
            output_field=CharField(),
        )
    )


def shown(settlement: Settlement) -> str:
    """The state of one settlement, as `with_state` gives it for many."""
    return str(with_state(Settlement.objects.filter(pk=settlement.pk)).values_list("shown_state", flat=True).get())
