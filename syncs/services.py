"""What people and machines may do to integrations and their runs. Keyword-only, inside a tenant's scope."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import transaction

from canonical.problems import Problem, Refused, declare
from connections import selectors as connection_selectors
from connections.contracts import ProviderRole
from connections.models import Connection
from connections.registry import provider
from syncs import flows, mappings, runs, schedules
from syncs.models import Integration, MappingSet, SyncRun, SyncSchedule, WorkItem
from tenants import clock
from tenants.news import audit, publish

NO_FLOW = declare(
    "integration.no_flow",
    "There is no shipped flow from %(source)s to %(ledger)s yet.",
    "Connect one of the pairs listed in the gallery.",
)
WRONG_ROLE = declare(
    "integration.wrong_role",
    "%(name)s cannot be used as a %(role)s.",
    "Choose an account of the right kind: sales channels are sources, accounting companies are ledgers.",
)
NOT_THIS_SHAPE = declare(
    "integration.not_this_shape",
    "%(ledger)s does not take the posting shape %(shape)s.",
    "Choose one of: %(shapes)s.",
)
NOT_READY = declare(
    "integration.not_ready",
    "%(name)s cannot be switched on yet: its accounts are not mapped.",
    "Finish the accounts-and-taxes wizard first.",
)


@transaction.atomic
def create_integration(
    *, source: Connection, ledger: Connection, name: str = "", timezone: str = "", marketplace_scope: str = "*"
) -> Integration:
    """Pair a source with a ledger. Comes with its flow, mapping set and schedules, switched off until mapped."""
    _expect_role(source, ProviderRole.SOURCE)
    _expect_role(ledger, ProviderRole.LEDGER)
    template = flows.template_for(source.provider, ledger.provider, runs.record_of(runs.main_stream(source)))
    if not (flows.TEMPLATES / f"{template}.json").exists():
        raise Refused(Problem(NO_FLOW, {"source": source.provider, "ledger": ledger.provider}))
    mapping_set = mappings.mapping_set_for(ledger, runs.channel_of(source))
    integration, made = Integration.objects.get_or_create(
        source=source,
        ledger=ledger,
        marketplace_scope=marketplace_scope,
        defaults={
            "name": name or f"{source.name} → {ledger.name}",
            "timezone": timezone or source.tenant.timezone,
            "flow_version": flows.install(template),
            "mapping_set": mapping_set,
            "posting_shape": connection_selectors.forms(ledger).shapes[0],
            "options": _shared_options(mapping_set),
        },
    )
    if made:
        schedules.ensure_defaults(integration=integration, enabled=False)
        audit("integration.created", integration, after={"source": source.public_id, "ledger": ledger.public_id})
        publish("integration.created", integration)
    return integration


def _shared_options(mapping_set: MappingSet) -> dict[str, Any]:
    """What belongs to the mapping's rules rather than to one integration: the groups of SKUs that rules name."""
    other = Integration.objects.filter(mapping_set=mapping_set).order_by("id").first()
    groups = other.options.get("sku_groups") if other else None
    return {"sku_groups": groups} if groups else {}


@transaction.atomic
def change_integration(*, integration: Integration, **changes: Any) -> Integration:
    """Change how the books are kept: marketplaces, shape, month split, autopost, start date, options, time zone."""
    allowed = {
        "name", "marketplace_scope", "posting_shape", "split_months", "autopost", "starts_on", "timezone", "options", "wizard_step",
    }  # fmt: skip
    unknown = changes.keys() - allowed
    if unknown:
        raise ValueError(f"an integration has no {sorted(unknown)}")
    shapes = connection_selectors.forms(integration.ledger).shapes
    if changes.get("posting_shape", shapes[0]) not in shapes:
        params = {"ledger": integration.ledger.name, "shape": str(changes["posting_shape"]), "shapes": ", ".join(shapes)}
        raise Refused(Problem(NOT_THIS_SHAPE, params))
    before = {key: _plain(getattr(integration, key)) for key in changes}
    for key, value in changes.items():
        setattr(integration, key, value)
    integration.save(update_fields=list(changes))
    after = {key: _plain(value) for key, value in changes.items()}
    if before != after:
        audit("integration.changed", integration, before=before, after=after)
    return integration


@transaction.atomic
def activate(*, integration: Integration) -> Integration:
    """Switch an integration on; its schedules begin to run, but for those that a person switched off meanwhile."""
    if mappings.published_version(integration.mapping_set) is None:
        raise Refused(Problem(NOT_READY, {"name": integration.name}))
    if integration.state == Integration.State.SETTING_UP:
        SyncSchedule.objects.filter(integration=integration).update(enabled=True)
    integration.state, integration.paused_reason = Integration.State.ACTIVE, ""
    integration.save(update_fields=["state", "paused_reason"])
    audit("integration.activated", integration)
    publish("integration.activated", integration)
    return integration


@transaction.atomic
def pause(*, integration: Integration, reason: str = "") -> Integration:
    """Stop scheduled work; what is under way ends, nothing is lost. The dispatcher passes over what rests."""
    integration.state, integration.paused_reason = Integration.State.PAUSED, reason[:120]
    integration.save(update_fields=["state", "paused_reason"])
    audit("integration.paused", integration, reason=reason)
    publish("integration.paused", integration)
    return integration


def retry_items(*, items: Iterable[WorkItem]) -> list[SyncRun]:
    """Put held or given-up records back to work at the step where they stopped. Returns their runs, to be woken."""
    runs: dict[int, SyncRun] = {}
    for item in items:
        with transaction.atomic():
            taken = WorkItem.objects.filter(
                pk=item.pk, state__in=[WorkItem.State.HELD, WorkItem.State.DEAD, WorkItem.State.WAITING]
            ).update(state=WorkItem.State.READY, attempts=0, not_before=None, locked_by="", locked_until=None)
            if not taken:
                continue
            SyncRun.objects.filter(pk=item.run_id).update(state=SyncRun.State.QUEUED, ended_at=None, not_before=None)
            audit("record.retried", item, before={"problem": item.problem_code})
            runs[item.run_id] = item.run
    return list(runs.values())


def requeue_run(*, run: SyncRun) -> SyncRun:
    """Let a run that waits, or was given up after crashes, begin at once. Its records keep where they are."""
    with transaction.atomic():
        moved = SyncRun.objects.filter(
            pk=run.pk, state__in=[SyncRun.State.QUEUED, SyncRun.State.WAITING, SyncRun.State.FAILED]
        ).update(state=SyncRun.State.QUEUED, not_before=None, crashes=0, ended_at=None, locked_by="", locked_until=None)
        if moved:
            waiting = WorkItem.objects.filter(run=run, state=WorkItem.State.WAITING)
            waiting.update(not_before=None)
            audit("run.requeued", run, before={"state": run.state})
    run.refresh_from_db()
    return run


def cancel_run(*, run: SyncRun) -> SyncRun:
    """Stop a run: what is done stays done, what has not begun is not begun."""
    with transaction.atomic():
        SyncRun.objects.filter(pk=run.pk).update(state=SyncRun.State.CANCELLED, ended_at=clock.now())
        audit("run.cancelled", run)
    run.refresh_from_db()
    return run


def _expect_role(connection: Connection, role: ProviderRole) -> None:
    if role not in provider(connection.provider).info.roles:
        raise Refused(Problem(WRONG_ROLE, {"name": connection.name, "role": role.value}))


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return dict(value) if isinstance(value, Mapping) else value
