"""The organisation's lists: reading them whole or by name, and adding accounts, contacts and items.

A name that is taken is not an error: the object that has it is what was asked for. An account's code is a
suggestion; where it is taken, the next free one is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from connections.contracts import ItemSpec, PartySpec, ReferenceItem
from connections.errors import Failure, FailureKind

from . import fields, reference
from .client import Body, Books, malformed, promised, quoted

ACCOUNT_NAME, CODE_LIMIT = 150, 10  # xero_accounting.yaml, Account.Name; Account.Code
CONTACT_NAME, EMAIL_LIMIT = 255, 255  # Contact.Name, Contact.EmailAddress
ITEM_CODE, ITEM_NAME = 30, 50  # Item.Code, Item.Name
_LINES = ("AddressLine1", "AddressLine2", "AddressLine3", "AddressLine4")
_ASKED_AT_ONCE = 20
_CHANGED = ("item", "customer")  # what is asked for by If-Modified-Since; the other lists are short and come whole
_LOST = frozenset({FailureKind.UNKNOWN_OUTCOME, FailureKind.MALFORMED})
_LISTED_NAMES = {
    ("customer", "name"): "Name",
    ("customer", "email"): "EmailAddress",
    ("item", "name"): "Name",
    ("item", "sku"): "Code",
}


# ------------------------------------------------------------------ reading


def pages(books: Books, kinds: Sequence[str], since: datetime | None) -> Iterator[list[ReferenceItem]]:
    """Kind by kind; contacts and items only as far as they changed since."""
    categories: list[Body] | None = None
    for kind in kinds:
        if kind in fields.DIMENSIONS:
            categories = books.all("TrackingCategories") if categories is None else categories
            yield of(kind, categories)
        elif kind == "customer":
            for rows in books.pages("Contacts", since=since, more={"includeArchived": "true"}):
                yield of(kind, rows)
        else:
            yield of(kind, books.all(reference.KINDS[kind], since=since if kind in _CHANGED else None))


def of(kind: str, rows: Sequence[Body]) -> list[ReferenceItem]:
    return promised(lambda: reference.items(kind, rows))


def find_references(books: Books, kind: str, by: str, values: Sequence[str]) -> list[ReferenceItem]:
    """Objects, archived ones too, whose name, code or e-mail is one of `values`: a question per twenty of them."""
    name = _LISTED_NAMES.get((kind, by))
    asked = list(dict.fromkeys(value for value in values if value))
    found: list[ReferenceItem] = []
    for start in range(0, len(asked) if name else 0, _ASKED_AT_ONCE):
        some = asked[start : start + _ASKED_AT_ONCE]
        where = " OR ".join(f"{name}=={quoted(value)}" for value in some)
        if kind == "customer":
            for rows in books.pages("Contacts", where=where, more={"includeArchived": "true"}):
                found += of(kind, rows)
        else:
            found += of(kind, books.all(reference.KINDS[kind], where=where))
    return found


# ------------------------------------------------------------------ adding


def create_account(books: Books, spec: Mapping[str, str], request_id: str) -> ReferenceItem:
    """An account; one of that name is taken over. `role` clearing takes payments."""
    every = books.all("Accounts")
    name = fields.text_of(spec["name"])[:ACCOUNT_NAME]
    holder = next((row for row in every if str(row.get("Name")).casefold() == name.casefold()), None)
    if holder is not None:
        return of("account", [holder])[0]
    body: dict[str, Any] = {
        "Code": free_code(spec.get("number", ""), {str(row.get("Code") or "") for row in every}),
        "Name": name,
        "Type": reference.NATIVE.get(spec.get("type", ""), "EXPENSE"),
    }
    if spec.get("description"):
        body["Description"] = spec["description"][: fields.TEXT_LIMIT]
    if spec.get("role") == "clearing":
        body["EnablePaymentsToAccount"] = True
    made = _made(books, "account", [body], request_id)
    if made:
        return made
    again = [row for row in books.all("Accounts") if str(row.get("Name")).casefold() == name.casefold()]
    if not again:
        raise malformed(f"the account {name} was neither made nor there", "", writes=True)
    return of("account", again)[0]


def free_code(suggested: str, taken: set[str]) -> str:
    """The suggestion, or the next free number after it."""
    wanted = suggested[:CODE_LIMIT] or "9000"
    if wanted not in taken:
        return wanted
    number = int(wanted) if wanted.isdigit() else 9000
    while str(number) in taken:
        number += 1
    return str(number)


def create_party(books: Books, spec: PartySpec, request_id: str) -> ReferenceItem:
    """A contact; one of that name is taken over. A contact trades in any currency: its own is only a default."""
    name = clean(spec.name, CONTACT_NAME)
    body: dict[str, Any] = {"Name": name}
    if 0 < len(spec.email) <= EMAIL_LIMIT:
        body["EmailAddress"] = spec.email
    if spec.address:
        body["Addresses"] = [{"AddressType": "STREET", **address(spec.address)}]
    if spec.currency:
        body["DefaultCurrency"] = spec.currency
    return _made(books, "customer", [body], request_id) or _named(books, "customer", name)


def address(lines: Sequence[str]) -> dict[str, str]:
    """A printable address in Xero's four free lines; what is more goes on the last."""
    given = [fields.text_of(line) for line in lines if line]
    if len(given) > len(_LINES):
        given = [*given[: len(_LINES) - 1], ", ".join(given[len(_LINES) - 1 :])]
    return {name: line[:500] for name, line in zip(_LINES, given, strict=False)}


