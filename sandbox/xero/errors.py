"""Xero's ways of saying no: a validation exception about elements, a problem at the door, a plain 404."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

VALIDATION: Final = 10
POST_DATA: Final = 17
MISUSED_KEY: Final = 20


class Invalid(Exception):
    """One element that the accounting rules refuse; the messages are what its ValidationErrors say."""

    def __init__(self, *messages: str) -> None:
        super().__init__("; ".join(messages))
        self.messages = messages


class NotFound(Exception):
    """404 with a plain text."""


@dataclass(eq=False)
class BadRequest(Exception):
    """400 as an ApiException: `elements` echo what was sent, each with its ValidationErrors."""

    message: str
    number: int = VALIDATION
    type: str = "ValidationException"
    elements: list[dict[str, Any]] = field(default_factory=list)

    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = {"ErrorNumber": self.number, "Type": self.type, "Message": self.message}
        return {**found, "Elements": self.elements} if self.elements else found


def refused(elements: list[dict[str, Any]]) -> BadRequest:
    return BadRequest("A validation exception occurred", elements=elements)


def unreadable(detail: str) -> BadRequest:
    return BadRequest(detail, POST_DATA, "PostDataInvalidException")


def misused_key(detail: str) -> BadRequest:
    return BadRequest(detail, MISUSED_KEY, "IdempotencyKeyException")


@dataclass(eq=False)
class Refusal(Exception):
    """A request that doesn't get past the door, as problem details (ledgers.md 2.3)."""

    status: int
    title: str
    detail: str
    headers: dict[str, str] = field(default_factory=dict)

    def data(self, instance: str) -> dict[str, Any]:
        return {
            "Type": None, "Title": self.title, "Status": self.status, "Detail": self.detail, "Instance": instance,
            "Extensions": {},
        }  # fmt: skip


def unauthenticated(detail: str) -> Refusal:
    return Refusal(401, "Unauthorized", detail)


def out_of_scope() -> Refusal:
    return Refusal(401, "Unauthorized", "AuthorizationUnsuccessful", {"WWW-Authenticate": 'Bearer error="insufficient_scope"'})


def not_connected() -> Refusal:
    return Refusal(403, "Forbidden", "AuthenticationUnsuccessful")


def throttled(problem: str, wait: int | None) -> Refusal:
    """429. `problem`: minute, day, appminute or concurrent; `wait` in seconds where the vendor tells one."""
    headers = {"X-Rate-Limit-Problem": problem} | ({"Retry-After": str(wait)} if wait is not None else {})
    return Refusal(429, "Too Many Requests", f"The {problem} rate limit was exceeded", headers)
