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

# Type -> (where the payload nests what we need, the property that names the object)
_KNOWN = {
    "REPORT_PROCESSING_FINISHED": ("reportProcessingFinishedNotification", "reportId"),
    "TRANSACTION_UPDATE": ("transactionUpdateNotification", "transactionId"),
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
        nest, name = _KNOWN[kind]
        payload = _folded(message.get("payload"))
        detail = _folded(payload.get(nest.lower())) or payload
        meta = _folded(message.get("notificationmetadata"))
        seller = str(detail.get("sellerid") or detail.get("accountid") or payload.get("sellerid") or "")
        event_id = str(meta.get("notificationid") or hashlib.sha256(body).hexdigest()[:36])
        return [Notice(event_id, seller, kind.lower(), str(detail.get(name.lower()) or ""), _outcome(detail), _moment(message))]


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
