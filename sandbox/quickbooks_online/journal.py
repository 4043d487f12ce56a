"""JournalEntry: debits and credits that must meet."""

from __future__ import annotations

from decimal import Decimal

from sandbox.quickbooks_online import faults, tax
from sandbox.quickbooks_online.company import Body, Stored
from sandbox.quickbooks_online.entry import PAYABLE, RECEIVABLE, Entry, Row, party_of
from sandbox.quickbooks_online.money import ZERO

_NO_TAX = ("Bank", "Credit Card", RECEIVABLE, PAYABLE)


def journal(entry: Entry) -> None:
    entry.trade_in()
    lines = _journal_lines(entry.body)
    entry.number_lines(first=0)
    rows = [_row(entry, line) for line in lines]
    if sum(row.account.body["AccountType"] in (RECEIVABLE, PAYABLE) for row in rows) > 1:
        raise faults.business("A journal entry can hold only one accounts receivable or accounts payable line.")
    _keep_what_is_settled(entry, rows)
    all_tax = entry.settle(rows)
    if sum((row.part.sign * row.part.net for row in rows), ZERO) + all_tax:
        raise faults.business("Debits and credits of a journal entry must be equal.")
    for row in rows:
        _show(entry, row)
    entry.body.setdefault("Adjustment", False)
    entry.total(sum((row.part.gross for row in rows if row.part.sign < 0), ZERO))


def _keep_what_is_settled(entry: Entry, rows: list[Row]) -> None:
    """A receivable line that payments are set against keeps its customer and at least what they settle."""
    links = entry.company.linked_to("JournalEntry", entry.old.id) if entry.old else []
    used = sum((amount for kind, _, amount in links if kind == "Payment"), ZERO)
    owed = [row for row in rows if row.account.body["AccountType"] == RECEIVABLE]
    before = {
        line["JournalEntryLineDetail"].get("Entity", {}).get("EntityRef", {}).get("value")
        for line in (entry.old.body.get("Line", []) if entry.old else [])
    }
    if used and (not owed or owed[0].part.net < used or owed[0].party is None or owed[0].party[1] not in before):
        raise faults.business("A payment is set against the journal's receivable line; it cannot be less than that.", "Line")


def _journal_lines(body: Body) -> list[Body]:
    lines = [line for line in body.get("Line", []) if line.get("DetailType") != "DescriptionOnly"]
    if len(lines) < 2:
        raise faults.business("You must fill out at least two detail lines.", "Line")
    return lines


def _row(entry: Entry, line: Body) -> Row:
    if line.get("DetailType") != "JournalEntryLineDetail" or "JournalEntryLineDetail" not in line:
        raise faults.missing("JournalEntryLineDetail")
    detail = line["JournalEntryLineDetail"]
    if "PostingType" not in detail:
        raise faults.missing("PostingType")
    amount = entry.amount(line.get("Amount"))
    if amount < 0:
        raise faults.business("The amount of a journal line must not be negative; use the other posting type.", "Amount")
    account = entry.account(detail.get("AccountRef"))
    detail["AccountRef"] = entry.company.refer(account)
    party = _party(entry, account, detail)
    return Row(line, account, _tax(entry, account, detail, amount), party)


def _show(entry: Entry, row: Row) -> None:
    """Write the amounts back: net, and where a tax code stands, tax and gross."""
    row.line["Amount"] = row.part.net
    detail = row.line["JournalEntryLineDetail"]
    if detail.get("TaxCodeRef"):
        detail["TaxAmount"] = row.part.tax
        if entry.model == tax.INCLUSIVE:
            detail["TaxInclusiveAmt"] = row.part.gross


def _party(entry: Entry, account: Stored, detail: Body) -> tuple[str, str] | None:
    entity = detail.get("Entity") or {}
    party = party_of(account, entity.get("Type"), entity.get("EntityRef"), entry.company)
    if party:
        stored = entry.company.need(party[0], {"value": party[1]}, "EntityRef")
        detail["Entity"] = {"Type": party[0], "EntityRef": entry.company.refer(stored)}
    else:
        detail.pop("Entity", None)
    return party


def _tax(entry: Entry, account: Stored, detail: Body, amount: Decimal) -> tax.Taxed:
    sign = 1 if detail["PostingType"] == "Credit" else -1
    if not _taxable(entry, account, detail):
        for name in ("TaxCodeRef", "TaxApplicableOn", "TaxAmount", "TaxInclusiveAmt"):
            detail.pop(name, None)
        return tax.Taxed(amount, ZERO, sign)
    side = detail.setdefault("TaxApplicableOn", _side(account))
    part = tax.on_line(entry.company, detail, amount, side, entry.model, sign, entry.currency)
    if part.tax and account.body["AccountType"] in _NO_TAX:
        raise faults.business(f"Tax cannot be put on the account {account.body['Name']}.", "TaxCodeRef")
    return part


def _side(account: Stored) -> str:
    return "Sales" if account.body["Classification"] == "Revenue" else "Purchase"


def _taxable(entry: Entry, account: Stored, detail: Body) -> bool:
    """Whether the line carries a tax code here. The tax control account takes postings only from tax itself."""
    if not tax.applies(entry.company):
        return False
    if account.body["AccountSubType"] == "GlobalTaxPayable":
        raise faults.business("You cannot post directly to the account that tracks tax.", "AccountRef")
    return bool(detail.get("TaxCodeRef"))
