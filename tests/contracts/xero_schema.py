"""Xero's published OpenAPI document as a judge of requests and answers, stricter than itself: an unknown key fails.

`Watched(app)` holds every exchange with the twin's Accounting API against it and collects `problems`. Bodies are parsed
with `parse_float=Decimal`, so that money has come as a JSON number. XML exchanges, files and what was broken on purpose
are passed over. Where answers differ from the document, `EXCEPTIONS` says so, each with its source.

The document is looked for in $TIEOUT_SHARED or `../shared`; without it `operations()` skips the test.
"""

from __future__ import annotations

import functools
import io
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl
from uuid import UUID

import jsonschema
import pytest
import yaml

REPOSITORY: Final = Path(__file__).resolve().parents[2]
MARK: Final = "/api.xro/2.0/"
_MARKED: Final = re.compile(r"^/Date\(-?\d+([+-]\d{4})?\)/$")
_TEXT: Final = {"type": "string"}
_LIST: Final = {"type": "array"}

# schema -> properties that answers have besides the declared ones.
# Sources: X = the document's own example of that answer, L = ledgers.md (section), C = a vendor client's own reading.
EXCEPTIONS: Final[dict[str, dict[str, Any]]] = {
    **{  # X: `DateString` beside `Date` in GET /Invoices, /CreditNotes, /BankTransactions, /BankTransfers, /PurchaseOrders
        name: {"DateString": _TEXT, "DueDateString": _TEXT}
        for name in ("Invoice", "CreditNote", "BankTransaction", "BankTransfer", "PurchaseOrder")
    },
    "HistoryRecord": {"DateUTCString": _TEXT},  # X: GET /Invoices/{InvoiceID}/History
}
# X: every answer's example begins with these; L 2.3: pyxero reads Status.
ENVELOPE: Final = {"Id": _TEXT, "Status": _TEXT, "ProviderName": _TEXT, "DateTimeUTC": _TEXT}
# L 2.3: what an element of an answer to summarizeErrors=false carries, whether its schema says so or not.
PER_ELEMENT: Final = {
    "StatusAttributeString": {"enum": ["OK", "WARNING", "ERROR"]}, "HasErrors": {"type": "boolean"}, "ValidationErrors": _LIST,
}  # fmt: skip
ALIASES: Final = {"/Organisations": "/Organisation"}  # C: what pyxero asks for
FORMATS: Final = jsonschema.FormatChecker(formats=())


@FORMATS.checks("uuid", raises=ValueError)
def _is_uuid(value: object) -> bool:
    return not isinstance(value, str) or UUID(value) is not None


@FORMATS.checks("answered-date", raises=ValueError)
def _is_answered_date(value: object) -> bool:
    return not isinstance(value, str) or bool(_MARKED.match(value))


@FORMATS.checks("sent-date", raises=ValueError)
def _is_sent_date(value: object) -> bool:
    return not isinstance(value, str) or bool(_MARKED.match(value)) or datetime.fromisoformat(value) is not None


@dataclass(frozen=True)
class Operation:
    """One operation of the document."""

    method: str
    path: str
    declared: dict[str, Any]
    parameters: dict[str, dict[str, Any]]

    @property
    def depth(self) -> int:
        """How many parts of the path are literal: the more, the better a match."""
        return len([part for part in self.path.split("/") if part and part[0] != "{"])

    def matches(self, method: str, path: str) -> bool:
        pattern = re.sub(r"\{\w+\}", "[^/]+", self.path)
        return method == self.method and re.fullmatch(pattern, path, re.IGNORECASE) is not None


def folder() -> Path | None:
    """Where the published document is, if it is anywhere."""
    root = Path(os.environ.get("TIEOUT_SHARED") or REPOSITORY.parent / "shared")
    found = root / "contracts" / "xero"
    return found if found.is_dir() else None


def operations() -> list[Operation]:
    """Every operation, read once; skips the calling test where the document is absent."""
    where = folder()
    if where is None:
        pytest.skip("the providers' published schemas are not beside this repository")
    return _read(where)[0]


