"""News to the app: what changed in a company, signed, as CloudEvents or in the older form (ledgers.md 1.4).

Deliveries go out in the background, one at a time, and are tried again a few times; the rest waits for
`POST /world/quickbooks_online/deliver`. Configured by `POST /world/quickbooks_online/webhook`
{"url", "verifier", "format": "cloudevents"|"legacy", "waits": [seconds between tries]}; and what networks
do to news: {"drop": part of the events that never arrives, "repeat": how often each delivery comes,
"newest_first": bool}.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sqlite3
import threading
import time
import urllib.error
import urllib.request
from datetime import datetime
from typing import Any, Final

from sandbox.quickbooks_online.show import moment
from sandbox.world import World

SETTING: Final = "quickbooks_online.webhook"
VERIFIER: Final = "sandbox-webhook-verifier"
CLOUD, LEGACY = "cloudevents", "legacy"
_WAITS: Final = (1.0, 3.0, 10.0)
_DEFAULTS: Final[dict[str, Any]] = {
    "url": "", "verifier": VERIFIER, "format": CLOUD, "waits": list(_WAITS), "drop": 0, "repeat": 1, "newest_first": False,
}  # fmt: skip
_TIMEOUT: Final = 3
_PAGE: Final = 50
_VERBS: Final = {"Create": "created", "Update": "updated", "Delete": "deleted", "Void": "void"}


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
        """Set where news goes; what happened before is not sent."""
        if params.get("format", CLOUD) not in (CLOUD, LEGACY):
            raise ValueError(f"format is {CLOUD} or {LEGACY}")
        if not 0 <= float(params.get("drop", 0)) <= 1 or int(params.get("repeat", 1)) < 1:
            raise ValueError("drop is between 0 and 1, repeat at least 1")
        self.world.store.put(SETTING, {name: params[name] for name in _DEFAULTS if name in params})
        with self.world.db() as conn:
            conn.execute("UPDATE qbo_event SET delivered = 'before' WHERE delivered IS NULL")
        return self.config

    def wake(self) -> None:
        """Start delivering, if there is where to and nobody does it already."""
        if not self.config["url"]:
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
            return conn.execute("SELECT * FROM qbo_event WHERE delivered IS NULL ORDER BY id LIMIT ?", (_PAGE,)).fetchall()

    def deliver(self) -> dict[str, int]:
        """Send what waits, oldest first; stop at the first refusal. {"sent", "failed"} count events."""
        with self._sending:
            return self._deliver()

    def _deliver(self) -> dict[str, int]:
        sent = 0
        config = self.config
        while events := self._waiting():
            arriving = [event for event in events if not _dropped(event["id"], float(config["drop"]))]
            self._mark([event for event in events if event not in arriving], "dropped")
            if config["newest_first"]:
                arriving.reverse()
            for group in _grouped(arriving, config["format"]):
                if not self._send_often(config, group):
                    return {"sent": sent, "failed": len(group)}
                sent += len(group)
        return {"sent": sent, "failed": 0}

    def _send_often(self, config: dict[str, Any], events: list[sqlite3.Row]) -> bool:
        """As often as is set, whether or not each is taken; True when all were."""
        taken = [self._send(config, events) for _ in range(int(config["repeat"]))]
        return all(taken)

    def _send(self, config: dict[str, Any], events: list[sqlite3.Row]) -> bool:
        body = json.dumps(cloud_events(events) if config["format"] == CLOUD else legacy(events)).encode()
        headers = {"Content-Type": "application/json", "intuit-signature": signature(body, config["verifier"])}
        request = urllib.request.Request(config["url"], body, headers, method="POST")  # noqa: S310 - an address the tester set
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310
                accepted = bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            accepted = False
        self._mark(events, self.world.now().isoformat() if accepted else None)
        return accepted

    def _mark(self, events: list[sqlite3.Row], delivered: str | None) -> None:
        with self.world.db() as conn:
            ids = [(delivered, event["id"]) for event in events]
            conn.executemany("UPDATE qbo_event SET delivered = ?, attempts = attempts + 1 WHERE id = ?", ids)


def _dropped(event: int, part: float) -> bool:
    """Evenly that part of the events, the same ones every time."""
    return int(event * part) != int((event - 1) * part)


def signature(body: bytes, verifier: str) -> str:
    """HMAC-SHA256 of the raw body under the verifier token, base64."""
    return base64.b64encode(hmac.new(verifier.encode(), body, hashlib.sha256).digest()).decode()


def _grouped(events: list[sqlite3.Row], form: str) -> list[list[sqlite3.Row]]:
    """An array of CloudEvents may mix companies; an older notification is about one."""
    if form == CLOUD:
        return [events] if events else []
    realms = dict.fromkeys(event["realm"] for event in events)
    return [[event for event in events if event["realm"] == realm] for realm in realms]


def cloud_events(events: list[sqlite3.Row]) -> list[dict[str, Any]]:
    return [
        {
            "specversion": "1.0", "id": event["uid"], "source": "intuit.dHdpbg==",
            "type": f"qbo.{event['kind'].lower()}.{_VERBS[event['operation']]}.v1", "datacontenttype": "application/json",
            "time": datetime.fromisoformat(event["at"]).isoformat(timespec="microseconds").replace("+00:00", "000Z"),
            "intuitentityid": event["object"], "intuitaccountid": event["realm"], "data": {},
        }
        for event in events
    ]  # fmt: skip


def legacy(events: list[sqlite3.Row]) -> dict[str, Any]:
    entities = [
        {
            "name": event["kind"], "id": event["object"], "operation": event["operation"],
            "lastUpdated": moment(datetime.fromisoformat(event["at"])),
        }
        for event in events
    ]  # fmt: skip
    return {"eventNotifications": [{"realmId": events[0]["realm"], "dataChangeEvent": {"entities": entities}}]}
