"""A kept settlement file as the engine's source: decrypted to a file of its own, so that memory stays flat."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from connections import blobs
from connections.models import SourceDocument
from reconciliation.engine import Source

# What a settlement file brought by hand is kept as; one that was fetched is a "settlement_report".
UPLOADED = "uploaded_settlement"


@contextmanager
def opened(document: SourceDocument) -> Iterator[Source]:
    """The document's bytes, readable more than once while the context lasts."""
    with tempfile.TemporaryDirectory(prefix="settlement-") as folder:
        path = Path(folder) / (Path(document.file_name).name or "settlement.txt")
        with blobs.open_stream(document.blob) as kept, path.open("wb") as plain:
            shutil.copyfileobj(kept, plain, 1 << 20)
        yield replace(Source.from_path(path), name=document.file_name or path.name)
