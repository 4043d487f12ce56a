"""Amazon's protocol through the one door.

What the vendor's library (python-amazon-sp-api) knows, it does: paths, parameters, envelopes. It never
sees a token and never opens a connection: the door signs and sends, and refuses what is not a
success before the library could take an HTML 503 for an empty answer. Only the operations of
`places.OPERATIONS` pass, all of them reads.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from sp_api.api import FinancesV0, FinancesV20240619, Reports
from sp_api.auth import AccessTokenClient, AccessTokenResponse
from sp_api.base import ApiResponse
from sp_api.base._transport_httpx import HttpxTransport

from canonical.problems import Problem, declare
from connections import errors, jsontext
from connections.contracts import Answer, Door
from connections.errors import Failure, FailureKind

from . import mapper
from .places import operation_of

PROVIDER = "Amazon"
LIBRARY_VERSION = "2.1.35"  # what the seam below was read against; a test fails on another
T = TypeVar("T")

# At DEBUG the library writes requests with their headers.
logging.getLogger("sp_api").setLevel(logging.WARNING)

NOT_ALLOWED = declare(
    "amazon.not_allowed",
    "Amazon lets us in, but not to this: %(detail)s",
    "In Seller Central, see that the application has the roles listed on the connection's page; then reconnect.",
)
_EXPIRED = ("expired", "revoked, malformed or invalid")


def judge(status: int, headers: Mapping[str, str], content: bytes, *, writes: bool) -> Failure | None:
    """Read a refusal. None leaves it to the status code: 429, 5xx and what has no error body."""
    if status == 429 or status >= 500:
        return None
    try:
        body = jsontext.loads(content)
    except ValueError:
        return _store_refusal(status, content)
    if isinstance(body, Mapping) and isinstance(body.get("error"), str):
        return _login_refusal(status, body)
    entries = body.get("errors") if isinstance(body, Mapping) else None
    if not isinstance(entries, list) or not entries or not isinstance(entries[0], Mapping):
        return None
    return _refusal(status, entries[0])


def _refusal(status: int, entry: Mapping[str, Any]) -> Failure:
    """`{"errors": [{code, message, details}]}`, the same of every operation."""
    words = " ".join(str(entry.get(name) or "") for name in ("message", "details")).strip()
    params = {"provider": PROVIDER, "detail": words, "reason": words, "operation": words}
    if status in (401, 403):
        expired = any(said in words for said in _EXPIRED)
        kind = FailureKind.TOKEN_EXPIRED if expired else FailureKind.REJECTED
        problem = errors.NEEDS_RECONNECT if expired else NOT_ALLOWED
    elif status == 404:
        kind, problem = FailureKind.NOT_FOUND, errors.NOT_FOUND
    else:
        kind, problem = FailureKind.OUR_BUG, errors.OUR_BUG
    return Failure(kind, Problem(problem, params), status=status, provider_code=str(entry.get("code") or ""))


def _login_refusal(status: int, body: Mapping[str, Any]) -> Failure:
    """Login with Amazon words its refusals as OAuth does; invalid_grant means that the seller took the consent back."""
    ended = body["error"] in ("invalid_grant", "access_denied")
    words = str(body.get("error_description") or body["error"])
    problem = Problem(
        errors.NEEDS_RECONNECT if ended else errors.OUR_BUG, {"provider": PROVIDER, "reason": words, "detail": words}
    )
    return Failure(
        FailureKind.NEEDS_RECONNECT if ended else FailureKind.OUR_BUG, problem, status=status, provider_code=str(body["error"])
    )


def _store_refusal(status: int, content: bytes) -> Failure | None:
    """The file store behind report addresses refuses in XML, mostly because five minutes are over: a new address mends it."""
    if b"<Error>" not in content[:500]:
        return None
    problem = Problem(errors.UNAVAILABLE, {"provider": PROVIDER, "detail": f"the report's address, HTTP {status}"})
    return Failure(FailureKind.UNAVAILABLE, problem, status=status, provider_code="document_address")


# ------------------------------------------------------------------ the library behind the door


class NoTokens(AccessTokenClient):  # type: ignore[misc]
    """Stands where the library would fetch tokens and cache them for the process: the door holds and signs them."""

    def __init__(self) -> None:
        """Opens nothing; the library's own would."""

    def get_auth(self) -> AccessTokenResponse:
        return AccessTokenResponse(access_token="left to the door")  # noqa: S106 - no token


