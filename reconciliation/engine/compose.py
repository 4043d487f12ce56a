"""From sums to documents: the one rule of the accounting design, applied by the tenant's book.

A row above zero credits its account, a row below zero debits it, and one settling line closes the
entry: the payout account by `T` when `T > 0`, Amazon Balance Owed by `|T|` when `T < 0`, none when
`T = 0`. No line is ever made up to make a document balance. Months before the deposit's close to a
carry account, which the last document clears.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from canonical.accounting import AccountRef, Deposit, Document, DocumentLine, JournalEntry
from canonical.problems import N_, Problem, Severity, Where, declare

from .book import Book, PayoutState, Shape
from .catalogue import CATALOGUE, Catalogue
from .chart import Role
from .checks import check
from .composition import Composition, Part
from .draft import Draft, own_line
from .place import Calendar, Places
from .summary import ZERO, Summary
from .vat import Taxes

NO_PAYOUT_ACCOUNT = declare(
    "compose.no_payout_account",
    N_("No bank account is chosen for payouts in %(currency)s."),
    N_("Choose the bank account that receives these payouts; it must be in the same currency."),
)
NO_DATE = declare(
    "compose.no_date",
    N_("The file states neither a deposit date nor a period, so the entry has no date."),
    N_("Download the report again."),
)
TOO_MANY_LINES = declare(
    "compose.too_many_lines",
    N_("A document would have %(lines)s lines; the ledger takes %(limit)s."),
    N_("Keep marketplaces or classes together in the posting settings."),
)
TAX_NOT_ZERO = declare(
    "compose.tax_not_zero",
    N_("Tax that Amazon collected and withheld does not net to zero: %(amount)s %(currency)s stays on the control account."),
    N_("Open the tax rows of these orders; a later settlement may bring the other half."),
    Severity.WARNS,
)


def summary_for(book: Book, *, catalogue: Catalogue = CATALOGUE, trace: bool = True) -> Summary:
    """An empty summary that keeps apart what this book needs apart."""
    schemes = book.tax_schemes or ()
    days = {scheme.starts_on for scheme in schemes if scheme.starts_on > date.min}
    days |= {scheme.ends_on + timedelta(days=1) for scheme in schemes if scheme.ends_on and scheme.ends_on < date.max}
    by_supply = book.tax_schemes is not None
    return Summary(
        book.timezone,
        catalogue=catalogue,
        trace=trace,
        by_supply=by_supply,
        breaks=sorted(days),
        sku_groups=book.groups_in_use,
        cleared=book.cleared,
    )


def compose(summary: Summary, book: Book) -> Composition:
    """The documents of a settlement, or the problems that hold it. Pure: same input, same output."""
    if book.tax_schemes is not None and not summary.by_supply:
        raise ValueError("a ledger that keeps VAT needs a summary told apart by supply: use summary_for(book)")
    if book.groups_in_use and summary.sku_groups.groups != book.groups_in_use:
        raise ValueError("a book whose rules name groups of SKUs needs a summary told apart by them: use summary_for(book)")
    if book.cleared != summary.cleared:
        raise ValueError("orders posted by themselves must be told apart by the summary: use summary_for(book)")
    return _Composing(summary, book).run()


class _Composing:
    """One run of compose; holds what its steps share."""

    def __init__(self, summary: Summary, book: Book) -> None:
        self.summary = summary
        self.book = book
        self.currency = summary.header.currency
        self.total = summary.line_total
        self.taxes = Taxes(book, summary.groups)
        self.places = Places(book, self.taxes)
        self.left_over = 0

    def run(self) -> Composition:
        problems = list(check(self.summary, self.book))
        calendar = Calendar.of(self.summary.header, self.summary.periods, self.book.payout_on)
        if calendar is None and self.summary.row_count:
            problems.append(self._problem(NO_DATE))
        parts: tuple[Part, ...] = ()
        if calendar is not None and self.summary.row_count:
            drafts = self._drafts(calendar)
            payout = self._payout_account(problems)
            blocked = [*problems, *self.places.problems, *self.taxes.problems]
            if payout is not None and not any(problem.severity is Severity.BLOCKS for problem in blocked):
                parts = self._parts(drafts, calendar, payout, problems)
        found = (*problems, *self.places.problems, *self.taxes.problems, *self.summary.notices(), *self._tax_left(parts))
        if any(problem.severity is Severity.BLOCKS for problem in found):
            parts = ()
        return Composition(self.currency, self.total, parts, found, self.left_over)

    def _problem(self, code: str, **params: str | int) -> Problem:
        return Problem(code, params, Where(file=self.summary.facts.name if self.summary.facts else ""))

    def _drafts(self, calendar: Calendar) -> dict[date, Draft]:
        """Groups put into the documents of their months."""
        drafts: dict[date, Draft] = {}
        for key, tally in self.summary.groups.items():
            place = self.places.place(key, tally, calendar.day_of(key, tally))
            if place is None:
                continue
            slot = calendar.slot(self.book, key, tally)
            drafts.setdefault(slot, self._draft()).take(place, tally)
        return drafts

    def _draft(self) -> Draft:
        return Draft(self.currency, trace=self.summary.trace, consolidate=self.book.consolidate)

    def _payout_account(self, problems: list[Problem]) -> AccountRef | None:
        """The account of the settling line; any account will do where there is no such line."""
        if self.total < 0:
            return self._role_account(Role.BALANCE_OWED)
        if self.total == 0:
            return AccountRef("", "")
        if self.book.payout_state is PayoutState.FAILED:
            return self._role_account(Role.IN_TRANSIT)
        account = self.book.payout_accounts.get(self.currency)
        if account is None:
            problems.append(self._problem(NO_PAYOUT_ACCOUNT, currency=self.currency))
        return account

    def _role_account(self, role: Role) -> AccountRef | None:
        rule = self.places.account(role)
        return rule.account if rule else None

    def _parts(
        self, drafts: dict[date, Draft], calendar: Calendar, payout: AccountRef, problems: list[Problem]
    ) -> tuple[Part, ...]:
        """Documents in order of date; all but the last close to the carry account."""
        drafts.setdefault(calendar.deposit, self._draft())
        days = sorted(drafts)
        carry = self._role_account(Role.CARRY) if len(days) > 1 else AccountRef("", "")
        if carry is None:
            return ()
        carried = ZERO
        documents: list[tuple[Document, Decimal]] = []
        for day in days:
            lines, left = drafts[day].written()
            self.left_over += left
            if day != days[-1]:
                carried += drafts[day].total
                lines += _closing(carry, -drafts[day].total)
                documents += [(self._journal(day, lines), ZERO)] if lines else []
            else:
                lines += _closing(carry, carried)
                documents += self._last(day, lines, payout)
        self._check_size(documents, problems)
        names = [""] if len(documents) == 1 else [str(number + 1) for number in range(len(documents))]
        return tuple(Part(name, *document) for name, document in zip(names, documents, strict=True))

    def _journal(self, day: date, lines: Iterable[DocumentLine]) -> JournalEntry:
        return JournalEntry(day, self.currency, tuple(lines), self._memo())

    def _last(self, day: date, lines: list[DocumentLine], payout: AccountRef) -> list[tuple[Document, Decimal]]:
        """The document that settles: a deposit where the shape asks for it and there is money, else a journal."""
        if self.book.shape is Shape.ONE_DEPOSIT and self.total > 0:
            return [(Deposit(day, self.currency, payout, tuple(lines), self._memo()), self.total)]
        if self.total:
            kind = "settling" if self.total > 0 else "owed"
            lines = [own_line(payout, -self.total, kind, settling=True), *lines]
        return [(self._journal(day, lines), self.total)] if lines else []

    def _memo(self) -> str:
        header = self.summary.header
        return f"Amazon settlement {header.settlement_id}"

    def _check_size(self, documents: list[tuple[Document, Decimal]], problems: list[Problem]) -> None:
        longest = max((len(document.lines) for document, _ in documents), default=0)
        if longest > self.book.line_limit:
            problems.append(self._problem(TOO_MANY_LINES, lines=longest, limit=self.book.line_limit))

    def _tax_left(self, parts: tuple[Part, ...]) -> list[Problem]:
        """A notice when the marketplace tax control account does not net to zero."""
        rule = self.book.account_rule(Role.MARKETPLACE_TAX.value)
        if rule is None or (self.book.cleared is not None and self.book.cleared.keys):
            return []  # the other half stands in the documents of the orders
        lines = (line for part in parts for line in part.document.lines)
        left = sum((line.signed for line in lines if line.account == rule.account), ZERO)
        return [self._problem(TAX_NOT_ZERO, amount=f"{left:f}", currency=self.currency)] if left else []


def _closing(carry: AccountRef, signed: Decimal) -> list[DocumentLine]:
    return [own_line(carry, signed, "carry")] if signed else []
