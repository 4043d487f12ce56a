"""What is in trouble is grouped by what one act mends, told of once, and over by itself when it has gone through."""

from __future__ import annotations

from datetime import timedelta

import pytest

from canonical.problems import Problem
from connections import standing
from connections.errors import UNAVAILABLE, Failure, FailureKind
from syncs import pipeline
from syncs.inbox import acts, cases, live, reading
from syncs.inbox.reading import Wanted
from syncs.models import Case, SyncRun, WorkItem
from tenants import clock
from tenants.models import Alert, Event, Membership, User
from tenants.news import publish
from tenants.outbox import drain
from tests.syncs.inbox.conftest import NO_ITEM, World


def case_of(sku: str) -> Case:
    return Case.objects.filter(fingerprint=f"{NO_ITEM}:{sku}").latest("id")


def test_records_with_one_cause_are_one_group_and_one_alert(world: World) -> None:
    world.orders(*["LAMP-1"] * 5, *["VASE-2"] * 2)
    found = reading.groups(Wanted(), user=world.owner)
    assert [(group.case.problem_params["sku"], group.stuck) for group in found] == [("LAMP-1", 5), ("VASE-2", 2)]
    assert found[0].problem.text == "There is no item for the SKU LAMP-1."
    assert found[0].problem.remedy == "Choose the item, then retry the orders."
    assert sorted(Alert.objects.values_list("fingerprint", "count")) == [(f"{NO_ITEM}:LAMP-1", 5), (f"{NO_ITEM}:VASE-2", 2)]


def test_the_outbox_alone_opens_cases_whoever_looks(world: World) -> None:
    world.orders(*["LAMP-1"] * 3)
    assert Case.objects.count() == 0
    drain()
    assert Case.objects.get().most == 3
    drain()
    assert Event.objects.filter(type="case.opened").count() == 1


def test_retrying_the_group_after_the_fix_books_each_once_and_ends_the_case(world: World) -> None:
    run = world.orders("LAMP-1", "LAMP-1", "VASE-2")
    drain()
    world.known["LAMP-1"] = "item 7"
    runs = SyncRun.objects.count()
    assert acts.retry_case(case=case_of("LAMP-1")) == 2
    world.settle()
    drain()
    assert world.booked == ["order:1", "order:2"]
    assert SyncRun.objects.count() == runs
    mended, open_still = case_of("LAMP-1"), case_of("VASE-2")
    assert (mended.state, mended.outcome, mended.most) == ("resolved", "mended", 2)
    assert open_still.state == "open"
    assert Alert.objects.get(fingerprint=mended.fingerprint).state == "resolved"
    assert reading.records_of(mended).count() == 2
    run.refresh_from_db()
    assert (run.state, run.counts["done"], run.counts["held"]) == ("partly", 2, 1)


def test_a_retry_that_fails_again_stays_the_same_case_with_the_same_person(world: World) -> None:
    world.orders("LAMP-1")
    drain()
    acts.assign(case=case_of("LAMP-1"), to=world.owner)
    acts.retry_case(case=case_of("LAMP-1"))
    cases.follow()
    assert case_of("LAMP-1").state == "open", "a record under way is no success yet"
    world.settle()
    drain()
    assert Case.objects.count() == 1
    assert case_of("LAMP-1").assignee == world.owner
    assert WorkItem.objects.get().assignee == world.owner


def test_who_joins_the_group_later_is_given_to_the_same_person(world: World) -> None:
    world.orders("LAMP-1")
    drain()
    acts.assign(case=case_of("LAMP-1"), to=world.owner)
    world.orders("LAMP-1")
    drain()
    assert set(WorkItem.objects.values_list("assignee", flat=True)) == {world.owner.pk}
    assert [group.stuck for group in reading.groups(Wanted(tab="assigned", whose="me"), user=world.owner)] == [2]


def test_only_members_are_given_anything(world: World) -> None:
    world.orders("LAMP-1")
    drain()
    stranger = User.objects.create_user("sam@stranger.test")
    with pytest.raises(Exception, match="not in this company"):
        acts.assign(case=case_of("LAMP-1"), to=stranger)
    Membership.objects.create(user=stranger, tenant=world.tenant, role="viewer")
    assert acts.assign(case=case_of("LAMP-1"), to=stranger).assignee == stranger


