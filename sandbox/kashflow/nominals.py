"""Nominals, the bank accounts that are nominals, and the products that are sold under them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from sandbox.kashflow import chart, problems, rules
from sandbox.kashflow.company import Body, Company, Stored

PRODUCT_DEFAULTS: Body = {
    "Price": Decimal(0), "VatRate": Decimal(0), "WholesalePrice": Decimal(0), "Managed": 0, "StockWarnQty": 0, "AutoFill": 0,
}  # fmt: skip


def create(company: Company, name: str | None, code: int, classification: int, nomtype: int) -> Stored:
    """A new nominal. Refused for a code in use, a code below 1, or a place that doesn't exist."""
    if not name:
        raise problems.missing("name")
    if classification not in chart.CLASSIFICATIONS:
        raise problems.invalid(f"classification {classification} is not valid.")
    if nomtype not in chart.NOMTYPES:
        raise problems.invalid(f"nomtype {nomtype} is not valid.")
    if not 1 <= code <= 999_999:
        raise problems.invalid(f"Nominal code {code} is not valid.")
    if company.coded("Nominal", code):
        raise problems.taken("Nominal code", code)
    body = {"Code": code, "Name": rules.text(name, "NominalName"), "Classification": classification, "NomType": nomtype}
    return company.insert("Nominal", body, code=str(code))


def create_bank(company: Company, name: str | None, code: int) -> Stored:
    """A new bank account with a nominal of its own; code 0 takes the next free one from 1200 on."""
    if not name:
        raise problems.missing("AccountName")
    if not code:
        used = {stored.body["Code"] for stored in company.all("Nominal")}
        code = next(free for free in range(1200, 10_000) if free not in used)
    kept = rules.text(name, "AccountName")
    nominal = create(company, kept, code, 5, 3)
    return company.insert("Bank", {"AccountName": kept, "Code": code}, code=str(code), parent=nominal.id)


def bank_of(company: Company, nominal: int) -> Stored | None:
    """The bank account that a nominal is."""
    return next(iter(company.all("Bank", "AND parent = ?", (nominal,))), None)


def codable(company: Company, nominal: Stored) -> bool:
    """Whether entries may be coded to it by hand: not to what the program keeps itself, nor to a bank account."""
    return nominal.body["Code"] not in chart.CONTROL and bank_of(company, nominal.id) is None


def need_codable(company: Company, nominal_id: int) -> Stored:
    """The live nominal of that id. Refused for a control account or a bank account."""
    nominal = company.need("Nominal", nominal_id, "nominal")
    if not codable(company, nominal):
        raise problems.invalid(f"Nominal {nominal.body['Name']} can't be used here.")
    return nominal


def charge(company: Company, charge_type: int, other: int) -> Stored:
    """Where a document's line is booked: `charge_type` is a nominal's id, 0 the nominal of code `other`."""
    return need_codable(company, charge_type) if charge_type else company.nominal(other)


def save_product(company: Company, sent: Body) -> Stored:
    """Add a product (id 0), or change the one of that id. Its code is unique; its stock becomes what is sent."""
    old = company.need("Product", sent["id"], "product") if sent.get("id") else None
    name, code = rules.text(sent.get("Name"), "Name"), rules.text(sent.get("Code"), "Code")
    if not name:
        raise problems.missing("Name")
    nominal = need_codable(company, sent["ParentID"])
    other = company.coded("Product", code) if code else None
    if other and (old is None or other.id != old.id):
        raise problems.taken("Product code", code)
    body = {**PRODUCT_DEFAULTS, **{field: sent[field] for field in PRODUCT_DEFAULTS if sent.get(field) is not None}}
    body |= {"Name": name, "Code": code, "Description": rules.text(sent.get("Description"), "Description")}
    body["Stock"] = Decimal(sent.get("QtyInStock") or 0) - (company.moved(old.id) if old else 0)
    columns = {"code": code.casefold() or None, "parent": nominal.id}
    return company.replace(old, body, **columns) if old else company.insert("Product", body, **columns)


def in_stock(company: Company, product: Stored) -> Decimal:
    return Decimal(product.body["Stock"]) + company.moved(product.id)


def listed(company: Company) -> Iterator[Stored]:
    """The chart in order of codes."""
    yield from sorted(company.all("Nominal"), key=lambda stored: stored.body["Code"])
