"""KashFlow keeps the promises of a ledger."""

from __future__ import annotations

from datetime import date, timedelta

from canonical.accounting import AccountRef, DocumentType, PartyRef
from connections import services
from connections.contracts import PartySpec
from connections.models import Connection
from connections.providers.kashflow import kinds
from connections.providers.kashflow.fields import marker_of, nominal_of
from sandbox.kashflow.seed import NOT_REGISTERED, VAT

from .authoriser import AuthoriserContract, Entry
from .ledger import Ledger
from .target import TargetContract

SEVERN = {
    "username": "severn",
    "api_password": "api-severn-1",
    "password": "login-severn-1",
    "memorable_word": "Lighthouse",
}
CORNER = {"username": "corner", "api_password": "login-corner-1"}
_KINDS = {
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

    def writes(self, document_type: str) -> str:
        """The last of the calls that write it."""
        return _WRITES.get(DocumentType(document_type), "InsertInvoicePayment")

    def kept(self, kind: str) -> list[dict[str, object]]:
        found: list[dict[str, object]] = self.command("documents", company=self.company_id, kind=kind)["documents"]
        return found

    def held(self, document_type: str) -> int:
        """Bank transactions of one document count once, and of a transfer only the account it was made on."""
        kind = _KINDS.get(DocumentType(document_type), "Invoice")
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
        self.command("password", company=self.company_id, password="another", api_password="another-too")  # noqa: S106

    def supplier(self) -> PartyRef:
        item = self.target.create_party(self.door, self.account, PartySpec("Amazon", kind="supplier"), request_id="supplier")
        return PartyRef(item.external_id, item.name)


class TestKashFlow(TargetContract):
    harness = KashFlow


class KashFlowEntry(Entry):
    provider, account = "kashflow", "severn"
    answers = SEVERN
    other_answers = CORNER
    wrong_answers = {"username": "severn", "api_password": "not this one"}
    token_life = timedelta(minutes=61)
    secrets = ("api-severn-1", "login-severn-1", "Lighthouse")

    def refreshes(self) -> int:
        """How often the twin was asked for a session: once to connect, then once for each hour without use."""
        rows = self.twins.journal()
        return sum(1 for row in rows if row["provider"] == self.provider and row["operation"] == "POST /sessiontoken")

    def revoke(self) -> None:
        self.twins.command(self.provider, "password", company=VAT, password="another", api_password="another-too")  # noqa: S106

    def is_over(self) -> bool:
        return bool(self.twins.command(self.provider, "expire", company=VAT)["ended"] == 0)


class TestSignIn(AuthoriserContract):
    harness = KashFlowEntry


def test_what_the_harness_counts_is_all_that_the_provider_writes() -> None:
    assert {_KINDS.get(kind, "Invoice") for kind in kinds.DOCUMENTS} == {
        "Journal", "Receipt", "InvoicePayment", "BankTransaction", "Invoice",
    }  # fmt: skip
    assert NOT_REGISTERED != VAT
