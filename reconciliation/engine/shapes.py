"""From the lines of each month to documents: one a month, all but the last closed to the carry account.

    summary_journal  journals; the settling line of the last is the bank's, or payouts in transit where the
                     ledger's journals may not stand on the bank: a deposit then brings the money there
    one_deposit      the last is a deposit into the bank; what it cannot be (no money, less than none) is a journal
    invoice          the last is an invoice to the marketplace, which the bank line will pay; earlier months are
                     invoices of 0.00

A settlement that brings no money to the bank (T <= 0, or a transfer that failed) is set aside: a journal, or an
invoice of 0.00 where a journal cannot be in its currency. Source: the accounting design, sections 1, 3 and 6.
The shape that needs no carry has a room of its own, documents.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from canonical.accounting import AccountRef, Deposit, Document, DocumentLine, Invoice, JournalEntry
from canonical.problems import N_, Severity, declare

from .book import Book, Parties, PayoutState, Shape
from .chart import Role
from .draft import Draft, own_line
from .summary import ZERO

NO_PAYOUT_ACCOUNT = declare(
    "compose.no_payout_account",
    N_("No bank account is chosen for payouts in %(currency)s."),
    N_("Choose the bank account that receives these payouts; it must be in the same currency."),
)
NO_PARTIES = declare(
    "compose.no_parties",
    N_("The ledger has no customer or no receivable account yet for documents in %(currency)s."),
    N_("Compose the settlement again; if it stays like this, add an accounts receivable account in the ledger."),
)
JOURNAL_CURRENCY = declare(
    "compose.journal_currency",
    N_("The ledger's journals cannot be in %(currency)s."),
    N_("Choose another shape in the posting settings: an invoice, or one bank deposit."),
)
JOURNAL_TAX = declare(
    "compose.journal_tax",
    N_("The entry carries VAT, and the ledger's VAT return does not count what journals say."),
    N_("Choose the shape with a sale and a purchase in the posting settings."),
)
INVOICE_INSTEAD = declare(
    "compose.invoice_instead",
    N_("This settlement goes as an invoice: the ledger's journals cannot be in %(currency)s."),
    N_("Nothing to do. Match the invoice with the payout in the bank feed."),
    Severity.TELLS,
)
SET_ASIDE = declare(
    "compose.set_aside",
    N_("This settlement goes as a journal: it brings no money to the bank that an invoice could be matched with."),
    N_("Nothing to do; the next settlement takes its balance up."),
    Severity.TELLS,
)


Named = tuple[str, Document]
"""A document and the part of the settlement that it is."""


@dataclass(frozen=True, slots=True)
class Closing:
    """A settlement that is ready to be written: the lines of its months by date, the last being the deposit's.

    `account` finds a role's account, and says so where nobody chose one; `tell` takes the code of a problem.
    """

    book: Book
    currency: str
    total: Decimal
    settlement_id: str
    months: Mapping[date, Draft]
    account: Callable[[Role], AccountRef | None]
    tell: Callable[[str], None]

    @property
    def memo(self) -> str:
        return f"Amazon settlement {self.settlement_id}"

    @property
    def days(self) -> list[date]:
        return sorted(self.months)

    @property
    def pays(self) -> bool:
        """Whether money is expected at the bank."""
        return self.total > 0 and self.book.payout_state is PayoutState.EXPECTED

    def bank(self) -> AccountRef | None:
        account = self.book.payout_accounts.get(self.currency)
        if account is None:
            self.tell(NO_PAYOUT_ACCOUNT)
        return account

    def parties(self) -> Parties | None:
        if self.book.parties is None:
            self.tell(NO_PARTIES)
        return self.book.parties

    def elsewhere(self) -> AccountRef | None:
        """Where a total that does not come to the bank stands: on its way still, or owed to the marketplace."""
        return self.account(Role.IN_TRANSIT if self.total > 0 else Role.BALANCE_OWED)

    def settling(self, account: AccountRef) -> DocumentLine:
        """The line that closes the entry."""
        return own_line(account, -self.total, "settling" if self.total > 0 else "owed", settling=True)


class Carried:
    """One document a month. Its accounts are found when it is made; one that is missing has been told then."""

    def __init__(self, closing: Closing) -> None:
        self.closing, self.book = closing, closing.book
        self.shape = self._shape()
        self.carry = closing.account(Role.CARRY) if len(closing.days) > 1 else None
        self.bank = closing.bank() if self._touches_bank else None
        self.away = closing.elsewhere() if self._stays_away else None
        self.parties = closing.parties() if self._names_somebody else None
        if self.parties is not None and self.parties.receivable is None:
            closing.tell(NO_PARTIES)

    def _shape(self) -> Shape:
        """The book's shape, or the invoice where its journals cannot be in the settlement's currency."""
        if self.book.shape is not Shape.SUMMARY_JOURNAL or self.book.journals_take(self.closing.currency):
            return self.book.shape
        invoices = self.book.parties is not None and self.book.parties.receivable is not None
        self.closing.tell(INVOICE_INSTEAD if invoices else JOURNAL_CURRENCY)
        return Shape.INVOICE if invoices else self.book.shape

    @property
    def _receives(self) -> bool:
        """Whether a deposit follows that brings the money from transit to the bank."""
        apart = self.shape is Shape.SUMMARY_JOURNAL and not self.book.journals.take_bank
        return self.closing.pays and apart and not self.book.feed_receives

    @property
    def _touches_bank(self) -> bool:
        direct = self.shape is Shape.ONE_DEPOSIT or (self.shape is Shape.SUMMARY_JOURNAL and self.book.journals.take_bank)
        return self.closing.pays and (direct or self._receives)

    @property
    def _stays_away(self) -> bool:
        """Whether the settling line stands on payouts in transit or on the balance owed."""
        in_transit = self.shape is Shape.SUMMARY_JOURNAL and not self.book.journals.take_bank
        return bool(self.closing.total) and (not self.closing.pays or in_transit)

    @property
    def _deposits(self) -> bool:
        """Whether the last document is a deposit. Where books of money are apart from journals, only a bank takes one:
        what did not arrive there is a journal; elsewhere it is deposited into payouts in transit."""
        return self.shape is Shape.ONE_DEPOSIT and (
            self.closing.pays or (self.closing.total > 0 and self.book.journals.take_bank)
        )

    @property
    def _names_somebody(self) -> bool:
        return self.shape is Shape.INVOICE or not self.book.journals_take(self.closing.currency)

    def documents(self) -> tuple[list[Named], int]:
        """The parts in order of date, and how many rows of 0.00 found no line to go with."""
        *earlier, last = self.closing.days
        carried, left = ZERO, 0
        made: list[Document] = []
        for day in earlier:
            draft = self.closing.months[day]
            lines, zeros = draft.written()
            carried, left = carried + draft.total, left + zeros
            made += self._aside(day, [*lines, *self._carries(-draft.total)], as_invoice=self.shape is Shape.INVOICE)
        lines, zeros = self.closing.months[last].written()
        made += self._last(last, [*lines, *self._carries(carried)])
        names = [""] if len(made) == 1 else [str(number) for number in range(1, len(made) + 1)]
        return list(zip(names, made, strict=True)), left + zeros

    def _carries(self, signed: Decimal) -> list[DocumentLine]:
        return [own_line(self.carry, signed, "carry")] if signed and self.carry is not None else []

    def _last(self, day: date, lines: list[DocumentLine]) -> list[Document]:
        """The document that settles, and the deposit that brings its money to the bank where that is apart."""
        closing = self.closing
        if closing.pays and self.shape is Shape.INVOICE:
            return [self._invoice(day, lines, settling=True)]
        account = self.away or self.bank
        if account is not None and self._deposits:
            return [Deposit(day, closing.currency, account, tuple(lines), closing.memo)]
        if account is not None:
            lines = [closing.settling(account), *lines]
        if self.shape is Shape.INVOICE and closing.total and self.book.journals_take(closing.currency):
            closing.tell(SET_ASIDE)
        made = self._aside(day, lines, as_invoice=self.shape is Shape.INVOICE and not closing.total)
        if self._receives and self.bank is not None and self.away is not None:
            arrives = own_line(self.away, closing.total, "in_transit")
            made.append(Deposit(day, closing.currency, self.bank, (arrives,), closing.memo, settling=False))
        return made

    def _aside(self, day: date, lines: list[DocumentLine], *, as_invoice: bool) -> list[Document]:
        """A document that evens out without money; none where there is nothing to say."""
        if not lines:
            return []
        if as_invoice or not self.book.journals_take(self.closing.currency):
            return [self._invoice(day, lines)]
        return [JournalEntry(day, self.closing.currency, tuple(lines), self.closing.memo)]

    def _invoice(self, day: date, lines: list[DocumentLine], *, settling: bool = False) -> Invoice:
        closing, parties = self.closing, self.parties
        receivable = parties.receivable if parties else None
        assert parties is not None  # noqa: S101 - told, and stopped, where they are missing
        assert receivable is not None  # noqa: S101 - as above
        return Invoice(
            date=day,
            currency=closing.currency,
            customer=parties.customer,
            account=receivable,
            lines=tuple(lines),
            memo=closing.memo,
            reference=closing.settlement_id,
            due_on=day,
            settling=settling,
        )
