"""The partner API's document and its page, both ours: nothing is loaded from elsewhere.

The document is generated from the doors themselves and kept in docs/openapi.json; a test fails when the two
differ. `make openapi` writes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from django.views.defaults import server_error

from canonical.problems import CATALOGUE, Problem
from config.data_dir import BASE_DIR
from connections.outbound.catalogue import OFFERED
from tenants.partner import trouble
from tenants.problems import shown

# The order in which a newcomer needs them.
TAGS = (
    "Account", "Connections", "Integrations", "Settlements", "Documents", "Orders", "Bank", "Mappings", "Schedules", "Runs", "Operations",
    "Held records", "Webhooks",
)  # fmt: skip
KEPT = BASE_DIR / "docs" / "openapi.json"


def generated() -> dict[str, Any]:
    """The document as the code is now."""
    from drf_spectacular.generators import SchemaGenerator

    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return dict(json.loads(json.dumps(made, default=str)))


@cache
def kept() -> dict[str, Any]:
    """The document as it is committed."""
    return dict(json.loads(KEPT.read_text(encoding="utf-8")))


@require_GET
def document(request: HttpRequest) -> HttpResponse:
    return JsonResponse(kept(), json_dumps_params={"ensure_ascii": False})


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """The document as a page that a person reads."""
    context = {
        "document": kept(),
        "groups": list(_groups(kept())),
        "events": list(OFFERED.values()),
        "problems": [(code, shown(Problem(code))) for code in sorted(CATALOGUE)],
        "base": f"{settings.PUBLIC_URL}/api/v1",
        "burst": settings.API_BURST,
        "hourly": settings.API_HOURLY,
    }
    return render(request, "api/docs.html", context)


def broken(request: HttpRequest) -> HttpResponse:
    """handler500: a problem for programs, the usual page for people."""
    if not request.path.startswith("/api/"):
        return server_error(request)
    said = trouble.document(500, Problem(trouble.BROKEN), instance=request.path)
    return JsonResponse(said, status=500, content_type=trouble.MEDIA_TYPE, headers={"Request-Id": said["request_id"]})


# ------------------------------------------------------------------ the page's view of it


def _groups(document: dict[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Operations by tag."""
    groups: dict[str, list[dict[str, Any]]] = {tag: [] for tag in TAGS}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append(_operation(document, path, method, operation))
    yield from groups.items()


def _operation(document: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    asked = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    good = next((code, answer) for code, answer in operation["responses"].items() if code.startswith("2"))
    said = good[1].get("content", {}).get("application/json", {})
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path.removeprefix("/api/v1"),
        "summary": operation["summary"],
        "description": operation["description"].split("\n\n"),
        "scope": operation.get("x-scope", ""),
        "parameters": operation.get("parameters", []),
        "request": _pretty(_example(asked)),
        "fields": _fields(document, asked.get("schema", {})),
        "status": good[0],
        "answer": _pretty(_example(said)),
        "problems": [code for code in operation["responses"] if not code.startswith("2")],
    }


def _example(content: dict[str, Any]) -> Any:
    return next((example["value"] for example in content.get("examples", {}).values()), None)


def _fields(document: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The fields of a request body, as rows."""
    name = schema.get("$ref", "").rpartition("/")[2]
    found = document["components"]["schemas"].get(name, {})
    required = set(found.get("required", []))
    return [
        {"name": field, "required": field in required, "facts": facts, "description": facts.get("description", "")}
        for field, facts in found.get("properties", {}).items()
    ]


def _pretty(value: Any) -> str:
    return "" if value is None else json.dumps(value, indent=2, ensure_ascii=False)
