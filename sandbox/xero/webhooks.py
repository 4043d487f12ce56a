"""News to the app: CONTACT, INVOICE and CREDITNOTE events, signed; and the intent to receive (ledgers.md 2.4).

`POST /world/xero/webhook` {"url", "key", "waits": [seconds between tries], "repeat": how often each delivery comes,
"drop": part of the events that never arrives}. Before any news a receiver proves itself: it answers some deliveries
200 and those that are wrongly signed 401. One that refuses news for a day is disabled.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import sqlite3
import threading
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.world import World

SETTING: Final = "xero.webhook"
KEY: Final = "sandbox-xero-webhook-key"
OK, FAILED, DISABLED = "ok", "failed", "disabled"
_DEFAULTS: Final[dict[str, Any]] = {"url": "", "key": KEY, "waits": [1.0, 3.0, 10.0], "repeat": 1, "drop": 0, "status": ""}
_INTENTS: Final = (True, False, True, False)
_PAGE: Final = 50
_TIMEOUT: Final = 5
_GIVES_UP: Final = timedelta(hours=24)
_RESOURCES: Final = {"CONTACT": "Contacts", "INVOICE": "Invoices", "CREDITNOTE": "CreditNotes"}


def signature(body: bytes, key: str) -> str:
    """HMAC-SHA256 of the raw body under the webhook key, base64."""
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


class Webhooks:
    def __init__(self, world: World) -> None:
        self.world = world
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._running = False

    @property
    def config(self) -> dict[str, Any]:
        return {**_DEFAULTS, **self.world.store.get(SETTING, {})}

    def configure(self, params: dict[str, Any]) -> dict[str, Any]:
        """Set where news goes and prove the receiver. What happened before is not sent."""
        chosen = {name: params[name] for name in _DEFAULTS if name in params and name != "status"}
        self.world.store.put(SETTING, chosen)
        with self.world.db() as conn:
            conn.execute("UPDATE xero_event SET delivered = 'before' WHERE delivered IS NULL")
        answers = [self._intent(good) for good in _INTENTS] if chosen.get("url") else []
        wanted = [200 if good else 401 for good in _INTENTS]
        self._status(OK if answers == wanted else FAILED if answers else "")
        return {**self.config, "answers": answers}

    def _status(self, status: str) -> None:
        self.world.store.put(SETTING, {**self.world.store.get(SETTING, {}), "status": status})

    def _intent(self, good: bool) -> int:
        """One delivery without events; a bad one is signed with another key."""
        body = json.dumps(_payload([])).encode()
        config = self.config
        return _post(config["url"], body, signature(body, config["key"] if good else secrets.token_hex(8)))

    def wake(self) -> None:
        """Start delivering, if the receiver is proved and nobody does it already."""
        if self.config["status"] != OK:
            return
        with self._lock:
            if not self._running:
                self._running = True
                threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        """Deliver until nothing waits or the tries are used up. A world closed meanwhile has nothing left to tell."""
        waits = list(self.config["waits"])
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
        with self.world.db() as conn:
            return conn.execute("SELECT * FROM xero_event WHERE delivered IS NULL ORDER BY id LIMIT ?", (_PAGE,)).fetchall()

    def deliver(self) -> dict[str, int]:
        """Send what waits, oldest first, several organisations together; stop at the first refusal."""
        with self._sending:
            sent = 0
            while self.config["status"] == OK and (events := self._waiting()):
                arriving = [event for event in events if not _dropped(event["id"], float(self.config["drop"]))]
                self._mark([event for event in events if event not in arriving], "dropped")
                if arriving and not self._send(arriving):
                    self._give_up(arriving[0])
                    return {"sent": sent, "failed": len(arriving)}
                sent += len(arriving)
            return {"sent": sent, "failed": 0}

    def _give_up(self, oldest: sqlite3.Row) -> None:
        if self.world.now() - datetime.fromisoformat(oldest["at"]) >= _GIVES_UP:
            self._status(DISABLED)

    def _send(self, events: list[sqlite3.Row]) -> bool:
        config, body = self.config, json.dumps(_payload(events)).encode()
        sign = signature(body, config["key"])
        answers = [_post(config["url"], body, sign) for _ in range(int(config["repeat"]))]
        taken = all(status == 200 for status in answers)
        self._mark(events, self.world.now().isoformat() if taken else None)
        return taken

    def _mark(self, events: list[sqlite3.Row], delivered: str | None) -> None:
        with self.world.db() as conn:
            rows = [(delivered, event["id"]) for event in events]
            conn.executemany("UPDATE xero_event SET delivered = ?, attempts = attempts + 1 WHERE id = ?", rows)


def _dropped(event: int, part: float) -> bool:
    """Evenly that part of the events, the same ones every time."""
    return int(event * part) != int((event - 1) * part)


def _post(url: str, body: bytes, sign: str) -> int:
    """The receiver's status; 0 where there was no answer."""
    headers = {"Content-Type": "application/json", "x-xero-signature": sign}
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - an address the tester set
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return int(error.code)
    except (urllib.error.URLError, OSError):
        return 0


def _payload(events: list[sqlite3.Row]) -> dict[str, Any]:
    first, last = (events[0]["id"], events[-1]["id"]) if events else (0, 0)
    entropy = secrets.token_hex(10).upper()
    return {"events": [_event(e) for e in events], "firstEventSequence": first, "lastEventSequence": last, "entropy": entropy}


def _event(event: sqlite3.Row) -> dict[str, Any]:
    at = datetime.fromisoformat(event["at"]).replace(tzinfo=None).isoformat(timespec="milliseconds")
    told = {
        "resourceUrl": f"https://api.xero.com/api.xro/2.0/{_RESOURCES[event['category']]}/{event['object']}",
        "resourceId": event["object"], "eventDateUtc": at, "eventType": event["type"], "eventCategory": event["category"],
        "tenantId": event["tenant"], "tenantType": "ORGANISATION",
    }  # fmt: skip
    data = json.loads(event["data"])
    return {**told, "data": data} if data else told
