"""Who calls us, and whose queue we empty: hints that something changed, each followed by a read. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from .declaration import Endpoints, ProviderInfo
from .letting_in import Door, ExternalAccount


class NoticeQueue(Protocol):
    """A provider's queue of notices, which we empty instead of being called."""

    info: ProviderInfo

    def configured(self, endpoints: Endpoints) -> bool:
        """Whether this installation has a queue there; without one everything works by polling."""
        ...

    def subscribe(self, door: Door, account: ExternalAccount) -> Mapping[str, str]:
        """Have the provider send notices of this account to our queue; safe to call again. Returns the subscriptions' ids by type."""
        ...

    def receive(self, endpoints: Endpoints, *, at_most: int) -> list[QueuedNotice]:
        """Up to `at_most` messages, hidden from others for a while. They come again unless `acknowledge`d."""
        ...

    def acknowledge(self, endpoints: Endpoints, handles: Sequence[str]) -> None:
        """Called after the notices are stored, never before."""
        ...


@dataclass(frozen=True, slots=True)
class QueuedNotice:
    """A message as received: its notices (none when it is not understood), its raw body, and its handle."""

    notices: tuple[Notice, ...]
    body: bytes
    handle: str


class Receiver(Protocol):
    """Who calls us: verifies a signature and splits a delivery into notices."""

    info: ProviderInfo

    def verify(self, endpoints: Endpoints, headers: Mapping[str, str], body: bytes) -> bool: ...

    def notices(self, body: bytes) -> list[Notice]: ...


# Kinds of notices that lead to a look at a stream of that name; every other kind is kept and leads to nothing.
ORDERS, SETTLEMENTS = "orders", "settlements"


@dataclass(frozen=True, slots=True)
class Notice:
    """A hint that something changed over there; always followed by a read."""

    event_id: str
    external_account: str
    kind: str
    external_id: str
    operation: str
    at: datetime | None = None
