"""Amazon's payouts into Xero, from consent to the last rung, with the organisation's own books as the judge."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from connections.http import door_for
from connections.models import ApiCall
from reconciliation import annotating
from reconciliation.demo import job, pairs, people
from syncs.models import LedgerDocument
from tenants.models import Event
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_main_job_ties_in_xero_and_leads_back(twins: Any, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    (pair,) = pairs.chosen("xero+amazon")
    verdict = job.run(told.append, pair.key)
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
