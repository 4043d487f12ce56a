"""Documents posted by the product's own code while a ledger's answers get lost: `Storm(books, seed=7).run(1000)`.

Of every document the first sending is lost: the ledger did its work and its answer never came, or, for some, the request
never reached it and the next sending is lost. For some the question that follows is lost too. All of it in this
process, on committed rows, while the clock moves on: a thousand runs take minutes.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings

from canonical.accounting import Applied, Document, DocumentType, Invoice, Payment, balanced_lines
from connections.models import Connection, Grant
from connections.selectors import company
from syncs import posting
from syncs.documents import PlannedPart, plan, said_by
from syncs.models import LedgerDocument
from tests.connections.contract.forms import FORMS, ON, accounts
from tests.faults.ledgers import Books

State = LedgerDocument.State
# Beyond lease and confirm window, so that whoever comes next may go on.
STEP = timedelta(minutes=10)
TURNS_AT_MOST = 40
DAYS = 28  # over which the documents are spread
SHOWN = 8  # of what is wrong
BEGUN = (State.PLANNED, State.POSTING, State.UNKNOWN)


@dataclass(frozen=True)
class Seen:
    """What stands in the ledger, by its own listing, beside what was asked for.

    `lost`: answers and requests lost; `struck`: documents whose first sending was hit; `unsettled`: documents that we do
    not count as posted; `adrift`: accounts whose balance did not move by what was planned.
    """

    runs: int
    posted: int
    duplicates: int
    gaps: int
    lost: int
    struck: int
    unsettled: tuple[str, ...]
    adrift: tuple[str, ...]

    def __str__(self) -> str:
        told = f"runs {self.runs}, posted {self.posted}, duplicates {self.duplicates}, gaps {self.gaps}"
        return "; ".join(
            [f"{told}; {self.lost} answers lost, of {self.struck} documents", *self.unsettled[:SHOWN], *self.adrift[:SHOWN]]
        )

    @property
    def exactly_once(self) -> bool:
        return (self.posted, self.duplicates, self.gaps, self.unsettled, self.adrift) == (self.runs, 0, 0, (), ())


class Storm:
    """One ledger, its weather, and what is posted into it. Runs inside the tenant; the same seed loses the same answers."""

    def __init__(self, books: Books, *, seed: int) -> None:
        self.books, self.chance, self.lost = books, random.Random(seed), 0
        self.struck = 0
        grant = Grant.objects.create(provider="amazon", environment="twin", application="a", provider_user="u")
        self.source = Connection.objects.create(
            provider="amazon", environment="twin", external_account="A1SELLER", name="Shop", grant=grant
        )
        self.planned: list[LedgerDocument] = []
        self.before: dict[str, Decimal] = {}

    def run(self, runs: int) -> Seen:
        """Post so many documents, of each kind about as many, and let everything come to its end."""
        kinds = self.books.kinds
        share = {kind: runs // len(kinds) for kind in kinds}
        share[kinds[0]] += runs - sum(share.values())
        self.prepare()
        for wave in ([kind for kind in kinds if kind is not DocumentType.PAYMENT], [DocumentType.PAYMENT]):
            documents = [document for kind in wave for document in self.plan(kind, share.get(kind, 0))]
            for group in self._groups(documents):
                self._lose_and_post(group)
            self.settle()
        return self.seen()

    # ------------------------------------------------------------ what is posted

    def prepare(self) -> None:
        """Have everything there that documents name, and remember the trial balance."""
        for kind in self.books.kinds:
            self._document(kind, 0)
        self.later()
        self.books.refresh()
        self.before = self.books.trial()

    def plan(self, kind: DocumentType, count: int) -> list[LedgerDocument]:
        facts, made = company(Connection.objects.get(pk=self.books.connection.pk)), []
        for number in range(count):
            part = PlannedPart("", self._document(kind, number), settlement_id=7)
            made += plan(
                ledger=self.books.connection,
                source=self.source,
                source_ref=f"{self.books.kinds.index(kind) + 70}{number:06}",
                source_kind="order" if isinstance(part.document, Invoice | Payment) else "settlement",
                parts=[part],
                mapping_version=None,
                company=facts,
                target=self.books.target,
            )
        self.planned += made
        return made

    def _document(self, kind: DocumentType, number: int) -> Document:
        """The same again for the same number, with an amount of its own."""
        said = {"amount": f"{Decimal(1_299 + 37 * number) / 100}", "on": ON - timedelta(days=number % DAYS)}
        if kind is not DocumentType.PAYMENT:
            return FORMS[kind](self.books, **said)
        pays = FORMS[DocumentType.INVOICE](self.books, **said)
        assert isinstance(pays, Invoice)
        invoices = (each for each in self.planned if each.document_type == DocumentType.INVOICE.value)
        named = {each.source_ref[2:]: each.external_id for each in self._fresh(invoices)}
        applied = (Applied(DocumentType.INVOICE, named.get(f"{number:06}", ""), pays.total, "1"),)
        return Payment(pays.date, pays.currency, pays.customer, accounts(self.books)["clearing"], pays.account, applied, "Paid")

    def _groups(self, documents: Sequence[LedgerDocument]) -> Iterator[list[LedgerDocument]]:
        """Of one kind each, in an order of chance."""
        for kind in dict.fromkeys(document.document_type for document in documents):
            rest = [document for document in documents if document.document_type == kind]
            while rest:
                size = 1 if self.chance.random() < self.books.alone else self.chance.randint(2, self.books.together)
                yield rest[:size]
                rest = rest[size:]

    def _fresh(self, documents: Any) -> list[LedgerDocument]:
        ids = [document.pk for document in documents]
        return list(LedgerDocument.objects.filter(pk__in=ids).select_related("current_revision", "ledger", "source"))

    # ------------------------------------------------------------ work

    def later(self) -> None:
        settings.CLOCK_OFFSET += STEP.total_seconds()
        self.books.twins.clock(shift=STEP.total_seconds())

    def _lose_and_post(self, group: Sequence[LedgerDocument]) -> None:
        """Its first sending, and what the sweeper does a little later. A ledger that comes by itself comes once more."""
        self.books.lose(DocumentType(group[0].document_type), len(group), self.chance)
        rows = self._fresh(group)
        posting.post(documents=rows, shown=posting.shown(rows))
        self.books.turn()
        self.later()
        posting.resume()
        hits = self.books.lost()
        self.lost += hits
        self.struck += len(group) if hits else 0
        self.books.turn()
        posting.resume()

    def settle(self) -> None:
        """What people and the sweeper do afterwards: ask again for what never began, go on with what did."""
        for _turn in range(TURNS_AT_MOST):
            self.later()
            rows = [row for row in self._fresh(self.planned) if row.state == State.PLANNED]
            posting.post(documents=rows, shown=posting.shown(rows))
            self.books.turn()
            posting.resume()
            if not LedgerDocument.objects.filter(state__in=BEGUN).exists():
                return

    # ------------------------------------------------------------ what came of it

    def seen(self) -> Seen:
        rows, stands = self._fresh(self.planned), self.books.marks()
        wanted = {row.pk: self.books.objects_of(row) for row in rows}
        every = Counter(mark for marks in wanted.values() for mark in marks.elements())
        return Seen(
            runs=len(rows),
            posted=sum(1 for marks in wanted.values() if not marks - stands),
            duplicates=(stands - every).total(),
            gaps=sum(1 for marks in wanted.values() if marks - stands),
            lost=self.lost,
            struck=self.struck,
            unsettled=tuple(f"{row.number} {row.state} {row.problem_code}" for row in rows if row.state != State.POSTED),
            adrift=self._adrift(rows),
        )

    def _adrift(self, rows: Sequence[LedgerDocument]) -> tuple[str, ...]:
        """Accounts that the trial balance shows otherwise than the planned documents would leave them."""
        moved: Counter[str] = Counter()
        for line in (line for row in rows for line in balanced_lines(said_by(row.current_revision))):
            moved[line.account.name] -= line.signed  # type: ignore[assignment]
        before, now = self.before, self.books.trial()
        return tuple(
            f"{name}: {now.get(name, 0) - before.get(name, 0)} instead of {moved.get(name, 0)}"
            for name in sorted({*before, *now, *moved})
            if now.get(name, 0) - before.get(name, 0) != moved.get(name, 0)
        )
