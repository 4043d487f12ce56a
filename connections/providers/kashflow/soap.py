"""SOAP envelopes, written and read by zeep from our own description; the way there and back is the door's.

Who asks stands inside the body. Envelopes are written without it: `signed` puts it in just before sending, so that
the body in the call log holds no credential. XML that comes in may hold no document type and no entities.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import zeep
from lxml import etree
from zeep.exceptions import Error as ZeepError
from zeep.exceptions import XMLParseError
from zeep.helpers import serialize_object

from . import wsdl
from .fields import KIND, Body, Unreadable
from .soap_types import OPERATIONS, TYPES, Field
from .wsdl import NAMESPACE

CONTENT_TYPE = "text/xml; charset=utf-8"
NEVER = "0001-01-01T00:00:00"  # what .NET sends for a date that nobody set
_EMPTY: Mapping[str, Any] = {"int": 0, "integer": 0, "decimal": 0, "boolean": False, "dateTime": NEVER}
_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_SETTINGS = zeep.Settings(forbid_dtd=True, forbid_entities=True, forbid_external=True, strict=False, xml_huge_tree=False)

logging.getLogger("zeep").setLevel(logging.ERROR)  # it tells of what it reads, at its leisure


class _Nowhere(zeep.Transport):
    """Where zeep finds its description: in memory. It has no other way out."""

    def load(self, url: str) -> bytes:
        return wsdl.describe()


@cache
def _client() -> Any:
    return zeep.Client("memory:kashflow", transport=_Nowhere(), settings=_SETTINGS)  # type: ignore[no-untyped-call]


# ------------------------------------------------------------------ writing


def envelope(operation: str, parameters: Body) -> bytes:
    """The unsigned body of a call. Required elements that `parameters` leaves out are sent empty, as .NET does.

    Raises ValueError for text that XML cannot carry.
    """
    client = _client()
    sent = {each.name: _value(client, each, parameters.get(each.name)) for each in OPERATIONS[operation].parameters}
    message = client.create_message(client.service, operation, UserName="", Password="", **sent)
    return bytes(etree.tostring(message, xml_declaration=True, encoding="utf-8"))


def _value(client: Any, field: Field, given: Any) -> Any:
    if field.type.endswith("*"):
        return {"anyType": [_line(client, each) for each in given or ()]} if given is not None else None
    if field.type in TYPES:
        return None if given is None else _filled(client, field.type, given)
    return given if given is not None or field.optional else _EMPTY[field.type]


def _filled(client: Any, kind: str, given: Body) -> dict[str, Any]:
    """An object with all its required elements. An element that the type does not have is our mistake."""
    unknown = set(given) - {each.name for each in TYPES[kind]} - {KIND}
    if unknown:
        raise KeyError(f"{kind} has no {', '.join(sorted(unknown))}")
    return {each.name: _value(client, each, given.get(each.name)) for each in TYPES[kind]}


def _line(client: Any, given: Body) -> Any:
    """One of an ArrayOfAnyType: it says what it is by xsi:type, without which the service cannot read it."""
    kind = client.get_type(f"{{{NAMESPACE}}}{given[KIND]}")
    return zeep.xsd.AnyObject(kind, kind(**_filled(client, given[KIND], given)))  # type: ignore[no-untyped-call]


def signed(content: bytes, user: str, password: str) -> bytes:
    """The same body with who asks. Set by place, never by searching: what a customer wrote may look like anything."""
    root = _parsed(content)
    call = root[-1][0]
    for place, text in ((0, user), (1, password)):
        call[place].text = text
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8"))


def action(operation: str) -> str:
    return f'"{NAMESPACE}/{operation}"'


# ------------------------------------------------------------------ reading


def result(operation: str, content: bytes) -> Any:
    """What an operation answered, as dicts, lists, Decimals and dates. Raises Unreadable."""
    try:
        body = _parsed(content).find(f"{{{_ENVELOPE}}}Body")
        if body is None or not len(body) or body[0].tag != f"{{{NAMESPACE}}}{operation}Response":
            raise Unreadable("not the answer to what was asked")
        if body[0].findtext(f"{{{NAMESPACE}}}Status") != "OK":
            raise Unreadable("an answer that does not say OK")
        binding = _client().service._binding
        answer = binding.get(operation).output.deserialize(_parsed(content))
    except (ZeepError, XMLParseError, etree.XMLSyntaxError, ValueError, TypeError, AttributeError) as wrong:
        raise Unreadable(f"{operation}: {wrong}") from wrong
    said = serialize_object(answer, dict)  # type: ignore[no-untyped-call]
    if not isinstance(said, Mapping):
        raise Unreadable(f"{operation}: no result")
    return _listed(OPERATIONS[operation].result, said.get(f"{operation}Result"))


def _listed(kind: str, value: Any) -> Any:
    """A list type as the plain list of what is in it."""
    if not kind.endswith("*"):
        return _plain(value)
    inner = kind.removesuffix("*")
    rows = (value or {}).get(inner) or []
    return [_plain(row) for row in rows if row is not None]


def _plain(value: Any) -> Any:
    """zeep's wrapping taken off: `Lines` as a list."""
    if isinstance(value, Mapping):
        lines = value.get("Lines")
        found = {name: _plain(each) for name, each in value.items() if name != "Lines" and not name.startswith("_")}
        if "Lines" in value:
            found["Lines"] = [_plain(line) for line in (lines or {}).get("anyType") or [] if line is not None]
        return found
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(each) for each in value]
    return value.replace(tzinfo=None).isoformat() if isinstance(value, datetime) else value


def refusal(content: bytes) -> str | None:
    """KashFlow's words where it says no under HTTP 200; None for anything else."""
    if b"Status>" not in content:
        return None
    try:
        root = _parsed(content)
    except (etree.XMLSyntaxError, ValueError):
        return None
    if root.findtext(f".//{{{NAMESPACE}}}Status") != "NO":
        return None
    return (root.findtext(f".//{{{NAMESPACE}}}StatusDetail") or "").strip() or "no reason given"


def fault(content: bytes) -> str:
    """The text of a soap:Fault; "" where there is none."""
    try:
        return (_parsed(content).findtext(".//faultstring") or "").strip()
    except (etree.XMLSyntaxError, ValueError):
        return ""


def _parsed(content: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root = etree.fromstring(content, parser)
    if root.getroottree().docinfo.internalDTD is not None:
        raise ValueError("a document type where none may be")
    return root
