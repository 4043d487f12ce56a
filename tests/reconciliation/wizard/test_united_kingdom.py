"""The wizard for a British company: registrations, codes proposed by rate and name, and VAT in the entry."""

from __future__ import annotations

from decimal import Decimal

from connections.models import ReferenceCopy
from reconciliation import ladders
from reconciliation.engine import RungState
from reconciliation.models import Settlement
from syncs import pipeline
from syncs.models import DocumentLine, LedgerDocument, SyncRun
from tenants.scope import tenant_scope
from tests.reconciliation.wizard.conftest import fields_of, problems_on

UK_STORE, GERMANY, SPAIN = "A1F83G8C2ARO7P", "A1PA6795UKMFR9", "A1RKKUPIHCS9HS"


def codes(uk):
    with tenant_scope(uk.tenant):
        rows = ReferenceCopy.objects.filter(connection=uk.integration.ledger, kind="tax_code")
        return dict(rows.values_list("name", "external_id"))


def begin(uk, *stores):
    uk.go("ledger")
    uk.go("marketplaces", marketplaces=list(stores))


def test_codes_are_proposed_by_rate_and_name_and_marked(uk):
    begin(uk, UK_STORE)
    page = uk.see("taxes")
    shown, named = fields_of(page), codes(uk)
    assert shown["m0p0-registration"] == ["registered"]
    assert shown["m0p0-sales"] == [named["20.0% S"]]
    assert shown["m0p0-purchases"] == [named["20.0% S"]]
    assert shown["m0p0-zero"] == [named["0.0% Z"]]
    assert shown["m0p0-none"] == [named["No VAT"]]
    assert "Suggested" in page


def test_a_british_settlement_ties_with_its_vat(uk):
    begin(uk, UK_STORE)
    assert uk.go("taxes") == "accounts"
    named = codes(uk)
    assert uk.fresh().options["tax"] == [
        {
            "marketplace": "Amazon.co.uk",
            "registration": "registered",
            "sales": named["20.0% S"],
            "purchases": named["20.0% S"],
            "zero": named["0.0% Z"],
            "none": named["No VAT"],
        }
    ]
    uk.go("accounts")
    uk.client.post(uk.url("setup/accounts/create/"))
    for step in ("banks", "style", "numbers", "goods"):
        uk.go(step)
    uk.go("start", starts_on="2020-01-01"), uk.go("review")
    uk.client.post(uk.url("setup/try/"))
    with tenant_scope(uk.tenant):
        pipeline.execute(SyncRun.objects.get(trigger="trial"))
        ready = Settlement.objects.filter(currency="GBP", state=Settlement.State.READY).order_by("-deposit_at")
        assert ready.count() >= 5
        for settlement in ready:
            planned = next(rung for rung in ladders.ladder(settlement).rungs if rung.name == "planned")
            assert planned.state is RungState.EQUAL
            assert planned.amount == settlement.header_total
        documents = LedgerDocument.objects.filter(source_ref=ready[0].settlement_id)
        lines = list(DocumentLine.objects.filter(revision__in=documents.values("current_revision")))
        fees = [line for line in lines if line.account_name == "Amazon Selling Fees" and line.tax]
        assert fees
        for line in fees:  # the VAT in a fee is a sixth of it, to the penny
            gross = line.debit + line.credit
            assert line.tax_code_name == "20.0% S"
            assert line.tax == (gross / 6).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")
            assert line.net + line.tax == gross
        assert any(line.account_name == "Amazon Sales" and line.tax for line in lines)


def test_an_unknown_registration_is_kept_open_and_said_to_hold(uk):
    begin(uk, UK_STORE, GERMANY)
    page = fields_of(uk.see("taxes"))
    germany = next(name for name in ("m0", "m1") if page[f"{name}p0-registration"] == [""])
    assert page[f"{germany}p0-sales"] == [""]  # the ledger has no code at 19 %
    uk.go("taxes")
    assert [row["marketplace"] for row in uk.fresh().options["tax"]] == ["Amazon.co.uk"]
    page = uk.client.get(uk.url()).content.decode()
    assert "Nobody has said how Amazon.de is taxed, so its settlements are held." in page


def test_a_missing_code_is_said_at_its_field(uk):
    begin(uk, UK_STORE)
    answer = uk.answer("taxes", **{"m0p0-sales": ""})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert any("No tax code is chosen for this on Amazon.co.uk." in text for text in problems_on(page))
    assert 'id="id_m0p0-sales_error"' in page
    assert "tax" not in uk.fresh().options


def test_periods_follow_each_other(uk):
    begin(uk, UK_STORE)
    page = uk.client.post(uk.url("setup/taxes/"), {**fields_of(uk.see("taxes")), "add": "0"})
    assert page.status_code == 200
    shown = fields_of(page.content.decode())
    assert shown["m0-periods"] == ["2"]
    assert "tax" not in uk.fresh().options  # asking for a field keeps nothing
    named = codes(uk)
    two = {
        **shown,
        "m0p0-registration": "not_registered",
        "m0p0-ends_on": "2026-05-31",
        "m0p1-registration": "registered",
        "m0p1-starts_on": "2026-05-31",
        "m0p1-sales": named["20.0% S"],
        "m0p1-purchases": named["20.0% S"],
        "m0p1-zero": named["0.0% Z"],
    }
    overlapping = uk.client.post(uk.url("setup/taxes/"), two)
    assert overlapping.status_code == 422
    assert "in force on the same day" in overlapping.content.decode()
    assert uk.client.post(uk.url("setup/taxes/"), {**two, "m0p1-starts_on": "2026-06-01"}).status_code == 302
    kept = uk.fresh().options["tax"]
    assert [(row["registration"], row.get("starts_on"), row.get("ends_on")) for row in kept] == [
        ("not_registered", None, "2026-05-31"),
        ("registered", "2026-06-01", None),
    ]
    assert "sales" not in kept[0]  # a code that the registration has no use for is not kept
    assert fields_of(uk.see("taxes"))["m0-periods"] == ["2"]
