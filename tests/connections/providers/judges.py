"""Every exchange of a test against the vendors' own schemas, where this machine has them.

The conftests call it at the end of each test that used a twin; a broken answer (cut, HTML, half a
body) is left out, because breaking it was the test's intention.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from connections import jsontext
from tests.connections.providers.door import Exchange
from tests.contracts import amazon_schema, quickbooks_schema
from tests.support.requirements import shared_folder


@cache
def _amazon() -> amazon_schema.AmazonModels | None:
    folder = shared_folder()
    return amazon_schema.AmazonModels(folder / "contracts" / "amazon" / "models") if folder else None


def amazon_problems(exchanges: Iterable[Exchange]) -> Iterator[str]:
    models = _amazon()
    for exchange in exchanges if models else ():
        url = exchange.request.url
        if exchange.operation in ("token", "downloadDocument"):
            continue
        path = url.path.split("/amazon/")[-1].partition("/")[2]
        operation = models.find(exchange.request.method, f"/{path}") if models else None
        if operation is None:
            yield f"{exchange.operation}: {url.path} is in no model"
            continue
        query = {name: url.params.get_list(name) for name in url.params}
        yield from operation.request_problems(query, _json(exchange.request.content))
        body = _json(exchange.content)
        if body is not None and exchange.status and exchange.status < 500:
            yield from operation.response_problems(exchange.status, body)


def quickbooks_problems(exchanges: Iterable[Exchange]) -> Iterator[str]:
    if quickbooks_schema.folder() is None:
        return
    for exchange in exchanges:
        path = exchange.request.url.path
        if "/v3/company/" not in path:
            continue
        sent = exchange.request.content
        if sent:
            entity, deletes = path.rsplit("/", 1)[-1], exchange.request.url.params.get("operation", "")
            yield from quickbooks_schema.validate_request(entity, jsontext.loads(sent), operation=deletes)
        if exchange.request.url.params.get("minorversion") != "75":
            yield f"{path}: minorversion"
        if exchange.request.method == "POST" and not 0 < len(exchange.request.url.params.get("requestid", "")) <= 50:
            yield f"{path}: requestid"
        body = _json(exchange.content)
        if body is not None and exchange.status:
            yield from quickbooks_schema.validate_answer(path, body, exchange.status)


def _json(content: bytes) -> Any:
    try:
        return jsontext.loads(content)
    except ValueError:
        return None
