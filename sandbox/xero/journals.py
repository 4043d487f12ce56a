"""Manual journals: base currency, zero in sum even as a draft, and never on bank, receivable, payable or tax accounts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from sandbox.xero import chart, documents, plan, taxes, tracking
from sandbox.xero.books import Body, Books, Effects, Posting, Stored
from sandbox.xero.dates import day, moment
from sandbox.xero.documents import Options
from sandbox.xero.errors import Invalid
from sandbox.xero.money import ZERO, number, rounded
from sandbox.xero.query import updated
from sandbox.xero.wire import flag

_NEXT: Final = {
    None: ("DRAFT", "POSTED"),
    "DRAFT": ("DRAFT", "POSTED", "DELETED"),
    "POSTED": ("POSTED", "VOIDED"),
}
_LEAST: Final = 2
_MOST_TRACKING: Final = 2


def find(books: Books, sent: Body) -> Stored | None:
    return books.find("ManualJournal", sent["ManualJournalID"]) if sent.get("ManualJournalID") else None


def write(books: Books, sent: Body, old: Stored | None, options: Options) -> Stored:
    """A new journal or a changed one; posts it once it is POSTED. Raises Invalid."""
    status = str(sent.get("Status") or (old.status if old else "DRAFT"))
    if status not in _NEXT.get(old.status if old else None, ()):
        raise Invalid("Manual journal not of valid status for modification" if old else "The manual journal status is not valid")
    if old and status in ("VOIDED", "DELETED"):
        return _end(books, old, status)
    body = _body(books, sent, old)
    if status == "POSTED":
        books.lock_check(body["Date"])
        if old and old.status == "POSTED":
            books.lock_check(old.body["Date"])
    saved = books.save("ManualJournal", body, status=status, old=old)
    if status == "POSTED":
        plan.approve(books, saved, "journals")
        books.post(saved, _effects(books, body))
    return saved


def _body(books: Books, sent: Body, old: Stored | None) -> Body:
    body = {**old.body} if old else {}
    body["Narration"] = str(sent.get("Narration") or body.get("Narration") or "")
    if not body["Narration"]:
        raise Invalid("A manual journal must have a narration")
    body["Date"] = documents.read_date(sent, "Date", body.get("Date", books.today.isoformat()))
    body["LineAmountTypes"] = taxes.model(sent.get("LineAmountTypes"), body.get("LineAmountTypes", taxes.NO_TAX))
    body["ShowOnCashBasisReports"] = flag(sent.get("ShowOnCashBasisReports"), body.get("ShowOnCashBasisReports", True))
    if sent.get("Url") is not None:
        body["Url"] = str(sent["Url"])
    given = sent.get("JournalLines") or body.get("JournalLines") or []
    if len(given) < _LEAST:
        raise Invalid("A manual journal must have at least 2 lines")
    body["JournalLines"] = [_line(books, line, body["LineAmountTypes"]) for line in given]
    _check_balance(body["JournalLines"])
    return body


def _line(books: Books, sent: Body, model: str) -> Body:
    amount = rounded(number(sent.get("LineAmount"), "LineAmount"), books.base)
    account = chart.on_line(books, sent)
    assert account is not None  # noqa: S101 - it was needed
    rate = None
    if model != taxes.NO_TAX:
        rate = taxes.chosen(books, str(sent.get("TaxType") or account.body["TaxType"]), account)
    net, tax = (amount, ZERO) if rate is None else taxes.split(rate, amount, model, books.base)
    return {
        "LineAmount": amount, "AccountCode": account.body.get("Code", ""), "AccountID": account.id,
        "Description": str(sent.get("Description") or ""), "TaxType": rate.body["TaxType"] if rate else "NONE", "TaxAmount": tax,
        "Tracking": tracking.on_line(books, sent.get("Tracking"), _MOST_TRACKING), "IsBlank": False, "_net": net,
    }  # fmt: skip


def _check_balance(found: list[Body]) -> None:
    """Debits and credits with their tax are equal, in drafts too."""
    whole = [line["_net"] + line["TaxAmount"] for line in found]
    debits, credits = (sum((value for value in whole if sign * value > 0), ZERO) for sign in (1, -1))
    if debits + credits:
        raise Invalid(f"The total debits ({debits}) must equal total credits ({credits})")


def _effects(books: Books, body: Body) -> Effects:
    postings = [
        Posting(line["AccountID"], Decimal(line["_net"]), Decimal(line["_net"]), books.base, memo=line["Description"])
        for line in body["JournalLines"]
    ]
    tax = sum((Decimal(line["TaxAmount"]) for line in body["JournalLines"]), ZERO)
    if tax:
        postings.append(Posting(chart.system(books, chart.TAX).id, tax, tax, books.base, memo=body["Narration"]))
    return Effects(postings)


def _end(books: Books, old: Stored, status: str) -> Stored:
    if status == "VOIDED":
        books.lock_check(old.body["Date"])
        books.unpost(old)
    return books.save("ManualJournal", old.body, status=status, old=old)


def show(books: Books, stored: Stored, full: bool, options: Options) -> Body:
    body = stored.body
    shown: dict[str, Any] = {
        "ManualJournalID": stored.id, "Narration": body["Narration"], "Date": day(body["Date"]), "Status": stored.status,
        "LineAmountTypes": body["LineAmountTypes"], "ShowOnCashBasisReports": body["ShowOnCashBasisReports"],
        "HasAttachments": books.has_files(stored), "UpdatedDateUTC": moment(updated(stored)), "JournalLines": [],
    }  # fmt: skip
    if full:
        shown["JournalLines"] = [{name: value for name, value in line.items() if name != "_net"} for line in body["JournalLines"]]
    return shown | ({"Url": body["Url"]} if body.get("Url") else {})
