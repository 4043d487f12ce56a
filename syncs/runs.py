"""Opening a run: which flow it carries out, under which mapping, and who asked."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from syncs import flows, mappings
from syncs.models import FlowVersion, Integration, SyncRun
from tenants import clock
from tenants.news import current_actor, publish

if TYPE_CHECKING:
    from tenants.models import User

SETTLEMENTS = "settlements"
REFERENCE = "reference"
ORDERS = "orders"
BACK_FILL = "orders_back_fill"
CLEARING = "clearing"

# Streams that are the same for every pair; the others run the pair's own flow.
_COMMON = {REFERENCE: "ledger-reference", CLEARING: "clearing-close"}
_RECORDS = {ORDERS: "order", BACK_FILL: "order-back-fill"}


def flow_for(integration: Integration, stream: str) -> FlowVersion:
    """The current version of the flow that serves a stream of this pair."""
    pair = (integration.source.provider, integration.ledger.provider)
    return flows.install(_COMMON.get(stream) or flows.template_for(*pair, _RECORDS.get(stream, "settlement")))


def open_run(
    *,
    integration: Integration,
    trigger: str,
    stream: str = SETTLEMENTS,
    discovers: bool = True,
    mode: str = SyncRun.Mode.LIVE,
    user: User | None = None,
    template: str = "",
) -> SyncRun:
    """A run by hand, by upload, by a decision. The caller executes it, or wakes a worker.

    `discovers` False is for runs whose work items are given to them; `template` names another shipped flow.
    """
    run = SyncRun.objects.create(
        integration=integration,
        stream=stream,
        flow_version=flows.install(template) if template else flow_for(integration, stream),
        mapping_version=mappings.published_version(integration.mapping_set),
        mode=mode,
        trigger=trigger,
        correlation_id=f"cor_{secrets.token_hex(10)}",
        discovered_at=None if discovers else clock.now(),
        started_by=user or current_actor().user,
    )
    publish("run.queued", run, stream=stream, trigger=trigger)
    return run


def pin_flow(run: SyncRun) -> FlowVersion:
    """The flow of a run that has not begun; the dispatcher makes runs in SQL and leaves the choice to here."""
    if run.started_at is None and run.schedule_id is not None and run.stream in (*_COMMON, *_RECORDS):
        run.flow_version = flow_for(run.integration, run.stream)
        run.save(update_fields=["flow_version"])
    version: FlowVersion = run.flow_version
    return version
