"""The wizard in front of ledgers that take other forms: it offers what they take, and nothing else."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from canonical.accounting import AccountType
from connections.models import ReferenceCopy
from connections.registry import provider
from reconciliation import setup
from reconciliation.engine.chart import BY_ROLE
from reconciliation.wizard import roles, shapes, summary
from reconciliation.wizard.known import Known
from syncs.mapping.validate import KnownAccount
from tenants.scope import tenant_scope
from tests.reconciliation.wizard.test_answers import until_summary

pytestmark = pytest.mark.django_db(transaction=True)


def forms_are(monkeypatch, **changes) -> None:
    target = provider("quickbooks_online").target
    monkeypatch.setattr(type(target), "forms", replace(target.forms, **changes))


def offered(page: str) -> list[str]:
    return re.findall(r'name="posting_shape" value="(\w+)"', page)


def test_the_page_offers_the_shapes_of_this_ledger_its_own_first(us, monkeypatch):
    until_summary(us)
    assert offered(us.see("style")) == ["summary_journal", "one_deposit"]
    assert "feed_receives" not in us.see("style")

    forms_are(monkeypatch, shapes=("invoice", "summary_journal"), journal_takes_bank=False, journal_currencies=False)
    page = us.see("style")
    assert offered(page) == ["invoice", "summary_journal"]
    assert page.index("Recommended") < page.index('value="summary_journal"')
    assert "match it with the bank line" in page
    assert us.answer("style", posting_shape="one_deposit").status_code == 422
    assert us.go("style", posting_shape="summary_journal", feed_receives="on") == "summary"
    assert us.fresh().options["feed_receives"] is True
    with tenant_scope(us.tenant):
        told = dict(line for answer in summary.answers(Known(us.fresh())) for line in answer.lines)
    assert told["Receipt at the bank"] == "Written by the bank feed"


def test_where_everything_clears_clearing_is_needed_and_a_bank_account(us, monkeypatch):
    until_summary(us)
    forms_are(monkeypatch, shapes=("documents",))
    with tenant_scope(us.tenant):
        known = Known(us.fresh())
        assert not known.is_mapped
        assert "mapping.unmapped" in {problem.code for problem in summary.blockers(known)}
        clearing = setup.default_accounts(known.ledger, ["clearing"])[0]
        assert (clearing.account.type, setup.spec_of(clearing.account, "kashflow")["number"]) == (AccountType.BANK, "1250")
        assert [each.value for each in shapes.offered(known)] == ["documents"]
        bank = next(each for each in known.offered if each.type == "Bank")
        assert roles.fits(clearing.account, bank, banks=known.banks)
        assert not roles.fits(BY_ROLE["reserve"], bank, banks=known.banks)
    page = us.see("accounts")
    assert "Amazon Clearing" in page
    assert not any(problem.code == "setup.wrong_type" for problem in filter(None, [clearing.problem]))


def test_what_the_ledger_keeps_for_itself_is_never_offered(us):
    until_summary(us)
    with tenant_scope(us.tenant):
        row = ReferenceCopy.objects.filter(connection=us.integration.ledger, kind="account", name="Sales of Product Income").get()
        row.facts = {**row.facts, "system": True}
        row.save(update_fields=["facts"])
        assert row.name not in {each.name for each in Known(us.fresh()).offered}
    system = KnownAccount("1", "Sales", AccountType.INCOME, True, system=True)
    assert not roles.fits(BY_ROLE["sales"], system)
    assert roles.fits(BY_ROLE["sales"], replace(system, system=False))


@pytest.mark.parametrize(
    ("kind", "banks", "fits"), [("Bank", True, True), ("Bank", False, False), ("Other Current Asset", False, True)]
)
def test_lines_stay_off_accounts_of_money_where_journals_do(kind, banks, fits):
    assert roles.fits(BY_ROLE["reserve"], KnownAccount("1", "Held", kind, True), banks=banks) is fits
