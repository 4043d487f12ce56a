"""The SOAP door: `/service.asmx`. Who asks is in every body; a refusal is HTTP 200 with Status NO."""

from __future__ import annotations

import secrets
from typing import Any, Final

from lxml import etree
from werkzeug.wrappers import Request, Response

from sandbox.faults import Fault, Kind
from sandbox.kashflow import envelope, problems, soap_books, soap_documents, soap_parties, wsdl
from sandbox.kashflow.company import Company
from sandbox.kashflow.operations import OPERATIONS, Operation
from sandbox.kashflow.problems import Refused, SoapFault
from sandbox.world import World, origin

XML: Final = "text/xml; charset=utf-8"
PROVIDER: Final = "kashflow"
HANDLERS: Final = soap_parties.HANDLERS | soap_documents.HANDLERS | soap_books.HANDLERS


def handle(world: World, request: Request) -> Response:
    """The description, or one call."""
    if request.method == "GET":
        if "wsdl" in {name.lower() for name in request.args}:
            return Response(wsdl.describe(f"{root(request)}/service.asmx"), content_type=XML)
        return Response("KashFlow's SOAP interface: POST an envelope here, or ask for ?wsdl.", content_type="text/plain")
    try:
        asked = envelope.body_of(request.get_data())
        operation = _operation(request, asked)
    except SoapFault as problem:
        return Response(envelope.fault(problem), status=500, content_type=XML)
    return world.act(
        PROVIDER, operation.name, request,
        commit=lambda: _serve(world, request, operation, asked), refuse=lambda fault: _misbehave(world, operation, asked, fault),
    )  # fmt: skip


def root(request: Request) -> str:
    return f"{origin(request)}{request.environ.get('SCRIPT_NAME', '')}"


def _operation(request: Request, asked: etree._Element) -> Operation:
    """The operation that both the SOAPAction header and the body name."""
    action = request.headers.get("SOAPAction", "").strip('"')
    name = action.removeprefix(f"{wsdl.NAMESPACE}/")
    if action != f"{wsdl.NAMESPACE}/{name}" or name not in OPERATIONS:
        raise SoapFault(f"Server did not recognize the value of HTTP Header SOAPAction: {action}.")
    if asked.tag != f"{{{wsdl.NAMESPACE}}}{name}":
        raise SoapFault(f"The request element {asked.tag} was not recognized.")
    return OPERATIONS[name]


def _serve(world: World, request: Request, operation: Operation, asked: etree._Element) -> Response:
    """One call is one transaction: all of it is kept or nothing."""
    try:
        with world.db() as conn:
            company_id, args = _admit(conn, world, request, operation, asked)
            company = Company(conn, company_id, world.now(), root(request))
            result = HANDLERS[operation.name](company, args)
    except Refused as refused:
        return _said(operation, {"Status": "NO", "StatusDetail": refused.text})
    except SoapFault as problem:
        return Response(envelope.fault(problem), status=500, content_type=XML)
    # A result with more than one element comes as the whole answer.
    whole = isinstance(result, dict) and operation.result in result
    return _said(operation, {"Status": "OK", "StatusDetail": "", **(result if whole else {operation.result: result})})


def _said(operation: Operation, values: dict[str, Any]) -> Response:
    return Response(envelope.answer(operation, values), content_type=XML)


def _admit(conn: Any, world: World, request: Request, operation: Operation, asked: etree._Element) -> tuple[str, dict[str, Any]]:
    """Whose books these are, and the parameters. Refused for a bad login, an API that is off, a barred address."""
    first = envelope.read(operation.request, asked)
    row = conn.execute("SELECT id FROM kf_company WHERE username = ?", (first["UserName"] or "",)).fetchone()
    if row is None:
        raise problems.bad_login()
    company = Company(conn, row["id"], world.now())
    settings = company.settings
    if not settings["soap"]:
        raise problems.soap_off()
    if settings["addresses"] and (request.remote_addr or "") not in settings["addresses"]:
        raise problems.address_barred(request.remote_addr or "")
    expected = settings["password"] if settings["api_password"] is None else settings["api_password"]
    if not secrets.compare_digest((first["Password"] or "").encode(), expected.encode()):
        raise problems.bad_login()
    any_order = settings["element_order"] == "any"
    return row["id"], envelope.read(operation.request, asked, any_order) if any_order else first


def _misbehave(world: World, operation: Operation, asked: etree._Element, fault: Fault) -> Response:
    """A session means nothing here: `expire` refuses the login once, `revoke` means that the password was changed."""
    if fault.kind is Kind.THROTTLE:
        return Response("Too many requests.", status=429, content_type="text/plain")
    if fault.kind is Kind.ERROR_500:
        problem = SoapFault("Server was unable to process request. ---> Timeout expired.", "Server")
        return Response(envelope.fault(problem), status=500, content_type=XML)
    if fault.kind is Kind.REVOKE:
        change_password(world, envelope.read(operation.request, asked)["UserName"] or "")
    return _said(operation, {"Status": "NO", "StatusDetail": problems.bad_login().text})


def change_password(world: World, username: str) -> None:
    """The owner changes every password; all sessions end with it."""
    with world.db() as conn:
        row = conn.execute("SELECT id FROM kf_company WHERE username = ?", (username,)).fetchone()
        if row:
            company = Company(conn, row["id"], world.now())
            separate = company.settings["api_password"] is not None
            company.set(password=secrets.token_hex(8), api_password=secrets.token_hex(8) if separate else None)
            conn.execute("DELETE FROM kf_session WHERE company = ?", (row["id"],))
