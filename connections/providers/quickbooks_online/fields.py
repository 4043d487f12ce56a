"""The small parts that QuickBooks' bodies are made of: references, notes, numbers, amounts, tax codes.

Pure. Writing cuts texts to what QuickBooks takes; reading raises `Unreadable` for a body that is not what
the interface promises, so that nothing is ever accounted for on a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from canonical.accounting import AccountRef, TaxRef

Body = Mapping[str, Any]
Rates = Mapping[tuple[str, str], Decimal]  # (tax code id, "sales" | "purchase") -> percent

NUMBER_LIMIT = 21  # Finance.xsd, Transaction.DocNumber
NOTE_LIMIT = 4000  # Finance.xsd, Transaction.PrivateNote
TEXT_LIMIT = 4000  # Finance.xsd, Line.Description
MARKER = "tieout:"
INCLUSIVE, EXCLUDED, NOT_APPLICABLE = "TaxInclusive", "TaxExcluded", "NotApplicable"
ZERO = Decimal(0)
_DIMENSIONS = {"class": "ClassRef", "department": "DepartmentRef", "location": "DepartmentRef"}


class Unreadable(ValueError):
    """A body that holds no document we can account for: voided, emptied, or not what the interface promises."""


# ------------------------------------------------------------------ what we send


def note(memo: str, marker: str) -> str:
    """Memo and marker; the memo gives way where both are too long together."""
    room = NOTE_LIMIT - len(marker) - 1
    return f"{memo[:room]}\n{marker}" if memo else marker


def tax_code(tax: TaxRef) -> dict[str, Any]:
    """The code and the side of the return it serves: journal and deposit lines state both."""
    return {"TaxCodeRef": {"value": tax.key}, "TaxApplicableOn": "Purchase" if tax.applies_on == "purchase" else "Sales"}


def dimension_refs(dimensions: Iterable[tuple[str, str]]) -> dict[str, Any]:
    return {_DIMENSIONS[name]: {"value": key} for name, key in dimensions if name in _DIMENSIONS}


# ------------------------------------------------------------------ what we read


def marker_of(body: Body) -> str:
    """Our marker in the memo, wherever a person may have moved it; "" when there is none."""
    for word in str(body.get("PrivateNote") or "").split():
        if word.startswith(MARKER):
            return word
    return ""


def memo_of(body: Body) -> str:
    """The memo without our marker."""
    return str(body.get("PrivateNote") or "").replace(marker_of(body), "").strip()


# Read into the canonical document, or computed and moved by QuickBooks itself: no addition of a person's.
_READ = frozenset(
    {
        *("Id", "SyncToken", "DocNumber", "PaymentRefNum", "TxnDate", "DueDate", "PrivateNote", "CurrencyRef", "ExchangeRate"),
        *("CustomerRef", "BillEmail", "ShipAddr", "TrackingNum", "DepositToAccountRef", "ARAccountRef", "Line"),
    }
)
_COMPUTED = frozenset(
    {
        *("MetaData", "domain", "sparse", "status", "time", "LinkedTxn", "TxnTaxDetail", "GlobalTaxCalculation", "TotalAmt"),
        *("HomeTotalAmt", "Balance", "HomeBalance", "RemainingCredit", "UnappliedAmt", "PrintStatus", "EmailStatus"),
        *("DeliveryInfo", "InvoiceLink", "EInvoiceStatus", "TxnSource", "FreeFormAddress"),
    }
)
ORDER, TRACKING = "Order ", "Tracking: "


def beyond(body: Body) -> Body:
    """What a person may have added to a form that the canonical document has no room for: a message, a custom field, a
    class of the whole. A message that only names the order and its parcels is ours."""
    added = {name: value for name, value in body.items() if name not in _READ | _COMPUTED}
    message = added.get("CustomerMemo")
    said = str(message.get("value") or "") if isinstance(message, Mapping) else ""
    if said and all(line.startswith((ORDER, TRACKING)) for line in said.splitlines()):
        del added["CustomerMemo"]
    return added


def lines_of(body: Body) -> list[Body]:
    """The lines that move money; texts and subtotals are left out. Raises Unreadable."""
    lines = body.get("Line")
    if not isinstance(lines, list):
        raise Unreadable("a transaction without lines")
    return [
        line
        for line in lines
        if isinstance(line, Mapping) and line.get("DetailType") not in ("DescriptionOnly", "SubTotalLineDetail")
    ]


def detail_of(entry: Body, name: str) -> Body:
    """The part of a line that its type is named after. Raises Unreadable."""
    detail = entry.get(name)
    if not isinstance(detail, Mapping):
        raise Unreadable(f"a line without {name}")
    return detail


def read_tax(detail: Body, rates: Rates) -> TaxRef | None:
    """The tax code of a line; None where there is none, and for the two words that US lines carry instead."""
    code, name = reference(detail, "TaxCodeRef")
    if not code or code in ("NON", "TAX"):
        return None
    side = "purchase" if detail.get("TaxApplicableOn") == "Purchase" else "sales"
    return TaxRef(code, name, rates.get((code, side), ZERO), side)


def read_dimensions(detail: Body) -> tuple[tuple[str, str], ...]:
    names = (("class", "ClassRef"), ("department", "DepartmentRef"))
    return tuple((name, reference(detail, ref)[0]) for name, ref in names if reference(detail, ref)[0])


def reference(body: Body, name: str) -> tuple[str, str]:
    """(id, name) of what a reference points to; both empty where there is none."""
    ref = body.get(name)
    if not isinstance(ref, Mapping):
        return "", ""
    return str(ref.get("value") or ""), str(ref.get("name") or "")


def account(body: Body, name: str) -> AccountRef:
    """An account that must be named. Raises Unreadable."""
    key, label = reference(body, name)
    if not key:
        raise Unreadable(f"{name} is missing")
    return AccountRef(key, label)


def currency_of(body: Body) -> str:
    return reference(body, "CurrencyRef")[0]


def day(body: Body, name: str = "TxnDate") -> date:
    """A date that must be there. Raises Unreadable."""
    try:
        return date.fromisoformat(str(body.get(name))[:10])
    except ValueError:
        raise Unreadable(f"not a date: {body.get(name)!r}") from None


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
    return decimal(body[name], ZERO)


def decimal(value: Any, default: Decimal) -> Decimal:
    """A number, or `default` where there is none. Raises Unreadable."""
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (Decimal, int, str)):
        raise Unreadable(f"not a number: {value!r}")
    try:
        return Decimal(value)
    except ArithmeticError:
        raise Unreadable(f"not a number: {value!r}") from None
