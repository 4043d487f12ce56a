"""Asynchronous and bulk operations: accepted at once, done by the shop's queue consumers a few seconds later.

The consumers run when the world's clock has come to a bulk's time and somebody asks the shop anything, which
for a caller is the same as in the background. Statuses: 1 complete, 2 failed and can be tried again, 3 failed,
4 open, 5 rejected.
"""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta
from typing import Any

from werkzeug.wrappers import Request

from sandbox.jsontext import dump, load
from sandbox.magento import routes
from sandbox.magento.calls import BULK_LIMIT, Call, Route
from sandbox.magento.errors import Refusal, invalid, no_route, unauthorised
from sandbox.magento.installation import Installation, stamp
from sandbox.magento.integrations import EVERYTHING, Caller
from sandbox.magento.money import plain

COMPLETE, RETRY, FAILED, OPEN, REJECTED = 1, 2, 3, 4, 5
RESOURCE = "Magento_Logging::system_magento_logging_bulk_operations"


def accept(found: Installation, request: Request, caller: Caller | None, path: list[str], body: Any) -> dict[str, Any]:
    """Put one operation an element into the queue: `{"bulk_uuid", "request_items", "errors"}`. Raises Refusal."""
    route, _ = _route(request.method, path)
    if caller is None or not caller.may(route.resource):
        raise unauthorised(route.resource)
    elements = body if isinstance(body, list) else [body]
    if found.switches["input_limits"] and len(elements) > BULK_LIMIT:
        raise invalid('Maximum items of type "%type" is %max', type="bulk", max=BULK_LIMIT)
    number = str(uuid.uuid4())
    due = found.now + timedelta(seconds=float(found.switches["bulk_seconds"]))
    topic = f"async.{'.'.join(path)}.{request.method.lower()}".lower()
    found.conn.execute("INSERT INTO magento_bulk VALUES (?, ?, ?, ?, ?, ?)",
                       (number, found.shop.code, topic, found.stamp, due.isoformat(), caller.id))  # fmt: skip
    kept = json.dumps({"method": request.method, "path": path})
    for place, element in enumerate(elements):
        data = dump({"call": json.loads(kept), "body": element})
        found.conn.execute(
            "INSERT INTO magento_operation (uuid, id, data, status) VALUES (?, ?, ?, ?)", (number, place, data, OPEN)
        )
    items = [{"id": place, "data_hash": None, "status": "accepted"} for place, _ in enumerate(elements)]
    return {"bulk_uuid": number, "request_items": items, "errors": False}


def _route(method: str, path: list[str]) -> tuple[Route, dict[str, str]]:
    """The operation of a bulk's path, whose parameters are named: `byOrderId` for `{order}`, `bySku` for `{sku}`."""
    for route in routes.ROUTES:
        wanted = route.path.split("/")
        if method == route.method and len(wanted) == len(path) and all(map(_fits, wanted, path)):
            return route, {}
    raise no_route()


def _fits(pattern: str, part: str) -> bool:
    return part.startswith("by") if pattern.startswith("{") else pattern == part


def work(found: Installation) -> None:
    """Do what is due, oldest first; each operation in a transaction of its own, so that a refused one leaves nothing."""
    rows = found.conn.execute(
        "SELECT o.uuid, o.id, o.data FROM magento_operation o JOIN magento_bulk b ON b.uuid = o.uuid"
        " WHERE b.shop = ? AND o.status = ? AND b.due <= ? ORDER BY b.due, o.uuid, o.id",
        (found.shop.code, OPEN, found.now.isoformat()),
    ).fetchall()
    for row in rows:
        status, said, result = _run(found, load(row["data"]))
        found.conn.execute("UPDATE magento_operation SET status = ?, message = ?, result = ? WHERE uuid = ? AND id = ?",
                           (status, said, result, row["uuid"], row["id"]))  # fmt: skip


def _run(found: Installation, kept: dict[str, Any]) -> tuple[int, str, str | None]:
    route, _ = _route(kept["call"]["method"], kept["call"]["path"])
    body = dict(kept["body"]) if isinstance(kept["body"], dict) else {}
    params = {name.strip("{}"): str(_given(body, part)) for name, part in zip(route.path.split("/"), kept["call"]["path"], strict=True)
              if name.startswith("{")}  # fmt: skip
    told = len(found.changed), len(found.moved)
    found.conn.execute("SAVEPOINT operation")
    try:
        result = route.run(Call(found, Request({}), EVERYTHING, params, body, ""))
    except Refusal as refusal:
        found.conn.execute("ROLLBACK TO operation")
        del found.changed[told[0] :], found.moved[told[1] :]
        return FAILED, refusal.text, None
    finally:
        found.conn.execute("RELEASE operation")
    return COMPLETE, f"Service execution success {route.name}", dump(plain(result))


def _given(body: dict[str, Any], part: str) -> Any:
    """`byOrderId` takes orderId or order_id out of the element; `bySku` also the product's own."""
    name = part[2:3].lower() + part[3:]
    snake = "".join(f"_{mark.lower()}" if mark.isupper() else mark for mark in name)
    for one in (name, snake):
        if one in body:
            return body.pop(one)
    inner = next((value for value in body.values() if isinstance(value, dict)), {})
    return inner.get(name, inner.get(snake, ""))


def status(found: Installation, caller: Caller | None, rest: list[str]) -> Any:
    """`{uuid}/status`, `{uuid}/detailed-status`, `{uuid}/operation-status/{status}`. Raises Refusal 404."""
    if caller is None or not caller.may(RESOURCE):
        raise unauthorised(RESOURCE)
    number = rest[0] if rest else ""
    row = found.conn.execute("SELECT * FROM magento_bulk WHERE uuid = ? AND shop = ?", (number, found.shop.code)).fetchone()
    if row is None or len(rest) < 2:
        raise Refusal(404, "Bulk uuid %bulkUuid not exist", {"bulkUuid": number})
    operations = [
        dict(one) for one in found.conn.execute("SELECT * FROM magento_operation WHERE uuid = ? ORDER BY id", (number,))
    ]
    if rest[1] == "operation-status":
        return sum(str(one["status"]) == rest[2] for one in operations)
    detailed = rest[1] == "detailed-status"
    return {
        "operations_list": [_operation(row, one, detailed) for one in operations], "user_type": 1, "bulk_id": number,
        "description": f"Topic {row['topic']}", "start_time": stamp(datetime.fromisoformat(row["started"] + "+00:00")),
        "user_id": row["integration"], "operation_count": len(operations),
    }  # fmt: skip


def _operation(row: Any, one: dict[str, Any], detailed: bool) -> dict[str, Any]:
    summary = {"id": one["id"], "status": one["status"], "result_message": one["message"], "error_code": one["error"]}
    if not detailed:
        return summary
    data = dump({"meta_information": dump(load(one["data"])["body"])})
    return {**summary, "bulk_uuid": row["uuid"], "topic_name": row["topic"], "serialized_data": data,
            "result_serialized_data": one["result"]}  # fmt: skip
