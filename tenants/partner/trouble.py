"""What goes wrong, as RFC 9457 problems: the codes, words and remedies of the product's own catalogue.

A service refuses with `Refused`; here that becomes a status and a document. Rooms above add their own kinds
of exception with `translates`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from canonical.problems import Problem, Refused, declare
from tenants.problems import shown
from tenants.web import correlation_id

MEDIA_TYPE = "application/problem+json"

NO_KEY = declare(
    "api.no_key",
    "This request carries no API key that is in force.",
    "Send the header Authorization: Bearer tie_live_...; make a key under Developers, API keys.",
)
NO_SCOPE = declare(
    "api.scope_missing",
    "This key may not do that: it lacks the scope %(scope)s.",
    "Make a key with that scope under Developers, API keys.",
)
NOT_FOUND = declare(
    "api.not_found", "There is nothing at this address.", "Check the id; another company's things do not exist for this key."
)
NOT_ALLOWED = declare(
    "api.method_not_allowed", "%(method)s is not possible here.", "See the documentation for what this address takes."
)
INVALID = declare(
    "api.invalid", "The request is not as it should be.", "See errors: each names the field and what is wrong with it."
)
NOT_JSON = declare("api.not_json", "The body is not JSON.", "Send a JSON object with Content-Type: application/json.")
TOO_MANY = declare(
    "api.too_many_requests", "More requests than this key is allowed just now.", "Wait as many seconds as Retry-After says."
)
NEED_KEY = declare(
    "api.idempotency_key_missing",
    "This request writes to a ledger and needs an Idempotency-Key.",
    "Send the header Idempotency-Key with a value of your own, and the same value when you send the request again.",
)
BAD_KEY = declare(
    "api.idempotency_key_invalid",
    "The Idempotency-Key is not usable.",
    "Use 1 to 255 visible ASCII characters, such as a UUID.",
)
OTHER_BODY = declare(
    "api.idempotency_key_reused",
    "This Idempotency-Key was used for another request.",
    "Use a new key for a new request; send exactly the same request to get the same answer.",
)
IN_FLIGHT = declare(
    "api.idempotency_in_flight",
    "The first request with this Idempotency-Key is still under way.",
    "Wait a moment and send the same request again.",
)
NEED_MATCH = declare(
    "api.if_match_missing",
    "This change needs to know what it changes.",
    "Read the thing first and send its ETag in the header If-Match.",
)
STALE = declare(
    "api.if_match_failed",
    "It has been changed since you read it.",
    "Read it again, look at what is different, and send your change with the new ETag.",
)
BROKEN = declare("api.internal", "Something went wrong on our side.", "Try again later; if it stays, send us the request id.")


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with the request: a JSON pointer into the body, or the name of a query parameter."""

    pointer: str
    code: str
    detail: str


class Trouble(Exception):
    """An answer that is a problem."""

    def __init__(
        self,
        status: int,
        problem: Problem,
        *,
        errors: Iterable[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.problem = problem
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        super().__init__(problem.code)


@dataclass(slots=True)
class Told:
    """An exception in our terms."""

    status: int
    problems: tuple[Problem, ...]
    headers: dict[str, str] = field(default_factory=dict)


_E = TypeVar("_E", bound=Exception)
_translators: dict[type[Exception], Callable[[Any], Told]] = {}
# What is refused because of what was sent is 422; because of how things stand, 409.
_UNPROCESSABLE = ("mapping.", "schedule.", "webhook.url", "integration.wrong_role", "upload.")


def translates(kind: type[_E]) -> Callable[[Callable[[_E], Told]], Callable[[_E], Told]]:
    """Register how a room's own exception is told."""

    def register(translator: Callable[[_E], Told]) -> Callable[[_E], Told]:
        _translators[kind] = translator
        return translator

    return register


def invalid(pointer: str, code: str, detail: str, *, status: int = 422) -> Trouble:
    """A field that is right in form and cannot be: an account the ledger does not have, a zone nobody knows."""
    return Trouble(status, Problem(INVALID), errors=[FieldError(pointer, code, detail)])


def answer_for(exception: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler; None (a bug) is raised on and answered by `handler500`."""
    trouble = _trouble(exception)
    if trouble is None:
        return None
    request = context.get("request")
    instance = request.path if request is not None else ""
    body = document(trouble.status, trouble.problem, errors=trouble.errors, instance=instance)
    return Response(body, status=trouble.status, headers=trouble.headers, content_type=MEDIA_TYPE)


def document(status: int, problem: Problem, *, errors: Iterable[FieldError] = (), instance: str = "") -> dict[str, Any]:
    """The problem document itself."""
    words = shown(problem)
    page = f"{settings.PUBLIC_URL}/api/docs/#problem-{problem.code}"
    return {
        "type": page,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": words.text,
        "instance": instance,
        "code": problem.code,
        "remedy": words.remedy,
        "request_id": correlation_id(),
        "retryable": status in (409, 429, 502, 503) and problem.code != OTHER_BODY,
        "errors": [{"pointer": one.pointer, "code": one.code, "detail": one.detail} for one in errors],
        "docs": page,
    }


def _trouble(exception: Exception) -> Trouble | None:
    if isinstance(exception, Trouble):
        return exception
    if isinstance(exception, Refused):
        return _refusal(exception.problems)
    for kind, translator in _translators.items():
        if isinstance(exception, kind):
            told = translator(exception)
            return Trouble(told.status, told.problems[0], errors=_each(told.problems), headers=told.headers)
    return _of_framework(exception)


def _refusal(problems: tuple[Problem, ...]) -> Trouble:
    status = 422 if problems[0].code.startswith(_UNPROCESSABLE) else 409
    return Trouble(status, problems[0], errors=_each(problems))


def _each(problems: tuple[Problem, ...]) -> list[FieldError]:
    """All of several refusals; a single one is the problem itself."""
    if len(problems) == 1 and not problems[0].where.field:
        return []
    return [FieldError(problem.where.field, problem.code, shown(problem).text) for problem in problems]


def _of_framework(exception: Exception) -> Trouble | None:
    if isinstance(exception, Http404):
        return Trouble(404, Problem(NOT_FOUND))
    if isinstance(exception, (exceptions.NotAuthenticated, exceptions.AuthenticationFailed)):
        return Trouble(401, Problem(NO_KEY), headers={"WWW-Authenticate": 'Bearer realm="Tieout"'})
    if isinstance(exception, PermissionDenied):
        return Trouble(403, Problem(NO_SCOPE, {"scope": "?"}))
    if isinstance(exception, exceptions.MethodNotAllowed):
        return Trouble(405, Problem(NOT_ALLOWED, {"method": str(exception.args[0]) if exception.args else "This"}))
    if isinstance(exception, (exceptions.ParseError, exceptions.UnsupportedMediaType)):
        return Trouble(415 if isinstance(exception, exceptions.UnsupportedMediaType) else 400, Problem(NOT_JSON))
    if isinstance(exception, exceptions.ValidationError):
        return Trouble(400, Problem(INVALID), errors=list(_pointed(exception.get_full_details(), "")))
    return None


def _pointed(details: Any, pointer: str) -> Iterable[FieldError]:
    """DRF's nested error details as flat JSON pointers."""
    if isinstance(details, Mapping) and set(details) == {"message", "code"} and isinstance(details["code"], str):
        yield FieldError(pointer or "/", str(details["code"]), str(details["message"]))
    elif isinstance(details, Mapping):
        for name, inner in details.items():
            yield from _pointed(inner, pointer if name == "non_field_errors" else f"{pointer}/{name}")
    else:
        for inner in details:
            yield from _pointed(inner, pointer)
