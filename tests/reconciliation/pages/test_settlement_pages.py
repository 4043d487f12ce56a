"""The settlement pages over the demo's books: filters, proof, drill-down, deciding in place, posting what was shown."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from reconciliation.demo import job, people
from reconciliation.models import Settlement
from syncs import pipeline
from syncs.models import Case, LedgerDocument, MappingVersion, SyncRun, WorkItem
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.support.demo import two_shops_booked

pytestmark = pytest.mark.django_db(transaction=True)


class Books:
    """The demo company after its first run, as its owner sees it."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.client = Client()
        self.client.force_login(people.User.objects.get(email="owner@demo.example"))

    def at(self, path: str = "") -> str:
        return f"/app/{self.tenant.public_id}/{path}"

    def page(self, path: str) -> str:
        response = self.client.get(self.at(path))
        assert response.status_code == 200, path
        return response.content.decode()

    def send(self, path: str, **fields: Any) -> str:
        response = self.client.post(self.at(path), fields, follow=True)
        assert response.status_code == 200
        return response.content.decode()

    def work(self) -> None:
        """What the worker would do now."""
        with tenant_scope(self.tenant):
            for run in SyncRun.objects.filter(state__in=["queued", "waiting"]):
                pipeline.execute(run)

    def settlements(self, state: str) -> list[Settlement]:
        with tenant_scope(self.tenant):
            return [one for one in job.settlements() if one.shown_state == state]

    def undone(self) -> Settlement:
        """A posted settlement taken out of the ledger again: ready."""
        one = self.settlements("posted")[0]
        self.send(f"settlements/{one.public_id}/undo/")
        self.work()
        return one


@pytest.fixture
def books(twins: Any) -> Iterator[Books]:
    two_shops_booked()
    return Books(people.tenant())


