"""Intuit's published XML types, read as rules for JSON: every property's name, type, enumeration, cardinality and length.

`validate_request(entity, body)` and `validate_answer(path, body)` return what is wrong as sentences, none
if all is well; an unknown property is wrong. Bodies are parsed JSON whose numbers are int or Decimal: a
float is wrong, because it has been rounded. Differences between JSON and the types are listed, each with
its source, in `quickbooks_exceptions.py`.

`Watched(app)` does so for every exchange with the twin.

The types are looked for in $TIEOUT_SHARED or `../shared`; without them `schema()` skips the test.
"""

from __future__ import annotations

import functools
import io
import json
import os
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

import pytest

from tests.contracts.quickbooks_exceptions import ENUMS, IDENTITY, LENGTHS, REQUIRED, SHAPES

XS: Final = "{http://www.w3.org/2001/XMLSchema}"
FILES: Final = ("IntuitBaseTypes", "IntuitNamesTypes", "Finance", "SalesTax", "IntuitRestServiceDef")
REPOSITORY: Final = Path(__file__).resolve().parents[2]
_LENGTH: Final = re.compile(r"[Mm]ax(?:imum|\.)?\s*length:?\s*(?:is\s*)?(\d+)")


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a type. `many`: a list in JSON; `least`: how often it must occur; `length`: longest text."""

    name: str
    type: str
    least: int = 0
    many: bool = False
    length: int | None = None


@dataclass(slots=True)
class Type:
    """A complex type, flattened over what it extends. `text`: it has a value of its own besides its properties."""

    name: str
    properties: dict[str, Property] = field(default_factory=dict)
    text: str = ""


@dataclass(slots=True)
class Schema:
    types: dict[str, Type]
    enums: dict[str, tuple[str, ...]]
    bases: dict[str, str]

    def entity(self, path_word: str) -> str | None:
        """`journalentry` -> `JournalEntry`."""
        return next((name for name in self.types if name.lower() == path_word.lower()), None)


def folder() -> Path | None:
    """Where the published types are, if they are anywhere."""
    root = Path(os.environ.get("TIEOUT_SHARED") or REPOSITORY.parent / "shared")
    found = root / "contracts" / "quickbooks"
    return found if found.is_dir() else None


def schema() -> Schema:
    """The types, read once; skips the calling test where they are absent."""
    where = folder()
    if where is None:
        pytest.skip("the providers' published schemas are not beside this repository")
    return _read(where)


@functools.cache
def _read(where: Path) -> Schema:
    nodes: dict[str, ElementTree.Element] = {}
    simple: dict[str, ElementTree.Element] = {}
    for name in FILES:
        root = ElementTree.parse(where / f"{name}.xsd").getroot()
        nodes |= {str(node.get("name")): node for node in root.findall(f"{XS}complexType")}
        simple |= {str(node.get("name")): node for node in root.findall(f"{XS}simpleType")}
    enums = {name: tuple(str(value.get("value")) for value in node.iter(f"{XS}enumeration")) for name, node in simple.items()}
    bases = {
        name: str(node.find(f"{XS}restriction").get("base"))
        for name, node in simple.items()
        if node.find(f"{XS}restriction") is not None
    }
    types = {name: _flatten(name, nodes) for name in nodes}
    types |= {name: _own_shape(name, shape) for name, shape in SHAPES.items()}
    return Schema(types, {name: values for name, values in enums.items() if values}, bases)


def _flatten(name: str, nodes: dict[str, ElementTree.Element]) -> Type:
    """The type with the properties of all that it extends; attributes count as properties."""
    node, made = nodes[name], Type(name)
    extension = node.find(f".//{XS}extension")
    base = extension.get("base", "") if extension is not None else ""
    if base in nodes:
        made.properties |= _flatten(base, nodes).properties
    elif base:
        made.text = base
    for child in node.iter():
        if child.tag == f"{XS}element" and child.get("name"):
            found = _element(name, child)
            made.properties[found.name] = found
        elif child.tag == f"{XS}attribute":
            required = int(child.get("use") == "required")
            made.properties[str(child.get("name"))] = Property(str(child.get("name")), child.get("type", "xs:string"), required)
    return made


def _element(owner: str, node: ElementTree.Element) -> Property:
    name = str(node.get("name"))
    many = node.get("maxOccurs", "1") not in ("0", "1")
    length = LENGTHS.get((owner, name), _stated_length(node))
    # minOccurs is 1 by default inside choices as well, where one of several is meant: only what is written counts.
    least = int(node.get("minOccurs", "0"))
    return Property(name, node.get("type", "xs:string"), least, many, length)


def _stated_length(node: ElementTree.Element) -> int | None:
    """The length that the prose states for QuickBooks Online, if any."""
    prose = " ".join("".join(part.itertext()) for part in node.iter(f"{XS}documentation"))
    online = [part for part in re.split(r"Product:\s*", prose) if part.startswith(("QBO", "ALL"))]
    found = [int(length) for part in online for length in _LENGTH.findall(part)]
    return max(found) if found else None


def _own_shape(name: str, shape: dict[str, str]) -> Type:
    made = Type(name)
    for key, kind in shape.items():
        optional, bare = kind.startswith("?"), kind.lstrip("?")
        many = bare.startswith("[")
        made.properties[key] = Property(key, bare.strip("[]"), int(not optional), many)
    return made


# Checking


def validate_request(entity: str, body: Any, *, operation: str = "") -> list[str]:
    """What is wrong with a body sent to `entity` (JSON name or path word); `batch` is an entity here.

    `operation` "delete" or "void" needs identity only; a body with an Id is an update.
    """
    types = schema()
    if entity.lower() == "batch":
        return list(_object(types, "BatchRequest", body, "batch")) if isinstance(body, dict) else ["batch: not an object"]
    name = "TaxService" if entity.lower() in ("taxservice/taxcode", "taxservice") else types.entity(entity)
    if name is None:
        return [f"{entity}: no such entity"]
    found = list(_object(types, name, body, name))
    return found + (_missing(name, body, operation) if isinstance(body, dict) else [])


def _missing(name: str, body: dict[str, Any], operation: str) -> list[str]:
    changes = bool(body.get("Id")) or operation in ("delete", "void")
    needed = IDENTITY if changes else REQUIRED.get(name, ())
    return [f"{name}.{key}: missing" for key in needed if body.get(key) in (None, "", [])]


def validate_answer(path: str, body: Any, status: int = 200) -> list[str]:
    """What is wrong with an answer of the service to a call of `path` (below or with /v3/company/{realm}/)."""
    types = schema()
    if not isinstance(body, dict):
        return [f"{path}: not an object"]
    words = re.sub(r"^.*/company/[^/]+/", "", path.partition("?")[0]).strip("/").split("/")
    for key, shape in (("Fault", "FaultEnvelope"), ("fault", "GatewayFault")):
        if key in body:
            wrong = [] if status >= 400 else [f"{path}: a fault with status {status}"]
            return wrong + list(_object(types, shape, body, key))
    special = {"query": "QueryAnswer", "batch": "BatchAnswer", "cdc": "ChangesAnswer", "taxservice": "TaxServiceAnswer"}
    if words[0] in special:
        return list(_object(types, special[words[0]], body, words[0]))
    return list(_enveloped(types, words[0], body))


def _enveloped(types: Schema, word: str, body: dict[str, Any]) -> Iterator[str]:
    name = types.entity(word)
    if name is None or name not in body:
        yield f"{word}: the answer doesn't hold it"
        return
    yield from (f"{key}: unknown property" for key in body if key not in (name, "time"))
    yield from _value(types, Property("time", "xs:dateTime"), body.get("time"), "time")
    yield from _object(types, name, body[name], name)


class Watched:
    """A WSGI application in front of the twin that holds every exchange of the service against the types.

    `problems` collects what is wrong, `exchanges` counts what was held. `requests` False looks at answers
    only, for tests that send nonsense on purpose.
    """

    def __init__(self, app: Callable[..., Any], *, requests: bool = True) -> None:
        self.app, self.requests = app, requests
        self.problems: list[str] = []
        self.exchanges = 0

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        sent = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        answered: list[Any] = []
        inner = {**environ, "wsgi.input": io.BytesIO(sent)}

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            answered.append(int(status.split()[0]))
            return start_response(status, headers, *rest)

        body = b"".join(self.app(inner, start))
        if "/v3/company/" in environ["PATH_INFO"]:
            self.hold(environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("QUERY_STRING", ""), sent, answered[0], body)
        return [body]

    def hold(self, method: str, path: str, query: str, sent: bytes, status: int, answer: bytes) -> None:
        """Hold one exchange against the types. What isn't JSON (a query's text, a broken or XML answer) is passed over."""
        self.exchanges += 1
        asked, answered = _parsed(sent), _parsed(answer)
        if self.requests and method == "POST" and isinstance(asked, dict) and status < 500:
            word = re.sub(r"^.*/company/[^/]+/", "", path)
            self.problems += validate_request(word, asked, operation=dict(parse_qsl(query)).get("operation", ""))
        if isinstance(answered, dict):
            self.problems += validate_answer(path, answered, status)


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw, parse_float=Decimal)
    except ValueError:
        return None


def validate_notification(body: Any) -> list[str]:
    """What is wrong with a webhook's body, of either form."""
    types = schema()
    if isinstance(body, list):
        return [wrong for index, event in enumerate(body) for wrong in _object(types, "CloudEvent", event, f"[{index}]")]
    return list(_object(types, "Notifications", body, "notification"))


