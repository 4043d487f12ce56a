"""Queries: which objects are asked for, in which order, and a page of them at a time with an iterator."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sandbox.quickbooks_desktop import status
from sandbox.quickbooks_desktop.company import LOCAL, Company, Stored
from sandbox.quickbooks_desktop.kinds import ITEMS, LISTS, TXNS, targets
from sandbox.quickbooks_desktop.payments import open_amount
from sandbox.quickbooks_desktop.read import Body

Test = Callable[[Stored], bool]
_MATCH: Final[dict[str, Callable[[str, str], bool]]] = {
    "StartsWith": str.startswith, "Contains": str.__contains__, "EndsWith": str.endswith,
}  # fmt: skip


@dataclass(slots=True)
class Iterators:
    """Cursors over query results. They live as long as the session with QuickBooks, and no longer."""

    waiting: dict[str, tuple[str, list[str]]] = field(default_factory=dict)

    def start(self, kind: str, ids: list[str]) -> str:
        made = f"{{{uuid.uuid4()}}}"
        self.waiting[made] = (kind, ids)
        return made

    def take(self, iterator: str, kind: str, count: int) -> list[str]:
        """The next ids. 3000: not an iterator of this session and this query."""
        held = self.waiting.get(iterator)
        if held is None or held[0] != kind:
            raise status.Refusal(3000, f'The given object ID "{iterator}" in the field "iteratorID" is invalid.')
        page, rest = held[1][:count], held[1][count:]
        if rest:
            self.waiting[iterator] = (kind, rest)
        else:
            del self.waiting[iterator]
        return page

    def left(self, iterator: str) -> int:
        return len(self.waiting.get(iterator, ("", []))[1])


@dataclass(frozen=True, slots=True)
class Found:
    """What a query answers: the objects of this page, the names and ids that weren't there, and the cursor."""

    objects: list[Stored]
    unknown: list[str]
    iterator: str | None = None
    left: int = 0


def run(company: Company, kind: str, asked: Body, attributes: dict[str, str], iterators: Iterators) -> Found:
    """Answer one query."""
    step = attributes.get("iterator")
    if step == "Stop":
        iterators.waiting.pop(attributes.get("iteratorID", ""), None)
        return Found([], [])
    if step == "Continue":
        iterator = attributes.get("iteratorID", "")
        ids = iterators.take(iterator, kind, _portion(asked))
        page = [found for found in map(company.find, ids) if found and not found.deleted]
        return Found(page, [], iterator, iterators.left(iterator))
    objects, unknown = _select(company, kind, asked)
    if step != "Start":
        return Found(objects[: int(asked["MaxReturned"])] if "MaxReturned" in asked else objects, unknown)
    size = _portion(asked)
    iterator = iterators.start(kind, [stored.id for stored in objects[size:]])
    return Found(objects[:size], unknown, iterator, len(objects[size:]))


def _portion(asked: Body) -> int:
    """An iterator needs a size (3150)."""
    if "MaxReturned" not in asked:
        raise status.missing("MaxReturned")
    if int(asked["MaxReturned"]) < 1:
        raise status.invalid("MaxReturned", "it must be at least 1.")
    return int(asked["MaxReturned"])


def _select(company: Company, kind: str, asked: Body) -> tuple[list[Stored], list[str]]:
    kinds = {"Item": ITEMS, "Transaction": TXNS}.get(kind, (kind,))
    if "ListID" in asked or "TxnID" in asked:
        wanted = asked.get("ListID") or asked["TxnID"]
        return _each(wanted, lambda object_id: [s for s in [company.find(object_id, *kinds)] if s and not s.deleted])
    if "FullName" in asked:
        return _each(asked["FullName"], lambda name: [s for s in [company.named(kinds, name)] if s])
    if kind == "Transaction":
        kinds, asked = _any_kind(asked)
    objects, unknown = _candidates(company, kinds, asked)
    tests = list(_tests(company, kind, asked))
    return [stored for stored in objects if all(test(stored) for test in tests)], unknown


def _any_kind(asked: Body) -> tuple[tuple[str, ...], Body]:
    """TransactionQuery: any kinds at once, and filters that are called as if they were of one kind."""
    kinds = asked.get("TransactionTypeFilter", {}).get("TxnTypeFilter", ["All"])
    plain = {name.removeprefix("Transaction"): value for name, value in asked.items()}
    plain["TxnDateRangeFilter"] = plain.pop("DateRangeFilter", {})
    return TXNS if "All" in kinds else tuple(kinds), plain


def _candidates(company: Company, kinds: tuple[str, ...], asked: Body) -> tuple[list[Stored], list[str]]:
    for name, exact in (("RefNumber", False), ("RefNumberCaseSensitive", True)):
        if name in asked:
            found = {number: _numbered(company, kinds, number, exact) for number in asked[name]}
            return [s for rows in found.values() for s in rows], [number for number, rows in found.items() if not rows]
    return sorted((s for one in kinds for s in company.all(one)), key=lambda stored: stored.number), []


def _numbered(company: Company, kinds: tuple[str, ...], number: str, exact: bool) -> list[Stored]:
    how = "ref_number = ?" if exact else "lower(ref_number) = lower(?)"
    return [stored for kind in kinds for stored in company.all(kind, f"AND {how}", (number,))]


