"""News to the app, proved and signed; a person's doings from Xero's side; the pages inside Xero."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from sandbox.xero.seed import UK
from sandbox.xero.webhooks import KEY, signature
from tests.sandbox.xero.conftest import Organisation, invoice, journal, payment


class Receiver:
    """An app's webhook address: checks signatures, unless told to be credulous, and keeps what it took."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.credulous = self.down = False
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                good = receiver.credulous or self.headers["x-xero-signature"] == signature(body, KEY)
                if good and not receiver.down:
                    receiver.taken.append(json.loads(body))
                self.send_response(503 if receiver.down else 200 if good else 401)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Silence."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def events(self) -> list[tuple[str, str]]:
        return [(one["eventCategory"], one["eventType"]) for taken in self.taken for one in taken["events"]]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_a_receiver_proves_itself_before_news_goes_out(uk: Organisation, receiver: Receiver) -> None:
    receiver.credulous = True
    told = uk.world("webhook", url=receiver.url, waits=[])
    assert (told["status"], told["answers"]) == ("failed", [200] * 4)
    uk.put("Invoices", invoice())
    assert uk.world("deliver") == {"sent": 0, "failed": 0}
    receiver.credulous = False
    assert uk.world("webhook", url=receiver.url, waits=[])["answers"] == [200, 401, 200, 401]
    assert receiver.events() == []


def test_news_of_invoices_credit_notes_and_contacts(uk: Organisation, receiver: Receiver) -> None:
    uk.world("webhook", url=receiver.url, waits=[])
    receiver.taken.clear()
    receiver.down = True
    made = uk.put("Invoices", invoice(Contact={"Name": "Neu"}))
    uk.put("Payments", payment(made, "120.00"))
    uk.put("ManualJournals", journal(("404", "1.00"), ("850", "-1.00")))
    uk.put("CreditNotes", {"Type": "ACCRECCREDIT", "Contact": {"Name": "Neu"}, "LineItems": []})
    assert uk.world("deliver")["failed"] > 0
    receiver.down = False
    uk.world("deliver")
    assert receiver.events() == [
        ("CONTACT", "CREATE"), ("INVOICE", "CREATE"), ("CONTACT", "UPDATE"), ("INVOICE", "UPDATE"), ("CREDITNOTE", "CREATE"),
    ]  # fmt: skip
    last = receiver.taken[-1]
    first = next(one for one in last["events"] if one["eventCategory"] == "INVOICE")
    assert (first["resourceId"], first["tenantId"], first["tenantType"]) == (made["InvoiceID"], UK, "ORGANISATION")
    assert last["events"][-1]["data"] == {"Type": "ACCRECCREDIT", "Status": "DRAFT"}
    assert last["lastEventSequence"] - last["firstEventSequence"] == len(last["events"]) - 1


def test_a_receiver_that_is_down_for_a_day_is_given_up(uk: Organisation, receiver: Receiver) -> None:
    uk.world("webhook", url=receiver.url, waits=[])
    receiver.down = True
    uk.put("Contacts", {"Name": "Ada"})
    uk.app.world.clock.shift(25 * 3600)
    uk.world("deliver")
    assert uk.client.get("/world/").json["twins"]["xero"]["webhook"]["status"] == "disabled"


def test_a_person_edits_and_voids(uk: Organisation) -> None:
    made = uk.put("Invoices", invoice(InvoiceNumber="AMZ-1"))
    changed = uk.world("edit", kind="Invoice", id="AMZ-1", changes={"Reference": "by hand"})
    assert changed["Reference"] == "by hand"
    uk.world("void", kind="Invoice", id=made["InvoiceID"])
    posted = uk.put("ManualJournals", journal(("404", "1.00"), ("850", "-1.00")))
    assert uk.world("void", kind="ManualJournal", id=posted["ManualJournalID"])["Status"] == "VOIDED"
    assert uk.balances() == {}
    uk.world("archive", kind="Account", name="404")
    assert "archived" in uk.refused("ManualJournals", journal(("404", "1.00"), ("850", "-1.00")))


def test_a_reset_puts_the_seed_back(uk: Organisation) -> None:
    uk.world("lock", period="2026-11-20")
    uk.put("Contacts", {"Name": "Ada"})
    uk.app.reset("xero")
    fresh = uk.world("organisations")["organisations"][0]
    assert (fresh["period_lock"], fresh["objects"]["Contact"], fresh["in_balance"]) == (None, 3, True)
    assert uk.ask("GET", "Organisation").status_code == 401


def test_pages_show_the_books(uk: Organisation) -> None:
    made = uk.put("Invoices", invoice(InvoiceNumber="<b>AMZ</b>"))
    paid = uk.put("Payments", payment(made, "20.00"))
    posted = uk.put("ManualJournals", journal(("404", "1.00"), ("850", "-1.00")))
    here = f"/xero/app/{UK}"
    assert "Fenwick Trading Ltd" in uk.client.get("/xero/app/").text
    balances = uk.client.get(here).text
    assert "200 Sales" in balances
    assert "100.00" in balances
    shown = uk.client.get(f"{here}/invoice/{made['InvoiceID']}").text
    assert "&lt;b&gt;AMZ&lt;/b&gt;" in shown
    assert "<b>AMZ" not in shown
    assert "Still due" in shown
    for path in (f"payment/{paid['PaymentID']}", f"journal/{posted['ManualJournalID']}", "account/090", "documents", "bank"):
        assert uk.client.get(f"{here}/{path}").status_code == 200, path
    assert uk.client.get(f"{here}/invoice/{UK}").status_code == 404
    assert uk.client.get("/xero/app/nowhere").status_code == 404
