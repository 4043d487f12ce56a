"""Checks that every kind of entry has in common: texts, days that are closed, amounts, currencies."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Final

from sandbox.kashflow import problems
from sandbox.kashflow.company import Company, Stored
from sandbox.kashflow.money import rounded

# Lengths aren't published; these are the twin's own, long enough for what a person would type.
LIMITS: Final = {
    "Code": 50, "Name": 100, "Email": 150, "CustomerReference": 100, "Description": 2000, "Comment": 250, "PayNote": 250,
    "AccountName": 50, "NominalName": 50, "Notes": 4000, "Text": 4000,
}  # fmt: skip
LONGEST: Final = 250


def text(value: Any, field: str, limit: int | None = None) -> str:
    """A text as it is kept. Refused where it is too long or holds control characters (which XML can't even carry)."""
    kept = "" if value is None else str(value)
    limit = limit or LIMITS.get(field, LONGEST)
    if len(kept) > limit:
        raise problems.too_long(field, limit)
    if any((ord(mark) < 32 and mark not in "\t\n\r") or 0xD800 <= ord(mark) <= 0xDFFF or mark in "\ufffe\uffff" for mark in kept):
        raise problems.invalid(f"{field} holds a character that is not allowed.")
    return kept


def day(value: Any, field: str) -> str:
    """The ISO day of an instant. Refused where none was sent: the framework makes that the year 1."""
    found = str(value or "")[:10]
    try:
        year = date.fromisoformat(found).year
    except ValueError as bad:
        raise problems.invalid(f"{field} is not a date.") from bad
    if not 1753 <= year <= 9998:
        raise problems.invalid(f"{field}: SqlDateTime overflow. Must be between 1/1/1753 and 12/31/9999.")
    return found


def open_on(company: Company, when: str, *, vat: bool) -> None:
    """Refused for a day in a closed period or, for what is on the VAT return, in a return that has been filed."""
    closed, filed = company.settings["closed_until"], company.settings["vat_until"]
    if closed and when <= closed:
        raise problems.period_closed(closed)
    if vat and filed and when <= filed and company.settings["vat_registered"]:
        raise problems.vat_locked(filed)


def amount(value: Decimal, field: str) -> Decimal:
    """A sum of money, in pence. Refused where it has a fraction of a penny."""
    exact = rounded(value)
    if exact != value:
        raise problems.invalid(f"{field} has more than two decimals.")
    return exact


def currency(company: Company, code: str | None) -> Stored:
    """An enabled currency; none named is the home currency."""
    stored = company.coded("Currency", code or company.home)
    if stored is None:
        raise problems.invalid(f"Currency {code} is not set up for this account.")
    return stored


def in_home(company: Company, value: Decimal, exchange: Decimal) -> Decimal:
    """An amount in a document's currency as home currency."""
    return rounded(value / exchange if company.settings["rate"] == "divide" else value * exchange)


def vat_allowed(company: Company, vat: Decimal) -> None:
    if vat and not company.settings["vat_registered"]:
        raise problems.invalid("VAT can't be recorded: the company is not VAT registered.")
