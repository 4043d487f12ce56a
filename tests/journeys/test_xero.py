"""Amazon's payouts into Xero, from consent to the last rung, with the organisation's own books as the judge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from connections.http import door_for
from connections.models import ApiCall
from reconciliation import annotating
from reconciliation.demo import ends, job, pairs, people, shapes
from reconciliation.demo import twins as over_there
from sandbox.xero.seed import US
from syncs.models import LedgerDocument
from syncs.runs import ORDERS, SETTLEMENTS
from tenants.models import Event
from tenants.news import Actor, acting
from tenants.scope import tenant_scope
from tests.journeys.test_orders import Shop, documents

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_main_job_ties_in_xero_and_leads_back(twins: Any, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    (pair,) = pairs.chosen("xero+amazon")
    verdict = job.run(told.append, [pair])
    assert verdict.wrong == [], "\n".join(told[-40:])
    assert verdict.posted_now > 3
    accounts = twins.command("xero", "trial", tenant=pair.ledger.account)["accounts"]
    assert sum(Decimal(balance) for balance in accounts.values()) == 0
    with tenant_scope(people.tenant()):
        assert not ApiCall.objects.filter(connection__provider="xero", status=429).exists()
        document = LedgerDocument.objects.filter(document_type="invoice", state="posted").order_by("pk").first()
        assert document is not None
        _is_asked_for_a_file(document, monkeypatch)
        _a_file_and_a_note_hang_on_it_once(document, twins)
        body = twins.command("xero", "documents", tenant=pair.ledger.account, kind="Invoice")["documents"]
        url = next(row["Url"] for row in body if row["InvoiceID"] == document.external_id)
    _its_link_leads_back(client, url, document)


def _is_asked_for_a_file(document: LedgerDocument, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []
    monkeypatch.setattr(annotating, "wake_row", lambda task, row: asked.append((task, row.pk)))
    annotating.ask(Event(type="document.posted", subject_id=document.public_id))
    assert asked == [(annotating.TASK, document.pk)]


def _a_file_and_a_note_hang_on_it_once(document: LedgerDocument, twins: Any) -> None:
    """Tried once: not again when it worked, and not when it did not; the document stands either way."""
    assert annotating.annotate(document=document) is True
    assert annotating.annotate(document=document) is False
    door = door_for(document.ledger)
    headers = {"xero-tenant-id": document.ledger.external_account, "accept": "application/json"}
    base = f"{door.endpoints.urls['api']}/Invoices/{document.external_id}"
    history = door.call("History.list", "GET", f"{base}/History", headers=headers).content
    assert history.count(b"Posted by Tieout: settlement " + document.source_ref.encode()) == 1
    files = door.call("Attachments.list", "GET", f"{base}/Attachments", headers=headers).content
    assert files.count(b"AttachmentID") == 1
    other = LedgerDocument.objects.filter(state="posted").exclude(pk=document.pk).order_by("pk").first()
    twins.fault("xero", "500", "*", count=1)
    assert other is not None
    assert annotating.annotate(document=other) is False
    assert annotating.annotate(document=other) is False
    other.refresh_from_db()
    assert other.state == "posted"


def _its_link_leads_back(client: Client, url: str, document: LedgerDocument) -> None:
    path = urlsplit(url)
    address = f"{path.path}?{path.query}"
    assert "login" in client.get(address)["location"]
    client.force_login(people.owner())
    assert "/settlements/" in client.get(address)["location"]
    assert "/settlements/" not in client.get(address.replace("/posted/", "/posted/0"))["location"]


@pytest.fixture
def inside(twins: Any) -> Iterator[None]:
    people.logins(people.tenant())
    with tenant_scope(people.tenant()), acting(Actor(user=people.owner(), kind="person")):
        yield


def test_orders_are_paid_invoices_in_xero_and_the_balances_are_those_of_a_summary(inside: None, twins: Any) -> None:
    """The same trade by summary journal in QuickBooks Online and order by order in Xero: every Amazon account agrees."""
    shop = _Shop()
    shop.place(4, fulfillment="AFN")
    shop.place(2, fulfillment="MFN")
    shop.later()
    shop.sync(ORDERS)
    orders = documents(shop, source_kind="order")
    assert [(each.document_type, each.state) for each in orders] == [("invoice", "posted")] * 6
    paid = documents(shop, source_kind="closing")
    assert [(each.part, each.document_type, each.state) for each in paid] == [("paid", "payment", "posted")] * 4
    invoices = twins.command("xero", "documents", tenant=US, kind="Invoice")["documents"]
    assert sorted(row["Status"] for row in invoices) == ["AUTHORISED"] * 2 + ["PAID"] * 4
    assert {row["Reference"] for row in invoices} == {each.source_ref for each in orders}

    shop.do("cancel", 2)  # its payment is taken back, then it is voided
    shop.do("ship", 0, 1, 3, 4, 5)
    shop.do("refund", 0, share="0.5", item=0)
    shop.later()
    shop.sync(ORDERS)
    assert {each.source_ref for each in documents(shop, state="undone")} == {shop.order(2).order_id}
    closing = [(each.part, each.document_type, each.state) for each in documents(shop, source_kind="closing")]
    assert closing[4:] == [("back", "payment", "posted")]

    shop.close()
    shop.later()
    shop.sync(SETTLEMENTS)
    by_journal, by_order = shop.trials()
    bank = {"Checking", "Business Bank Account"}
    assert {name: value for name, value in by_order.items() if name not in bank} == {
        name: value for name, value in by_journal.items() if name not in bank
    }
    assert by_order["Business Bank Account"] == by_journal["Checking"]
    assert shop.left() == {Decimal(0)}
    assert not ApiCall.objects.filter(connection__provider="xero", status=429).exists()


class _Shop(Shop):
    """Two sellers who trade alike: one booked by summary in QuickBooks Online, one order by order in Xero."""

    def __init__(self) -> None:
        third = shapes.WAYS[2]
        pair = replace(third.pair, ledger=ends.xero(US), banks={"USD": "Business Bank Account"})
        self.ways = (shapes.WAYS[0], shapes.Way(pair, "one_deposit", {"each": True, "when": "placed", "document": "by_channel"}))
        today = datetime.fromisoformat(over_there.world("clock")["now"]).date()
        self.summary, self.each = [shapes._ready(way, today) for way in self.ways]
        self.ids = {way.pair.source.account: [] for way in self.ways}
