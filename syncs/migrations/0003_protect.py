from django.db import migrations

from tenants.rls import LinkWithinTenant, Protect


# A journal that does not balance cannot be committed, whoever writes it.
BALANCED = """
CREATE FUNCTION syncs_journal_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE off numeric;
BEGIN
    SELECT sum(line.debit) - sum(line.credit) INTO off
    FROM syncs_documentline line
    JOIN syncs_documentrevision revision ON revision.tenant_id = line.tenant_id AND revision.id = line.revision_id
    JOIN syncs_ledgerdocument document ON document.tenant_id = revision.tenant_id AND document.id = revision.document_id
    WHERE line.tenant_id = NEW.tenant_id AND line.revision_id = NEW.revision_id
      AND document.document_type = 'journal_entry';
    IF off <> 0 THEN
        RAISE EXCEPTION 'journal of revision % is off by %', NEW.revision_id, off USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER journal_balances AFTER INSERT OR UPDATE ON syncs_documentline
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION syncs_journal_balances();
"""

# Revisions and their lines are what was shown and sent: written once.
WRITTEN_ONCE = """
CREATE FUNCTION syncs_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is written once and never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER written_once BEFORE UPDATE ON syncs_documentrevision FOR EACH ROW EXECUTE FUNCTION syncs_written_once();
CREATE TRIGGER written_once BEFORE UPDATE ON syncs_documentline FOR EACH ROW EXECUTE FUNCTION syncs_written_once();
"""


class Migration(migrations.Migration):
    dependencies = [("syncs", "0002_initial"), ("connections", "0003_protect")]

    operations = [
        Protect("Flow"),
        Protect("FlowVersion"),
        Protect("MappingSet"),
        Protect("MappingVersion"),
        Protect("MappingRule"),
        Protect("Integration"),
        Protect("Watermark"),
        Protect("SyncSchedule"),
        Protect("SyncRun"),
        Protect("WorkItem"),
        Protect("CanonicalRecord"),
        Protect("LedgerDocument", later=("current_revision",)),
        Protect("DocumentRevision"),
        LinkWithinTenant("LedgerDocument", "current_revision"),
        Protect("DocumentLine"),
        Protect("LineTrace"),
        Protect("PostingAttempt"),
        Protect("Binding"),
        Protect("PeriodLock"),
        migrations.RunSQL(BALANCED, "DROP TRIGGER journal_balances ON syncs_documentline; DROP FUNCTION syncs_journal_balances"),
        migrations.RunSQL(
            WRITTEN_ONCE,
            "DROP TRIGGER written_once ON syncs_documentrevision; DROP TRIGGER written_once ON syncs_documentline;"
            "DROP FUNCTION syncs_written_once",
        ),
    ]
