"""The twin's own description of its SOAP interface, built from the tables of types and operations: what `?wsdl` answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from lxml import etree

from sandbox.kashflow.operations import OPERATIONS, Operation
from sandbox.kashflow.shapes import ANY, PRIMITIVES, TYPES, Field, members

NAMESPACE: Final = "KashFlow"
SERVICE: Final = "KashFlowAPI"
PORT: Final = "KashFlowAPISoap"
_WSDL: Final = "http://schemas.xmlsoap.org/wsdl/"
_SOAP: Final = "http://schemas.xmlsoap.org/wsdl/soap/"
_HTTP: Final = "http://schemas.xmlsoap.org/soap/http"
_XSD: Final = "http://www.w3.org/2001/XMLSchema"
_PREFIXES: Final = {"wsdl": _WSDL, "soap": _SOAP, "s": _XSD, "tns": NAMESPACE}


def describe(address: str) -> bytes:
    """The document, for a service that listens at `address`."""
    root = etree.Element(f"{{{_WSDL}}}definitions", nsmap=_PREFIXES, targetNamespace=NAMESPACE)
    schema = _add(_add(root, _WSDL, "types"), _XSD, "schema", elementFormDefault="qualified", targetNamespace=NAMESPACE)
    for operation in OPERATIONS.values():
        _element(schema, operation.name, operation.request)
        _element(schema, f"{operation.name}Response", operation.answer)
    for name in sorted(_named_types()):
        _sequence(_add(schema, _XSD, "complexType", name=name), members(name))
    for operation in OPERATIONS.values():
        _message(root, f"{operation.name}SoapIn", operation.name)
        _message(root, f"{operation.name}SoapOut", f"{operation.name}Response")
    _port(root)
    _binding(root)
    service = _add(root, _WSDL, "service", name=SERVICE)
    port = _add(service, _WSDL, "port", name=PORT, binding=f"tns:{PORT}")
    _add(port, _SOAP, "address", location=address)
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def _add(parent: etree._Element, namespace: str, tag: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{namespace}}}{tag}", attributes)


def _named_types() -> set[str]:
    """Every complex type, with the arrays that anything names."""
    used = {one.type for sequence in _sequences() for one in sequence}
    return set(TYPES) | {name for name in used if name.startswith("ArrayOf")}


def _sequences() -> Iterator[tuple[Field, ...]]:
    yield from TYPES.values()
    for operation in OPERATIONS.values():
        yield operation.request
        yield operation.answer


def _element(schema: etree._Element, name: str, sequence: tuple[Field, ...]) -> None:
    _sequence(_add(_add(schema, _XSD, "element", name=name), _XSD, "complexType"), sequence)


def _sequence(parent: etree._Element, sequence: Iterable[Field]) -> None:
    into = _add(parent, _XSD, "sequence")
    for one in sequence:
        occurs = {"minOccurs": "0" if one.optional else "1", "maxOccurs": "unbounded" if one.many else "1"}
        element = _add(into, _XSD, "element", **occurs, name=one.name)
        if one.many:
            element.set("nillable", "true")
        if one.type != ANY:
            element.set("type", f"s:{one.type}" if one.type in PRIMITIVES else f"tns:{one.type}")


def _message(root: etree._Element, name: str, element: str) -> None:
    _add(_add(root, _WSDL, "message", name=name), _WSDL, "part", name="parameters", element=f"tns:{element}")


def _port(root: etree._Element) -> None:
    port = _add(root, _WSDL, "portType", name=PORT)
    for operation in OPERATIONS.values():
        one = _add(port, _WSDL, "operation", name=operation.name)
        _add(one, _WSDL, "input", message=f"tns:{operation.name}SoapIn")
        _add(one, _WSDL, "output", message=f"tns:{operation.name}SoapOut")


def _binding(root: etree._Element) -> None:
    binding = _add(root, _WSDL, "binding", name=PORT, type=f"tns:{PORT}")
    _add(binding, _SOAP, "binding", transport=_HTTP)
    for operation in OPERATIONS.values():
        _bound(binding, operation)


def _bound(binding: etree._Element, operation: Operation) -> None:
    one = _add(binding, _WSDL, "operation", name=operation.name)
    _add(one, _SOAP, "operation", soapAction=f"{NAMESPACE}/{operation.name}", style="document")
    for direction in ("input", "output"):
        _add(_add(one, _WSDL, direction), _SOAP, "body", use="literal")
