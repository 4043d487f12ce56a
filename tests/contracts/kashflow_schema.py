"""KashFlow's published contracts as rules: SOAP messages against the WSDL's types, REST bodies against the list of operations.

`soap_problems` says what is wrong with one message, `rest_problems` with one exchange, as sentences; none if all is well.
`Watched(app)` holds every exchange with the twin. The contracts are looked for in $TIEOUT_SHARED or `../shared`.

SOAP: names, order, cardinality and text of every element, and the `xsi:type` without which the service can't read a line.
REST: every field must be known, with the type that is stated; what the list leaves open (no fields given) is passed over.
"""

from __future__ import annotations

import functools
import io
import json
import os
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from lxml import etree

SOAP: Final = "{http://schemas.xmlsoap.org/soap/envelope/}"
XS: Final = "{http://www.w3.org/2001/XMLSchema}"
XSI_TYPE: Final = "{http://www.w3.org/2001/XMLSchema-instance}type"
KF: Final = "{KashFlow}"
_TEXTS: Final = {
    "int": re.compile(r"[+-]?\d{1,10}"),
    "integer": re.compile(r"[+-]?\d+"),
    "decimal": re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)"),
    "boolean": re.compile("true|false|0|1"),
    "dateTime": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?"),
    "string": re.compile(r"[\s\S]*"),
    "base64Binary": re.compile(r"[\s\S]*"),
}
_JSON: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,), "integer": (int,), "number": (int, Decimal), "boolean": (bool,), "object": (dict,), "array": (list,),
}  # fmt: skip


def folder() -> Path | None:
    found = Path(os.environ.get("TIEOUT_SHARED") or Path(__file__).resolve().parents[3] / "shared") / "contracts" / "kashflow"
    return found if found.is_dir() else None


def need_folder() -> Path:
    found = folder()
    if found is None:
        pytest.skip("no shared folder beside the project (set TIEOUT_SHARED)")
    return found


# SOAP


@functools.cache
def _wsdl() -> tuple[dict[str, etree._Element], dict[str, etree._Element]]:
    """(elements, complex types) of the WSDL by name."""
    schema = etree.parse(need_folder() / "KashFlow.wsdl").find(f".//{XS}schema")
    assert schema is not None
    elements = {str(one.get("name")): one for one in schema.findall(f"{XS}element")}
    return elements, {str(one.get("name")): one for one in schema.findall(f"{XS}complexType")}


@functools.cache
def sequence(name: str, element: bool = False) -> tuple[tuple[str, str, int, bool], ...]:
    """(name, type, least, many) of the fields of a type, or of a message's element, those it extends first."""
    elements, types = _wsdl()
    node = (elements if element else types)[name]
    base = node.find(f".//{XS}extension")
    first = sequence(str(base.get("base")).rpartition(":")[2]) if base is not None else ()
    own = tuple(
        (
            str(one.get("name")),
            str(one.get("type") or "s:anyType").rpartition(":")[2],
            int(one.get("minOccurs") or 1),
            one.get("maxOccurs") == "unbounded",
        )
        for one in node.iterfind(f".//{XS}element")
    )
    return first + own


def operations() -> set[str]:
    return {name for name in _wsdl()[0] if f"{name}Response" in _wsdl()[0]}


def soap_problems(operation: str, message: etree._Element, name: str) -> list[str]:
    """What is wrong with a request (`name` the operation) or an answer (`name` with Response)."""
    if operation not in operations():
        return [f"{operation}: there is no such operation"]
    if message.tag != f"{KF}{name}":
        return [f"{operation}: {message.tag} instead of {name}"]
    return list(_fields(sequence(name, True), message, name))


def _fields(expected: tuple[tuple[str, str, int, bool], ...], element: etree._Element, at: str) -> Iterator[str]:
    children = list(element.iterchildren(tag=etree.Element))
    place = 0
    for name, kind, least, many in expected:
        count = 0
        while place < len(children) and children[place].tag == f"{KF}{name}" and (many or not count):
            yield from _value(kind, children[place], f"{at}.{name}")
            place, count = place + 1, count + 1
        if count < least:
            yield f"{at}.{name}: missing"
    for child in children[place:]:
        yield f"{at}: {etree.QName(child).localname} is unknown here, or out of its place"


def _value(kind: str, element: etree._Element, at: str) -> Iterator[str]:
    if kind == "anyType":
        said = element.get(XSI_TYPE)
        prefix, _colon, name = (said or "").rpartition(":")
        if said is None or element.nsmap.get(prefix or None) != "KashFlow" or name not in _wsdl()[1]:
            yield f"{at}: xsi:type is missing or unknown: {said}"
        else:
            yield from _fields(sequence(name), element, f"{at}({name})")
    elif kind not in _TEXTS:
        yield from _fields(sequence(kind), element, at)
    elif len(element) or not _TEXTS[kind].fullmatch(element.text or ""):
        yield f"{at}: {element.text!r} is no {kind}"


# REST

# Creating and changing a product is listed with its name only (or nothing): the fields it is read with are taken for granted.
_WRITTEN_AS_READ: Final = {"POST /products": "/products", "PUT /products/{nominalCode}/{code}": "/products"}


@functools.cache
def _rest() -> list[tuple[str, re.Pattern[str], dict[str, Any]]]:
    found = json.loads((need_folder() / "rest-v2.operations.json").read_text(encoding="utf-8"))["operations"]
    found.sort(key=lambda one: one["path"].count("{"))
    return [(one["method"], re.compile(re.sub(r"\{\w+\}", "[^/]+", one["path"]), re.IGNORECASE), one) for one in found]


