"""A company of the KashFlow twin, connected by its credentials, and what is asked of it from its own side."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import cached_property
from typing import Any

from canonical.accounting import AccountRef, AccountType, DocumentType, PartyRef
from connections import registry, services
from connections.contracts import Door, ExternalAccount, PartySpec, ReferenceItem
from connections.models import Connection
from connections.providers.kashflow import provider
from connections.providers.kashflow.auth import Credentials
from connections.providers.kashflow.fields import marker_of, nominal_of
from sandbox.kashflow.seed import VAT
from tests.connections.contract.ledger import Ledger
from tests.connections.providers.door import PlainDoor

SEVERN = {
    "username": "severn",
    "api_password": "api-severn-1",
    "password": "login-severn-1",
    "memorable_word": "Lighthouse",
}
CORNER = {"username": "corner", "api_password": "login-corner-1"}
KINDS = {
    DocumentType.JOURNAL_ENTRY: "Journal",
    DocumentType.PURCHASE: "Receipt",
    DocumentType.PAYMENT: "InvoicePayment",
    **dict.fromkeys((DocumentType.DEPOSIT, DocumentType.WITHDRAWAL, DocumentType.TRANSFER), "BankTransaction"),
}
_WRITES = {
    DocumentType.JOURNAL_ENTRY: "InsertJournal",
    DocumentType.PURCHASE: "InsertReceiptPayment",
    DocumentType.INVOICE: "InsertInvoice",
    DocumentType.CREDIT_MEMO: "InsertInvoice",
    **dict.fromkeys((DocumentType.DEPOSIT, DocumentType.WITHDRAWAL, DocumentType.TRANSFER), "InsertBankTransaction"),
}


class KashFlow(Ledger):
    provider, home, country, company_id = "kashflow", "GBP", "GB", VAT
    answers = SEVERN

    def connect(self) -> Connection:
        return services.adopt(provider=self.provider, environment="twin", answers=self.answers)

    # What a test needs before it begins goes through a plain door: quick, and no part of what is tried.

    _aside = False

    @property
    def door(self) -> Door:
        return self.quick if self._aside else super().door

    @cached_property
    def quick(self) -> PlainDoor:
        tokens = Credentials(self.answers["username"], self.answers["api_password"]).kept("")
        return PlainDoor(registry.endpoints(self.provider, "twin"), provider, tokens)

    @contextmanager
    def aside(self) -> Iterator[None]:
        before, self._aside = self._aside, True
        try:
            yield
        finally:
            self._aside = before

    def make(self, name: str, kind: AccountType, role: str = "") -> AccountRef:
        with self.aside():
            return super().make(name, kind, role)

    def customer(self, name: str = "Amazon.com sales") -> PartyRef:
        with self.aside():
            return super().customer(name)

    def references(self, *kinds: str) -> dict[tuple[str, str], ReferenceItem]:
        with self.aside():
            return super().references(*kinds)

    def writes(self, document_type: str) -> str:
        """The last of the calls that write it."""
        return _WRITES.get(DocumentType(document_type), "InsertInvoicePayment")

    def kept(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.command("documents", company=self.company_id, kind=kind)["documents"]
        return found

    def held(self, document_type: str) -> int:
        """Bank transactions of one document count once, and of a transfer only the account it was made on."""
        kind = KINDS.get(DocumentType(document_type), "Invoice")
        rows = self.kept(kind)
        if kind == "BankTransaction":
            return len({marker_of(row["Comment"])[0] for row in rows if not row.get("IsMirror")})
        return len(rows)

    def close_books(self, through: date) -> None:
        self.command("lock", company=self.company_id, until=through.isoformat())

    def retire(self, account: AccountRef) -> None:
        self.command("archive", company=self.company_id, kind="Nominal", id=nominal_of(account.key))

    def expire(self) -> None:
        self.command("expire", company=self.company_id)

    def revoke(self) -> None:
        self.command("password", company=self.company_id, password="another", api_password="another-too")

    def supplier(self) -> PartyRef:
        with self.aside():
            item = self.target.create_party(self.door, self.account, PartySpec("Amazon", kind="supplier"), request_id="supplier")
        return PartyRef(item.external_id, item.name)

    def calls(self, *operations: str) -> list[str]:
        """What the twin was asked, of these operations, in order."""
        rows = self.twins.journal()
        return [row["operation"] for row in rows if row["operation"] in operations]


class Apart(KashFlow):
    """The same through a plain door: no budgets, no log, no database. For what the provider does by itself."""

    def __init__(self, twins: Any) -> None:
        self.plain = PlainDoor(registry.endpoints(self.provider, "twin"), provider)
        self.plain.tokens, self.entered = provider.authoriser.adopt(self.plain, answers=self.answers)
        super().__init__(twins)

    def connect(self) -> Connection:
        return Connection(provider=self.provider, external_account=self.entered.external_id)

    @property
    def door(self) -> PlainDoor:
        return self.plain

    @property
    def quick(self) -> PlainDoor:  # type: ignore[override]
        return self.plain

    @property
    def account(self) -> ExternalAccount:
        return self.entered


class NotRegistered(Apart):
    """A company that is not VAT registered, without a session."""

    company_id, answers = "41002", CORNER
