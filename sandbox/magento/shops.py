"""The merchants' installations, each with a base URL of its own: what they sell in, how they tax, and their store views.

Nothing is drawn here. The credentials are functions of the shop's code, so that they are the same in every world.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

OPEN_SOURCE, COMMERCE, SAAS = "community", "commerce", "saas"


@dataclass(frozen=True, slots=True)
class View:
    """A store view. `currency` is what it shows prices in; the base currency belongs to the website."""

    id: int
    code: str
    name: str
    locale: str
    currency: str


@dataclass(frozen=True, slots=True)
class Shop:
    """One installation. `inclusive`: catalogue prices contain the tax. `orders`: how many its history has."""

    code: str
    name: str
    edition: str
    currency: str
    country: str
    timezone: str
    inclusive: bool
    tax: Decimal
    views: tuple[View, ...]
    orders: int
    version: str = "2.4.8"
    bearer: bool = False

    @property
    def level(self) -> Decimal:
        """Prices against the catalogue's, which are US dollars."""
        return {"JPY": Decimal(150), "KWD": Decimal("0.31"), "GBP": Decimal("0.85")}.get(self.currency, Decimal(1))

    def view(self, code: str) -> View:
        """By code. KeyError: no such view."""
        return {view.code: view for view in self.views}[code]


SHOPS: Final = {
    shop.code: shop
    for shop in (
        Shop("main", "Harbour & Pine", OPEN_SOURCE, "USD", "US", "America/Los_Angeles", False, Decimal("0.0825"),
             (View(1, "default", "English", "en_US", "USD"), View(2, "de", "Deutsch", "de_DE", "EUR")), 60),
        Shop("uk", "Harbour & Pine UK", COMMERCE, "GBP", "GB", "Europe/London", True, Decimal("0.20"),
             (View(1, "default", "United Kingdom", "en_GB", "GBP"),), 24, bearer=True),
        Shop("tokyo", "Harbour & Pine Tokyo", OPEN_SOURCE, "JPY", "JP", "Asia/Tokyo", True, Decimal("0.10"),
             (View(1, "default", "Japanese", "ja_JP", "JPY"),), 6),
        Shop("kuwait", "Harbour & Pine Kuwait", OPEN_SOURCE, "KWD", "KW", "Asia/Kuwait", False, Decimal("0.05"),
             (View(1, "default", "Kuwait", "ar_KW", "KWD"),), 6),
        Shop("cloud", "Harbour & Pine Cloud", SAAS, "USD", "US", "America/New_York", False, Decimal("0.07"),
             (View(1, "default", "English", "en_US", "USD"),), 8, bearer=True),
    )
}  # fmt: skip


def secret_of(shop: str, label: str) -> str:
    """A key, token or secret of 32 characters, as long as Magento's."""
    return hashlib.sha256(f"tieout-twin:{shop}:{label}".encode()).hexdigest()[:32]
