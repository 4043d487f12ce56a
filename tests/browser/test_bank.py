"""The bank's pages as a person uses them: bring a statement, say what its columns are, match, take apart; in four forms."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from reconciliation.bank import accounts, matching, services
from reconciliation.demo import people
from reconciliation.models import BankMatch, BankStatement, Settlement
from tenants.scope import tenant_scope
from tests.browser.pages import enter, look
from tests.support.demo import two_shops_booked

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ASKS = b"Posted;Text;Volume\n05/11/2026;AMAZON something;1.234\n"
CENT = Decimal("0.01")


@pytest.fixture
def base(twins: Any) -> str:
    """The demo company with one match taken apart, one payout a penny off, and one statement that asks."""
    two_shops_booked()
    tenant = people.tenant()
    with tenant_scope(tenant):
        first, second = matching.live().order_by("pk")[:2]
        services.unmatch(match=first, reason="Not ours")
        line = second.line
        services.unmatch(match=second, reason="Booked twice")
        choice = next(one for one in accounts.choices() if one.currency == line.currency)
        penny = f"Date,Description,Amount\n{line.booked_on},AMAZON less a penny,{line.amount - CENT}\n".encode()
        services.upload(account=choice.key, file_name="penny.csv", content=penny)
        services.upload(account=choice.key, file_name="asks.csv", content=ASKS)
    return f"/app/{tenant.public_id}/"


def pages() -> list[str]:
    with tenant_scope(people.tenant()):
        asking = BankStatement.objects.get(state="asks").public_id
        read = BankStatement.objects.filter(state="read").first()
        matched = matching.live().first()
        assert read is not None
        assert matched is not None
        settlement = Settlement.objects.first()
        assert settlement is not None
    return [
        "bank/", "bank/?lines=all", "bank/?q=AMAZON", "bank/?tab=matched", "bank/?tab=statements", f"bank/statements/{asking}/",
        f"bank/statements/{read.public_id}/", "settlements/", "settlements/?bank=waiting", f"settlements/{settlement.public_id}/",
    ]  # fmt: skip


def test_the_pages_in_four_forms_and_at_work(open_page: Callable[..., Any], site: str, base: str, tmp_path: Path) -> None:
    page = open_page()
    enter(page, site)
    assert look(page, f"{site}{base}", pages()) == []
    page.set_viewport_size({"width": 1440, "height": 900})
    _a_statement_is_brought_answered_and_matched_by_hand(page, site, base, tmp_path)


def _a_statement_is_brought_answered_and_matched_by_hand(page: Any, site: str, base: str, tmp_path: Path) -> None:
    page.goto(f"{site}{base}bank/?tab=statements")
    file = tmp_path / "november.csv"
    file.write_bytes(b"When;What;How much\n07.11.2026;SOMETHING ELSE;1.234,56\n")
    page.set_input_files("#id_file", str(file))
    page.click("main form:has(#id_file) button[type=submit]")
    page.wait_for_selector("text=What is in which column?")
    for index, what in enumerate(("date", "description", "amount")):
        page.select_option(f"[name=column_{index}]", what)
    page.click("text=Read the statement")
    page.wait_for_selector("text=Payouts without a bank line")
    with tenant_scope(people.tenant()):
        kept = BankStatement.objects.get(file_name="november.csv")
        assert (kept.state, kept.line_count) == ("read", 1)
        before = BankMatch.objects.filter(ended_at__isnull=True).count()
    page.check("[name=payout] >> nth=0")
    payout = page.locator("[name=payout] >> nth=0").get_attribute("value")
    with tenant_scope(people.tenant()):
        line = BankMatch.objects.get(payout__public_id=payout, refused=True).line
    page.check(f"[name=line][value={line.public_id}]")
    page.click("text=Match the two chosen")
    page.click("dialog button:has-text('Match them')")
    page.wait_for_selector("text=Nothing was written to the ledger")
    with tenant_scope(people.tenant()):
        assert BankMatch.objects.filter(ended_at__isnull=True).count() == before + 1
        assert BankMatch.objects.get(payout__public_id=payout, ended_at__isnull=True).why == "person"