def rest_operation(method: str, path: str) -> dict[str, Any] | None:
    return next((one for verb, pattern, one in _rest() if verb == method and pattern.fullmatch(path)), None)


def rest_problems(method: str, path: str, sent: Any, status: int, answer: Any) -> list[str]:
    """What is wrong with an exchange that went well; `path` is below /v2."""
    operation = rest_operation(method, path)
    if operation is None:
        return [f"{method} {path}: there is no such operation"]
    at = f"{method} {operation['path']}"
    stated = operation["response"]
    asked = _asked(at, operation)
    problems = list(_object(asked, sent, f"{at} request")) if isinstance(sent, dict) and asked else []
    if stated["status"] != status:
        problems.append(f"{at}: {status} instead of {stated['status']}")
    fields = _merged(operation, _tree(stated["fields"]))
    if isinstance(answer, dict) and "Data" in answer and "Data" not in fields:
        answer = answer["Data"]  # some lists are described by what is on a page
    if isinstance(answer, dict) and fields:
        problems += _object(fields, answer, at)
    if isinstance(answer, list) and fields:
        for index, one in enumerate(answer):
            problems += _object(fields, one, f"{at}[{index}]")
    return problems


def _asked(at: str, operation: dict[str, Any]) -> dict[str, Any]:
    """The fields of a request's body, those of the path left out; none where the list doesn't say."""
    fields = _tree([one for one in operation["request"] if f"{{{one['name']}}}" not in operation["path"]])
    if at not in _WRITTEN_AS_READ:
        return fields
    return _joined(fields, _tree(_response(_WRITTEN_AS_READ[at])))


def _response(path: str) -> list[dict[str, Any]]:
    found = rest_operation("GET", path)
    return list(found["response"]["fields"]) if found else []


def _merged(operation: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    """An answer to a create repeats what was sent: those lists give only what is added."""
    if operation["method"] != "POST" or not fields or operation["path"].startswith("/sessiontoken"):
        return fields
    return _joined(_tree(operation["request"]), fields)


def _joined(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    both = dict(one)
    for name, (kind, inner) in other.items():
        both[name] = (kind, _joined(both[name][1], inner)) if name in both else (kind, inner)
    return both


def _tree(fields: list[dict[str, Any]]) -> dict[str, Any]:
    """Fields by name: (type, fields inside). `Data[]`, `Data[].Id`, `[].Id` and `Address.Line1` are all ways of writing it."""
    tree: dict[str, Any] = {}
    for one in fields:
        parts = [part for part in one["name"].replace("[]", "").split(".") if part]
        into = tree
        for part in parts[:-1]:
            into = into.setdefault(part, ("object", {}))[1]
        inner = _tree(one.get("children", []))
        if parts:
            kept = into.get(parts[-1], ("", {}))[1]
            into[parts[-1]] = (one["type"], {**kept, **inner})
    return tree


def _object(fields: dict[str, Any], body: dict[str, Any], at: str) -> Iterator[str]:
    for name, value in body.items():
        if name not in fields:
            yield f"{at}: {name} is unknown"
            continue
        kind, inner = fields[name]
        if value is None:
            continue
        many = isinstance(value, list)
        allowed = _JSON[kind]
        if not many and (not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed)):
            yield f"{at}.{name}: {value!r} is no {kind}"
        elif inner:
            for one in value if many else [value]:
                if isinstance(one, dict):
                    yield from _object(inner, one, f"{at}.{name}")


# Both


class Watched:
    """A WSGI application in front of the twins that holds every exchange with this one against the contracts.

    Requests of a client that is wrong on purpose are judged too: look at `problems` where that is not wanted.
    """

    def __init__(self, app: Callable[..., Any], *, requests: bool = True) -> None:
        self.app, self.requests = app, requests
        self.problems: list[str] = []
        self.exchanges = 0

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        sent = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        answered: list[int] = []

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            answered.append(int(status.split()[0]))
            return start_response(status, headers, *rest)

        body = b"".join(self.app({**environ, "wsgi.input": io.BytesIO(sent)}, start))
        path = environ["PATH_INFO"].removeprefix("/kashflow")
        if path.startswith("/service.asmx") and environ["REQUEST_METHOD"] == "POST":
            self._soap(sent, answered[0], body)
        elif path.startswith("/v2/"):
            self._rest(environ["REQUEST_METHOD"], path.removeprefix("/v2").rstrip("/"), sent, answered[0], body)
        return [body]

    def _soap(self, sent: bytes, status: int, body: bytes) -> None:
        asked, said = _message(sent), _message(body)
        if asked is None or status != 200:
            return
        self.exchanges += 1
        operation = etree.QName(asked).localname
        if self.requests:
            self.problems += soap_problems(operation, asked, operation)
        if said is not None:
            self.problems += soap_problems(operation, said, f"{operation}Response")

    def _rest(self, method: str, path: str, sent: bytes, status: int, body: bytes) -> None:
        self.exchanges += 1
        asked, said = _parsed(sent), _parsed(body)
        if status < 300 and (said is not None or not body):
            self.problems += rest_problems(method, path, asked if self.requests else None, status, said)
        elif rest_operation(method, path) is None:
            self.problems.append(f"{method} {path}: there is no such operation")


def _message(raw: bytes) -> etree._Element | None:
    """What is in an envelope's body; none in what was cut or isn't XML."""
    try:
        root = etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return None
    return next(iter(root.iterfind(f"{SOAP}Body/*")), None)


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw, parse_float=Decimal)
    except ValueError:
        return None
