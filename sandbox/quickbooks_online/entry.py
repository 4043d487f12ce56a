"""A transaction being built: its currency and rate, its checked lines, and the postings it will make."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from sandbox.quickbooks_online import accounts, faults, tax
from sandbox.quickbooks_online.company import Body, Company, Effects, Posting, Stored
from sandbox.quickbooks_online.kinds import PURCHASES, SALES
from sandbox.quickbooks_online.money import ZERO, rounded
from sandbox.quickbooks_online.shapes import ENTITIES

RECEIVABLE, PAYABLE = "Accounts Receivable", "Accounts Payable"
_PARTY: Final = {RECEIVABLE: "Customer", PAYABLE: "Vendor"}
_AUTO_NUMBERED: Final = SALES | {"JournalEntry"}
_SUPPLIER_NUMBERED: Final = frozenset({"Bill"})


@dataclass(slots=True)
class Row:
    """A checked line: where it posts, what it comes to with tax, and to whom it belongs."""

    line: Body
    account: Stored
    part: tax.Taxed
    party: tuple[str, str] | None = None


class Entry:
    """`body` is the accepted object; the type's own rules write computed properties into it and post to accounts."""

    def __init__(self, company: Company, kind: str, body: Body, old: Stored | None) -> None:
        self.company, self.kind, self.body, self.old = company, kind, body, old
        self.effects = Effects()
        self.currency, self.rate = company.home, Decimal(1)
        self.model = self._tax_model()

    # What every transaction has

    def header(self) -> None:
        """Date, period, number, location."""
        self.body.setdefault("TxnDate", self.company.now.date().isoformat())
        check_open(self.company, self.body["TxnDate"])
        self._number()
        self._refer("DepartmentRef", "Department")
        self._refer("ClassRef", "Class")
        for line in self.body.get("Line", []):
            for name, kind in (("ClassRef", "Class"), ("DepartmentRef", "Department")):
                detail = line.get(str(line.get("DetailType")), {})
                if isinstance(detail, dict) and detail.get(name):
                    detail[name] = self.company.named(kind, detail[name], name)

    def _refer(self, name: str, kind: str) -> None:
        if self.body.get(name):
            self.body[name] = self.company.named(kind, self.body[name], name)

    def _number(self) -> None:
        custom = self.company.preference("SalesFormsPrefs", "CustomTxnNumbers")
        if (
            self.kind in _AUTO_NUMBERED
            and not custom
            and not (self.company.rules["keep_doc_number"] and self.body.get("DocNumber"))
        ):
            self.body["DocNumber"] = (self.old and self.old.body.get("DocNumber")) or self.company.next_number()
        elif self.body.get("DocNumber") == "AUTO_GENERATE":
            self.body["DocNumber"] = self.company.next_number()

    def check_number(self) -> None:
        """6140: a number is used once per transaction type where the company numbers its documents itself."""
        number = self.body.get("DocNumber")
        custom = self.company.preference("SalesFormsPrefs", "CustomTxnNumbers")
        if not number or not custom or self.kind in _SUPPLIER_NUMBERED:
            return
        other = self.company.numbered(self.kind, number)
        if other and not (self.old and other.id == self.old.id):
            raise faults.duplicate_number(number, self.kind, other.id)

    def trade_in(self, currency: str | None = None) -> None:
        """Settle currency and rate: what was sent, else `currency` (say the customer's), else the company's own."""
        sent = self.body.get("CurrencyRef", {}).get("value")
        self.currency = sent or currency or self.company.home
        accounts.check_currency(self.company, self.currency)
        if currency and self.currency != currency:
            raise faults.business(f"The transaction is in {self.currency}, but it needs {currency}.", "CurrencyRef")
        self.body["CurrencyRef"] = accounts.currency_ref(self.currency)
        self.rate = self._rate()

    def _rate(self) -> Decimal:
        given: Decimal | None = self.body.pop("ExchangeRate", None)
        if not self.company.multicurrency:
            return Decimal(1)
        rate = (
            Decimal(1)
            if self.currency == self.company.home
            else given or rate_on(self.company, self.currency, self.body["TxnDate"])
        )
        if rate <= 0:
            raise faults.business("The exchange rate must be greater than zero.", "ExchangeRate")
        self.body["ExchangeRate"] = rate
        return rate

    def _tax_model(self) -> str:
        """The tax model; companies in the United States have none."""
        if not tax.applies(self.company):
            self.body.pop("GlobalTaxCalculation", None)
            return tax.NONE
        taxed = any("TaxCodeRef" in line.get(str(line.get("DetailType")), {}) for line in self.body.get("Line", []))
        sent = self.body.get("GlobalTaxCalculation")
        if taxed or sent or self.kind in SALES | PURCHASES:
            self.body["GlobalTaxCalculation"] = sent or tax.EXCLUDED
        return str(self.body.get("GlobalTaxCalculation", tax.NONE))

    # Lines

    def amount(self, value: Decimal | None, name: str = "Amount") -> Decimal:
        """A line's amount at the currency's precision; missing: 2020."""
        if value is None:
            raise faults.missing(name)
        return rounded(value, self.currency)

    def number_lines(self, first: int) -> None:
        """Give new lines an id and all lines their place."""
        lines = self.body.get("Line", [])
        used = {line["Id"] for line in lines if line.get("Id")}
        fresh = (str(number) for number in range(first, first + 2 * len(lines) + 1) if str(number) not in used)
        for place, line in enumerate(lines, 1):
            if line.get("DetailType") != "SubTotalLineDetail":
                line["Id"] = line.get("Id") or next(fresh)
                if self.kind != "Deposit" or "LinkedTxn" not in line:
                    line["LineNum"] = place

    def account(self, ref: Body | None, element: str = "AccountRef", types: tuple[str, ...] = ()) -> Stored:
        """An active account, of one of `types` if any are named (6010)."""
        account = self.company.need("Account", ref, element)
        if types and account.body["AccountType"] not in types:
            raise faults.bad_account(f"{account.body['Name']} is of type {account.body['AccountType']}", element)
        return account

    # Postings

    def post(self, account: Stored, amount: Decimal, party: tuple[str, str] | None = None, memo: str = "") -> None:
        """Debit `account` by `amount` (credit if negative), in the transaction's currency."""
        if not amount:
            return
        home = rounded(amount * self.rate, self.company.home)
        currency = account.body["CurrencyRef"]["value"]
        if currency not in (self.currency, self.company.home):
            detail = f"The account {account.body['Name']} is in {currency}; a transaction can use one foreign currency only."
            raise faults.business(detail, "AccountRef")
        own = amount if currency == self.currency else home
        held = party if account.body["AccountType"] in _PARTY else None
        self.effects.postings.append(Posting(account.id, home, own, currency, held, memo))

    def post_tax(self, amount: Decimal) -> None:
        """Debit the tax control account by `amount`."""
        if amount:
            self.post(accounts.special(self.company, "GlobalTaxPayable"), amount, memo="Tax")

    def settle(self, rows: list[Row], direction: int = 1) -> Decimal:
        """Post the rows and their tax, and show the tax in the document's own direction; returns all tax, credit positive."""
        asked = self.body.pop("TxnTaxDetail", None)
        sums = tax.settle(self.company, [row.part for row in rows], asked, self.model, direction)
        for row in rows:
            self.post(row.account, -row.part.sign * row.part.net, row.party, row.line.get("Description", ""))
        all_tax = sum((total.tax for total in sums.values()), ZERO)
        self.post_tax(-all_tax)
        shown = tax.shown(sums, direction)
        if shown:
            self.body["TxnTaxDetail"] = shown
        return all_tax

    def close(self) -> Effects:
        """Put what conversion left over on exchange gain or loss; the books always balance."""
        residue = -sum((posting.home for posting in self.effects.postings), ZERO)
        if residue and self.rate == 1:
            raise AssertionError(f"{self.kind} is out of balance by {residue}")
        if residue:
            account = accounts.special(self.company, "ExchangeGainOrLoss")
            self.effects.postings.append(
                Posting(account.id, residue, residue, self.company.home, None, "Rounding of the exchange")
            )
        return self.effects

    def total(self, amount: Decimal) -> None:
        self.body["TotalAmt"] = amount
        if self.company.multicurrency and "HomeTotalAmt" in ENTITIES[self.kind]:
            self.body["HomeTotalAmt"] = rounded(amount * self.rate, self.company.home)


