"""Customers and suppliers: a unique code, a name, and what else the types carry."""

from __future__ import annotations

from sandbox.kashflow import problems, rules
from sandbox.kashflow.company import Body, Company, Stored
from sandbox.kashflow.shapes import TYPES

KEYS = {"Customer": "CustomerID", "Supplier": "SupplierID"}
_COMPUTED = ("CustomerID", "SupplierID", "Created", "Updated")


def save(company: Company, kind: str, sent: Body, old: Stored | None = None, *, free_code: bool = False) -> Stored:
    """Create, or replace `old`. `free_code`: a code in use gets a number appended instead of a refusal."""
    name, code = rules.text(sent.get("Name"), "Name"), rules.text(sent.get("Code"), "Code").strip()
    if not name:
        raise problems.missing("Name")
    code = code or (old.body["Code"] if old else _suggested(company, kind, name))
    other = company.coded(kind, code)
    if other and (old is None or other.id != old.id):
        if not free_code:
            raise problems.taken(f"{kind} code", code)
        code = _free(company, kind, code)
    if sent.get("CurrencyID"):
        company.need("Currency", sent["CurrencyID"], "currency")
    body = {**_texts(kind, sent), "Name": name, "Code": code}
    columns = {"code": code.casefold(), "reference": (body.get("Email") or "").casefold() or None}
    return company.replace(old, body, **columns) if old else company.insert(kind, body, **columns)


def _texts(kind: str, sent: Body) -> Body:
    kept = {}
    for one in TYPES[kind]:
        value = sent.get(one.name)
        if one.name not in _COMPUTED and value is not None:
            kept[one.name] = rules.text(value, one.name) if one.type == "string" else value
    return kept


def _suggested(company: Company, kind: str, name: str) -> str:
    letters = "".join(mark for mark in name.upper() if mark.isalnum())[:4] or "NEW"
    return _free(company, kind, f"{letters}01") if company.coded(kind, f"{letters}01") else f"{letters}01"


def _free(company: Company, kind: str, code: str) -> str:
    return next(free for at in range(2, 10_000) if not company.coded(kind, free := f"{code}{at}"))


def remove(company: Company, stored: Stored) -> None:
    """Refused while documents name it."""
    documents = "Invoice" if stored.kind == "Customer" else "Receipt"
    if company.all(documents, "AND parent = ?", (stored.id,)):
        raise problems.invalid(f"{stored.kind} {stored.body['Code']} has transactions and can't be deleted.")
    company.remove(stored)


def shown(company: Company, stored: Stored) -> Body:
    """As the SOAP types show it."""
    home = rules.currency(company, None).id
    body = {"CurrencyID": home, **stored.body}
    body["CurrencyID"] = body["CurrencyID"] or home
    return {**body, KEYS[stored.kind]: stored.id, "Created": stored.created, "Updated": stored.updated}
