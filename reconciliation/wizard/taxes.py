"""VAT, GST and sales tax: which codes a registration needs, and which ones the ledger's list suggests.

Pure. Nothing is decided here: a proposal is what a picker shows first, and a person confirms it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from canonical.problems import N_
from reconciliation.engine import Registration

# Standard rates in percent, to find the ledger's standard code by. Sources: European Commission, "VAT rates
# applied in the Member States"; HMRC; ATO, CRA, SAT, NTA, FTA, ZATCA, SARS and IRAS pages on their standard rate.
STANDARD_RATES: Mapping[str, Decimal] = {
    country: Decimal(rate)
    for country, rate in {
        "GB": 20, "DE": 19, "FR": 20, "IT": 22, "ES": 21, "NL": 21, "BE": 21, "IE": 23, "SE": 25, "PL": 23, "TR": 20,
        "AU": 10, "JP": 10, "SG": 9, "AE": 5, "SA": 15, "EG": 14, "ZA": 15, "IN": 18, "MX": 16, "CA": 5,
    }.items()
}  # fmt: skip

# Countries without a value-added tax: the marketplace collects and pays sales tax.
SALES_TAX_COUNTRIES = frozenset({"US"})

SALES, PURCHASES, ZERO, NONE, REVERSE = "sales", "purchases", "zero", "none", "reverse"
CODES = (SALES, PURCHASES, ZERO, NONE, REVERSE)

# Which codes each standing makes use of (reconciliation.engine.vat); the first list must be chosen, the second may.
_NEEDS: Mapping[Registration, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Registration.REGISTERED: ((SALES, PURCHASES, ZERO), (NONE,)),
    Registration.REGISTERED_ABROAD: ((SALES, ZERO, REVERSE), (NONE,)),
    Registration.NOT_REGISTERED: ((), (NONE,)),
    Registration.OUTSIDE: ((), (NONE,)),
    Registration.FLAT_RATE: ((), ()),
}

LABELS: Mapping[str, tuple[str, str]] = {
    SALES: (N_("Code for sales"), N_("The standard rate. The VAT is taken out of the price at this rate.")),
    PURCHASES: (N_("Code for Amazon's fees"), N_("Amazon's fees include this VAT, which you reclaim.")),
    ZERO: (
        N_("Code for sales where Amazon accounts for the VAT"),
        N_("Your line then carries none of it: usually the zero-rated code."),
    ),
    NONE: (
        N_("Code for what is outside VAT"),
        N_("Reserves, loans, transfers and refunds for lost goods are not on the return."),
    ),
    REVERSE: (N_("Code for Amazon's fees from abroad"), N_("Reverse charge: you account for the VAT yourself.")),
}

_ZERO_WORDS = ("zero", "0.0% z", "0% z")
_NONE_WORDS = ("no vat", "no tax", "out of scope", "outside", "non", "bas excluded", "exempt")
_REVERSE_WORDS = ("reverse", " rc", "ec services", "ec purchase")


@dataclass(frozen=True, slots=True)
class Code:
    """A tax code of the ledger. A rate is None where the code has none on that side: outside the scope of the tax."""

    id: str
    name: str
    sales_rate: Decimal | None = None
    purchase_rate: Decimal | None = None


def needed(registration: str) -> tuple[str, ...]:
    """The codes that must be chosen with this registration."""
    return _NEEDS[Registration(registration)][0]


def used(registration: str) -> tuple[str, ...]:
    """The codes that mean anything with this registration."""
    must, may = _NEEDS[Registration(registration)]
    return (*must, *may)


def keep_used(row: Mapping[str, str]) -> dict[str, str]:
    """An answer without the codes that its registration has no use for."""
    wanted = used(row["registration"])
    return {key: value for key, value in row.items() if value and (key not in CODES or key in wanted)}


def likely_registration(marketplace_country: str, business_country: str) -> str:
    """A first guess at the standing in a marketplace's country; "" (not known) where guessing could cost money."""
    if marketplace_country in SALES_TAX_COUNTRIES:
        return Registration.OUTSIDE.value
    return Registration.REGISTERED.value if marketplace_country == business_country else ""


def proposals(codes: Sequence[Code], country: str) -> dict[str, str]:
    """The code each picker shows first, by rate and name; a picker without a fitting code stays empty."""
    rate = STANDARD_RATES.get(country)
    # Names that speak of reverse charge carry a rate too; they are never the ordinary sale or fee.
    plain = [code for code in codes if not _speaks_of(code, _REVERSE_WORDS)]
    found = {
        SALES: _first(code for code in plain if rate is not None and code.sales_rate == rate),
        PURCHASES: _first(code for code in plain if rate is not None and code.purchase_rate == rate),
        ZERO: _zero(plain),
        NONE: _none(plain),
        REVERSE: _first(code for code in codes if code.purchase_rate is not None and _speaks_of(code, _REVERSE_WORDS)),
    }
    return {which: code.id for which, code in found.items() if code is not None}


def _zero(codes: Sequence[Code]) -> Code | None:
    at_zero = [code for code in codes if code.sales_rate == 0]
    return _first(code for code in at_zero if _speaks_of(code, _ZERO_WORDS)) or _first(
        code for code in at_zero if not _speaks_of(code, _NONE_WORDS)
    )


def _none(codes: Sequence[Code]) -> Code | None:
    """A code without rates is outside the scope; a name that says so comes next."""
    for word in _NONE_WORDS:
        for code in codes:
            if code.sales_rate is None and code.purchase_rate is None and code.name.casefold().startswith(word):
                return code
    return _first(code for code in codes if code.sales_rate is None and code.purchase_rate is None)


def _speaks_of(code: Code, words: Iterable[str]) -> bool:
    name = code.name.casefold()
    return any(word in name for word in words)


def _first(codes: Iterable[Code]) -> Code | None:
    return next(iter(codes), None)
