"""The Web Connector's side of its eight calls: SOAP 1.1 envelopes as it writes them, over plain http.client.

Source of names, order and types: Intuit's WSDL of the service that the Web Connector expects to find.
"""

from __future__ import annotations

import http.client
import ssl
from typing import Final
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from sandbox.quickbooks_desktop.read import document

NAMESPACE: Final = "http://developer.intuit.com/"
ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
AGENT: Final = "Mozilla/4.0 (compatible; MSIE 6.0; MS Web Services Client Protocol 4.0.30319.42000)"
PARAMETERS: Final[dict[str, tuple[str, ...]]] = {
    "serverVersion": (),
    "clientVersion": ("strVersion",),
    "authenticate": ("strUserName", "strPassword"),
    "sendRequestXML": (
        "ticket", "strHCPResponse", "strCompanyFileName", "qbXMLCountry", "qbXMLMajorVers", "qbXMLMinorVers",
    ),
    "receiveResponseXML": ("ticket", "response", "hresult", "message"),
    "connectionError": ("ticket", "hresult", "message"),
    "getLastError": ("ticket",),
    "closeConnection": ("ticket",),
}  # fmt: skip
SECONDS: Final = 60
ANSWER_LIMIT: Final = 32 * 1024 * 1024


class Unreachable(Exception):
    """The service gave no answer that the Web Connector can read."""


class Faulted(Unreachable):
    """It answered with a SOAP fault, or with another status than 200."""


def envelope(method: str, values: tuple[str, ...]) -> bytes:
    """The message of one call. Texts are escaped; a qbXML message travels as text."""
    parts = "".join(
        f"<{name}>{escape(value)}</{name}>" if value else f"<{name} />"
        for name, value in zip(PARAMETERS[method], values, strict=True)
    )
    inner = f'<{method} xmlns="{NAMESPACE}">{parts}</{method}>' if parts else f'<{method} xmlns="{NAMESPACE}" />'
    return (
        f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{ENVELOPE}"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
        f"<soap:Body>{inner}</soap:Body></soap:Envelope>"
    ).encode()


def call(url: str, method: str, values: tuple[str, ...]) -> list[str] | str:
    """One call; the result as text, or as a list for authenticate. Raises Unreachable."""
    try:
        code, body = _post(url, method, envelope(method, values))
    except (OSError, http.client.HTTPException) as lost:
        raise Unreachable(f"{type(lost).__name__}: {lost}") from lost
    return _result(method, code, body)


def _post(url: str, method: str, body: bytes) -> tuple[int, bytes]:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = parts.hostname or ""
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(host, port, timeout=SECONDS, context=ssl.create_default_context())
    else:
        connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    headers = {
        "User-Agent": AGENT, "Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{NAMESPACE}{method}"',
    }  # fmt: skip
    try:
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        return response.status, response.read(ANSWER_LIMIT)
    finally:
        connection.close()


def _result(method: str, code: int, body: bytes) -> list[str] | str:
    try:
        root = document(body)
    except ValueError as wrong:
        raise Unreachable(f"HTTP {code}; the answer is not XML: {wrong}") from wrong
    fault = root.find(f"{{{ENVELOPE}}}Body/{{{ENVELOPE}}}Fault")
    if fault is not None or code != 200:
        raise Faulted(f"HTTP {code}; {fault.findtext('faultstring') if fault is not None else 'no SOAP answer'}")
    answer = root.find(f"{{{ENVELOPE}}}Body/{{{NAMESPACE}}}{method}Response")
    if answer is None:
        raise Unreachable(f"the answer holds no {method}Response")
    found = answer.find(f"{{{NAMESPACE}}}{method}Result")
    if method == "authenticate":
        return [] if found is None else [part.text or "" for part in found.findall(f"{{{NAMESPACE}}}string")]
    return "" if found is None else found.text or ""
