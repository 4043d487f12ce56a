"""The small parts that Xero's bodies are made of: marks, texts, dates, amounts, tax types, tracking.

Pure. Writing cuts texts to what Xero takes; reading raises `Unreadable` for a body that is not what the
interface promises, so that nothing is ever accounted for on a guess.

Where our mark lives. Invoices, bank transactions and manual journals have a `Url` that Xero shows as "Go to
Tieout": it leads back to the document here and holds the mark, which leaves the Reference to the order's id.
Credit notes and payments have no such field: there the mark stands in the Reference, behind the order's id.
A manual journal has no number either, so its Narration says number and mark too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from canonical.accounting import AccountRef, DocumentLine, TaxRef
from connections.contracts import CompanyFacts

Body = Mapping[str, Any]

TEXT_LIMIT = 4000  # xero_accounting.yaml, Item.Description; line items state no length of their own
REFERENCE_LIMIT = 255  # what Xero's own form takes; the interface states no length
# The type of a line without tax; Australia has none called NONE (Xero's tax types by country).
NO_TAX, _NO_TAX_IN = "NONE", {"AU": "BASEXCLUDED"}
UNTAXED = frozenset({NO_TAX, *_NO_TAX_IN.values()})
INCLUSIVE, EXCLUSIVE, NOT_APPLICABLE = "Inclusive", "Exclusive", "NoTax"
DIMENSIONS = ("class", "department")  # the first and the second tracking category
_BETWEEN = "::"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZERO, ONE = Decimal(0), Decimal(1)
_MARK = re.compile(r"tieout:\w{40}")
_URL_MARK = re.compile(r"/posted/(\w{40})/")
_DATE = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")
# XML 1.0 has no place for them (controls, halves of a character), and Xero is XML inside.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Unreadable(ValueError):
    """A body that holds no document we can account for: voided, emptied, or not what the interface promises."""


# ------------------------------------------------------------------ what we send


def url(home: str, number: str, marker: str) -> str:
    """Where "Go to Tieout" leads: to this document, whichever company it is of."""
    return f"{home}/posted/{marker.rpartition(':')[2]}/?number={quote(number)}"


def reference(said: str, marker: str) -> str:
    """The order's id and our mark, for what has no Url."""
    room = REFERENCE_LIMIT - len(marker) - 1
    return f"{text_of(said)[:room]} {marker}".strip()


def text_of(value: str) -> str:
    """A text as Xero takes it: without characters that XML does not know."""
    return _CONTROLS.sub("", value)


def described(line: DocumentLine) -> str:
    """At least one character: a line item without a description is refused."""
    return text_of(line.description)[:TEXT_LIMIT].strip() or text_of(line.account.name) or line.kind or "-"


def account(ref: AccountRef) -> dict[str, str]:
    """An account by its code where it has one: bank accounts need none, and are then known by their id."""
    return {"AccountID" if is_id(ref.key) else "Code": ref.key}


def line_account(ref: AccountRef) -> dict[str, str]:
    return {"AccountID" if is_id(ref.key) else "AccountCode": ref.key}


def is_id(key: str) -> bool:
    """Codes have ten characters at most, ids are GUIDs."""
    return len(key) == 36


@dataclass(frozen=True, slots=True)
class Taxing:
    """Whether a document states tax, and what a line without any is called."""

    model: str
    none: str

    @property
    def is_on(self) -> bool:
        return self.model == INCLUSIVE

    def type_of(self, line: DocumentLine) -> str:
        """Every line says one, else Xero puts the account's default there."""
        return line.tax.key if self.is_on and line.tax else self.none


def taxing(lines: Sequence[DocumentLine], company: CompanyFacts) -> Taxing:
    """Tax-inclusive where the organisation keeps tax and a line has any."""
    taxed = company.sales_tax == "codes" and any(line.tax for line in lines)
    return Taxing(INCLUSIVE if taxed else NOT_APPLICABLE, _NO_TAX_IN.get(company.country, NO_TAX) if taxed else NO_TAX)


