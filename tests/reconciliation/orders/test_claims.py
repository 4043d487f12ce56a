"""Whatever arrives first, the revenue of an order or refund is booked once: by its document or by a settlement (I6)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks import shop
from connections import blobs, vault
from connections.models import SourceDocument
from reconciliation.models import Settlement, SettlementLine
from reconciliation.orders import claims
from syncs.models import Integration, LedgerDocument, RevenueClaim
from tenants import clock
from tenants.scope import require_tenant_id, tenant_scope

NOW = datetime(2026, 11, 2, tzinfo=UTC)
ORDERS = ("111-0000001-0000001", "111-0000002-0000002")
KEYS = [(ORDERS[0], ""), (ORDERS[0], "R1"), (ORDERS[1], "")]
# Which keys each settlement holds: the first order is split over both.
HOLDS = {1: [KEYS[0], KEYS[2]], 2: [KEYS[0], KEYS[1]]}


@pytest.fixture
def integration(db: None) -> Iterator[Integration]:
    with tenant_scope(shop.tenant()):
        yield shop.integration()
    vault.forget_keys()


class World:
    """A ledger as simple as can be: which keys stand there, and through what."""

    def __init__(self, integration: Integration) -> None:
        self.integration = integration
        self.settlements = {number: self._settlement(number) for number in HOLDS}
        self.documents = {key: self._document("order", "#".join(filter(None, key)), "planned") for key in KEYS}
        self.entries: dict[int, LedgerDocument] = {}
        self.booked: dict[int, set[tuple[str, str]]] = {}

    def _document(self, kind: str, ref: str, state: str) -> LedgerDocument:
        made: LedgerDocument = LedgerDocument.objects.create(
            ledger=self.integration.ledger, source=self.integration.source, source_ref=ref, source_kind=kind,
            document_type="journal_entry" if kind == "settlement" else "sales_receipt", state=state,
        )  # fmt: skip
        return made

    def _settlement(self, number: int) -> Settlement:
        blob = blobs.keep(f"file {number}".encode(), media_type="text/plain", origin="upload")
        file = SourceDocument.objects.create(
            connection=self.integration.source,
            type="t",
            external_id=blob.sha256,
            blob=blob,
            file_name="f",
            fetched_at=clock.now(),
        )
        made: Settlement = Settlement.objects.create(
            source=self.integration.source, integration=self.integration, settlement_id=f"S{number}", currency="USD",
            document=file, state="ready",
        )  # fmt: skip
        for ordinal, (order, refund) in enumerate(HOLDS[number], start=1):
            SettlementLine.objects.create(
                tenant_id=require_tenant_id(), settlement_id=made.pk, ordinal=ordinal, line_no=ordinal,
                transaction_type="Refund" if refund else "Order", amount_type="ItemPrice", amount_description="Principal",
                category="sale", amount=Decimal("1.00"), posted_at=NOW, marketplace="", order_ref=order, item_ref="",
                adjustment_ref=refund, shipment_ref="", sku="", fulfillment="",
            )  # fmt: skip
        return made

    # -------------------------------------------------------- what may happen

    def post_order(self, index: int) -> None:
        document = self.documents[KEYS[index]]
        if document.state != "planned":
            return
        lost = claims.take([claims.Claim(*KEYS[index], document, Decimal(1))], **self._sides())
        if KEYS[index] not in lost:
            self._become(document, "posted")

    def refuse_order(self, index: int) -> None:
        """The ledger says no for certain: the document is held, its claim stays until somebody takes it over."""
        document = self.documents[KEYS[index]]
        if document.state == "planned" and KEYS[index] not in claims.take(
            [claims.Claim(*KEYS[index], document, Decimal(1))], **self._sides()
        ):
            self._become(document, "held")

    def retry_order(self, index: int) -> None:
        if self.documents[KEYS[index]].state == "held":
            self._become(self.documents[KEYS[index]], "planned")

    def cancel_order(self, index: int) -> None:
        document = self.documents[KEYS[index]]
        if document.state == "posted" and claims.settlement_relying_on(document) is None:
            self._become(document, "undone")
            claims.release(document)
            self.documents[KEYS[index]] = self._again(document)

    def post_settlement(self, number: int) -> None:
        settlement = self.settlements[number]
        if number in self.booked:
            return
        planned = claims.cleared(settlement, self.integration)
        if claims.under_way(settlement, self.integration):
            return
        self.entries.setdefault(number, self._entry(number))
        if claims.take_for_settlement(settlement, self.integration, claims.digest(planned)):
            self._become(self.entries[number], "posted")
            self.booked[number] = set(HOLDS[number]) - set(planned.keys if planned else ())

    def undo_settlement(self, number: int) -> None:
        if number in self.booked:
            self._become(self.entries[number], "undone")
            del self.booked[number]
            claims.release_settlement(self.settlements[number], self.integration)
            self.entries[number] = self._again(self.entries[number])

    def _entry(self, number: int) -> LedgerDocument:
        return self._document("settlement", f"S{number}", "planned")

    def _again(self, document: LedgerDocument) -> LedgerDocument:
        """Undone documents are the same documents, planned anew."""
        self._become(document, "planned")
        return document

    def _become(self, document: LedgerDocument, state: str) -> None:
        document.state = state
        document.save(update_fields=["state"])

    def _sides(self) -> dict[str, int]:
        return {"ledger_id": self.integration.ledger_id, "source_id": self.integration.source_id}

    # -------------------------------------------------------- what must hold

    def check(self) -> None:
        for key, document in self.documents.items():
            by_itself = document.state == "posted"
            in_settlements = [number for number, keys in self.booked.items() if key in keys]
            assert not (by_itself and in_settlements), f"{key} stands by itself and in settlement {in_settlements}"
            if by_itself:
                assert RevenueClaim.objects.filter(order_ref=key[0], refund_ref=key[1], holder="order").count() == 1
        assert RevenueClaim.objects.count() <= len(KEYS)


EVENTS = st.one_of(
    st.tuples(st.sampled_from(["post_order", "refuse_order", "retry_order", "cancel_order"]), st.integers(0, len(KEYS) - 1)),
    st.tuples(st.sampled_from(["post_settlement", "undo_settlement"]), st.sampled_from(sorted(HOLDS))),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(EVENTS, min_size=4, max_size=14))
def test_no_order_of_events_books_revenue_twice(integration: Integration, events: list[tuple[str, int]]) -> None:
    with transaction.atomic():
        world = World(integration)
        for name, index in events:
            getattr(world, name)(index)
            world.check()
        transaction.set_rollback(True)


def test_an_order_split_over_two_settlements_stays_with_the_first_that_booked_it(integration: Integration) -> None:
    world = World(integration)
    world.post_settlement(1)
    world.post_settlement(2)
    world.undo_settlement(1)
    world.post_order(0)
    assert world.documents[KEYS[0]].state == "planned"  # the second settlement still holds a part of it
    world.undo_settlement(2)
    world.post_order(0)
    assert world.documents[KEYS[0]].state == "posted"


def test_a_plan_made_before_an_order_was_posted_is_refused(integration: Integration) -> None:
    world = World(integration)
    settlement = world.settlements[1]
    planned = claims.digest(claims.cleared(settlement, integration))
    world.post_order(0)
    assert not claims.take_for_settlement(settlement, integration, planned)
    assert RevenueClaim.objects.filter(holder="settlement").count() == 0
    assert claims.take_for_settlement(settlement, integration, claims.digest(claims.cleared(settlement, integration)))


def test_a_settlement_waits_for_an_order_that_is_being_posted(integration: Integration) -> None:
    world = World(integration)
    claims.take([claims.Claim(*KEYS[0], world.documents[KEYS[0]], Decimal(1))], **world._sides())
    (problem,) = claims.under_way(world.settlements[1], integration)
    assert problem.params["example"] == ORDERS[0]
    assert not claims.take_for_settlement(world.settlements[1], integration, "")
