"""Amazon's news. Amazon calls no address of ours: it puts notifications into a queue.

`notices` reads such a message wherever it was taken from; `verify` refuses every HTTP delivery, since
none can come from Amazon. Older types are written in PascalCase, report types in camelCase.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from connections import jsontext
from connections.contracts import Endpoints, Notice, ProviderInfo

from . import mapper

# Type -> where its payload nests what it tells
_KNOWN = {
    "REPORT_PROCESSING_FINISHED": "reportprocessingfinishednotification",
    "TRANSACTION_UPDATE": "transactionupdatenotification",
}


class AmazonReceiver:
    """The Receiver of Amazon."""

    def __init__(self, info: ProviderInfo) -> None:
        self.info = info

    def verify(self, endpoints: Endpoints, headers: Mapping[str, str], body: bytes) -> bool:
        return False

    def notices(self, body: bytes) -> list[Notice]:
        """The one notice of a message; none when it is of a type we do not follow or cannot be read."""
        try:
            message = _folded(jsontext.loads(body))
        except ValueError:
            return []
        kind = str(message.get("notificationtype") or "")
        if kind not in _KNOWN:
            return []
        detail = _folded(_folded(message.get("payload")).get(_KNOWN[kind]))
        event_id = _folded(message.get("notificationmetadata")).get("notificationid") or hashlib.sha256(body).hexdigest()[:36]
        return [Notice(str(event_id), _seller(detail), kind.lower(), _object(detail), _outcome(detail), _moment(message))]


def _seller(detail: Mapping[str, Any]) -> str:
    """The selling partner; reports name them directly, transactions in their metadata."""
    return str(detail.get("sellerid") or _folded(detail.get("sellingpartnermetadata")).get("sellingpartnerid") or "")


def _object(detail: Mapping[str, Any]) -> str:
    """The report, or what the transaction relates to (an order, mostly)."""
    related = detail.get("relatedidentifiers")
    first = _folded(related[0]) if isinstance(related, list) and related else {}
    return str(detail.get("reportid") or first.get("relatedidentifiervalue") or "")


def _outcome(detail: Mapping[str, Any]) -> str:
    return str(detail.get("processingstatus") or "updated").lower()


def _moment(message: Mapping[str, Any]) -> Any:
    try:
        return mapper.moment(message.get("eventtime"))
    except mapper.Unreadable:
        return None


def _folded(value: Any) -> dict[str, Any]:
    """An object with its keys in lower case: the two spellings of the envelope become one."""
    return {str(key).lower(): item for key, item in value.items()} if isinstance(value, Mapping) else {}
