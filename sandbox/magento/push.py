"""News to a subscriber, from shops of Adobe Commerce: webhooks on `observer.sales_order_save_after`.

The merchant enters a URL; the body is signed with the shop's key (RSA-SHA256, base64) in
`x-adobe-commerce-webhook-signature`, and the public key is shown in the admin pages for copying (ledgers.md 5).
Deliveries go out in the background, one at a time, and are tried again a few times; the rest waits for
`POST /world/magento/deliver`. Open Source shops tell nobody anything.
"""

from __future__ import annotations

import sqlite3
import threading
import time
import urllib.error
import urllib.request
import uuid
from typing import Any, Final

from sandbox.jsontext import dump
from sandbox.magento import signing
from sandbox.magento.installation import Body, Installation
from sandbox.magento.money import plain
from sandbox.magento.shops import OPEN_SOURCE, SHOPS, Shop
from sandbox.world import World

SETTING: Final = "magento.webhook"
SIGNATURE: Final = "x-adobe-commerce-webhook-signature"
ORDER_SAVED: Final = "observer.sales_order_save_after"
STOCK_SAVED: Final = "observer.cataloginventory_stock_item_save_after"
_WAITS: Final = (1.0, 3.0)
_TIMEOUT: Final = 3
_TOLD: Final = ("entity_id", "increment_id", "state", "status", "store_id", "created_at", "updated_at", "order_currency_code",
                "base_currency_code", "grand_total", "base_grand_total", "total_paid", "total_refunded", "total_due")  # fmt: skip


class Push:
    def __init__(self, world: World) -> None:
        self._world = world
        self._lock, self._sending = threading.Lock(), threading.Lock()
        self._running = False

    def urls(self) -> dict[str, str]:
        return dict(self._world.store.get(SETTING, {}))

    def subscribe(self, shop: Shop, url: str) -> dict[str, Any]:
        """Tell a URL from now on, or nobody with an empty one. ValueError: an edition without webhooks."""
        if shop.edition == OPEN_SOURCE:
            raise ValueError(f"{shop.code} is Magento Open Source, which has no webhooks")
        self._world.store.put(SETTING, {**self.urls(), shop.code: url})
        return {"url": url, "header": SIGNATURE, "public_key": signing.public_key()}

    def note(self, found: Installation) -> None:
        """Keep what was just saved for telling; in the transaction that saved it."""
        if found.shop.edition == OPEN_SOURCE or not self.urls().get(found.shop.code):
            return
        for order in {one["entity_id"]: one for one in found.changed}.values():
            self._keep(found, ORDER_SAVED, {"order": {name: order[name] for name in _TOLD if name in order}})
        for held in {one["key"]: one for one in found.moved}.values():
            shown = {name: held[name] for name in ("sku", "source_code", "quantity", "status")}
            self._keep(found, STOCK_SAVED, {"stock_item": shown})

    def _keep(self, found: Installation, kind: str, data: Body) -> None:
        number = str(uuid.uuid4())
        body = dump(plain({"id": number, "type": kind, "store": found.shop.code, "time": found.stamp, "data": data}))
        found.conn.execute("INSERT INTO magento_event (uid, shop, type, at, body) VALUES (?, ?, ?, ?, ?)",
                           (number, found.shop.code, kind, found.stamp, body))  # fmt: skip

    def wake(self) -> None:
        """Start delivering, if there is where to and nobody does it already."""
        if not any(self.urls().values()):
            return
        with self._lock:
            if not self._running:
                self._running = True
                threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        """Deliver until nothing waits or the tries are used up. A world closed meanwhile has nothing left to tell."""
        waits = list(_WAITS)
        try:
            while not self._done(self.deliver()["failed"], waits):
                pass
        except sqlite3.ProgrammingError:
            return

    def _done(self, failed: int, waits: list[float]) -> bool:
        if failed and waits:
            time.sleep(waits.pop(0))
            return False
        with self._lock:
            self._running = bool(not failed and self._waiting())
            return not self._running

    def _waiting(self) -> list[sqlite3.Row]:
        with self._world.db() as conn:
            return conn.execute("SELECT * FROM magento_event WHERE delivered IS NULL ORDER BY id LIMIT 50").fetchall()

    def deliver(self) -> dict[str, int]:
        """Send what waits, oldest first; stop at the first refusal. {"sent", "failed"} count events."""
        sent = 0
        with self._sending:
            while events := self._waiting():
                for event in events:
                    if not self._send(event):
                        return {"sent": sent, "failed": 1}
                    sent += 1
        return {"sent": sent, "failed": 0}

    def _send(self, event: sqlite3.Row) -> bool:
        """True when it was taken, or nobody is subscribed any more."""
        url = self.urls().get(event["shop"], "")
        taken = post(url, event["body"].encode()) if url else True
        with self._world.db() as conn:
            conn.execute("UPDATE magento_event SET delivered = ?, attempts = attempts + 1 WHERE id = ?",
                         (self._world.now().isoformat() if taken else None, event["id"]))  # fmt: skip
        return taken

    def forget(self) -> None:
        self._world.store.put(SETTING, {})


def post(url: str, body: bytes) -> bool:
    headers = {"Content-Type": "application/json", SIGNATURE: signing.sign(body)}
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - an address the tester set
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310
            return bool(200 <= answer.status < 300)
    except (urllib.error.URLError, OSError):
        return False


def editions() -> list[str]:
    """Shops that can push."""
    return [shop.code for shop in SHOPS.values() if shop.edition != OPEN_SOURCE]
