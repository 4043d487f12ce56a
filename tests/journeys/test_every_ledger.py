"""Sellers who trade alike leave the same trial balance, whichever ledger their books are kept in."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from reconciliation.demo import alike, people
from syncs.models import LedgerDocument
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db(transaction=True)

TRADE = "Fell & Fern"
WEEKS = timedelta(weeks=3)


def test_one_trade_in_three_ledgers_leaves_the_same_books(twins):
    people.logins(people.tenant())
    since = datetime.fromisoformat(twins.clock()["now"]).date() - WEEKS
    told: list[str] = []
    assert alike.run(told.append, [TRADE], starts_on=since) == []
    assert "the same trial balance" in told[-1]
    with tenant_scope(people.tenant()):
        kinds = LedgerDocument.objects.filter(state="posted").values_list("ledger__provider", "document_type").distinct()
        assert {("quickbooks_online", "journal_entry"), ("xero", "invoice"), ("kashflow", "purchase")} <= set(kinds)
    _somebody_books_a_pound_by_hand(twins)
    (difference,) = {each.split(":")[1].strip() for each in alike.run(told.append, [TRADE])} - {"bank"}
    assert difference == "Amazon Sales"


def _somebody_books_a_pound_by_hand(twins) -> None:
    where = alike.XERO_SHOP.ledger.where
    accounts = twins.command("xero", "documents", **where, kind="Account")["documents"]
    code = next(account["Code"] for account in accounts if account["Name"] == "Amazon Sales")
    line = twins.command("xero", "bank_line", **where, amount="1.00")
    twins.command("xero", "match", **where, line=line["line"], account=code)
