"""Notifications v1: destinations of an application, subscriptions of a seller.

Destinations, and subscriptions by id, are the application's own and asked for with a grantless token;
subscribing speaks for one seller. An application has one subscription of a type and version for a seller
(model `notifications`).
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from sandbox.amazon.calls import Call, Refusal, bad_input, not_found
from sandbox.world import World

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS amazon_destination (
        id TEXT PRIMARY KEY, client_id TEXT NOT NULL, name TEXT NOT NULL, resource TEXT NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS amazon_subscription (
        id TEXT PRIMARY KEY, client_id TEXT NOT NULL, seller_id TEXT NOT NULL, type TEXT NOT NULL, version TEXT NOT NULL,
        destination_id TEXT NOT NULL, directive TEXT NOT NULL, UNIQUE (client_id, seller_id, type, version)
    )""",
)
# Types that go to SQS -> versions of their payload.
TYPES = {
    "ORDER_CHANGE": ("1.0",),
    "REPORT_PROCESSING_FINISHED": ("2020-09-04",),
    "FEED_PROCESSING_FINISHED": ("2020-09-04",),
    "TRANSACTION_UPDATE": ("1.0",),
    "FBA_INVENTORY_AVAILABILITY_CHANGES": ("1.0",),
}
Json = dict[str, Any]


def prepare(world: World) -> None:
    with world.db() as conn:
        for statement in SCHEMA:
            conn.execute(statement)


def forget(world: World) -> None:
    with world.db() as conn:
        conn.execute("DELETE FROM amazon_destination")
        conn.execute("DELETE FROM amazon_subscription")


# ------------------------------------------------------------------ destinations


def create_destination(call: Call) -> Json:
    """`createDestination`: an SQS queue by its ARN. The same ARN twice is a conflict."""
    body = _body(call)
    arn = ((body.get("resourceSpecification") or {}).get("sqs") or {}).get("arn")
    if not body.get("name") or not isinstance(arn, str) or not arn.startswith("arn:aws:sqs:"):
        raise bad_input("a name and resourceSpecification.sqs.arn are needed")
    resource = {"sqs": {"arn": arn}}
    if any(json.loads(row["resource"]) == resource for row in _destinations(call)):
        raise _conflict("a destination for this resource exists already")
    row = (str(uuid.uuid4()), call.caller.client_id, str(body["name"]), json.dumps(resource))
    with call.world.db() as conn:
        conn.execute("INSERT INTO amazon_destination VALUES (?, ?, ?, ?)", row)
    return {"payload": {"destinationId": row[0], "name": row[2], "resource": resource}}


def get_destinations(call: Call) -> Json:
    return {"payload": [_destination(row) for row in _destinations(call)]}


def get_destination(call: Call) -> Json:
    return {"payload": _destination(_one_destination(call, call.path["destinationId"]))}


def delete_destination(call: Call) -> Json:
    row = _one_destination(call, call.path["destinationId"])
    with call.world.db() as conn:
        conn.execute("DELETE FROM amazon_destination WHERE id = ?", (row["id"],))
    return {}


def _destinations(call: Call) -> list[Any]:
    with call.world.db() as conn:
        return conn.execute("SELECT * FROM amazon_destination WHERE client_id = ?", (call.caller.client_id,)).fetchall()


def _one_destination(call: Call, wanted: str) -> Any:
    for row in _destinations(call):
        if row["id"] == wanted:
            return row
    raise not_found(f"destination {wanted}")


def _destination(row: Any) -> Json:
    return {"destinationId": row["id"], "name": row["name"], "resource": json.loads(row["resource"])}


# ------------------------------------------------------------------ subscriptions


def create_subscription(call: Call) -> Json:
    """`createSubscription`: 409 when there is one already."""
    kind, body = _kind(call), _body(call)
    version, destination = str(body.get("payloadVersion") or ""), str(body.get("destinationId") or "")
    if version not in TYPES[kind]:
        raise bad_input(f"{kind} has no payload version {version!r}")
    _one_destination(call, destination)
    if _own(call, kind):
        raise _conflict(f"a subscription to {kind} exists already")
    row = (str(uuid.uuid4()), call.caller.client_id, call.seller.id, kind, version, destination,
           json.dumps(body.get("processingDirective")))  # fmt: skip
    with call.world.db() as conn:
        conn.execute("INSERT INTO amazon_subscription VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    return {"payload": _subscription(_own(call, kind)[0])}


def get_subscription(call: Call) -> Json:
    """`getSubscription`: the seller's own of a type."""
    found = _own(call, _kind(call))
    if not found:
        raise not_found(f"no subscription to {call.path['notificationType']}")
    return {"payload": _subscription(found[0])}


def get_subscription_by_id(call: Call) -> Json:
    return {"payload": _subscription(_by_id(call))}


def delete_subscription(call: Call) -> Json:
    row = _by_id(call)
    with call.world.db() as conn:
        conn.execute("DELETE FROM amazon_subscription WHERE id = ?", (row["id"],))
    return {}


def subscribers(world: World, seller_id: str, kind: str) -> list[tuple[Json, str]]:
    """(subscription, ARN of its queue) of everybody who follows this type for this seller."""
    with world.db() as conn:
        rows = conn.execute(
            "SELECT s.*, d.resource FROM amazon_subscription s JOIN amazon_destination d ON d.id = s.destination_id"
            " WHERE seller_id = ? AND type = ?",
            (seller_id, kind),
        ).fetchall()
    return [({**_subscription(row), "clientId": row["client_id"]}, json.loads(row["resource"])["sqs"]["arn"]) for row in rows]


def _kind(call: Call) -> str:
    kind = call.path["notificationType"]
    if kind not in TYPES:
        raise bad_input(f"{kind} cannot be sent to a queue")
    return kind


def _own(call: Call, kind: str) -> list[Any]:
    key = (call.caller.client_id, call.seller.id, kind)
    with call.world.db() as conn:
        return conn.execute(
            "SELECT * FROM amazon_subscription WHERE client_id = ? AND seller_id = ? AND type = ?", key
        ).fetchall()  # fmt: skip


def _by_id(call: Call) -> Any:
    key = (call.path["subscriptionId"], call.path["notificationType"], call.caller.client_id)
    with call.world.db() as conn:
        row = conn.execute("SELECT * FROM amazon_subscription WHERE id = ? AND type = ? AND client_id = ?", key).fetchone()
    if row is None:
        raise not_found(f"subscription {key[0]}")
    return row


def _subscription(row: Any) -> Json:
    told: Json = {"subscriptionId": row["id"], "payloadVersion": row["version"], "destinationId": row["destination_id"]}
    directive = json.loads(row["directive"])
    return {**told, **({"processingDirective": directive} if directive else {})}


def _body(call: Call) -> Json:
    try:
        return dict(json.loads(call.request.get_data()))
    except (ValueError, TypeError):
        raise bad_input("the body is no JSON object") from None


def _conflict(details: str) -> Refusal:
    return Refusal(409, "Conflict", "The resource specified conflicts with the current state.", details)
