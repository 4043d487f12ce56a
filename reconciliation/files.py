"""A kept settlement file as the engine's source: decrypted and unpacked while it is read, never written out plain."""

from __future__ import annotations

from connections import blobs
from connections.models import SourceDocument
from reconciliation.engine import Source

# What a settlement file brought by hand is kept as; one that was fetched is a "settlement_report".
UPLOADED = "uploaded_settlement"


def source_of(document: SourceDocument) -> Source:
    """The document's bytes; they can be read more than once, each time from the kept file."""
    return Source(document.file_name or "settlement.txt", lambda: blobs.open_stream(document.blob))