class BehindTheDoor:
    """What every class of the library becomes here.

    The library's own constructor is not run: it reads credentials and marketplace from the environment and
    from files, where another tenant's could lie, and opens connections of its own.
    """

    user_agent = "Tieout/0.1 (Language=Python)"

    def __init__(self, door: Door, region: str) -> None:
        self.endpoint = door.endpoints.urls[f"api_{region}"]
        self.region, self.marketplace_id, self.version = region, "", None
        self.restricted_data_token = self.proxies = self.timeout = None
        self.verify = True
        self._auth = NoTokens()
        self._transport = HttpxTransport(client=door.client(name_of))

    def _request(self, path: str, *, add_marketplace: bool = True, **sent: Any) -> ApiResponse:
        """The library adds four spellings of the marketplace to most reads; the models know at most one."""
        return super()._request(path, add_marketplace=False, **sent)  # type: ignore[misc]

    def _check_response(self, res: Any, *envelope: Any) -> ApiResponse:
        """The whole body, its numbers exact, in place of the library's reading of it."""
        return ApiResponse(payload=_object(res.content), headers=res.headers)


class SettlementReports(BehindTheDoor, Reports):  # type: ignore[misc]
    """Reports 2021-06-30."""


class Transactions(BehindTheDoor, FinancesV20240619):  # type: ignore[misc]
    """Finances 2024-06-19."""


class EventGroups(BehindTheDoor, FinancesV0):  # type: ignore[misc]
    """Finances v0, of which the event groups stay."""


def name_of(method: str, path: str) -> tuple[str, bool]:
    """(operation, writes) of a request. Raises Failure OUR_BUG for one that is not ours to make."""
    operation = operation_of(method, path)
    if operation is None:
        problem = Problem(errors.OUR_BUG, {"provider": PROVIDER, "detail": f"{method} {path} is not an operation we use"})
        raise Failure(FailureKind.OUR_BUG, problem)
    return operation.name, False


# ------------------------------------------------------------------ what the library lacks


def get(door: Door, region: str, name: str, path: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """One read of an operation that the library does not have."""
    return _object(get_raw(door, region, name, path, params).content)


def get_raw(door: Door, region: str, name: str, path: str, params: Mapping[str, Any]) -> Answer:
    """One read whose bytes are kept as they came; the library gives none."""
    url = door.endpoints.urls[f"api_{region}"] + path
    return door.call(name, "GET", url, params=params, headers={"accept": "application/json"}, expects="json")


def answer_object(answer: Answer) -> Mapping[str, Any]:
    return _object(answer.content)


def pages(ask: Callable[[str], tuple[Any, str | None]]) -> Iterator[Any]:
    """Every page of a listing; `ask(token)` gives a page and the next token. One that comes again is refused."""
    token, seen = "", set()
    while True:
        page, following = ask(token)
        yield page
        if not following:
            return
        if following in seen:
            raise malformed("the same page token again")
        seen.add(following)
        token = following


def next_token(body: Mapping[str, Any], name: str = "nextToken") -> str | None:
    token = body.get(name)
    if token is not None and not isinstance(token, str):
        raise malformed(f"{name} is not a text")
    return token


def entries(body: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """A list of objects that must be there."""
    found = body.get(name)
    if not isinstance(found, list) or not all(isinstance(entry, Mapping) for entry in found):
        raise malformed(f"{name} is not a list of objects")
    return found


def member(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = body.get(name)
    if not isinstance(found, Mapping):
        raise malformed(f"{name} is missing")
    return found


def read(make: Callable[[], T]) -> T:
    """Run a mapping; what cannot be read is MALFORMED, never a crash and never a success."""
    try:
        return make()
    except mapper.Unreadable as wrong:
        raise malformed(str(wrong)) from wrong


def malformed(detail: str) -> Failure:
    return Failure(FailureKind.MALFORMED, Problem(errors.MALFORMED, {"provider": PROVIDER, "detail": detail}))


def zulu(at: datetime) -> str:
    """ISO 8601 in UTC, as Amazon's examples write it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _object(content: bytes) -> Mapping[str, Any]:
    """A JSON object that is no list of errors."""
    try:
        body = jsontext.loads(content)
    except ValueError:
        raise malformed("not JSON") from None
    if not isinstance(body, Mapping):
        raise malformed("not a JSON object")
    if body.get("errors"):
        raise malformed(f"errors under a success: {body['errors']!r}"[:200])
    return body
