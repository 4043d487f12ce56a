"""The twin's small language for qbXML: which children an element has, in which order, how often, of what type.

    "TxnDate:date? RefNumber:11? ( JournalDebitLine:JournalLine | JournalCreditLine:JournalLine )*"

`?` may be left out, `*` any number, `+` at least one; `( | )` is a choice. A type is a number (text of at
most so many characters), one of SCALARS, `ref` with the longest FullName, or the name of an enumeration
or of another shape. qbXML takes elements in exactly this order, so a shape is a regular expression over names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

SCALARS: Final = frozenset(
    {"str", "id", "amt", "quan", "price", "percent", "float", "int", "bool", "date", "datetime", "guid"}
)  # fmt: skip
_TOKEN: Final = re.compile(r"(\w+):(\w+)|([()|?*+])")


@dataclass(frozen=True, slots=True)
class Shape:
    """`names` in document order, `types` by name, `many` those that may come more than once."""

    names: tuple[str, ...]
    types: dict[str, str]
    many: frozenset[str]
    pattern: re.Pattern[str]

    def fits(self, names: Iterable[str]) -> bool:
        """Whether children of these names, in this order, make such an element."""
        return self.pattern.fullmatch("".join(f"{name};" for name in names)) is not None


def compiled(text: str) -> Shape:
    """Read a shape. The same name may stand in two branches of a choice, with one type."""
    types: dict[str, str] = {}
    pattern: list[str] = []
    groups: list[int] = []
    order: list[str] = []
    many: set[str] = set()
    tokens = _TOKEN.findall(text)
    for place, (name, kind, sign) in enumerate(tokens):
        repeated = place + 1 < len(tokens) and tokens[place + 1][2] in ("*", "+")
        if name:
            types[name] = kind
            order.append(name)
            many |= {name} if repeated else set()
            pattern.append(f"(?:{name};)")
        elif sign == "(":
            groups.append(len(order))
            pattern.append("(?:")
        else:
            start = groups.pop() if sign == ")" else 0
            many |= set(order[start:]) if sign == ")" and repeated else set()
            pattern.append(sign)
    return Shape(tuple(dict.fromkeys(order)), types, frozenset(many), re.compile("".join(pattern)))


def ref_limit(kind: str) -> int | None:
    """The longest FullName of a reference type; None where the vendor states none. `kind` isn't a reference: ValueError."""
    found = re.fullmatch(r"ref(\d*)", kind)
    if found is None:
        raise ValueError(kind)
    return int(found[1]) if found[1] else None


def is_ref(kind: str) -> bool:
    return re.fullmatch(r"ref\d*", kind) is not None
