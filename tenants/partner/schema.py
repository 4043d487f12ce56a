"""How operations are written into the OpenAPI document, so that it says what the code does and cannot drift."""

from __future__ import annotations

import re
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, inline_serializer
from rest_framework import serializers

from tenants.partner.listing import DEFAULT, MOST, Listing

if TYPE_CHECKING:
    from tenants.partner.door import Operation

PUBLIC_ID = r"[A-Za-z0-9_-]{1,64}"
SHARED = "#/components/"


class PageInfo(serializers.Serializer):  # type: ignore[type-arg]
    """Where a list goes on."""

    next_cursor = serializers.CharField(allow_null=True, help_text="Give it as cursor to get the next page; null at the end.")
    has_more = serializers.BooleanField()


class BearerKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "tenants.partner.door.BearerKey"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "tie_live_...",
            "description": "A key made under Developers, API keys.",
        }


def schema_of(operation: Operation) -> dict[str, Any]:
    """What `extend_schema` is told of an operation."""
    scope = f"\n\nNeeds the scope `{operation.scope.value}`." if operation.scope else "\n\nEvery key may ask this."
    return {
        "operation_id": re.sub(r"\W+", "_", operation.summary.lower()).strip("_"),
        "summary": operation.summary,
        "description": operation.description + scope,
        "request": operation.body,
        "parameters": _parameters(operation),
        "responses": {operation.status: _answer(operation)},
        "examples": _examples(operation),
    }


def _answer(operation: Operation) -> Any:
    if operation.answer is None:
        return OpenApiResponse(description="Done; there is nothing to say.")
    if operation.listing is None:
        return OpenApiResponse(operation.answer, description=HTTPStatus(operation.status).phrase)
    return OpenApiResponse(_envelope(operation.answer), description="A page of the list.")


@cache
def _envelope(answer: Any) -> Any:
    name = answer.__name__.removesuffix("Shown")
    return inline_serializer(f"{name}Page", fields={"data": answer(many=True), "page": PageInfo()})


def _examples(operation: Operation) -> list[OpenApiExample]:
    found = []
    if operation.answer is not None:
        said = operation.example if operation.example is not None else operation.answer.example
        if operation.listing is not None and operation.example is None:
            said = {"data": [said], "page": {"next_cursor": None, "has_more": False}}
        found.append(OpenApiExample("Answer", said, response_only=True, status_codes=[str(operation.status)]))
    if operation.body is not None:
        asked = operation.asked if operation.asked is not None else operation.body.example  # type: ignore[attr-defined]
        found.append(OpenApiExample("Request", asked, request_only=True))
    return found


def _parameters(operation: Operation) -> list[OpenApiParameter]:
    found = [_parameter(name, dict(facts)) for name, facts in (operation.parameters or {}).items()]
    if operation.listing is not None:
        found += _listing(operation.listing)
    if operation.once != "never":
        found.append(
            OpenApiParameter(
                "Idempotency-Key",
                {"type": "string", "pattern": "^[!-~]{1,255}$"},
                OpenApiParameter.HEADER,
                required=operation.once == "must",
                description="A value of your own for this request. The same request sent again within seven days gets the same "
                "answer, marked Idempotency-Replayed: true, and has no second effect.",
            )
        )
    if operation.match:
        found.append(
            OpenApiParameter(
                "If-Match",
                {"type": "string", "pattern": "^[!-~]+$"},
                OpenApiParameter.HEADER,
                required=True,
                description="The ETag you read, or * to change whatever is there.",
            )
        )
    return found


def _listing(listing: Listing) -> list[OpenApiParameter]:
    limit = {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT}
    return [
        OpenApiParameter("limit", limit, description="How many rows a page holds."),
        OpenApiParameter("cursor", {"type": "string"}, description="next_cursor of the page before."),
        OpenApiParameter(
            "sort",
            {"type": "string", "enum": listing.orders, "default": listing.default},
            description="The order; a minus turns it round.",
        ),
        *(_parameter(name, one.schema(name)) for name, one in listing.parameters),
    ]


def _parameter(name: str, facts: dict[str, Any]) -> OpenApiParameter:
    extra = {key: facts[key] for key in ("style", "explode", "required") if key in facts}
    return OpenApiParameter(name, facts["schema"], OpenApiParameter.QUERY, description=facts["description"], **extra)


