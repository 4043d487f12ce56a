"""What things are called on pages."""

from __future__ import annotations

import pytest

from connections.models import Connection
from reconciliation import words
from syncs.models import LedgerDocument


@pytest.mark.parametrize(
    ("provider", "document_type", "word"),
    [
        ("quickbooks_online", "sales_receipt", "Sales receipt"),
        ("quickbooks_online", "journal_entry", "Journal entry"),
        ("quickbooks_desktop", "deposit", "Bank deposit"),
        ("xero", "journal_entry", "Manual journal"),
        ("xero", "deposit", "Receive money"),
        ("xero", "invoice", "Invoice"),
        ("kashflow", "sales_receipt", "Paid invoice"),
        ("kashflow", "credit_memo", "Credit note"),
        ("kashflow", "purchase", "Purchase"),
    ],
)
def test_a_document_is_called_what_its_ledger_calls_it(provider: str, document_type: str, word: str) -> None:
    document = LedgerDocument(document_type=document_type, ledger=Connection(provider=provider))
    assert words.document_word(document) == word
