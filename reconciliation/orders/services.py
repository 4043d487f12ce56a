"""What people decide about orders. Keyword-only, inside a tenant's scope."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from canonical.problems import N_, Problem, Refused, declare
from reconciliation import setup
from reconciliation.engine.chart import Role
from reconciliation.models import Order, Refund
from reconciliation.orders import policy
from reconciliation.orders.planning import Sale, source_ref
from reconciliation.orders.steps import order_source
from reconciliation.wizard import steps
from syncs import dispatch, mappings, schedules
from syncs import services as sync_services
from syncs.mapping.rules import ROLE, Target
from syncs.models import Integration, SyncRun, Watermark, WorkItem
from syncs.runs import BACK_FILL, ORDERS, flow_for, main_stream, open_run
from tenants import clock
from tenants.news import audit

# What orders need besides the accounts of settlements.
NEEDED = (Role.CLEARING.value, Role.ROUNDING.value)
_UNDECIDED = (Order.State.WAITING, Order.State.SYNCED, Order.State.HELD, Order.State.READY)
_AT_ONCE = 500

NOT_YET = declare(
    "orders.back_fill_future",
    N_("Orders cannot be read from a day that has not begun."),
    N_("Choose an earlier day."),
)
RESIDUAL_CLOSED = declare("order.closed_already", N_("This order is closed already."), N_("Reload the page."))


def decide(*, integration: Integration, settings: Mapping[str, Any]) -> Integration:
    """Change what is done with orders. Posting them one by one brings the clearing account; raises Refused for what cannot be.

    Orders that are kept or wait are looked at again under the new decision.
    """
    decided = policy.read({**policy.settings_of(integration), **settings})
    options = {**integration.options, policy.OPTION: dict(settings)}
    contradictions = policy.check_together(decided, options)
    if contradictions:
        raise Refused(*contradictions)
    if decided.each:
        _bring_clearing(integration)
    changed = sync_services.change_integration(integration=integration, options=options)
    Integration.objects.filter(pk=integration.pk).update(flow_version=flow_for(changed, main_stream(changed.source)))
    schedules.ensure_defaults(integration=changed, enabled=changed.state != Integration.State.SETTING_UP)
    changed.refresh_from_db()
    if changed.state == Integration.State.ACTIVE:
        take_up_again(integration=changed)
    return changed


def open_shop(*, integration: Integration) -> Integration:
    """Make the accounts that a shop's orders need in the ledger, map them, and switch the integration on. Raises Refused, Failure."""
    _bring_clearing(integration)
    sync_services.change_integration(integration=integration, autopost=True, wizard_step=steps.LAST.key)
    return sync_services.activate(integration=integration)


def _bring_clearing(integration: Integration) -> None:
    """The accounts that orders need, made in the ledger where they are missing, and mapped."""
    rules = mappings.rules_of(mappings.published_version(integration.mapping_set))
    mapped = {rule.target for rule in rules if rule.account_id}
    wanted = setup.SHOP_NEEDED if policy.is_shop(integration) else NEEDED
    missing = [role for role in wanted if Target(ROLE, role) not in mapped]
    if missing:
        setup.create_default_accounts(ledger=integration.ledger, roles=missing, source=setup.name_of(integration.source))
        setup.map_default_accounts(integration=integration, roles=missing)


@transaction.atomic
def take_up_again(*, integration: Integration, sales: Sequence[Sale] | None = None) -> SyncRun | None:
    """Look again at orders and refunds that are kept, waiting or held (or at these); None when there are none."""
    chosen = list(sales) if sales is not None else [*_undecided(Order, integration), *_undecided(Refund, integration)]
    if not chosen:
        return None
    run = open_run(integration=integration, trigger="manual", stream=ORDERS, discovers=False)
    items = [_item(run, sale) for sale in chosen]
    WorkItem.objects.bulk_create(items, ignore_conflicts=True, batch_size=_AT_ONCE)
    transaction.on_commit(lambda: dispatch.wake(run))
    return run


def _undecided(kind: type[Order] | type[Refund], integration: Integration) -> Iterable[Sale]:
    rows = kind.objects.filter(integration=integration, state__in=_UNDECIDED).select_related("record").order_by("pk")
    return list(rows)


def _item(run: SyncRun, sale: Sale) -> WorkItem:
    kind = "order" if isinstance(sale, Order) else "refund"
    return WorkItem(
        run=run,
        integration=run.integration,
        record=f"{kind}:{source_ref(sale)}@{sale.record.version}:{run.public_id}"[:200],
        flow_key=run.flow_version.flow.key,
        title=f"{kind.capitalize()} {source_ref(sale)}"[:200],
        step="order.compose@1",
        input={kind: sale.pk, "page": sale.public_id},
    ).named()


@transaction.atomic
def back_fill(*, integration: Integration, since: datetime) -> SyncRun:
    """Read orders from an earlier day on, in a run of its own that can be stopped and taken up again.

    Goes back as far as the source keeps orders; the run says so where that is less than was asked for.
    """
    if since >= clock.now():
        raise Refused(Problem(NOT_YET))
    order_source(integration.source)  # refuses a source without orders before anything is written
    cursor = json.dumps({"since": since.isoformat()})
    Watermark.objects.update_or_create(integration=integration, stream=BACK_FILL, defaults={"cursor": cursor})
    run = open_run(integration=integration, trigger="back_fill", stream=BACK_FILL)
    audit("orders.back_fill_asked", run, after={"since": since.isoformat()})
    transaction.on_commit(lambda: dispatch.wake(run))
    return run


@transaction.atomic
def resume_back_fill(*, integration: Integration) -> SyncRun:
    """Take up a back-fill where it was stopped: what was read is not read again."""
    run = open_run(integration=integration, trigger="back_fill", stream=BACK_FILL)
    transaction.on_commit(lambda: dispatch.wake(run))
    return run


@transaction.atomic
def close_order(*, order: Order, reason: str) -> Order:
    """A person has booked what was left of an order: it is asked about no more."""
    if order.closed_at is not None:
        raise Refused(Problem(RESIDUAL_CLOSED))
    order.closed_at, order.problem_code, order.problem_params = clock.now(), "", {}
    order.save(update_fields=["closed_at", "problem_code", "problem_params"])
    audit("order.closed", order, reason=reason)
    return order


def choose_item(*, integration: Integration, sku: str, item_id: str) -> Integration:
    """Say which item of the ledger a SKU is; orders held for it are taken up again."""
    settings = dict(integration.options.get(policy.OPTION) or {})
    settings["items"] = {**settings.get("items", {}), sku: item_id}
    return decide(integration=integration, settings=settings)
