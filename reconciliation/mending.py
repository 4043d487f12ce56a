"""What the errors inbox must know of settlements: where each trouble is mended, and what stands in a retry's way."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from connections import selectors as connection_selectors
from reconciliation.engine.orders import NO_ITEM
from reconciliation.models import Settlement
from reconciliation.orders.services import choose_item
from reconciliation.state import documents_of
from syncs import posting
from syncs.inbox import mending, places, remedies
from syncs.inbox.remedies import Remedy
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


def items_of(item: WorkItem) -> list[tuple[str, str]]:
    """The active items of the ledger that a record goes to."""
    rows = connection_selectors.references(connection=item.integration.ledger, kind="item")
    return [(row.external_id, row.name) for row in rows]


def this_item(item: WorkItem, choice: str) -> None:
    """The SKU that the record is held for is this item, from now on."""
    choose_item(integration=item.integration, sku=str(item.problem_params["sku"]), item_id=choice)


def register_all() -> None:
    """Called once from AppConfig.ready()."""
    remedies.offer(NO_ITEM, Remedy(_("Which item of the ledger it is"), items_of, this_item))
    places.tell_record("ord", _("Open the order"), "order")
    for code in ("compose.unmapped", "compose.unknown_rows", "compose.no_payout_account", "compose.tax", "mapping."):
        places.tell(code, _("Choose the account"), "settlement", key="page", anchor="todo")
    places.show("ledgerdocument", _("Open the settlement"), "settlement", page_of_document)
    mending.prepare("ledger.post@1", release_documents)
