"""Who buys: registered customers of a shop, and guests."""

from __future__ import annotations

import random
from typing import Final

from sandbox.magento.installation import Body, Installation

_FIRST: Final = ("Ada", "Bruno", "Chiyo", "Dalia", "Edgar", "Fatima", "Goran", "Hanna", "Ines", "Jonas", "Keiko", "Lars")
_LAST: Final = (
    "Abbott",
    "Brandt",
    "Costa",
    "Dietrich",
    "Eriksen",
    "Fischer",
    "Grünwald",
    "Haddad",
    "Ibsen",
    "Jansen",
    "O'Neill",
    "Lund",
)
_PLACES: Final = {
    "US": (("Portland", "OR", "Oregon", 49, "97201"), ("Denver", "CO", "Colorado", 13, "80202"), ("Austin", "TX", "Texas", 57, "73301")),
    "GB": (("Leeds", "", "West Yorkshire", 0, "LS1 4DY"), ("Bristol", "", "Avon", 0, "BS1 5TR"), ("York", "", "North Yorkshire", 0, "YO1 7HH")),
    "DE": (("Hamburg", "HAM", "Hamburg", 86, "20095"), ("Köln", "NRW", "Nordrhein-Westfalen", 88, "50667")),
    "JP": (("Osaka", "", "Osaka", 0, "530-0001"), ("Kyoto", "", "Kyoto", 0, "600-8001")),
    "KW": (("Kuwait City", "", "Al Asimah", 0, "13001"), ("Salmiya", "", "Hawalli", 0, "22001")),
}  # fmt: skip
CUSTOMERS: Final = 12


def plant(found: Installation, since: str) -> None:
    """A dozen customers with an address each; one of them is a company with a VAT number."""
    rng = random.Random(f"{found.shop.code}:people")
    for place, (first, last) in enumerate(zip(_FIRST, _LAST, strict=True)):
        number = found.next_id("customer")
        address = drawn_address(rng, found.shop.country, first, last)
        if place == CUSTOMERS - 1:
            address |= {"company": "Lund & Daughters Ltd", "vat_id": "GB123456789"}
        body: Body = {
            "id": number, "group_id": 2 if place == CUSTOMERS - 1 else 1, "default_billing": str(number),
            "default_shipping": str(number), "created_at": since, "updated_at": since, "created_in": found.shop.views[0].name,
            "email": f"{first.lower()}.{number}@example.test", "firstname": first, "lastname": last, "store_id": 1, "website_id": 1,
            "addresses": [customer_address(number, address)], "disable_auto_group_change": 0,
            "extension_attributes": {"is_subscribed": False}, "custom_attributes": [],
        }  # fmt: skip
        found.add("customer", body)


def drawn_address(rng: random.Random, country: str, first: str, last: str) -> Body:
    """As an order keeps one."""
    city, code, region, region_id, postcode = rng.choice(_PLACES[country])
    shown = {"region": region, **({"region_code": code, "region_id": region_id} if region_id else {})}
    return {
        "firstname": first, "lastname": last, "street": [f"{rng.randrange(1, 240)} Quay Street"], "city": city, "postcode": postcode,
        "country_id": country, "telephone": f"555-{rng.randrange(10**4):04d}", **shown,
    }  # fmt: skip


def customer_address(number: int, address: Body) -> Body:
    """The same as a customer's address book has it."""
    names = ("firstname", "lastname", "street", "city", "postcode", "country_id", "telephone", "company", "vat_id")
    kept = {name: address[name] for name in names if name in address}
    region = {"region_code": address.get("region_code", address["region"]), "region": address["region"],
              "region_id": address.get("region_id", 0)}  # fmt: skip
    return {
        "id": number, "customer_id": number, "region": region, "region_id": region["region_id"], **kept,
        "default_shipping": True, "default_billing": True,
    }  # fmt: skip


def order_address(customer: Body) -> Body:
    """A customer's address as an order copies it."""
    address = customer["addresses"][0]
    kept = {name: value for name, value in address.items()
            if name in ("firstname", "lastname", "street", "city", "postcode", "country_id", "telephone", "company", "vat_id")}  # fmt: skip
    region = address["region"]
    return {**kept, "region": region["region"],
            **({"region_code": region["region_code"], "region_id": region["region_id"]} if region["region_id"] else {})}  # fmt: skip


def guest(rng: random.Random, country: str) -> tuple[str, Body]:
    """E-mail address and postal address of somebody without an account."""
    first, last = rng.choice(_FIRST), rng.choice(_LAST)
    return f"{first.lower()}.guest{rng.randrange(10**4)}@example.test", drawn_address(rng, country, first, last)
