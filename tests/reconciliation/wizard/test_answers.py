"""Leaving and coming back, accounts of one's own, roles, shapes and starts."""

from __future__ import annotations

import pytest

from connections import services as connection_services
from connections.models import ReferenceCopy
from reconciliation import services, setup
from reconciliation.models import Settlement
from reconciliation.wizard import trial
from reconciliation.wizard.known import Known
from syncs import mappings, pipeline, schedules
from syncs.models import DocumentLine, Integration, LedgerDocument, SyncRun, SyncSchedule
from tenants.models import AuditEvent
from tenants.scope import tenant_scope
from tests.reconciliation.wizard.conftest import MANY_CURRENCIES, US_SELLER, fields_of, problems_on

US_STORE, CANADA = "ATVPDKIKX0DER", "A2EUQ1WTGCTBG2"


def account(person, name):
    with tenant_scope(person.tenant):
        return ReferenceCopy.objects.get(connection=person.integration.ledger, kind="account", name=name).external_id


def until_accounts(us):
    us.go("ledger"), us.go("marketplaces", marketplaces=[US_STORE]), us.go("taxes")


def until_banks(us):
    until_accounts(us), us.go("accounts")
    us.client.post(us.url("setup/accounts/create/"))


def until_summary(us, **start):
    until_banks(us)
    for step in ("banks", "style", "numbers", "goods"):
        us.go(step)
    us.go("start", **({"starts_on": "2020-01-01"} | start)), us.go("review")


# ---------------------------------------------------------------- leaving, and coming back


def test_one_leaves_and_goes_on_where_one_was(us):
    assert us.client.get(us.url("setup/")).headers["location"].endswith("/setup/ledger/")
    us.go("ledger")
    left = us.answer("marketplaces", then="leave", marketplaces=[US_STORE], business_country="GB")
    assert left.headers["location"] == us.url()
    assert us.client.get(us.url("setup/")).headers["location"].endswith("/setup/taxes/")
    again = fields_of(us.see("marketplaces"))
    assert again["marketplaces"] == [US_STORE]
    assert again["business_country"] == ["GB"]


def test_questions_ahead_are_not_open_and_those_behind_stay_open(us):
    assert us.client.get(us.url("setup/style/")).headers["location"].endswith("/setup/ledger/")
    until_accounts(us)
    us.see("ledger"), us.see("marketplaces"), us.see("taxes")
    us.go("marketplaces", marketplaces=[US_STORE, CANADA])
    assert us.fresh().wizard_step == "accounts"  # going back loses no ground
    assert us.client.get(us.url("setup/nothing/")).status_code == 404
    # Nothing was consented to yet, so there is nothing to create.
    assert us.client.post(us.url("setup/accounts/create/")).headers["location"].endswith("/setup/accounts/")
    assert us.fresh().wizard_step == "accounts"


def test_a_changed_answer_leads_back_to_the_summary(us):
    until_summary(us)
    assert us.go("style", posting_shape="one_deposit") == "summary"
    with tenant_scope(us.tenant):
        change = AuditEvent.objects.filter(action="integration.changed").order_by("-id").first()
    assert change.before["posting_shape"] == "summary_journal"
    assert change.after["posting_shape"] == "one_deposit"
    assert change.actor.email == "owner@kestrel.test"


def test_the_ledger_must_have_been_read(company):
    person = company.pair(region="na", seller=US_SELLER, realm="9130350000000101", read=False)
    answer = person.answer("ledger")
    assert answer.status_code == 422
    assert "has not been read yet" in answer.content.decode()
    person.client.post(person.url("setup/refresh/"), {"step": "ledger"})
    assert person.go("ledger") == "marketplaces"


def test_each_step_offers_the_accountant(us):
    until_summary(us)
    for step in ("ledger", "taxes", "accounts", "goods", "summary"):
        assert "Invite your accountant" in us.see(step)


# ---------------------------------------------------------------- who may


@pytest.mark.parametrize(("role", "taxes", "style"), [("viewer", 403, 403), ("bookkeeper", 302, 403), ("accountant", 302, 302)])
def test_a_role_answers_what_it_may_and_sees_the_rest(us, company, role, taxes, style):
    until_summary(us)
    us.client.force_login(company.person(f"{role}@kestrel.test", role))
    for step, expected in (("taxes", taxes), ("style", style)):
        page = us.see(step)
        assert ("You can look, but not change this." in page) is (expected == 403)
        assert ('name="then" value="leave"' in page) is (expected != 403)
        answer = us.client.post(us.url(f"setup/{step}/"), {"posting_shape": "one_deposit", "then": "next"})
        assert answer.status_code == expected
    assert us.fresh().posting_shape == ("summary_journal" if style == 403 else "one_deposit")
    creates = us.client.post(us.url("setup/accounts/create/"))
    assert creates.status_code == (403 if role == "viewer" else 302)


