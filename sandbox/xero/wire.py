"""Bodies in both of Xero's languages: JSON, and the XML that is the default of the API.

Inside the twin an object is a dict by Xero's names whose days and moments are already in the JSON form.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from werkzeug.wrappers import Request, Response

from sandbox import jsontext
from sandbox.xero import errors
from sandbox.xero.dates import unmarked

Body = dict[str, Any]
JSON: Final = "application/json; charset=utf-8"
XML: Final = "text/xml; charset=utf-8"
# xero_accounting.yaml: properties of format double, wherever they stand.
_NUMBERS: Final = frozenset(
    {"Quantity", "UnitAmount", "LineAmount", "TaxAmount", "Amount", "CurrencyRate", "DiscountRate", "DiscountAmount"}
)
# A list and what one of its members is called in XML.
SINGULAR: Final = {
    "Organisations": "Organisation", "Accounts": "Account", "Contacts": "Contact", "Invoices": "Invoice",
    "CreditNotes": "CreditNote", "Payments": "Payment", "Allocations": "Allocation", "BankTransactions": "BankTransaction",
    "BankTransfers": "BankTransfer", "ManualJournals": "ManualJournal", "Items": "Item", "TaxRates": "TaxRate",
    "TrackingCategories": "TrackingCategory", "Options": "Option", "Currencies": "Currency", "PurchaseOrders": "PurchaseOrder",
    "LineItems": "LineItem", "JournalLines": "JournalLine", "Tracking": "TrackingCategory", "Addresses": "Address",
    "Phones": "Phone", "ContactPersons": "ContactPerson", "TaxComponents": "TaxComponent", "Attachments": "Attachment",
    "HistoryRecords": "HistoryRecord", "ValidationErrors": "ValidationError", "Warnings": "Warning",
    "Elements": "DataContractBase",
    "ExternalLinks": "ExternalLink", "ContactGroups": "ContactGroup", "SalesTrackingCategories": "SalesTrackingCategory",
    "PurchasesTrackingCategories": "SalesTrackingCategory", "Prepayments": "Prepayment", "Overpayments": "Overpayment",
}  # fmt: skip


def elements(request: Request, plural: str) -> list[Body]:
    """The objects of a request: one, a list, or a list under its name. Raises BadRequest for what can't be read."""
    raw = request.get_data(parse_form_data=False)
    if not raw.strip():
        raise errors.unreadable("The request body is empty")
    sent = _from_xml(raw) if raw.lstrip()[:1] == b"<" else _from_json(raw)
    if isinstance(sent, dict) and isinstance(sent.get(plural), list | dict):
        sent = sent[plural]
    many = sent if isinstance(sent, list) else [sent]
    if not many or not all(isinstance(one, dict) for one in many):
        raise errors.unreadable(f"The request body holds no {plural}")
    _check_numbers(many, plural)
    return many


def _check_numbers(value: Any, path: str) -> None:
    """A body is read as a whole before anything is done: one amount that is no number, and none of it is taken."""
    if isinstance(value, list):
        for place, inner in enumerate(value):
            _check_numbers(inner, f"{path}[{place}]")
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name in _NUMBERS and isinstance(inner, str) and inner.strip() and not _is_number(inner):
                raise errors.unreadable(
                    f"JSON for post data was invalid,Could not convert string to decimal: {inner}. Path '{path}.{name}'"
                )
            _check_numbers(inner, f"{path}.{name}")


def _is_number(text: str) -> bool:
    try:
        return Decimal(text.strip()).is_finite()
    except InvalidOperation:
        return False


def _from_json(raw: bytes) -> Any:
    try:
        return jsontext.load(raw)
    except ValueError as bad:
        raise errors.unreadable(f"The JSON of the request can't be parsed: {bad}") from bad


def _from_xml(raw: bytes) -> Any:
    try:
        root = fromstring(raw, forbid_dtd=True)
    except (ElementTree.ParseError, DefusedXmlException) as bad:
        raise errors.unreadable(f"The XML of the request can't be parsed: {bad}") from bad
    return {_name(root): _value(root)} if _name(root) in SINGULAR else _value(root)


def _name(node: ElementTree.Element) -> str:
    return str(node.tag).rpartition("}")[2]


def _value(node: ElementTree.Element) -> Any:
    """A list by its name, an object where there are children, otherwise the text."""
    if _name(node) in SINGULAR:
        return [_value(child) for child in node]
    if len(node):
        return {_name(child): _value(child) for child in node}
    return (node.text or "").strip()


def flag(value: object, default: bool = False) -> bool:
    """A boolean as JSON or XML writes it."""
    return default if value in (None, "") else str(value).lower() == "true"


# Answers


def wants_json(request: Request) -> bool:
    return "json" in request.headers.get("Accept", "")


def answer(request: Request, body: Body, status: int = 200, root: str = "Response") -> Response:
    """A body in the language that is asked for: JSON where Accept names it, XML otherwise."""
    if wants_json(request):
        return Response(jsontext.dump(body), status=status, content_type=JSON)
    node = ElementTree.Element(root)
    _fill(node, body)
    return Response(ElementTree.tostring(node, "utf-8", xml_declaration=True), status=status, content_type=XML)


def _fill(node: ElementTree.Element, value: Any) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            if inner is not None:
                _fill(ElementTree.SubElement(node, name), inner)
    elif isinstance(value, list):
        for inner in value:
            _fill(ElementTree.SubElement(node, SINGULAR.get(node.tag, "Item")), inner)
    else:
        node.text = _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    marked = unmarked(value) if isinstance(value, str) else None
    return marked.strftime("%Y-%m-%dT%H:%M:%S") if marked else str(value)