class DoorSchema(AutoSchema):
    """A Door's tag, and the problems that any of its operations may answer with."""

    def _get_serializer_name(self, serializer: Any, direction: Any, bypass_extensions: bool = False) -> str:
        """`SettlementShown` is a Settlement to whoever reads the document."""
        return str(super()._get_serializer_name(serializer, direction, bypass_extensions)).removesuffix("Shown")

    def get_tags(self) -> list[str]:
        return [getattr(self.view, "tag", "Other")]

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        written = super().get_operation(*args, **kwargs)
        operation: Operation | None = getattr(getattr(self.view, self.method.lower(), None), "operation", None)
        if written is None or operation is None:
            return written
        for status in _problems(operation, "{" in self.path):
            written["responses"][str(status)] = {"$ref": f"{SHARED}responses/Problem"}
        written["responses"] = dict(sorted(written["responses"].items()))
        if operation.scope is not None:
            written["x-scope"] = operation.scope.value
        return written


def _problems(operation: Operation, of_one: bool) -> list[int]:
    statuses = {400, 401, 403, 429, *operation.also}
    if of_one:
        statuses.add(404)
    if operation.body is not None:
        statuses.add(415)
    if operation.once != "never":
        statuses |= {409, 422}
    if operation.match:
        statuses |= {412, 428}
    return sorted(statuses)


# ------------------------------------------------------------------ the whole document

_PROBLEM = {
    "type": "object",
    "description": "What is wrong and what to do (RFC 9457). `code` is the one the pages show too.",
    "required": ["type", "title", "status", "detail", "instance", "code", "remedy", "request_id", "retryable", "errors", "docs"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string"},
        "remedy": {"type": "string"},
        "request_id": {"type": "string"},
        "retryable": {"type": "boolean", "description": "Whether the same request may succeed later."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {"pointer": {"type": "string"}, "code": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
        "docs": {"type": "string", "format": "uri"},
    },
    "example": {
        "type": "https://books.example.com/api/docs/#problem-settlement.not_postable",
        "title": "Conflict",
        "status": 409,
        "detail": "This settlement cannot be posted now: it is Needs mapping.",
        "instance": "/api/v1/settlements/set_01kav0zr4g8m2c6n9q3s7t5w1x:post",
        "code": "settlement.not_postable",
        "remedy": "Do what its list of open points says first.",
        "request_id": "0c2b6c5e-6f3e-4b2d-9d5c-2f1f4a1d7b10",
        "retryable": True,
        "errors": [],
        "docs": "https://books.example.com/api/docs/#problem-settlement.not_postable",
    },
}
_HEADERS = {
    "RequestId": {"description": "Quote it when you ask us about this request.", "schema": {"type": "string"}},
    "RateLimit": {
        "description": "What is left of each allowance, and seconds until it begins anew.",
        "schema": {"type": "string"},
    },
    "RateLimitPolicy": {"description": "The allowances: requests (q) in seconds (w).", "schema": {"type": "string"}},
    "RetryAfter": {"description": "Seconds to wait, on 429 and 503.", "schema": {"type": "string"}},
    "ETag": {"description": "Names this state; send it as If-Match with a change.", "schema": {"type": "string"}},
    "Location": {"description": "Where to look on.", "schema": {"type": "string"}},
}


def only_ours(endpoints: list[Any]) -> list[Any]:
    """Preprocessing hook: what is under /api/v1/ and is described."""
    return [one for one in endpoints if one[0].startswith("/api/v1/") and one[2] in ("GET", "POST", "PUT", "PATCH", "DELETE")]


def finish(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Postprocessing hook: the shared problem and headers, ids in addresses, closed request bodies."""
    components = result["components"]
    components["schemas"]["Problem"] = _PROBLEM
    components["headers"] = _HEADERS
    heads = {"Request-Id": "RequestId", "RateLimit": "RateLimit", "RateLimit-Policy": "RateLimitPolicy"}
    components["responses"] = {
        "Problem": {
            "description": "A problem.",
            "headers": _heads({"Request-Id": "RequestId", "Retry-After": "RetryAfter"}),
            "content": {"application/problem+json": {"schema": {"$ref": f"{SHARED}schemas/Problem"}}},
        }
    }
    for name, schema in components["schemas"].items():
        if name.endswith("Body"):
            schema["additionalProperties"] = False
    for path in result["paths"].values():
        for written in path.values():
            _finish_operation(written, heads)
    return result


def _finish_operation(written: dict[str, Any], heads: dict[str, str]) -> None:
    for parameter in written.get("parameters", []):
        if parameter["in"] == "path":
            parameter["description"] = f"The id of the {parameter['name'].replace('_', ' ')}."
    for status, response in written["responses"].items():
        if "$ref" in response:
            continue
        more = {"Location": "Location"} if status == "202" else {}
        response["headers"] = _heads({**heads, **more})


def _heads(names: dict[str, str]) -> dict[str, Any]:
    return {name: {"$ref": f"{SHARED}headers/{component}"} for name, component in names.items()}
