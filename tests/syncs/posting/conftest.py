"""A tenant with a source, a ledger whose books are a dictionary, and settlements to post."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from canonical.accounting import AccountRef, DocumentLine, JournalEntry, Side
from connections.models import Connection, Grant
from syncs import posting
from syncs.documents import PlannedPart, plan
from syncs.models import LedgerDocument
from syncs.posting import ledgers
from tenants import clock
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.syncs.posting.ledger import HOME, Books, FakeTarget

NOON = datetime(2026, 7, 20, 12, 0, tzinfo=UTC)
BANK = AccountRef("35", "Payouts in transit")
SALES = AccountRef("79", "Amazon sales")
FEES = AccountRef("80", "Amazon fees")


def journal(*, sales: str = "100.00", fees: str = "13.75", on: date = date(2026, 7, 14)) -> JournalEntry:
    """Sales less fees, paid out."""
    gross, cost = Decimal(sales), Decimal(fees)
    return JournalEntry(
        date=on,
        currency="GBP",
        memo="Amazon settlement",
        lines=(
            DocumentLine(SALES, Side.CREDIT, gross, "Sales", "product_charges", rows=((1, 3),), row_count=3),
            DocumentLine(FEES, Side.DEBIT, cost, "Referral fees", "referral_fee", rows=((4, 4), (6, 6)), row_count=2),
            DocumentLine(BANK, Side.DEBIT, gross - cost, "Payout", "settling", settling=True),
        ),
    )


class Shop:
    """One seller, one company, and what a person does with its settlements."""

    def __init__(self, tenant: Tenant, books: Books) -> None:
        self.tenant, self.books = tenant, books
        self.target = FakeTarget(books)
        with tenant_scope(tenant):
            grant = Grant.objects.create(provider="books", environment="twin", application="a", provider_user="u")
            self.source = self._connect("amazon", "A1SELLER", grant)
            self.ledger = self._connect("quickbooks_online", "9130", grant)

    def _connect(self, provider: str, account: str, grant: Grant) -> Connection:
        made: Connection = Connection.objects.create(
            provider=provider, environment="twin", external_account=account, name=account, home_currency="GBP", grant=grant
        )
        return made

    def plan(self, ref: str = "12395580393", *documents: Any, **changes: Any) -> list[LedgerDocument]:
        parts = documents or (journal(),)
        slots = [""] if len(parts) == 1 else [str(number) for number in range(1, len(parts) + 1)]
        given = [
            part if isinstance(part, PlannedPart) else PlannedPart(slot, part, settlement_id=7)
            for slot, part in zip(slots, parts, strict=True)
        ]
        asked = {"mapping_version": None, "company": HOME, "target": self.target, **changes}
        return plan(ledger=self.ledger, source=self.source, source_ref=ref, parts=given, **asked)

    def order(self, sales: str = "100.00", *, ref: str = "111-1", **changes: Any) -> LedgerDocument:
        """Plan an order's document, as often as the order changes."""
        given = changes.pop("parts", None) or (PlannedPart("", journal(sales=sales)),)
        (document,) = self.plan(ref, *given, source_kind="order", amendable=True, **changes)
        return fresh(document)


def shown(*documents: LedgerDocument) -> dict[str, str]:
    """What a person saw: the hash of each document as it is now, or of what waits to be sent."""
    return posting.shown(documents)


def fresh(document: LedgerDocument) -> LedgerDocument:
    found: LedgerDocument = LedgerDocument.objects.select_related("current_revision", "pending_revision").get(pk=document.pk)
    return found


@pytest.fixture
def books() -> Books:
    return Books()


@pytest.fixture
def shop(db: None, books: Books, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """Inside the tenant, at noon, with the ledger open."""
    made = Shop(Tenant.objects.create(name="Paper & Ink"), books)

    def open_ledger(connection: Connection, *, correlation_id: str = "") -> ledgers.OpenLedger:
        return ledgers.OpenLedger(connection, made.target, None, connection.account(), HOME)

    monkeypatch.setattr(ledgers, "open_ledger", open_ledger)
    with tenant_scope(made.tenant), clock.frozen(NOON):
        yield made


@pytest.fixture
def later() -> Callable[[timedelta], Any]:
    """`with later(timedelta(minutes=5)):` holds the clock that much after noon."""
    return lambda span: clock.frozen(NOON + span)
