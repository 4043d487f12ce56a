"""What all twins live in: one store, one clock, one set of faults, one scale for rates.

`World.act` is the only place where a fault strikes: every operation of every twin goes through it,
so that "the answer was lost after the write" means the same for Amazon and for a ledger.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from werkzeug.wrappers import Request, Response

from sandbox.clock import Clock
from sandbox.faults import Fault, Faults, Kind
from sandbox.rates import Buckets
from sandbox.store import Store

HTML_503 = "<html><head><title>503 Service Unavailable</title></head><body><h1>Service Unavailable</h1></body></html>"


class Cut(ConnectionResetError):
    """The connection ends here without an answer. The server closes the socket; without one it is raised."""


class Twin(Protocol):
    """One provider's simulator. Its routes are mounted under `/<name>/`, which is stripped from the path."""

    name: str
    title: str

    def __init__(self, world: World) -> None: ...

    def handle(self, request: Request) -> Response:
        """Answer one request of the provider's API or of its human pages."""

    def seed(self) -> None:
        """Make tables and first contents; calling it again changes nothing."""

    def state(self) -> dict[str, Any]:
        """What the twin holds, as JSON, for tests to compare with."""

    def reset(self) -> None:
        """Forget everything written since `seed`, then seed again."""

    def seeded(self) -> dict[str, Any]:
        """What was seeded on purpose: normal contents and deliberate trouble, with the reason."""

    def command(self, verb: str, params: dict[str, Any]) -> dict[str, Any]:
        """`POST /world/<name>/<verb>`: something done from the provider's side. KeyError: unknown verb."""

    def links(self) -> list[tuple[str, str]]:
        """(path, label) of the human pages, for the index."""


@runtime_checkable
class PaysOut(Protocol):
    """A twin whose money reaches banks, and which therefore knows what their statements show."""

    def bank(self, kind: str, asked: Mapping[str, str]) -> Response:
        """A bank statement as a file of `kind`. KeyError: no such kind or account."""


class World:
    """`path`: the SQLite file or a directory for it. `anchor`: the day the seeded history leads up to."""

    def __init__(self, path: Path, seed: int = 1, anchor: date | None = None) -> None:
        self.store = Store(path)
        self.seed: int = self._first("seed", seed)
        self.anchor = date.fromisoformat(self._first("anchor", (anchor or datetime.now(UTC).date()).isoformat()))
        self.clock = Clock(self.store)
        self.faults = Faults(self.store, self.seed)
        self.buckets = Buckets()
        self._scale: float = self.store.get("scale", 0.0)

    def _first(self, name: str, value: Any) -> Any:
        """Keep what was said at creation: a restart doesn't move the history."""
        kept = self.store.get(name)
        if kept is None:
            self.store.put(name, value)
        return value if kept is None else kept

    def now(self) -> datetime:
        return self.clock.now()

    def db(self) -> AbstractContextManager[sqlite3.Connection]:
        """`with world.db() as conn:` is one transaction; rows are `sqlite3.Row`."""
        return self.store.transaction()

    @property
    def scale(self) -> float:
        """Real rates times this are in force; 0 means no limits."""
        return self._scale

    @scale.setter
    def scale(self, value: float | None) -> None:
        self._scale = float(value or 0)
        self.store.put("scale", self._scale)
        self.buckets.clear()

    def take(self, key: str, rate: float, burst: float) -> float:
        """Take a token of bucket `key` at the scaled rate: 0.0 to go on, otherwise seconds to wait."""
        return self.buckets.take(key, rate * self._scale, burst, self.now()) if self._scale else 0.0

    def act(
        self, provider: str, operation: str, request: Request, *,
        commit: Callable[[], Response], refuse: Callable[[Fault], Response],
    ) -> Response:  # fmt: skip
        """Do one operation, as well or as badly as the faults say.

        `commit` does the work and answers. `refuse` gives the provider's own shape of a refusal for
        throttle, 500, expire and revoke (and does what expire and revoke mean to the caller's token). The
        seconds of a throttle are what its Retry-After says.
        Raises Cut where the connection is to end without an answer.
        """
        fault = self.faults.strike(provider, operation)
        try:
            response = _with_fault(fault, commit, refuse) if fault else commit()
        except Cut:
            self._note(provider, operation, None, fault, None)
            raise
        self._note(provider, operation, response.status_code, fault, response.headers.get("Retry-After"))
        return response

    def _note(self, provider: str, operation: str, status: int | None, fault: Fault | None, wait: str | None) -> None:
        with self.db() as conn:
            conn.execute(
                "INSERT INTO journal (at, provider, operation, status, fault, wait) VALUES (?, ?, ?, ?, ?, ?)",
                (self.now().isoformat(), provider, operation, status, fault.kind.value if fault else None, wait),
            )

    def journal(self, after: int = 0) -> list[dict[str, Any]]:
        """Every operation the twins were asked for, oldest first; a status of None means that it was cut, `wait` is the
        Retry-After that was given."""
        with self.db() as conn:
            return [dict(row) for row in conn.execute("SELECT * FROM journal WHERE id > ? ORDER BY id", (after,))]

    def state(self) -> dict[str, Any]:
        return {
            "seed": self.seed,
            "anchor": self.anchor.isoformat(),
            "scale": self.scale,
            "clock": self.clock.state(),
            "faults": [fault.data() for fault in self.faults.list()],
        }

    def reset(self) -> None:
        """Clock, faults, journal and rates as at creation; the twins reset themselves."""
        self.clock.reset()
        self.faults.clear()
        self.buckets.clear()
        with self.db() as conn:
            conn.execute("DELETE FROM journal")

    def close(self) -> None:
        self.store.close()


def origin(request: Request) -> str:
    """Scheme, host and port where this twin really listens. The Host header isn't asked: some clients mangle it."""
    environ = request.environ
    return f"{environ['wsgi.url_scheme']}://{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"


def _with_fault(fault: Fault, commit: Callable[[], Response], refuse: Callable[[Fault], Response]) -> Response:
    match fault.kind:
        case Kind.DROP_BEFORE:
            time.sleep(fault.seconds)
            raise Cut("dropped before the work was done")
        case Kind.DROP_AFTER:
            return _cut_answer(commit(), fault)
        case Kind.HTML_503:
            return Response(HTML_503, status=503, content_type="text/html")
        case Kind.SLOW:
            response = commit()
            time.sleep(fault.seconds)
            return response
        case Kind.MALFORMED:
            return _half_answer(commit(), fault)
    return _with_wait(refuse(fault), fault)


def _with_wait(response: Response, fault: Fault) -> Response:
    if fault.kind is Kind.THROTTLE and fault.seconds:
        response.headers["Retry-After"] = str(int(fault.seconds))
    return response


def _cut_answer(response: Response, fault: Fault) -> Response:
    """The work is done; nothing, or only the first `cut_at` bytes of the body, reaches the caller."""
    time.sleep(fault.seconds)
    if fault.cut_at is None:
        raise Cut("dropped after the work was done")
    body = response.get_data()
    response.headers["Content-Length"] = str(len(body))
    response.response = _bytes_then_cut(body[: fault.cut_at])
    response.automatically_set_content_length = False
    return response


def _bytes_then_cut(head: bytes) -> Iterator[bytes]:
    yield head
    raise Cut("dropped in the middle of the answer")


def _half_answer(response: Response, fault: Fault) -> Response:
    """A well-framed answer whose body breaks off: JSON that doesn't parse, status and type as if all were well."""
    body = response.get_data()
    response.set_data(body[: len(body) // 2 if fault.cut_at is None else fault.cut_at])
    response.status_code = 200
    return response
