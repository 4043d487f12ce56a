"""The embedded queue: messages as files in a folder, for machines without a broker (`folder://`).

Kombu's own file transport shows a message before it is written and moves it through the system's
temporary folder. Here every message and every routing table appears complete, by a rename within one
folder, and is claimed by exactly one reader, by another rename. A reader that is killed after its
claim loses the message; that is allowed, because a message is only a wake-up and the sweeper sends
it again.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import time
import uuid
from functools import cached_property
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem

from config import data_dir

log = logging.getLogger(__name__)
SUFFIX = ".msg"


class Channel(filesystem.Channel):
    """One consumer's or publisher's view of the folder."""

    @cached_property
    def messages(self) -> Path:
        return data_dir.private(Path(self.data_folder_in))

    def _put(self, queue: str, payload: dict[str, Any], **_kwargs: Any) -> None:  # type: ignore[override]
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex}.{queue}{SUFFIX}"
        draft = self.messages / f".{name}"
        draft.write_text(json.dumps(payload), "utf-8")
        draft.rename(self.messages / name)

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        """The oldest message of the queue that no other reader took first."""
        for name in self._names(queue):
            claimed = self.messages / f".{name}.taken"
            try:
                (self.messages / name).rename(claimed)
            except FileNotFoundError:
                continue
            text = claimed.read_text("utf-8", "replace")
            claimed.unlink()
            try:
                return json.loads(text)
            except ValueError:
                log.warning("a message that is no JSON was dropped", extra={"file": name})
        raise Empty

    def _size(self, queue: str) -> int:
        return len(self._names(queue))

    def _purge(self, queue: str) -> int:
        names = self._names(queue)
        for name in names:
            (self.messages / name).unlink(missing_ok=True)
        return len(names)

    def _names(self, queue: str) -> list[str]:
        """File names of the queue's messages, oldest first; drafts and claims begin with a dot."""
        wanted = f"{queue}{SUFFIX}"
        return sorted(name for name in os.listdir(self.messages) if name[0] != "." and name.partition(".")[2] == wanted)

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str | None, queue: str) -> None:
        """Remember which queue an exchange feeds, so that other processes find it."""
        file = self._exchange_file(exchange)  # type: ignore[attr-defined] # checks the name
        entry = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        if entry in self.get_table(exchange):
            return
        data_dir.private(file.parent)
        with open(file.with_name(".lock"), "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            table = self.get_table(exchange)
            if entry not in table:
                draft = file.with_name(f".{file.name}.{os.getpid()}")
                draft.write_text(json.dumps([entry, *table]), "utf-8")
                draft.rename(file)


class Transport(filesystem.Transport):
    """Named `folder://` by config.celery."""

    Channel = Channel
