"""Background work of connections. Each task is a door: it enters a tenant and calls one function.

`SCHEDULE` says how often the sweeps run; the rows they read are the truth, so a lost run costs only time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from celery import shared_task

from canonical.problems import Refused
from connections import disclosure, handover, inbound, polling, queues, registry, services, upkeep, usage
from connections.errors import Failure
from connections.models import Connection, Disclosure
from connections.outbound import deliveries, sending
from connections.wake import wake_row
from tenants.models import Tenant
from tenants.scope import tenant_scope

logger = logging.getLogger(__name__)

SCHEDULE: dict[str, timedelta] = {
    "connections.catch_up_references": timedelta(minutes=15),
    "connections.keep_alive": timedelta(hours=6),
    "connections.count_down": timedelta(hours=6),
    "connections.forget": timedelta(hours=6),
    "connections.poll_queues": timedelta(seconds=20),
    "connections.follow_all": timedelta(days=1),
    "connections.open_letters": timedelta(minutes=5),
    "connections.sweep_webhooks": timedelta(minutes=1),
    "connections.count_usage": timedelta(hours=1),
}


@shared_task(name="connections.refresh_reference")
def refresh_reference(tenant_id: int, connection_id: int) -> None:
    """Fetch a ledger's reference data."""
    with tenant_scope(tenant_id):
        connection = Connection.objects.filter(pk=connection_id, state=Connection.State.ACTIVE).first()
        if connection is not None:
            upkeep.refreshed(connection)


@shared_task(name="connections.test")
def test(tenant_id: int, connection_id: int) -> None:
    """One harmless read for the operator, whose own process has no access to secrets. The call log keeps a failure."""
    with tenant_scope(tenant_id):
        try:
            services.test(connection=Connection.objects.select_related("grant").get(pk=connection_id))
        except (Failure, Refused) as trouble:
            logger.warning("the test of connection %s failed: %s", connection_id, type(trouble).__name__)


@shared_task(name="connections.process_notices")
def process_notices(tenant_id: int, connection_id: int) -> None:
    """Work through a connection's notices: a ledger's reference data are read here, a source's streams by whoever follows."""
    with tenant_scope(tenant_id):
        connection = Connection.objects.filter(pk=connection_id).first()
        if connection is not None and registry.provider(connection.provider).target is None:
            inbound.hand_on(connection=connection)
        elif connection is not None and inbound.process(connection=connection) and connection.reference_stale_at is not None:
            upkeep.refreshed(Connection.objects.get(pk=connection_id))


@shared_task(name=polling.ANSWERED_TASK)
def answered(tenant_id: int, connection_id: int) -> None:
    """Wake once more whoever waits for what a polling provider has answered."""
    with tenant_scope(tenant_id):
        polling.tell_again(connection=Connection.objects.get(pk=connection_id))


@shared_task(name=handover.TASK)
def put_in_use(tenant_id: int, letter_id: int) -> None:
    """Try and keep a credential that an operator handed over."""
    with tenant_scope(tenant_id):
        handover.put_in_use(letter_id=letter_id)


@shared_task(name=disclosure.TASK)
def lay_out(tenant_id: int, disclosure_id: int) -> None:
    """Lay one exchange out for the operator who asked."""
    with tenant_scope(tenant_id):
        disclosure.lay_out(asked=Disclosure.objects.select_related("call").get(pk=disclosure_id))


@shared_task(name="connections.open_letters")
def open_letters() -> None:
    """What a lost message left behind."""
    _in_every_tenant(handover.sweep)


@shared_task(name="connections.poll_queues")
def poll_queues() -> None:
    """One turn at every queue of notices."""
    queues.poll()


@shared_task(name="connections.follow")
def follow(tenant_id: int, connection_id: int) -> None:
    """Have a provider tell us of one connection's changes. Without that, the schedules read them."""
    with tenant_scope(tenant_id):
        connection = Connection.objects.filter(pk=connection_id, state=Connection.State.ACTIVE).first()
        if connection is not None:
            try:
                queues.follow(connection=connection)
            except (Failure, Refused) as trouble:
                logger.warning("connection %s is not told of changes: %s", connection.public_id, type(trouble).__name__)


@shared_task(name="connections.follow_all")
def follow_all() -> None:
    """A subscription that somebody deleted over there is made again."""
    _in_every_tenant(queues.wake_followers)


@shared_task(name="connections.catch_up_references")
def catch_up_references() -> None:
    _in_every_tenant(upkeep.catch_up_references)


@shared_task(name="connections.keep_alive")
def keep_alive() -> None:
    _in_every_tenant(upkeep.keep_alive)


@shared_task(name="connections.count_down")
def count_down() -> None:
    _in_every_tenant(upkeep.count_down)


@shared_task(name="connections.forget")
def forget() -> None:
    _in_every_tenant(upkeep.forget)
    _in_every_tenant(deliveries.forget)
    upkeep.forget_states()
    upkeep.forget_strays()


@shared_task(name=deliveries.SEND_TASK)
def send_webhooks(tenant_id: int, endpoint_id: int) -> None:
    """Tell one endpoint what it has not been told yet."""
    with tenant_scope(tenant_id):
        sending.send_round(endpoint_id=endpoint_id)


@shared_task(name="connections.sweep_webhooks")
def sweep_webhooks() -> None:
    """Wake a worker for every endpoint that something is due for."""
    for tenant_id in sending.tenants_waiting():
        with tenant_scope(tenant_id):
            for endpoint in sending.endpoints_waiting():
                wake_row(deliveries.SEND_TASK, endpoint)


@shared_task(name="connections.count_usage")
def count_usage() -> None:
    """Keep the counts of finished days, and say in time when a month's allowance is running out."""
    _in_every_tenant(usage.roll_up)
    _in_every_tenant(usage.watch)


def _in_every_tenant(work: Callable[[], object]) -> None:
    """One tenant's trouble is logged and does not stop the others."""
    for tenant in Tenant.objects.filter(state=Tenant.State.ACTIVE).iterator():
        try:
            with tenant_scope(tenant):
                work()
        except Exception:
            logger.exception("upkeep failed for tenant %s", tenant.public_id)
