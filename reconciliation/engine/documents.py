"""From the lines of each month to documents of their own: a sale, a purchase, movements of the clearing account.

For ledgers whose VAT return does not count what journals say, and where Amazon Clearing is a bank account.
Parts of month n, in posting order; everything stands against clearing, which therefore holds what earlier
months left until the transfer empties it. No carry account is needed.

    <n>i   sales, shipping, promotions, refunds: a sales receipt, or a refund receipt where they are below zero
    <n>p   fees: a purchase from the marketplace, below zero where it gives more back than it takes
    <n>r1  each line without VAT (reserve, loan, reimbursement, tax control ...): a deposit or a withdrawal
    <n>j   a month without any VAT: all its lines as one journal instead
    <n>t   last of all, the total: a transfer to the bank (T > 0); a withdrawal to payouts in transit (a failed
           transfer); a deposit from the balance owed (T < 0), which evens clearing out; none (T = 0)

Rows of orders that were posted by themselves need no document: their money lies in clearing already.
Source: the accounting design, section 3f.
"""

from __future__ import annotations

from datetime import date

from canonical.accounting import (
    ZERO,
    AccountRef,
    Deposit,
    Document,
    DocumentLine,
    JournalEntry,
    Purchase,
    RefundReceipt,
    SalesReceipt,
    Side,
    Transfer,
    Withdrawal,
)

from .chart import BY_ROLE, Role, Treatment
from .draft import own_line
from .shapes import NO_PARTIES, Closing, Named

SALE, PURCHASE, REST, JOURNAL, SETTLING = "i", "p", "r", "j", "t"
_SUPPLIES = (Treatment.SUPPLY, Treatment.STANDARD_SUPPLY)


class Apart:
    """The documents of one settlement. Its accounts are found when it is made; one that is missing has been told then."""

    def __init__(self, closing: Closing) -> None:
        self.closing, self.book = closing, closing.book
        self.clearing = closing.account(Role.CLEARING)
        self.bank = closing.bank() if closing.pays else None
        self.away = closing.elsewhere() if closing.total and not closing.pays else None
        self.parties = closing.parties()
        if self.parties is not None and self.parties.supplier is None:
            closing.tell(NO_PARTIES)
        self.untaxed = {scheme.none.key for scheme in self.book.tax_schemes or () if scheme.none is not None}

    def documents(self) -> tuple[list[Named], int]:
        """The parts in posting order, and how many rows of 0.00 found no line to go with."""
        assert self.clearing is not None  # noqa: S101 - told, and stopped, where it is missing
        made: list[Named] = []
        left = 0
        for number, day in enumerate(self.closing.days, start=1):
            placed, zeros = self.closing.months[day].by_role()
            left += zeros
            lines = [(role, line) for role, line in placed if line.account.key != self.clearing.key]
            made += [(f"{number}{slot}", document) for slot, document in self._month(day, lines, self.clearing)]
        settled = self._settled(self.closing.days[-1], self.clearing)
        return [*made, *((f"{len(self.closing.days)}{SETTLING}", document) for document in settled)], left

    def _month(self, day: date, lines: list[tuple[Role | None, DocumentLine]], clearing: AccountRef) -> list[Named]:
        as_journal = self.book.journals.take_bank and self.book.journals_take(self.closing.currency)
        if lines and as_journal and not any(self._bears_tax(line) for _, line in lines):
            return [(JOURNAL, self._journal(day, [line for _, line in lines], clearing))]
        slots: dict[str, list[DocumentLine]] = {SALE: [], PURCHASE: [], REST: []}
        for role, line in lines:
            slots[self._slot(role, line)].append(line)
        made: list[Named] = []
        if slots[SALE]:
            made.append((SALE, self._sale(day, slots[SALE], clearing)))
        if slots[PURCHASE]:
            made.append((PURCHASE, self._purchase(day, slots[PURCHASE], clearing)))
        rest = enumerate(slots[REST], start=1)
        return [*made, *((f"{REST}{number}", self._movement(day, line, clearing)) for number, line in rest)]

    def _bears_tax(self, line: DocumentLine) -> bool:
        """Whether the VAT return must know of the line, be its VAT 0.00."""
        if self.book.tax_schemes is None:
            return bool(line.tax_amount)
        return line.tax is not None and line.tax.key not in self.untaxed

    def _slot(self, role: Role | None, line: DocumentLine) -> str:
        """Where a line belongs by its account's place in the chart; by its code where it bears VAT in spite of that."""
        treatment = BY_ROLE[role.value].treatment if role is not None and role.value in BY_ROLE else Treatment.OUTSIDE
        if treatment in _SUPPLIES:
            return SALE
        if treatment is Treatment.PURCHASE:
            return PURCHASE
        if line.tax is None or not line.tax_amount:
            return REST
        return PURCHASE if line.tax.applies_on == "purchase" else SALE

    def _sale(self, day: date, lines: list[DocumentLine], clearing: AccountRef) -> Document:
        closing, parties = self.closing, self.parties
        assert parties is not None  # noqa: S101 - told, and stopped, where they are missing
        kind = SalesReceipt if sum((line.signed for line in lines), ZERO) >= 0 else RefundReceipt
        said = (closing.memo, closing.settlement_id)
        return kind(day, closing.currency, parties.customer, clearing, tuple(lines), *said)

    def _purchase(self, day: date, lines: list[DocumentLine], clearing: AccountRef) -> Document:
        closing, parties = self.closing, self.parties
        supplier = parties.supplier if parties else None
        assert supplier is not None  # noqa: S101 - as above
        said = (closing.memo, closing.settlement_id)
        return Purchase(day, closing.currency, supplier, clearing, tuple(lines), *said)

    def _movement(self, day: date, line: DocumentLine, clearing: AccountRef) -> Document:
        """A line without VAT: into clearing what is credited, out of it what is debited."""
        if line.side is Side.DEBIT:
            return Withdrawal(day, self.closing.currency, clearing, (line,), self.closing.memo)
        return Deposit(day, self.closing.currency, clearing, (line,), self.closing.memo, settling=False)

    def _journal(self, day: date, lines: list[DocumentLine], clearing: AccountRef) -> JournalEntry:
        signed = sum((line.signed for line in lines), ZERO)
        counter = [own_line(clearing, -signed, "clearing")] if signed else []
        return JournalEntry(day, self.closing.currency, (*counter, *lines), self.closing.memo)

    def _settled(self, day: date, clearing: AccountRef) -> list[Document]:
        """What becomes of the total, which lies in clearing by now."""
        closing = self.closing
        if self.bank is not None:
            return [Transfer(day, closing.currency, clearing, self.bank, closing.total, closing.memo, settling=True)]
        if self.away is None:
            return []
        line = closing.settling(self.away)
        if closing.total > 0:
            return [Withdrawal(day, closing.currency, clearing, (line,), closing.memo)]
        return [Deposit(day, closing.currency, clearing, (line,), closing.memo, settling=False)]
