"""The straight line under trouble: nothing is done twice, nothing is lost, one bad record stops no other."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.db import OperationalError

from canonical.problems import CATALOGUE, Problem, Refused, declare
from connections.errors import BUDGET_SPENT, UNAVAILABLE, Failure, FailureKind
from connections.models import Connection, Grant
from syncs import mappings, pipeline, services, steps
from syncs.models import Flow, FlowVersion, Integration, SyncRun, Watermark, WorkItem
from syncs.steps import Discovery, Fate, Lister, Page, Step, StepOutcome
from tenants import clock
from tenants.models import Alert, Event, Tenant
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db(transaction=True)

BAD = "test.bad_record" if "test.bad_record" in CATALOGUE else declare("test.bad_record", "%(what)s is bad.", "Make it good.")
DOCUMENT = {
    "schema": "workflow/1",
    "key": "scripted",
    "name": "Scripted",
    "settings": {"retry": {"max_attempts": 3}},
    "nodes": [
        {"id": "a", "type": "trigger.schedule", "v": 1, "name": "", "params": {}},
        {"id": "b", "type": "script.list", "v": 1, "name": "", "params": {}},
        {"id": "c", "type": "script.pull", "v": 1, "name": "", "params": {}},
        {"id": "d", "type": "script.write", "v": 1, "name": "", "params": {}},
    ],
    "edges": [{"id": "1", "from": "a", "to": "b"}, {"id": "2", "from": "b", "to": "c"}, {"id": "3", "from": "c", "to": "d"}],
}


class Script:
    """What the steps do, told by the test; `done` counts what they did."""

    def __init__(self) -> None:
        self.pages = [Page([self.found("1"), self.found("2"), self.found("3")], cursor="three")]
        self.trouble: dict[str, list] = {}
        self.done: Counter[str] = Counter()
        self.cursors: list[str] = []

    @staticmethod
    def found(name: str) -> Discovery:
        return Discovery(f"order:{name}", f"Order {name}", {"name": name})

    def list(self, ctx, cursor):
        self.cursors.append(cursor)
        for page in self.pages:
            if isinstance(page, Exception):
                raise page
            yield page

    def step(self, which):
        def run(ctx, items):
            outcomes = []
            for item in items:
                trouble = self.trouble.get(f"{which}:{item.input['name']}", [])
                if trouble:
                    what = trouble.pop(0)
                    if isinstance(what, Exception):
                        raise what
                    outcomes.append(what)
                    continue
                self.done[f"{which}:{item.input['name']}"] += 1
                outcomes.append(StepOutcome(Fate.ONWARD, input={which: True}))
            return outcomes

        return run


@pytest.fixture
def script(monkeypatch):
    made = Script()
    monkeypatch.setattr(steps, "_STEPS", dict(steps._STEPS))
    monkeypatch.setattr(steps, "_LISTERS", dict(steps._LISTERS))
    steps.register(Lister("script.list@1", "List", "order", "orders", made.list))
    steps.register(Step("script.pull@1", "Pull", "order", "order", made.step("pull")))
    steps.register(Step("script.write@1", "Write", "order", "order", made.step("write"), writes=True))
    return made


@pytest.fixture
def integration():
    tenant = Tenant.objects.create(name="Alice's shop")
    with tenant_scope(tenant):
        grant = Grant.objects.create(provider="amazon", environment="twin", application="a", provider_user="u")
        source, ledger = (
            Connection.objects.create(
                provider=provider, environment="twin", external_account=provider, name=provider, grant=grant
            )
            for provider in ("amazon", "quickbooks_online")
        )
        flow = Flow.objects.create(key="scripted", name="Scripted")
        version = FlowVersion.objects.create(flow=flow, number=1, document=DOCUMENT, doc_hash="x")
        yield Integration.objects.create(
            source=source, ledger=ledger, name="pair", flow_version=version, mapping_set=mappings.mapping_set_for(ledger)
        )


@pytest.fixture
def run(integration):
    return new_run(integration)


def new_run(integration) -> SyncRun:
    return SyncRun.objects.create(
        integration=integration, stream="scripted", flow_version=integration.flow_version, trigger="manual", correlation_id="c"
    )


def unavailable(wait: int = 0) -> Failure:
    problem = Problem(UNAVAILABLE, {"provider": "Amazon", "detail": "503"})
    return Failure(FailureKind.UNAVAILABLE, problem, wait=timedelta(seconds=wait))


def item(name: str) -> WorkItem:
    return WorkItem.objects.get(record=f"order:{name}")


def test_every_record_passes_every_step_once(script, run):
    pipeline.execute(run)
    assert run.state == SyncRun.State.SUCCEEDED
    assert script.done == Counter({f"{step}:{n}": 1 for step in ("pull", "write") for n in "123"})
    assert run.counts["done"] == run.counts["listed"] == run.counts["script.write@1"] == 3
    assert Event.objects.filter(type="run.finished").count() == 1


def test_executing_a_finished_run_again_does_nothing(script, run):
    pipeline.execute(run)
    pipeline.execute(run)
    assert max(script.done.values()) == 1


def test_the_next_run_starts_at_the_watermark_and_takes_only_what_is_new(script, integration):
    pipeline.execute(new_run(integration))
    script.pages = [Page([script.found("3"), script.found("4")], cursor="four")]
    second = pipeline.execute(new_run(integration))
    assert script.cursors == ["", "three"]
    assert second.counts["listed"] == 1
    assert script.done["pull:3"] == 1
    assert Watermark.objects.get(stream="orders").cursor == "four"


def test_a_failure_while_listing_waits_as_long_as_told_and_loses_nothing(script, run):
    script.pages = [script.pages[0], unavailable(wait=90)]
    now = clock.now()
    with clock.frozen(now):
        pipeline.execute(run)
    assert run.state == SyncRun.State.WAITING
    assert run.not_before >= now + timedelta(seconds=90)
    assert WorkItem.objects.count() == 3
    assert script.done == Counter()
    script.pages = script.pages[:1]
    with clock.frozen(run.not_before):
        pipeline.execute(run)
    assert run.state == SyncRun.State.SUCCEEDED
    assert WorkItem.objects.count() == 3


def test_one_bad_record_is_held_and_the_others_go_on(script, run):
    script.trouble["write:2"] = [Refused(Problem(BAD, {"what": "Order 2"}))]
    pipeline.execute(run)
    assert run.state == SyncRun.State.PARTLY
    assert item("2").state == WorkItem.State.HELD
    assert (item("2").problem_code, item("2").step) == (BAD, "script.write@1")
    assert script.done["write:1"] == script.done["write:3"] == 1


def test_a_held_record_goes_on_from_where_it_stopped(script, run):
    script.trouble["write:2"] = [Refused(Problem(BAD, {"what": "Order 2"}))]
    pipeline.execute(run)
    (woken,) = services.retry_items(items=[item("2")])
    pipeline.execute(woken)
    assert woken.state == SyncRun.State.SUCCEEDED
    assert script.done["pull:2"] == script.done["write:2"] == 1


def test_a_transient_failure_comes_back_by_itself_and_not_before_its_time(script, run):
    script.trouble["pull:1"] = [unavailable(wait=60)]
    now = clock.now()
    with clock.frozen(now):
        pipeline.execute(run)
        assert run.state == SyncRun.State.WAITING
        assert item("1").not_before >= now + timedelta(seconds=60)
        pipeline.execute(run)
        assert script.done["pull:1"] == 0
    with clock.frozen(item("1").not_before):
        pipeline.execute(run)
    assert run.state == SyncRun.State.SUCCEEDED
    assert item("1").problem_code == ""


def test_a_record_that_keeps_failing_is_given_up_with_an_alert(script, run):
    script.trouble["pull:1"] = [unavailable() for _try in range(3)]
    at = clock.now()
    for _try in range(3):
        with clock.frozen(at):
            pipeline.execute(run)
        at += timedelta(hours=2)
    assert item("1").state == WorkItem.State.DEAD
    assert run.state == SyncRun.State.PARTLY
    assert Alert.objects.get().problem_code == "pipeline.given_up"


def test_a_bug_holds_its_record_and_never_loops(script, run):
    script.trouble["pull:3"] = [KeyError("settlement")]
    pipeline.execute(run)
    assert item("3").problem_code == "pipeline.bug"
    assert item("3").problem_params["error"] == "KeyError"
    assert script.done["write:1"] == 1


def test_what_another_worker_holds_is_left_alone_until_its_lease_ends(script, run):
    pipeline.execute(run)
    WorkItem.objects.filter(pk=item("2").pk).update(
        state=WorkItem.State.READY, locked_by="wrk_other", locked_until=clock.now() + timedelta(minutes=5)
    )
    SyncRun.objects.filter(pk=run.pk).update(state=SyncRun.State.RUNNING)
    pipeline.execute(run)
    assert script.done["write:2"] == 1
    with clock.shifted(timedelta(minutes=6)):
        pipeline.execute(run)
    assert script.done["write:2"] == 2  # the dead worker's step is repeated: steps are idempotent, posting above all


def test_a_cancelled_run_begins_nothing_more(script, run):
    services.cancel_run(run=run)
    pipeline.execute(run)
    assert run.state == SyncRun.State.CANCELLED
    assert script.done == Counter()


def test_a_flow_that_is_no_chain_is_refused(script):
    from syncs.flows import chain

    twice = {**DOCUMENT, "edges": [*DOCUMENT["edges"], {"id": "9", "from": "b", "to": "d"}]}
    with pytest.raises(Refused, match="two ways out"):
        chain(twice)
    with pytest.raises(Refused, match="unknown step"):
        chain({**DOCUMENT, "nodes": [*DOCUMENT["nodes"][:3], {**DOCUMENT["nodes"][3], "v": 9}]})


def test_a_record_that_kills_its_worker_is_given_up_and_the_others_go_on(script, run):
    """Taken as often as allowed and never answered for: quarantined, not tried for ever."""
    pipeline.execute(run)
    WorkItem.objects.filter(pk=item("2").pk).update(
        state=WorkItem.State.READY, attempts=3, locked_by="wrk_dead", locked_until=clock.now() - timedelta(minutes=1)
    )
    SyncRun.objects.filter(pk=run.pk).update(state=SyncRun.State.RUNNING)
    pipeline.execute(run)
    assert (item("2").state, item("2").problem_code) == (WorkItem.State.DEAD, "pipeline.given_up")
    assert script.done["write:2"] == 1


def test_a_database_that_goes_away_is_no_fault_of_the_record(script, run):
    script.trouble["write:2"] = [OperationalError("server closed the connection unexpectedly")]
    with pytest.raises(OperationalError):
        pipeline.execute(run)
    item = WorkItem.objects.get(record="order:2")
    assert (item.state, item.problem_code, item.step) == ("ready", "", "script.write@1")

    with clock.shifted(pipeline.LEASE + timedelta(seconds=1)):
        assert pipeline.execute(SyncRun.objects.get()).state == "succeeded"
    assert set(script.done.values()) == {1}


def held_back(wait: int) -> Failure:
    return Failure(FailureKind.BUDGET_SPENT, Problem(BUDGET_SPENT, {"provider": "Amazon"}), wait=timedelta(seconds=wait))


def test_what_was_held_back_is_never_given_up_and_those_behind_it_are_not_tried(script, run):
    waited = timedelta(0)
    for _turn in range(10):  # more often than a record may fail
        script.trouble["write:1"] = [held_back(60)]
        with clock.shifted(waited):
            run = pipeline.execute(SyncRun.objects.get())
        assert run.state == "waiting"
        assert timedelta(seconds=59) < run.not_before - clock.now() - waited < timedelta(seconds=61)
        waited += timedelta(seconds=61)
    assert not [name for name in script.done if name.startswith("write")]
    assert WorkItem.objects.get(record="order:1").attempts == 0

    with clock.shifted(waited):
        assert pipeline.execute(SyncRun.objects.get()).state == "succeeded"
    assert set(script.done.values()) == {1}
