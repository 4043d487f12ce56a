"""A shop whose books are in KashFlow: every settlement as a sale, a purchase, movements of clearing and a transfer."""

from __future__ import annotations

from decimal import Decimal

import pytest

from canonical.accounting import DocumentType
from reconciliation.demo import ends, job, pairs, people, shapes
from reconciliation.demo import twins as over_there
from reconciliation.engine.chart import BY_ROLE, Role
from syncs.models import LedgerDocument
from syncs.revisions import said_by
from syncs.runs import ORDERS, SETTLEMENTS
from tenants.scope import tenant_scope
from tests.journeys.test_orders import inside

__all__ = ["inside"]
pytestmark = pytest.mark.django_db(transaction=True)

PAIR = pairs.KASHFLOW_SHOP


def _vat(kind: DocumentType) -> Decimal:
    """The VAT of all posted documents of a kind, credit positive."""
    documents = LedgerDocument.objects.filter(document_type=kind.value, state=LedgerDocument.State.POSTED)
    lines = [line for each in documents for line in said_by(each.current_revision).lines]
    return sum((line.tax_amount if line.signed > 0 else -line.tax_amount for line in lines), Decimal(0))


def test_every_settlement_ties_in_kashflow_and_is_posted_once(twins) -> None:
    told: list[str] = []
    verdict = job.run(told.append, [PAIR])
    assert verdict.wrong == [], "\n".join(told[-40:])
    assert verdict.posted_now > 10
    books = ends.trial(PAIR.ledger)
    assert sum(books.values()) == 0
    assert BY_ROLE[Role.CLEARING.value].name not in books, "all that went into clearing came out of it"
    assert BY_ROLE[Role.IN_TRANSIT.value].name not in books
    assert BY_ROLE[Role.CARRY.value].name not in books
    boxes = twins.command("kashflow", "vat", **PAIR.ledger.where)
    with tenant_scope(people.tenant()):
        kinds = set(LedgerDocument.objects.values_list("document_type", flat=True))
        assert {"sales_receipt", "purchase", "transfer"} <= kinds <= {kind.value for kind in DocumentType}
        assert Decimal(boxes["Box1"]) == _vat(DocumentType.SALES_RECEIPT) + _vat(DocumentType.REFUND_RECEIPT)
        assert Decimal(boxes["Box4"]) == -_vat(DocumentType.PURCHASE)
        numbers = list(LedgerDocument.objects.values_list("number", flat=True))
        assert len(set(numbers)) == len(numbers)
        assert all(number.startswith("AMZ-") for number in numbers)

    again = job.run(lambda line: None, [PAIR])
    assert again.wrong == []
    assert again.posted_now == 0
    assert ends.trial(PAIR.ledger) == books


def test_orders_are_posted_one_by_one_and_their_settlement_clears_them(twins, inside) -> None:
    """S065, and the way from a placed order to a clearing account that comes to nothing."""
    way = shapes.Way(PAIR, "documents", {"each": True, "when": "placed", "document": "by_channel"})
    today = shapes.datetime.fromisoformat(over_there.world("clock")["now"]).date()
    integration = shapes._ready(way, today)
    placed = [
        *over_there.command("amazon", "place", **way.store, orders=3, fulfillment="AFN")["orders"],
        *over_there.command("amazon", "place", **way.store, orders=2, fulfillment="MFN")["orders"],
    ]
    _sync(integration, ORDERS)
    kinds = {each.number: each.document_type for each in _posted("order")}
    assert kinds == {f"AMZ-{order}": "sales_receipt" if at < 3 else "invoice" for at, order in enumerate(placed)}
    shown = {
        row["CustomerReference"]: row
        for row in twins.command("kashflow", "documents", kind="Invoice", company="41001")["documents"]
    }
    assert set(kinds) <= set(shown)

    over_there.command("amazon", "cancel", orders=placed[2:3])
    over_there.command("amazon", "ship", orders=[*placed[:2], *placed[3:]])
    over_there.command("amazon", "refund", orders=placed[:1])
    _sync(integration, ORDERS)
    assert [each.number for each in LedgerDocument.objects.filter(state=LedgerDocument.State.UNDONE)] == [f"AMZ-{placed[2]}"]
    assert [each.document_type for each in _posted("refund")] == ["refund_receipt"]

    over_there.shift(60)
    over_there.command("amazon", "close", **way.store)
    _sync(integration, SETTLEMENTS)
    books = ends.trial(PAIR.ledger)
    assert BY_ROLE[Role.CLEARING.value].name not in books
    assert "Debtors Control Account" not in books
    assert sum(books.values()) == 0


def _sync(integration, stream: str) -> None:
    over_there.shift(180)
    shapes.work(integration, stream)


def _posted(kind: str) -> list[LedgerDocument]:
    return list(LedgerDocument.objects.filter(source_kind=kind, state=LedgerDocument.State.POSTED).order_by("pk"))
