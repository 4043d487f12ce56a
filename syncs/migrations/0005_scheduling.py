from django.db import migrations, models


# When a cadence is next due after a moment. Intervals stand on a grid of their own length (counted from 1970,
# UTC); a daily time is the wall clock's in its zone, on every n-th day, through summer time and back.
NEXT_SLOT = """
CREATE FUNCTION syncs_next_slot(every_s integer, at_minute integer, zone text, after timestamptz) RETURNS timestamptz
LANGUAGE plpgsql STABLE AS $$
DECLARE
    days integer := greatest(every_s / 86400, 1);
    day date;
    slot timestamptz;
BEGIN
    IF at_minute IS NULL THEN
        RETURN to_timestamp((floor(extract(epoch FROM after) / every_s) + 1) * every_s);
    END IF;
    day := (after AT TIME ZONE zone)::date;
    day := day - ((day - DATE '1970-01-01') % days);
    LOOP
        slot := (day + make_interval(mins => at_minute)) AT TIME ZONE zone;
        IF slot > after THEN
            RETURN slot;
        END IF;
        day := day + days;
    END LOOP;
END $$;
"""

# A schedule's own delay after its slot, the same for ever: ten thousand tenants must not knock at once.
JITTER = """
CREATE FUNCTION syncs_jitter(schedule_id bigint, every_s integer, at_minute integer) RETURNS smallint
LANGUAGE sql IMMUTABLE AS $$
    SELECT ((schedule_id % 1000003) * 2654435761
            % greatest(least(every_s / 4, CASE WHEN at_minute IS NULL THEN 3600 ELSE 900 END), 1))::smallint
$$;
"""

# PeriodicTask (what people and tools look at) and Due (what the dispatcher claims from) follow the schedule's row,
# whoever writes it and however.
PROJECT = """
CREATE FUNCTION syncs_project_schedule() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wait smallint;
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM syncs_due WHERE schedule_id = OLD.id;
        DELETE FROM django_celery_beat_periodictask WHERE name = 'sync:' || OLD.id;
        RETURN OLD;
    END IF;
    PERFORM syncs_project_task(NEW);
    IF NOT NEW.enabled THEN
        DELETE FROM syncs_due WHERE schedule_id = NEW.id;
    ELSIF TG_OP = 'INSERT' OR NOT OLD.enabled
          OR (NEW.every_s, NEW.at_minute, NEW.timezone) IS DISTINCT FROM (OLD.every_s, OLD.at_minute, OLD.timezone) THEN
        wait := syncs_jitter(NEW.id, NEW.every_s, NEW.at_minute);
        INSERT INTO syncs_due (schedule_id, tenant_id, next_at, jitter_s)
        VALUES (NEW.id, NEW.tenant_id,
                syncs_next_slot(NEW.every_s, NEW.at_minute, NEW.timezone, now() - make_interval(secs => wait))
                    + make_interval(secs => wait), wait)
        ON CONFLICT (schedule_id) DO UPDATE SET next_at = excluded.next_at, jitter_s = excluded.jitter_s, claimed_until = NULL;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION syncs_project_task(schedule syncs_syncschedule) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    interval_ref integer;
    crontab_ref integer;
BEGIN
    IF schedule.at_minute IS NULL THEN
        SELECT id INTO interval_ref FROM django_celery_beat_intervalschedule
        WHERE every = schedule.every_s AND period = 'seconds' ORDER BY id LIMIT 1;
        IF interval_ref IS NULL THEN
            INSERT INTO django_celery_beat_intervalschedule (every, period) VALUES (schedule.every_s, 'seconds')
            RETURNING id INTO interval_ref;
        END IF;
    ELSE
        SELECT id INTO crontab_ref FROM django_celery_beat_crontabschedule
        WHERE minute = (schedule.at_minute % 60)::text AND hour = (schedule.at_minute / 60)::text
          AND day_of_week = '*' AND day_of_month = '*' AND month_of_year = '*' AND timezone = schedule.timezone
        ORDER BY id LIMIT 1;
        IF crontab_ref IS NULL THEN
            INSERT INTO django_celery_beat_crontabschedule (minute, hour, day_of_week, day_of_month, month_of_year, timezone)
            VALUES ((schedule.at_minute % 60)::text, (schedule.at_minute / 60)::text, '*', '*', '*', schedule.timezone)
            RETURNING id INTO crontab_ref;
        END IF;
    END IF;
    INSERT INTO django_celery_beat_periodictask
        (name, task, interval_id, crontab_id, args, kwargs, headers, description, one_off, enabled, total_run_count, date_changed)
    VALUES ('sync:' || schedule.id, 'syncs.tasks.run_scheduled', interval_ref, crontab_ref,
            '[' || schedule.tenant_id || ', ' || schedule.id || ']', '{}', '{}',
            'Shows the schedule of the stream ' || schedule.stream || '; change it on its own page.',
            false, schedule.enabled, 0, now())
    ON CONFLICT (name) DO UPDATE SET
        interval_id = excluded.interval_id, crontab_id = excluded.crontab_id, args = excluded.args,
        enabled = excluded.enabled, date_changed = excluded.date_changed;
END $$;

CREATE TRIGGER project_schedule AFTER INSERT OR UPDATE OR DELETE ON syncs_syncschedule
    FOR EACH ROW EXECUTE FUNCTION syncs_project_schedule();
"""

