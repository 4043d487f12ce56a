"""Intuit's published qbXML 14.0 operations, read as rules: names, order, choices, cardinality, lengths, types, enumerations.

The file is one huge sample message whose comments say the rest ("opt", "may rep", "max length = 11 for QBD", "BEGIN OR").
Only what holds for QuickBooks Desktop (QBD) counts. `problems(text)` judges a whole message, asked or answered, and
returns what is wrong as sentences. Looked for in $TIEOUT_SHARED or `../shared`; without it `operations()` skips the test.
"""

from __future__ import annotations

import functools
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from lxml import etree

REPOSITORY: Final = Path(__file__).resolve().parents[2]
_TYPES: Final = {
    "AMTTYPE": r"-?\d+\.\d\d", "DATETYPE": r"\d{4}-\d\d-\d\d", "BOOLTYPE": r"true|false|1|0", "INTTYPE": r"-?\d+",
    "DATETIMETYPE": r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d([+-]\d\d:\d\d)?)?", "QUANTYPE": r"-?\d+(\.\d{1,5})?",
    "PRICETYPE": r"-?\d+\.\d{2,5}", "PERCENTTYPE": r"-?\d+(\.\d+)?%?", "FLOATTYPE": r"-?\d+(\.\d+)?", "IDTYPE": r"\S{1,36}",
    "GUIDTYPE": r"\{[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}|0",
}  # fmt: skip


@dataclass(slots=True)
class Element:
    """One element as published. `pattern` is over the names of its children; `required`: those outside of any choice."""

    tag: str
    type: str
    length: int | None
    values: frozenset[str]
    optional: bool
    repeated: bool
    attributes: frozenset[str]
    children: dict[str, Element] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    pattern: re.Pattern[str] = re.compile("")

    def order(self) -> list[str]:
        return list(self.children)


def folder() -> Path | None:
    """Where the published operations are, if they are anywhere."""
    root = Path(os.environ.get("TIEOUT_SHARED") or REPOSITORY.parent / "shared")
    found = root / "contracts" / "quickbooks_desktop"
    return found if (found / "qbxmlops140.xml").is_file() else None


@functools.cache
def _sample(where: Path) -> dict[str, etree._Element]:
    """Every request and answer of the file, by tag."""
    root = etree.parse(where / "qbxmlops140.xml").getroot()
    return {part.tag: part for sets in root if sets.tag in ("QBXMLMsgsRq", "QBXMLMsgsRs") for part in sets if _is(part)}


def operations() -> dict[str, etree._Element]:
    where = folder()
    if where is None:
        pytest.skip("the providers' published schemas are not beside this repository")
    return _sample(where)


@functools.cache
def operation(tag: str) -> Element:
    """A request or an answer, as InvoiceAddRq. KeyError: there is none."""
    return _element(operations()[tag], "", frozenset())


def problems(text: str) -> list[str]:
    """What is wrong with a message, request or response."""
    root = etree.fromstring(text.encode())
    if root.tag != "QBXML" or len(root) != 1 or root[0].tag not in ("QBXMLMsgsRq", "QBXMLMsgsRs"):
        return [f"{root.tag} is no message"]
    found: list[str] = []
    if root[0].tag == "QBXMLMsgsRq" and root[0].get("onError") not in ("continueOnError", "rollbackOnError", "stopOnError"):
        found.append("onError is missing or unknown")
    for part in root[0]:
        if part.tag not in operations():
            found.append(f"{part.tag} is unknown")
        elif part.tag.endswith("Rq") or len(part):
            found += _judged(part, operation(part.tag), part.tag)
    return found


def _judged(part: etree._Element, rule: Element, where: str) -> list[str]:
    found = [f"{where}: attribute {name} is unknown" for name in part.attrib if name not in rule.attributes]
    names = [child.tag for child in part]
    found += [f"{where}/{name} is unknown" for name in names if name not in rule.children]
    if rule.children:
        if not found and not rule.pattern.fullmatch("".join(f"{name};" for name in names)):
            found.append(f"{where}: {', '.join(names)} is not how its elements may follow")
        for child in part:
            if child.tag in rule.children:
                found += _judged(child, rule.children[child.tag], f"{where}/{child.tag}")
    elif not found:
        found += _text(part.text or "", rule, where)
    return found


def _text(text: str, rule: Element, where: str) -> list[str]:
    found = []
    if rule.length is not None and len(text) > rule.length:
        found.append(f"{where}: {len(text)} characters, at most {rule.length}")
    if rule.values and text not in rule.values:
        found.append(f"{where}: {text!r} is none of its values")
    if not re.fullmatch(_TYPES.get(rule.type, r"[\s\S]*"), text):
        found.append(f"{where}: {text!r} is no {rule.type}")
    return found


# Reading the file


def _is(node: etree._Element) -> bool:
    return isinstance(node.tag, str)


def _remark(node: etree._Element) -> str:
    """The comment on the element's own line: behind it, or first inside it."""
    inside = [node[0]] if len(node) else []
    after = [node.getnext()] if node.getnext() is not None else []
    return next((c.text.strip() for c in (*inside, *after) if not _is(c) and c.sourceline == node.sourceline), "")


def _element(node: etree._Element, remark: str, values: frozenset[str]) -> Element:
    length = re.search(r"max length = (\d+)(?: for [A-Z|]*QBD|(?! for)(?!\d))", remark)
    made = Element(
        node.tag, (node.text or "").strip(), int(length[1]) if length else None, values, bool(re.search(r"\bopt\b", remark)),
        "rep" in remark, frozenset(node.attrib),
    )  # fmt: skip
    made.pattern = re.compile(_pattern(node, made))
    return made


def _pattern(node: etree._Element, made: Element) -> str:
    """The children as a regular expression; fills `children` and `required` on the way."""
    text, ends, values = "", [], {}
    for child in node:
        if _is(child):
            remark = _remark(child)
            if re.search(r"not in [A-Z|]*\bQBD\b", remark):
                continue
            one = _element(child, remark, values.get(child.tag, frozenset()))
            made.children.setdefault(child.tag, one)
            made.required |= {child.tag} if not (one.optional or ends) else set()
            text += f"(?:{child.tag};)" + {(0, 0): "", (1, 0): "?", (0, 1): "+", (1, 1): "*"}[one.optional, one.repeated]
        elif "BEGIN OR" in child.text:
            often = "+" if "1 or more" in child.text else "*" if "0 or more" in child.text else ""
            ends.append("*" if often and "optionally" in child.text else often or ("?" if "optionally" in child.text else ""))
            text += "(?:"
        elif child.text.strip() == "OR":
            text += "|"
        elif child.text.strip() == "END OR":
            text += f"){ends.pop()}"
        elif known := re.search(r"(\w+) may have one of the following values: (.*)", child.text):
            listed = re.split(r",\s*", re.sub(r"\s*\[.*?\]", "", known[2]).strip())
            values[known[1]] = frozenset(listed)
    return text
