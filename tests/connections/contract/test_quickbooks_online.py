"""QuickBooks Online keeps the promises of a ledger."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import date, timedelta
from typing import Any

from canonical.accounting import AccountRef, AccountType
from connections import oauth
from connections.contracts import ExternalAccount, TokenSet
from connections.models import Connection
from connections.providers.quickbooks_online import auth
from connections.providers.quickbooks_online.mapper import ENTITIES
from sandbox.quickbooks_online.seed import MULTI, US
from tenants.clock import now

from .authoriser import AuthoriserContract, Entry
from .browser import Books, BrowserContract
from .ledger import Ledger
from .receiver import ReceiverContract, Sender
from .target import TargetContract


class QuickBooks(Ledger):
    provider, home, country, realm = "quickbooks_online", "USD", "US", US

    def connect(self) -> Connection:
        auth._discovered.clear()
        given = self.twins.command(self.provider, "authorise", realm=self.realm)
        tokens = TokenSet(given["access_token"], given["refresh_token"], now() + timedelta(hours=1))
        account = ExternalAccount(self.realm, "Company", country=self.country, currency=self.home)
        return oauth.establish(provider=self.provider, environment="twin", region="", given=tokens, account=account)

    def writes(self, document_type: str) -> str:
        return f"{ENTITIES[document_type].lower()}.create"

    def held(self, document_type: str) -> int:
        return len(self.command("documents", realm=self.realm, kind=ENTITIES[document_type])["documents"])

    def close_books(self, through: date) -> None:
        setting = {"AccountingInfoPrefs.BookCloseDate": through.isoformat()}
        self.command("preferences", realm=self.realm, **setting)

    def retire(self, account: AccountRef) -> None:
        self.command("activate", realm=self.realm, kind="Account", id=account.key, active=False)

    def expire(self) -> None:
        self.fault("expire")

    def revoke(self) -> None:
        self.command("disconnect", realm=self.realm)


class QuickBooksInCurrencies(QuickBooks):
    """A company that keeps several currencies."""

    realm = MULTI


class TestQuickBooksOnline(TargetContract):
    harness = QuickBooks


class QuickBooksLook(Books):
    provider, simplest, ledger = "quickbooks_online", "Account", QuickBooks
    unfilled = {
        "Customer": frozenset({"PrimaryEmailAddr.Address"}),
        "Vendor": frozenset({"PrimaryEmailAddr.Address"}),
        "Employee": frozenset({"PrimaryEmailAddr.Address", "HiredDate"}),
    }

    def fill(self) -> None:
        """What our flows write, and what only people do."""
        super().fill()
        spent = {"DetailType": "AccountBasedExpenseLineDetail", "Amount": "39.00"}
        line = {**spent, "AccountBasedExpenseLineDetail": {"AccountRef": {"value": self.books.make("Fees", AccountType.EXPENSE).key}}}
        bought = {"VendorRef": {"value": self._first("Vendor")}, "Line": [line]}
        for kind in ("Bill", "PurchaseOrder"):
            self._write(kind, bought)

    def _first(self, kind: str) -> str:
        page = self.browser.page(self.books.door, self.books.account, kind)
        return str(page.rows[0]["Id"])

    def _write(self, kind: str, body: dict[str, Any]) -> None:
        url = f"{self.twins.url}/quickbooks_online/v3/company/{US}/{kind.lower()}"
        params = {"minorversion": "75", "requestid": f"look-{kind}"}
        self.books.door.call(f"{kind}.create", "POST", url, params=params, json=body, writes=True)


class QuickBooksEntry(Entry):
    provider, account = "quickbooks_online", US
    decision = {"realm": US, "decision": "connect"}
    other = {"realm": MULTI, "decision": "connect"}

    def revoke(self) -> None:
        self.twins.command(self.provider, "disconnect", realm=US)

    def is_over(self) -> bool:
        consents = self.twins.world()["twins"][self.provider]["consents"]
        return consents[-1]["ended"] is not None


class QuickBooksSender(Sender):
    provider = "quickbooks_online"
    about = ("42", "invoice", "145")

    def body(self) -> bytes:
        event = {"specversion": "1.0", "id": "e1", "source": "intuit.x", "type": "qbo.invoice.updated.v1"}
        return json.dumps([{**event, "intuitentityid": "145", "intuitaccountid": "42", "data": {}}]).encode()

    def signed(self, body: bytes) -> dict[str, str]:
        digest = hmac.new(b"sandbox-webhook-verifier", body, hashlib.sha256).digest()
        return {"intuit-signature": base64.b64encode(digest).decode()}


class TestSignIn(AuthoriserContract):
    harness = QuickBooksEntry


class TestLooking(BrowserContract):
    harness = QuickBooksLook


class TestDeliveries(ReceiverContract):
    harness = QuickBooksSender
