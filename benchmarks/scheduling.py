"""Scheduling at 10,000 tenants with three schedules each: idle tick, edit, everything due at once, a sweep.

    python -m benchmarks.scheduling [tenants]

Every figure stands beside what it is measured against in the same run: an idle tick beside a bare
round trip to the database, the claims beside one plain INSERT of as many runs. Goals: idle tick at most
1 ms, an edit visible within 50 ms and without any reload.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

from benchmarks.scratch import scratch_database

SEED = """
DO $$
DECLARE
    tenant bigint; grant_id bigint; source bigint; ledger bigint; flow bigint; version bigint; mapping bigint; integration bigint;
BEGIN
    FOR n IN 1..{tenants} LOOP
        INSERT INTO tenants_tenant (public_id, name, country, timezone, home_currency, state, is_demo, created_at)
        VALUES ('ten_' || n, 'Shop ' || n, 'GB', 'UTC', 'GBP', 'active', false, now()) RETURNING id INTO tenant;
        PERFORM set_config('app.tenant', tenant::text, true);
        INSERT INTO connections_grant (tenant_id, public_id, created_at, provider, environment, application, provider_user,
                generation, scopes, state, reason, refreshing_by)
        VALUES (tenant, 'grt_1', now(), 'amazon', 'twin', 'a', 'u', 0, '[]', 'active', '', '') RETURNING id INTO grant_id;
        INSERT INTO connections_connection (tenant_id, public_id, created_at, provider, environment, region, external_account,
                name, country, home_currency, grant_id, state, reason, facts, settings)
        VALUES (tenant, 'con_1', now(), 'amazon', 'twin', '', 's' || n, 's', '', '', grant_id, 'active', '', '{{}}', '{{}}')
        RETURNING id INTO source;
        INSERT INTO connections_connection (tenant_id, public_id, created_at, provider, environment, region, external_account,
                name, country, home_currency, grant_id, state, reason, facts, settings)
        VALUES (tenant, 'con_2', now(), 'quickbooks_online', 'twin', '', 'q' || n, 'q', '', '', grant_id, 'active', '',
                '{{}}', '{{}}')
        RETURNING id INTO ledger;
        INSERT INTO syncs_flow (tenant_id, public_id, created_at, key, name, template)
        VALUES (tenant, 'flw_1', now(), 'f', 'f', 'f') RETURNING id INTO flow;
        INSERT INTO syncs_flowversion (tenant_id, public_id, created_at, flow_id, number, document, doc_hash)
        VALUES (tenant, 'flv_1', now(), flow, 1, '{{}}', 'x') RETURNING id INTO version;
        INSERT INTO syncs_mappingset (tenant_id, public_id, created_at, ledger_id, name, published)
        VALUES (tenant, 'map_1', now(), ledger, 'm', 0) RETURNING id INTO mapping;
        INSERT INTO syncs_integration (tenant_id, public_id, created_at, source_id, ledger_id, name, state, marketplace_scope,
                timezone, posting_shape, split_months, autopost, options, flow_version_id, mapping_set_id, wizard_step,
                paused_reason)
        VALUES (tenant, 'int_1', now(), source, ledger, 'i', 'active', '*', 'UTC', 'summary_journal', true, false, '{{}}',
                version, mapping, '', '') RETURNING id INTO integration;
        INSERT INTO syncs_syncschedule (tenant_id, public_id, created_at, integration_id, stream, every_s, timezone, enabled)
        SELECT tenant, 'sch_' || stream, now(), integration, stream, 21600, 'UTC', true
        FROM unnest(ARRAY['settlements', 'payouts', 'reference']) stream;
    END LOOP;
    PERFORM set_config('app.tenant', '', true);
END $$
"""


def milliseconds(work: Callable[[], object], times: int) -> float:
    """The median of so many runs."""
    taken = []
    for _turn in range(times):
        begun = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken)


def main(tenants: int = 10_000) -> None:
    import psycopg

    with scratch_database() as scratch:
        begun = time.perf_counter()
        with psycopg.connect(scratch.owner) as server:
            server.execute(SEED.format(tenants=tenants))
        with psycopg.connect(scratch.owner, autocommit=True) as server:
            server.execute("VACUUM ANALYZE")
        print(
            f"{tenants} tenants, {3 * tenants} schedules ({time.perf_counter() - begun:.1f} s to seed, projections by triggers)"
        )
        _measure(tenants)


def _measure(tenants: int) -> None:
    from django.db import connection
    from django.utils.timezone import now

    from syncs import dispatch, schedules
    from syncs.models import Due, SyncSchedule
    from tenants.models import Tenant
    from tenants.scope import tenant_scope

    def round_trip() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    dispatch.send = lambda task, *arguments: True  # the database's part alone: no broker
    bare = milliseconds(round_trip, 300)
    idle = milliseconds(dispatch.dispatch_due, 300)
    print(f"idle tick            {idle:8.2f} ms   {idle / bare:5.1f} x a bare round trip ({bare:.2f} ms); goal <= 1 ms")

    with tenant_scope(Tenant.objects.order_by("pk")[0]):
        schedule = SyncSchedule.objects.order_by("pk")[0]
        span = [3600]

        def edit() -> None:
            span[0] += 900
            SyncSchedule.objects.filter(pk=schedule.pk).update(every_s=span[0])
            assert schedules.next_run(schedule=schedule) is not None

        print(f"edit, then read next {milliseconds(edit, 100):8.2f} ms   no reload; goal <= 50 ms")

    Due.objects.update(next_at=now())
    begun = time.perf_counter()
    made = 0
    while handful := dispatch.dispatch_due():
        made += handful
    claimed = time.perf_counter() - begun
    print(
        f"claim {made} due   {claimed * 1000:8.0f} ms   {claimed / _plain_inserts(made):5.1f} x one plain INSERT of as many runs"
    )

    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.tenant', '', false)")
    sweep = milliseconds(dispatch.tenants_waiting, 5)
    print(f"sweep of all tenants {sweep:8.0f} ms   {sweep / tenants * 1000:.0f} us a tenant")


def _plain_inserts(count: int) -> float:
    """Seconds for as many bare run rows in one statement, as one tenant, without looking anything up."""
    from django.db import connection, transaction

    from syncs.models import Integration
    from tenants.models import Tenant
    from tenants.scope import tenant_scope

    with tenant_scope(Tenant.objects.order_by("-pk")[0]), connection.cursor() as cursor:
        integration = Integration.objects.get()
        begun = time.perf_counter()
        with transaction.atomic():
            cursor.execute(
                "INSERT INTO syncs_syncrun (tenant_id, public_id, created_at, integration_id, stream, flow_version_id, mode,"
                " trigger, dedupe_key, state, counts, note, correlation_id, locked_by)"
                " SELECT %s, 'run_bare' || n, now(), %s, 's', %s, 'live', 'schedule', '', 'succeeded', '{}', '', 'c', ''"
                " FROM generate_series(1, %s) n",
                [integration.tenant_id, integration.pk, integration.flow_version_id, count],
            )
        return time.perf_counter() - begun


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
