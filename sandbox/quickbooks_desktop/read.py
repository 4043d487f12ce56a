"""qbXML in: a hardened parser, the strict order of elements, and the text of each turned into a checked value.

Structure is judged for the whole message before anything is done, and a fault in it is an HRESULT without any
answer; a value that can't be read is a status of its one request. Values stay text, as they are kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from lxml import etree

from sandbox.quickbooks_desktop import shapes
from sandbox.quickbooks_desktop.shape import Shape, compiled, is_ref, ref_limit
from sandbox.quickbooks_desktop.status import BAD_XML, Failure, Refusal, bad_value

Body = dict[str, Any]
"""An element: text or a Body by name, a list of texts where a name repeats, and under "lines" the repeated
elements that have children, in document order, each with its "tag"."""

VERSIONS: Final = (
    "1.0", "1.1", "2.0", "2.1", "3.0", "4.0", "4.1", "5.0", "6.0", "7.0", "8.0", "9.0", "10.0", "11.0", "12.0", "13.0",
    "14.0", "15.0", "16.0",
)  # fmt: skip
ON_ERROR: Final = ("continueOnError", "stopOnError", "rollbackOnError")
SET_ID_LENGTH: Final = 23
SIZE_LIMIT: Final = 20 * 1024 * 1024

_LIMITS: Final[dict[str, tuple[str, int]]] = {
    "amt": (r"-?\d{1,13}(\.\d{1,2})?", 3040), "price": (r"-?\d{1,13}(\.\d{1,5})?", 3045),
    "quan": (r"-?\d{1,10}(\.\d{1,5})?", 3060), "percent": (r"-?\d{1,5}(\.\d{1,5})?%?", 3050),
    "float": (r"-?\d{1,10}(\.\d{1,10})?", 3085), "int": (r"-?\d{1,10}", 3085), "bool": (r"true|false|1|0", 3010),
    "guid": (r"\{[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}|0", 3065), "id": (r"\S{1,36}", 3000),
}  # fmt: skip
_ATTRIBUTES: Final = frozenset({"requestID", "metaData", "iterator", "iteratorID"})


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: its name without Rq, its attributes, and the element to read it from."""

    name: str
    attributes: dict[str, str]
    element: etree._Element
    shape: Shape

    def body(self) -> Body:
        """The checked contents. Raises Refusal 3000 to 3090."""
        return _read(self.element, self.shape)


@dataclass(frozen=True, slots=True)
class MessageSet:
    """The requests of one message with what its attributes say."""

    on_error: str
    new_id: str | None
    old_id: str | None
    without_data: bool
    asked: tuple[Asked, ...]


def message_set(text: str) -> MessageSet:
    """Parse and check the structure. Raises Failure 0x80040400 for anything that isn't exactly qbXML."""
    root = _parsed(text)
    sets = list(root)
    if root.tag != "QBXML" or len(sets) != 1 or sets[0].tag != "QBXMLMsgsRq" or _stray(root):
        raise Failure(BAD_XML)
    outer = sets[0]
    attributes = {str(name): str(value) for name, value in outer.attrib.items()}
    unknown = set(attributes) - {"onError", "newMessageSetID", "oldMessageSetID", "responseData"}
    ids = [attributes.get(name) for name in ("newMessageSetID", "oldMessageSetID")]
    if unknown or attributes.get("onError") not in ON_ERROR or any(i is not None and len(i) > SET_ID_LENGTH for i in ids):
        raise Failure(BAD_XML)
    asked = tuple(map(_asked, outer))
    return MessageSet(attributes["onError"], ids[0], ids[1], attributes.get("responseData") == "includeNone", asked)


