"""Who sells where: the marketplaces, the sellers that live in the twin, and the applications they may authorise.

Marketplace ids, currencies and names as published in Amazon's marketplace table. One seller account
belongs to one region; within it, the marketplaces share one authorisation (a unified account), yet
each settles by itself in its own currency. Sellers, applications and secrets are the twin's own
inventions and worth nothing elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class FileStyle:
    """How settlement files of a marketplace are written: dates and decimals vary independently.

    `charset` is what the document's Content-Type says; empty where it says nothing, which sellers report of
    settlement files (selling-partner-api-models, issue 3025).
    """

    iso_dates: bool = True
    comma_decimals: bool = False
    encoding: str = "utf-8"
    charset: str = "UTF-8"
    newline: str = "\n"
    trimmed: bool = False


@dataclass(frozen=True, slots=True)
class Marketplace:
    """One Amazon store. `decimals` of its currency; `offset_days`: how long before the anchor its last period ended."""

    code: str
    id: str
    name: str
    country: str
    language: str
    domain: str
    currency: str
    style: FileStyle
    order_prefix: str
    orders: int
    offset_days: int
    rail: str
    price_factor: Decimal = Decimal(1)
    decimals: int = 2

    @property
    def quantum(self) -> Decimal:
        """The smallest amount of its currency."""
        return Decimal(1).scaleb(-self.decimals)


_DOTS = FileStyle(iso_dates=False, newline="\r\n")
_COMMAS = FileStyle(iso_dates=False, comma_decimals=True, encoding="cp1252", charset="Cp1252", newline="\r\n")
_UNNAMED = FileStyle(iso_dates=False, comma_decimals=True, encoding="cp1252", charset="", newline="\r\n")
_JAPAN = FileStyle(encoding="cp932", charset="Windows-31J")

_ALL = (
    Marketplace("US", "ATVPDKIKX0DER", "Amazon.com", "US", "en_US", "www.amazon.com", "USD", FileStyle(),
                "112", 12, 3, "ACH"),
    Marketplace("CA", "A2EUQ1WTGCTBG2", "Amazon.ca", "CA", "en_CA", "www.amazon.ca", "CAD", FileStyle(trimmed=True),
                "701", 6, 4, "EFT", Decimal("1.3")),
    Marketplace("MX", "A1AM78C64UM0Y8", "Amazon.com.mx", "MX", "es_MX", "www.amazon.com.mx", "MXN", FileStyle(charset=""),
                "702", 4, 3, "SPEI", Decimal("18")),
    Marketplace("UK", "A1F83G8C2ARO7P", "Amazon.co.uk", "GB", "en_GB", "www.amazon.co.uk", "GBP", _DOTS,
                "203", 9, 3, "BACS", Decimal("0.8")),
    Marketplace("DE", "A1PA6795UKMFR9", "Amazon.de", "DE", "de_DE", "www.amazon.de", "EUR", _COMMAS,
                "302", 7, 5, "SEPA", Decimal("0.9")),
    Marketplace("ES", "A1RKKUPIHCS9HS", "Amazon.es", "ES", "es_ES", "www.amazon.es", "EUR", _UNNAMED,
                "404", 5, 5, "SEPA", Decimal("0.9")),
    Marketplace("JP", "A1VC38T7YXB528", "Amazon.co.jp", "JP", "ja_JP", "www.amazon.co.jp", "JPY", _JAPAN,
                "503", 6, 4, "ZENGIN", Decimal("150"), decimals=0),
    Marketplace("AU", "A39IBJ37TRP1C6", "Amazon.com.au", "AU", "en_AU", "www.amazon.com.au", "AUD",
                FileStyle(iso_dates=False), "249", 6, 3, "NPP", Decimal("1.5")),
)  # fmt: skip
MARKETPLACES = {place.code: place for place in _ALL}
BY_ID = {place.id: place for place in _ALL}
REGIONS = ("na", "eu", "fe")


@dataclass(frozen=True, slots=True)
class Seller:
    """One selling partner account: a region, the stores it sells in, and what getAccount says of it.

    Sellers that draw the same fortune (`draws`) trade alike, order by order; `order_prefix` keeps their numbers apart.
    """

    id: str
    name: str
    region: str
    codes: tuple[str, ...]
    business_type: str
    city: str
    country: str
    account_tail: str
    share: Decimal = Decimal(1)
    draws: str = ""
    order_prefix: str = ""

    @property
    def fortune(self) -> str:
        """What everything this seller sells is drawn from."""
        return self.draws or self.id

    def numbers(self, place: Marketplace) -> str:
        """How this seller's order numbers begin in a store."""
        return self.order_prefix or place.order_prefix

    @property
    def marketplaces(self) -> tuple[Marketplace, ...]:
        return tuple(MARKETPLACES[code] for code in self.codes)


