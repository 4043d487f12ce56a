"""Xero's protocol: listings in pages, single objects, writes of many elements, through the one door.

Knows addresses and envelopes, not bookkeeping. Every call names the organisation (xero-tenant-id), asks for JSON
and for unit amounts with four decimals; every write has an Idempotency-Key and says summarizeErrors=false, so
that one bad element does not take the others with it. Bodies are JSON with exact numbers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from canonical.problems import Problem
from connections import errors, jsontext
from connections.contracts import Answer, Door, ExternalAccount
from connections.errors import Failure, FailureKind

from . import faults
from .fields import Unreadable

TENANT = "xero-tenant-id"
PAGE = 1000  # the most elements a page gives (xero_accounting.yaml, pageSize)
BATCH = 50  # elements of one write: what Xero recommends
LARGEST = 3_500_000  # bytes of one POST: Xero's limits page
KEY_LIMIT = 128  # xero_accounting.yaml, Idempotency-Key

_PRICED = ("Invoices", "CreditNotes", "BankTransactions", "Items")
_ALONE = ("Accounts",)  # made one by one

Body = Mapping[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Element:
    """One answered element of a write: the object as it is kept, or the failure its errors stand for; neither when it is missing."""

    body: Body | None = None
    failure: Failure | None = None


class Books:
    """One organisation's books. `home` is its base currency, "" where it is not known yet."""

    def __init__(self, door: Door, account: ExternalAccount) -> None:
        self._door, self.tenant, self._home = door, account.external_id, account.currency
        self._base = door.endpoints.urls["api"]

    @property
    def home(self) -> str:
        """Base currency; the organisation is asked once where nobody told us."""
        if not self._home:
            self._home = str(self.organisation().get("BaseCurrency") or "")
        return self._home

    def organisation(self) -> Body:
        rows = self.all("Organisation", plural="Organisations")
        if len(rows) != 1:
            raise malformed(f"{len(rows)} organisations", "", writes=False)
        return rows[0]

    # ---------------------------------------------------------------- reading

    def read(self, entity: str, external_id: str) -> Body | None:
        """One object with its lines, or None when Xero does not have it."""
        try:
            answer = self._get(f"{entity}.read", f"/{entity}/{external_id}", _places(entity))
        except Failure as failure:
            if failure.kind is FailureKind.NOT_FOUND:
                return None
            raise
        rows = _rows(_parsed(answer, writes=False), entity, answer, writes=False)
        return rows[0] if rows else None

    def all(
        self, entity: str, *, plural: str = "", where: str = "", since: datetime | None = None, archived: bool = False
    ) -> list[Body]:
        """All objects of a list that has no pages, or those changed since."""
        params = {"where": where} if where else {}
        if archived:
            params["includeArchived"] = "true"
        answer = self._get(f"{entity}.list", f"/{entity}", params, since)
        if answer.status == 304:
            return []
        return _rows(_parsed(answer, writes=False), plural or entity, answer, writes=False)

    def pages(
        self, entity: str, *, where: str = "", since: datetime | None = None, more: Mapping[str, str] | None = None
    ) -> Iterator[list[Body]]:
        """All objects `where` finds, page by page, oldest change first: what changes while we read comes last, and again."""
        number = 1
        while True:
            params = {
                "page": str(number),
                "pageSize": str(PAGE),
                "order": "UpdatedDateUTC ASC",
                **_places(entity),
                **(more or {}),
            }
            answer = self._get(f"{entity}.list", f"/{entity}", params | ({"where": where} if where else {}), since)
            if answer.status == 304:
                return
            body = _parsed(answer, writes=False)
            rows = _rows(body, entity, answer, writes=False)
            if rows:
                yield rows
            if number >= _page_count(body, len(rows), number):
                return
            number += 1

    def page(self, entity: str, number: int, size: int, *, where: str = "") -> tuple[list[Body], bool]:
        """One page, the newest change first, and whether there are more behind it."""
        params = {"page": str(number), "pageSize": str(size), "order": "UpdatedDateUTC DESC", **_places(entity)}
        answer = self._get(f"{entity}.list", f"/{entity}", params | ({"where": where} if where else {}))
        body = _parsed(answer, writes=False)
        rows = _rows(body, entity, answer, writes=False)
        stated = _pagination(body).get("pageCount")
        return rows, number < stated if isinstance(stated, int) else len(rows) >= size

    def count(self, entity: str, where: str) -> int:
        """How many there are, by one call that brings one of them."""
        answer = self._get(f"{entity}.list", f"/{entity}", {"page": "1", "pageSize": "1", "where": where})
        body = _parsed(answer, writes=False)
        stated = _pagination(body).get("itemCount")
        if not isinstance(stated, int):
            raise malformed("pagination without itemCount", answer.trace_id, writes=False)
        return stated

    # ---------------------------------------------------------------- writing

    def write(
        self, entity: str, elements: Sequence[Body], key: str, *, update: bool = False, path: str = "", plural: str = ""
    ) -> tuple[list[Element], str]:
        """Create elements (PUT), or change those whose ids they name (POST). One element back for each, in order; the trace id."""
        plural = plural or entity
        answer = self._door.call(
            f"{entity}.{'update' if update else 'create'}",
            "POST" if update else "PUT",
            f"{self._base}{path or f'/{entity}'}",
            params=_places(plural) | ({} if path or entity in _ALONE else {"summarizeErrors": "false"}),
            headers={**self._headers(), "idempotency-key": key[:KEY_LIMIT]},
            json=elements[0] if entity in _ALONE or (path and entity == "Payments") else {plural: list(elements)},
            writes=True,
            expects="json",
        )
        rows = _rows(_parsed(answer, writes=True), plural, answer, writes=True)
        if len(rows) != len(elements):
            raise malformed(f"{len(elements)} elements sent, {len(rows)} answered", answer.trace_id, writes=True)
        return [_element(row) for row in rows], answer.trace_id

    def delete(self, operation: str, path: str) -> Answer:
        """Take something away that has an address of its own."""
        return self._door.call(operation, "DELETE", f"{self._base}{path}", headers=self._headers(), writes=True, expects="json")

    def attach(self, path: str, content: bytes, media_type: str, key: str) -> Answer:
        """A file's bytes as they are, under the name its address ends with; the same name replaces it."""
        headers = {**self._headers(), "content-type": media_type, "idempotency-key": key[:KEY_LIMIT]}
        return self._door.call("Attachments.create", "PUT", f"{self._base}{path}", headers=headers, content=content, writes=True)

    def _get(self, operation: str, path: str, params: Mapping[str, str], since: datetime | None = None) -> Answer:
        headers = self._headers()
        if since:
            headers["if-modified-since"] = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return self._door.call(operation, "GET", f"{self._base}{path}", params=params, headers=headers, expects="json")

    def _headers(self) -> dict[str, str]:
        return {"accept": "application/json", TENANT: self.tenant}