def tracking(dimensions: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Options by name: that is how a line item names them (`option_key`)."""
    pairs = [key.partition(_BETWEEN) for name, key in dimensions if name in (*DIMENSIONS, "location")]
    options = [{"Name": category, "Option": option} for category, _, option in pairs if option]
    return {"Tracking": options} if options else {}


def option_key(category: str, option: str) -> str:
    """What we know a tracking option by: "Channel::Amazon UK"."""
    return f"{category}{_BETWEEN}{option}"


# ------------------------------------------------------------------ what we read


def marker_of(body: Body) -> str:
    """Our mark in the Url, the Reference or the Narration; "" when there is none."""
    found = _URL_MARK.search(str(body.get("Url") or ""))
    if found:
        return f"tieout:{found.group(1)}"
    for name in ("Reference", "Narration"):
        found = _MARK.search(str(body.get(name) or ""))
        if found:
            return found.group()
    return ""


def without_mark(said: str) -> str:
    return " ".join(_MARK.sub("", said).split())


def gone(body: Body) -> bool:
    return str(body.get("Status") or "") in ("VOIDED", "DELETED")


def lines_of(body: Body, name: str = "LineItems") -> list[Body]:
    """The lines that move money; those that are only a text are left out. Raises Unreadable."""
    lines = body.get(name)
    if not isinstance(lines, list):
        raise Unreadable(f"a document without {name}")
    return [line for line in lines if isinstance(line, Mapping) and line.get("LineAmount") not in (None, "")]


def read_tax(line: Body) -> TaxRef | None:
    """The tax type of a line; None for those that say "no tax". The amount stands beside it, the rate does not: it is 0 here."""
    code = str(line.get("TaxType") or "")
    if not code or code in UNTAXED:
        return None
    return TaxRef(code, code, ZERO, "purchase" if "INPUT" in code or "EXPENSE" in code else "sales")


def read_tracking(line: Body) -> tuple[tuple[str, str], ...]:
    """In the order Xero keeps them: the first category is our class, the second our department."""
    given = [option for option in line.get("Tracking") or () if isinstance(option, Mapping) and option.get("Option")]
    return tuple(
        (name, option_key(str(option.get("Name")), str(option.get("Option"))))
        for name, option in zip(DIMENSIONS, given, strict=False)
    )


def read_line_account(line: Body) -> AccountRef:
    """An account that must be named. Raises Unreadable."""
    key = str(line.get("AccountCode") or line.get("AccountID") or "")
    if not key:
        raise Unreadable("a line without an account")
    return AccountRef(key, "")


def read_account(body: Body, name: str) -> AccountRef:
    given = body.get(name)
    stated = given if isinstance(given, Mapping) else {}
    key = str(stated.get("Code") or stated.get("AccountID") or "")
    if not key:
        raise Unreadable(f"{name} is missing")
    return AccountRef(key, str(stated.get("Name") or ""))


def moment(value: Any) -> datetime | None:
    """`/Date(1763596800000+0000)/` is the moment in UTC; an ISO text without a zone is UTC too. None where it is neither."""
    if not isinstance(value, str):
        return None
    found = _DATE.search(value)
    try:
        if found:
            return _EPOCH + timedelta(milliseconds=int(found.group(1)))
        at = datetime.fromisoformat(value)
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def day(body: Body, name: str = "Date") -> date:
    """A day that must be there: DateString where it is stated, else the moment, which Xero puts at midnight UTC. Raises Unreadable."""
    at = moment(body.get(f"{name}String")) or moment(body.get(name))
    if at is None:
        raise Unreadable(f"not a date: {body.get(name)!r}")
    return at.date()


def version_of(body: Body) -> str:
    """When it was last changed, in milliseconds: the nearest thing to a version that Xero has."""
    at = moment(body.get("UpdatedDateUTC"))
    return str((at - _EPOCH) // timedelta(milliseconds=1)) if at else ""


def text(body: Body, name: str) -> str:
    """A property that must be there, as text. Raises Unreadable."""
    value = body.get(name)
    if value is None or isinstance(value, (Mapping, list)):
        raise Unreadable(f"{name} is missing")
    return str(value)


def amount_of(body: Body, name: str) -> Decimal:
    """A number that must be there. Raises Unreadable."""
    if body.get(name) is None:
        raise Unreadable(f"{name} is missing")
    return decimal(body[name])


def decimal(value: Any, default: Decimal = ZERO) -> Decimal:
    """A number, or `default` where there is none. Raises Unreadable."""
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (Decimal, int, str)):
        raise Unreadable(f"not a number: {value!r}")
    try:
        return Decimal(value)
    except ArithmeticError:
        raise Unreadable(f"not a number: {value!r}") from None
