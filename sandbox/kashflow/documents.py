"""Sales invoices and purchases (KashFlow's receipts): numbers, lines, totals, and what they do to the books.

A negative total is a credit note. Nothing is unique but the number: two documents may carry one reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sandbox.kashflow import chart, nominals, problems, rules
from sandbox.kashflow.company import Body, Company, Effects, Posting, Stored
from sandbox.kashflow.envelope import TYPE
from sandbox.kashflow.money import ZERO, from_units, rounded, to_units

NA: Final = Decimal(-1)  # the VAT rate of what is no matter of VAT


@dataclass(frozen=True, slots=True)
class Side:
    """How one kind of document is booked. `sign`: on which side its nominals move (debit positive)."""

    kind: str
    party: str
    payment: str
    control: int
    vat: int
    other: int
    sign: int


SALES: Final = Side("Invoice", "Customer", "InvoicePayment", chart.DEBTORS, chart.SALES_VAT, chart.OTHER_SALES, -1)
PURCHASES: Final = Side("Receipt", "Supplier", "ReceiptPayment", chart.CREDITORS, chart.PURCHASE_VAT, chart.OTHER_PURCHASES, 1)
SIDES: Final = {side.kind: side for side in (SALES, PURCHASES)}
_HEADER: Final = ("EstimateCategory", "ReadableString", "DeliveryAddress")


def save(company: Company, side: Side, sent: Body, old: Stored | None = None) -> Stored:
    """Create, or replace `old` whole. Refused for what the program refuses; `InvoiceNumber` 0 takes the next number."""
    body = _header(company, side, sent)
    body["Lines"] = [_line(company, side, line, place) for place, line in enumerate(sent.get("Lines") or [])]
    when = body["InvoiceDate"][:10]
    rules.open_on(company, when, vat=True)
    if old:
        rules.open_on(company, old.day, vat=True)
    number = _number(company, side, sent.get("InvoiceNumber") or 0, old)
    columns = {"number": number, "reference": body["CustomerReference"] or None, "day": when, "parent": body["CustomerID"]}
    stored = company.replace(old, body, **columns) if old else company.insert(side.kind, body, **columns)
    company.apply(stored, _effects(company, side, stored))
    return stored


def _number(company: Company, side: Side, asked: int, old: Stored | None) -> int:
    if old and asked in (0, old.number):
        return old.number
    if asked < 0:
        raise problems.invalid(f"{side.kind} number {asked} is not valid.")
    if asked and company.numbered(side.kind, asked):
        raise problems.taken(f"{side.kind} number", asked)
    return asked or company.next_number(side.kind)


def _header(company: Company, side: Side, sent: Body) -> Body:
    party = company.need(side.party, sent.get("CustomerID") or 0, side.party.lower())
    issued = rules.day(sent.get("InvoiceDate"), "InvoiceDate")
    due = str(sent.get("DueDate") or "")
    money = rules.currency(company, sent.get("CurrencyCode"))
    exchange = Decimal(sent.get("ExchangeRate") or 0) or Decimal(money.body["ExchangeRate"])
    if exchange <= 0:
        raise problems.invalid("ExchangeRate is not valid.")
    return {
        "CustomerID": party.id, "InvoiceDate": f"{issued}T00:00:00",
        "DueDate": f"{issued if due[:4] in ('', '0001') else rules.day(due, 'DueDate')}T00:00:00",
        "CustomerReference": rules.text(sent.get("CustomerReference"), "CustomerReference"),
        "CurrencyCode": money.body["CurrencyCode"], "ExchangeRate": exchange, "ProjectID": sent.get("ProjectID") or 0,
        "SuppressTotal": sent.get("SuppressTotal") or 0,
        "UseCustomDeliveryAddress": bool(sent.get("UseCustomDeliveryAddress")),
        **{name: sent[name] for name in _HEADER if sent.get(name)},
    }  # fmt: skip


def _line(company: Company, side: Side, sent: Any, place: int) -> Body:
    """A line as it is kept. One whose type wasn't said can't be read by the service."""
    if TYPE in sent and sent[TYPE] != "InvoiceLine":
        raise problems.invalid("Unable to cast object of type 'System.Xml.XmlNode[]' to type 'InvoiceLine'.")
    nominal = nominals.charge(company, sent.get("ChargeType") or 0, side.other)
    vat = rules.amount(Decimal(sent.get("VatAmount") or 0), "VatAmount")
    rules.vat_allowed(company, vat)
    rate = Decimal(sent.get("VatRate") or 0)
    if rate != NA and not 0 <= rate <= 100:
        raise problems.invalid(f"VatRate {rate} is not valid.")
    if sent.get("ProductID"):
        company.need("Product", sent["ProductID"], "product")
    return {
        "Quantity": from_units(to_units(Decimal(sent.get("Quantity") or 0))),
        "Description": rules.text(sent.get("Description"), "Description"),
        "Rate": from_units(to_units(Decimal(sent.get("Rate") or 0))), "ChargeType": nominal.id, "VatRate": rate, "VatAmount": vat,
        "ProductID": sent.get("ProductID") or 0, "Sort": sent.get("Sort") or place + 1, "ProjID": sent.get("ProjID") or 0,
        "LineID": sent.get("LineID") or company.next_id(), "ValuesInCurrency": sent.get("ValuesInCurrency") or 0,
    }  # fmt: skip


def net(line: Body) -> Decimal:
    """Quantity times rate, rounded once, in the currency the line is in."""
    return rounded(Decimal(line["Quantity"]) * Decimal(line["Rate"]))


def home(company: Company, body: Body, line: Body) -> tuple[Decimal, Decimal]:
    """(net, VAT) of a line in home currency."""
    if not int(line["ValuesInCurrency"]):
        return net(line), line["VatAmount"]
    rate = Decimal(body["ExchangeRate"])
    return rules.in_home(company, net(line), rate), rules.in_home(company, line["VatAmount"], rate)


def totals(company: Company, stored: Stored) -> tuple[Decimal, Decimal]:
    """(net, VAT) of a document in home currency."""
    pairs = [home(company, stored.body, line) for line in stored.body["Lines"]]
    return sum((pair[0] for pair in pairs), ZERO), sum((pair[1] for pair in pairs), ZERO)


def paid(company: Company, stored: Stored) -> Decimal:
    payments = company.all(SIDES[stored.kind].payment, "AND parent = ?", (stored.id,))
    return sum((Decimal(payment.body["PayAmount"]) for payment in payments), ZERO)


def _effects(company: Company, side: Side, stored: Stored) -> Effects:
    effects = Effects()
    vat_nominal, control = company.nominal(side.vat).id, company.nominal(side.control).id
    for line in stored.body["Lines"]:
        amount, vat = home(company, stored.body, line)
        effects.postings.append(Posting(line["ChargeType"], side.sign * amount, line["Description"][:80]))
        if vat:
            effects.postings.append(Posting(vat_nominal, side.sign * vat))
        if line["ProductID"] and company.settings["stock"] and _managed(company, line["ProductID"]):
            effects.stock.append((line["ProductID"], side.sign * Decimal(line["Quantity"])))
    gross = sum((posting.amount for posting in effects.postings), ZERO)
    effects.postings.insert(0, Posting(control, -gross))
    return effects


def _managed(company: Company, product_id: int) -> bool:
    product = company.find("Product", product_id)
    return bool(product and product.body["Managed"])


def add_line(company: Company, stored: Stored, line: Body) -> int:
    """One more line at the end; its id."""
    saved = save(company, SIDES[stored.kind], {**stored.body, "Lines": [*stored.body["Lines"], line]}, stored)
    return int(saved.body["Lines"][-1]["LineID"])


def drop_line(company: Company, stored: Stored, line_id: int) -> None:
    kept = [line for line in stored.body["Lines"] if line["LineID"] != line_id]
    if len(kept) == len(stored.body["Lines"]):
        raise problems.unknown("line", line_id)
    save(company, SIDES[stored.kind], {**stored.body, "Lines": kept}, stored)


def remove(company: Company, stored: Stored) -> None:
    """Refused while payments are recorded, and in a closed period."""
    rules.open_on(company, stored.day, vat=True)
    if company.all(SIDES[stored.kind].payment, "AND parent = ?", (stored.id,)):
        raise problems.invalid(f"{stored.kind} {stored.number} has payments and can't be deleted.")
    company.remove(stored)


def shown(company: Company, stored: Stored) -> Body:
    """As the SOAP types show it."""
    side = SIDES[stored.kind]
    party = company.find(side.party, stored.body["CustomerID"])
    name = party.body["Name"] if party else ""
    amount, vat = totals(company, stored)
    settled = paid(company, stored)
    return {
        **stored.body, "InvoiceDBID": stored.id, "InvoiceNumber": stored.number, "Customer": name, "CustomerName": name,
        "Lines": [{TYPE: "InvoiceLine", **line} for line in stored.body["Lines"]], "NetAmount": amount, "VATAmount": vat,
        "AmountPaid": settled, "Paid": int(_settled(amount + vat, settled)),
        "PermaLink": f"{company.root}/app/{company.id}/{stored.kind.lower()}/{stored.number}",
    }  # fmt: skip


def _settled(gross: Decimal, settled: Decimal) -> bool:
    """Paid in full, or more than that; nothing to pay counts as paid."""
    return settled >= gross if gross >= 0 else settled <= gross
