"""Listings: filtered, ordered, and in pages (ledgers.md 2.3)."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Final

from werkzeug.wrappers import Request

from sandbox.xero.books import Body, Books, Stored
from sandbox.xero.dates import read_since
from sandbox.xero.documents import Options
from sandbox.xero.endpoints import Endpoint
from sandbox.xero.query import Where, bad, ordered, updated
from sandbox.xero.wire import flag

PAGE: Final = 100
LARGEST: Final = 1000
# Query lists -> the property they choose by, for the endpoints that have them.
_LISTS: Final = {
    "Invoice": {"ids": "InvoiceID", "invoicenumbers": "InvoiceNumber", "contactids": "Contact.ContactID", "statuses": "Status"},
    "Contact": {"ids": "ContactID"},
    "PurchaseOrder": {"status": "Status"},
}  # fmt: skip
_SEARCHED: Final = {
    "Invoice": ("InvoiceNumber", "Reference"),
    "Contact": ("Name", "FirstName", "LastName", "EmailAddress", "ContactNumber", "CompanyNumber"),
}


def page(books: Books, request: Request, endpoint: Endpoint, options: Options) -> tuple[list[Body], Body | None]:
    """What a listing shows, and its place among the pages where it was asked for one. Raises BadRequest."""
    asked = {name.lower(): value for name, value in request.args.items()}
    found = _chosen(books, request, endpoint, options, asked)
    number = asked.get("page") if endpoint.paged else None
    if number is None:
        return _shown(books, endpoint, found, options, full=not endpoint.paged), None
    first, size = _whole(number, "page", 10**6), _whole(asked.get("pagesize", str(PAGE)), "pageSize", LARGEST)
    part = found[(first - 1) * size : first * size]
    pages = {"page": first, "pageSize": size, "pageCount": -(-len(found) // size), "itemCount": len(found)}
    return _shown(books, endpoint, part, options, full=not options.summary), pages


def _whole(text: str, name: str, most: int) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise bad(f"{name} must be a number from 1 to {most}")
    return int(text)


def _shown(books: Books, endpoint: Endpoint, found: list[Stored], options: Options, *, full: bool) -> list[Body]:
    shown = [endpoint.show(books, stored, full, options) for stored in found]
    if endpoint.kind == "Contact":  # balances are told of a single contact only
        return [{name: value for name, value in one.items() if name != "Balances"} for one in shown]
    return shown


def _chosen(books: Books, request: Request, endpoint: Endpoint, options: Options, asked: dict[str, str]) -> list[Stored]:
    """The stored objects that fit, in order; newest changes last where no order is asked for."""
    found = _visible(books, endpoint, options)
    if since := request.headers.get("If-Modified-Since"):
        found = _since(found, since)
    if flag(asked.get("createdbymyapp")):
        found = [stored for stored in found if stored.app == books.app]
    found = _in_lists(endpoint, found, asked)
    if term := asked.get("searchterm", "").casefold():
        found = [stored for stored in found if _matches(endpoint, stored, term)]
    if endpoint.paged:
        found.sort(key=lambda stored: (stored.updated, stored.number))
    where, order = asked.get("where"), asked.get("order")
    if not where and not order:
        return found
    plain = dataclasses.replace(options, summary=True)
    shown = [endpoint.show(books, stored, False, plain) for stored in found]
    by_id = {one[endpoint.id_name]: stored for one, stored in zip(shown, found, strict=True)}
    if where:
        fits = Where(where)
        shown = [one for one in shown if fits(one)]
    return [by_id[one[endpoint.id_name]] for one in (ordered(shown, order) if order else shown)]


def _visible(books: Books, endpoint: Endpoint, options: Options) -> list[Stored]:
    everything = options.include_archived
    return [stored for stored in books.all(endpoint.kind) if everything or stored.status not in endpoint.hidden]


def _since(found: list[Stored], text: str) -> list[Stored]:
    try:
        since: datetime = read_since(text)
    except (TypeError, ValueError) as wrong:
        raise bad("If-Modified-Since is not a valid date") from wrong
    return [stored for stored in found if updated(stored) > since]


def _in_lists(endpoint: Endpoint, found: list[Stored], asked: dict[str, str]) -> list[Stored]:
    for name, field in _LISTS.get(endpoint.kind, {}).items():
        if asked.get(name):
            wanted = {text.strip().casefold().replace("-", "") for text in asked[name].split(",")}
            found = [stored for stored in found if _value(endpoint, stored, field).casefold().replace("-", "") in wanted]
    return found


def _value(endpoint: Endpoint, stored: Stored, field: str) -> str:
    if field == endpoint.id_name:
        return stored.id
    return stored.status if field == "Status" else str(stored.body.get(field.rpartition(".")[2], ""))


def _matches(endpoint: Endpoint, stored: Stored, term: str) -> bool:
    names = _SEARCHED.get(endpoint.kind, ())
    return any(term in str(stored.body.get(name, "")).casefold() for name in names)