def _object(types: Schema, name: str, body: Any, at: str) -> Iterator[str]:
    kind = types.types[name]
    if not isinstance(body, dict):
        yield f"{at}: an object of {name} is expected, not {body!r}"
        return
    known = kind.properties | ({"value": Property("value", kind.text, 1)} if kind.text else {})
    for key, value in body.items():
        if key in known:
            yield from _property(types, known[key], value, f"{at}.{key}", (name, key))
        elif name in _HOLDERS and key in types.types:
            yield from _held(types, key, value, f"{at}.{key}")
        else:
            yield f"{at}.{key}: unknown property of {name}"
    yield from (f"{at}.{key}: missing" for key, found in known.items() if found.least and key not in body)


# Types whose substitution group lets any entity stand in them. S IntuitRestServiceDef.xsd ref="IntuitObject".
_HOLDERS: Final = frozenset({"QueryResponse", "BatchItemRequest", "BatchItemResponse"})


def _held(types: Schema, name: str, value: Any, at: str) -> Iterator[str]:
    for index, item in enumerate(value if isinstance(value, list) else [value]):
        yield from _object(types, name, item, f"{at}[{index}]")


def _property(types: Schema, found: Property, value: Any, at: str, key: tuple[str, str]) -> Iterator[str]:
    if found.many:
        if not isinstance(value, list):
            yield f"{at}: a list is expected"
            return
        for index, item in enumerate(value):
            yield from _value(types, found, item, f"{at}[{index}]", ENUMS.get(key, ()))
        return
    yield from _value(types, found, value, at, ENUMS.get(key, ()))


