"""QuickBooks Online keeps the promises of a ledger."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from canonical.accounting import AccountRef
from connections import oauth
from connections.contracts import ExternalAccount, TokenSet
from connections.models import Connection
from connections.providers.quickbooks_online import auth
from connections.providers.quickbooks_online.mapper import ENTITIES
from sandbox.quickbooks_online.seed import MULTI, US
from tenants.clock import now

from .authoriser import AuthoriserContract, Entry
from .browser import Books, CalledBrowserContract
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
        "Account": frozenset({"AcctNum"}),
        "Customer": frozenset({"PrimaryEmailAddr.Address"}),
        "Vendor": frozenset({"PrimaryEmailAddr.Address"}),
        "Employee": frozenset({"PrimaryEmailAddr.Address", "HiredDate"}),
        "InventoryAdjustment": frozenset({"DocNumber"}),
    }

    def fill(self) -> None:
        """What our flows write, and what only people do."""
        super().fill()
        accounts = {item.name: item.external_id for item in self.books.references("account").values()}
        cost = accounts["Cost of Goods Sold"]
        spent = {"DetailType": "AccountBasedExpenseLineDetail", "Amount": Decimal("39.00")}
        line = {**spent, "AccountBasedExpenseLineDetail": {"AccountRef": {"value": cost}}}
        bought = {"VendorRef": {"value": self._first("Vendor")}, "TxnDate": "2026-11-02", "DocNumber": "B-7", "Line": [line]}
        self._write("Bill", bought)
        self._write("PurchaseOrder", bought)
        self._count(accounts)

    def _count(self, accounts: dict[str, str]) -> None:
        """An item with stock, and a count that found one less."""
        cost = accounts["Cost of Goods Sold"]
        names = {
            "AssetAccountRef": accounts["Inventory Asset"],
            "IncomeAccountRef": accounts["Sales of Product Income"],
            "ExpenseAccountRef": cost,
        }
        item = {"Name": "Counted", "Sku": "C-1", "Type": "Inventory", "TrackQtyOnHand": True, "QtyOnHand": 5}
        refs = {name: {"value": account} for name, account in names.items()}
        made = self._write("Item", {**item, "InvStartDate": "2026-01-01", "PurchaseCost": Decimal("4.10"), **refs})
        detail = {"ItemRef": {"value": made["Id"]}, "QtyDiff": -1}
        line = {"DetailType": "ItemAdjustmentLineDetail", "ItemAdjustmentLineDetail": detail}
        self._write("InventoryAdjustment", {"AdjustAccountRef": {"value": cost}, "PrivateNote": "Counted", "Line": [line]})

    def _first(self, kind: str) -> str:
        page = self.browser.page(self.books.door, self.books.account, kind)
        return str(page.rows[0]["Id"])

    def _write(self, kind: str, body: dict[str, Any]) -> Any:
        url = f"{self.twins.url}/quickbooks_online/v3/company/{US}/{kind.lower()}"
        params = {"minorversion": "75", "requestid": f"look-{kind}"}
        answer = self.books.door.call(f"{kind}.create", "POST", url, params=params, json=body, writes=True)
        return json.loads(answer.content)[kind]


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


class TestLooking(CalledBrowserContract):
    harness = QuickBooksLook


class TestDeliveries(ReceiverContract):
    harness = QuickBooksSender
