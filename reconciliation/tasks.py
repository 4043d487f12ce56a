"""Background work of reconciliation. Each task is a door: it enters a tenant and calls one function."""

from __future__ import annotations

from celery import shared_task

from reconciliation import annotating, services
from reconciliation.models import Settlement
from syncs.models import LedgerDocument
from tenants.scope import tenant_scope

COMPOSE_AGAIN = "reconciliation.compose_again"


@shared_task(name=COMPOSE_AGAIN)
def compose_again(tenant_id: int, settlement_id: int) -> None:
    """Compose a settlement's entry again from the kept file: for those who may not open files themselves."""
    with tenant_scope(tenant_id):
        settlement = Settlement.objects.select_related("integration", "source", "document__blob").get(pk=settlement_id)
        services.replan(settlement=settlement)


@shared_task(name=annotating.TASK)
def annotate(tenant_id: int, document_id: int) -> None:
    """Hang a settlement's file on the document that was just posted."""
    with tenant_scope(tenant_id):
        document = LedgerDocument.objects.select_related("ledger", "source", "current_revision").get(pk=document_id)
        annotating.annotate(document=document)