def _value(types: Schema, found: Property, value: Any, at: str, also: tuple[str, ...] = ()) -> Iterator[str]:
    kind = found.type
    if kind in ("*", "IntuitAnyType"):
        return
    if kind in types.types:
        yield from _object(types, kind, value, at)
        return
    if kind in types.enums:
        if value not in types.enums[kind] + also:
            yield f"{at}: {value!r} is not one of {kind}"
        return
    base = types.bases.get(kind, kind)
    check = _SIMPLE.get(base)
    if check is None:
        yield f"{at}: the type {kind} is not understood"
    elif not check(value):
        yield f"{at}: {value!r} is not {base}"
    elif found.length and isinstance(value, str) and len(value) > found.length:
        yield f"{at}: {len(value)} characters, {found.length} at most"


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_day(value: Any) -> bool:
    return _parses(date.fromisoformat, value) and len(value) == 10


def _is_moment(value: Any) -> bool:
    """xs:dateTime; fractions of any length, which Python reads up to six digits of."""
    return isinstance(value, str) and _parses(datetime.fromisoformat, re.sub(r"(\.\d{6})\d+", r"\1", value)) and "T" in value


def _parses(read: Callable[[str], Any], value: Any) -> bool:
    try:
        read(value)
    except (TypeError, ValueError):
        return False
    return True


_SIMPLE: Final[dict[str, Callable[[Any], bool]]] = {
    "xs:string": _is_text, "xs:anyURI": _is_text, "xs:NMTOKEN": _is_text, "xs:token": _is_text, "xs:ID": _is_text,
    "xs:decimal": _is_number, "xs:double": _is_number, "xs:int": _is_whole, "xs:long": _is_whole, "xs:integer": _is_whole,
    "xs:positiveInteger": _is_whole, "xs:boolean": _is_flag, "xs:date": _is_day, "xs:dateTime": _is_moment,
}  # fmt: skip
