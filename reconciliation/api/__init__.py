"""Partner API: does the money agree. Settlements with their proofs, documents, mappings, orders."""

from __future__ import annotations

from reconciliation.api import bank, documents, mappings, orders, settlements

URLS = [*settlements.URLS, *documents.URLS, *mappings.URLS, *orders.URLS, *bank.URLS]