def party_of(account: Stored, kind: str | None, ref: Body | None, company: Company) -> tuple[str, str] | None:
    """The customer of a receivable line, the vendor of a payable one. Raises 6000 where it is missing or of another kind."""
    wanted = _PARTY.get(account.body["AccountType"])
    if wanted and (not ref or (kind or wanted) != wanted):
        text = {
            "Customer": "When you use Accounts Receivable, you must choose a customer in the Name field.",
            "Vendor": "When you use Accounts Payable, you must choose a vendor in the Name field.",
        }[wanted]
        raise faults.business(text, "Entity")
    if not ref:
        return None
    party = company.need(kind or wanted or "Customer", ref, "EntityRef")
    if wanted and party.body["CurrencyRef"]["value"] != account.body["CurrencyRef"]["value"]:
        raise faults.business(
            f"The {wanted.lower()} and the account {account.body['Name']} must have the same currency.", "Entity"
        )
    return (party.kind, party.id)


def check_open(company: Company, day: str) -> None:
    """6210: on or before the date the books were closed."""
    closed: str | None = company.preference("AccountingInfoPrefs", "BookCloseDate")
    if closed and date.fromisoformat(day) <= date.fromisoformat(closed):
        raise faults.period_closed(closed)


def rate_on(company: Company, currency: str, day: str) -> Decimal:
    """The company's own rate for a currency: the newest on or before the day, else 1."""
    rates = [
        rate.body
        for rate in company.all("ExchangeRate")
        if rate.body["SourceCurrencyCode"] == currency and rate.body["AsOfDate"] <= day
    ]
    return Decimal(max(rates, key=lambda rate: str(rate["AsOfDate"]))["Rate"]) if rates else Decimal(1)