def create_item(books: Books, spec: ItemSpec, request_id: str) -> ReferenceItem:
    """An item sold without stock. One of that code is taken over."""
    code = item_code(spec.sku or spec.name)
    body: dict[str, Any] = {
        "Code": code,
        "Name": clean(spec.name or spec.sku, ITEM_NAME),
        "IsSold": True,
        "IsPurchased": False,
        "SalesDetails": {"AccountCode": spec.account},
    }
    if spec.description:
        body["Description"] = fields.text_of(spec.description)[: fields.TEXT_LIMIT]
    made = _made(books, "item", [body], request_id)
    if made:
        return made
    same = find_references(books, "item", "sku", [code])
    if not same:
        raise malformed(f"the item {code} was neither made nor there", "", writes=True)
    return same[0]


def item_code(sku: str) -> str:
    """The SKU itself; one that is too long keeps its beginning and gets a check, so that no two share a code."""
    plain = fields.text_of(sku).strip() or "-"
    if len(plain) <= ITEM_CODE:
        return plain
    return f"{plain[: ITEM_CODE - 7]}-{hashlib.sha256(plain.encode()).hexdigest()[:6]}"


def clean(name: str, limit: int) -> str:
    return " ".join(fields.text_of(name).split())[:limit].strip() or "-"


def _made(books: Books, kind: str, elements: Sequence[Body], request_id: str) -> ReferenceItem | None:
    """The new object, or None when it is there already or the answer was lost: then it is looked up. Raises Failure."""
    try:
        answered, trace_id = books.write(reference.KINDS[kind], elements, request_id)
    except Failure as failure:
        if failure.kind not in _LOST:
            raise
        return None
    element = answered[0]
    if element.failure is None and element.body is not None:
        return of(kind, [element.body])[0]
    if element.failure is not None and element.failure.kind is not FailureKind.DUPLICATE:
        element.failure.trace_id = trace_id
        raise element.failure
    return None


def _named(books: Books, kind: str, name: str) -> ReferenceItem:
    found = find_references(books, kind, "name", [name])
    if not found:
        raise malformed(f"the name {name} is taken, but nobody has it", "", writes=True)
    return min(found, key=lambda item: not item.active)
