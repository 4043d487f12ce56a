"""What is hung on a document that was posted: the file it came from, and a line in its history.

Nothing depends on it. A file of the same name replaces what is there; a history note could be doubled, so that
it goes out last and once.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from canonical.accounting import DocumentType
from connections.contracts import Attachment

from . import fields, mapper
from .client import Books

LARGEST_FILE = 10 * 1024 * 1024  # bytes: Xero's limits page
DETAILS = 2500  # characters of a history note
_WITHOUT_FILES = (DocumentType.PAYMENT.value,)
_UNFIT = str.maketrans('<>:"/\\|?*%#&', "____________")


def hang_on(books: Books, document_type: str, external_id: str, files: Sequence[Attachment], note: str, request_id: str) -> None:
    """Raises Failure."""
    path = f"/{mapper.ENTITIES[document_type]}/{external_id}"
    for place, file in enumerate(files if document_type not in _WITHOUT_FILES else ()):
        if 0 < len(file.content) <= LARGEST_FILE:
            name = quote(fields.text_of(file.name).translate(_UNFIT)[-100:] or "file")
            books.attach(f"{path}/Attachments/{name}", file.content, file.media_type, f"{request_id}-f{place}")
    if note:
        record = {"Details": fields.text_of(note)[:DETAILS]}
        books.write(mapper.ENTITIES[document_type], [record], f"{request_id}-n", path=f"{path}/History", plural="HistoryRecords")
