"""What the operations share: the call at hand, its parameters, refusals and page tokens."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from werkzeug.wrappers import Request

from sandbox.amazon.grants import Caller
from sandbox.amazon.places import Seller
from sandbox.amazon.shops import Shops
from sandbox.world import World


class Refusal(Exception):
    """An answer that is an error: `{"errors": [{code, message, details}]}`."""

    def __init__(self, status: int, code: str, message: str, details: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.body = {"errors": [{"code": code, "message": message, "details": details}]}


def bad_input(details: str) -> Refusal:
    return Refusal(400, "InvalidInput", "The input request had one or more invalid input parameters.", details)


def denied(details: str = "") -> Refusal:
    """Amazon's 403: no token, an expired or revoked one, or a seller that the token doesn't speak for."""
    return Refusal(403, "Unauthorized", "Access to requested resource is denied.", details)


def not_found(what: str) -> Refusal:
    return Refusal(404, "NotFound", "The requested resource doesn't exist.", what)


@dataclass(frozen=True, slots=True)
class Call:
    """One authorised call of one operation."""

    world: World
    shops: Shops
    caller: Caller
    seller: Seller
    request: Request
    path: dict[str, str]

    @property
    def now(self) -> datetime:
        return self.world.now()

    def one(self, name: str) -> str | None:
        """A query parameter; an empty one counts as absent."""
        return self.request.args.get(name) or None

    def many(self, name: str, limit: int | None = None) -> list[str]:
        """A list parameter, comma-separated or repeated."""
        values = [part for given in self.request.args.getlist(name) for part in given.split(",") if part]
        if limit and len(values) > limit:
            raise bad_input(f"{name} has more than {limit} values")
        return values

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        given = self.one(name)
        if given is None:
            return default
        if not given.isdecimal() or not low <= int(given) <= high:
            raise bad_input(f"{name} must be from {low} to {high}")
        return int(given)

    def instant(self, name: str) -> datetime | None:
        """An ISO 8601 date or date-time; UTC unless it says otherwise."""
        given = self.one(name)
        if given is None:
            return None
        try:
            at = datetime.fromisoformat(given)
        except ValueError:
            raise bad_input(f"{name} is not an ISO 8601 date-time: {given}") from None
        return at if at.tzinfo else at.replace(tzinfo=UTC)

    def choice(self, name: str, allowed: tuple[str, ...]) -> list[str]:
        values = self.many(name)
        if wrong := [value for value in values if value not in allowed]:
            raise bad_input(f"{name} has unknown values: {', '.join(wrong)}")
        return values


def zulu(at: datetime) -> str:
    """ISO 8601 in UTC with a Z, as Amazon writes it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def amount(value: Any, currency: str) -> dict[str, Any]:
    """The Currency of the newer models."""
    return {"currencyCode": currency, "currencyAmount": value}


def pack(data: dict[str, Any]) -> str:
    """An opaque page token."""
    return base64.urlsafe_b64encode(json.dumps(data, separators=(",", ":")).encode()).decode().rstrip("=")


def unpack(token: str) -> dict[str, Any]:
    try:
        return dict(json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))))
    except ValueError:
        raise bad_input("the token is not valid") from None
