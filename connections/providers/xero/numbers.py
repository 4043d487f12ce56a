"""Document numbers: what a person sees in Xero and can search for.

Pure. A settlement is `TIE-<id>[-<part>]`, an order `AMZ-<order id>`, a refund `AMR-<order id>-<refund id>`. Xero
would take 255 characters (xero_accounting.yaml, Invoice.InvoiceNumber), our own tables and people's eyes 40; what
does not fit keeps its beginning, the order's id included, and gets a check, so that two different things never
share a number by being cut.
"""

from __future__ import annotations

import hashlib
import re

NUMBER_LIMIT = 40  # LedgerDocument.number
SETTLEMENT, ORDER, REFUND = "TIE", "AMZ", "AMR"
# A comma separates the numbers of one question; the last ones XML does not know (fields.text_of).
_UNFIT = re.compile(r"[\s,|<>\"\x00-\x1f\ud800-\udfff\ufffe\uffff]+")


def number(source_ref: str, part: str, kind: str = "settlement") -> str:
    """The number of a document: `kind` is settlement, order, or refund (`source_ref` "ORDER#REFUND")."""
    prefix = {"order": ORDER, "refund": REFUND}.get(kind, SETTLEMENT)
    whole = _UNFIT.sub("_", f"{prefix}-{source_ref.replace('#', '-')}" + (f"-{part}" if part else ""))
    if len(whole) <= NUMBER_LIMIT:
        return whole
    check = hashlib.sha256(f"{source_ref}\x1f{part}".encode()).hexdigest()[:12]
    return f"{whole[: NUMBER_LIMIT - 13]}-{check}"
