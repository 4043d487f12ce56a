"""Running updates: one at a time per application, by hand or again and again in the background."""

from __future__ import annotations

import sqlite3
import threading
from collections import defaultdict
from datetime import datetime
from typing import Any, Final

from sandbox.quickbooks_desktop import applications
from sandbox.quickbooks_desktop.applications import Installed
from sandbox.quickbooks_desktop.connector import Update
from sandbox.world import World

LEAST_SECONDS: Final = 0.05


class Poller:
    """Threads die with the process; `stop` ends them before."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.seconds: float | None = None
        self._locks: dict[int, threading.Lock] = defaultdict(threading.Lock)
        self._halt = threading.Event()

    def poll(self, number: int) -> dict[str, Any]:
        """Run one update now, as the button does, whatever the pace says. KeyError: no such application."""
        with self.world.db() as conn:
            of = applications.get(conn, number)
        with self._locks[number]:
            return Update(self.world, of).run()

    def start(self, seconds: float, files: set[str] | None = None) -> None:
        """Poll every application (of `files`) in a thread of its own, `seconds` apart, as its service allows."""
        self.stop()
        self.seconds = max(seconds, LEAST_SECONDS)
        self._halt = threading.Event()
        threading.Thread(target=self._watch, args=(self._halt, files), daemon=True).start()

    def stop(self) -> None:
        self._halt.set()
        self.seconds = None

    def _watch(self, halt: threading.Event, files: set[str] | None) -> None:
        """Start a thread for each application as it is installed."""
        known: set[int] = set()
        while not halt.is_set():
            for of in self._installed():
                if of.id not in known and (files is None or of.file in files):
                    known.add(of.id)
                    threading.Thread(target=self._repeat, args=(halt, of.id), daemon=True).start()
            halt.wait(self.seconds or LEAST_SECONDS)

    def _repeat(self, halt: threading.Event, number: int) -> None:
        while not halt.is_set():
            of = next((one for one in self._installed() if one.id == number), None)
            if of is None:
                return
            if _may_run(of, self.world.now()) and self._locks[number].acquire(blocking=False):
                try:
                    Update(self.world, of).run()
                except sqlite3.ProgrammingError:
                    return  # the store was closed under it: the sandbox ends
                finally:
                    self._locks[number].release()
            halt.wait(self.seconds or LEAST_SECONDS)

    def _installed(self) -> list[Installed]:
        try:
            with self.world.db() as conn:
                return applications.of_file(conn)
        except sqlite3.ProgrammingError:
            self._halt.set()
            return []


def _may_run(of: Installed, now: datetime) -> bool:
    """Whether the service's own pace (postponement, least time between updates) lets it run again."""
    later = of.state.get("not_before")
    last, pause = of.state.get("last_run"), of.state.get("least_seconds", 0)
    if later and now < datetime.fromisoformat(later):
        return False
    return not last or (now - datetime.fromisoformat(last)).total_seconds() >= pause