def portions(elements: Sequence[Body]) -> Iterator[range]:
    """The places of the elements that go together in one request: fifty at most, and within the largest body."""
    start, size = 0, 0
    for place, element in enumerate(elements):
        own = len(jsontext.dumps(element)) + 1
        if place > start and (place - start == BATCH or size + own > LARGEST):
            yield range(start, place)
            start, size = place, 0
        size += own
    if elements:
        yield range(start, len(elements))


def batch_key(request_ids: Sequence[str]) -> str:
    """A request's own key: one document's is its intent's, another set of documents is another intent."""
    if len(request_ids) == 1:
        return request_ids[0]
    return "tie-" + hashlib.sha256("\x1f".join(request_ids).encode()).hexdigest()[:32]


def between(first: date, last: date) -> str:
    """A `where` for documents dated within these days."""
    return f"Date>={_day(first)} AND Date<={_day(last)}"


def from_day(first: date) -> str:
    return f"Date>={_day(first)}"


def _day(day: date) -> str:
    return f"DateTime({day:%Y,%m,%d})"


def quoted(value: str) -> str:
    """A text literal of the filter language; quotes and backslashes are escaped by a backslash."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def malformed(detail: str, trace_id: str, *, writes: bool) -> Failure:
    """An answer that is not what the interface promises: after a write that means we do not know what happened."""
    if writes:
        problem = Problem(errors.UNKNOWN_OUTCOME, {"provider": faults.PROVIDER})
        return Failure(FailureKind.UNKNOWN_OUTCOME, problem, trace_id=trace_id)
    problem = Problem(errors.MALFORMED, {"provider": faults.PROVIDER, "detail": detail})
    return Failure(FailureKind.MALFORMED, problem, trace_id=trace_id)


def promised(make: Callable[[], T]) -> T:
    """Run a mapping; what cannot be read is MALFORMED, never a crash."""
    try:
        return make()
    except Unreadable as wrong:
        raise malformed(str(wrong), "", writes=False) from wrong


def _parsed(answer: Answer, *, writes: bool) -> Body:
    try:
        body = jsontext.loads(answer.content)
    except ValueError:
        raise malformed("not JSON", answer.trace_id, writes=writes) from None
    if not isinstance(body, Mapping):
        raise malformed("not a JSON object", answer.trace_id, writes=writes)
    return body


def _rows(body: Body, plural: str, answer: Answer, *, writes: bool) -> list[Body]:
    rows = body.get(plural)
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise malformed(f"{plural} is not a list of objects", answer.trace_id, writes=writes)
    return rows


def _pagination(body: Body) -> Body:
    """What an answer says of its length; nothing where that cannot be read."""
    stated = body.get("pagination")
    return stated if isinstance(stated, Mapping) else {}


def _page_count(body: Body, rows: int, number: int) -> int:
    """How many pages there are: as stated, else one more as long as they are full."""
    stated = _pagination(body).get("pageCount")
    if isinstance(stated, int):
        return stated
    return number + 1 if rows >= PAGE else number


def _places(entity: str) -> dict[str, str]:
    """Unit amounts with four decimals, where there are any."""
    return {"unitdp": "4"} if entity in _PRICED else {}


def _element(row: Body) -> Element:
    found = faults.of_element(row)
    return Element(failure=found) if found else Element(body=row)
