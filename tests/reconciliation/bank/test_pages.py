"""The bank's pages over HTTP: bring, answer, match, take apart, look into the ledger, take away; roles felt on each."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from reconciliation.bank import accounts, matching
from reconciliation.demo import people
from reconciliation.models import BankLine, BankStatement, Payout
from syncs.models import Integration
from tenants.scope import tenant_scope
from tests.reconciliation.pages.test_settlement_pages import Books
from tests.support.demo import two_shops_booked

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def books(twins: Any) -> Books:
    two_shops_booked()
    return Books(people.tenant())


def bring(books: Books, name: str, content: bytes, currency: str = "USD") -> str:
    with tenant_scope(books.tenant):
        account = next(one.key for one in accounts.choices() if one.currency == currency and one.pays_out)
    return books.send("bank/upload/", account=account, file=SimpleUploadedFile(name, content))


def _the_day_of_a_bookkeeper(books: Books) -> None:
    page = books.page("bank/?tab=matched")
    with tenant_scope(books.tenant):
        one = matching.live().select_related("line", "payout").filter(line__currency="USD").first()
        assert one is not None
        line, payout = one.line, one.payout
    assert line.description in page
    assert "Taken apart." in books.send(f"bank/matches/{one.public_id}/unmatch/", reason="not ours")
    assert payout.trace_id in books.page("bank/")
    assert line.public_id in books.page("bank/")
    assert "Choose a payout on one side" in books.send("bank/match/", payout=payout.public_id)
    assert "Matched. Nothing was written" in books.send("bank/match/", pair=f"{payout.public_id}:{line.public_id}")
    with tenant_scope(books.tenant):
        assert matching.live().get(payout=payout).why == "person"


def _a_line_of_another_amount_is_refused_with_both_amounts(books: Books) -> None:
    with tenant_scope(books.tenant):
        payout = Payout.objects.filter(status="PAID", currency="USD").first()
        line = BankLine.objects.filter(currency="USD").exclude(amount=payout.amount).first()  # type: ignore[union-attr]
    page = books.send("bank/match/", payout=payout.public_id, line=line.public_id)
    assert "only exactly the same amount can be matched" in page


def _a_statement_that_asks_is_answered_on_its_page(books: Books) -> None:
    page = bring(books, "odd.csv", b"When;Who;Sum\n05/11/2026;AMAZON;77,50\n")
    assert "What is in which column?" in page
    with tenant_scope(books.tenant):
        kept = BankStatement.objects.get(file_name="odd.csv")
    address = f"bank/statements/{kept.public_id}/"
    assert books.client.post(books.at(address), {"column_0": "date"}).status_code == 422
    assert "could be two different days" in books.send(address, column_0="date", column_1="description", column_2="amount")
    books.send(address, column_0="date", column_1="description", column_2="amount", day_first="day")
    assert "5 Nov 2026" in books.page(address)
    assert "77.50" in books.page(address)


def _what_is_no_statement_is_refused_in_words(books: Books) -> None:
    assert "is not a bank statement we can read" in bring(books, "scan.pdf", b"%PDF-1.4")
    assert "Choose the bank account and a file" in books.send("bank/upload/", account="none")


def _the_list_shows_and_filters_what_is_in_the_bank(books: Books) -> None:
    matched, waiting = books.page("settlements/?bank=matched"), books.page("settlements/?bank=waiting")
    with tenant_scope(books.tenant):
        one = matching.live().first()
    assert one is not None
    assert "found in the bank" in matched
    assert "found in the bank</span>" not in waiting.replace("not found in the bank</span>", "")


def _days_are_set_and_matched_again(books: Books) -> None:
    with tenant_scope(books.tenant):
        integration = Integration.objects.first()
        assert integration is not None
    assert "Saved." in books.send("bank/days/", integration=integration.public_id, before="0", after="3")
    assert "Days are whole numbers" in books.send("bank/days/", integration=integration.public_id, before="-1", after="900")
    with tenant_scope(books.tenant):
        assert Integration.objects.get(pk=integration.pk).options["bank_window"] == {"before": 0, "after": 3}


def _the_ledger_shows_its_deposits(books: Books) -> None:
    with tenant_scope(books.tenant):
        account = next(one.key for one in accounts.choices() if one.currency == "USD")
    assert "of others." in books.send("bank/ledger/", account=account)
    assert "Choose the bank account" in books.send("bank/ledger/", account="con_none:1")


def _tables_to_take_away(books: Books) -> None:
    answer = books.client.get(books.at("bank/export/?as=xlsx"))
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    found = list(sheet.iter_rows(values_only=True))
    assert found[0][:4] == ("payout", "settlements", "due", "amount")
    with tenant_scope(books.tenant):
        assert sum(1 for row in found[1:] if row[9] is not None) == matching.live().count()
        lines = BankLine.objects.filter(amount__gt=0).count()
    text = b"".join(books.client.get(books.at("bank/export/?what=lines")).streaming_content).decode()
    assert len(text.strip().splitlines()) == lines + 1


def _a_viewer_sees_and_does_nothing(books: Books) -> None:
    from tenants.models import Membership

    Membership.objects.filter(tenant=books.tenant, user__email=people.BOOKKEEPER).update(role="viewer")
    client = Client()
    client.force_login(people.User.objects.get(email=people.BOOKKEEPER))
    page = client.get(books.at("bank/")).content.decode()
    assert "Match the two chosen" not in page
    assert "Upload a statement" not in page
    assert client.post(books.at("bank/match/")).status_code == 403
    assert client.post(books.at("bank/upload/")).status_code == 403


def test_the_pages(books: Books) -> None:
    """One after another on one demo company: making it takes longer than all that is done with it."""
    _the_day_of_a_bookkeeper(books)
    _a_line_of_another_amount_is_refused_with_both_amounts(books)
    _a_statement_that_asks_is_answered_on_its_page(books)
    _what_is_no_statement_is_refused_in_words(books)
    _the_list_shows_and_filters_what_is_in_the_bank(books)
    _days_are_set_and_matched_again(books)
    _the_ledger_shows_its_deposits(books)
    _tables_to_take_away(books)
    _a_viewer_sees_and_does_nothing(books)
