"""The tie-out ladder: bank, payout, header, file, lines, plan, ledger, each equal to the next to the penny.

    bank              what reached the bank account, against the payout
    payout            what the marketplace says it paid, over the headers of all settlements it covers
    header            what the summary row says: the rung all others hang on
    file_rows         the rows of the file, added up, against the header
    settlement_lines  the stored lines, against the file
    planned           the settling lines of all documents (bank, in transit, balance owed), against the lines
    read_back         the same lines as the ledger shows them, against the plan

A rung is equal, differs, or not available with a reason; where no money is due, the payout rung
says so and names the amount carried. Only a rung that differs blocks posting, and the bank's not even
then: what was sold and charged is known whatever a bank took on the way. Beside the ladder stand the documents, each of which balances by itself, and the VAT, read back as planned.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from canonical.problems import N_, Problem, Severity, declare

ZERO = Decimal(0)

UPLOADED = declare(
    "ladder.no_payout_known",
    N_("The file was uploaded, so no payout belongs to it."),
    N_("Connect the marketplace account to compare with its payouts."),
    Severity.TELLS,
)
NOT_PAID_YET = declare(
    "ladder.not_paid_yet",
    N_("The marketplace lists no payout for this settlement yet."),
    N_("Payouts appear within a day or two; the rung fills itself."),
    Severity.TELLS,
)
NO_HEADER = declare(
    "ladder.no_header",
    N_("The file has no summary row to compare with."),
    N_("Download the report again."),
    Severity.TELLS,
)
NOT_COMPOSED = declare(
    "ladder.not_composed",
    N_("No documents are planned yet."),
    N_("Resolve what holds the settlement, then look again."),
    Severity.TELLS,
)
NOT_POSTED = declare(
    "ladder.not_posted",
    N_("Nothing is in the ledger yet."),
    N_("Post the settlement; it is read back at once."),
    Severity.TELLS,
)
NOT_STORED = declare(
    "ladder.not_stored",
    N_("The lines are not stored; this is a preview of the file."),
    N_("Upload the file to keep its lines."),
    Severity.TELLS,
)
CARRIED = declare(
    "ladder.carried",
    N_("No payout is due: %(amount)s %(currency)s is carried into the next settlement."),
    N_("Nothing to do; the next settlement takes it up."),
    Severity.TELLS,
)
UNKNOWN_STATUS = declare(
    "ladder.unknown_status",
    N_("The marketplace lists the payout with a state we do not know: %(status)s."),
    N_("Look at the payout in Seller Central; tell support about the new state."),
    Severity.TELLS,
)
SIBLING_MISSING = declare(
    "ladder.sibling_missing",
    N_("The payout covers other settlements too, and not all of them are here yet."),
    N_("Fetch or upload the other settlements of this payout."),
    Severity.TELLS,
)
UNBALANCED = declare(
    "ladder.unbalanced",
    N_("The two sides of the document differ."),
    N_("Undo the document and post it again; tell support."),
)
STILL_AT_AMAZON = declare(
    "ladder.still_at_amazon",
    N_("The transfer failed: %(amount)s %(currency)s is still at the marketplace."),
    N_("Check the bank account there; the amount returns in a later settlement."),
    Severity.TELLS,
)
NO_STATEMENT = declare(
    "ladder.no_statement",
    N_("No bank statement covers these days yet."),
    N_("Upload the bank's statement on the page Bank."),
    Severity.TELLS,
)
BANK_CHOICE = declare(
    "ladder.bank_choice",
    N_("%(lines)s bank lines fit by amount and day, or one fits several payouts."),
    N_("Choose the right one on the page Bank."),
    Severity.TELLS,
)
BANK_NEAREST = declare(
    "ladder.bank_nearest",
    N_("No bank line is of exactly this amount. Nearest: %(amount)s on %(day)s, a difference of %(difference)s."),
    N_("Look at the line at the bank: a fee may have been taken on the way. It is never matched, whatever the setting."),
)
BANK_LATE = declare(
    "ladder.bank_late",
    N_("A bank line of exactly this amount came on %(day)s, %(outside)s days outside of the days that are set."),
    N_("If it is the one, match it on the page Bank, or set more days there."),
    Severity.TELLS,
)
BANK_MISSING = declare(
    "ladder.bank_missing",
    N_("The bank's statements cover %(first)s to %(last)s, and no line of this amount is in them."),
    N_("Ask the bank, and look in Seller Central which account the payout was sent to."),
)
BANK_FAILED = declare(
    "ladder.bank_failed",
    N_("The marketplace says the transfer failed, yet a bank line is matched to it."),
    N_("Look for its return in the bank statement, or take the match apart on the page Bank."),
)


class RungName(StrEnum):
    BANK = "bank"
    PAYOUT = "payout"
    HEADER = "header"
    FILE_ROWS = "file_rows"
    SETTLEMENT_LINES = "settlement_lines"
    PLANNED = "planned"
    READ_BACK = "read_back"
    DOCUMENT = "document"
    TAX = "tax"


class RungState(StrEnum):
    EQUAL = "equal"
    DIFFERS = "differs"
    NOT_AVAILABLE = "not_available"
    NO_PAYOUT_EXPECTED = "no_payout_expected"


_BESIDE = frozenset({RungName.BANK, RungName.PAYOUT, RungName.DOCUMENT, RungName.TAX})
PAYOUT_DUE = frozenset({"STARTED", "IN_TRANSIT", "PAID"})
PAYOUT_FAILED = frozenset({"FAILED", "CANCELLED"})
NO_PAYOUT = "NO_PAYOUT"


@dataclass(frozen=True, slots=True)
class PayoutFacts:
    """A payout as the marketplace lists it, its amount in the settlement's currency.

    `status` is Amazon's word (Transfers API, listPayouts); one we do not know leaves the rung open.
    `headers` are the totals of all settlements the payout covers, None for one that is not here yet;
    empty means this settlement alone. `rate` is shown where the marketplace converted the money.
    """

    status: str
    amount: Decimal
    currency: str = ""
    headers: tuple[Decimal | None, ...] = ()
    trace_id: str = ""
    rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class BankFacts:
    """What the bank shows of a payout, in the currency that reaches it.

    `amount` is the matched line's, the nearest one's, or zero where statements cover the days and show
    nothing; None where nothing can be said yet. `reason` says which, and is None for a match.
    `expected` is what should have come; None where the payout is not known.
    """

    amount: Decimal | None
    expected: Decimal | None
    currency: str = ""
    reason: Problem | None = None


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """One document's two sides: debits and credits of a journal, total and sum of lines of a deposit."""

    part: str
    one: Decimal
    other: Decimal


