"""So many tenants at once: shops with a source, a ledger, an integration and three schedules each, made in SQL.

Made straight in the database by its owner, because no provider takes part in what is measured and the
projections of schedules are triggers.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import psycopg

from benchmarks.scratch import Scratch

SEED = """
DO $$
DECLARE
    tenant bigint; grant_id bigint; source bigint; ledger bigint; flow bigint; version bigint; mapping bigint; integration bigint;
BEGIN
    FOR n IN {first}..{last} LOOP
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


def arrive(scratch: Scratch, tenants: int, *, before: int = 0) -> float:
    """Make tenants number `before` + 1 to `tenants`. Returns the seconds it took."""
    begun = time.perf_counter()
    with psycopg.connect(scratch.owner) as server:
        server.execute(SEED.format(first=before + 1, last=tenants))
    with psycopg.connect(scratch.owner, autocommit=True) as server:
        server.execute("VACUUM ANALYZE")
    return time.perf_counter() - begun


def milliseconds(work: Callable[[], object], times: int) -> float:
    """The median of so many runs."""
    taken = []
    for _turn in range(times):
        begun = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken)
