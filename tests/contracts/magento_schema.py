"""Magento's own schema of its REST API (Swagger 2.0) as a judge of requests and answers, stricter than Swagger: an unknown key fails.

Of the schema's little language only types, properties, items and references are used, and walked here by hand: a page
of orders has a hundred thousand values. Any property may come as null, which Magento's answers do and its schema
doesn't say. What a request must contain isn't held against the schema, because Magento takes partial objects for changes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path("magento") / "admin-2.4.8.connector-subset.json"
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, Decimal), "boolean": (bool,), "array": (list,), "object": (dict,),
}  # fmt: skip


class Operation:
    """One operation of the schema."""

    def __init__(self, definitions: dict[str, Any], method: str, path: str, declared: dict[str, Any]) -> None:
        self.name = f"{method.upper()} {path}"
        self.method, self.variables = method.upper(), path.count("{")
        self._definitions, self._declared = definitions, declared
        self._pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", path.rstrip("/")) + "/?$")

    def matches(self, method: str, path: str) -> bool:
        return method.upper() == self.method and self._pattern.match(path) is not None

    def response_problems(self, status: int, body: Any, *, partial: bool = False) -> list[str]:
        """What is wrong with an answer; `partial` when the caller asked for some `fields` only."""
        responses = self._declared["responses"]
        if status == 200 and "200" not in responses:
            return []  # a service without a result, which answers with nothing or an empty list
        declared = responses.get(str(status)) or (responses.get("default") if status >= 400 else None)
        if declared is None:
            return [f"{self.name}: status {status} is not declared"]
        schema = declared.get("schema")
        return [f"{self.name}: {said}" for said in self._against(schema, body, "", required=not partial)] if schema else []

    def request_problems(self, body: Any) -> list[str]:
        """What is wrong with a request's JSON body; empty when nothing is."""
        schema = next((one["schema"] for one in self._declared.get("parameters", []) if one["in"] == "body"), None)
        if schema is None:
            return [f"{self.name}: takes no body"] if body else []
        return [f"{self.name}: {said}" for said in self._against(schema, body or {}, "", required=False)]

    def _against(self, schema: dict[str, Any], value: Any, where: str, *, required: bool) -> Iterator[str]:
        if schema.get("$ref", "").endswith("/error-parameters"):
            return  # declared as a list, given as an object wherever the placeholders have names
        if "$ref" in schema:
            schema = self._definitions[schema["$ref"].rsplit("/", 1)[1]]
        kind = schema.get("type")
        if value is None or kind is None:
            return
        if not where and kind == "integer" and isinstance(value, str) and value.isdecimal():
            return  # ids of new documents come as text, whatever is declared
        if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
            yield f"{where}: {value!r} is no {kind}"
        elif kind == "array" and "items" in schema:
            for place, one in enumerate(value):
                yield from self._against(schema["items"], one, f"{where}/{place}", required=required)
        elif kind == "object" and "properties" in schema:
            yield from self._object(schema, value, where, required=required)

    def _object(self, schema: dict[str, Any], value: dict[str, Any], where: str, *, required: bool) -> Iterator[str]:
        properties = schema["properties"]
        for name in schema.get("required", ()) if required else ():
            if name not in value:
                yield f"{where}: {name} is missing"
        for name, one in value.items():
            if name not in properties:
                yield f"{where}: no property {name}"
            else:
                yield from self._against(properties[name], one, f"{where}/{name}", required=required)


class MagentoSchema:
    """All operations of the subset that the product or its twin uses."""

    def __init__(self, contracts: Path) -> None:
        """`contracts`: the folder of shared contracts."""
        document = json.loads((contracts / FILE).read_text(), parse_float=Decimal)
        operations = (
            Operation(document["definitions"], method, path, declared)
            for path, methods in document["paths"].items()
            for method, declared in methods.items()
        )
        # A literal path goes before one with variables: /orders/items before /orders/{id}.
        self.operations = sorted(operations, key=lambda one: one.variables)

    def find(self, method: str, path: str) -> Operation | None:
        """By method and the path from `/V1/` on, still encoded; None for what the subset doesn't have."""
        return next((one for one in self.operations if one.matches(method, path)), None)


@cache
def schema(contracts: Path) -> MagentoSchema:
    """Read once a session."""
    return MagentoSchema(contracts)