def hashes(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="(hash:doc_[0-9a-z]+)" value="([0-9a-f]{64})"', page))


def _the_list_is_filtered_by_its_address(books: Books) -> None:
    posted = books.settlements("posted")
    everything, some = books.page("settlements/"), books.page("settlements/?state=posted&currency=GBP")
    wanted = [one for one in posted if one.currency == "GBP"]
    assert wanted
    assert all(one.settlement_id in some for one in wanted)
    assert not any(one.settlement_id in some for one in posted if one.currency != "GBP")
    assert everything.count('data-label="Status"') > some.count('data-label="Status"')
    one = posted[0]
    assert one.settlement_id in books.page(f"settlements/?q={one.settlement_id[:6]}")
    with tenant_scope(books.tenant):
        number = LedgerDocument.objects.filter(source_ref=one.settlement_id).first().number
        order = one_order(one)
    for search in (number, order):
        assert one.settlement_id in books.page(f"settlements/?q={search}"), search
    assert "Nothing matches" in books.page("settlements/?q=no-such-thing&state=nonsense&since=yesterday")


def one_order(settlement: Settlement) -> str:
    from reconciliation.models import SettlementLine

    return str(SettlementLine.objects.filter(settlement_id=settlement.pk).exclude(order_ref="").first().order_ref)


def _the_export_says_what_the_list_says(books: Books) -> None:
    response = books.client.get(books.at("settlements.csv?state=posted"))
    rows = list(csv.DictReader(io.StringIO(b"".join(response).decode().lstrip("\ufeff"))))
    posted = books.settlements("posted")
    assert {row["settlement"] for row in rows} == {one.settlement_id for one in posted}
    assert {row["payout"] for row in rows} == {str(one.header_total) for one in posted}
    assert {row["difference"] for row in rows} == {"0.00"}


def _posting_takes_what_was_shown_and_refuses_what_has_changed(books: Books) -> None:
    one = books.undone()
    shown = hashes(books.page(f"settlements/{one.public_id}/"))
    assert shown
    stale = dict.fromkeys(shown, "0" * 64)
    books.send(f"settlements/{one.public_id}/post/", **stale)
    books.work()
    with tenant_scope(books.tenant):
        states = set(LedgerDocument.objects.filter(source_ref=one.settlement_id).values_list("state", flat=True))
    assert "posted" not in states
    books.send(f"settlements/{one.public_id}/post/", **shown)
    books.send(f"settlements/{one.public_id}/post/", **shown)
    books.work()
    page = books.page(f"settlements/{one.public_id}/")
    assert "Undo the posting" in page
    with tenant_scope(books.tenant):
        posted = LedgerDocument.objects.filter(source_ref=one.settlement_id, state="posted")
        assert posted.count() == len(shown)


def _several_are_posted_at_once(books: Books) -> None:
    one = books.undone()
    page = books.page("settlements/?state=ready")
    fields = dict(re.findall(r'name="(hash:set_[0-9a-z]+:doc_[0-9a-z]+)" value="([0-9a-f]{64})"', page))
    assert fields
    answer = books.send("settlements/post/", settlement=[one.public_id], **fields)
    assert "1 settlement is being posted." in answer
    books.work()
    assert one.settlement_id in {posted.settlement_id for posted in books.settlements("posted")}


def _an_unknown_row_is_decided_in_place_for_all_to_come(books: Books) -> None:
    one = next(s for s in books.settlements("needs_mapping") if s.unclassified)
    row = one.unclassified[0]
    page = books.page(f"settlements/{one.public_id}/")
    assert row["amount_description"] in page
    assert f"first on line {row['first_line']}" in page
    assert row["amount_description"] in books.page(f"settlements/{one.public_id}/?unknown=1")
    with tenant_scope(books.tenant):
        before = MappingVersion.objects.filter(mapping_set=one.integration.mapping_set, state="published").count()
    fields = {name: row[name] for name in ("transaction_type", "amount_type", "amount_description")}
    books.send(f"settlements/{one.public_id}/decide/", **fields, treat_as="regulatory_fee")
    books.work()
    with tenant_scope(books.tenant):
        now = Settlement.objects.get(pk=one.pk)
        assert now.unclassified == []
        assert MappingVersion.objects.filter(mapping_set=one.integration.mapping_set, state="published").count() == before + 1
    assert "New kind of row" not in books.page(f"settlements/{one.public_id}/")


def _a_number_drills_down_to_the_line_of_the_file(books: Books) -> None:
    one = books.settlements("posted")[0]
    page = books.page(f"settlements/{one.public_id}/")
    line = re.search(r"\?line=(dln_[0-9a-z]+)#transactions\">([\d,]+)<", page)
    assert line
    narrowed = books.page(f"settlements/{one.public_id}/?line={line.group(1)}")
    export = b"".join(books.client.get(books.at(f"settlements/{one.public_id}/lines.csv?line={line.group(1)}"))).decode()
    rows = list(csv.DictReader(io.StringIO(export.lstrip("\ufeff"))))
    assert len(rows) == int(line.group(2).replace(",", ""))
    assert "Rows of one entry line" in narrowed
    file = b"".join(books.client.get(books.at(f"settlements/{one.public_id}/file/"))).decode("utf-8", "replace").splitlines()
    raw = books.page(f"settlements/{one.public_id}/lines/{rows[0]['file line']}/raw/")
    for cell in file[int(rows[0]["file line"]) - 1].split("\t"):
        if re.fullmatch(r"[\w.-]+", cell):
            assert cell in raw
    amounts = sum(float(row["amount"]) for row in rows)
    assert amounts


def _a_file_that_does_not_foot_cannot_be_posted(books: Books) -> None:
    one = next(s for s in books.settlements("needs_review") if s.header_total != s.line_total)
    page = books.page(f"settlements/{one.public_id}/")
    assert "A rung differs" in page
    assert 'class="rung is-differs"' in page
    assert re.search(r"<button type=\"submit\" class=\"btn btn-primary\" disabled", page)
    assert "cannot be posted now" in books.send(f"settlements/{one.public_id}/post/")
    books.work()
    with tenant_scope(books.tenant):
        assert not LedgerDocument.objects.filter(source_ref=one.settlement_id, state="posted").exists()


def _leaving_out_takes_a_reason_and_can_be_taken_back(books: Books) -> None:
    one = books.undone()
    assert "Say in a few words" in books.send(f"settlements/{one.public_id}/exclude/", reason="")
    assert "duplicate of a manual entry" in books.send(
        f"settlements/{one.public_id}/exclude/", reason="duplicate of a manual entry"
    )
    assert "Excluded" in books.page(f"settlements/{one.public_id}/")
    books.send(f"settlements/{one.public_id}/include/")
    assert "Ready to post" in books.page(f"settlements/{one.public_id}/")


def _held_records_are_grouped_by_what_mends_them(books: Books) -> None:
    page = books.page("inbox/")
    with tenant_scope(books.tenant):
        prints = set(WorkItem.objects.filter(state__in=["held", "dead"]).values_list("fingerprint", flat=True))
        runs = SyncRun.objects.count()
        cases = list(Case.objects.filter(state="open", kind="record"))
    assert {case.fingerprint for case in cases} == prints
    assert len(prints) > 0
    assert all(f"inbox/{case.public_id}/" in page for case in cases)
    answer = books.send(f"inbox/{cases[0].public_id}/retry/")
    assert "tried again" in answer
    with tenant_scope(books.tenant):
        assert SyncRun.objects.count() == runs
        assert not WorkItem.objects.filter(fingerprint=cases[0].fingerprint, state="held").exists()


def test_what_a_settlements_pages_show(books: Books) -> None:
    _the_list_is_filtered_by_its_address(books)
    _the_export_says_what_the_list_says(books)
    _a_number_drills_down_to_the_line_of_the_file(books)
    _a_file_that_does_not_foot_cannot_be_posted(books)


def test_what_can_be_done_on_them(books: Books) -> None:
    """One after the other in one company, as a bookkeeper's day goes."""
    _posting_takes_what_was_shown_and_refuses_what_has_changed(books)
    _several_are_posted_at_once(books)
    _leaving_out_takes_a_reason_and_can_be_taken_back(books)
    _held_records_are_grouped_by_what_mends_them(books)
    _an_unknown_row_is_decided_in_place_for_all_to_come(books)
