"""The ledgers as the fault runs see them: the contract suite's own harness of each, and how its books show our marks.

A twin is asked as its owner would ask it, so that what is counted is what stands there, whoever believes what. Each can
be made to forget at once the keys by which it would know a request again: exactly once must be ours, not theirs.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from canonical.accounting import AccountRef, AccountType, DocumentType, PartyRef
from connections import budgets
from connections.providers.quickbooks_online.mapper import ENTITIES as IN_QUICKBOOKS
from connections.providers.xero.mapper import ENTITIES as IN_XERO
from syncs.documents import posting_key
from syncs.models import LedgerDocument
from tests.connections.contract.ledger import Ledger
from tests.connections.contract.test_kashflow import KashFlow
from tests.connections.contract.test_quickbooks_online import QuickBooks
from tests.connections.contract.test_xero import Xero

NEVER_ARRIVES, LOOKED_FOR_IN_VAIN = 0.15, 0.25
_MARK = re.compile(r"(?:tieout:|/posted/)(\w{40}(?:/\d+)?)")


class Books(Ledger):
    """What a ledger's own class adds to its harness. `kinds` are posted in turn, payments after their invoices.

    `at` is where the twin's commands find the books, `memory` the table of the keys that the ledger remembers. So many of
    the sendings carry a document `alone`, the others up to so many `together`.
    """

    kinds: ClassVar[tuple[DocumentType, ...]]
    at: ClassVar[Mapping[str, str]]
    memory: ClassVar[str] = ""
    alone, together = 0.7, 6

    def __init__(self, twins: Any) -> None:
        budgets.forget_leases()
        self._once: dict[Any, Any] = {}
        super().__init__(twins)

    # ------------------------------------------------------------ for the ledger's own class

    def written_by(self, kind: DocumentType, together: int) -> Sequence[str]:
        """The twin's operations that write such documents, so many in one go, in their order."""
        return (self.writes(kind.value),)

    def asked_by(self, kind: DocumentType) -> str:
        """The operation by which such a document is looked for first."""
        raise NotImplementedError

    def listed(self, kind: DocumentType) -> list[Mapping[str, Any]]:
        """The live objects that such documents are, as the ledger lists them, whoever wrote them."""
        raise NotImplementedError

    def turn(self) -> None:
        """A ledger that comes to fetch its work comes once."""

    def lose(self, kind: DocumentType, together: int, chance: random.Random) -> None:
        """Arrange what happens to the next sending of so many documents: at any of the calls that it takes."""
        operation = chance.choice(self.written_by(kind, together))
        if chance.random() < NEVER_ARRIVES:
            self.twins.fault(self.provider, "drop-before-commit", operation, count=1)
        self.twins.fault(self.provider, "drop-after-commit", operation, count=together)
        if chance.random() < LOOKED_FOR_IN_VAIN:
            self.twins.fault(self.provider, "drop-after-commit", self.asked_by(kind), count=1)

    def lost(self) -> int:
        """How many answers and requests were lost since it was asked last; what has not struck by now stays away."""
        hits = sum(fault["hit"] for fault in self.twins.get("/world/faults"))
        self.twins.heal()
        return int(hits)

    def objects_of(self, document: LedgerDocument) -> Counter[str]:
        """By which marks one document must be found there."""
        return Counter([posting_key(document).marker().removeprefix("tieout:")])

    def marks_in(self, row: Mapping[str, Any]) -> Sequence[str]:
        """Our mark on one object; none on what others wrote."""
        return _MARK.findall(json.dumps(row))[:1]

    # ------------------------------------------------------------ what stands there

    def marks(self) -> Counter[str]:
        """How often each of our marks stands in the books."""
        lists = {id(rows): rows for rows in (self.listed(kind) for kind in dict.fromkeys(self.kinds))}
        return Counter(mark for rows in lists.values() for row in rows for mark in self.marks_in(row))

    def trial(self) -> dict[str, Decimal]:
        """Every account's balance by the ledger's own trial balance, debit positive."""
        return {name: Decimal(amount) for name, amount in self.command("trial", **self.at)["accounts"].items()}

    def forget_keys(self) -> None:
        """From now on it forgets every key the moment it was used."""
        if self.memory:
            with self.twins.app.world.db() as connection:
                connection.execute(
                    f"CREATE TRIGGER IF NOT EXISTS forgetful AFTER INSERT ON {self.memory}"
                    f" BEGIN DELETE FROM {self.memory} WHERE rowid = NEW.rowid; END"
                )

    def nothing_else_helps(self) -> None:
        """From now on nothing but looking for a document tells what became of it."""

    def remember_keys(self) -> None:
        with self.twins.app.world.db() as connection:
            connection.execute("DROP TRIGGER IF EXISTS forgetful")

    # ------------------------------------------------------------ asked for once, not for each document

    def existing(self, kind: AccountType) -> AccountRef:
        found: AccountRef = self._kept(("existing", kind), lambda: super(Books, self).existing(kind))
        return found

    def customer(self, name: str = "Amazon.com sales") -> PartyRef:
        found: PartyRef = self._kept(("customer", name), lambda: super(Books, self).customer(name))
        return found

    def item(self, sku: str, income: AccountRef) -> tuple[str, str]:
        found: tuple[str, str] = self._kept(("item", sku), lambda: super(Books, self).item(sku, income))
        return found

    def supplier(self) -> PartyRef:
        found: PartyRef = self._kept("supplier", super().supplier)
        return found

    def _kept(self, key: Any, ask: Callable[[], Any]) -> Any:
        if key not in self._once:
            self._once[key] = ask()
        return self._once[key]