def _each(wanted: Iterable[str], find: Callable[[str], list[Stored]]) -> tuple[list[Stored], list[str]]:
    """(all that were found, in the order asked; what wasn't)."""
    found = {text: find(text) for text in wanted}
    return [s for rows in found.values() for s in rows], [text for text, rows in found.items() if not rows]


def _tests(company: Company, kind: str, asked: Body) -> Iterable[Test]:
    if kind == "Item" or kind in LISTS:
        state = asked.get("ActiveStatus", "ActiveOnly")
        if state != "All":
            yield lambda stored: stored.active == (state == "ActiveOnly")
        yield from _changed(asked)
        yield from _text_filters(asked, "NameFilter", "NameRangeFilter", "Name", lambda stored: stored.name)
        for name in ("AccountType", "PaymentMethodType"):
            if name in asked:
                yield _has(name, asked[name])
        return
    yield from _changed(asked.get("ModifiedDateRangeFilter", {}))
    yield from _dated(asked.get("TxnDateRangeFilter", {}))
    yield from _text_filters(
        asked, "RefNumberFilter", "RefNumberRangeFilter", "RefNumber", lambda stored: stored.body.get("RefNumber", "")
    )
    for name in ("EntityFilter", "AccountFilter", "ItemFilter"):
        if name in asked:
            yield touching(company, name, asked[name])
    paid = asked.get("PaidStatus", "All")
    if paid != "All":
        yield lambda stored: (kind == "Invoice" and open_amount(company, stored) == 0) == (paid == "PaidOnly")


def _has(name: str, values: list[str]) -> Test:
    return lambda stored: stored.body.get(name) in values


def _changed(part: Body) -> Iterable[Test]:
    """By TimeModified, both ends included; a time without an offset is the computer's."""
    if "FromModifiedDate" in part:
        since = _instant(part["FromModifiedDate"], "00:00:00")
        yield lambda stored: datetime.fromisoformat(stored.updated) >= since
    if "ToModifiedDate" in part:
        until = _instant(part["ToModifiedDate"], "23:59:59")
        yield lambda stored: datetime.fromisoformat(stored.updated) <= until


def _instant(text: str, clock: str) -> datetime:
    at = datetime.fromisoformat(text if len(text) > 10 else f"{text}T{clock}")
    return at if at.tzinfo else at.replace(tzinfo=LOCAL)


def _dated(part: Body) -> Iterable[Test]:
    if "FromTxnDate" in part:
        yield lambda stored: stored.body["TxnDate"] >= part["FromTxnDate"]
    if "ToTxnDate" in part:
        yield lambda stored: stored.body["TxnDate"] <= part["ToTxnDate"]


def _text_filters(asked: Body, one: str, between: str, name: str, text: Callable[[Stored], str]) -> Iterable[Test]:
    """A filter by part of a text, or by a range; case doesn't count."""
    if one in asked:
        wanted, match = asked[one][name].casefold(), _MATCH[asked[one]["MatchCriterion"]]
        yield lambda stored: match(text(stored).casefold(), wanted)
    if between in asked:
        low, high = (asked[between].get(f"{end}{name}", "").casefold() for end in ("From", "To"))
        yield lambda stored: low <= text(stored).casefold() and (not high or text(stored).casefold() <= high)


def touching(company: Company, name: str, wanted: Body) -> Test:
    """Transactions that stand on an account, or name a person or an item. Raises 3140 for one that doesn't exist."""
    kinds = targets({"EntityFilter": "EntityRef", "ItemFilter": "ItemRef"}.get(name, "AccountRef"), "query")
    ids: set[str] = set()
    for key in ("ListID", "ListIDWithChildren", "FullName", "FullNameWithChildren"):
        for text in _texts(wanted.get(key, [])):
            found = company.find(text, *kinds) if key.startswith("ListID") else company.named(kinds, text)
            if found is None or found.deleted:
                raise status.invalid_reference(name.removesuffix("Filter"), text, "query")
            ids |= {found.id}
            if key.endswith("WithChildren"):
                ids |= {s.id for one in kinds for s in company.all(one) if s.name.startswith(f"{found.name}:")}
    if name == "AccountFilter":
        return lambda stored: any(_posts_to(company, stored.id, account) for account in ids)
    return lambda stored: _names(stored.body, ids)


def _names(part: Any, ids: set[str]) -> bool:
    """Whether a reference anywhere in an object points at one of these."""
    if isinstance(part, dict):
        return part.get("ListID") in ids or any(_names(value, ids) for value in part.values())
    return isinstance(part, list) and any(_names(value, ids) for value in part)


def _texts(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _posts_to(company: Company, txn: str, account: str) -> bool:
    row = company.conn.execute(
        "SELECT 1 FROM qbd_posting WHERE file = ? AND txn = ? AND account = ? LIMIT 1", (company.file, txn, account)
    ).fetchone()
    return row is not None


def deleted(company: Company, kinds: Iterable[str], part: Body) -> list[Stored]:
    """What was taken out, by the time it was."""
    wanted = list(kinds)
    marks = ",".join("?" for _ in wanted)
    rows = company.conn.execute(
        f"SELECT id FROM qbd_object WHERE file = ? AND deleted = 1 AND kind IN ({marks}) ORDER BY updated, number",  # noqa: S608
        (company.file, *wanted),
    )
    renamed = {name.replace("Deleted", "Modified"): value for name, value in part.items()}
    found = [stored for stored in (company.find(row["id"]) for row in rows.fetchall()) if stored]
    return [stored for stored in found if all(test(stored) for test in _changed(renamed))]
