"""A shop whose books are in KashFlow: every settlement as a sale, a purchase, movements of clearing and a transfer."""

from __future__ import annotations

from decimal import Decimal

import pytest

from canonical.accounting import DocumentType
from reconciliation.demo import ends, job, pairs, people
from reconciliation.engine.chart import BY_ROLE, Role
from syncs.models import LedgerDocument
from syncs.revisions import said_by
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db(transaction=True)

PAIR = pairs.KASHFLOW_SHOP


def _vat(kind: DocumentType) -> Decimal:
    """The VAT of all posted documents of a kind, credit positive."""
    documents = LedgerDocument.objects.filter(document_type=kind.value, state=LedgerDocument.State.POSTED)
    lines = [line for each in documents for line in said_by(each.current_revision).lines]
    return sum((line.tax_amount if line.signed > 0 else -line.tax_amount for line in lines), Decimal(0))


def test_every_settlement_ties_in_kashflow_and_is_posted_once(twins) -> None:
    told: list[str] = []
    verdict = job.run(told.append, only=PAIR.key)
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

    again = job.run(lambda line: None, only=PAIR.key)
    assert again.wrong == []
    assert again.posted_now == 0
    assert ends.trial(PAIR.ledger) == books
