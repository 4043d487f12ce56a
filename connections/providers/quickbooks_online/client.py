"""QuickBooks' protocol: query, read, create, delete, batch and change data capture, through the one door.

Knows addresses and envelopes, not bookkeeping. Every call carries minorversion 75 (lower ones are
ignored since August 2025) and every write a requestid. Bodies are JSON with exact numbers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from canonical.problems import Problem
from connections import errors, jsontext
from connections.contracts import Answer, Door
from connections.errors import Failure, FailureKind

from . import faults

MINOR_VERSION = "75"
PAGE = 1000  # the most rows a query gives
BATCH = 30  # the most items of a batch: Intuit's SDK raised 25 to 30 in November 2025
CDC_LIMIT = 1000  # the most objects change data capture gives
CDC_DAYS = 30

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Written:
    """An object as QuickBooks holds it after a write, and the exchange's trace id (intuit_tid)."""

    body: Body
    trace_id: str


@dataclass(frozen=True, slots=True)
class Element:
    """One answered item of a batch: the object, or the failure its fault stands for; neither when it is missing."""

    body: Body | None = None
    failure: Failure | None = None


class Books:
    """One company's books. `realm` is the company id in every path."""

    def __init__(self, door: Door, realm: str) -> None:
        self._door = door
        self._base = f"{door.endpoints.urls['api']}/v3/company/{realm}"

    def read(self, entity: str, external_id: str = "") -> Body | None:
        """One object, or None when QuickBooks does not have it (any more)."""
        path = f"/{entity.lower()}/{external_id}" if external_id else f"/{entity.lower()}"
        try:
            answer = self._get(f"{entity}.read", path, {})
        except Failure as failure:
            if failure.kind is FailureKind.NOT_FOUND:
                return None
            raise
        body = _object(answer, entity, writes=False)
        return None if body.get("status") == "Deleted" else body

    def query(self, select: str, entity: str) -> list[Body]:
        """The objects a select finds; at most a page of them."""
        answer = self._get(f"{entity}.query", "/query", {"query": select})
        response = _member(answer, "QueryResponse", writes=False)
        rows = response.get(entity, [])
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            raise malformed(f"{entity} rows are not a list of objects", answer.trace_id, writes=False)
        return rows

    def pages(self, entity: str, where: str = "") -> Iterator[list[Body]]:
        """All objects `where` finds, page by page, in the order of their ids: it does not change while we read."""
        start = 1
        while True:
            select = f"SELECT * FROM {entity}{where} ORDERBY Id STARTPOSITION {start} MAXRESULTS {PAGE}"  # noqa: S608 - no SQL
            rows = self.query(select, entity)
            if rows:
                yield rows
            if len(rows) < PAGE:
                return
            start += PAGE

    def write(self, entity: str, body: Body, request_id: str, *, same_number: bool = False) -> Written:
        """Create an object, or replace the one whose Id and SyncToken the body names; the same `request_id` gives the
        first answer again. `same_number` lets the document carry a number that another of its type has."""
        params = {"requestid": request_id, **({"include": "allowduplicatedocnum"} if same_number else {})}
        operation = f"{entity}.update" if "Id" in body else f"{entity}.create"
        answer = self._post(operation, f"/{entity.lower()}", params, body)
        return Written(_object(answer, entity, writes=True), answer.trace_id)

    def delete(self, entity: str, external_id: str, version: str, request_id: str) -> Written:
        """Delete one object at the version we know. Raises Failure STALE when it has changed since."""
        body = {"Id": external_id, "SyncToken": version}
        params = {"operation": "delete", "requestid": request_id}
        answer = self._post(f"{entity}.delete", f"/{entity.lower()}", params, body)
        return Written(_object(answer, entity, writes=True), answer.trace_id)

    def write_many(self, items: Sequence[tuple[str, Body, str]]) -> tuple[list[Element], str]:
        """Write up to 30 (entity, body, request id) in one request; one element back per item, and the trace id."""
        asked = [
            {"bId": f"b{index}", "operation": "update" if "Id" in body else "create", entity: body}
            for index, (entity, body, _) in enumerate(items)
        ]
        params = {"requestid": batch_id([request_id for _, _, request_id in items])}
        answer = self._post("batch", "/batch", params, {"BatchItemRequest": asked})
        responses = _parsed(answer, writes=True).get("BatchItemResponse")
        if not isinstance(responses, list):
            raise malformed("BatchItemResponse is missing", answer.trace_id, writes=True)
        by_id = {str(item.get("bId")): item for item in responses if isinstance(item, Mapping)}
        return [_element(by_id.get(f"b{index}"), entity) for index, (entity, _, _) in enumerate(items)], answer.trace_id

    def changes(self, entities: Sequence[str], since: datetime) -> dict[str, list[Body]]:
        """Objects changed since, deleted ones with status Deleted. Full at 1000: the caller reads anew then."""
        answer = self._get("cdc", "/cdc", {"entities": ",".join(entities), "changedSince": since.isoformat(timespec="seconds")})
        found: dict[str, list[Body]] = {entity: [] for entity in entities}
        for response in _list(_parsed(answer, writes=False), "CDCResponse", answer):
            for group in _list(response, "QueryResponse", answer):
                for entity in found:
                    found[entity].extend(group.get(entity, []))
        return found

    def _get(self, operation: str, path: str, params: Mapping[str, str]) -> Answer:
        return self._door.call(
            operation,
            "GET",
            self._base + path,
            params={**params, "minorversion": MINOR_VERSION},
            headers={"accept": "application/json"},
            expects="json",
        )

    def _post(self, operation: str, path: str, params: Mapping[str, str], body: Body) -> Answer:
        return self._door.call(
            operation,
            "POST",
            self._base + path,
            params={**params, "minorversion": MINOR_VERSION},
            headers={"accept": "application/json"},
            json=body,
            writes=True,
            expects="json",
        )


