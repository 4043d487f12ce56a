"""What makes a thing itself: references into other systems, and the key that makes posting happen once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExternalRef:
    """An object in somebody else's system: provider, kind ("settlement", "journal_entry") and their id."""

    provider: str
    kind: str
    external_id: str


@dataclass(frozen=True, slots=True)
class Sku:
    """A seller's stock keeping unit, byte for byte: '00123', '1E10' and 'a"b' are texts, never numbers."""

    value: str

    def __post_init__(self) -> None:
        if not self.value:
            raise ValueError("an empty SKU names nothing")


@dataclass(frozen=True, slots=True)
class PostingKey:
    """The identity of one ledger document: what is posted at most once, ever.

    `ledger` and `source` are the ledger's and the seller's own account names as
    "provider:environment:account" (never an integration or a flow: changing those must not post
    again), `source_ref` is the settlement or order id, `part` tells apart the documents of one
    source (month slot "1", "2"; "" when there is one).
    """

    ledger: str
    source: str
    source_ref: str
    document_type: str
    part: str = ""

    def digest(self) -> str:
        """40 hex characters, stable for ever."""
        fields = (self.ledger, self.source, self.source_ref, self.document_type, self.part)
        text = "\x1f".join(fields)
        return hashlib.sha256(text.encode()).hexdigest()[:40]

    def marker(self) -> str:
        """What we write into the document's memo so that it can be found again by looking."""
        return f"tieout:{self.digest()}"

    def request_id(self, action: str, attempt_epoch: int = 0) -> str:
        """The provider's idempotency key: the same for every retry of the same intent.

        At most 36 characters (QuickBooks Online takes 50, 36 inside a batch). `attempt_epoch`
        rises only when the intent changes: posting again after an undo.
        """
        text = f"{self.digest()}\x1f{action}\x1f{attempt_epoch}"
        return "tie-" + hashlib.sha256(text.encode()).hexdigest()[:32]
