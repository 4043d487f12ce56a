"""After a change of marketplaces or start: which settlements that are here already belong in, and which are left out.

What a person excluded stays excluded: the audit trail says who did it. What is posted stays posted.
"""

from __future__ import annotations

from reconciliation import ingest, scopes, services, state
from reconciliation.models import Settlement
from syncs.models import Integration, LedgerDocument
from tenants.models import AuditEvent
from tenants.news import audit

LEFT_OUT, TAKEN_IN, BY_PERSON = "settlement.left_out", "settlement.taken_in", "settlement.excluded"
_State = Settlement.State


def sort_again(integration: Integration) -> int:
    """Look at every settlement of the source again. Returns how many were taken in and wait to be composed."""
    rows = Settlement.objects.filter(source_id=integration.source_id).exclude(state__in=[_State.SUPERSEDED, _State.REFUSED])
    return sum(_sort(integration, settlement) for settlement in rows.select_related("integration"))


def _sort(integration: Integration, settlement: Settlement) -> bool:
    """True when the settlement is in and was not before, or changed hands."""
    owner = scopes.owner(integration, settlement.marketplace, settlement.currency)
    reason = ingest.left_out(settlement, owner)
    if settlement.state != _State.EXCLUDED:
        if reason:
            _leave_out(settlement, reason)
            return False
        return _hand_over(settlement, owner)
    if reason or _excluded_by_person(settlement):
        return False
    _hand_over(settlement, owner)
    settlement.state, settlement.excluded_reason = _State.IMPORTING, ""
    settlement.save(update_fields=["state", "excluded_reason"])
    audit(TAKEN_IN, settlement, before={"state": _State.EXCLUDED}, after={"state": settlement.state})
    return True


def _leave_out(settlement: Settlement, reason: str) -> None:
    if _begun(settlement):
        return
    services.exclude(settlement=settlement, reason=reason)
    audit(LEFT_OUT, settlement, after={"state": settlement.state}, reason=reason)


def _hand_over(settlement: Settlement, owner: Integration | None) -> bool:
    if owner is None or settlement.integration_id == owner.pk or _begun(settlement):
        return False
    before = settlement.integration.public_id if settlement.integration else ""
    settlement.integration = owner
    settlement.save(update_fields=["integration"])
    audit("settlement.handed_over", settlement, before={"integration": before}, after={"integration": owner.public_id})
    return True


def _begun(settlement: Settlement) -> bool:
    """Whether anything of it stands in the ledger, or may."""
    return state.documents_of(settlement).exclude(state=LedgerDocument.State.PLANNED).exists()


def _excluded_by_person(settlement: Settlement) -> bool:
    about = AuditEvent.objects.filter(subject_id=settlement.public_id, action__in=[LEFT_OUT, TAKEN_IN, BY_PERSON])
    return about.order_by("-id").values_list("action", flat=True).first() == BY_PERSON
