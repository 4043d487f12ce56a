"""A small flow whose steps do what a test tells them, and a company that uses it: for tests of the errors inbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from canonical.problems import CATALOGUE, Problem, declare
from connections.models import Connection, Grant, ReferenceCopy
from syncs import mappings, pipeline, steps
from syncs.models import Flow, FlowVersion, Integration, SyncRun, WorkItem
from syncs.steps import Editable, Fate, Step, StepOutcome
from tenants.models import Membership, Tenant, User
from tenants.news import Actor, acting
from tenants.scope import tenant_scope

NO_ITEM = "test.no_item"
if NO_ITEM not in CATALOGUE:
    declare(NO_ITEM, "There is no item for the SKU %(sku)s.", "Choose the item, then retry the orders.")
DOCUMENT = {
    "schema": "workflow/1",
    "key": "inbox-script",
    "name": "Orders",
    "settings": {"retry": {"max_attempts": 3}},
    "nodes": [
        {"id": "a", "type": "trigger.schedule", "v": 1, "name": "", "params": {}},
        {"id": "b", "type": "inbox.match", "v": 1, "name": "Match the items", "params": {}},
        {"id": "c", "type": "inbox.book", "v": 1, "name": "Book it", "params": {}},
    ],
    "edges": [{"id": "1", "from": "a", "to": "b"}, {"id": "2", "from": "b", "to": "c"}],
}
EDITABLE = (
    Editable("sku", "SKU", pattern=r"[A-Z0-9-]{3,40}"),
    Editable("date", "Date", kind="date"),
    Editable("amount", "Amount", kind="amount", required=False),
    Editable("account", "Account", kind="reference", reference="account", required=False),
    Editable("customer", "Customer", required=False, private=True),
)


@dataclass
class World:
    """`items` maps a SKU to the item the matching step finds; a SKU not in it holds its order."""

    tenant: Tenant
    owner: User
    integration: Integration
    known: dict[str, str] = field(default_factory=dict)
    booked: list[str] = field(default_factory=list)

    def orders(self, *skus: str) -> SyncRun:
        """A run that carries one order for each SKU, brought as far as it goes."""
        run = SyncRun.objects.create(
            integration=self.integration, stream="scripted", flow_version=self.integration.flow_version, trigger="manual",
            correlation_id=f"cor_{SyncRun.objects.count()}", discovered_at="2026-11-20T12:00:00Z",
        )  # fmt: skip
        base = WorkItem.objects.count()
        for place, sku in enumerate(skus, start=base + 1):
            WorkItem.objects.create(
                run=run, integration=self.integration, record=f"order:{place}", flow_key="inbox-script", title=f"Order {place}",
                step="inbox.match@1", input={"sku": sku, "date": "2026-11-01", "order": place},
            )  # fmt: skip
        return pipeline.execute(run)

    def settle(self) -> None:
        """Do what the worker would do with the runs that were woken."""
        for run in SyncRun.objects.filter(state__in=["queued", "waiting"]):
            pipeline.execute(run)

    def match(self, ctx: Any, items: Any) -> list[StepOutcome]:
        return [
            StepOutcome(Fate.ONWARD, input={"item": self.known[item.input["sku"]]})
            if item.input["sku"] in self.known
            else StepOutcome(Fate.HELD, problem=Problem(NO_ITEM, {"sku": item.input["sku"]}))
            for item in items
        ]

    def book(self, ctx: Any, items: Any) -> list[StepOutcome]:
        self.booked += [item.record for item in items]
        return [StepOutcome(Fate.FINISHED) for _item in items]


@pytest.fixture
def world(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """In the scope of a company, its owner acting."""
    monkeypatch.setattr(steps, "_STEPS", dict(steps._STEPS))
    tenant = Tenant.objects.create(name="Oak Ltd", home_currency="GBP")
    owner = User.objects.create_user("olivia@oak.test", "a-long-enough-password", name="Olivia Oak")
    Membership.objects.create(user=owner, tenant=tenant, role="owner")
    with tenant_scope(tenant), acting(Actor(user=owner, kind="person")):
        grant = Grant.objects.create(provider="amazon", environment="twin", application="a", provider_user="u")
        source, ledger = (
            Connection.objects.create(
                provider=name, environment="twin", external_account=name, name=f"{name} of Oak", grant=grant
            )
            for name in ("amazon", "quickbooks_online")
        )
        flow = Flow.objects.create(key="inbox-script", name="Orders")
        version = FlowVersion.objects.create(flow=flow, number=1, document=DOCUMENT, doc_hash="x")
        integration = Integration.objects.create(
            source=source, ledger=ledger, name="Oak", flow_version=version, mapping_set=mappings.mapping_set_for(ledger)
        )
        ReferenceCopy.objects.create(
            connection=ledger, kind="account", external_id="41", name="Sales", facts={}, active=True, as_of="2026-11-20T12:00:00Z"
        )
        made = World(tenant, owner, integration)
        steps.register(Step("inbox.match@1", "Match", "order", "order", made.match, editable=EDITABLE, page=50))
        steps.register(Step("inbox.book@1", "Book", "order", "order", made.book, page=50))
        yield made