SELLERS = {
    seller.id: seller
    for seller in (
        Seller("A2HARBOURPINE1", "Harbour & Pine Trading Inc.", "na", ("US", "CA", "MX"), "PRIVATE_LIMITED", "Portland", "US",
               "4417"),
        Seller("A3LAKESIDEBKS2", "Lakeside Books LLC", "na", ("US",), "PRIVATE_LIMITED", "Duluth", "US", "8802",
               Decimal("0.4")),
        Seller("A1THISTLEWARE3", "Thistleware Ltd", "eu", ("UK", "DE", "ES"), "PRIVATE_LIMITED", "Leeds", "GB", "2093"),
        Seller("A4KOALAKOUBO44", "Koala Kobo Pty Ltd", "fe", ("AU", "JP"), "PRIVATE_LIMITED", "Geelong", "AU", "5561"),
        *(
            Seller(f"A5MERIDIANOUT{number}", f"Meridian Outfitters {number}", "na", ("US",), "PRIVATE_LIMITED", "Boise", "US",
                   f"771{number}", Decimal("0.2"), "MERIDIAN", f"12{number}")
            for number in range(1, 8)
        ),
        *(
            Seller(f"A6FELLANDFERN{number}", f"Fell & Fern {number}", "eu", ("UK",), "PRIVATE_LIMITED", "Kendal", "GB",
                   f"664{number}", Decimal("0.2"), "FELLANDFERN", f"26{number}")
            for number in range(1, 5)
        ),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Application:
    """A developer's application: its LWA client and its identity on the consent page.

    A draft one is authorised only with `version=beta`; a private one by its owner, with a token shown once.
    """

    id: str
    name: str
    client_id: str
    secret: str
    draft: bool = False


APPLICATIONS = {
    app.client_id: app
    for app in (
        Application("amzn1.sp.solution.tieout-twin", "Tieout", "amzn1.application-oa2-client.tieout-twin",
                    "amzn1.oa2-cs.v1.tieout-twin-secret"),
        Application("amzn1.sp.solution.tieout-draft", "Tieout (draft)", "amzn1.application-oa2-client.tieout-draft",
                    "amzn1.oa2-cs.v1.tieout-draft-secret", draft=True),
        Application("amzn1.sp.solution.tieout-private", "Tieout (private)", "amzn1.application-oa2-client.tieout-private",
                    "amzn1.oa2-cs.v1.tieout-private-secret"),
    )
}  # fmt: skip
PRIVATE_CLIENT = "amzn1.application-oa2-client.tieout-private"


def application(application_id: str) -> Application | None:
    """By its id on the consent page."""
    return next((app for app in APPLICATIONS.values() if app.id == application_id), None)


def self_authorised_token(seller: Seller) -> str:
    """The fixed refresh token with which each seller has authorised the private application."""
    return f"Atzr|twin-self-authorised-{seller.id}"


def sellers_of(region: str) -> list[Seller]:
    return [seller for seller in SELLERS.values() if seller.region == region]
