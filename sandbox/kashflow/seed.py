"""What is there at first: three companies in Great Britain, each with the usual chart, bank accounts and VAT rates."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from typing import Any, Final

from sandbox.jsontext import dump
from sandbox.kashflow import chart, nominals, parties
from sandbox.kashflow.company import Body, Company
from sandbox.world import World

VAT: Final = "41001"
NOT_REGISTERED: Final = "41002"
SOAP_OFF: Final = "41003"

_COMPANIES: Final[tuple[Body, ...]] = (
    {
        "id": VAT, "name": "Severn Trading Ltd", "username": "severn", "why": "VAT registered; separate API password; EUR set up",
        "settings": {
            "password": "login-severn-1", "api_password": "api-severn-1", "memorable": "Lighthouse", "vat_number": "GB123456789",
        },
    },
    {
        "id": NOT_REGISTERED, "name": "Corner Goods", "username": "corner",
        "why": "not VAT registered; the login password is the API's",
        "settings": {"password": "login-corner-1", "memorable": "Marmalade", "vat_registered": False},
    },
    {
        "id": SOAP_OFF, "name": "Quiet Wares Ltd", "username": "quiet", "why": "the SOAP API is turned off: REST only",
        "settings": {"password": "login-quiet-1", "memorable": "Hedgehog", "soap": False, "vat_number": "GB987654321"},
    },
)  # fmt: skip


def plant(conn: sqlite3.Connection, world: World) -> None:
    for one in _COMPANIES:
        row = (one["id"], one["name"], one["username"], dump(one["settings"]))
        conn.execute("INSERT INTO kf_company VALUES (?, ?, ?, ?)", row)
        _furnish(Company(conn, one["id"], world.now()))


def _furnish(company: Company) -> None:
    for currency, exchange in (("GBP", "1"), ("EUR", "0.86")):
        if currency == company.home or company.id == VAT:
            body = {"CurrencyCode": currency, "ExchangeRate": Decimal(exchange)}
            company.insert("Currency", body, code=currency.casefold())
    for rate, name in chart.VAT_RATES:
        if rate <= 0 or company.settings["vat_registered"]:
            company.insert("VatRate", {"Rate": Decimal(rate), "Name": name})
    for code, name, classification, nomtype in chart.CHART:
        nominals.create(company, name, code, classification, nomtype)
    for code, name in chart.BANKS:
        nominals.create_bank(company, name, code)
    for kind, names in (("InvPayMethod", chart.SALES_METHODS), ("RecPayMethod", chart.PURCHASE_METHODS)):
        for name in names:
            company.insert(kind, {"Name": name})
    parties.save(company, "Customer", {"Name": "Walk-in Customer", "Code": "WALK01", "Email": "walkin@example.org"})
    parties.save(company, "Supplier", {"Name": "Paper & Sons", "Code": "PAPE01"})
    goods = {"Name": "Mug", "Code": "MUG", "Price": Decimal("12.50"), "VatRate": Decimal(20), "Managed": 1, "QtyInStock": 100}
    nominals.save_product(company, {**goods, "ParentID": company.nominal(4000).id})


def seeded() -> dict[str, Any]:
    """Credentials and what each company is for."""
    return {
        "companies": [
            {
                "company": one["id"], "name": one["name"], "username": one["username"], "why": one["why"],
                "password": one["settings"]["password"], "memorable": one["settings"]["memorable"],
                "api_password": one["settings"].get("api_password") or one["settings"]["password"],
                "soap": one["settings"].get("soap", True), "vat_registered": one["settings"].get("vat_registered", True),
            }
            for one in _COMPANIES
        ],
        "in_each": {
            "bank_accounts": {name: code for code, name in chart.BANKS}, "customer": "WALK01", "supplier": "PAPE01",
            "product": "MUG (nominal 4000, stock managed, 100 in stock; stock control is off until the verb `stock`)",
        },
    }  # fmt: skip