# ---------------------------------------------------------------- accounts of one's own


def test_names_alike_are_suggested_and_marked(us):
    until_accounts(us)
    page = us.see("accounts")
    shown = fields_of(page)
    assert shown["sales"] == [account(us, "Sales of Product Income")]
    assert shown["advertising"] == [account(us, "Advertising")]
    assert shown["promotions"] == [account(us, "Discounts given")]
    assert shown["reserve"] == ["create"]
    assert "Suggested" in page
    assert "Old Marketplace Fees" not in page  # inactive
    assert "Accounts Receivable" not in page  # demands a customer on each line


def test_mapping_to_mine_makes_only_what_is_missing(us, twins):
    until_accounts(us)
    own = account(us, "Bank Charges")
    assert us.go("accounts", mode="own", selling_fees=own) == "create"
    us.client.post(us.url("setup/accounts/create/"))
    with tenant_scope(us.tenant):
        rules = Known(us.fresh()).mapped_roles
        assert rules.keys() == set(setup.NEEDED)
        assert rules["selling_fees"].account_name == "Bank Charges"
        assert rules["sales"].account_name == "Sales of Product Income"
        assert rules["reserve"].account_name == "Amazon Reserve"
    made = sum(row["operation"] == "account.create" for row in twins.journal())
    suggested = {"sales", "promotions", "advertising", "subscriptions", "opening_balance", "selling_fees"}
    assert made == 32 - len(suggested)


def test_an_entry_uses_the_accounts_of_ones_own(us):
    until_accounts(us)
    us.go("accounts", mode="own", selling_fees=account(us, "Bank Charges"))
    us.client.post(us.url("setup/accounts/create/"))
    for step in ("banks", "style", "numbers", "goods"):
        us.go(step)
    us.go("start", starts_on="2020-01-01"), us.go("review")
    us.client.post(us.url("setup/try/"))
    with tenant_scope(us.tenant):
        pipeline.execute(SyncRun.objects.get(trigger="trial"))
        last = trial.last_settlement(us.fresh())
        assert last.state == Settlement.State.READY, last.problems
        documents = LedgerDocument.objects.filter(source_ref=last.settlement_id).values("current_revision")
        names = set(DocumentLine.objects.filter(revision__in=documents).values_list("account_name", flat=True))
    assert {"Sales of Product Income", "Bank Charges"} <= names
    assert not names & {"Amazon Sales", "Amazon Selling Fees"}


def test_an_account_that_cannot_take_the_lines_is_refused_at_its_field(us):
    until_accounts(us)
    answer = us.answer("accounts", mode="own", sales=account(us, "Checking"))
    assert answer.status_code == 422
    assert 'id="id_sales_error"' in answer.content.decode()
    with tenant_scope(us.tenant):
        assert mappings.published_version(us.fresh().mapping_set) is None


def test_an_account_of_the_same_name_and_another_type_is_said_before(us, twins):
    with tenant_scope(us.tenant):
        row = ReferenceCopy.objects.get(connection=us.integration.ledger, kind="account", name="Services")
        ReferenceCopy.objects.filter(pk=row.pk).update(name="Amazon Reserve")
    until_accounts(us)
    page = us.see("accounts")
    assert "The ledger already has an account called Amazon Reserve, of type Income instead of Other Current Asset." in page
    assert us.answer("accounts").status_code == 422
    assert not any(row["operation"] == "account.create" for row in twins.journal())


def test_a_second_integration_keeps_the_mapping(us, company):
    until_summary(us)
    with tenant_scope(us.tenant):
        before = mappings.published_version(us.fresh().mapping_set).number
    assert fields_of(us.see("accounts"))["mode"] == ["keep"]
    assert us.go("accounts") == "summary"
    with tenant_scope(us.tenant):
        assert mappings.published_version(us.fresh().mapping_set).number == before


# ---------------------------------------------------------------- payouts


def test_the_only_fitting_account_is_suggested_per_currency(company):
    person = company.pair(region="na", seller=US_SELLER, realm=MANY_CURRENCIES)
    person.go("ledger"), person.go("marketplaces", marketplaces=[US_STORE, CANADA]), person.go("taxes"), person.go("accounts")
    person.client.post(person.url("setup/accounts/create/"))
    shown = fields_of(person.see("banks"))
    assert shown["bank_USD"] == [account(person, "Checking")]
    assert shown["bank_CAD"] == [account(person, "CAD Bank")]
    card = account(person, "Business Card")
    assert person.go("banks", card=card, card_on_own_date="on") == "style"
    options = person.fresh().options
    assert options["payout_accounts"] == {"USD": account(person, "Checking"), "CAD": account(person, "CAD Bank")}
    assert options["card_on_own_date"] is True
    with tenant_scope(person.tenant):
        assert Known(person.fresh()).mapped_roles["card_charges"].account_name == "Business Card"
        assert mappings.published_version(person.fresh().mapping_set).number == 2


