"""QuickBooks Desktop under the fault runs: a company file whose Web Connector comes to our own server, over a socket."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from canonical.accounting import DocumentType
from connections import polling, services, upkeep, visits
from connections.errors import Failure, FailureKind
from connections.models import Connection
from connections.providers.quickbooks_desktop.mapper import ENTITIES
from connections.providers.quickbooks_desktop.numbers import guid
from syncs.documents import posting_key
from syncs.models import LedgerDocument
from tests.connections.contract.ledger import Done
from tests.faults.ledgers import Books

PATIENCE = 8  # visits in which everything that was asked must have been fetched
# What breaks in a visit, and how often: the line before or after each of its calls, QuickBooks itself, or what it keeps
# of its last messages, by which a lost answer is asked for again.
LINES = (
    ("drop-before-commit", "receiveResponseXML"),
    ("drop-after-commit", "receiveResponseXML"),
    ("drop-after-commit", "qbxml"),
    ("drop-before-commit", "qbxml"),
    ("drop-after-commit", "sendRequestXML"),
)
BREAKS, FORGETS = 0.1, 0.2


class DesktopBooks(Books):
    provider, home, country, renews = "quickbooks_desktop", "USD", "US", False
    kinds = (
        DocumentType.JOURNAL_ENTRY,
        DocumentType.DEPOSIT,
        DocumentType.SALES_RECEIPT,
        DocumentType.INVOICE,
        DocumentType.PAYMENT,
    )
    at: ClassVar[Mapping[str, str]] = {"file": "larkspur"}
    alone, together = 0.3, 8  # a visit takes its time, whatever it carries

    def __init__(self, twins: Any) -> None:
        self.broken, self.breaks, self.forgets = 0, BREAKS, FORGETS
        super().__init__(twins)

    def connect(self) -> Connection:
        """The file and password that a person brings to the computer with the books; its first visit tells whose they are."""
        made: Connection = services.adopt(provider=self.provider, environment="twin", answers={})
        password, file = polling.issue(connection=made), visits.setup_file(made)
        installed = self.command("install", **self.at, qwc=file.content.decode(), password=password)
        self.application = installed["id"]
        self.connection: Connection = made
        self.refresh()
        return self.connection

    def turn(self) -> None:
        self.command("poll", application=self.application)

    def refresh(self) -> None:
        for _visit in range(PATIENCE):
            row = Connection.objects.get(pk=self.connection.pk)
            if row.external_account and upkeep.refreshed(row):
                self.connection = Connection.objects.get(pk=row.pk)
                return
            self.turn()
        raise AssertionError(f"the lists were not read in {PATIENCE} visits")

    def settle(self, act: Callable[[], Done]) -> Done:
        for _visit in range(PATIENCE):
            try:
                return act()
            except Failure as failure:
                if failure.kind is not FailureKind.QUEUED:
                    raise
            self.turn()
        raise AssertionError(f"not fetched in {PATIENCE} visits")

    def lose(self, kind: DocumentType, together: int, chance: random.Random) -> None:
        fate = chance.random()
        if fate < self.breaks:
            self._trouble("crash", kind, 1)
        elif fate < self.breaks + self.forgets:
            self._trouble("lost-state", kind, together)
            self.twins.fault(self.provider, "drop-after-commit", "qbxml", count=1)
        else:
            self.twins.fault(self.provider, *chance.choice(LINES), count=1)

    def nothing_else_helps(self) -> None:
        """QuickBooks loses what it keeps of its last messages with every answer."""
        self.breaks, self.forgets = 0.0, 1.0

    def _trouble(self, what: str, kind: DocumentType, count: int) -> None:
        self.command("trouble", **self.at, kind=what, request=f"{ENTITIES[kind.value]}Add", count=count)
        self.broken += count

    def lost(self) -> int:
        waiting = sum(each["remaining"] for each in self.command("trouble", **self.at)["trouble"])
        broken, self.broken = self.broken - waiting, waiting
        return broken + super().lost()

    def listed(self, kind: DocumentType) -> list[Mapping[str, Any]]:
        return list(self.command("documents", kind=ENTITIES[kind.value], **self.at)["documents"])

    def objects_of(self, document: LedgerDocument) -> Counter[str]:
        return Counter([guid(posting_key(document).marker())])

    def marks_in(self, row: Mapping[str, Any]) -> Sequence[str]:
        mark = str(row.get("ExternalGUID") or "")
        return [mark.upper()] if mark else []
