"""Settlements planned for ledgers that take other forms: who is named, which parts there are, what stays as it was begun."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from benchmarks import shop
from canonical.accounting import AccountRef, CreditMemo, DocumentLine, DocumentType, Invoice, PartyRef, Side
from canonical.plain import document_of, plain_document
from canonical.problems import Problem, Refused
from connections import services as connection_services
from connections import vault
from connections.contracts import Found, LedgerForms, PartySpec, ReferenceItem
from connections.models import ReferenceCopy
from connections.registry import provider
from reconciliation import ingest, ladders, parties, planning, setup, sheet, state
from reconciliation.engine import RungName, RungState
from reconciliation.models import Settlement
from reconciliation.orders import payments
from reconciliation.orders import planning as planning_orders
from syncs import documents, services
from syncs.models import Binding, Integration, LedgerDocument
from syncs.posting import checks, reading
from tenants.scope import tenant_scope
from tests.reconciliation.engine.files import V2_COLUMNS, header, row, tsv
from tests.reconciliation.test_ingest import kept
from tests.syncs.posting.ledger import HOME, Books, FakeTarget

SALE, FEE = "Order/ItemPrice/Principal", "Order/ItemFees/Commission"
INVOICES = LedgerForms(
    documents=frozenset({DocumentType.INVOICE, DocumentType.CREDIT_MEMO, DocumentType.PAYMENT, DocumentType.JOURNAL_ENTRY}),
    shapes=("invoice", "summary_journal"),
    paid_back=True,
    journal_takes_bank=False,
    journal_currencies=False,
)
DOCUMENTS = LedgerForms(
    documents=frozenset(DocumentType) - {DocumentType.INVOICE, DocumentType.CREDIT_MEMO},
    shapes=("documents", "summary_journal"),
    journal_takes_tax=False,
)


class Door:
    """What the ledger was asked for and told to make."""

    def __init__(self) -> None:
        self.made: list[PartySpec] = []

    def find_references(self, door: Any, account: Any, kind: str, by: str, values: Any) -> list[ReferenceItem]:
        return []

    def create_party(self, door: Any, account: Any, spec: PartySpec, *, request_id: str) -> ReferenceItem:
        self.made.append(spec)
        return ReferenceItem(spec.kind, f"{spec.kind}-{len(self.made)}", spec.name, True, {}, {})


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Door:
    """The ledger of the shop takes every document, and remembers whom it was told to make."""
    found, target = Door(), type(provider("quickbooks_online").target)
    for name in ("find_references", "create_party"):
        monkeypatch.setattr(target, name, lambda self, *given, _name=name, **more: getattr(found, _name)(*given, **more))
    monkeypatch.setattr(target, "problems", lambda self, document, **more: [])
    monkeypatch.setattr(target, "payload", FakeTarget(Books()).payload.__func__.__get__(FakeTarget(Books())))
    return found


@pytest.fixture
def within(db: None, door: Door) -> Iterator[Door]:
    with tenant_scope(shop.tenant()):
        yield door
    vault.forget_keys()


def opened(monkeypatch: pytest.MonkeyPatch, forms: LedgerForms) -> Integration:
    target = type(provider("quickbooks_online").target)
    monkeypatch.setattr(target, "forms", forms)
    references = shop._references

    def with_more(ledger: Any) -> None:
        references(ledger)
        receivable = ReferenceItem("account", "700", "Debtors", True, {"type": "Accounts Receivable", "system": True}, {})
        connection_services.remember_references(connection=ledger, items=[receivable])
        if "documents" in forms.shapes:
            ReferenceCopy.objects.filter(connection=ledger, name="Amazon Clearing").update(
                facts={"type": "Bank", "currency": "EUR"}
            )

    monkeypatch.setattr(shop, "_references", with_more)
    return services.change_integration(integration=shop.integration(), split_months=False)


def settled(integration: Integration, *rows: dict[str, str], total: str) -> Settlement:
    content = tsv(V2_COLUMNS, [header(total, "EUR"), *rows]).encode()
    settlement = ingest.store(integration, kept(integration, content)).settlement
    settlement.facts = {**settlement.facts, "begins_here": True}
    settlement.save(update_fields=["facts"])
    return settlement


def one(integration: Integration) -> Settlement:
    sold, fee = row(SALE, "100.00", order="A"), row(FEE, "-15.00", order="A")
    return settled(integration, sold, fee, total="85.00")


def planned(settlement: Settlement) -> list[LedgerDocument]:
    return list(state.documents_of(planning.plan(settlement)))


def test_a_pair_begins_with_the_shape_its_ledger_likes_best(within, monkeypatch) -> None:
    integration = opened(monkeypatch, INVOICES)
    assert integration.posting_shape == "invoice"
    with pytest.raises(Refused, match="does not take the posting shape one_deposit"):
        services.change_integration(integration=integration, posting_shape="one_deposit")


def test_an_invoice_stands_in_abroad_only_where_the_ledger_has_that_shape(within, monkeypatch) -> None:
    settlement = one(opened(monkeypatch, INVOICES))
    settlement.integration.posting_shape = "summary_journal"
    settlement.currency = "GBP"
    assert parties.parties_for(settlement, settlement.integration, INVOICES) is not None
    assert parties.parties_for(settlement, settlement.integration, replace(INVOICES, shapes=("summary_journal",))) is None


def test_the_customer_is_made_once_and_nobody_unknown_is_ever_sent(within, monkeypatch) -> None:
    settlement = one(opened(monkeypatch, INVOICES))
    (document,) = planned(settlement)
    assert (document.document_type, document.part) == ("invoice", "")
    assert parties.unnamed([document])
    nobody = checks._ledger_problem(document.current_revision, ledger_of(settlement))
    assert nobody == Problem(checks.NOBODY, {"number": document.number})

    for _ in range(2):
        parties.ensure(settlement, settlement.integration, door=None)
    assert [(spec.kind, spec.name) for spec in within.made] == [("customer", "Amazon.com")]
    (document,) = planned(settlement)
    said = document.current_revision.canonical
    assert (said["customer"], said["account"]["name"]) == ({"key": "customer-1", "name": "Amazon.com"}, "Debtors")
    assert (said["due_on"], said["settling"]) == (said["date"], True)
    assert not parties.unnamed([document])
    assert Binding.objects.filter(kind="customer").count() == 1


def ledger_of(settlement: Settlement) -> Any:
    from syncs.posting import ledgers

    ledger = settlement.integration.ledger
    return ledgers.OpenLedger(ledger, provider(ledger.provider).target, None, ledger.account(), HOME)


def test_the_invoice_is_the_settling_amount_planned_and_read_back(within, monkeypatch) -> None:
    settlement = one(opened(monkeypatch, INVOICES))
    (document,) = planned(settlement)
    assert ladders.ladder(settlement).rung(RungName.PLANNED).state is RungState.EQUAL
    (line,) = sheet.settling_lines(sheet.live(settlement))
    assert (line.account, line.planned) == ("Debtors", Decimal("85.00"))

    LedgerDocument.objects.filter(pk=document.pk).update(state="posted", external_id="1")
    document.refresh_from_db()
    invoice = document_of(document.current_revision.canonical)
    assert isinstance(invoice, Invoice)
    there = replace(invoice, account=replace(invoice.account, key="", name=""))  # a ledger with one receivable account
    reading.read_back(document, Found("1", "1", "", "", there, {}))
    assert ladders.ladder(settlement).rung(RungName.READ_BACK).state is RungState.EQUAL
    cut = replace(there, lines=there.lines[:1])
    reading.read_back(document, Found("1", "2", "", "", cut, {}))
    assert ladders.ladder(settlement).rung(RungName.READ_BACK).state is RungState.DIFFERS


def test_documents_of_their_own_settle_by_the_transfer(within, monkeypatch) -> None:
    integration = opened(monkeypatch, DOCUMENTS)
    assert "clearing" in setup.needed(integration.ledger)
    settlement = one(integration)
    parties.ensure(settlement, integration, door=None)
    assert [(spec.kind, spec.name) for spec in within.made] == [("customer", "Amazon.com"), ("supplier", "Amazon")]
    found = [(each.part, each.document_type) for each in planned(settlement)]
    assert found == [("1j", "journal_entry"), ("1t", "transfer")]
    assert ladders.ladder(settlement).rung(RungName.PLANNED).amount == Decimal("85.00")
    assert [rung.state for rung in ladders.ladder(settlement).rungs if rung.name is RungName.DOCUMENT] == [RungState.EQUAL] * len(
        found
    )
    for document in planned(settlement):
        said = document_of(document.current_revision.canonical)
        assert plain_document(said) == document.current_revision.canonical


def test_a_settlement_keeps_the_parts_it_was_begun_with(within, monkeypatch) -> None:
    """Another shape once a part of it is in the ledger: reported, and nothing is planned beside it."""
    integration = opened(monkeypatch, DOCUMENTS)
    settlement = one(integration)
    parties.ensure(settlement, integration, door=None)
    before = [each.part for each in planned(settlement)]
    LedgerDocument.objects.filter(part=before[0]).update(state="posted", external_id="1")
    services.change_integration(integration=integration, posting_shape="summary_journal")
    settlement = Settlement.objects.select_related("integration__ledger", "source", "document__blob").get(pk=settlement.pk)
    after = planned(settlement)
    assert [(each.part, each.state, each.problem_code) for each in after] == [
        (before[0], "posted", "document.changed_after_posting")
    ]
    assert state.shown(settlement) == Settlement.State.CHANGED


def test_a_credit_is_closed_by_a_payment_below_nothing_where_there_is_one(within, monkeypatch) -> None:
    integration = opened(monkeypatch, INVOICES)
    clearing = AccountRef("6110", "Amazon Clearing")
    customer, receivable = PartyRef("customer-1", "Amazon.com sales"), AccountRef("700", "Debtors")
    line = DocumentLine(AccountRef("2013", "Amazon Refunds"), Side.DEBIT, Decimal("43.20"), "Refund", "refund_sale")
    memo = CreditMemo(date(2026, 11, 2), "EUR", customer, receivable, (line,), "Refund of Amazon order A", "A")
    (document,) = documents.plan(
        ledger=integration.ledger, source=integration.source, source_ref="A#1", source_kind="refund",
        parts=[documents.PlannedPart("", memo)], mapping_version=None, company=HOME, target=provider("quickbooks_online").target,
    )  # fmt: skip
    LedgerDocument.objects.filter(pk=document.pk).update(state="posted", external_id="77")
    document.refresh_from_db()
    back = payments.Closing(document, None, clearing).back()
    assert (back.total, back.account, back.counter.side, back.date) == (Decimal("-43.20"), clearing, Side.CREDIT, memo.date)
    assert [(each.document_type, each.external_id, each.amount) for each in back.applied] == [
        (DocumentType.CREDIT_MEMO, "77", Decimal("43.20"))
    ]
    assert planning_orders.taken_as(DocumentType.REFUND_RECEIPT, INVOICES) is DocumentType.CREDIT_MEMO
    assert planning_orders.taken_as(DocumentType.SALES_RECEIPT, INVOICES) is DocumentType.INVOICE
    assert planning_orders.taken_as(DocumentType.INVOICE, DOCUMENTS) is DocumentType.SALES_RECEIPT
