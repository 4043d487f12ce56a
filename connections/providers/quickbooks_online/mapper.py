"""QuickBooks' shape of a document, both ways.

Pure. `payload` writes a canonical document as the very body that is sent; `document` reads a body back
into canonical lines, so that what stands in the ledger can be compared with what was planned, to the
penny, tax included.

Tax: outside the United States amounts are stated tax-inclusive, because the gross is the truth and net
and tax are derived from it, by QuickBooks as by us. A journal line states net, tax and gross; a
deposit line has room for the gross alone (IntuitRestServiceDef / Finance.xsd, DepositLineDetail).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from canonical.accounting import AccountRef, Deposit, Document, DocumentLine, DocumentType, JournalEntry, Side, TaxRef
from canonical.money import round_half_up
from connections.contracts import BankDeposit, CompanyFacts, Found

Body = Mapping[str, Any]

NUMBER_LIMIT = 21  # Finance.xsd, Transaction.DocNumber
NOTE_LIMIT = 4000  # Finance.xsd, Transaction.PrivateNote
TEXT_LIMIT = 4000  # Finance.xsd, Line.Description
MARKER = "tieout:"
ENTITIES: Mapping[str, str] = {DocumentType.JOURNAL_ENTRY.value: "JournalEntry", DocumentType.DEPOSIT.value: "Deposit"}
_DIMENSIONS = {"class": "ClassRef", "department": "DepartmentRef", "location": "DepartmentRef"}
_AMOUNTS = frozenset({"Amount", "TaxAmount", "TaxInclusiveAmt", "ExchangeRate"})
INCLUSIVE, EXCLUDED, NOT_APPLICABLE = "TaxInclusive", "TaxExcluded", "NotApplicable"
ZERO = Decimal(0)


class Unreadable(ValueError):
    """A body that holds no document we can account for: voided, emptied, or not what the interface promises."""


# ------------------------------------------------------------------ what we send


def payload(document: Document, *, number: str, marker: str, company: CompanyFacts) -> dict[str, Any]:
    """The body of a create. Amounts are Decimal; they leave as JSON numbers."""
    body: dict[str, Any] = {"TxnDate": document.date.isoformat(), "PrivateNote": note(document.memo, marker)}
    if company.multicurrency:
        body["CurrencyRef"] = {"value": document.currency}
    taxed = company.sales_tax == "codes"
    if taxed:
        body["GlobalTaxCalculation"] = INCLUSIVE if any(line.tax for line in document.lines) else NOT_APPLICABLE
    if isinstance(document, Deposit):
        return {**body, **_deposit(document, taxed)}
    if company.custom_numbers:
        body["DocNumber"] = number
    return {**body, "Line": [_journal_line(line, taxed) for line in document.lines]}


def note(memo: str, marker: str) -> str:
    """Memo and marker; the memo gives way where both are too long together."""
    room = NOTE_LIMIT - len(marker) - 1
    return f"{memo[:room]}\n{marker}" if memo else marker


def _journal_line(line: DocumentLine, taxed: bool) -> dict[str, Any]:
    detail: dict[str, Any] = {
        "PostingType": "Debit" if line.side is Side.DEBIT else "Credit",
        "AccountRef": {"value": line.account.key},
        **_references(line.dimensions),
    }
    if taxed and line.tax:
        detail |= _tax_code(line.tax) | {"TaxAmount": line.tax_amount, "TaxInclusiveAmt": line.gross}
    amount = line.net if taxed and line.tax else line.gross
    return {
        "DetailType": "JournalEntryLineDetail",
        "Amount": amount,
        "Description": line.description[:TEXT_LIMIT],
        "JournalEntryLineDetail": detail,
    }


def _tax_code(tax: TaxRef) -> dict[str, Any]:
    return {"TaxCodeRef": {"value": tax.key}, "TaxApplicableOn": "Purchase" if tax.applies_on == "purchase" else "Sales"}


def _references(dimensions: Iterable[tuple[str, str]]) -> dict[str, Any]:
    return {_DIMENSIONS[name]: {"value": key} for name, key in dimensions if name in _DIMENSIONS}


def _deposit(document: Deposit, taxed: bool) -> dict[str, Any]:
    """A deposit has no number of its own, and its location stands on the whole of it."""
    lines = []
    locations = set()
    for line in document.lines:
        refs = _references(line.dimensions)
        locations.add(refs.pop("DepartmentRef", {}).get("value"))
        detail = {"AccountRef": {"value": line.account.key}, **refs, **(_tax_code(line.tax) if taxed and line.tax else {})}
        lines.append(
            {
                "DetailType": "DepositLineDetail",
                "Amount": line.signed,
                "Description": line.description[:TEXT_LIMIT],
                "DepositLineDetail": detail,
            }
        )
    body: dict[str, Any] = {"DepositToAccountRef": {"value": document.account.key}, "Line": lines}
    shared = locations.pop() if len(locations) == 1 else None
    return {**body, "DepartmentRef": {"value": shared}} if shared else body


def number(source_ref: str, part: str) -> str:
    """`TIE-<reference>[-<part>]`, at most 21 characters; a longer reference keeps its end and gets a check."""
    tail = f"-{part}" if part else ""
    whole = f"TIE-{source_ref}{tail}"
    if len(whole) <= NUMBER_LIMIT:
        return whole
    check = hashlib.sha256(source_ref.encode()).hexdigest()[:5]
    room = NUMBER_LIMIT - len(f"T{check}-{tail}")
    return f"T{check}-{source_ref[-room:]}{tail}"


def exact(body: Any, name: str = "") -> Any:
    """A payload as it goes out: amounts kept as text (in a JSON column, say) become Decimal again."""
    if isinstance(body, Mapping):
        return {key: exact(value, key) for key, value in body.items()}
    if isinstance(body, Sequence) and not isinstance(body, str):
        return [exact(item) for item in body]
    return Decimal(body) if name in _AMOUNTS and isinstance(body, str) else body


# ------------------------------------------------------------------ what we read back

Rates = Mapping[tuple[str, str], Decimal]  # (tax code id, "sales" | "purchase") -> percent


def found(document_type: str, body: Body, rates: Rates) -> Found:
    """A document as QuickBooks holds it now. Raises Unreadable."""
    return Found(
        external_id=text(body, "Id"),
        external_version=text(body, "SyncToken"),
        number=str(body.get("DocNumber") or ""),
        marker=marker_of(body),
        document=document(document_type, body, rates),
        body=body,
    )


def marker_of(body: Body) -> str:
    """Our marker in the memo, wherever a person may have moved it; "" when there is none."""
    for word in str(body.get("PrivateNote") or "").split():
        if word.startswith(MARKER):
            return word
    return ""


def deposits_into(rows: Iterable[Body], bank_account: str) -> list[BankDeposit]:
    """Deposits that others made into the account: not those that carry our marker. Raises Unreadable."""
    return [
        _bank_deposit(row)
        for row in rows
        if str((row.get("DepositToAccountRef") or {}).get("value") or "") == bank_account and not marker_of(row)
    ]


def _bank_deposit(body: Body) -> BankDeposit:
    """Everything that says where the money came from: memo, lines, and the names of those it came from."""
    words = [str(body.get("PrivateNote") or "")]
    for line in body.get("Line") or ():
        entity = (line.get("DepositLineDetail") or {}).get("Entity") or {}
        words += [str(line.get("Description") or ""), str(entity.get("name") or "")]
    try:
        on = date.fromisoformat(str(body.get("TxnDate")))
    except ValueError:
        raise Unreadable(f"a deposit without a day: {body.get('TxnDate')!r}") from None
    return BankDeposit(
        external_id=str(body.get("Id") or ""),
        on=on,
        amount=amount_of(body, "TotalAmt"),
        currency=str((body.get("CurrencyRef") or {}).get("value") or ""),
        description=" ".join(dict.fromkeys(word for word in words if word)),
        number=str(body.get("DocNumber") or ""),
    )


def document(document_type: str, body: Body, rates: Rates) -> Document:
    """The canonical document a body stands for; lines in their order, gross amounts, tax as QuickBooks states it."""
    is_deposit = document_type == DocumentType.DEPOSIT.value
    currency = str((body.get("CurrencyRef") or {}).get("value") or "")
    read_line = _read_deposit_line if is_deposit else _read_journal_line
    lines = [line for entry in _lines(body) if (line := read_line(entry, body, rates, currency))]
    day, memo = _day(body), str(body.get("PrivateNote") or "").replace(marker_of(body), "").strip()
    try:
        if is_deposit:
            return Deposit(day, currency, _account(body, "DepositToAccountRef"), tuple(_reconciled(lines, body)), memo)
        return JournalEntry(day, currency, tuple(lines), memo)
    except ValueError as wrong:
        raise Unreadable(f"{body.get('Id')}: {wrong}") from wrong


def _lines(body: Body) -> list[Body]:
    lines = body.get("Line")
    if not isinstance(lines, list):
        raise Unreadable("a transaction without lines")
    return [
        line
        for line in lines
        if isinstance(line, Mapping) and line.get("DetailType") not in ("DescriptionOnly", "SubTotalLineDetail")
    ]


def _read_journal_line(entry: Body, body: Body, rates: Rates, currency: str) -> DocumentLine | None:
    detail = _detail(entry, "JournalEntryLineDetail")
    amount, tax = amount_of(entry, "Amount"), ZERO
    if detail.get("TaxCodeRef") and body.get("GlobalTaxCalculation") != NOT_APPLICABLE:
        tax = _decimal(detail.get("TaxAmount"), ZERO)
    gross = _decimal(detail.get("TaxInclusiveAmt"), amount + tax)
    side = {"Debit": Side.DEBIT, "Credit": Side.CREDIT}.get(str(detail.get("PostingType")))
    if side is None:
        raise Unreadable(f"posting type {detail.get('PostingType')!r}")
    if not gross:
        return None
    return DocumentLine(
        account=_account(detail, "AccountRef"),
        side=side,
        gross=gross,
        description=str(entry.get("Description") or ""),
        kind="",
        tax=_read_tax(detail, rates),
        tax_amount=gross - amount if tax else ZERO,
        dimensions=_read_dimensions(detail),
    )


def _read_deposit_line(entry: Body, body: Body, rates: Rates, currency: str) -> DocumentLine | None:
    """Tax is not stated on the line: it follows from the rate, by the same rounding as QuickBooks'."""
    detail = _detail(entry, "DepositLineDetail")
    amount, tax = amount_of(entry, "Amount"), _read_tax(detail, rates)
    model = body.get("GlobalTaxCalculation")
    tax_amount = ZERO
    if tax and model == INCLUSIVE:
        tax_amount = round_half_up(amount * tax.rate / (100 + tax.rate), currency)
    elif tax and model == EXCLUDED:
        tax_amount = round_half_up(amount * tax.rate / 100, currency)
        amount += tax_amount
    if not amount:
        return None
    return DocumentLine(
        account=_account(detail, "AccountRef"),
        side=Side.CREDIT if amount > 0 else Side.DEBIT,
        gross=abs(amount),
        description=str(entry.get("Description") or ""),
        kind="",
        tax=tax,
        tax_amount=abs(tax_amount),
        dimensions=_read_dimensions(detail),
    )


