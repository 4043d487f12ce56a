"""What happens to a request of the Accounting API once it is admitted: listings, single objects, writes, what hangs on them."""

from __future__ import annotations

import uuid
from typing import Any, Final

from werkzeug.wrappers import Request, Response

from sandbox.xero import credit_notes, listing, notes, settings, tracking, wire
from sandbox.xero.books import NOWHERE, Body, Books
from sandbox.xero.dates import day, moment, read_day
from sandbox.xero.documents import Options
from sandbox.xero.endpoints import BY_NAME, Endpoint
from sandbox.xero.errors import Invalid, NotFound, refused

PROVIDER: Final = "Tieout"
_MARK: Final = "element"


def operation(request: Request, parts: list[str]) -> str:
    """What the world's faults and journal call a request: invoices.list, invoices.read, invoices.write, ..."""
    name = parts[0].lower()
    if len(parts) > 2:
        return f"{name}.{parts[2].lower()}"
    if request.method == "GET":
        return f"{name}.{'read' if len(parts) > 1 else 'list'}"
    return f"{name}.{'delete' if request.method == 'DELETE' else 'write'}"


def serve(books: Books, request: Request, parts: list[str], address: str) -> Response:
    """Answer one request. Raises BadRequest, NotFound."""
    if parts[0].lower() in ("organisation", "organisations"):
        return _organisation(books, request)
    endpoint = BY_NAME.get(parts[0].lower())
    if endpoint is None:
        raise NotFound("The resource you're looking for cannot be found")
    if request.method not in (*endpoint.methods, "DELETE") or (request.method == "DELETE" and len(parts) < 2):
        return Response("Method not allowed", status=405)
    if len(parts) > 2:
        return _hanging(books, request, endpoint, parts, address)
    if request.method in ("PUT", "POST"):
        return _write(books, request, endpoint, parts[1] if len(parts) > 1 else None)
    if len(parts) == 1:
        return _said(request, books, endpoint.plural, *listing.page(books, request, endpoint, options(request)))
    stored = endpoint.by_path(books, parts[1])
    if request.method == "GET":
        return _said(request, books, endpoint.plural, [endpoint.show(books, stored, True, options(request))])
    return _delete(books, request, endpoint, parts[1])


def options(request: Request) -> Options:
    asked = {name.lower(): value for name, value in request.args.items()}
    return Options(
        request.method, 4 if asked.get("unitdp") == "4" else 2, wire.flag(asked.get("includearchived") or asked.get("includedeleted")),
        wire.flag(asked.get("summaryonly")),
    )  # fmt: skip


def envelope(books: Books) -> Body:
    return {"Id": str(uuid.uuid4()), "Status": "OK", "ProviderName": PROVIDER, "DateTimeUTC": moment(books.now)}


def _said(request: Request, books: Books, plural: str, shown: list[Body], pages: Body | None = None) -> Response:
    head = envelope(books) | ({"pagination": pages} if pages else {})
    return wire.answer(request, {**head, plural: shown})


def _organisation(books: Books, request: Request) -> Response:
    if request.method != "GET":
        return Response("Method not allowed", status=405)
    return _said(request, books, "Organisations", [settings.organisation(books)])


# Writes


def _write(books: Books, request: Request, endpoint: Endpoint, target: str | None) -> Response:
    sent = wire.elements(request, endpoint.plural)
    asked = options(request)
    if target is not None:
        stored = endpoint.by_path(books, target)
        sent = [{**sent[0], endpoint.id_name: stored.id if endpoint.id_name != "TaxType" else stored.body["TaxType"]}]
    results = [_element(books, endpoint, one, asked, upsert=request.method == "POST") for one in sent]
    quiet = not wire.flag({key.lower(): value for key, value in request.args.items()}.get("summarizeerrors"), True)
    if quiet:
        return _said(request, books, endpoint.plural, [_marked(endpoint, shown, wrong) for shown, wrong in results])
    if any(wrong for _, wrong in results):
        raise refused([_echo(endpoint, shown, wrong) for shown, wrong in results])
    return _said(request, books, endpoint.plural, [shown for shown, _ in results])


def _element(books: Books, endpoint: Endpoint, sent: Body, asked: Options, *, upsert: bool) -> tuple[Body, tuple[str, ...]]:
    """One element, whole or not at all: (what it became, no errors) or (what was sent, the errors)."""
    books.conn.execute(f"SAVEPOINT {_MARK}")
    try:
        old = endpoint.find(books, sent) if upsert else None
        if upsert and sent.get(endpoint.id_name) and old is None and sent[endpoint.id_name] != NOWHERE:
            raise Invalid(f"{endpoint.kind} could not be found")
        stored = endpoint.write(books, {name: value for name, value in sent.items() if name[:1] != "_"}, old, asked)
        shown = endpoint.show(books, stored, True, asked)
    except (Invalid, ValueError, TypeError, AttributeError) as wrong:
        books.conn.execute(f"ROLLBACK TO {_MARK}")
        books.conn.execute(f"RELEASE {_MARK}")
        return sent, wrong.messages if isinstance(wrong, Invalid) else (_shape(wrong),)
    books.conn.execute(f"RELEASE {_MARK}")
    return shown, ()


