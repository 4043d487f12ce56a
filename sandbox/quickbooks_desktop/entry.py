"""A transaction being built: its date, currency and references, its lines, and the postings it will make."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from sandbox.quickbooks_desktop import status
from sandbox.quickbooks_desktop.company import Company, Effects, Link, Posting, Stored, reference
from sandbox.quickbooks_desktop.money import ZERO, cents
from sandbox.quickbooks_desktop.read import Body

RECEIVABLE: Final = "AccountsReceivable"
PAYABLE: Final = "AccountsPayable"
PARTY: Final = {RECEIVABLE: "Customer", PAYABLE: "Vendor"}
_DATELESS: Final = frozenset({"AccountRef", "CurrencyRef"})  # resolved by the rules that know their types


class Entry:
    """`body` is what will be kept; the kind's own rules write figures into it and post to accounts."""

    def __init__(self, company: Company, kind: str, body: Body, old: Stored | None, txn: str) -> None:
        self.company, self.kind, self.body, self.old, self.txn = company, kind, body, old, txn
        self.effects = Effects()
        self.currency, self.rate = company.home, Decimal(1)

    @property
    def lines(self) -> list[Body]:
        return list(self.body.get("lines", []))

    def header(self) -> None:
        """Date, closed period, and every reference of the header and the lines but accounts."""
        self.body.setdefault("TxnDate", self.company.today)
        check_open(self.company, self.body["TxnDate"])
        for part in (self.body, *self.lines):
            for name in [name for name in part if name.endswith("Ref") and name not in _DATELESS]:
                if not name.endswith("AccountRef"):
                    self.company.refer(part, name, self.kind)
        if not self.company.has("classes") and any("ClassRef" in part for part in (self.body, *self.lines)):
            raise status.feature_off("class tracking")

    def number_lines(self) -> None:
        """Give new lines their TxnLineID."""
        for line in self.lines:
            if line.get("TxnLineID", "-1") == "-1":
                line["TxnLineID"] = self.company.next_id(listed=False)[1]

    def trade_in(self, currency: str | None = None) -> None:
        """Settle currency and rate: what was sent, else `currency` (a FullName), else the file's own."""
        company, sent = self.company, self.body.get("CurrencyRef")
        if not company.has("multicurrency"):
            if sent or "ExchangeRate" in self.body:
                raise status.feature_off("multiple currencies")
            return
        asked = company.refer(self.body, "CurrencyRef", self.kind)
        self.currency = asked.name if asked else currency or company.home
        if currency and self.currency != currency:
            raise status.invalid("CurrencyRef", f"the transaction must be in {currency}.")
        found = company.named(("Currency",), self.currency)
        if found is None:
            raise status.invalid_reference("Currency", self.currency, self.kind)
        self.body["CurrencyRef"] = reference(found)
        self.rate = self._rate(found)

    def _rate(self, currency: Stored) -> Decimal:
        given = self.body.get("ExchangeRate") or currency.body.get("ExchangeRate", "1")
        rate = Decimal(1) if self.currency == self.company.home else Decimal(given)
        if rate <= 0:
            raise status.invalid("ExchangeRate", "it must be greater than zero.")
        self.body["ExchangeRate"] = str(rate)
        return rate

    def post(self, account: Stored, amount: Decimal, party: Stored | None = None, memo: str = "") -> None:
        """Debit `account` by `amount` (credit if negative), in the transaction's currency."""
        if not amount:
            return
        own = account.body.get("CurrencyRef", {}).get("FullName", self.company.home)
        if own not in (self.currency, self.company.home):
            raise status.invalid("AccountRef", f'the account "{account.name}" is kept in {own}.')
        if account.body["AccountType"] == "NonPosting":
            raise status.invalid("AccountRef", f'"{account.name}" takes no postings.')
        held = party.id if party and account.body["AccountType"] in PARTY else None
        self.effects.postings.append(Posting(account.id, cents(amount * self.rate), amount, held, memo))

    def lead(self, account: Stored, amount: Decimal, party: Stored | None = None) -> None:
        """The posting that stands for the whole transaction in a register: the first one."""
        before = len(self.effects.postings)
        self.post(account, amount, party, self.body.get("Memo", ""))
        self.effects.postings[:0] = [self.effects.postings.pop() for _ in self.effects.postings[before:]]

    def post_home(self, account: Stored, amount: Decimal, memo: str = "") -> None:
        """Debit by an amount of home currency: goods are valued in it whatever they are sold for."""
        if amount:
            self.effects.postings.append(Posting(account.id, amount, amount, None, memo))

    def link(self, target: str, amount: Decimal, source: str = "") -> None:
        """`source` (this transaction if empty) settles so much of `target`."""
        self.effects.links.append(Link(source or self.txn, target, amount))

    def party_of(self, account: Stored, ref: str, part: Body) -> Stored | None:
        """Whom a line belongs to. A receivable line needs a customer, a payable one a vendor, sales tax its agency (3210)."""
        party = self.company.find(part[ref]["ListID"]) if part.get(ref) else None
        wanted = PARTY.get(account.body["AccountType"])
        if account.body.get("SpecialAccountType") == "SalesTaxPayable":
            wanted = "Vendor"
        if wanted and (party is None or party.kind != wanted):
            raise status.invalid(ref, f'a line on "{account.name}" needs a {wanted.lower()}.')
        return party

    def close(self) -> Effects:
        """What conversion left over goes to exchange gain or loss; the books always balance."""
        residue = -sum((posting.home for posting in self.effects.postings), ZERO)
        if residue and self.rate == 1:
            raise AssertionError(f"{self.kind} is out of balance by {residue}")
        if residue:
            self.post_home(self.company.special("ExchangeGainLoss"), residue, "Rounding of the exchange")
        return self.effects

    def total(self, name: str, amount: Decimal) -> None:
        """A figure of the header, with its value at home where the file has several currencies."""
        self.body[name] = str(amount)
        if self.company.has("multicurrency"):
            self.body[f"{name}InHomeCurrency"] = str(cents(amount * self.rate))


def amount(part: Body, name: str = "Amount") -> Decimal:
    """A required amount. Raises 3150."""
    if name not in part:
        raise status.missing(name)
    return cents(Decimal(part[name]))


def check_open(company: Company, day: str) -> None:
    """3171: on or before the closing date. Its password can be typed by a person only; a program never gets past."""
    closed = company.info.get("closing_date")
    if closed and date.fromisoformat(day) <= date.fromisoformat(closed):
        raise status.Refusal(3171, f"An attempt was made to modify a transaction dated on or before the closing date {closed}.")


def settled(company: Company, txn: str, besides: str = "") -> Decimal:
    """How much of an invoice is paid, or of a credit or payment is used, by other transactions than `besides`."""
    rows = company.conn.execute(
        "SELECT coalesce(sum(amount), 0) AS total FROM qbd_link WHERE file = ? AND (target = ? OR source = ?) AND txn <> ?",
        (company.file, txn, txn, besides),
    ).fetchone()
    return Decimal(rows["total"]) / 100_000