# Claims what is due at a moment and makes its runs, in one commit: the slot is taken if and only if its run exists.
# Two dispatchers skip each other's rows. A slot that was missed is caught up once: the next one lies after now.
# Each row is worked on as its own tenant, so row-level security stands as everywhere; `names` are fresh public ids.
# Sequential scans are off because a table that looked small when the plan was made grows under the loop.
CLAIM = """
CREATE FUNCTION syncs_claim_due(moment timestamptz, names text[]) RETURNS TABLE (tenant bigint, run bigint)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    before text := coalesce(current_setting('app.tenant', true), '');
    due record;
    plan record;
    turn integer := 0;
    made bigint;
BEGIN
    FOR due IN
        SELECT d.schedule_id, d.tenant_id, d.next_at, make_interval(secs => d.jitter_s) AS wait
        FROM syncs_due d WHERE d.next_at <= moment
        ORDER BY d.next_at LIMIT array_length(names, 1) FOR UPDATE SKIP LOCKED
    LOOP
        turn := turn + 1;
        PERFORM set_config('app.tenant', due.tenant_id::text, true);
        SELECT s.stream, s.every_s, s.at_minute, s.timezone, s.integration_id, i.flow_version_id,
               s.enabled AND i.state = 'active' AND t.state = 'active' AS wanted,
               (SELECT v.id FROM syncs_mappingversion v JOIN syncs_mappingset m
                    ON m.tenant_id = v.tenant_id AND m.id = v.mapping_set_id AND v.number = m.published
                WHERE m.tenant_id = i.tenant_id AND m.id = i.mapping_set_id) AS mapping_version_id,
               EXISTS (SELECT FROM syncs_syncrun r WHERE r.tenant_id = s.tenant_id AND r.schedule_id = s.id
                       AND r.state = 'queued') AS queued
        INTO plan
        FROM syncs_syncschedule s
        JOIN syncs_integration i ON i.tenant_id = s.tenant_id AND i.id = s.integration_id
        JOIN tenants_tenant t ON t.id = s.tenant_id
        WHERE s.tenant_id = due.tenant_id AND s.id = due.schedule_id;
        IF NOT FOUND THEN
            DELETE FROM syncs_due d WHERE d.schedule_id = due.schedule_id;
            CONTINUE;
        END IF;
        UPDATE syncs_due d
        SET next_at = syncs_next_slot(plan.every_s, plan.at_minute, plan.timezone, moment - due.wait) + due.wait
        WHERE d.schedule_id = due.schedule_id;
        IF NOT plan.wanted OR plan.queued THEN
            CONTINUE;
        END IF;
        INSERT INTO syncs_syncrun
            (tenant_id, public_id, created_at, integration_id, stream, flow_version_id, mapping_version_id, mode, trigger,
             schedule_id, slot_at, dedupe_key, state, counts, note, correlation_id, locked_by)
        VALUES (due.tenant_id, names[turn], moment, plan.integration_id, plan.stream, plan.flow_version_id,
                plan.mapping_version_id, 'live', 'schedule', due.schedule_id, due.next_at - due.wait, '', 'queued', '{}', '',
                'cor_' || right(names[turn], 26), '')
        ON CONFLICT DO NOTHING RETURNING id INTO made;
        IF made IS NOT NULL THEN
            tenant := due.tenant_id;
            run := made;
            RETURN NEXT;
        END IF;
    END LOOP;
    PERFORM set_config('app.tenant', before, true);
END $$;
"""

# Which tenants have something that should have gone on by itself: a run or a record whose time has come and that
# no worker holds, a posting that was begun, a document not read back. Tenant by tenant, as that tenant.
WAITING = """
CREATE FUNCTION syncs_tenants_waiting(moment timestamptz) RETURNS SETOF bigint
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    before text := coalesce(current_setting('app.tenant', true), '');
    each bigint;
BEGIN
    FOR each IN SELECT id FROM tenants_tenant WHERE state = 'active' ORDER BY id LOOP
        PERFORM set_config('app.tenant', each::text, true);
        IF EXISTS (SELECT FROM syncs_syncrun r WHERE r.tenant_id = each AND r.state IN ('queued', 'waiting', 'running')
                   AND coalesce(r.not_before, r.created_at + interval '30 seconds') <= moment
                   AND (r.locked_until IS NULL OR r.locked_until < moment))
           OR EXISTS (SELECT FROM syncs_ledgerdocument d WHERE d.tenant_id = each
                      AND d.state IN ('posting', 'unknown', 'undoing') AND (d.not_before IS NULL OR d.not_before <= moment))
           OR EXISTS (SELECT FROM syncs_ledgerdocument d WHERE d.tenant_id = each
                      AND d.state = 'posted' AND d.read_back_at IS NULL AND d.posted_at > moment - interval '2 days')
        THEN
            RETURN NEXT each;
        END IF;
    END LOOP;
    PERFORM set_config('app.tenant', before, true);
END $$;
"""

UNDO = """
DROP TRIGGER project_schedule ON syncs_syncschedule;
DROP FUNCTION syncs_project_schedule(), syncs_project_task(syncs_syncschedule), syncs_tenants_waiting(timestamptz);
DROP FUNCTION syncs_claim_due(timestamptz, text[]);
DROP FUNCTION syncs_jitter(bigint, integer, integer), syncs_next_slot(integer, integer, text, timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [
        ('django_celery_beat', '0019_alter_periodictasks_options'),
        ("syncs", "0004_posting"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="syncrun",
            index=models.Index(
                condition=models.Q(("state__in", ["queued", "waiting", "running"])),
                fields=["tenant", "not_before"],
                name="run_unfinished",
            ),
        ),
        migrations.AddIndex(
            model_name="ledgerdocument",
            index=models.Index(
                condition=models.Q(("read_back_at__isnull", True), ("state", "posted")),
                fields=["tenant", "posted_at"],
                name="ledger_document_unread",
            ),
        ),
        migrations.RunSQL(NEXT_SLOT + JITTER + PROJECT + CLAIM + WAITING, UNDO),
    ]
