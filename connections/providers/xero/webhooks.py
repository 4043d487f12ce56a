"""Xero's calls to us: signed lists of what changed, for all organisations at one address.

A delivery is a hint: what it names is read before anything is believed. Before the first one Xero proves us: of
several empty deliveries the wrongly signed ones must be turned away with 401 ("intent to receive").
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from connections import jsontext
from connections.contracts import Endpoints, Notice, ProviderInfo

from . import fields

SIGNATURE = "x-xero-signature"
_OPERATIONS = {"CREATE": "created", "UPDATE": "updated"}


class XeroReceiver:
    """The Receiver of Xero."""

    def __init__(self, info: ProviderInfo) -> None:
        self.info = info

    def verify(self, endpoints: Endpoints, headers: Mapping[str, str], body: bytes) -> bool:
        """HMAC-SHA256 of the raw body under the webhook key, in base64; header names are lower case."""
        key = endpoints.extra.get("webhook_key", "")
        given = headers.get(SIGNATURE, "")
        if not key or not given:
            return False
        expected = base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()
        return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))

    def notices(self, body: bytes) -> list[Notice]:
        """What a delivery tells of, one notice per event; what cannot be understood is left out."""
        try:
            delivery = jsontext.loads(body)
        except ValueError:
            return []
        events = delivery.get("events") if isinstance(delivery, Mapping) else None
        return [notice for event in events if (notice := _notice(event))] if isinstance(events, list) else []


def _notice(event: Any) -> Notice | None:
    """Events have no id of their own, so one is made of what they say: the same event again is the same notice."""
    if not isinstance(event, Mapping):
        return None
    tenant, external_id = str(event.get("tenantId") or ""), str(event.get("resourceId") or "")
    kind, operation = str(event.get("eventCategory") or "").lower(), str(event.get("eventType") or "")
    if not (tenant and external_id and kind):
        return None
    said = f"{tenant}|{kind}|{external_id}|{operation}|{event.get('eventDateUtc')}"
    return Notice(
        event_id=hashlib.sha256(said.encode()).hexdigest()[:36],
        external_account=tenant,
        kind=kind,
        external_id=external_id,
        operation=_OPERATIONS.get(operation, operation.lower()),
        at=fields.moment(event.get("eventDateUtc")),
    )
