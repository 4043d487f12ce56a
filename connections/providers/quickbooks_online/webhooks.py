"""QuickBooks' calls to us: signed lists of what changed.

A delivery is a hint: what it names is read before anything is believed. Since 2026 it is an array of
CloudEvents, which may mix companies; the older shape is still understood.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from connections import jsontext
from connections.contracts import Endpoints, Notice, ProviderInfo

SIGNATURE = "intuit-signature"
# One maintainer reads `void` on the subscription page, other code expects `voided`: both mean the same.
_OPERATIONS = {
    "create": "created",
    "update": "updated",
    "delete": "deleted",
    "merge": "merged",
    "void": "voided",
    "email": "emailed",
}


class IntuitReceiver:
    """The Receiver of QuickBooks Online."""

    def __init__(self, info: ProviderInfo) -> None:
        self.info = info

    def verify(self, endpoints: Endpoints, headers: Mapping[str, str], body: bytes) -> bool:
        """HMAC-SHA256 of the raw body under the verifier token, in base64; header names are lower case."""
        key = endpoints.extra.get("webhook_key", "")
        given = headers.get(SIGNATURE, "")
        if not key or not given:
            return False
        expected = base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()
        return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))

    def notices(self, body: bytes) -> list[Notice]:
        """What a delivery tells of, one notice per object; what cannot be understood is left out."""
        try:
            delivery = jsontext.loads(body)
        except ValueError:
            return []
        if isinstance(delivery, list):
            return [notice for event in delivery if (notice := _cloud_event(event))]
        return list(_legacy(delivery))


def _cloud_event(event: Any) -> Notice | None:
    if not isinstance(event, Mapping):
        return None
    words = str(event.get("type") or "").split(".")
    if len(words) < 3 or words[0] != "qbo":
        return None
    account, external_id = event.get("intuitaccountid"), event.get("intuitentityid")
    if not account or not external_id:
        return None
    return Notice(
        event_id=str(event.get("id") or ""),
        external_account=str(account),
        kind=words[1],
        external_id=str(external_id),
        operation=_operation(words[2]),
        at=_moment(event.get("time")),
    )


def _legacy(delivery: Any) -> Iterator[Notice]:
    """`eventNotifications`: one company each; it has no ids of its own, so one is made of what it says."""
    for notification in _list(delivery, "eventNotifications"):
        realm = str(notification.get("realmId") or "")
        change = notification.get("dataChangeEvent")
        for entity in _list(change, "entities"):
            kind, external_id = str(entity.get("name") or "").lower(), str(entity.get("id") or "")
            if not (realm and kind and external_id):
                continue
            operation, at = _operation(str(entity.get("operation") or "").lower()), entity.get("lastUpdated")
            event_id = hashlib.sha256(f"{realm}|{kind}|{external_id}|{operation}|{at}".encode()).hexdigest()[:36]
            yield Notice(event_id, realm, kind, external_id, operation, _moment(at))


def _operation(word: str) -> str:
    return _OPERATIONS.get(word, word)


def _list(body: Any, name: str) -> list[Mapping[str, Any]]:
    found = body.get(name) if isinstance(body, Mapping) else None
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


def _moment(value: Any) -> datetime | None:
    """An aware moment; nanoseconds are cut to what Python keeps. None where it is not one."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
