"""The money of an order, in one currency at a time, so that its totals always foot:

    grand_total = subtotal + shipping_amount + tax_amount + discount_amount + discount_tax_compensation_amount
                  + shipping_discount_tax_compensation_amount [- customer_balance_amount - gift_cards_amount]

`discount_amount` of an order is negative, of a line positive. Where prices contain the tax, the discount is
taken off the price with tax and the tax computed anew on what is left; the compensation is the tax that
the smaller price no longer has, because row totals stay as they were without the discount.
"""

from __future__ import annotations

from decimal import Decimal

from sandbox.magento.installation import Body
from sandbox.magento.money import ZERO, rounded

LINE = ("row_total", "row_total_incl_tax", "tax_amount", "discount_amount", "discount_tax_compensation_amount")
"""What a line carries and its invoices and credit memos share out."""


def line(price: Decimal, quantity: Decimal, off: Decimal, tax: Decimal, *, inclusive: bool, currency: str) -> Body:
    """A line that carries money. `price` is the catalogue's, `off` and `tax` parts of one."""
    catalogue = rounded(price * quantity, currency)
    discount = rounded(catalogue * off, currency)
    if inclusive:
        before, after = (rounded(amount * tax / (1 + tax), currency) for amount in (catalogue, catalogue - discount))
        net, gross, unit, unit_gross = catalogue - before, catalogue, rounded(price / (1 + tax), currency), price
    else:
        before, after = (rounded(amount * tax, currency) for amount in (catalogue, catalogue - discount))
        net, gross, unit, unit_gross = catalogue, catalogue + before, price, rounded(price * (1 + tax), currency)
    return {
        "price": unit, "original_price": price, "price_incl_tax": unit_gross, "row_total": net, "row_total_incl_tax": gross,
        "tax_amount": after, "discount_amount": discount,
        "discount_tax_compensation_amount": before - after if inclusive else ZERO,
    }  # fmt: skip


def nothing() -> Body:
    """A line whose money is another's."""
    names = ("price", "original_price", "price_incl_tax", *LINE)
    return dict.fromkeys(names, ZERO)


def together(parts: list[Body], quantity: Decimal, currency: str) -> Body:
    """The parent of a dynamic bundle: shows what its parts come to; their discounts stay theirs alone."""
    sums = {name: sum((part[name] for part in parts), ZERO) for name in ("row_total", "row_total_incl_tax", "tax_amount")}
    unit, gross = (rounded(sums[name] / quantity, currency) for name in ("row_total", "row_total_incl_tax"))
    return {**nothing(), **sums, "price": unit, "original_price": unit, "price_incl_tax": gross}


def shipping(price: Decimal, off: Decimal, tax: Decimal, *, inclusive: bool, currency: str) -> Body:
    """Postage is taxed and discounted as a line is."""
    as_line = line(price, Decimal(1), off, tax, inclusive=inclusive, currency=currency)
    return {
        "shipping_amount": as_line["row_total"], "shipping_incl_tax": as_line["row_total_incl_tax"],
        "shipping_tax_amount": as_line["tax_amount"], "shipping_discount_amount": as_line["discount_amount"],
        "shipping_discount_tax_compensation_amount": as_line["discount_tax_compensation_amount"],
    }  # fmt: skip


def totals(money_lines: list[Body], post: Body, less: Decimal = ZERO) -> Body:
    """An order's totals. `money_lines`: lines that carry money; `less`: gift cards and store credit."""
    sums = {name: sum((one[name] for one in money_lines), ZERO) for name in LINE}
    discount = sums["discount_amount"] + post["shipping_discount_amount"]
    tax = sums["tax_amount"] + post["shipping_tax_amount"]
    compensation = sums["discount_tax_compensation_amount"]
    grand = sums["row_total"] + post["shipping_amount"] + tax - discount + compensation
    grand += post["shipping_discount_tax_compensation_amount"]
    return {
        "subtotal": sums["row_total"], "subtotal_incl_tax": sums["row_total_incl_tax"], "discount_amount": -discount,
        "tax_amount": tax, "discount_tax_compensation_amount": compensation, "grand_total": grand - less, **post,
    }  # fmt: skip


def base_name(name: str) -> str:
    """The property with the same amount in the base currency. One of them is cut short in Magento's tables."""
    if name == "shipping_discount_tax_compensation_amount":
        return "base_shipping_discount_tax_compensation_amnt"
    return f"base_{name}"


def both(base: Body, shown: Body) -> Body:
    """Amounts in the order's currency under their names, in the base currency under `base_`."""
    return {**shown, **{base_name(name): value for name, value in base.items()}}