def _shape(wrong: Exception) -> str:
    """A number that isn't one says so itself; anything else is an element of the wrong shape."""
    return str(wrong) if isinstance(wrong, ValueError) else "The element is not of the expected format"


def _marked(endpoint: Endpoint, shown: Body, wrong: tuple[str, ...]) -> Body:
    """An element of an answer that reports errors one by one."""
    if not wrong:
        return {**shown, "StatusAttributeString": "OK"}
    return {**_echo(endpoint, shown, wrong), "StatusAttributeString": "ERROR", "HasErrors": True}


def _echo(endpoint: Endpoint, sent: Body, wrong: tuple[str, ...]) -> Body:
    kept = {name: _echoed(name, value) for name, value in sent.items() if name != "ValidationErrors"}
    return {endpoint.id_name: NOWHERE, **kept, "ValidationErrors": [{"Message": message} for message in wrong]}


def _echoed(name: str, value: Any) -> Any:
    """What was sent, its days in the form of answers."""
    if not name.endswith("Date") or not value:
        return value
    try:
        return day(read_day(value).isoformat())
    except ValueError:
        return None


def _delete(books: Books, request: Request, endpoint: Endpoint, target: str) -> Response:
    if endpoint.delete is None:
        return Response("Method not allowed", status=405)
    stored = endpoint.by_path(books, target)
    try:
        gone = endpoint.delete(books, stored)
    except Invalid as wrong:
        raise refused([_echo(endpoint, {endpoint.id_name: stored.id}, wrong.messages)]) from wrong
    if endpoint.kind == "Item":
        return Response(status=204)
    return _said(request, books, endpoint.plural, [endpoint.show(books, gone, True, options(request))])


# What hangs on an object


def _hanging(books: Books, request: Request, endpoint: Endpoint, parts: list[str], address: str) -> Response:
    stored, part = endpoint.by_path(books, parts[1]), parts[2].lower()
    name = parts[3] if len(parts) > 3 else None
    try:
        if part == "attachments" and endpoint.files:
            return _attachments(books, request, stored, name, f"{address}/{endpoint.plural}/{stored.id}/Attachments")
        if part == "history" and endpoint.history:
            return _history(books, request, stored)
        if part == "allocations" and endpoint.kind == "CreditNote":
            return _allocations(books, request, stored, name)
        if part == "options" and endpoint.kind == "TrackingCategory":
            return _options(books, request, stored, name)
    except Invalid as wrong:
        raise refused([_echo(endpoint, {endpoint.id_name: stored.id}, wrong.messages)]) from wrong
    raise NotFound("The resource you're looking for cannot be found")


def _attachments(books: Books, request: Request, stored: Any, name: str | None, address: str) -> Response:
    if request.method in ("PUT", "POST") and name:
        return _said(request, books, "Attachments", [notes.attach(books, stored, name, request, address)])
    if name:
        return notes.content(books, stored, name)
    return _said(request, books, "Attachments", notes.attachments(books, stored, address))


def _history(books: Books, request: Request, stored: Any) -> Response:
    if request.method in ("PUT", "POST"):
        shown = [notes.add_note(books, stored, one) for one in wire.elements(request, "HistoryRecords")]
    else:
        shown = notes.history(books, stored)
    return _said(request, books, "HistoryRecords", shown)


def _allocations(books: Books, request: Request, stored: Any, allocation: str | None) -> Response:
    if request.method == "DELETE" and allocation:
        gone = credit_notes.deallocate(books, stored, allocation)
        return wire.answer(request, {**envelope(books), **credit_notes.allocation_shown(books, gone)})
    if request.method not in ("PUT", "POST"):
        return Response("Method not allowed", status=405)
    shown = []
    for one in wire.elements(request, "Allocations"):
        made = credit_notes.allocate(books, books.need("CreditNote", stored.id), one)
        shown.append(credit_notes.allocation_shown(books, made))
    return _said(request, books, "Allocations", shown)


def _options(books: Books, request: Request, stored: Any, option: str | None) -> Response:
    if request.method == "PUT" and option is None:
        made = []
        for one in wire.elements(request, "Options"):
            stored, shown = tracking.add_option(books, stored, one)
            made.append(shown)
        return _said(request, books, "Options", made)
    if request.method == "POST" and option:
        _, shown = tracking.change_option(books, stored, option, wire.elements(request, "Options")[0])
    elif request.method == "DELETE" and option:
        _, shown = tracking.change_option(books, stored, option, {"Status": "DELETED"})
    else:
        return Response("Method not allowed", status=405)
    return _said(request, books, "Options", [shown])
