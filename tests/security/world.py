"""Two companies with one row of everything that has an address, for tests that knock on every door."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from allauth.account.models import EmailAddress

from canonical.commerce import Charge, ChargeKind, FulfilledBy, OrderLine, OrderStatus
from canonical.commerce import Order as CanonicalOrder
from canonical.plain_commerce import plain_order
from connections.models import ApiCall, Connection, Grant, RawBlob, SourceDocument, WebhookDelivery, WebhookEndpoint
from connections.outbound import signing
from reconciliation.models import (
    BankAccount,
    BankLine,
    BankMatch,
    BankStatement,
    Order,
    Payout,
    PayoutSettlement,
    Settlement,
    Upload,
)
from syncs.models import (
    CanonicalRecord,
    Case,
    Flow,
    FlowVersion,
    Integration,
    MappingSet,
    MappingVersion,
    SyncRun,
    SyncSchedule,
    WorkItem,
)
from tenants.models import AlertRule, ApiKey, Invitation, Membership, Tenant, User
from tenants.news import publish
from tenants.roles import Role
from tenants.scope import tenant_scope

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PASSWORD = "a-long-enough-password"


@dataclass
class Company:
    """A tenant, one person per role, and the ids that its addresses are made of."""

    tenant: Tenant
    canary: str
    people: dict[str, User] = field(default_factory=dict)
    ids: dict[str, Any] = field(default_factory=dict)


def company(name: str) -> Company:
    """A company whose every text carries `name`, so that a leak of it can be seen in a page."""
    tenant = Tenant.objects.create(name=f"{name} Ltd", home_currency="GBP", country="GB")
    made = Company(tenant, name)
    for role in Role.values:
        person = User.objects.create_user(f"{role}@{name.lower()}.test", PASSWORD)
        EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
        member = Membership.objects.create(user=person, tenant=tenant, role=role)
        made.people[role] = person
    made.ids["member"] = member.pk
    made.ids["token"] = name
    made.ids["invitation"] = Invitation.objects.create(
        tenant=tenant, email=f"new@{name.lower()}.test", role="viewer", token_hash=name * 3, invited_by=made.people["owner"],
        expires_at=NOW + timedelta(days=900),
    ).public_id  # fmt: skip
    with tenant_scope(tenant):
        _business(made, name)
    return made


def _business(made: Company, name: str) -> None:
    source, ledger = _connection("amazon", name), _connection("quickbooks_online", name)
    flow = Flow.objects.create(key="amazon-settlement-to-ledger", name=name)
    document = {
        "schema": "workflow/1",
        "key": "k",
        "nodes": [{"id": "n1", "type": "trigger.schedule", "v": 1, "name": "On schedule"}],
        "edges": [],
    }
    version = FlowVersion.objects.create(flow=flow, number=1, document=document, doc_hash="0" * 64)
    mapping = MappingSet.objects.create(ledger=ledger, name=name, published=1)
    published = MappingVersion.objects.create(mapping_set=mapping, number=1, state="published")
    integration = Integration.objects.create(
        source=source, ledger=ledger, name=f"{name} pair", flow_version=version, mapping_set=mapping
    )
    run = SyncRun.objects.create(
        integration=integration, stream="settlements", flow_version=version, mapping_version=published, trigger="manual",
        correlation_id=f"cor-{name}", state="succeeded",
    )  # fmt: skip
    schedule = SyncSchedule.objects.create(integration=integration, stream="settlements", enabled=False)
    blob = RawBlob.objects.create(
        sha256=name.ljust(64, "0"), size=1, media_type="text/plain", storage_key=f"none/{name}", origin="upload"
    )
    kept = SourceDocument.objects.create(connection=source, type="settlement_report", external_id=name, blob=blob, fetched_at=NOW)
    settlement = Settlement.objects.create(
        source=source, integration=integration, settlement_id=f"{name}-1", marketplace=f"Amazon.{name}", currency="GBP",
        header_total=Decimal("10.00"), line_total=Decimal("10.00"), row_count=1, document=kept, state="needs_review",
        deposit_at=NOW, period_start=NOW - timedelta(days=14), period_end=NOW,
    )  # fmt: skip
    upload = Upload.objects.create(integration=integration, file_name=f"{name}.txt", size=1, blob=blob)
    call = ApiCall.objects.create(
        connection=ledger, provider="quickbooks_online", operation=name, method="GET", url=f"https://{name}.test/", at=NOW,
        delete_after=NOW + timedelta(days=30),
    )  # fmt: skip
    payout = Payout.objects.create(
        source=source, payout_id=f"{name}-payout", status="PAID", amount=Decimal("10.00"), currency="GBP"
    )
    PayoutSettlement.objects.create(payout=payout, source=source, settlement_id=f"{name}-1")
    account = BankAccount.objects.create(ledger=ledger, external_id=f"{name}-bank", name=f"{name} bank", currency="GBP")
    statement = BankStatement.objects.create(account=account, file_name=f"{name}.csv", format="csv", state="read")
    line = BankLine.objects.create(
        account=account, statement=statement, line=1, booked_on=NOW.date(), amount=Decimal("10.00"), currency="GBP",
        description=f"{name} line", mark=name.ljust(64, "0"),
    )  # fmt: skip
    match = BankMatch.objects.create(line=line, payout=payout, why="only")
    made.ids |= {"statement": statement.public_id, "match": match.public_id, "order": _sold(source, integration, name).public_id}
    case = Case.objects.create(
        fingerprint=f"test:{name}", kind="record", problem_code="pipeline.bug", problem_params={"title": name, "error": name},
        integration=integration, first_seen_at=NOW, last_seen_at=NOW,
    )  # fmt: skip
    item = WorkItem.objects.create(
        run=run, integration=integration, record=f"order:{name}", flow_key="k", title=name, step="n1@1", state="held",
        problem_code="pipeline.bug", problem_params={"title": name, "error": name}, fingerprint=case.fingerprint, case=case,
    )  # fmt: skip
    rule = AlertRule.objects.create(name=name, roles=["owner"], emails=[f"alerts@{name.lower()}.test"])
    made.ids |= {
        "rule": rule.public_id,
        "case": case.public_id,
        "item": item.public_id,
        "connection": ledger.public_id,
        "call": call.public_id,
        "integration": integration.public_id,
        "run": run.public_id,
        "schedule": schedule.public_id,
        "settlement": settlement.public_id,
        "upload": upload.public_id,
        "mapping": mapping.public_id,
        "number": 1,
        "line": 2,
        **_developers(made.tenant, source, name),
        "kind": "Account",
        "mark": "tieout:0",
        "provider": "amazon",
        "step": "ledger",
    }


def _developers(tenant: Tenant, source: Connection, name: str) -> dict[str, str]:
    """An API key, and a webhook endpoint with one event on its way."""
    key = ApiKey.objects.create(
        tenant=tenant, name=f"{name} key", prefix="tie_live_", last4="0000", key_hash=name, scopes=["runs:read"]
    )
    endpoint = WebhookEndpoint.objects.create(url=f"https://{name.lower()}.example/hooks", description=name, types=["*"])
    signing.give_secret(endpoint)
    event = publish("connection.paused", source)
    later = NOW + timedelta(days=900)
    delivery = WebhookDelivery.objects.create(endpoint=endpoint, event=event, type=event.type, not_before=later)
    return {
        "key": key.public_id,
        "webhook": endpoint.public_id,
        "webhook_endpoint": endpoint.public_id,
        "webhook_event": event.public_id,
        "delivery": delivery.public_id,
    }


def _sold(source: Connection, integration: Integration, name: str) -> Order:
    line = OrderLine("1", f"{name}-sku", f"{name} lamp", Decimal(1), (Charge(ChargeKind.ITEM, Decimal("10.00")),), Decimal(1))
    said = CanonicalOrder(
        f"{name}-bought", OrderStatus.SHIPPED, "SHIPPED", NOW, NOW, "GBP", f"Amazon.{name}", FulfilledBy.MERCHANT, (line,), None
    )
    record = CanonicalRecord.objects.create(
        source=source, type="order", external_id=said.order_id, version=1, body=plain_order(said), hash="1" * 64
    )
    made: Order = Order.objects.create(
        source=source, integration=integration, record=record, order_id=said.order_id, status="shipped", stated_status="SHIPPED",
        purchased_at=NOW, source_updated_at=NOW, currency="GBP", gross=said.gross, marketplace=said.marketplace, fulfilled_by="merchant",
    )  # fmt: skip
    return made


def _connection(provider: str, name: str) -> Connection:
    grant = Grant.objects.create(provider=provider, environment="twin", application="app", provider_user=name)
    connection: Connection = Connection.objects.create(
        provider=provider, environment="twin", external_account=f"{provider}-{name}", name=f"{name} {provider}", grant=grant,
        home_currency="GBP",
    )  # fmt: skip
    return connection