def test_putting_aside_closes_the_records_and_can_be_taken_back(world: World) -> None:
    run = world.orders("LAMP-1", "LAMP-1")
    drain()
    with pytest.raises(Exception, match="Say why"):
        acts.put_aside(case=case_of("LAMP-1"), reason="  ")
    acts.put_aside(case=case_of("LAMP-1"), reason="Sold privately, booked by hand")
    assert set(WorkItem.objects.values_list("state", flat=True)) == {"closed"}
    run.refresh_from_db()
    assert run.state == "succeeded"
    assert Alert.objects.get().state == "dismissed"
    drain()
    assert Case.objects.get().outcome == "by_hand"
    acts.take_back(case=Case.objects.get())
    assert set(WorkItem.objects.values_list("state", flat=True)) == {"held"}
    assert [group.stuck for group in reading.groups(Wanted(), user=world.owner)] == [2]


def test_a_published_mapping_lets_exactly_what_it_may_mend_go_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from syncs.inbox import mending

    monkeypatch.setitem(mending._MENDS, "mapping.published", ("test.no_item",))
    run = world.orders("LAMP-1", "LAMP-1")
    drain()
    world.known["LAMP-1"] = "item 7"
    publish("mapping.published", world.integration.mapping_set, version=2)
    drain()
    world.settle()
    assert world.booked == ["order:1", "order:2"]
    assert WorkItem.objects.filter(run=run, state="done").count() == 2
    assert SyncRun.objects.count() == 1, "nothing was run again from its beginning"


def test_given_up_records_are_grouped_by_what_they_failed_of(world: World) -> None:
    problem = Problem(UNAVAILABLE, {"provider": "Amazon", "detail": "503"})
    world.match = lambda ctx, items: (_ for _ in ()).throw(Failure(FailureKind.UNAVAILABLE, problem))  # type: ignore[method-assign]
    from syncs import steps
    from syncs.steps import Step

    steps._STEPS["inbox.match@1"] = Step("inbox.match@1", "Match", "order", "order", world.match)
    run = world.orders("A-1", "B-2")
    assert sorted(item.title for item in reading.retries(Wanted())) == ["Order 1", "Order 2"]
    assert reading.groups(Wanted(), user=world.owner) == []
    for _again in range(2):
        with clock.shifted(timedelta(hours=9)):
            WorkItem.objects.update(not_before=None)
            pipeline.execute(run)
    found = reading.groups(Wanted(), user=world.owner)
    assert [(group.stuck, group.case.problem_code) for group in found] == [(2, "pipeline.given_up")]
    assert "Amazon" in found[0].problem.text


def test_a_failed_run_is_a_group_until_one_of_its_kind_succeeds(world: World) -> None:
    def run(state: str) -> SyncRun:
        return SyncRun.objects.create(
            integration=world.integration, stream="scripted", flow_version=world.integration.flow_version, trigger="schedule",
            correlation_id="c", state=state, problem_code="connection.rejected", ended_at=clock.now(), note="refused",
        )  # fmt: skip

    run("failed")
    run("failed")
    cases.follow()
    case = Case.objects.get()
    assert (case.kind, case.most, Alert.objects.get().count) == ("run", 2, 2)
    run("succeeded")
    cases.follow()
    assert Case.objects.get().outcome == "mended"
    assert Alert.objects.get().state == "resolved"


def test_a_lost_connection_stands_first_and_ends_when_it_lets_us_in(world: World) -> None:
    world.orders("LAMP-1")
    ledger = world.integration.ledger
    standing.lose(ledger.grant, "invalid_grant")
    drain()
    kinds = [group.case.kind for group in reading.groups(Wanted(), user=world.owner)]
    assert kinds == ["connection", "connection", "record"]
    assert Alert.objects.count() == 3, "who lost it told people already"
    type(ledger).objects.update(state="active")
    cases.follow()
    assert [trouble.kind for trouble in live.troubles() if trouble.kind == "connection"] == []
    assert Case.objects.filter(kind="connection", state="resolved").count() == 2


def test_what_is_hidden_comes_back_by_itself_only_as_a_new_case(world: World) -> None:
    standing.lose(world.integration.ledger.grant, "invalid_grant")
    cases.follow()
    hidden = Case.objects.filter(kind="connection").first()
    assert hidden is not None
    acts.put_aside(case=hidden, reason="The shop is closed", ignored=True)
    cases.follow()
    assert hidden.public_id not in [group.case.public_id for group in reading.groups(Wanted(), user=world.owner)]
    type(world.integration.ledger).objects.update(state="active")
    cases.follow()
    hidden.refresh_from_db()
    assert (hidden.state, hidden.outcome) == ("resolved", "ignored")
