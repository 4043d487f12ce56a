"""What invoices, credit notes and bank transactions have in common: head, lines, totals, what is open."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sandbox.xero import contacts, lines, taxes
from sandbox.xero.books import Body, Books, Stored
from sandbox.xero.dates import day, day_text, read_day
from sandbox.xero.errors import Invalid
from sandbox.xero.money import ZERO, number, rounded

# What may not change once something settles a document.
MONEY: Final = (
    "LineItems",
    "SubTotal",
    "TotalTax",
    "Total",
    "CurrencyCode",
    "CurrencyRate",
    "LineAmountTypes",
    "Date",
    "ContactID",
)
_TEXT: Final = 255
_EXACT: Final = 12  # decimals of a unit amount that was divided out of a line amount
_RATE: Final = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Options:
    """How a caller asked: PUT or POST, decimals of unit amounts, whether archived things show."""

    method: str = "PUT"
    unitdp: int = 2
    include_archived: bool = False
    summary: bool = False


def read_date(sent: Body, name: str, default: str | None = None) -> str | None:
    """A day as ISO text; the default where it isn't sent. Raises Invalid."""
    value = sent.get(name) or sent.get(f"{name}String")
    if value in (None, ""):
        return default
    try:
        return read_day(value).isoformat()
    except ValueError as bad:
        raise Invalid(f"{name} is not a valid date") from bad


def head(books: Books, sent: Body, old: Stored | None) -> Body:
    """Contact, day, currency and rate of a document, from what is sent and what was there."""
    body = {**old.body} if old else {}
    if sent.get("Contact") or not old:
        body["ContactID"] = contacts.resolve(books, sent.get("Contact")).id
    body["Date"] = read_date(sent, "Date", body.get("Date", books.today.isoformat()))
    body["CurrencyCode"] = books.currency(sent.get("CurrencyCode") or body.get("CurrencyCode"))
    body["CurrencyRate"] = currency_rate(books, sent, body)
    body["LineAmountTypes"] = taxes.model(sent.get("LineAmountTypes"), body.get("LineAmountTypes", taxes.EXCLUSIVE))
    for name in ("Reference", "Url"):
        if sent.get(name) is not None:
            body[name] = str(sent[name])
    if len(body.get("Reference", "")) > _TEXT:
        raise Invalid(f"The Reference exceeds the maximum length of {_TEXT} characters")
    return body


def currency_rate(books: Books, sent: Body, body: Body) -> Decimal:
    """Units of the document's currency for one of base currency; the day's rate where none is sent."""
    if body["CurrencyCode"] == books.base:
        return Decimal(1)
    if sent.get("CurrencyRate") in (None, ""):
        return Decimal(body["CurrencyRate"]) if "CurrencyRate" in body else books.rate(body["CurrencyCode"])
    rate = number(sent["CurrencyRate"], "CurrencyRate").quantize(_RATE)
    if rate <= 0:
        raise Invalid("The currency rate must be greater than zero")
    return rate


def with_lines(books: Books, body: Body, sent: Body, side: str, strict: bool, options: Options) -> Body:
    """The body with its lines read anew and its totals. Lines that aren't sent are the old ones; a tax that was stated
    on them stands, unless the tax model is sent."""
    given = sent.get("LineItems")
    if given is None:
        dropped = "TaxAmount" if sent.get("LineAmountTypes") else ""
        given = [{name: value for name, value in line.items() if name != dropped} for line in body.get("LineItems", [])]
    terms = lines.Terms(
        side, body["LineAmountTypes"], body["CurrencyCode"], strict, options.unitdp if sent.get("LineItems") else _EXACT
    )
    body["LineItems"] = lines.read(books, given, terms)
    return body | lines.totals(body["LineItems"])


def changed_money(body: Body, old: Stored) -> bool:
    """Whether a change touches what a settled document must keep; line ids and texts don't count."""

    def essence(one: Body) -> list[Any]:
        return [
            [Decimal(line["LineAmount"]), Decimal(line["TaxAmount"]), line.get("AccountID"), line["TaxType"]]
            for line in one["LineItems"]
        ]

    plain = [name for name in MONEY if name != "LineItems"]
    return essence(body) != essence(old.body) or any(body[name] != old.body[name] for name in plain)


def settled(books: Books, stored: Stored) -> Decimal:
    """How much of a document is paid or credited."""
    return sum((amount for _, _, amount, _ in books.links_to(stored)), ZERO)


def due(books: Books, stored: Stored) -> Decimal:
    return Decimal(stored.body["Total"]) - settled(books, stored)


def share(books: Books, stored: Stored, amount: Decimal) -> Decimal:
    """What settling `amount` takes off a document's booked value in base currency; the last one takes the rest."""
    links = books.links_to(stored)
    if amount == due(books, stored):
        booked = books.in_base_sum(stored)
        return booked - sum((base for _, _, _, base in links), ZERO)
    return books.in_base(amount, Decimal(stored.body["CurrencyRate"]))


def restate(books: Books, stored: Stored, when: str) -> Stored:
    """AUTHORISED or PAID, by what is open, after something settled or no longer settles it."""
    open_amount = due(books, stored)
    status = "PAID" if not open_amount else "AUTHORISED"
    body = {name: value for name, value in stored.body.items() if name != "FullyPaidOnDate"}
    if status == "PAID":
        body["FullyPaidOnDate"] = when
    return books.save(stored.kind, body, status=status, old=stored, label=label(body))


def label(body: Body) -> str:
    """What a document is found by. Numbers are unique among sales invoices only: a bill's is its supplier's."""
    if "CreditNoteNumber" in body:
        return str(body["CreditNoteNumber"])
    return str(body["InvoiceNumber"]) if body["Type"] == "ACCREC" else f"bill:{body['InvoiceNumber']}"


def dates_shown(body: Body, *names: str) -> Body:
    shown: Body = {}
    for name in names:
        if body.get(name):
            shown |= {f"{name}String": day_text(body[name]), name: day(body[name])}
    return shown


def common_shown(books: Books, stored: Stored, full: bool, options: Options) -> Body:
    """The part of an answer that every document with lines has."""
    body = stored.body
    shown: Body = {
        "Contact": contacts.brief(books, body["ContactID"], full) if body.get("ContactID") else {},
        **dates_shown(body, "Date"), "Status": stored.status, "LineAmountTypes": body["LineAmountTypes"],
        "LineItems": lines.show(body["LineItems"], options.unitdp) if full else [],
        **{name: rounded(Decimal(body[name]), body["CurrencyCode"]) for name in ("SubTotal", "TotalTax", "Total")},
        "CurrencyCode": body["CurrencyCode"], "CurrencyRate": Decimal(body["CurrencyRate"]),
        "HasAttachments": books.has_files(stored),
    }  # fmt: skip
    return shown | {name: body[name] for name in ("Reference", "Url") if body.get(name)}