class OnlineBooks(Books, QuickBooks):
    kinds = (
        DocumentType.JOURNAL_ENTRY,
        DocumentType.DEPOSIT,
        DocumentType.SALES_RECEIPT,
        DocumentType.INVOICE,
        DocumentType.PAYMENT,
    )
    at: ClassVar[Mapping[str, str]] = {"realm": QuickBooks.realm}
    memory = "qbo_request"

    def written_by(self, kind: DocumentType, together: int) -> Sequence[str]:
        return ("batch",) if together > 1 else (self.writes(kind.value),)

    def asked_by(self, kind: DocumentType) -> str:
        return "query"

    def listed(self, kind: DocumentType) -> list[Mapping[str, Any]]:
        return list(self.command("documents", kind=IN_QUICKBOOKS[kind.value], **self.at)["documents"])


class XeroBooks(Books, Xero):
    kinds = (
        DocumentType.JOURNAL_ENTRY,
        DocumentType.DEPOSIT,
        DocumentType.INVOICE,
        DocumentType.CREDIT_MEMO,
        DocumentType.PAYMENT,
    )
    at: ClassVar[Mapping[str, str]] = {"tenant": Xero.tenant}
    memory = "xero_key"

    def asked_by(self, kind: DocumentType) -> str:
        return f"{IN_XERO[kind.value].lower()}.list"

    def listed(self, kind: DocumentType) -> list[Mapping[str, Any]]:
        rows = self.command("documents", kind=IN_XERO[kind.value].removesuffix("s"), **self.at)["documents"]
        return [row for row in rows if row["Status"] not in ("VOIDED", "DELETED")]


class KashFlowBooks(Books, KashFlow):
    """It knows no keys at all. Most of its documents are two objects, each written by a call of its own."""

    kinds = (
        DocumentType.JOURNAL_ENTRY,
        DocumentType.DEPOSIT,
        DocumentType.SALES_RECEIPT,
        DocumentType.PURCHASE,
        DocumentType.INVOICE,
        DocumentType.PAYMENT,
    )
    at: ClassVar[Mapping[str, str]] = {"company": KashFlow.company_id}
    _HALVES: ClassVar[Mapping[DocumentType, tuple[str, ...]]] = {
        DocumentType.SALES_RECEIPT: ("InsertInvoice", "InsertInvoicePayment"),
        DocumentType.PURCHASE: ("InsertReceipt", "InsertReceiptPayment"),
    }
    _LOOKS: ClassVar[Mapping[DocumentType, str]] = {
        DocumentType.JOURNAL_ENTRY: "GetJournals",
        DocumentType.DEPOSIT: "GetBankTransactions",
        DocumentType.PURCHASE: "GetReceiptsForSupplier",
        DocumentType.PAYMENT: "GetInvoicePayment",
    }
    _LISTS: ClassVar[Mapping[DocumentType, tuple[str, ...]]] = {
        DocumentType.JOURNAL_ENTRY: ("Journal",),
        DocumentType.DEPOSIT: ("BankTransaction",),
        DocumentType.SALES_RECEIPT: ("Invoice", "InvoicePayment"),
        DocumentType.PURCHASE: ("Receipt", "ReceiptPayment"),
    }

    def written_by(self, kind: DocumentType, together: int) -> Sequence[str]:
        return self._HALVES.get(kind, (self.writes(kind.value),))

    def asked_by(self, kind: DocumentType) -> str:
        return self._LOOKS.get(kind, "GetInvoicesByDateRange")

    def listed(self, kind: DocumentType) -> list[Mapping[str, Any]]:
        return [row for name in self._LISTS.get(kind, ()) for row in self.kept(name)]

    def objects_of(self, document: LedgerDocument) -> Counter[str]:
        """A mark for each of its objects; those of a bank are numbered from the second."""
        mark = posting_key(document).marker().removeprefix("tieout:")
        if document.document_type == DocumentType.DEPOSIT.value:
            return Counter([mark, f"{mark}/2"])
        return Counter({mark: len(self._HALVES.get(DocumentType(document.document_type), ("one",)))})