@functools.cache
def _read(where: Path) -> tuple[list[Operation], dict[str, Any], dict[str, Any]]:
    """(operations, strict schemas of what is sent, strict schemas of what is answered)."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document = yaml.load((where / "xero_accounting.yaml").read_text(), Loader=loader)
    parts = document["components"]
    found = []
    for path, methods in document["paths"].items():
        for method, declared in methods.items():
            if isinstance(declared, dict) and "responses" in declared:
                given = [
                    parts["parameters"][one["$ref"].split("/")[-1]] if "$ref" in one else one
                    for one in declared.get("parameters", [])
                ]
                query = {one["name"].lower(): one for one in given if one["in"] == "query"}
                responses = {
                    code: parts["responses"][one["$ref"].split("/")[-1]] if "$ref" in one else one
                    for code, one in declared["responses"].items()
                }
                asked = declared.get("requestBody", {})
                asked = parts["requestBodies"][asked["$ref"].split("/")[-1]] if "$ref" in asked else asked
                whole = {**declared, "responses": responses, "requestBody": asked}
                found.append(Operation(method.upper(), path, whole, query))
    sent, answered = (
        {name: _strict(schema, name, answers) for name, schema in parts["schemas"].items()} for answers in (False, True)
    )
    answered["Element"] = {"type": "object"}  # L 2.3: an element of a refusal echoes what was sent, whatever it was
    return found, sent, answered


def _strict(schema: Any, name: str, answers: bool) -> Any:
    """JSON Schema of a part of the document: unknown keys forbidden, days and moments told apart from other text."""
    if isinstance(schema, list):
        return [_strict(one, "", answers) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": f"#/definitions/{schema['$ref'].split('/')[-1]}"}
    kept = {
        key: _strict(schema[key], "", answers) if key in ("items", "allOf") else schema[key]
        for key in ("type", "enum", "maxLength", "items", "allOf", "required") if key in schema
    }  # fmt: skip
    if schema.get("format") == "uuid":
        kept["format"] = "uuid"
    if schema.get("x-is-msdate") or schema.get("x-is-msdate-time"):
        kept["format"] = "answered-date" if answers else "sent-date"
    if "properties" in schema:
        more = (EXCEPTIONS.get(name, {}) | PER_ELEMENT | (ENVELOPE if name else {})) if answers else {}
        kept["properties"] = more | {key: _strict(value, "", answers) for key, value in schema["properties"].items()}
        kept["additionalProperties"] = False
    if answers:
        kept.pop("required", None)  # `required` is of what is sent: an allocation inside a credit note is shorter
    return kept


def find(method: str, path: str) -> Operation | None:
    """By method and path below /api.xro/2.0."""
    path = ALIASES.get(path, path)
    fits = [one for one in operations() if one.matches(method, path)]
    return max(fits, key=lambda one: one.depth, default=None)


def validate_query(method: str, path: str, query: dict[str, str]) -> list[str]:
    operation = find(method, path)
    if operation is None:
        return []
    return [f"{method} {path}: no query parameter {name}" for name in query if name.lower() not in operation.parameters]


def validate_request(method: str, path: str, body: Any) -> list[str]:
    """What is wrong with a JSON body that is sent: one object, or a list of them under their name."""
    operation = find(method, path)
    if operation is None:
        return [f"{method} {path}: no such operation"]
    content = operation.declared.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return [f"{method} {path}: takes no JSON"]
    where = folder()
    assert where is not None
    _, sent, _ = _read(where)
    return list(_against(_either(content["schema"], sent), sent, body, f"{method} {path}"))


def _either(schema: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    """The list under its name, or one of its members alone (L 2.3: both are accepted)."""
    reference = _strict(schema, "", answers=False)
    listed = sent[reference["$ref"].split("/")[-1]].get("properties", {})
    members = [one["items"] for one in listed.values() if one.get("type") == "array" and "$ref" in one.get("items", {})]
    members = [one for one in members if not one["$ref"].endswith("ValidationError")]
    return {"anyOf": [reference, *members]} if members and "pagination" not in schema else reference


def validate_answer(method: str, path: str, status: int, body: Any) -> list[str]:
    """What is wrong with a JSON answer; statuses that the document doesn't declare are problem details."""
    operation = find(method, path)
    if operation is None:
        return [] if status >= 400 else [f"{method} {path}: no such operation"]
    declared = operation.declared["responses"].get(str(status))
    if declared is None:
        known = {"Type", "Title", "Status", "Detail", "Instance", "Extensions", "ErrorNumber", "Message", "Elements"}
        unknown = set(body) - known if isinstance(body, dict) else {"not an object"}
        return [f"{method} {path}: {status} with {name}" for name in unknown] if status >= 400 else [f"{method} {path}: {status}"]
    content = declared.get("content", {}).get("application/json")
    where = folder()
    assert where is not None
    _, _, answered = _read(where)
    schema = _strict(content["schema"], "answer", answers=True) if content else {}
    return list(_against(schema, answered, body, f"{method} {path} {status}"))


def _against(schema: dict[str, Any], definitions: dict[str, Any], body: Any, at: str) -> Iterator[str]:
    whole = {"definitions": definitions, "allOf": [schema]}
    for error in jsonschema.Draft4Validator(whole, format_checker=FORMATS).iter_errors(body):
        best = jsonschema.exceptions.best_match([error]) or error
        yield f"{at}: {'/'.join(map(str, best.absolute_path))}: {best.message[:300]}"


class Watched:
    """A WSGI application in front of the twin. `requests` False looks at answers only, for tests that send nonsense."""

    def __init__(self, app: Callable[..., Any], *, requests: bool = True) -> None:
        self.app, self.requests = app, requests
        self.problems: list[str] = []
        self.exchanges = 0

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        path = environ["PATH_INFO"].encode("latin-1").decode()
        sent = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        answered: list[int] = []

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            answered.append(int(status.split()[0]))
            return start_response(status, headers, *rest)

        body = b"".join(self.app({**environ, "wsgi.input": io.BytesIO(sent)}, start))
        if MARK in path and "/Attachments/" not in path:
            rest, query = "/" + path.partition(MARK)[2], dict(parse_qsl(environ.get("QUERY_STRING", "")))
            self._hold(environ["REQUEST_METHOD"], rest.rstrip("/"), query, sent, answered[0], body)
        return [body]

    def _hold(self, method: str, path: str, query: dict[str, str], sent: bytes, status: int, answer: bytes) -> None:
        self.exchanges += 1
        asked, answered = _parsed(sent), _parsed(answer)
        if self.requests and status < 500:
            self.problems += validate_query(method, path, query)
            if asked is not None:
                self.problems += validate_request(method, path, asked)
        if answered is not None and status < 500:
            self.problems += validate_answer(method, path, status, answered)


def _parsed(raw: bytes) -> Any:
    """JSON, or None for anything else."""
    try:
        return json.loads(raw, parse_float=Decimal)
    except ValueError:
        return None