def _reconciled(lines: list[DocumentLine], body: Body) -> list[DocumentLine]:
    """Lines whose tax adds up to the total QuickBooks states; a difference shows on the last taxed line, never hides."""
    stated = (body.get("TxnTaxDetail") or {}).get("TotalTax")
    taxed = [index for index, line in enumerate(lines) if line.tax]
    if stated is None or not taxed:
        return lines
    derived = sum((line.tax_amount if line.side is Side.CREDIT else -line.tax_amount for line in lines), ZERO)
    difference = _decimal(stated, ZERO) - derived
    if difference:
        last = lines[taxed[-1]]
        changed = last.tax_amount + (difference if last.side is Side.CREDIT else -difference)
        lines[taxed[-1]] = _with_tax(last, changed)
    return lines


def _with_tax(line: DocumentLine, tax_amount: Decimal) -> DocumentLine:
    return DocumentLine(
        account=line.account,
        side=line.side,
        gross=line.gross,
        description=line.description,
        kind=line.kind,
        tax=line.tax,
        tax_amount=tax_amount,
        dimensions=line.dimensions,
    )


def _read_tax(detail: Body, rates: Rates) -> TaxRef | None:
    code = str((detail.get("TaxCodeRef") or {}).get("value") or "")
    if not code or code in ("NON", "TAX"):
        return None
    side = "purchase" if detail.get("TaxApplicableOn") == "Purchase" else "sales"
    name = str((detail.get("TaxCodeRef") or {}).get("name") or "")
    return TaxRef(code, name, rates.get((code, side), ZERO), side)


