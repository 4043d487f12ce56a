"""The health of an integration: what it says, when it turns amber, and that it moves while a run goes."""

from __future__ import annotations

from datetime import timedelta

from django.test import Client

from connections import standing
from syncs import health, schedules
from syncs.models import Integration, SyncRun, WorkItem
from tenants import clock
from tests.syncs.inbox.conftest import World


def one(world: World) -> health.Health:
    return health.health()[0]


def active(world: World) -> None:
    schedules.ensure_defaults(integration=world.integration)
    Integration.objects.update(state="active")
    world.known["LAMP-1"] = "item 7"
    world.orders("LAMP-1")


def test_it_is_good_until_twice_its_cadence_has_passed(world: World) -> None:
    active(world)
    found = one(world)
    assert (found.state, found.backlog, found.held, found.stale_after) == ("good", 0, 0, timedelta(hours=2))
    assert found.next_at is not None
    with clock.shifted(timedelta(hours=1, minutes=59)):
        assert one(world).state == "good"
    with clock.shifted(timedelta(hours=2, minutes=1)):
        assert one(world).state == "stale"


def test_the_worst_is_said(world: World) -> None:
    active(world)
    world.orders("VASE-?")
    assert (one(world).state, one(world).held) == ("held", 1)
    standing.lose(world.integration.ledger.grant, "invalid_grant")
    assert one(world).state == "lost"
    Integration.objects.update(state="paused")
    assert one(world).state == "paused"


def test_a_record_that_waits_too_long_turns_it_amber(world: World) -> None:
    active(world)
    world.orders("VASE-?")
    WorkItem.objects.filter(state="held").update(state="waiting")
    assert (one(world).state, one(world).backlog) == ("good", 1)
    assert one(world).oldest is not None
    with clock.shifted(timedelta(hours=6, minutes=1)):
        assert one(world).state == "stale"


def test_the_card_moves_while_a_run_goes(world: World) -> None:
    active(world)
    run = world.orders("LAMP-1", "LAMP-1", "LAMP-1")
    SyncRun.objects.filter(pk=run.pk).update(state="running")
    WorkItem.objects.filter(run=run, record="order:4").update(state="ready")
    client = Client()
    client.force_login(world.owner)
    address = f"/app/{world.tenant.public_id}/health/"
    first = client.get(address).content.decode()
    assert "2 / 3" in first
    assert 'hx-trigger="every 2s"' in first
    WorkItem.objects.filter(run=run).update(state="done")
    assert "3 / 3" in client.get(address).content.decode()
    SyncRun.objects.filter(pk=run.pk).update(state="succeeded")
    assert 'hx-trigger="every 20s"' in client.get(address).content.decode()
