"""Documents are taken by as many as fill whole calls to their ledger, so that a thousand take no call too many."""

from __future__ import annotations

import pytest

from connections import selectors
from connections.models import Connection


@pytest.mark.parametrize(
    ("ledger", "at_once"),
    [("quickbooks_online", 30), ("xero", 50), ("kashflow", 50), ("quickbooks_desktop", 50)],
)
def test_a_page_fills_whole_calls(ledger: str, at_once: int) -> None:
    assert selectors.callful(Connection(provider=ledger), 50) == at_once


def test_a_page_is_never_less_than_it_can_be() -> None:
    assert selectors.callful(Connection(provider="xero"), 30) == 30
