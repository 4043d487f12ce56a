"""The Web Connector's envelope: SOAP 1.1, document/literal, eight methods. Pure.

Source: QBWebConnectorSvc.wsdl. Written by hand, because eight fixed methods are less to go wrong than a framework; read by
the same parser as qbXML, which takes no document type, replaces no entity and fetches nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from . import qbxml
from .qbxml import Element, Unreadable

NAMESPACE: Final = "http://developer.intuit.com/"
_ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
METHODS: Final[Mapping[str, tuple[str, ...]]] = {
    "serverVersion": ("strVersion",),
    "clientVersion": ("strVersion",),
    "authenticate": ("strUserName", "strPassword"),
    "sendRequestXML": (
        "ticket",
        "strHCPResponse",
        "strCompanyFileName",
        "qbXMLCountry",
        "qbXMLMajorVers",
        "qbXMLMinorVers",
    ),
    "receiveResponseXML": ("ticket", "response", "hresult", "message"),
    "connectionError": ("ticket", "hresult", "message"),
    "getLastError": ("ticket",),
    "closeConnection": ("ticket",),
}
_NUMBERS: Final = {"qbXMLMajorVers", "qbXMLMinorVers"}


@dataclass(frozen=True, slots=True)
class Call:
    """One call: its method and its parameters, absent ones as ""."""

    method: str
    given: Mapping[str, str]


def read(body: bytes) -> Call:
    """Raises Unreadable for anything that is none of the eight calls."""
    root = qbxml.parsed(body)
    inner = root.find(f"{{{_ENVELOPE}}}Body") if root.tag == f"{{{_ENVELOPE}}}Envelope" else None
    asked: Element | None = inner[0] if inner is not None and len(inner) == 1 else None
    method = _local(asked) if asked is not None else ""
    if asked is None or method not in METHODS:
        raise Unreadable(f"no call of the Web Connector: {method or root.tag}"[:120])
    texts = {_local(child): child.text or "" for child in asked}
    return Call(method, {name: texts.get(name, "") for name in METHODS[method]})


def _local(element: Element) -> str:
    """The name without its namespace; only names of the Web Connector's own namespace are known."""
    tag = str(element.tag)
    return tag.removeprefix(f"{{{NAMESPACE}}}") if tag.startswith("{") else tag


def answer(method: str, result: str | int | Sequence[str]) -> bytes:
    """The answer to a call: a text, a number, or the array of `authenticate`."""
    if isinstance(result, str | int):
        inside = qbxml.text(str(result))
    else:
        inside = "".join(f"<string>{qbxml.text(each)}</string>" for each in result)
    element = f"{method}Response"
    return _wrapped(f'<{element} xmlns="{NAMESPACE}"><{method}Result>{inside}</{method}Result></{element}>')


def fault(text: str) -> bytes:
    return _wrapped(f"<soap:Fault><faultcode>soap:Client</faultcode><faultstring>{qbxml.text(text)}</faultstring></soap:Fault>")


def _wrapped(inside: str) -> bytes:
    head = f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{_ENVELOPE}"><soap:Body>'
    return f"{head}{inside}</soap:Body></soap:Envelope>".encode("ascii")


# ------------------------------------------------------------------ the description


def wsdl(address: str) -> bytes:
    """What the service says of itself, made from the same table that it works by."""
    elements, messages, operations, bindings = [], [], [], []
    for method, names in METHODS.items():
        elements.append(_schema_element(method, [(name, "int" if name in _NUMBERS else "string") for name in names]))
        elements.append(_schema_element(f"{method}Response", [(f"{method}Result", _result_type(method))]))
        messages += [_message(f"{method}SoapIn", method), _message(f"{method}SoapOut", f"{method}Response")]
        operations.append(
            f'<wsdl:operation name="{method}"><wsdl:input message="tns:{method}SoapIn"/>'
            f'<wsdl:output message="tns:{method}SoapOut"/></wsdl:operation>'
        )
        use = '<soap:body use="literal"/>'
        bindings.append(
            f'<wsdl:operation name="{method}"><soap:operation soapAction="{NAMESPACE}{method}" style="document"/>'
            f"<wsdl:input>{use}</wsdl:input><wsdl:output>{use}</wsdl:output></wsdl:operation>"
        )
    return "".join(_description(address, elements, messages, operations, bindings)).encode("ascii")


def _description(address: str, elements: list[str], messages: list[str], operations: list[str], bindings: list[str]) -> list[str]:
    name = "QBWebConnectorSvc"
    return [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<wsdl:definitions xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:s="http://www.w3.org/2001/XMLSchema"'
        f' xmlns:tns="{NAMESPACE}" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" targetNamespace="{NAMESPACE}">',
        f'<wsdl:types><s:schema elementFormDefault="qualified" targetNamespace="{NAMESPACE}">',
        '<s:complexType name="ArrayOfString"><s:sequence><s:element minOccurs="0" maxOccurs="unbounded" name="string"'
        ' nillable="true" type="s:string"/></s:sequence></s:complexType>',
        *elements,
        "</s:schema></wsdl:types>",
        *messages,
        f'<wsdl:portType name="{name}Soap">',
        *operations,
        f'</wsdl:portType><wsdl:binding name="{name}Soap" type="tns:{name}Soap">',
        '<soap:binding transport="http://schemas.xmlsoap.org/soap/http" style="document"/>',
        *bindings,
        f'</wsdl:binding><wsdl:service name="{name}"><wsdl:port name="{name}Soap" binding="tns:{name}Soap">',
        f'<soap:address location="{qbxml.text(address)}"/></wsdl:port></wsdl:service></wsdl:definitions>',
    ]


def _schema_element(name: str, fields: Sequence[tuple[str, str]]) -> str:
    inside = "".join(
        f'<s:element minOccurs="{1 if kind == "int" else 0}" maxOccurs="1" name="{field}"'
        f' type="{kind if kind.startswith("tns:") else "s:" + kind}"/>'
        for field, kind in fields
    )
    return f'<s:element name="{name}"><s:complexType><s:sequence>{inside}</s:sequence></s:complexType></s:element>'


def _result_type(method: str) -> str:
    return {"authenticate": "tns:ArrayOfString", "receiveResponseXML": "int"}.get(method, "string")


def _message(name: str, element: str) -> str:
    return f'<wsdl:message name="{name}"><wsdl:part name="parameters" element="tns:{element}"/></wsdl:message>'
