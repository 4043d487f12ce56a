"""SOAP 1.1 envelopes as the vendor's framework (ASMX) reads and writes them.

Reading follows a type's sequence: an element of another name or namespace, or one that comes too late, is passed over
without a word, and what wasn't sent has its type's empty value (0, no text, the year 1). Only what can't be parsed at all is
a fault. An `anyType` is what its `xsi:type` says; without one it is of no use to the service.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from lxml import etree

from sandbox.kashflow.operations import Operation
from sandbox.kashflow.problems import SoapFault
from sandbox.kashflow.shapes import ANY, PRIMITIVES, TYPES, Field, members
from sandbox.kashflow.wsdl import NAMESPACE

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
XSD: Final = "http://www.w3.org/2001/XMLSchema"
NEVER: Final = "0001-01-01T00:00:00"
TYPE: Final = "xsi:type"  # the key under which a read anyType keeps its type's name
_EMPTY: Final[dict[str, Any]] = {"int": 0, "decimal": Decimal(0), "boolean": False, "dateTime": NEVER}
_DATE_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")
_DECIMAL: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_BOOLEAN: Final = {"true": True, "1": True, "false": False, "0": False}
_DEFAULT: Final[Any] = {None: NAMESPACE}  # lxml's stubs know no default namespace
_LARGEST_INT: Final = 2**31 - 1


def body_of(raw: bytes) -> etree._Element:
    """The first element of the Body. No document type, no entities, no network, no huge trees."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SoapFault(f"Server was unable to read request. ---> {error}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise SoapFault("Server was unable to read request. ---> DTD is prohibited in this XML document.")
    found = next((child for child in root.iterfind(f"{{{SOAP}}}Body/*")), None)
    if root.tag != f"{{{SOAP}}}Envelope" or found is None:
        raise SoapFault("Server was unable to read request. ---> There is no SOAP 1.1 body.")
    return found


def read(sequence: tuple[Field, ...], element: etree._Element, any_order: bool = False) -> dict[str, Any]:
    """The values of an element's children by name. SoapFault for a value that can't be parsed."""
    values: dict[str, Any] = {one.name: [] if one.many else _EMPTY.get(one.type) for one in sequence}
    places = {f"{{{NAMESPACE}}}{one.name}": place for place, one in enumerate(sequence)}
    at = 0
    for child in element.iterchildren(tag=etree.Element):
        place = places.get(child.tag)
        if place is None or (place < at and not any_order):
            continue
        one = sequence[place]
        at = place if one.many else place + 1
        value = _value(one, child, any_order)
        if one.many:
            values[one.name].append(value)
        else:
            values[one.name] = value
    return values


def _value(one: Field, element: etree._Element, any_order: bool) -> Any:
    nil = element.get(f"{{{XSI}}}nil") in ("true", "1")
    if one.type == ANY:
        return _any(element, any_order)
    if one.type in PRIMITIVES:
        return None if nil and one.optional else _primitive(one, element.text or "", element)
    if nil:
        return None
    read_value = read(members(one.type), element, any_order)
    return next(iter(read_value.values())) if one.type.startswith("ArrayOf") else read_value


def _any(element: etree._Element, any_order: bool) -> dict[str, Any]:
    said = element.get(f"{{{XSI}}}type")
    if said is None:
        return {TYPE: None}
    prefix, _colon, name = said.rpartition(":")
    if element.nsmap.get(prefix or None) != NAMESPACE or name not in TYPES:
        raise _unreadable(element, f"The specified type was not recognized: name='{name}'.")
    return {TYPE: name, **read(TYPES[name], element, any_order)}


def _primitive(one: Field, text: str, element: etree._Element) -> Any:
    try:
        return parse(one.type, text)
    except ValueError as error:
        raise _unreadable(element, str(error)) from error


def parse(kind: str, text: str) -> Any:
    """A value as its XML Schema type writes it. ValueError for any other text."""
    bare = text.strip()
    if kind in ("int", "integer"):
        if not re.fullmatch(r"[+-]?\d{1,10}", bare) or abs(int(bare)) > _LARGEST_INT:
            raise ValueError("Input string was not in a correct format.")
        return int(bare)
    if kind == "decimal":
        if not _DECIMAL.fullmatch(bare):
            raise ValueError("Input string was not in a correct format.")
        return Decimal(bare)
    if kind == "boolean":
        if bare not in _BOOLEAN:
            raise ValueError(f"The string '{bare}' is not a valid Boolean value.")
        return _BOOLEAN[bare]
    if kind == "dateTime":
        return _instant(bare)
    return text


def _instant(text: str) -> str:
    """ISO seconds; the service keeps the wall time that was sent and drops the offset."""
    if not _DATE_TIME.fullmatch(text):
        raise ValueError(f"The string '{text}' is not a valid AllXsd value.")
    return datetime.fromisoformat(text).replace(tzinfo=None, microsecond=0).isoformat()


def _unreadable(element: etree._Element, why: str) -> SoapFault:
    return SoapFault(
        f"Server was unable to read request. ---> There is an error in XML document ({element.sourceline}). ---> {why}"
    )


def answer(operation: Operation, values: Mapping[str, Any]) -> bytes:
    """The envelope of an answer; what is None is left out."""
    envelope, body = _envelope()
    response = etree.SubElement(body, f"{{{NAMESPACE}}}{operation.name}Response", nsmap=_DEFAULT)
    _write(response, operation.answer, values)
    return _text(envelope)


def fault(problem: SoapFault) -> bytes:
    envelope, body = _envelope()
    raised = etree.SubElement(body, f"{{{SOAP}}}Fault")
    etree.SubElement(raised, "faultcode").text = f"soap:{problem.who}"
    etree.SubElement(raised, "faultstring").text = problem.text
    etree.SubElement(raised, "detail")
    return _text(envelope)


def _envelope() -> tuple[etree._Element, etree._Element]:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP, "xsi": XSI, "xsd": XSD})
    return envelope, etree.SubElement(envelope, f"{{{SOAP}}}Body")


def _text(envelope: etree._Element) -> bytes:
    return etree.tostring(envelope, xml_declaration=True, encoding="utf-8")


def _write(parent: etree._Element, sequence: tuple[Field, ...], values: Mapping[str, Any]) -> None:
    for one in sequence:
        value = values.get(one.name, _EMPTY.get(one.type))
        for single in value or () if one.many else (value,):
            if single is not None:
                _write_one(parent, one, single)


def _write_one(parent: etree._Element, one: Field, value: Any) -> None:
    element = etree.SubElement(parent, f"{{{NAMESPACE}}}{one.name}")
    if one.type in PRIMITIVES:
        element.text = _shown(one.type, value)
    elif one.type.startswith("ArrayOf"):
        inner = members(one.type)
        _write(element, inner, {inner[0].name: value})
    elif one.type == ANY:
        element.set(f"{{{XSI}}}type", value[TYPE])
        _write(element, TYPES[value[TYPE]], value)
    else:
        _write(element, members(one.type), value)


def _shown(kind: str, value: Any) -> str:
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "decimal":
        return f"{Decimal(value):.4f}"
    return str(value)
