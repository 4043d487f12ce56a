"""The wizard's pure rules: which codes and accounts are suggested, and what is wrong with answers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from canonical.problems import CATALOGUE, Severity
from reconciliation import setup
from reconciliation.engine import Registration
from reconciliation.engine.chart import BY_ROLE, LEDGER_ACCOUNTS, Role
from reconciliation.wizard import roles, steps, summary, taxes, validate
from reconciliation.wizard.taxes import Code
from syncs.mapping.validate import KnownAccount
from tenants.countries import BY_CODE


def code(id_: str, name: str, sales: str | None = None, purchases: str | None = None) -> Code:
    return Code(id_, name, None if sales is None else Decimal(sales), None if purchases is None else Decimal(purchases))


UK = [
    code("1", "20.0% RC SG", "20", "20"),
    code("2", "20.0% S", "20", "20"),
    code("3", "5.0% R", "5", "5"),
    code("4", "Exempt", "0", "0"),
    code("5", "0.0% Z", "0", "0"),
    code("6", "No VAT"),
]
AUSTRALIA = [
    code("a", "GST", "10", None),
    code("b", "GST on non-capital", None, "10"),
    code("c", "GST free", "0", "0"),
    code("d", "BAS Excluded"),
]


# ---------------------------------------------------------------- taxes


def test_british_codes_by_rate_and_name():
    assert taxes.proposals(UK, "GB") == {"sales": "2", "purchases": "2", "zero": "5", "none": "6", "reverse": "1"}


def test_australian_codes_differ_for_sales_and_fees():
    assert taxes.proposals(AUSTRALIA, "AU") == {"sales": "a", "purchases": "b", "zero": "c", "none": "d"}


def test_no_code_is_proposed_for_a_rate_the_ledger_does_not_have():
    assert taxes.proposals(UK, "DE") == {"zero": "5", "none": "6", "reverse": "1"}


@pytest.mark.parametrize(
    ("store", "business", "expected"),
    [("GB", "GB", "registered"), ("DE", "GB", ""), ("US", "GB", "outside"), ("US", "US", "outside")],
)
def test_a_registration_is_guessed_only_at_home_and_where_there_is_no_vat(store, business, expected):
    assert taxes.likely_registration(store, business) == expected


def test_every_registration_says_which_codes_it_uses():
    assert {registration: taxes.used(registration) for registration in Registration} == {
        "registered": ("sales", "purchases", "zero", "none"),
        "registered_abroad": ("sales", "zero", "reverse", "none"),
        "not_registered": ("none",),
        "outside": ("none",),
        "flat_rate": (),
    }
    kept = taxes.keep_used(
        {"marketplace": "M", "registration": "flat_rate", "sales": "2", "none": "6", "starts_on": "2026-01-01"}
    )
    assert kept == {"marketplace": "M", "registration": "flat_rate", "starts_on": "2026-01-01"}


def test_countries_with_a_standard_rate_are_countries_we_know():
    assert set(taxes.STANDARD_RATES) <= set(BY_CODE)


# ---------------------------------------------------------------- accounts


def account(id_: str, name: str, type_: str, *, active: bool = True, currency: str = "") -> KnownAccount:
    return KnownAccount(id_, name, type_, active, currency)


def test_the_default_name_speaks_louder_than_a_usual_one():
    accounts = [account("1", "Sales", "Income"), account("2", "amazon sales", "Income")]
    found = roles.suggest(BY_ROLE["sales"], accounts)
    assert found is not None
    assert (found.account.external_id, found.same_name) == ("2", True)


def test_a_name_alike_of_another_family_is_not_suggested():
    assert roles.suggest(BY_ROLE["advertising"], [account("1", "Advertising", "Other Current Liability")]) is None
    assert roles.suggest(BY_ROLE["advertising"], [account("1", "Advertising", "Expense", active=False)]) is None
    assert roles.suggest(BY_ROLE["advertising"], [account("1", "Rent", "Expense")]) is None


def test_every_default_account_fits_its_own_role():
    for each in LEDGER_ACCOUNTS:
        assert roles.fits(each, account("1", each.name, each.type)), each.name
    assert not roles.fits(BY_ROLE["sales"], account("1", "Debtors", "Accounts Receivable"))


def test_each_needed_role_stands_in_one_section():
    listed = [each.role.value for _section, accounts in roles.by_section(map(Role, setup.NEEDED)) for each in accounts]
    assert sorted(listed) == sorted(setup.NEEDED)


def test_payouts_are_suggested_only_where_it_is_plain():
    one, two = account("1", "Main", "Bank", currency="CAD"), account("2", "Savings", "Bank", currency="CAD")
    assert roles.suggest_payout([one], "CAD", "USD") == one
    assert roles.suggest_payout([one, two], "CAD", "USD") is None
    assert (
        roles.suggest_payout([account("3", "Checking", "Bank"), account("4", "Savings", "Bank")], "USD", "USD").name == "Checking"
    )
    assert roles.suggest_payout([account("3", "Checking", "Bank")], "CAD", "USD") is None


# ---------------------------------------------------------------- what is wrong

LEDGER = validate.Ledger(
    accounts={
        each.external_id: each
        for each in (
            account("bank", "Checking", "Bank"),
            account("cad", "CAD Bank", "Bank", currency="CAD"),
            account("old", "Old Bank", "Bank", active=False),
            account("sales", "Sales", "Income"),
            account("debtors", "Debtors", "Accounts Receivable"),
        )
    },
    home="USD",
    currencies=frozenset({"USD", "CAD"}),
    tax_codes=frozenset({"2", "5", "6"}),
    keeps_vat=True,
    close_date=date(2026, 10, 31),
    dimensions={"class": {"c1"}},
)


def found(problems):
    return [(problem.code.removeprefix("wizard."), problem.where.field) for problem in problems]


@pytest.mark.parametrize(
    ("currency", "account_id", "expected"),
    [
        ("USD", "bank", []),
        ("CAD", "cad", []),
        ("USD", "gone", ["account_unknown"]),
        ("USD", "old", ["account_inactive"]),
        ("USD", "sales", ["payout_account_type"]),
        ("CAD", "bank", ["payout_account_currency"]),
        ("USD", "cad", ["payout_account_currency"]),
        ("MXN", "bank", ["currency_not_kept"]),
    ],
)
def test_payout_accounts(currency, account_id, expected):
    problems = list(validate.payout_accounts({currency: account_id}, LEDGER))
    assert found(problems) == [(name, f"payout_accounts.{currency}") for name in expected]


@pytest.mark.parametrize(
    ("role", "account_id", "expected"),
    [
        ("sales", "sales", []),
        ("reserve", "bank", []),
        ("sales", "bank", ["role_account_type"]),
        ("reserve", "sales", ["role_account_type"]),
        ("loan", "debtors", ["role_account_type"]),
        ("reserve", "cad", ["role_account_currency"]),
        ("sales", "gone", ["account_unknown"]),
        ("reserve", "old", ["account_inactive"]),
    ],
)
def test_role_accounts(role, account_id, expected):
    problems = list(validate.role_accounts({role: account_id}, LEDGER))
    assert found(problems) == [(name, f"role.{role}") for name in expected]


def row(**changes):
    return {"marketplace": "Amazon.co.uk", "registration": "registered", "sales": "2", "purchases": "2", "zero": "5"} | changes


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([row()], []),
        ([row(sales="")], [("tax_code_needed", "tax.0.sales")]),
        ([row(purchases="99")], [("tax_code_gone", "tax.0.purchases")]),
        ([row(registration="perhaps")], [("registration_unknown", "tax.0.registration")]),
        ([row(registration="not_registered", sales="", purchases="", zero="")], []),
        ([row(starts_on="2026-05-01", ends_on="2026-04-30")], [("tax_period_ends", "tax.0.ends_on")]),
        ([row(ends_on="2026-05-31"), row(starts_on="2026-06-01")], []),
        ([row(starts_on="2026-06-01"), row(ends_on="2026-06-01")], [("tax_periods", "tax.0.starts_on")]),
        ([row(), row(marketplace="Amazon.de")], []),
    ],
)
def test_registrations(rows, expected):
    assert found(validate.tax(rows, LEDGER)) == expected


def test_dimensions_start_and_marketplaces():
    assert found(validate.dimensions({"Amazon.com": {"class": "c1"}}, LEDGER)) == []
    assert found(validate.dimensions({"Amazon.com": {"class": "c2"}}, LEDGER)) == [
        ("dimension_gone", "dimensions.Amazon.com.class")
    ]
    assert found(validate.start(date(2026, 10, 31), LEDGER)) == [("start_closed", "starts_on")]
    assert found(validate.start(date(2026, 11, 1), LEDGER)) == []
    assert found(validate.marketplaces([], {}, {})) == [("no_marketplace", "marketplaces")]
    (all_taken,) = validate.marketplaces([], {"B": "UK shop"}, {"B": "Amazon.de"})
    assert (all_taken.code, all_taken.params) == ("wizard.all_marketplaces_taken", {"names": "UK shop"})
    taken = list(validate.marketplaces(["A", "B"], {"B": "UK shop"}, {"B": "Amazon.de"}))
    assert taken[0].text() == "Amazon.de already belongs to the integration UK shop."


def test_every_problem_of_the_wizard_has_a_remedy_and_what_only_waits_does_not_block():
    ours = {name: entry for name, entry in CATALOGUE.items() if name.startswith("wizard.")}
    assert len(ours) >= 15
    assert summary.TAX_OPEN in ours
    assert all(entry.remedy for entry in ours.values())
    assert {name for name, entry in ours.items() if entry.severity is Severity.TELLS} == {
        "wizard.will_hold_tax",
        "wizard.will_hold_flat_rate",
        "wizard.will_hold_currency",
    }


# ---------------------------------------------------------------- the order of questions


def test_going_back_loses_no_ground_and_nothing_ahead_opens():
    assert steps.further("banks", "taxes") == "banks"
    assert steps.further("", "marketplaces") == "marketplaces"
    assert steps.open_to("banks", "taxes")
    assert not steps.open_to("banks", "style")
    assert steps.before("ledger") is None
    assert steps.after("summary").key == "summary"


# ---------------------------------------------------------------- groups of SKUs


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ({"Shoes": ["SHOE-*"], "Hats": ["HAT-?"]}, []),
        ({"Shoes": []}, ["wizard.sku_group_empty"]),
        ({" ": ["A"]}, ["wizard.sku_group_name"]),
        ({"S" * 61: ["A"]}, ["wizard.sku_group_name"]),
        ({"Shoes": ["A"], "shoes": ["B"]}, ["wizard.sku_group_twice"]),
        ({"Shoes": ["A", " "]}, ["wizard.sku_pattern"]),
        ({"Shoes": ["A" * 101]}, ["wizard.sku_pattern"]),
        ({"Shoes": ["A"] * 501}, ["wizard.sku_patterns"]),
    ],
)
def test_sku_groups_are_named_once_and_have_patterns(given, codes):
    ledger = validate.Ledger(accounts={}, home="USD")
    assert [problem.code for problem in validate.options({"sku_groups": given}, ledger)] == codes