def _read_dimensions(detail: Body) -> tuple[tuple[str, str], ...]:
    names = (("class", "ClassRef"), ("department", "DepartmentRef"))
    return tuple((name, str(detail[ref]["value"])) for name, ref in names if (detail.get(ref) or {}).get("value"))


def _account(body: Body, name: str) -> AccountRef:
    ref = body.get(name)
    if not isinstance(ref, Mapping) or not ref.get("value"):
        raise Unreadable(f"{name} is missing")
    return AccountRef(str(ref["value"]), str(ref.get("name") or ""))


def _detail(entry: Body, name: str) -> Body:
    detail = entry.get(name)
    if not isinstance(detail, Mapping):
        raise Unreadable(f"a line without {name}")
    return detail


def _day(body: Body) -> date:
    try:
        return date.fromisoformat(str(body.get("TxnDate"))[:10])
    except ValueError:
        raise Unreadable(f"not a date: {body.get('TxnDate')!r}") from None


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
    return _decimal(body[name], ZERO)


def _decimal(value: Any, default: Decimal) -> Decimal:
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (Decimal, int, str)):
        raise Unreadable(f"not a number: {value!r}")
    try:
        return Decimal(value)
    except ArithmeticError:
        raise Unreadable(f"not a number: {value!r}") from None
