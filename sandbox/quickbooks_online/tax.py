"""Value added tax on a transaction's lines, and what the answer shows of it.

A tax code holds a list of rates for sales and one for purchases. With `TaxExcluded` a line's amount is
net and tax is added; with `TaxInclusive` the amount (or TaxInclusiveAmt) is gross and the net is
derived. Tax is rounded once per line, half-up. A caller's own TaxAmount for a line, or a TaxLine's
Amount for a rate, is honoured if the company's rule `tax_override` allows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from sandbox.quickbooks_online import faults
from sandbox.quickbooks_online.company import Body, Company, Stored
from sandbox.quickbooks_online.money import ZERO, rounded

INCLUSIVE, EXCLUDED, NONE = "TaxInclusive", "TaxExcluded", "NotApplicable"
PSEUDO: Final = ("TAX", "NON")


@dataclass(slots=True)
class Taxed:
    """One line after tax. `sign` is +1 where the net raises what the company owes in tax (credit), -1 where it lowers it."""

    net: Decimal
    tax: Decimal
    sign: int = 1
    rate: Stored | None = None

    @property
    def gross(self) -> Decimal:
        return self.net + self.tax


@dataclass(slots=True)
class Total:
    """All tax of one rate: credit positive."""

    rate: Stored
    net: Decimal = ZERO
    tax: Decimal = ZERO
    override: Decimal = field(default=ZERO)


def applies(company: Company) -> bool:
    """Whether this company writes tax codes on its lines (everywhere but in the United States)."""
    return company.country != "US"


def rate_of(company: Company, code: Stored, side: str) -> Stored | None:
    """The rate a code has for `Sales` or `Purchase`; None for a code outside the scope of tax."""
    details = code.body.get(f"{'Sales' if side == 'Sales' else 'Purchase'}TaxRateList", {}).get("TaxRateDetail", [])
    if not details:
        if code.body.get("Taxable"):
            raise faults.business(f"The tax code {code.body['Name']} has no rate for {side.lower()}.", "TaxCodeRef")
        return None
    return company.need("TaxRate", details[0]["TaxRateRef"], "TaxRateRef")


def on_line(company: Company, detail: Body, amount: Decimal, side: str, model: str, sign: int, currency: str) -> Taxed:
    """Tax one line. `detail` holds TaxCodeRef and, where the line type has them, TaxAmount and TaxInclusiveAmt."""
    if not detail.get("TaxCodeRef") or model == NONE:
        return Taxed(amount, ZERO, sign)
    code = company.need("TaxCode", detail["TaxCodeRef"], "TaxCodeRef")
    detail["TaxCodeRef"] = {"value": code.id}
    rate = rate_of(company, code, side)
    if rate is None:
        return Taxed(amount, ZERO, sign)
    percent = Decimal(rate.body["RateValue"])
    stated = detail.get("TaxAmount")  # 0 is a statement too
    given = rounded(abs(stated), currency) if stated is not None and company.rules["tax_override"] else None
    if model == INCLUSIVE:
        return _inclusive(amount, detail.get("TaxInclusiveAmt"), given, percent, sign, rate, currency)
    computed = rounded(amount * percent / 100, currency)
    tax = computed if given is None else given.copy_sign(amount)
    return Taxed(amount, tax, sign, rate)


def _inclusive(
    amount: Decimal, gross: Decimal | None, given: Decimal | None, percent: Decimal, sign: int, rate: Stored, currency: str
) -> Taxed:
    """Gross is TaxInclusiveAmt where it is sent, else the amount itself."""
    whole = amount if gross is None else gross
    if given is not None:
        tax = given.copy_sign(whole)
    elif gross is not None and gross != amount:
        tax = gross - amount
    else:
        tax = rounded(whole * percent / (100 + percent), currency)
    return Taxed(whole - tax, tax, sign, rate)


def totals(lines: Iterable[Taxed]) -> dict[str, Total]:
    """Tax by rate id, in the order of first use."""
    found: dict[str, Total] = {}
    for line in lines:
        if line.rate is not None:
            total = found.setdefault(line.rate.id, Total(line.rate))
            total.net += line.sign * line.net
            total.tax += line.sign * line.tax
    return found


def settle(company: Company, parts: list[Taxed], asked: Body | None, model: str, direction: int = 1) -> dict[str, Total]:
    """Sum the tax by rate, with the caller's own amounts per rate (TxnTaxDetail.TaxLine) in place of the computed ones.

    The difference goes to the last line of the rate: onto its tax, and with inclusive amounts out of its net.
    `direction` is the document's own: -1 where it shows debits as positive (a bill, a refund).
    """
    sums = totals(parts)
    for line in (asked or {}).get("TaxLine", []) if company.rules["tax_override"] else []:
        rate = line.get("TaxLineDetail", {}).get("TaxRateRef", {}).get("value")
        if rate not in sums:
            raise faults.invalid_reference("TaxRateRef", str(rate))
        delta = direction * rounded(line.get("Amount", ZERO)) - sums[rate].tax
        if abs(sums[rate].tax + delta) > abs(sums[rate].net):
            raise faults.business("The tax of a line cannot be larger than its net amount.", "TaxLine")
        if delta:
            last = [part for part in parts if part.rate is not None and part.rate.id == rate][-1]
            last.tax += last.sign * delta
            last.net -= last.sign * delta if model == INCLUSIVE else 0
    return _with_deltas(totals(parts), sums)


def _with_deltas(after: dict[str, Total], before: dict[str, Total]) -> dict[str, Total]:
    for rate, total in after.items():
        total.override = total.tax - before[rate].tax
    return after


def shown(sums: dict[str, Total], direction: int = 1) -> Body | None:
    """TxnTaxDetail as answers carry it, in the document's own direction; None where no line has a rate."""
    if not sums:
        return None
    total = direction * sum((total.tax for total in sums.values()), ZERO)
    return {"TotalTax": total, "TaxLine": [_line(total, direction) for total in sums.values()]}


def _line(total: Total, direction: int) -> Body:
    detail: Body = {
        "TaxRateRef": {"value": total.rate.id},
        "PercentBased": True,
        "TaxPercent": total.rate.body["RateValue"],
        "NetAmountTaxable": direction * total.net,
    }
    if total.override:
        detail["OverrideDeltaAmount"] = direction * total.override
    return {"Amount": direction * total.tax, "DetailType": "TaxLineDetail", "TaxLineDetail": detail}


# Automated sales tax (United States): state rates, before any local ones, as the states publish them.
STATE_RATES: Final = {"CA": "7.25", "NY": "4", "TX": "6.25", "WA": "6.5", "FL": "6", "IL": "6.25", "OR": "0", "DE": "0"}


def us_sale(body: Body, taxable: Decimal, currency: str) -> Decimal:
    """What automated sales tax puts on the TAX lines of a sale: by the ship-to state, none without an address.

    A TotalTax sent with UseAutomatedSalesTax false stands as it is.
    """
    asked = body.get("TxnTaxDetail") or {}
    if asked.get("UseAutomatedSalesTax") is False:
        return rounded(asked.get("TotalTax", ZERO), currency)
    address = body.get("ShipAddr") or body.get("BillAddr") or {}
    rate = Decimal(STATE_RATES.get(address.get("CountrySubDivisionCode", ""), "0"))
    return rounded(taxable * rate / 100, currency)
