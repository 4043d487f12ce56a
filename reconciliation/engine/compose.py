"""From sums to documents: the one rule of the accounting design, applied by the tenant's book.

A row above zero credits its account, a row below zero debits it, and one settling line closes the
entry: the payout account by `T` when `T > 0`, Amazon Balance Owed by `|T|` when `T < 0`, none when
`T = 0`. No line is ever made up to make a document balance. Which documents that makes is the shape's
affair (shapes.py, documents.py).
"""

from __future__ import annotations

from datetime import date, timedelta

from canonical.accounting import AccountRef, JournalEntry
from canonical.problems import N_, Problem, Severity, Where, declare

from .book import Book, Shape
from .catalogue import CATALOGUE, Catalogue
from .chart import Role
from .checks import check
from .composition import Composition, Part
from .documents import Apart
from .draft import Draft
from .place import Calendar, Places
from .shapes import JOURNAL_TAX, Carried, Closing
from .summary import ZERO, Summary
from .vat import Taxes

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
            writer = self._writer(self._drafts(calendar), problems)
            if not any(problem.severity is Severity.BLOCKS for problem in self._found(problems)):
                parts = self._parts(writer, problems)
        found = (*self._found(problems), *self.summary.notices(), *self._tax_left(parts))
        if any(problem.severity is Severity.BLOCKS for problem in found):
            parts = ()
        return Composition(self.currency, self.total, parts, found, self.left_over)

    def _found(self, problems: list[Problem]) -> list[Problem]:
        return [*problems, *self.places.problems, *self.taxes.problems]

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
        drafts.setdefault(calendar.deposit, self._draft())
        return drafts

    def _draft(self) -> Draft:
        return Draft(self.currency, trace=self.summary.trace, consolidate=self.book.consolidate)

    def _writer(self, drafts: dict[date, Draft], problems: list[Problem]) -> Carried | Apart:
        """Who writes the documents, with the accounts that the shape needs."""

        def tell(code: str) -> None:
            problem = self._problem(code, currency=self.currency)
            if problem not in problems:
                problems.append(problem)

        header = self.summary.header
        closing = Closing(self.book, self.currency, self.total, header.settlement_id, drafts, self._role_account, tell)
        return Apart(closing) if self.book.shape is Shape.DOCUMENTS else Carried(closing)

    def _role_account(self, role: Role) -> AccountRef | None:
        rule = self.places.account(role)
        return rule.account if rule else None

    def _parts(self, writer: Carried | Apart, problems: list[Problem]) -> tuple[Part, ...]:
        """The documents in posting order, as far as the ledger takes them."""
        named, self.left_over = writer.documents()
        longest = max((len(document.lines) for _name, document in named), default=0)
        if longest > self.book.line_limit:
            problems.append(self._problem(TOO_MANY_LINES, lines=longest, limit=self.book.line_limit))
        journals = [document for _name, document in named if isinstance(document, JournalEntry)]
        if not self.book.journals.take_tax and any(line.tax_amount for each in journals for line in each.lines):
            problems.append(self._problem(JOURNAL_TAX))
        return tuple(Part(name, document) for name, document in named)

    def _tax_left(self, parts: tuple[Part, ...]) -> list[Problem]:
        """A notice when the marketplace tax control account does not net to zero."""
        rule = self.book.account_rule(Role.MARKETPLACE_TAX.value)
        if rule is None or (self.book.cleared is not None and self.book.cleared.keys):
            return []  # the other half stands in the documents of the orders
        lines = (line for part in parts for line in part.document.lines)
        left = sum((line.signed for line in lines if line.account == rule.account), ZERO)
        return [self._problem(TAX_NOT_ZERO, amount=f"{left:f}", currency=self.currency)] if left else []