def test_a_payout_account_in_another_currency_is_not_offered_nor_taken(company):
    person = company.pair(region="na", seller=US_SELLER, realm=MANY_CURRENCIES)
    person.go("ledger"), person.go("marketplaces", marketplaces=[US_STORE, CANADA]), person.go("taxes"), person.go("accounts")
    person.client.post(person.url("setup/accounts/create/"))
    answer = person.answer("banks", bank_CAD=account(person, "Checking"))
    assert answer.status_code == 422
    assert 'id="id_bank_CAD_error"' in answer.content.decode()
    assert "payout_accounts" not in person.fresh().options


def test_a_payout_account_may_stay_open_and_is_said_to_hold(us):
    until_banks(us)
    us.go("banks", bank_USD="")
    assert us.fresh().options["payout_accounts"] == {}
    page = us.client.get(us.url()).content.decode()
    assert "There is no payout account in USD yet, so settlements in USD are held." in page


# ---------------------------------------------------------------- style, start


def test_fewer_lines_are_chosen_told_and_composed(us):
    until_banks(us)
    us.go("banks")
    assert "Fewer lines: one line an account instead of one a kind of row" in us.see("style")
    us.go("style", consolidate="on")
    assert us.fresh().options["consolidate"] is True
    us.go("numbers"), us.go("goods"), us.go("start", starts_on="2020-01-01"), us.go("review")
    assert "One for each account, whatever the kind of row" in us.client.get(us.url()).content.decode()
    us.client.post(us.url("setup/try/"))
    with tenant_scope(us.tenant):
        pipeline.execute(SyncRun.objects.get(trigger="trial"))
        last = trial.last_settlement(us.fresh())
        assert last.state == Settlement.State.READY, last.problems
        documents = LedgerDocument.objects.filter(source_ref=last.settlement_id).values("current_revision")
        lines = DocumentLine.objects.filter(revision__in=documents, settling=False).exclude(kind="carry")
        sides = [(line.revision_id, line.account_id, line.debit > 0) for line in lines]
        fees = lines.filter(account_name="Amazon Selling Fees").first()
    assert len(sides) == len(set(sides))
    assert (fees.kind, fees.description) == ("selling_fees", "Selling Fees")


def test_classes_and_locations_per_marketplace_reach_the_lines(us, twins):
    with tenant_scope(us.tenant):
        kinds = {kind: list(Known(us.fresh()).references(kind)) for kind in ("class", "department")}
    assert kinds["class"], "the twin's company tracks classes"
    until_banks(us)
    us.go("banks")
    chosen = kinds["class"][0].external_id
    us.go("style", class_0=chosen, per_marketplace="on")
    one = us.fresh()
    assert one.options["dimensions"] == {"Amazon.com": {"class": chosen}}
    assert one.options["per_marketplace"] is True
    us.go("numbers"), us.go("goods"), us.go("start", starts_on="2020-01-01"), us.go("review")
    us.client.post(us.url("setup/try/"))
    with tenant_scope(us.tenant):
        pipeline.execute(SyncRun.objects.get(trigger="trial"))
        last = trial.last_settlement(us.fresh())
        assert last.state == Settlement.State.READY, last.problems
        documents = LedgerDocument.objects.filter(source_ref=last.settlement_id).values("current_revision")
        sales = DocumentLine.objects.filter(revision__in=documents, account_name="Amazon Sales").first()
    assert sales.dimensions == {"class": chosen}


def test_the_closed_period_is_respected(us, twins):
    twins.command(
        "quickbooks_online", "preferences", realm="9130350000000101", **{"AccountingInfoPrefs.BookCloseDate": "2026-10-31"}
    )
    with tenant_scope(us.tenant):
        connection_services.refresh_reference(connection=us.integration.ledger, full=True)
    until_banks(us)
    for step in ("banks", "style", "numbers", "goods"):
        us.go(step)
    assert fields_of(us.see("start"))["starts_on"] == ["2026-11-01"]
    early = us.answer("start", starts_on="2026-10-31")
    assert early.status_code == 422
    assert any("closed up to and including 2026-10-31" in text for text in problems_on(early.content.decode()))
    assert us.go("start", starts_on="2026-11-01") == "review"


