"""Hanging a settlement's own file, and a line of history, on the document it was posted as, where a ledger keeps such.

A courtesy to whoever opens the document there: nothing depends on it, a failure changes nothing, and it is tried
once. That it is tried is written down before the first call, so that no crash or second message doubles a note.
"""

from __future__ import annotations

import logging

from django.db import transaction

from canonical.problems import Refused
from connections.contracts import Annotates, Attachment
from connections.errors import Failure
from connections.http import door_for
from connections.models import Connection
from connections.registry import provider
from connections.wake import wake_row
from reconciliation.files import source_of
from reconciliation.following import settlement_of
from reconciliation.models import Settlement
from syncs.documents import posting_key
from syncs.models import LedgerDocument
from tenants.models import AuditEvent, Event
from tenants.news import audit, subject_of
from tenants.outbox import subscribe

logger = logging.getLogger(__name__)
TASK = "reconciliation.annotate"
ANNOTATED = "document.annotated"
LARGEST = 10 * 1024 * 1024  # bytes of one file: what ledgers take at most
_KINDS = {"csv": "text/csv", "tsv": "text/tab-separated-values", "txt": "text/tab-separated-values"}


@subscribe("document.posted")
def ask(event: Event) -> None:
    """Have a worker do it, where the ledger keeps such things."""
    document = (
        LedgerDocument.objects.filter(public_id=event.subject_id, source_kind="settlement").select_related("ledger").first()
    )
    if document is not None and isinstance(provider(document.ledger.provider).target, Annotates):
        wake_row(TASK, document)


def annotate(*, document: LedgerDocument) -> bool:
    """Hang file and note on a settlement's document that stands in its ledger; True when both arrived."""
    target = provider(document.ledger.provider).target
    settlement = settlement_of(document)
    if settlement is None or not isinstance(target, Annotates) or not _first_time(document):
        return False
    ledger: Connection = document.ledger
    try:
        target.annotate(
            door_for(ledger),
            ledger.account(),
            document.document_type,
            document.external_id,
            files=_files(settlement),
            note=_note(document, settlement),
            request_id=posting_key(document).request_id("annotate", document.epoch),
        )
    except (Failure, Refused, OSError) as failure:
        logger.info("document %s stays without its file: %s", document.public_id, failure)
        return False
    return True


@transaction.atomic
def _first_time(document: LedgerDocument) -> bool:
    """Claim it. A document that was undone and posted again is another one over there."""
    locked: LedgerDocument = LedgerDocument.objects.select_for_update().get(pk=document.pk)
    if locked.state != LedgerDocument.State.POSTED or not locked.external_id:
        return False
    type_, subject = subject_of(locked)
    done = AuditEvent.objects.filter(
        action=ANNOTATED, subject_type=type_, subject_id=subject, after__external_id=locked.external_id
    )
    if done.exists():
        return False
    audit(ANNOTATED, locked, after={"external_id": locked.external_id})
    return True


def _files(settlement: Settlement) -> list[Attachment]:
    """The file as text, if it is not larger than ledgers take."""
    document = settlement.document
    content = b""
    for chunk in source_of(document).chunks():
        content += chunk
        if len(content) > LARGEST:
            return []
    name = (document.file_name or f"settlement-{settlement.settlement_id}.txt").removesuffix(".gz")
    return [Attachment(name, content, _KINDS.get(name.rpartition(".")[2].lower(), "text/plain"))]


def _note(document: LedgerDocument, settlement: Settlement) -> str:
    """In English: it is read by whoever opens the history in the ledger, not by the person who posts."""
    revision = document.current_revision
    total = f", {revision.total:f} {revision.currency}" if revision is not None else ""
    return (
        f"Posted by Tieout: settlement {settlement.settlement_id}{total}, {settlement.row_count or 0} rows; the file is attached."
    )
