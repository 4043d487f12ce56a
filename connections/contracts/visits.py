"""Who comes to fetch: a program at the other end, its visits, and what goes out with them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from canonical.problems import Problem

from .declaration import ProviderInfo
from .letting_in import ExternalAccount


class ParcelKind(StrEnum):
    WRITES = "writes"
    READS = "reads"
    PORTION = "portion"  # the next part of a reading that comes in portions
    RECOVERY = "recovery"  # what became of a parcel whose answer was lost?


@dataclass(frozen=True, slots=True)
class Parcel:
    """What goes out in one exchange: requests by the ids of their rows, and the name that a lost answer is asked for by."""

    kind: ParcelKind
    name: str
    requests: Mapping[int, bytes]
    iterates: bool = False
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class Returned:
    """What came of a parcel: answers by row; those that may be tried again later, since nothing was done; and, when
    a lost parcel was asked for, whether it was never carried out (`nothing`) or nobody can say (`unknown`)."""

    answers: Mapping[int, bytes] = field(default_factory=dict)
    put_back: frozenset[int] = frozenset()
    cursor: str = ""
    nothing: bool = False
    unknown: bool = False


class Visit(Protocol):
    """One visit of their program, from login to farewell, as the provider's poller sees it."""

    @property
    def pinned(self) -> Mapping[str, str]:
        """What is known of the books at the other end, by which wrong ones are told."""
        ...

    def pin(self, facts: Mapping[str, str]) -> None:
        """The right books are open at the other end: keep what they are known by."""
        ...

    def refuse(self, problem: Problem) -> None:
        """The wrong books are open, or nothing can be done in this visit: nothing goes out, and people are told."""
        ...

    def parcel(self) -> Parcel | None:
        """What is to go out now; None when there is nothing, or the visit was refused."""
        ...

    def sent(self, parcel: Parcel, wire: bytes) -> None:
        """Says that it goes out, before it does."""
        ...

    def outstanding(self) -> Parcel | None:
        """What went out and has no answer yet."""
        ...

    def received(self, wire: bytes, returned: Returned) -> int:
        """Takes an answer. Returns how much of what waits is done, in percent; below 100 there is more to come."""
        ...

    def failed(self, problem: Problem, *, code: str = "", lost: bool = True) -> None:
        """No answer came. `lost`: what went out may have been carried out; else it certainly was not."""
        ...

    def lingers(self) -> bool:
        """Whether more work is likely to be there in a moment, so that it is worth to wait for it."""
        ...

    def last_words(self) -> str:
        """What to tell the person at the other end."""
        ...

    def end(self) -> None: ...


class Desk(Protocol):
    """Where they come to fetch (connections/polling.py implements it)."""

    def enter(self, *, user: str, password: str, client: str) -> str:
        """A ticket for one visit; "" when user or password is wrong."""
        ...

    def has_work(self, ticket: str) -> bool: ...

    def visit(self, ticket: str) -> AbstractContextManager[Visit | None]:
        """The visit of that ticket, inside its tenant; None when there is none, or it is over."""
        ...


@dataclass(frozen=True, slots=True)
class PollRequest:
    """What their program sent: header names in lower case, and the address it was sent to."""

    method: str
    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str]
    address: str


@dataclass(frozen=True, slots=True)
class PollReply:
    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class SetupFile:
    """A file that tells their program where to come to."""

    name: str
    content_type: str
    content: bytes


class Poller(Protocol):
    """Who comes to us: speaks their program's protocol, and says in which file the program learns of us."""

    info: ProviderInfo

    def serve(self, desk: Desk, request: PollRequest) -> PollReply: ...

    def user_name(self, account: ExternalAccount) -> str: ...

    def external_account(self, user_name: str) -> str:
        """Whose user name it is; "" for anything else."""
        ...

    def setup_file(self, account: ExternalAccount, *, address: str, support: str, installation: str) -> SetupFile: ...
