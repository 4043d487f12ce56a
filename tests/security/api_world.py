"""What the partner API shows of a company, one row of everything, and keys that may all, only read, or do one thing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.test import Client

from connections.models import ReferenceCopy
from reconciliation.models import BankMatch, Order, Payout, Refund, Settlement, SettlementLine
from syncs.models import (
    CanonicalRecord,
    DocumentLine,
    DocumentRevision,
    Integration,
    LedgerDocument,
    MappingRule,
    MappingSet,
    MappingVersion,
    SyncRun,
    WorkItem,
)
from tenants.models import ApiKey
from tenants.partner import keys
from tenants.partner.scopes import READ_ONLY, Scope
from tenants.scope import tenant_scope
from tests.security.world import NOW, Company, company

_LINES = [
    {
        "line_id": "1", "sku": "SKU", "title": "Thing", "quantity": "1", "shipped": "1", "product_id": "", "tax_collector": "seller",
        "charges": [{"kind": "principal", "amount": "10.00", "tax": "2.00"}],
    }
]  # fmt: skip


def api_company(name: str) -> Company:
    """A company with one row of everything that the API has an address for."""
    made = company(name)
    with tenant_scope(made.tenant):
        _books(made, name)
        _orders(made, name)
        made.ids |= {"payout": Payout.objects.get().public_id, "bank_match": BankMatch.objects.get().public_id}
    return made


def key_text(made: Company, *scopes: Scope) -> str:
    """A fresh key's text; without scopes one that may do everything."""
    with tenant_scope(made.tenant):
        _key, text = keys.create_key(tenant=made.tenant, name="Test", scopes=scopes or tuple(Scope))
    return text


def asking(text: str, **headers: str) -> Client:
    """A program with this key."""
    return Client(raise_request_exception=True, headers={"Authorization": f"Bearer {text}", **headers})


def reading(made: Company) -> Client:
    return asking(key_text(made, *READ_ONLY))


def doing(made: Company) -> Client:
    return asking(key_text(made))


def key_of(text: str) -> ApiKey:
    found = keys.find_key(text)
    assert found is not None
    return found


def _books(made: Company, name: str) -> None:
    integration = Integration.objects.get()
    run = SyncRun.objects.get()
    mapping = MappingSet.objects.get()
    for number, account in (("91", "Sales"), ("92", "Fees")):
        ReferenceCopy.objects.create(
            connection=integration.ledger,
            kind="account",
            external_id=number,
            name=f"{name} {account}",
            facts={"type": "Income"},
            as_of=NOW,
        )
    version = MappingVersion.objects.get(mapping_set=mapping)
    rule = MappingRule.objects.create(
        version=version,
        kind="role:sales",
        account_id="91",
        account_name=f"{name} Sales",
        match_hash=name.ljust(64, "0"),
        specificity=2,
    )
    item = WorkItem.objects.create(
        run=run, integration=integration, record=f"settlement:{name}", flow_key="k", title=f"{name} record", step="settlement.compose@1",
        state="held", problem_code="mapping.unmapped", problem_params={"what": f"{name} fee"}, fingerprint=f"mapping.unmapped:{name}",
    )  # fmt: skip
    settlement = Settlement.objects.get()
    SettlementLine.objects.create(
        tenant_id=made.tenant.pk, settlement_id=settlement.pk, ordinal=1, line_no=3, transaction_type="Order", amount_type="ItemPrice",
        amount_description="Principal", category="sale", amount=Decimal("10.00"), posted_at=NOW, marketplace=f"Amazon.{name}",
        order_ref=f"{name}-order", item_ref="", adjustment_ref="", shipment_ref="", sku="SKU", quantity=1, fulfillment="",
    )  # fmt: skip
    made.ids |= {
        "mapping_set": mapping.public_id,
        "rule": rule.public_id,
        "held_record": item.public_id,
        "operation": f"op_{run.public_id.removeprefix('run_')}",
        "document": _document(integration, settlement, name).public_id,
    }


def _document(integration: Integration, settlement: Settlement, name: str) -> LedgerDocument:
    document = LedgerDocument.objects.create(
        ledger=integration.ledger, source=integration.source, source_ref=settlement.settlement_id, document_type="journal_entry",
        number=f"AMZ-{name}",
    )  # fmt: skip
    revision = DocumentRevision.objects.create(
        document=document,
        number=1,
        date=NOW.date(),
        currency="GBP",
        canonical={},
        payload={},
        hash="ab" * 32,
        total=Decimal("10.00"),
    )
    lines = [("91", Decimal(0), Decimal("10.00")), ("99", Decimal("10.00"), Decimal(0))]
    DocumentLine.objects.bulk_create(
        [
            DocumentLine(
                revision=revision, position=n, account_id=account, account_name=f"{name} {account}", kind="sale", debit=debit, credit=credit,
                currency="GBP", settling=account == "99",
            ).named()
            for n, (account, debit, credit) in enumerate(lines, start=1)
        ]
    )  # fmt: skip
    document.current_revision = revision
    document.save()
    return document


def _orders(made: Company, name: str) -> None:
    integration = Integration.objects.get()
    common: dict[str, Any] = {
        "source": integration.source,
        "integration": integration,
        "currency": "GBP",
        "gross": Decimal("12.00"),
    }
    packages = [{"carrier": "Royal Mail", "tracking": f"{name}1", "shipped_at": None}]
    record = CanonicalRecord.objects.create(
        source=integration.source,
        type="order",
        external_id=name,
        version=1,
        body={"lines": _LINES, "packages": packages},
        hash="0" * 64,
    )
    order = Order.objects.create(
        **common, record=record, order_id=f"{name}-order", status="shipped", stated_status="SHIPPED", purchased_at=NOW,
        source_updated_at=NOW, fulfilled_by="merchant", marketplace=f"Amazon.{name}",
    )  # fmt: skip
    given_back = CanonicalRecord.objects.create(
        source=integration.source, type="refund", external_id=name, version=1, body={"lines": _LINES}, hash="0" * 64
    )
    refund = Refund.objects.create(
        **common, record=given_back, order_ref=f"{name}-order", refund_id=f"{name}-back", posted_at=NOW
    )
    made.ids |= {"order": order.public_id, "refund": refund.public_id}
