"""qbXML: QuickBooks Desktop's language, written and read.

Pure. A request is a mapping in the order in which QuickBooks demands its elements, `lines` standing for the repeated
ones; what is written is plain ASCII, since everything else goes as a numeric reference. What is read goes through a
parser that takes no document type, replaces no entity and fetches nothing.

Source: Intuit's qbXML operations reference 14.0 (order, lengths); element names are its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from lxml import etree

Body = Mapping[str, Any]
Element = etree._Element

VERSION: Final = "13.0"  # the newest that every file since 2014 accepts; later files take older versions
LARGEST: Final = 8 * 1024 * 1024
LINES: Final = "lines"
_WHOLE: Final = re.compile(r"-?[0-9]{1,18}")
_ESCAPES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"}


class Unreadable(ValueError):
    """What came is not what the interface promises."""


# ------------------------------------------------------------------ writing


def request(name: str, body: Body, **attributes: str) -> bytes:
    """One request without its id: `request("TxnDelRq", {...})`."""
    written = "".join(f' {key}="{text(value)}"' for key, value in attributes.items() if value)
    return f"<{name}{written}>{_inside(body)}</{name}>".encode("ascii")


def text(value: str) -> str:
    """A text as QuickBooks takes it. Characters that XML has no room for are left out."""
    return "".join(_character(char) for char in value)


def _character(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    number = ord(char)
    if number < 0x20:
        return char if char in "\t\n\r" else ""
    if number < 0x7F:
        return char
    return "" if 0xD800 <= number <= 0xDFFF or number in (0xFFFE, 0xFFFF) else f"&#{number};"


def _inside(body: Body) -> str:
    return "".join(_element(name, value) for name, value in body.items())


def _element(name: str, value: Any) -> str:
    if name == LINES:
        return "".join(_inside(line) for line in value)
    if isinstance(value, Mapping):
        return f"<{name}>{_inside(value)}</{name}>"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "".join(_element(name, each) for each in value)
    return f"<{name}>{text(_value(value))}</{name}>"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def message(requests: Mapping[int, bytes], *, new_set: str = "", iterator: str = "") -> bytes:
    """A message set: each row's requests with an id that leads its answers back to it. After an error the others go on,
    since each is somebody's own. `iterator` is the cursor of a reading that goes on."""
    inner = b"".join(_with_ids(row, content, iterator) for row, content in requests.items())
    name = f' newMessageSetID="{new_set}"' if new_set else ""
    return _envelope(f'onError="continueOnError"{name}', inner)


def recovery(name: str) -> bytes:
    """What became of the message set of that name? Nothing is done by asking."""
    return _envelope(f'onError="continueOnError" newMessageSetID="{name}" oldMessageSetID="{name}"', b"")


def _envelope(attributes: str, inner: bytes) -> bytes:
    head = f'<?xml version="1.0" encoding="utf-8"?><?qbxml version="{VERSION}"?><QBXML><QBXMLMsgsRq {attributes}>'
    return head.encode("ascii") + inner + b"</QBXMLMsgsRq></QBXML>"


def _with_ids(row: int, content: bytes, iterator: str) -> bytes:
    root = parsed(b"<rows>" + content + b"</rows>")
    written = []
    for place, element in enumerate(root):
        attributes = {"requestID": f"{row}.{place}", **{str(name): str(value) for name, value in element.attrib.items()}}
        if iterator:
            attributes |= {"iterator": "Continue", "iteratorID": iterator}
        element.attrib.clear()
        for name, value in attributes.items():
            element.set(name, value)
        written.append(_plain(element))
    return b"".join(written)


# ------------------------------------------------------------------ reading


def parsed(content: bytes) -> Element:
    """The root of an XML text. Raises Unreadable: too large, too deep, not well-formed, or with a document type."""
    if len(content) > LARGEST:
        raise Unreadable("more than eight megabytes")
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise Unreadable("a document type")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as wrong:
        raise Unreadable(str(wrong)[:200]) from wrong
    if root is None:
        raise Unreadable("nothing")
    return root


def answers(content: bytes) -> list[Element]:
    """The answers to one row's requests, in their order. Raises Unreadable."""
    return list(parsed(b"<rows>" + content + b"</rows>"))


def by_row(root: Element) -> dict[int, list[Element]]:
    """The answers of a whole message by the row whose request it was. Raises Unreadable."""
    outer = root.find("QBXMLMsgsRs") if root.tag == "QBXML" else None
    if outer is None:
        raise Unreadable("no QBXMLMsgsRs")
    found: dict[int, list[Element]] = {}
    for answer in outer:
        first, _, second = str(answer.get("requestID") or "").partition(".")
        row, place = whole_number(first), whole_number(second)
        if row is not None and place is not None:
            found.setdefault(row, []).append(answer)
    return found


def set_status(root: Element) -> str:
    """What QuickBooks says of a message set that was asked for: "" when it says nothing."""
    outer = root.find("QBXMLMsgsRs")
    return "" if outer is None else str(outer.get("messageSetStatusCode") or "")


def written(elements: Sequence[Element]) -> bytes:
    """Answers as they are kept."""
    return b"".join(_plain(element) for element in elements)


def _plain(element: Element) -> bytes:
    plain: bytes = etree.tostring(element, encoding="ascii", xml_declaration=False, with_tail=False)
    return plain


def of(element: Element, path: str) -> str:
    """The text at a path below an element; "" where there is none."""
    found = element.findtext(path)
    return "" if found is None else found.strip()


def needed(element: Element, path: str) -> str:
    """A text that must be there. Raises Unreadable."""
    found = of(element, path)
    if not found:
        raise Unreadable(f"{element.tag} without {path}")
    return found


def amount(element: Element, path: str) -> Decimal | None:
    """A number; None where there is none. Raises Unreadable."""
    found = of(element, path)
    try:
        return Decimal(found) if found else None
    except ArithmeticError:
        raise Unreadable(f"not a number: {found!r}") from None


def whole_number(text: str) -> int | None:
    """What a status, a count or a row's number says; None where it is none. int() alone would take more, and raise."""
    return int(text) if _WHOLE.fullmatch(text) else None


def body_of(element: Element) -> dict[str, Any]:
    """An object as texts and mappings; what repeats becomes a list."""
    found: dict[str, Any] = {}
    for child in element:
        value: Any = body_of(child) if len(child) else (child.text or "").strip()
        name = str(child.tag)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found


def objects(answer: Element) -> Iterator[Element]:
    """What an answer holds: the elements whose names end in Ret."""
    return (child for child in answer if str(child.tag).endswith("Ret"))
