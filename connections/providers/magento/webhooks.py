"""News of an Adobe Commerce shop: its webhooks on a saved order or stock item, signed with the shop's own key.

Magento Open Source tells nobody anything. A delivery is a hint: the order is read again before anything is believed, and
the schedules find the same changes. Source: Adobe Commerce webhooks (signature verification: RSA-SHA256, base64).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from connections.contracts import ORDERS, Endpoints, Notice, ProviderInfo

from . import fields

HEADER = "x-adobe-commerce-webhook-signature"
_ORDER = "sales_order_save"


class MagentoReceiver:
    """The Receiver of Magento."""

    def __init__(self, info: ProviderInfo) -> None:
        self.info = info

    def verify(self, endpoints: Endpoints, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether the configured key signed exactly these bytes; never without a key."""
        pem, given = endpoints.extra.get("webhook_key", ""), headers.get(HEADER, "")
        if not pem or not given:
            return False
        try:
            key = load_pem_public_key(pem.replace("\\n", "\n").encode())
            signature = base64.b64decode(given, validate=True)
        except (ValueError, binascii.Error):
            return False
        if not isinstance(key, rsa.RSAPublicKey):
            return False
        try:
            key.verify(signature, body, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True

    def notices(self, body: bytes) -> list[Notice]:
        """The one notice of a delivery; none where it cannot be read or names no shop."""
        try:
            said = fields.loads(body)
        except ValueError:
            return []
        if not isinstance(said, Mapping) or not said.get("store"):
            return []
        kind, data = str(said.get("type") or ""), said.get("data")
        order = data.get("order") if isinstance(data, Mapping) else None
        event_id = str(said.get("id") or hashlib.sha256(body).hexdigest()[:36])
        if _ORDER in kind and isinstance(order, Mapping) and order.get("entity_id"):
            return [Notice(event_id, shop_name(said["store"]), ORDERS, str(order["entity_id"]), "saved")]
        return [Notice(event_id, shop_name(said["store"]), kind.removeprefix("observer.")[:40] or "unknown", "", "saved")]


def shop_name(given: Any) -> str:
    """The account's name: the shop's address without https."""
    return str(given).removeprefix("https://").rstrip("/")[:120]
