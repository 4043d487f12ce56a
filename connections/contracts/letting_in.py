"""How we are let in, stay in, and leave; and the door to the network as a provider sees it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable

from .declaration import Endpoints, ProviderInfo


@dataclass(frozen=True, slots=True)
class TokenSet:
    """Tokens and every expiry the provider states (aware UTC, None where it states none)."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    access_expires: datetime | None = None
    refresh_expires: datetime | None = None
    hard_expires: datetime | None = None
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExternalAccount:
    """The company or seller account that consent opened: their id, a name for people, region and facts."""

    external_id: str
    name: str
    region: str = ""
    country: str = ""
    currency: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


class Door(Protocol):
    """The one door to the network as a provider sees it (connections/http.py implements it).

    Counts against budgets, honours breakers, logs the exchange, and raises `errors.Failure`
    for every answer that is not a success. In any run mode but live it refuses writes.
    `expects` says what a success looks like: "json", "xml", "bytes", or "" for JSON on signed calls and
    writes and anything but a page of HTML otherwise.
    """

    endpoints: Endpoints

    def call(
        self,
        operation: str,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | Sequence[tuple[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        data: Mapping[str, str] | None = None,
        content: bytes | None = None,
        writes: bool = False,
        signed: bool = True,
        expects: str = "",
    ) -> Answer:
        """One exchange."""
        ...

    def client(self, name: Callable[[str, str], tuple[str, bool]]) -> Any:
        """The same door as an httpx.Client, for vendors' libraries; `name(method, path)` gives (operation, writes)."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer: status, headers (lower-case names), raw body, and the provider's trace id."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    trace_id: str = ""
    api_call_id: int | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """What makes a request ours: headers to add, and the body where the credential stands inside of it.

    The body that is logged is the unsigned one, so that no credential reaches the call log.
    """

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes | None = field(default=None, repr=False)


@runtime_checkable
class RequestSigner(Protocol):
    """An Authoriser that signs each request by itself: method and address are part of it, or the body carries it."""

    def sign_request(self, endpoints: Endpoints, tokens: TokenSet, *, method: str, url: str, content: bytes) -> Signature: ...


@runtime_checkable
class OwnAddresses(Protocol):
    """An Authoriser whose accounts live at addresses of their own, typed in by a customer: a shop's base URL.

    An account's credentials go only below its own addresses. Whatever the settings do not name is called through
    the guard: https, public addresses, the one that was looked at (connections/guard.py).
    """

    def own_addresses(self, account: ExternalAccount) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Consent:
    """What one consent opened: `accounts` by itself, `before` what the same person had opened earlier and is open still.

    `provider_user` is whose the tokens are: all accounts of that person share them.
    """

    tokens: TokenSet
    accounts: tuple[ExternalAccount, ...]
    provider_user: str
    before: tuple[ExternalAccount, ...] = ()


@runtime_checkable
class OpensSeveral(Protocol):
    """An Authoriser one consent of which may open several accounts, under one chain of tokens for each person."""

    def consent(self, door: Door, *, callback: Mapping[str, str], redirect_uri: str, answers: Mapping[str, str]) -> Consent: ...

    def close(self, door: Door, account: ExternalAccount, tokens: TokenSet | None = None) -> bool:
        """Give up one account and leave the others open; with `tokens` where the door signs with none. True when nothing
        of this person is open any more."""
        ...


@runtime_checkable
class PolledDoor(Door, Protocol):
    """The door of a provider that polls us (connections/polled.py implements it).

    What is asked becomes a row under `key`, the same for every retry of the same intent. Either that row has its
    answer, which is returned, or Failure QUEUED is raised and the same is asked again when the answer has come.
    """

    def ask(
        self,
        operation: str,
        content: bytes,
        *,
        key: str = "",
        subject: str = "",
        writes: bool = False,
        repeatable: bool = False,
        iterates: bool = False,
        fresh: timedelta = timedelta(minutes=10),
    ) -> Answer:
        """One request in the provider's language, without its envelope.

        A read without a `key` goes by its content; its answer serves for `fresh`, but not beyond a write to the same
        `subject` (an object's id). `repeatable`: doing it twice does no harm, so that a lost one is simply asked again.
        `iterates`: the answer may come in portions, which are fetched within one visit.
        """
        ...

    def told(self, key: str) -> None:
        """A repeatable write was answered with a refusal that a person may mend: asked again, it goes out again."""
        ...


class Authoriser(Protocol):
    """How we are let in, stay in, and leave."""

    info: ProviderInfo

    def consent_url(self, endpoints: Endpoints, *, state: str, redirect_uri: str, answers: Mapping[str, str]) -> str: ...

    def exchange(
        self, door: Door, *, callback: Mapping[str, str], redirect_uri: str, answers: Mapping[str, str]
    ) -> tuple[TokenSet, ExternalAccount]: ...

    def adopt(self, door: Door, *, answers: Mapping[str, str]) -> tuple[TokenSet, ExternalAccount]:
        """Let in by a pasted token or password instead of a consent page."""
        ...

    def refresh(self, door: Door, tokens: TokenSet) -> TokenSet: ...

    def revoke(self, door: Door, tokens: TokenSet) -> None: ...

    def sign(self, tokens: TokenSet) -> Mapping[str, str]:
        """Headers that carry the credential on an API call."""
        ...

    def ping(self, door: Door, account: ExternalAccount) -> ExternalAccount:
        """One harmless read that proves the connection; returns the account as it now describes itself."""
        ...