@dataclass(frozen=True, slots=True)
class TieOutFacts:
    """Amounts of one settlement in one currency; None where there is none.

    `bank` None leaves the bank's rung out: there is nothing to compare a preview with.
    `uploaded`: the file came by hand, so no payout belongs to it. `unbalanced` names documents whose
    sides are known to differ, `documents` states the sides of those to be compared here.
    """

    currency: str
    header_total: Decimal | None
    file_total: Decimal | None
    line_total: Decimal | None = None
    planned: Decimal | None = None
    read_back: Decimal | None = None
    payout: PayoutFacts | None = None
    bank: BankFacts | None = None
    uploaded: bool = False
    unbalanced: tuple[str, ...] = ()
    documents: tuple[DocumentFacts, ...] = ()
    planned_tax: Decimal | None = None
    read_back_tax: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Rung:
    """One comparison. `difference` is amount minus compared amount; `part` names the document of a document rung.

    `currency` "" is the ladder's own; the bank's rung may be in the currency the money was converted to.
    """

    name: RungName
    state: RungState
    amount: Decimal | None = None
    compared_to: RungName | None = None
    compared_amount: Decimal | None = None
    difference: Decimal | None = None
    reason: Problem | None = None
    part: str = ""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs from the bank down, then documents and VAT."""

    currency: str
    rungs: tuple[Rung, ...]

    @property
    def blocks(self) -> bool:
        return any(rung.state is RungState.DIFFERS and rung.name is not RungName.BANK for rung in self.rungs)

    @property
    def complete(self) -> bool:
        """Whether every rung from header to ledger was compared and is equal."""
        main = [rung for rung in self.rungs if rung.name not in _BESIDE]
        return not self.blocks and all(rung.state is RungState.EQUAL for rung in main)

    def rung(self, name: RungName) -> Rung:
        return next(rung for rung in self.rungs if rung.name is name)


def tie_out(facts: TieOutFacts) -> Ladder:
    """The ladder of one settlement and currency. Pure; amounts are compared exactly."""
    rungs = [
        *_bank(facts),
        _payout(facts),
        _header(facts),
        _against(RungName.FILE_ROWS, facts.file_total, RungName.HEADER, facts.header_total, NO_HEADER),
        _against(RungName.SETTLEMENT_LINES, facts.line_total, RungName.FILE_ROWS, facts.file_total, NOT_STORED),
        _planned(facts),
        _against(RungName.READ_BACK, facts.read_back, RungName.PLANNED, facts.planned, NOT_POSTED),
        *(_document(document) for document in facts.documents),
        *(Rung(RungName.DOCUMENT, RungState.DIFFERS, part=name, reason=Problem(UNBALANCED)) for name in facts.unbalanced),
        *_tax(facts),
    ]
    return Ladder(facts.currency, tuple(rungs))


def _bank(facts: TieOutFacts) -> list[Rung]:
    bank = facts.bank
    if bank is None:
        return []
    paid = _payout(facts)
    if bank.amount is None and paid.state is RungState.NO_PAYOUT_EXPECTED:
        return [replace(paid, name=RungName.BANK)]
    if bank.amount is None or bank.expected is None:
        reason = bank.reason or paid.reason or Problem(NO_STATEMENT)
        rung = Rung(RungName.BANK, RungState.NOT_AVAILABLE, None, RungName.PAYOUT, bank.expected, reason=reason)
        return [replace(rung, currency=bank.currency)]
    rung = _against(RungName.BANK, bank.amount, RungName.PAYOUT, bank.expected, NO_STATEMENT)
    return [replace(rung, reason=bank.reason, currency=bank.currency)]


def _payout(facts: TieOutFacts) -> Rung:
    payout = facts.payout
    due = _due(facts)
    if payout is not None and payout.status.upper() in PAYOUT_FAILED:
        return _no_payout(facts, STILL_AT_AMAZON, payout.amount)
    if due is not None and due <= 0 and not (payout and payout.amount):
        return _no_payout(facts, CARRIED, -due)
    if payout is None:
        return Rung(RungName.PAYOUT, RungState.NOT_AVAILABLE, reason=Problem(UPLOADED if facts.uploaded else NOT_PAID_YET))
    if payout.status.upper() == NO_PAYOUT and not payout.amount:
        return _no_payout(facts, CARRIED, ZERO)
    if payout.status.upper() not in PAYOUT_DUE | {NO_PAYOUT}:
        reason = Problem(UNKNOWN_STATUS, {"status": payout.status})
        return Rung(RungName.PAYOUT, RungState.NOT_AVAILABLE, payout.amount, RungName.HEADER, due, reason=reason)
    return _against(RungName.PAYOUT, payout.amount, RungName.HEADER, due, SIBLING_MISSING if facts.header_total else NO_HEADER)


def _due(facts: TieOutFacts) -> Decimal | None:
    """What the payout should be: the headers of all settlements it covers; None while one is unknown."""
    if facts.payout is None or not facts.payout.headers:
        return facts.header_total
    known = [header for header in facts.payout.headers if header is not None]
    return sum(known, ZERO) if len(known) == len(facts.payout.headers) else None


def _no_payout(facts: TieOutFacts, code: str, amount: Decimal) -> Rung:
    reason = Problem(code, {"amount": f"{amount:f}", "currency": facts.currency})
    return Rung(RungName.PAYOUT, RungState.NO_PAYOUT_EXPECTED, amount, reason=reason)


def _header(facts: TieOutFacts) -> Rung:
    if facts.header_total is None:
        return Rung(RungName.HEADER, RungState.NOT_AVAILABLE, reason=Problem(NO_HEADER))
    return Rung(RungName.HEADER, RungState.EQUAL, facts.header_total)


def _planned(facts: TieOutFacts) -> Rung:
    """Against the stored lines; against the file's rows in a preview, where nothing is stored."""
    if facts.line_total is None:
        return _against(RungName.PLANNED, facts.planned, RungName.FILE_ROWS, facts.file_total, NOT_COMPOSED)
    return _against(RungName.PLANNED, facts.planned, RungName.SETTLEMENT_LINES, facts.line_total, NOT_COMPOSED)


def _against(name: RungName, amount: Decimal | None, other: RungName, compared: Decimal | None, missing: str) -> Rung:
    if amount is None or compared is None:
        return Rung(name, RungState.NOT_AVAILABLE, amount, other, compared, reason=Problem(missing))
    difference = amount - compared
    state = RungState.DIFFERS if difference else RungState.EQUAL
    return Rung(name, state, amount, other, compared, difference)


def _document(facts: DocumentFacts) -> Rung:
    difference = facts.one - facts.other
    state = RungState.DIFFERS if difference else RungState.EQUAL
    return Rung(RungName.DOCUMENT, state, facts.one, RungName.DOCUMENT, facts.other, difference, part=facts.part)


def _tax(facts: TieOutFacts) -> list[Rung]:
    if facts.planned_tax is None:
        return []
    return [_against(RungName.TAX, facts.read_back_tax, RungName.PLANNED, facts.planned_tax, NOT_POSTED)]
