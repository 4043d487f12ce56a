"""What the errors inbox must know of settlements: where each trouble is mended, and what stands in a retry's way."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from reconciliation.models import Settlement
from reconciliation.state import documents_of
from syncs import posting
from syncs.inbox import mending, places
from syncs.models import LedgerDocument, WorkItem
from tenants.news import current_actor


def release_documents(item: WorkItem) -> None:
    """A posting that was held is tried again: its held documents must be free to be posted."""
    settlement = Settlement.objects.select_related("integration").filter(pk=item.input.get("settlement")).first()
    for document in documents_of(settlement) if settlement else ():
        if document.state == LedgerDocument.State.HELD:
            posting.release(document=document, by=current_actor().user)


def page_of_document(public_id: str) -> str:
    """The settlement whose document this is."""
    document = LedgerDocument.objects.filter(public_id=public_id, source_kind="settlement").first()
    if document is None:
        return ""
    found = Settlement.objects.filter(source=document.source_id, settlement_id=document.source_ref)
    latest = found.exclude(state=Settlement.State.SUPERSEDED).order_by("-revision").first()
    return str(latest.public_id) if latest else ""


def register_all() -> None:
    """Called once from AppConfig.ready()."""
    for code in ("compose.unmapped", "compose.unknown_rows", "compose.no_payout_account", "compose.tax", "mapping."):
        places.tell(code, _("Choose the account"), "settlement", key="page", anchor="todo")
    places.show("ledgerdocument", _("Open the settlement"), "settlement", page_of_document)
    mending.prepare("ledger.post@1", release_documents)
