"""Xero keeps the promises of a ledger."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import date, timedelta

from canonical.accounting import AccountRef, AccountType
from connections import oauth
from connections.contracts import Consent, ExternalAccount, TokenSet
from connections.models import Connection
from connections.providers.xero import client
from connections.providers.xero.mapper import ENTITIES
from sandbox.xero.seed import OTHER, ROBIN, UK
from tenants.clock import now

from .authoriser import AuthoriserContract, Entry
from .browser import Books, CalledBrowserContract
from .ledger import Ledger
from .receiver import ReceiverContract, Sender
from .target import TargetContract

_TYPES = {"deposit": "RECEIVE", "withdrawal": "SPEND"}


class Xero(Ledger):
    provider, home, country, tenant = "xero", "GBP", "GB", UK

    def connect(self) -> Connection:
        given = self.twins.command(self.provider, "authorise", tenant=self.tenant)
        tokens = TokenSet(given["access_token"], given["refresh_token"], now() + timedelta(minutes=30))
        account = ExternalAccount(self.tenant, "Fenwick Trading Ltd", country=self.country, currency=self.home)
        consent = Consent(tokens, (account,), provider_user=ROBIN)
        return oauth.establish_all(provider=self.provider, environment="twin", consent=consent)[0]

    def writes(self, document_type: str) -> str:
        return f"{ENTITIES[document_type].lower()}.write"

    def held(self, document_type: str) -> int:
        kind = ENTITIES[document_type].removesuffix("s")
        rows = self.command("documents", tenant=self.tenant, kind=kind)["documents"]
        wanted = _TYPES.get(document_type)
        live = [row for row in rows if row["Status"] not in ("VOIDED", "DELETED")]
        return sum(1 for row in live if wanted is None or row["Type"] == wanted)

    def close_books(self, through: date) -> None:
        self.command("lock", tenant=self.tenant, period=through.isoformat())

    def retire(self, account: AccountRef) -> None:
        self.command("archive", tenant=self.tenant, kind="Account", name=account.key)

    def expire(self) -> None:
        self.fault("expire")

    def revoke(self) -> None:
        self.command("revoke", tenant=self.tenant)


class TestXero(TargetContract):
    harness = Xero


class XeroLook(Books):
    provider, simplest, ledger = "xero", "Account", Xero
    unfilled = {"Contact": frozenset({"DefaultCurrency"}), "PurchaseOrder": frozenset({"Reference"})}

    def fill(self) -> None:
        """What our flows write, and a supplier's bill."""
        super().fill()
        books = client.Books(self.books.door, self.books.account)
        cost = self.books.existing(AccountType.EXPENSE)
        code = next(row["Code"] for row in books.all("Accounts") if row["Name"] == cost.name)
        supplier = {"Name": "Pennine Packaging", "EmailAddress": "accounts@pennine.example"}
        line = {"Description": "Boxes", "Quantity": 1, "UnitAmount": 40, "AccountCode": code}
        bill = {"Type": "ACCPAY", "Contact": supplier, "Date": "2026-11-02", "InvoiceNumber": "PP-1", "LineItems": [line]}
        books.write("Contacts", [supplier], "look-contact")
        (made,), _trace = books.write("Invoices", [{**bill, "DueDate": "2026-12-02", "Reference": "Boxes"}], "look-bill")
        assert made.body


class XeroEntry(Entry):
    provider, account = "xero", UK
    decision = {"tenant": UK, "decision": "allow"}
    other = {"tenant": OTHER, "decision": "allow"}
    token_life = timedelta(minutes=30)

    def revoke(self) -> None:
        self.twins.command(self.provider, "revoke", tenant=UK)

    def is_over(self) -> bool:
        twin = self.twins.world()["twins"][self.provider]
        return not twin["connections"] and twin["consents"][-1]["ended"] is not None


class TestSignIn(AuthoriserContract):
    harness = XeroEntry


class XeroSender(Sender):
    provider = "xero"
    about = (UK, "invoice", "0aa4ae4c-0d3b-4a1e-8f7e-000000000001")

    def body(self) -> bytes:
        event = {"eventCategory": "INVOICE", "eventType": "UPDATE", "eventDateUtc": "2026-11-20T08:00:00.100"}
        told = {**event, "tenantId": UK, "tenantType": "ORGANISATION", "resourceId": self.about[2]}
        return json.dumps({"events": [told], "firstEventSequence": 1, "lastEventSequence": 1, "entropy": "x"}).encode()

    def signed(self, body: bytes) -> dict[str, str]:
        digest = hmac.new(b"sandbox-xero-webhook-key", body, hashlib.sha256).digest()
        return {"x-xero-signature": base64.b64encode(digest).decode()}


class TestDeliveries(ReceiverContract):
    harness = XeroSender


class TestLooking(CalledBrowserContract):
    harness = XeroLook
