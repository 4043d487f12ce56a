"""A shop whose payouts in EUR reach one bank account, and short words for what its bank and its marketplace say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from benchmarks import shop
from connections import blobs, vault
from connections.contracts import PayoutFact
from connections.models import SourceDocument
from reconciliation import ladders
from reconciliation.bank import accounts, matching, services
from reconciliation.engine import Rung, RungName
from reconciliation.models import BankLine, BankMatch, BankStatement, Payout, Settlement, SettlementLine
from reconciliation.payouts import keep_payouts
from syncs.models import Integration
from tenants import clock
from tenants.scope import tenant_scope

DUE = date(2026, 11, 5)


class Desk:
    """What happens at the shop's desk."""

    def __init__(self, integration: Integration) -> None:
        self.integration = integration
        self.account = next(one.key for one in accounts.choices() if one.pays_out)

    def settlement(self, number: str, total: str, *, days: int = 0, currency: str = "EUR") -> Settlement:
        blob = blobs.keep(number.encode(), media_type="text/plain", origin="upload")
        document = SourceDocument.objects.create(
            connection=self.integration.source, type="settlement_report", external_id=number, blob=blob, fetched_at=clock.now()
        )
        made = Settlement.objects.create(
            source=self.integration.source, integration=self.integration, settlement_id=number, currency=currency,
            header_total=Decimal(total), line_total=Decimal(total), row_count=1, document=document, state="ready",
            deposit_at=datetime(DUE.year, DUE.month, DUE.day, 12, tzinfo=UTC) + timedelta(days=days),
        )  # fmt: skip
        SettlementLine.objects.create(
            tenant_id=made.tenant_id, settlement_id=made.pk, ordinal=1, line_no=3, transaction_type="Order", amount_type="ItemPrice",
            amount_description="Principal", category="sale", amount=Decimal(total), marketplace="", order_ref="", item_ref="",
            adjustment_ref="", shipment_ref="", sku="", fulfillment="",
        )  # fmt: skip
        return made

    def payout(self, number: str, amount: str, *settlements: str, status: str = "PAID", **more: Any) -> Payout:
        fact = PayoutFact(
            payout_id=number, status=status, amount=Decimal(amount), currency=more.pop("currency", "EUR"),
            initiated_at=datetime(2026, 11, 3, tzinfo=UTC), settlement_ids=settlements, **more,
        )  # fmt: skip
        keep_payouts(self.integration.source, [fact])
        return Payout.objects.get(payout_id=number)

    def paid(self, number: str, amount: str, *, days: int = 0, **more: Any) -> Settlement:
        """A settlement and its payout."""
        one = self.settlement(number, amount, days=days)
        self.payout(f"P{number}", amount, number, **more)
        return one

    def statement(self, *rows: tuple[int, str, str], name: str = "bank.csv") -> BankStatement:
        """Rows of (days after the due date, amount, words)."""
        lines = "".join(f"{DUE + timedelta(days=days)},{words},{amount}\n" for days, amount, words in rows)
        return self.bring(f"Date,Description,Amount\n{lines}".encode(), name)

    def bring(self, content: bytes, name: str = "bank.csv") -> BankStatement:
        return services.upload(account=self.account, file_name=name, content=content)

    def rung(self, settlement: Settlement) -> Rung:
        return ladders.ladder(settlement).rung(RungName.BANK)

    def matched(self) -> dict[str, str]:
        """Words of the matched line by payout."""
        return {one.payout.payout_id: one.line.description for one in matching.live().select_related("payout", "line")}

    def line(self, words: str) -> BankLine:
        return BankLine.objects.get(description=words)

    def match_of(self, payout: str) -> BankMatch:
        return matching.live().get(payout__payout_id=payout)


@pytest.fixture
def desk(db: None) -> Iterator[Desk]:
    with tenant_scope(shop.tenant()):
        yield Desk(shop.integration())
    vault.forget_keys()
