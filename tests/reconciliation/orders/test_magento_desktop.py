"""A shop into a company file of QuickBooks Enterprise that polls us: the same order to cash, a visit at a time."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from connections import services as connection_services
from connections.errors import Failure, FailureKind
from reconciliation.demo import shops
from reconciliation.demo import twins as over_there
from reconciliation.models import Order, Refund
from reconciliation.orders import services
from reconciliation.orders.tie import tie
from syncs import pipeline
from syncs import services as sync_services
from syncs.models import LedgerDocument, SyncRun, WorkItem
from syncs.runs import ORDERS, open_run
from tenants import clock
from tenants.scope import tenant_scope
from tests.connections.providers.quickbooks_desktop.conftest import Desktop

pytestmark = pytest.mark.django_db(transaction=True)
VISITS = 60


def visited(desktop: Desktop, act):
    """Do what has to wait for the company file's visits, as a worker would: again after each."""
    for _visit in range(VISITS):
        try:
            return act()
        except Failure as waits:
            if waits.kind is not FailureKind.QUEUED:
                raise
        desktop.poll()
    raise AssertionError(f"not done in {VISITS} visits")


def carried(desktop: Desktop, integration, stream: str = ORDERS) -> SyncRun:
    run = open_run(integration=integration, trigger="demo", stream=stream)
    for _visit in range(VISITS):
        SyncRun.objects.filter(pk=run.pk).update(not_before=None)
        WorkItem.objects.filter(run=run, state="waiting").update(not_before=None)
        run.refresh_from_db()
        run = pipeline.execute(run)
        if run.state not in (SyncRun.State.WAITING, SyncRun.State.RUNNING):
            return run
        desktop.poll()
    raise AssertionError(f"{run.state}: {run.note}")


def place(**wishes: object) -> int:
    return over_there.command("magento", "place", shop="main", **wishes)["orders"][0]["entity_id"]


def test_a_shop_into_quickbooks_enterprise(twins, live_server, settings) -> None:
    settings.PUBLIC_URL, settings.POLL_SETTLE_SECONDS = live_server.url, 0
    desktop = Desktop(twins, live_server.url, "larkspur")
    desktop.read_lists()
    with tenant_scope(desktop.tenant):
        source = connection_services.adopt(provider="magento", environment="twin", answers=shops.keys("main"))
        integration = sync_services.create_integration(source=source, ledger=desktop.fresh(), timezone="America/Los_Angeles")
        today = clock.local_date(clock.now(), integration.timezone)
        sync_services.change_integration(integration=integration, starts_on=shops._today())
        visited(desktop, lambda: services.open_shop(integration=integration))
        card = place(lines=[["HP-LANTERN-BRASS", 2], ["TEE-NAVY", 1]], coupon="AUTUMN10")
        terms = place(lines=[["SET-CAMP", 1]], method="purchaseorder")
        carried(desktop, integration)
        over_there.command("magento", "invoice", shop="main", order=terms)
        over_there.command("magento", "refund", shop="main", order=card, items={"HP-LANTERN-BRASS": 1}, shipping="0")
        carried(desktop, integration)

        wrong = [(one.shown, one.problem_code, one.problem_params) for one in Order.objects.filter(state="held")]
        assert wrong == []
        assert [one.state for one in Refund.objects.all()] == ["posted"]
        kinds = Counter(LedgerDocument.objects.filter(state="posted").values_list("source_kind", "document_type"))
        assert kinds == {
            ("order", "sales_receipt"): 1, ("order", "invoice"): 1, ("payment", "payment"): 1,
            ("refund", "credit_memo"): 1, ("closing", "payment"): 1,
        }  # fmt: skip
        found = tie(integration, since=today.replace(day=1), until=shops._today())
        assert found.ties, found.rows
        assert desktop.balance("Magento Clearing") == sum(row.payments for row in found.rows) != Decimal(0)
