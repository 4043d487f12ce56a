"""The whole wizard for a United States company with default accounts, to an entry that ties and is switched on."""

from __future__ import annotations

from decimal import Decimal

from reconciliation import ladders, setup
from reconciliation.engine import RungState
from reconciliation.models import Settlement
from reconciliation.wizard import trial
from syncs import mappings, pipeline
from syncs.models import DocumentLine, Integration, LedgerDocument, SyncRun, SyncSchedule
from tenants.models import AuditEvent
from tenants.scope import tenant_scope

US_STORE, CANADA, MEXICO = "ATVPDKIKX0DER", "A2EUQ1WTGCTBG2", "A1AM78C64UM0Y8"


def created(twins):
    """How many accounts the ledger has made."""
    return sum(row["operation"] == "account.create" and row["status"] == 200 for row in twins.journal())


def to_the_end(us):
    """Every question with its default, for the US store alone."""
    assert us.go("ledger") == "marketplaces"
    assert us.go("marketplaces", marketplaces=[US_STORE]) == "taxes"
    assert us.go("taxes") == "accounts"
    assert us.go("accounts") == "create"
    made = us.client.post(us.url("setup/accounts/create/"))
    assert made.headers["location"].endswith("/setup/banks/")
    assert us.go("banks") == "style"
    assert us.go("style") == "numbers"
    assert us.go("numbers") == "goods"
    assert us.go("goods") == "start"
    assert us.go("start", starts_on="2020-01-01") == "review"
    assert us.go("review") == "summary"


def test_default_accounts_are_listed_before_they_are_made(us, twins):
    us.go("ledger"), us.go("marketplaces", marketplaces=[US_STORE]), us.go("taxes")
    page = us.see("accounts")
    with tenant_scope(us.tenant):
        defaults = setup.default_accounts(us.integration.ledger)
    assert len(defaults) == 32
    for default in defaults:
        assert default.account.name in page
        assert default.account.type in page
    assert "32 accounts are created in Harbor Lane Goods" in page
    journal = [row["operation"] for row in twins.journal()]
    assert "account.create" not in journal  # looking creates nothing


def test_the_defaults_lead_to_an_entry_that_ties(us, twins):
    to_the_end(us)
    one = us.fresh()
    assert one.marketplace_scope == US_STORE
    assert one.options["tax"] is None
    assert one.options["payout_accounts"].keys() == {"USD"}
    assert one.posting_shape == "summary_journal"
    assert one.split_months
    assert not one.autopost
    assert us.client.post(us.url("setup/try/")).status_code == 302
    with tenant_scope(us.tenant):
        run = SyncRun.objects.get(trigger="trial")
        pipeline.execute(run)
        last = trial.last_settlement(us.fresh())
        assert last.currency == "USD"
        assert last.state == Settlement.State.READY, last.problems
        rungs = {rung.name: rung for rung in ladders.ladder(last).rungs}
        assert rungs["planned"].state is RungState.EQUAL
        assert rungs["planned"].amount == last.header_total
        documents = list(LedgerDocument.objects.filter(source_ref=last.settlement_id))
        lines = DocumentLine.objects.filter(revision__in=[document.current_revision_id for document in documents])
        assert sum((line.debit - line.credit for line in lines), Decimal(0)) == 0
        assert {line.account_name for line in lines} >= {"Amazon Sales", "Amazon Selling Fees", "Checking"}
        # Nothing was written to the ledger by trying.
        assert not LedgerDocument.objects.exclude(state=LedgerDocument.State.PLANNED).exists()
    operations = {row["operation"] for row in twins.journal()}
    assert not operations & {"journalentry.create", "deposit.create", "batch"}
    page = us.see("summary")
    assert "Ties to the penny" in page
    assert last.public_id in page
    on = us.client.post(us.url("setup/on/"))
    assert on.status_code == 302
    assert us.fresh().state == Integration.State.ACTIVE
    with tenant_scope(us.tenant):
        assert SyncSchedule.objects.filter(integration=us.integration, enabled=True).exists()
        actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"ledger.account_created", "mapping.published", "integration.changed", "integration.activated"} <= actions


def test_trying_posts_nothing_even_where_posting_by_itself_was_chosen(us, twins):
    to_the_end(us)
    us.go("review", autopost="yes")
    us.client.post(us.url("setup/try/"))
    with tenant_scope(us.tenant):
        pipeline.execute(SyncRun.objects.get(trigger="trial"))
        assert not LedgerDocument.objects.exclude(state=LedgerDocument.State.PLANNED).exists()
    assert not {row["operation"] for row in twins.journal()} & {"journalentry.create", "deposit.create", "batch"}


def test_currencies_the_ledger_does_not_keep_are_explained(us):
    us.go("ledger")
    page = us.see("marketplaces")
    assert "The ledger does not keep CAD" in page
    us.go("marketplaces", marketplaces=[US_STORE, CANADA]), us.go("taxes"), us.go("accounts")
    us.client.post(us.url("setup/accounts/create/"))
    page = us.see("banks")
    assert "so settlements in CAD are held" in page
    assert 'name="bank_CAD"' not in page
    assert 'name="bank_USD"' in page


def test_the_accounts_are_made_once_however_often_one_asks(us, twins):
    us.go("ledger"), us.go("marketplaces", marketplaces=[US_STORE]), us.go("taxes"), us.go("accounts")
    twins.fault("quickbooks_online", "503html", "account.create", count=1)
    refused = us.client.post(us.url("setup/accounts/create/"))
    assert refused.status_code == 200
    assert "Try again" in refused.content.decode()
    twins.heal()
    with tenant_scope(us.tenant):
        assert mappings.published_version(us.fresh().mapping_set) is None
    for _turn in range(2):
        us.client.post(us.url("setup/accounts/create/"))
    assert created(twins) == 32
    with tenant_scope(us.tenant):
        assert mappings.published_version(us.fresh().mapping_set).number == 1


def test_with_htmx_accounts_come_a_handful_at_a_time(us):
    us.go("ledger"), us.go("marketplaces", marketplaces=[US_STORE]), us.go("taxes"), us.go("accounts")
    counts = []
    for _turn in range(10):
        answer = us.client.post(us.url("setup/accounts/create/"), HTTP_HX_REQUEST="true")
        with tenant_scope(us.tenant):
            counts.append(len(setup.missing_accounts(us.integration.ledger)))
        if "HX-Redirect" in answer.headers:
            break
        assert 'hx-trigger="load, submit"' in answer.content.decode()
    assert counts == [27, 22, 17, 12, 7, 2, 0]
    assert answer.headers["HX-Redirect"].endswith("/setup/banks/")
