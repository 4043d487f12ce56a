"""The events that are offered, by the name receivers know them under.

An internal event not named here never leaves. Of its payload only the fields listed go along: our own ids,
our own states, codes of our own problems; never amounts, names, document numbers or ids of a ledger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from canonical.problems import N_
from tenants.models import Event

TEST = "webhook.test"


@dataclass(frozen=True, slots=True)
class Offered:
    """One type of event. `fields` of its payload that may leave; `object_type` is what `id` names."""

    type: str
    summary: str
    object_type: str
    fields: Sequence[str] = ()


def _sales(kind: str) -> list[Offered]:
    """An order and a refund go through the same states."""
    states = {
        "waiting": N_("It is not shipped, or not due to be posted yet."),
        "synced": N_("It is kept, and not posted one by one."),
        "ready": N_("It can be posted."),
        "held": N_("It waits for a person."),
        "posted": N_("Its document stands in the ledger."),
        "in_settlement": N_("A settlement booked its revenue first."),
        "nothing": N_("There is nothing to post."),
        "cancelled": N_("It was cancelled."),
    }
    return [Offered(f"{kind}.{state}", summary, kind, ("problem",)) for state, summary in states.items()]


_TABLE = (
    Offered("connection.connected", N_("An account was connected."), "connection", ("provider", "environment")),
    Offered("connection.reconnected", N_("A connection was renewed."), "connection", ("provider", "environment")),
    Offered(
        "connection.needs_reconnect", N_("A provider refuses us until a person reconnects."), "connection", ("provider", "reason")
    ),
    Offered("connection.paused", N_("A connection was paused."), "connection"),
    Offered("connection.resumed", N_("A connection was resumed."), "connection"),
    Offered("connection.disconnected", N_("An account was disconnected."), "connection", ("provider",)),
    Offered("integration.created", N_("A source was paired with a ledger."), "integration"),
    Offered("integration.activated", N_("An integration was switched on."), "integration"),
    Offered("integration.paused", N_("An integration was paused."), "integration"),
    Offered("settlement.imported", N_("A settlement's file was read."), "settlement", ("revision",)),
    Offered("settlement.needs_mapping", N_("Some rows of a settlement have no account yet."), "settlement"),
    Offered("settlement.needs_review", N_("A settlement must be looked at before it can be posted."), "settlement"),
    Offered("settlement.ready", N_("A settlement ties and can be posted."), "settlement"),
    Offered("settlement.nothing_to_post", N_("A settlement's file has no rows."), "settlement"),
    Offered("settlement.excluded", N_("A person left a settlement out of the books."), "settlement"),
    Offered("settlement.posted", N_("All documents of a settlement stand in the ledger."), "settlement"),
    Offered("settlement.partially_posted", N_("Some documents of a settlement stand in the ledger, some do not."), "settlement"),
    Offered("settlement.failed", N_("The ledger refused a settlement's document."), "settlement"),
    Offered("settlement.undone", N_("A settlement's posting was undone."), "settlement"),
    Offered("settlement.changed", N_("What would be posted today is not what was posted."), "settlement"),
    Offered("document.posted", N_("A document stands in the ledger."), "document"),
    Offered("document.amended", N_("A document in the ledger was updated."), "document"),
    Offered("document.not_amended", N_("A change of a document could not be sent to the ledger."), "document", ("problem",)),
    Offered("document.held", N_("A document was refused or held."), "document", ("problem",)),
    Offered("document.unknown", N_("Nobody knows yet whether a document arrived."), "document"),
    Offered("document.undone", N_("A document was taken out of the ledger."), "document"),
    Offered("document.differs", N_("A document in the ledger is not what was posted."), "document", ("problem",)),
    Offered("document.amended", N_("A document in the ledger was changed to follow its source."), "document"),
    Offered("document.not_amended", N_("A document in the ledger could not follow its source."), "document", ("problem",)),
    *_sales("order"),
    *_sales("refund"),
    Offered("case.opened", N_("The errors inbox has a new case."), "case", ("problem", "records")),
    Offered("case.resolved", N_("A case of the errors inbox is closed."), "case", ("outcome",)),
    Offered("run.queued", N_("A run was asked for."), "run", ("stream", "trigger")),
    Offered("run.finished", N_("A run is over."), "run", ("state",)),
    Offered("run.failed", N_("A run could not be carried out."), "run", ("problem",)),
    Offered("record.held", N_("A record waits for a person."), "held_record", ("problem",)),
    Offered("mapping.published", N_("A mapping version is in use."), "mapping_set", ("version",)),
    Offered(TEST, N_("Sent when you press the test button."), "webhook_endpoint"),
)

OFFERED: dict[str, Offered] = {one.type: one for one in _TABLE}
# What may be subscribed to; a test event goes to the endpoint it was asked for, whatever it wants.
TYPES = tuple(type_ for type_ in OFFERED if type_ != TEST)


def payload(event: Event) -> dict[str, Any]:
    """What a receiver is told: type, moment, and the thin data. The same bytes at every try."""
    offered = OFFERED[event.type]
    said: Mapping[str, Any] = event.payload
    data = {"object": offered.object_type, "id": event.subject_id}
    data |= {name: said[name] for name in offered.fields if isinstance(said.get(name), (str, int))}
    moment = event.created_at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return {"type": event.type, "timestamp": moment, "data": data}
