"""Amazon's own models as a judge of requests and answers, stricter than Swagger: an unknown key fails.

The models are Swagger 2.0. Each definition becomes a JSON Schema whose objects admit no other keys than
the declared ones; `allOf` (the contexts of a transaction) is merged first, because each part alone would
forbid the others' keys. Money must have come as a JSON number: parse bodies with `parse_float=Decimal`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema

MODELS = (
    "reports_2021-06-30",
    "transfers_2024-06-01",
    "finances_2024-06-19",
    "financesV0",
    "sellers",
    "orders_2026-01-01",
    "notifications",
    "fbaInventory",
    "listingsItems_2021-08-01",
)
FORMATS = jsonschema.FormatChecker(formats=())


@FORMATS.checks("date-time", raises=ValueError)
def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value) is not None


@dataclass(frozen=True)
class Example:
    """One pair of the static sandbox: what to send, and what comes back with which status."""

    status: int
    parameters: dict[str, Any]
    response: Any


class Operation:
    """One operation of one model."""

    def __init__(self, model: dict[str, Any], method: str, path: str, declared: dict[str, Any]) -> None:
        self.id: str = declared["operationId"]
        self.method, self.path = method.upper(), path
        self.declared = declared
        self._definitions = _strict_definitions(model["definitions"])
        self._pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + "$")

    def matches(self, method: str, path: str) -> bool:
        return method.upper() == self.method and bool(self._pattern.match(path))

    def response_problems(self, status: int, body: Any) -> list[str]:
        """What is wrong with an answer; empty when nothing is."""
        declared = self.declared["responses"].get(str(status))
        if declared is None:
            return [f"{self.id}: status {status} is not declared"]
        return self._against(declared.get("schema"), body)

    def request_problems(self, query: Mapping[str, Sequence[str]], body: Any = None) -> list[str]:
        """What is wrong with a request's query (every value of each name) and JSON body."""
        declared = {one["name"]: one for one in self.declared.get("parameters", []) if one["in"] == "query"}
        problems = [f"{self.id}: no query parameter {name}" for name in query if name not in declared]
        for name, parameter in declared.items():
            if name in query:
                problems += [f"{self.id}: {name}: {said}" for said in _parameter_problems(parameter, query[name])]
            elif parameter.get("required"):
                problems.append(f"{self.id}: {name} is required")
        schema = next((one["schema"] for one in self.declared.get("parameters", []) if one["in"] == "body"), None)
        if body is not None and schema is None:
            problems.append(f"{self.id}: takes no body")
        return problems + (self._against(schema, body) if schema else [])

    def examples(self) -> Iterator[Example]:
        """Every `x-amzn-api-sandbox` static example."""
        for status, response in self.declared["responses"].items():
            for one in response.get("x-amzn-api-sandbox", {}).get("static", []):
                given = one.get("request", {}).get("parameters", {})
                yield Example(int(status), {name: value["value"] for name, value in given.items()}, one.get("response"))

    def _against(self, schema: dict[str, Any] | None, body: Any) -> list[str]:
        if schema is None:
            return [] if body in (None, "", {}) else [f"{self.id}: a body where none is declared"]
        document = {"definitions": self._definitions, "allOf": [_strict(schema, {})]}
        found = jsonschema.Draft4Validator(document, format_checker=FORMATS).iter_errors(body)
        return [f"{self.id}: {'/'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in found]


class AmazonModels:
    """All operations of the models that the product or its twin uses."""

    def __init__(self, folder: Path, names: Sequence[str] = MODELS) -> None:
        """`folder` holds the model files, as in the shared contracts: `amazon/models`."""
        models = [json.loads((folder / f"{name}.json").read_text(), parse_float=Decimal) for name in names]
        self.operations = [
            Operation(model, method, path, declared)
            for model in models
            for path, methods in model["paths"].items()
            for method, declared in methods.items()
            if isinstance(declared, dict) and "operationId" in declared
        ]

    def find(self, method: str, path: str) -> Operation | None:
        """By method and literal path, without host, prefix and query."""
        return next((one for one in self.operations if one.matches(method, path)), None)

    def by_id(self, operation_id: str) -> Operation:
        return next(one for one in self.operations if one.id == operation_id)


def _strict_definitions(definitions: dict[str, Any]) -> dict[str, Any]:
    return {name: _strict(schema, definitions) for name, schema in definitions.items()}


def _strict(schema: Any, definitions: dict[str, Any]) -> Any:
    """The schema with unknown keys forbidden, at every depth."""
    if isinstance(schema, list):
        return [_strict(one, definitions) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": schema["$ref"]}
    if "allOf" in schema:
        schema = _merged(schema, definitions)
    strict = {
        key: _strict(value, definitions) for key, value in schema.items() if key not in ("example", "default", "properties")
    }
    if "properties" in schema:
        # By name, because a property may itself be called `example` or `default`.
        strict["properties"] = {name: _strict(value, definitions) for name, value in schema["properties"].items()}
        strict.setdefault("additionalProperties", False)
    return strict


def _merged(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """One object with the properties of all parts."""
    merged: dict[str, Any] = {"type": "object", "properties": dict(schema.get("properties", {})), "required": []}
    for part in schema["allOf"]:
        whole = definitions[part["$ref"].rsplit("/", 1)[1]] if "$ref" in part else part
        merged["properties"] |= whole.get("properties", {})
        merged["required"] += whole.get("required", [])
    if not merged["required"]:
        del merged["required"]
    return merged


def _parameter_problems(parameter: dict[str, Any], values: Sequence[str]) -> Iterator[str]:
    """A query parameter against its declaration; lists are comma-separated (Swagger's default)."""
    kind = parameter["type"]
    parts = [part for value in values for part in value.split(",")] if kind == "array" else list(values)
    if kind == "array":
        if len(parts) > parameter.get("maxItems", len(parts)):
            yield f"more than {parameter['maxItems']} values"
        parameter = parameter["items"]
    elif len(values) > 1:
        yield "given more than once"
    for part in parts:
        yield from _value_problems(parameter, part)


def _value_problems(declared: dict[str, Any], text: str) -> Iterator[str]:
    if declared["type"] == "integer":
        if not text.isdecimal():
            yield f"{text} is not a whole number"
        elif not declared.get("minimum", 0) <= int(text) <= declared.get("maximum", int(text)):
            yield f"{text} is out of range"
    elif declared["type"] == "boolean" and text not in ("true", "false"):
        yield f"{text} is neither true nor false"
    elif text not in declared.get("enum", [text]):
        yield f"{text} is not one of {', '.join(declared['enum'])}"
    elif declared.get("format") == "date-time":
        try:
            datetime.fromisoformat(text)
        except ValueError:
            yield f"{text} is not an ISO 8601 date-time"
