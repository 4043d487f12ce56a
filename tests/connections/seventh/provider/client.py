"""Paperbooks' protocol: JSON, pages of rows, and words for what it refuses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from canonical.problems import Problem, declare
from connections import errors, jsontext
from connections.contracts import Door
from connections.errors import Failure, FailureKind

Body = Mapping[str, Any]

CLOSED = declare(
    "paperbooks.closed", "Paperbooks has closed these days: %(text)s.", "Open them over there, or leave the document out."
)
BAD_ACCOUNT = declare("paperbooks.bad_account", "Paperbooks refuses an account: %(text)s.", "Choose another account.")
_KINDS = {
    "closed": (FailureKind.PERIOD_CLOSED, CLOSED),
    "no_such_account": (FailureKind.BAD_REFERENCE, BAD_ACCOUNT),
    "account_inactive": (FailureKind.BAD_REFERENCE, BAD_ACCOUNT),
}


class Books:
    """One company."""

    def __init__(self, door: Door) -> None:
        self._door, self._base = door, door.endpoints.urls["api"]

    def company(self) -> Body:
        return self._get("company", {})

    def rows(self, what: str) -> Iterator[list[Body]]:
        start: int | None = 0
        while start is not None:
            page = self._get(what, {"from": str(start)})
            yield page["rows"]
            start = page["next"]

    def marked(self, marks: list[str]) -> list[Body]:
        found: list[Body] = self._get("entries", {"marks": ",".join(marks)})["rows"]
        return found

    def entry(self, entry_id: str) -> Body | None:
        try:
            return self._get(f"entries/{entry_id}", {})
        except Failure as failure:
            if failure.kind is FailureKind.NOT_FOUND:
                return None
            raise

    def add(self, what: str, body: Body) -> Body:
        answer = self._door.call(f"{what}.create", "POST", f"{self._base}/{what}", json=body, writes=True)
        made: Body = jsontext.loads(answer.content)
        return made

    def delete(self, entry_id: str) -> None:
        self._door.call("entries.delete", "DELETE", f"{self._base}/entries/{entry_id}", writes=True)

    def _get(self, path: str, params: Mapping[str, str]) -> Body:
        answer = self._door.call(path.split("/")[0], "GET", f"{self._base}/{path}", params=params, expects="json")
        found: Body = jsontext.loads(answer.content)
        return found


def judge(status: int, headers: Mapping[str, str], content: bytes, *, writes: bool) -> Failure | None:
    """Their error body in the house's words; None leaves it to the status."""
    try:
        said = jsontext.loads(content)
    except ValueError:
        return None
    if status == 422 and isinstance(said, Mapping):
        kind, code = _KINDS.get(str(said.get("error")), (FailureKind.REJECTED, errors.REJECTED))
        params = {"provider": "Paperbooks", "text": str(said.get("text")), "detail": str(said.get("text"))}
        return Failure(kind, Problem(code, params))
    return None
