"""A description of the part of KashFlow's SOAP interface that we use, made from our tables, for zeep to read. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from .soap_types import OPERATIONS, TYPES, Field, Operation, fields

NAMESPACE = "KashFlow"
PORT = "KashFlowAPISoap"
_WSDL = "http://schemas.xmlsoap.org/wsdl/"
_SOAP = "http://schemas.xmlsoap.org/wsdl/soap/"
_XSD = "http://www.w3.org/2001/XMLSchema"
_PREFIXES = {"wsdl": _WSDL, "soap": _SOAP, "s": _XSD, "tns": NAMESPACE}
_LOGIN, _STATUS = fields("UserName:string? Password:string?"), fields("Status:string? StatusDetail:string?")


def list_type(kind: str) -> str:
    """The interface's name of a list: ArrayOfInvoice of `Invoice*`, ArrayOfAnyType of `any*`."""
    inner = kind.removesuffix("*")
    return "ArrayOfAnyType" if inner == "any" else f"ArrayOf{inner}"


def describe() -> bytes:
    """The document. The address in it leads nowhere: where calls go is the door's business."""
    root = etree.Element(f"{{{_WSDL}}}definitions", nsmap=_PREFIXES, targetNamespace=NAMESPACE)
    _schema(_add(root, _WSDL, "types"))
    for operation in OPERATIONS.values():
        for suffix, element in (("In", operation.name), ("Out", f"{operation.name}Response")):
            message = _add(root, _WSDL, "message", name=f"{operation.name}{suffix}")
            _add(message, _WSDL, "part", name="parameters", element=f"tns:{element}")
    _port(root)
    service = _add(root, _WSDL, "service", name="KashFlowAPI")
    port = _add(service, _WSDL, "port", name=PORT, binding=f"tns:{PORT}")
    _add(port, _SOAP, "address", location="https://nowhere.invalid/")
    return etree.tostring(root)


def _schema(types: etree._Element) -> None:
    schema = _add(types, _XSD, "schema", elementFormDefault="qualified", targetNamespace=NAMESPACE)
    for operation in OPERATIONS.values():
        _element(schema, operation.name, (*_LOGIN, *operation.parameters))
        _element(schema, f"{operation.name}Response", (*_result(operation), *_STATUS))
    for name, members in TYPES.items():
        _sequence(_add(schema, _XSD, "complexType", name=name), members)
    for kind in sorted({each.type for each in _all_fields() if each.type.endswith("*")}):
        _list(schema, kind)


def _result(operation: Operation) -> tuple[Field, ...]:
    """Numbers are always there, what is made of parts may be missing."""
    if not operation.result:
        return ()
    return (Field(f"{operation.name}Result", operation.result, optional=operation.result != "int"),)


def _all_fields() -> Iterable[Field]:
    for members in TYPES.values():
        yield from members
    for operation in OPERATIONS.values():
        yield from (*operation.parameters, *_result(operation))


def _element(schema: etree._Element, name: str, members: Iterable[Field]) -> None:
    _sequence(_add(_add(schema, _XSD, "element", name=name), _XSD, "complexType"), members)


def _sequence(parent: etree._Element, members: Iterable[Field]) -> None:
    into = _add(parent, _XSD, "sequence")
    for each in members:
        _add(into, _XSD, "element", name=each.name, type=_type(each.type), minOccurs="0" if each.optional else "1")


def _list(schema: etree._Element, kind: str) -> None:
    inner = kind.removesuffix("*")
    into = _add(_add(schema, _XSD, "complexType", name=list_type(kind)), _XSD, "sequence")
    element = _add(into, _XSD, "element", minOccurs="0", maxOccurs="unbounded", nillable="true")
    element.set("name", "anyType" if inner == "any" else inner)
    if inner != "any":
        element.set("type", f"tns:{inner}")


def _type(kind: str) -> str:
    if kind.endswith("*"):
        return f"tns:{list_type(kind)}"
    return f"tns:{kind}" if kind in TYPES else f"s:{kind}"


def _port(root: etree._Element) -> None:
    port, binding = _add(root, _WSDL, "portType", name=PORT), _add(root, _WSDL, "binding", name=PORT, type=f"tns:{PORT}")
    _add(binding, _SOAP, "binding", transport="http://schemas.xmlsoap.org/soap/http")
    for operation in OPERATIONS.values():
        abstract = _add(port, _WSDL, "operation", name=operation.name)
        _add(abstract, _WSDL, "input", message=f"tns:{operation.name}In")
        _add(abstract, _WSDL, "output", message=f"tns:{operation.name}Out")
        bound = _add(binding, _WSDL, "operation", name=operation.name)
        _add(bound, _SOAP, "operation", soapAction=f"{NAMESPACE}/{operation.name}", style="document")
        for way in ("input", "output"):
            _add(_add(bound, _WSDL, way), _SOAP, "body", use="literal")


def _add(parent: etree._Element, namespace: str, tag: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{namespace}}}{tag}", attributes)
