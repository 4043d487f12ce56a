"""Journals: lines on nominals that sum to nothing, without VAT. The one place that knows what an amount's sign means."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from sandbox.kashflow import chart, nominals, problems, rules
from sandbox.kashflow.company import Body, Company, Effects, Posting, Stored
from sandbox.kashflow.envelope import TYPE
from sandbox.kashflow.money import ZERO

KIND: Final = "Journal"


def save(company: Company, sent: Body, old: Stored | None = None) -> Stored:
    """Create, or replace `old` whole; `JournalNumber` 0 takes the next number."""
    when = rules.day(sent.get("JournalDate"), "JournalDate")
    rules.open_on(company, when, vat=False)
    if old:
        rules.open_on(company, old.day, vat=False)
    lines = [_line(company, line) for line in sent.get("Lines") or []]
    if len(lines) < 2:
        raise problems.invalid("A journal needs at least two lines.")
    total = sum((line["Amount"] for line in lines), ZERO)
    if total:
        raise problems.invalid(f"The journal does not balance: it is {total} out.")
    body = {"JournalDate": f"{when}T00:00:00", "Comment": rules.text(sent.get("Comment"), "Comment"), "Lines": lines}
    number = _number(company, sent.get("JournalNumber") or 0, old)
    made = company.replace(old, body, number=number, day=when) if old else company.insert(KIND, body, number=number, day=when)
    sign = 1 if company.settings["journal_sign"] == "debit" else -1
    company.apply(made, Effects([Posting(line["NominalID"], sign * line["Amount"], line["Comment"][:80]) for line in lines]))
    return made


def _number(company: Company, asked: int, old: Stored | None) -> int:
    if old:
        return old.number
    if asked < 0 or (asked and company.numbered(KIND, asked)):
        raise problems.taken("Journal number", asked)
    return asked or company.next_number(KIND)


def _line(company: Company, sent: Any) -> Body:
    if TYPE in sent and sent[TYPE] != "JournalLine":
        raise problems.invalid("Unable to cast object of type 'System.Xml.XmlNode[]' to type 'JournalLine'.")
    nominal = company.need("Nominal", sent.get("NominalID") or 0, "nominal")
    if nominal.body["Code"] in chart.CONTROL:
        raise problems.invalid(f"Nominal {nominal.body['Name']} can't be used in a journal.")
    if nominals.bank_of(company, nominal.id) and company.settings["transfer"] == "bank":
        raise problems.invalid(f"The bank account {nominal.body['Name']} can't be used in a journal.")
    amount = rules.amount(Decimal(sent.get("Amount") or 0), "Amount")
    return {
        "NominalID": nominal.id, "Amount": amount, "Comment": rules.text(sent.get("Comment"), "Comment"),
        "ProjId": sent.get("ProjId") or 0,
    }  # fmt: skip


def remove(company: Company, stored: Stored | None) -> None:
    if stored is None:
        raise problems.unknown("journal", "of that number")
    rules.open_on(company, stored.day, vat=False)
    company.remove(stored)


def shown(stored: Stored) -> Body:
    """As the SOAP types show it."""
    lines = [{TYPE: "JournalLine", **line} for line in stored.body["Lines"]]
    return {**stored.body, "DBID": stored.id, "JournalNumber": stored.number, "Lines": lines}