def document(text: bytes) -> etree._Element:
    """The root of an XML text. ValueError: not well-formed, with a document type, or past libxml's limits on size and depth.

    No entity is replaced, no DTD is read and nothing is fetched.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, remove_comments=True
    )
    try:
        root = etree.fromstring(text, parser)
    except etree.XMLSyntaxError as wrong:
        raise ValueError(f"not well-formed: {wrong}") from wrong
    if b"<!DOCTYPE" in text or root.getroottree().docinfo.internalDTD is not None:
        raise ValueError("a document type is not taken")
    return root


def _parsed(text: str) -> etree._Element:
    # QuickBooks takes anything beyond ASCII as a numeric reference only; raw, it is an error of its parser.
    if len(text) > SIZE_LIMIT or not text.isascii():
        raise Failure(BAD_XML)
    try:
        root = document(text.encode())
    except ValueError as wrong:
        raise Failure(BAD_XML) from wrong
    if not _spoken(root):
        raise Failure(BAD_XML)
    return root


def _spoken(root: etree._Element) -> bool:
    """Whether the instruction `<?qbxml version="14.0"?>` before the root names a version this QuickBooks speaks."""
    before = root.getprevious()
    while before is not None:
        if isinstance(before, etree._ProcessingInstruction) and before.target == "qbxml":
            return before.get("version") in VERSIONS
        before = before.getprevious()
    return False


def _asked(element: etree._Element) -> Asked:
    if not isinstance(element.tag, str) or not element.tag.endswith("Rq"):
        raise Failure(BAD_XML)
    attributes = {str(name): str(value) for name, value in element.attrib.items()}
    name = element.tag.removesuffix("Rq")
    shape = shapes.request(name)
    if shape is None or set(attributes) - _ATTRIBUTES:
        raise Failure(BAD_XML)
    kind = name.removesuffix("Query")
    if "iterator" in attributes and not (name.endswith("Query") and kind in shapes.ITERATED):
        raise Failure(BAD_XML)
    if attributes.get("iterator", "Start") not in ("Start", "Continue", "Stop"):
        raise Failure(BAD_XML)
    _check(element, shape)
    return Asked(name, attributes, element, shape)


def _check(element: etree._Element, shape: Shape) -> None:
    """Names and order of all children, down to the leaves, and the words of enumerations."""
    if not shape.fits(str(child.tag) for child in element) or _stray(element):
        raise Failure(BAD_XML)
    for child in element:
        kind = shape.types[str(child.tag)]
        inner = _inner(str(child.tag), kind)
        if inner is not None:
            _check(child, inner)
        elif len(child) or (kind in shapes.ENUMS and _text(child) not in shapes.ENUMS[kind]):
            raise Failure(BAD_XML)


def _inner(name: str, kind: str) -> Shape | None:
    if is_ref(kind):
        limit = ref_limit(kind)
        return compiled(f"ListID:id? FullName:{limit or 'str'}?")
    if kind in shapes.BODIES and name == kind:
        return shapes.body(kind)
    return shapes.part(kind) if kind in shapes.PARTS else None


def _stray(element: etree._Element) -> bool:
    """Text between elements, or an attribute or instruction where none belongs."""
    texts = [element.text, *(child.tail for child in element)]
    return any(text and text.strip() for text in texts) or any(not isinstance(child.tag, str) for child in element)


def _read(element: etree._Element, shape: Shape) -> Body:
    body: Body = {}
    for child in element:
        name, kind = str(child.tag), shape.types[str(child.tag)]
        inner = _inner(name, kind)
        if inner is None:
            value: Any = _value(name, kind, _text(child))
            body[name] = [*body.get(name, []), value] if name in shape.many else value
        elif name in shape.many:
            body.setdefault("lines", []).append({"tag": name, **_read(child, inner)})
        else:
            body[name] = _read(child, inner)
    return body


def _text(element: etree._Element) -> str:
    return (element.text or "").strip()


def _value(name: str, kind: str, text: str) -> str:
    if kind.isdigit():
        if len(text) > int(kind):
            raise Refusal(3070, f'The string "{text[:40]}" in the field "{name}" is too long: at most {kind} characters.')
        return text
    if kind in ("date", "datetime"):
        return _moment(name, kind, text)
    pattern, code = _LIMITS.get(kind, (r"[\s\S]*", 3080))
    if not re.fullmatch(pattern, text):
        raise bad_value(code, name, text)
    return {"1": "true", "0": "false"}.get(text, text) if kind == "bool" else text


def _moment(name: str, kind: str, text: str) -> str:
    """yyyy-mm-dd, or the same with a time and maybe an offset; years 1901 to 9999."""
    try:
        found = date.fromisoformat(text) if kind == "date" else datetime.fromisoformat(text)
        if len(text) < 10 or found.year < 1901:
            raise ValueError(text)
    except ValueError as wrong:
        raise bad_value(3020, name, text) from wrong
    return text
