"""What a tenant notices of the others: the same page, list and claim among 10 tenants and among 10,000.

    python -m benchmarks.growth [tenants]

One tenant has two hundred runs with their records; every other has the schedules of a shop and a run
for each. The page is asked of the whole application (middleware, permission, template), the list of the
selector behind it, the claim takes one due slot out of all. Goal: at most 1.3 times the time among ten.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

from benchmarks import crowd
from benchmarks.crowd import milliseconds
from benchmarks.goals import goal
from benchmarks.scratch import Scratch, scratch_database

FEW, RUNS, ITEMS = 10, 200, 10
FILL = """
    INSERT INTO syncs_syncrun (tenant_id, public_id, created_at, integration_id, stream, flow_version_id, mode, trigger,
            dedupe_key, state, counts, note, correlation_id, locked_by)
    SELECT i.tenant_id, 'run_' || n, now(), i.id, 's', i.flow_version_id, 'live', 'schedule', '', 'succeeded', '{{}}', '', 'c', ''
    FROM syncs_integration i, generate_series(1, {runs}) n;
    INSERT INTO syncs_workitem (tenant_id, public_id, created_at, run_id, integration_id, record, flow_key, title, step, input,
            made, state, attempts, locked_by, problem_code, problem_params, problem_where, fingerprint)
    SELECT r.tenant_id, 'itm_' || r.id || '_' || n, now(), r.id, r.integration_id, 'r' || r.id || '_' || n, 'f', 't', 's', '{{}}',
           '{{}}', 'done', 0, '', '', '{{}}', '{{}}', ''
    FROM syncs_syncrun r, generate_series(1, {items}) n;
"""
OTHERS = """
DO $$ DECLARE each bigint; BEGIN
    FOR each IN SELECT id FROM tenants_tenant WHERE id > {after} LOOP
        PERFORM set_config('app.tenant', each::text, true);
        {fill}
    END LOOP;
END $$
"""


def main(tenants: int = 10_000) -> None:
    with scratch_database() as scratch:
        crowd.arrive(scratch, FEW)
        ours = _Ours(scratch)
        _fill_others(scratch, after=ours.tenant.pk)
        few = ours.measure()
        took = crowd.arrive(scratch, tenants, before=FEW)
        _fill_others(scratch, after=ours.last)
        print(f"from {FEW} to {tenants} tenants ({took:.1f} s to seed)")
        many = ours.measure()
        for what, before in few.items():
            against = f"{many[what]:.2f} ms against {before:.2f} ms"
            goal(f"{what} among {tenants}, against among {FEW}", many[what] / before, 1.3, against=against)


def _fill_others(scratch: Scratch, *, after: int) -> None:
    import psycopg

    with psycopg.connect(scratch.owner, autocommit=True) as server:
        server.execute(OTHERS.format(after=after, fill=FILL.format(runs=3, items=5)))
        server.execute("VACUUM ANALYZE")


class _Ours:
    """The first tenant, somebody who may look, and what is timed for it."""

    def __init__(self, scratch: Scratch) -> None:
        import psycopg
        from django.test import Client

        from tenants.models import Membership, Tenant, User

        self.tenant = Tenant.objects.order_by("pk")[0]
        self.last = Tenant.objects.order_by("-pk")[0].pk
        with psycopg.connect(scratch.owner, autocommit=True) as server:
            server.execute("SELECT set_config('app.tenant', %s, false)", [str(self.tenant.pk)])
            server.execute(FILL.format(runs=RUNS, items=ITEMS))
        user = User.objects.create_user("bench@example.com", "a long enough password")
        Membership.objects.create(tenant=self.tenant, user=user, role="owner")
        self.client = Client()
        self.client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")

    def measure(self) -> dict[str, float]:
        return {"a page of runs": milliseconds(self._page, 30), "the list": self._list(), "one claim": self._claim()}

    def _page(self) -> None:
        answer: Any = self.client.get(f"/app/{self.tenant.public_id}/runs/")
        assert answer.status_code == 200, answer.status_code

    def _list(self) -> float:
        from syncs import selectors
        from tenants.scope import tenant_scope

        with tenant_scope(self.tenant):
            return milliseconds(lambda: list(selectors.runs()[:100]), 100)

    def _claim(self) -> float:
        """One slot of ours among all that will be due some day."""
        from django.utils.timezone import now

        from syncs import dispatch
        from syncs.models import Due, SyncRun, SyncSchedule
        from tenants.scope import tenant_scope

        with tenant_scope(self.tenant):
            schedule = SyncSchedule.objects.order_by("pk")[0].pk

        def claim() -> None:
            assert dispatch.claim_due(limit=1)

        taken = []
        for turn in range(30):
            with tenant_scope(self.tenant):
                SyncRun.objects.filter(state="queued").update(state="succeeded")
            Due.objects.filter(schedule_id=schedule).update(next_at=now() - timedelta(days=400 - turn))
            taken.append(milliseconds(claim, 1))
        return sorted(taken)[len(taken) // 2]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
