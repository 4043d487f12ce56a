"""A made-up ledger keeps the same promises as the real ones, by inheriting their tests."""

from __future__ import annotations

from datetime import date
from typing import Any

from canonical.accounting import AccountRef, DocumentType, PartyRef
from connections import services
from connections.models import Connection
from tests.connections.contract.authoriser import AuthoriserContract, Entry
from tests.connections.contract.ledger import Ledger
from tests.connections.contract.target import TargetContract

from .provider.provider import target
from .twin import COMPANY, KEY, OTHER_KEY


class Paperbooks(Ledger):
    provider, home, country, renews = "paperbooks", "EUR", "", False

    @classmethod
    def documents(cls) -> frozenset[DocumentType]:
        return target.forms.documents

    def connect(self) -> Connection:
        return services.adopt(provider=self.provider, environment="twin", answers={"key": KEY})

    def writes(self, document_type: str) -> str:
        return "POST entries"

    def held(self, document_type: str) -> int:
        twin: Any = self.twins.app.twins[self.provider]
        return len(twin.entries[COMPANY])

    def close_books(self, through: date) -> None:
        self.command("close", through=through.isoformat())

    def retire(self, account: AccountRef) -> None:
        self.command("retire", account=account.key)

    def revoke(self) -> None:
        self.command("revoke")

    def supplier(self) -> PartyRef:
        return self.customer("Amazon")


class PaperEntry(Entry):
    provider, account, token_life = "paperbooks", COMPANY, None
    answers, other_answers, wrong_answers = {"key": KEY}, {"key": OTHER_KEY}, {"key": "a guess"}
    secrets = (KEY,)

    def revoke(self) -> None:
        self.twins.command(self.provider, "revoke")

    def is_over(self) -> bool:
        return True  # Paperbooks has no address for it


class TestLedger(TargetContract):
    harness = Paperbooks


class TestSignIn(AuthoriserContract):
    harness = PaperEntry