def test_earlier_settlements_are_listed_but_left_out_and_move_with_the_start(us):
    until_summary(us)
    us.client.post(us.url("setup/try/"))
    with tenant_scope(us.tenant):
        pipeline.execute(SyncRun.objects.get(trigger="trial"))
        ours = Settlement.objects.filter(integration=us.integration, marketplace="Amazon.com")
        oldest, *_rest, last_but_one, _last = ours.order_by("deposit_at")
        services.exclude(settlement=oldest, reason="entered by hand")
        count = ours.count()
    assert count >= 5
    us.go("start", starts_on=last_but_one.deposit_at.date().isoformat())
    with tenant_scope(us.tenant):
        assert ours.count() == count  # still listed
        assert ours.filter(state=Settlement.State.EXCLUDED).count() == count - 2
    page = us.client.get(f"/app/{us.tenant.public_id}/settlements/{oldest.public_id}/").content.decode()
    assert "entered by hand" in page
    us.go("start", starts_on="2020-01-01")
    with tenant_scope(us.tenant):
        left = ours.filter(state=Settlement.State.EXCLUDED)
        assert [row.excluded_reason for row in left] == ["entered by hand"]  # a person's decision stays
        assert trial.open_run(us.fresh()).trigger == "mapping"  # and the others are composed again
        pipeline.execute(trial.open_run(us.fresh()))
        assert ours.filter(state=Settlement.State.READY).count() == count - 1


def test_what_is_not_ticked_is_left_alone_until_it_is(us):
    until_summary(us)
    us.client.post(us.url("setup/try/"))
    with tenant_scope(us.tenant):
        pipeline.execute(SyncRun.objects.get(trigger="trial"))
        canada = Settlement.objects.filter(marketplace="Amazon.ca")
        assert canada.exists()
        assert not canada.exclude(state=Settlement.State.EXCLUDED).exists()
    us.go("marketplaces", marketplaces=[US_STORE, CANADA])
    with tenant_scope(us.tenant):
        assert not canada.filter(state=Settlement.State.EXCLUDED).exists()


# ---------------------------------------------------------------- pairs


def test_a_pair_is_made_on_the_page(company):
    source = company.connect("amazon", "na", {"seller": US_SELLER, "decision": "allow"})
    ledger = company.connect("quickbooks_online", "", {"realm": MANY_CURRENCIES, "decision": "connect"})
    client = company.browser(company.owner)
    url = f"/app/{company.tenant.public_id}/integrations/new/"
    page = client.get(url).content.decode()
    assert source.public_id in page
    assert ledger.public_id in page
    assert "Cedar and Finch Outfitters" in page
    made = client.post(url, {"source": source.public_id, "ledger": ledger.public_id, "name": "Shop"})
    assert made.headers["location"].endswith("/setup/")
    with tenant_scope(company.tenant):
        assert Integration.objects.get().name == "Shop"
    assert client.post(url, {"source": source.public_id}).status_code == 422
    assert "Shop" in client.get(f"/app/{company.tenant.public_id}/integrations/").content.decode()


def test_pause_and_resume(us):
    until_summary(us)
    us.client.post(us.url("setup/on/"))
    us.client.post(us.url("pause/"), {"reason": "stocktaking"})
    assert (us.fresh().state, us.fresh().paused_reason) == (Integration.State.PAUSED, "stocktaking")
    with tenant_scope(us.tenant):
        off = SyncSchedule.objects.get(integration=us.integration, stream="orders")
        schedules.set_cadence(schedule=off, enabled=False)
        assert {schedules.next_run(schedule=one) for one in SyncSchedule.objects.all()} == {None}
    assert us.client.get(us.url()).content.decode().count("paused") > 1
    us.client.post(us.url("resume/"))
    assert us.fresh().state == Integration.State.ACTIVE
    with tenant_scope(us.tenant):
        running = {one.stream for one in SyncSchedule.objects.all() if schedules.next_run(schedule=one)}
    assert running == {"settlements", "reference", "clearing"}, "what a person switched off stays off"


def test_switching_on_is_refused_while_an_answer_no_longer_fits(us, twins):
    until_summary(us)
    with tenant_scope(us.tenant):
        bank = us.fresh().options["payout_accounts"]["USD"]
        ReferenceCopy.objects.filter(connection=us.integration.ledger, kind="account", external_id=bank).update(active=False)
    page = us.see("summary")
    assert "The account Checking is inactive in the ledger." in page
    us.client.post(us.url("setup/on/"))
    assert us.fresh().state == Integration.State.SETTING_UP
