"""`searchCriteria`: filter groups (and between groups, or inside of one), sorting, pages, and what comes back.

Both spellings are read, `filter_groups` and `filterGroups`, `condition_type` and `conditionType`; the
brackets were decoded on the way. Only top-level properties can be searched. Past the last page Magento
repeats the last page (until a switch says otherwise): a client stops by `total_count`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.jsontext import load
from sandbox.magento.errors import internal, invalid, required
from sandbox.magento.installation import Installation

PAGE_LIMIT, DEFAULT_PAGE = 300, 20
"""Where the shop limits input; without limits there is neither (ledgers.md 5)."""
OPTIONAL = {
    "customer_id", "coupon_code", "ext_order_id", "ext_customer_id", "customer_note", "discount_description", "shipping_description",
    "hold_before_state", "hold_before_status", "adjustment_positive", "adjustment_negative", "invoice_id", "transaction_id",
    "base_total_refunded", "is_used_for_refund", "applied_rule_ids", "parent_item_id",
}  # fmt: skip
"""Columns that the first document of a kind may not have filled."""


@dataclass(frozen=True, slots=True)
class Filter:
    field: str
    value: str
    condition: str

    def data(self) -> dict[str, str]:
        return {"field": self.field, "value": self.value, "condition_type": self.condition}


@dataclass(frozen=True, slots=True)
class Criteria:
    groups: list[list[Filter]] = field(default_factory=list)
    sorts: list[tuple[str, bool]] = field(default_factory=list)
    """(field, descending)"""
    size: int = 0
    page: int = 1

    @property
    def fields(self) -> list[str]:
        named = [one.field for group in self.groups for one in group] + [name for name, _ in self.sorts]
        return list(dict.fromkeys(named))

    def data(self) -> dict[str, Any]:
        """As the answer repeats it."""
        shown: dict[str, Any] = {"filter_groups": [{"filters": [one.data() for one in group]} for group in self.groups]}
        if self.sorts:
            shown["sort_orders"] = [{"field": name, "direction": "DESC" if down else "ASC"} for name, down in self.sorts]
        if self.size:
            shown |= {"page_size": self.size, "current_page": self.page}
        return shown


def parse(pairs: Iterable[tuple[str, str]], *, limited: bool = False) -> Criteria:
    """Read the query. Raises Refusal 400: none given, or a page that the shop's limits don't allow."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        head, *rest = re.findall(r"[^\[\]]+", name)
        if _snake(head) == "search_criteria":
            _plant(tree, [_snake(part) for part in rest], value)
    if not tree:
        raise required("searchCriteria")
    size = _whole(tree.get("page_size"), DEFAULT_PAGE if limited else 0)
    if limited and size > PAGE_LIMIT:
        raise invalid("Maximum SearchCriteria pageSize is %max", max=PAGE_LIMIT)
    groups = [[_filter(one) for one in _items(group.get("filters"))] for group in _items(tree.get("filter_groups"))]
    sorts = [
        (str(one.get("field")), str(one.get("direction", "ASC")).upper() == "DESC") for one in _items(tree.get("sort_orders"))
    ]
    return Criteria([group for group in groups if group], sorts, size, max(_whole(tree.get("current_page"), 1), 1))


def _plant(tree: dict[str, Any], path: list[str], value: str) -> None:
    if not path:
        tree["given"] = value
    for part in path[:-1]:
        tree = tree.setdefault(part, {})
    if path:
        tree[path[-1]] = value


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", r"_\1", name).lower()


def _items(tree: Any) -> list[dict[str, Any]]:
    """The children of `[0]`, `[1]`, ... in their order."""
    return [tree[key] for key in sorted(tree, key=lambda key: (len(key), key))] if isinstance(tree, dict) else []


def _whole(text: Any, default: int) -> int:
    if text is None:
        return default
    if not str(text).lstrip("-").isdecimal():
        raise invalid('The "%value" value\'s type is invalid. The "%type" type was expected. Verify and try again.',
                      value=str(text), type="int")  # fmt: skip
    return int(text)


def _filter(one: dict[str, Any]) -> Filter:
    if "field" not in one:
        raise required("field")
    condition = str(one.get("condition_type") or "eq").lower()
    if condition not in CONDITIONS:
        raise invalid('"%1" is not a supported condition type', **{"1": condition})
    return Filter(str(one["field"]), str(one.get("value", "")), condition)


def listing(found: Installation, kind: str, criteria: Criteria, aliases: dict[str, str] | None = None) -> dict[str, Any]:
    """`{"items", "search_criteria", "total_count"}` of a kind of documents. Raises Refusal for an unknown property.

    Only what is asked about is read of every document; whole ones are loaded for the page alone.
    """
    names = criteria.fields
    paths = [f"$.{json_name(name, aliases)}" for name in names]
    _known(found, kind, names, aliases)
    extracts = "".join(", json_extract(body, ?)" for _ in names)
    rows = found.conn.execute(
        f"SELECT id{extracts} FROM magento_document WHERE shop = ? AND kind = ? ORDER BY id",  # noqa: S608 - marks only
        (*paths, found.shop.code, kind),
    ).fetchall()
    facts = [(int(row[0]), dict(zip(names, tuple(row)[1:], strict=True))) for row in rows]
    kept = _kept(facts, criteria)
    page = _page(kept, criteria, repeats=found.switches["last_page_repeats"])
    return {
        "items": [found.find(kind, number) for number, _ in page],
        "search_criteria": criteria.data(),
        "total_count": len(kept),
    }