def batch_id(request_ids: Sequence[str]) -> str:
    """The batch's own requestid (36 characters at most): another set of documents is another intent."""
    return "tie-" + hashlib.sha256("\x1f".join(request_ids).encode()).hexdigest()[:32]


def quoted(value: str) -> str:
    """A text literal of the query language; quotes and backslashes are escaped by a backslash."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def in_list(values: Sequence[str]) -> str:
    return f"({', '.join(quoted(value) for value in values)})"


def malformed(detail: str, trace_id: str, *, writes: bool) -> Failure:
    """An answer that is not what the interface promises: after a write that means we do not know what happened."""
    if writes:
        problem = Problem(errors.UNKNOWN_OUTCOME, {"provider": faults.PROVIDER})
        return Failure(FailureKind.UNKNOWN_OUTCOME, problem, trace_id=trace_id)
    problem = Problem(errors.MALFORMED, {"provider": faults.PROVIDER, "detail": detail})
    return Failure(FailureKind.MALFORMED, problem, trace_id=trace_id)


def _parsed(answer: Answer, *, writes: bool) -> Mapping[str, Any]:
    try:
        body = jsontext.loads(answer.content)
    except ValueError:
        raise malformed("not JSON", answer.trace_id, writes=writes) from None
    if not isinstance(body, Mapping):
        raise malformed("not a JSON object", answer.trace_id, writes=writes)
    found = faults.of_body(body)
    if found:  # a fault under HTTP 200
        raise faults.failure(found, status=answer.status, writes=writes)
    return body


def _member(answer: Answer, name: str, *, writes: bool) -> Body:
    member = _parsed(answer, writes=writes).get(name)
    if not isinstance(member, Mapping):
        raise malformed(f"{name} is missing", answer.trace_id, writes=writes)
    return member


def _object(answer: Answer, entity: str, *, writes: bool) -> Body:
    """The object inside its envelope; one without an id is no object."""
    body = _member(answer, entity, writes=writes)
    if entity != "Preferences" and not body.get("Id"):
        raise malformed(f"{entity} without Id", answer.trace_id, writes=writes)
    return body


def _element(item: Body | None, entity: str) -> Element:
    if item is None:
        return Element()
    found = faults.of_body(item)
    if found:
        return Element(failure=faults.failure(found, status=None, writes=True))
    body = item.get(entity)
    return Element(body=body) if isinstance(body, Mapping) and body.get("Id") else Element()


def _list(body: Body, name: str, answer: Answer) -> list[Body]:
    found = body.get(name)
    if not isinstance(found, list) or not all(isinstance(item, Mapping) for item in found):
        raise malformed(f"{name} is not a list of objects", answer.trace_id, writes=False)
    return found
