"""Where companies are: country, its currency and its usual time zone, to guess by when a company signs up.

The marketplaces' countries and the commonest homes of sellers there. Codes: ISO 3166-1 and ISO 4217;
zones: the IANA zone of the capital (for large countries, of the most people).
"""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import available_timezones

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Country:
    code: str
    name: Promise | str
    currency: str
    zone: str


COUNTRIES: tuple[Country, ...] = (
    Country("AU", _("Australia"), "AUD", "Australia/Sydney"),
    Country("AT", _("Austria"), "EUR", "Europe/Vienna"),
    Country("BE", _("Belgium"), "EUR", "Europe/Brussels"),
    Country("BR", _("Brazil"), "BRL", "America/Sao_Paulo"),
    Country("BG", _("Bulgaria"), "EUR", "Europe/Sofia"),
    Country("CA", _("Canada"), "CAD", "America/Toronto"),
    Country("CN", _("China"), "CNY", "Asia/Shanghai"),
    Country("CZ", _("Czechia"), "CZK", "Europe/Prague"),
    Country("DK", _("Denmark"), "DKK", "Europe/Copenhagen"),
    Country("EG", _("Egypt"), "EGP", "Africa/Cairo"),
    Country("EE", _("Estonia"), "EUR", "Europe/Tallinn"),
    Country("FI", _("Finland"), "EUR", "Europe/Helsinki"),
    Country("FR", _("France"), "EUR", "Europe/Paris"),
    Country("DE", _("Germany"), "EUR", "Europe/Berlin"),
    Country("HK", _("Hong Kong"), "HKD", "Asia/Hong_Kong"),
    Country("IN", _("India"), "INR", "Asia/Kolkata"),
    Country("IE", _("Ireland"), "EUR", "Europe/Dublin"),
    Country("IL", _("Israel"), "ILS", "Asia/Jerusalem"),
    Country("IT", _("Italy"), "EUR", "Europe/Rome"),
    Country("JP", _("Japan"), "JPY", "Asia/Tokyo"),
    Country("LU", _("Luxembourg"), "EUR", "Europe/Luxembourg"),
    Country("MX", _("Mexico"), "MXN", "America/Mexico_City"),
    Country("NL", _("Netherlands"), "EUR", "Europe/Amsterdam"),
    Country("NZ", _("New Zealand"), "NZD", "Pacific/Auckland"),
    Country("NO", _("Norway"), "NOK", "Europe/Oslo"),
    Country("PL", _("Poland"), "PLN", "Europe/Warsaw"),
    Country("PT", _("Portugal"), "EUR", "Europe/Lisbon"),
    Country("SA", _("Saudi Arabia"), "SAR", "Asia/Riyadh"),
    Country("SG", _("Singapore"), "SGD", "Asia/Singapore"),
    Country("ZA", _("South Africa"), "ZAR", "Africa/Johannesburg"),
    Country("ES", _("Spain"), "EUR", "Europe/Madrid"),
    Country("SE", _("Sweden"), "SEK", "Europe/Stockholm"),
    Country("CH", _("Switzerland"), "CHF", "Europe/Zurich"),
    Country("TR", _("Türkiye"), "TRY", "Europe/Istanbul"),
    Country("AE", _("United Arab Emirates"), "AED", "Asia/Dubai"),
    Country("GB", _("United Kingdom"), "GBP", "Europe/London"),
    Country("US", _("United States"), "USD", "America/New_York"),
)
BY_CODE = {country.code: country for country in COUNTRIES}
# A language without a country, as browsers often send it, and the country most of its speakers sell from.
_LIKELY = {
    "en": "US",
    "de": "DE",
    "fr": "FR",
    "es": "ES",
    "it": "IT",
    "ja": "JP",
    "nl": "NL",
    "pl": "PL",
    "sv": "SE",
    "pt": "BR",
    "tr": "TR",
}


def guess(accept_language: str) -> Country:
    """The likeliest country of a browser that sends this Accept-Language header."""
    for part in accept_language.split(","):
        language, _sep, rest = part.split(";")[0].strip().partition("-")
        code = rest.split("-")[-1].upper() or _LIKELY.get(language.lower(), "")
        if code in BY_CODE:
            return BY_CODE[code]
    return BY_CODE["US"]


def currencies() -> list[str]:
    return sorted({country.currency for country in COUNTRIES})


def zones() -> list[str]:
    """Zone names people know: "Area/Place", and UTC."""
    areas = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
    return ["UTC", *sorted(zone for zone in available_timezones() if zone.startswith(areas))]