def among(
    bodies: Iterable[dict[str, Any]],
    criteria: Criteria,
    *,
    repeats: bool,
    facts: Callable[[dict[str, Any]], dict[str, Any]] = dict,
) -> dict[str, Any]:
    """The same over objects that are no documents of their own, the lines of all orders for example.

    `facts`: what can be searched of one, if that isn't what is shown.
    """
    rows = [(body, facts(body)) for body in bodies]
    kept = _kept([(body, {name: known.get(name) for name in criteria.fields}) for body, known in rows], criteria)
    page = _page(kept, criteria, repeats=repeats)
    return {"items": [body for body, _ in page], "search_criteria": criteria.data(), "total_count": len(kept)}


def _kept(facts: list[tuple[Any, dict[str, Any]]], criteria: Criteria) -> list[tuple[Any, dict[str, Any]]]:
    kept = [one for one in facts if all(any(_holds(test, one[1]) for test in group) for group in criteria.groups)]
    for name, down in reversed(criteria.sorts):
        kept.sort(key=lambda one, name=name: _order(one[1][name]), reverse=down)  # type: ignore[misc]
    return kept


def json_name(name: str, aliases: dict[str, str] | None) -> str:
    return (aliases or {}).get(name, name)


def _known(found: Installation, kind: str, names: list[str], aliases: dict[str, str] | None) -> None:
    """A property that the table lacks is an SQL error inside of Magento, and told as an internal one."""
    if not names:
        return
    row = found.conn.execute(
        "SELECT body FROM magento_document WHERE shop = ? AND kind = ? ORDER BY id LIMIT 1", (found.shop.code, kind)
    ).fetchone()
    known = set(load(row["body"])) if row else set(names)
    for name in names:
        if not re.fullmatch(r"\w+", name) or json_name(name, aliases) not in known | OPTIONAL:
            raise internal("unknowncolumn")


def _page(kept: list[Any], criteria: Criteria, *, repeats: bool) -> list[Any]:
    if not criteria.size:
        return kept
    last = max(-(-len(kept) // criteria.size), 1)
    if criteria.page > last and not repeats:
        return []
    start = (min(criteria.page, last) - 1) * criteria.size
    return kept[start : start + criteria.size]


def _holds(test: Filter, facts: dict[str, Any]) -> bool:
    return CONDITIONS[test.condition](facts[test.field], test.value)


def _order(value: Any) -> tuple[int, Any]:
    """NULL first, as MySQL sorts; numbers before text."""
    if value is None:
        return 0, 0
    return (1, value) if isinstance(value, int | float | Decimal) else (2, str(value).lower())


def _pair(value: Any, text: str) -> tuple[Any, Any]:
    """Both sides alike: numbers where the column holds them, otherwise text without regard to case (MySQL's collation)."""
    if isinstance(value, int | float | Decimal):
        try:
            return Decimal(str(value)), Decimal(text)
        except InvalidOperation:
            return Decimal(str(value)), Decimal(0)
    return str(value).lower(), _moment(str(value), text.lower())


def _moment(value: str, text: str) -> str:
    """A date alone is its midnight, where the column holds timestamps."""
    return f"{text} 00:00:00" if re.fullmatch(r"\d{4}-\d\d-\d\d", text) and re.match(r"\d{4}-\d\d-\d\d ", value) else text


def _compared(check: Callable[[Any, Any], bool]) -> Callable[[Any, str], bool]:
    return lambda value, text: value is not None and check(*_pair(value, text))


def _among(value: Any, text: str) -> bool:
    return value is not None and any(_compared(_same)(value, one.strip()) for one in text.split(","))


def _same(left: Any, right: Any) -> bool:
    return bool(left == right)


def _like(value: Any, text: str) -> bool:
    pattern = "".join({"%": ".*", "_": "."}.get(mark, re.escape(mark)) for mark in text)
    return value is not None and re.fullmatch(pattern, str(value), re.IGNORECASE | re.DOTALL) is not None


def _in_set(value: Any, text: str) -> bool:
    return value is not None and text in str(value).split(",")


CONDITIONS: dict[str, Callable[[Any, str], bool]] = {
    "eq": _compared(_same),
    "neq": _compared(lambda left, right: bool(left != right)),
    "gt": _compared(lambda left, right: bool(left > right)),
    "gteq": _compared(lambda left, right: bool(left >= right)),
    "moreq": _compared(lambda left, right: bool(left >= right)),
    "from": _compared(lambda left, right: bool(left >= right)),
    "lt": _compared(lambda left, right: bool(left < right)),
    "lteq": _compared(lambda left, right: bool(left <= right)),
    "to": _compared(lambda left, right: bool(left <= right)),
    "in": _among,
    "nin": lambda value, text: value is not None and not _among(value, text),
    "like": _like,
    "nlike": lambda value, text: value is not None and not _like(value, text),
    "finset": _in_set,
    "nfinset": lambda value, text: not _in_set(value, text),
    "null": lambda value, text: value is None,
    "notnull": lambda value, text: value is not None,
}
