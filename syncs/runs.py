"""Opening a run: which flow it carries out, under which mapping, and who asked."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from connections.models import Connection
from connections.registry import provider
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
PRODUCTS = "products"

# Streams that are the same for every pair; the others run the pair's own flow.
_COMMON = {REFERENCE: "ledger-reference", CLEARING: "clearing-close"}
_RECORDS = {ORDERS: "order", BACK_FILL: "order-back-fill", PRODUCTS: "product"}


def main_stream(source: Connection) -> str:
    """What an integration of this source is there for: settlements where the source has any, else orders."""
    return SETTLEMENTS if provider(source.provider).source else ORDERS


def channel_of(source: Connection) -> str:
    """Whose accounts its revenue goes to: a shop has its own beside the marketplaces' (see MappingSet.channel)."""
    return "" if main_stream(source) == SETTLEMENTS else source.provider


def record_of(stream: str) -> str:
    """What a stream carries, as the shipped flows are named."""
    return _RECORDS.get(stream, "settlement")


def flow_for(integration: Integration, stream: str) -> FlowVersion:
    """The current version of the flow that serves a stream of this pair."""
    pair = (integration.source.provider, integration.ledger.provider)
    return flows.install(_COMMON.get(stream) or flows.template_for(*pair, record_of(stream)))


def open_run(
    *,
    integration: Integration,
    trigger: str,
    stream: str = "",
    discovers: bool = True,
    mode: str = SyncRun.Mode.LIVE,
    user: User | None = None,
    template: str = "",
) -> SyncRun:
    """A run by hand, by upload, by a decision. The caller executes it, or wakes a worker.

    Without a `stream` it is the one that the integration is there for. `discovers` False is for runs whose work items are given to them; `template` names another shipped flow.
    """
    stream = stream or main_stream(integration.source)
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
