"""What a provider says of itself: its declaration, and where it is reached in each environment. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum


class Environment(StrEnum):
    """Where an account lives: our own simulator, the vendor's sandbox, or real money."""

    TWIN = "twin"
    VENDOR_SANDBOX = "vendor_sandbox"
    PRODUCTION = "production"


class ProviderRole(StrEnum):
    SOURCE = "source"
    LEDGER = "ledger"


class Entrance(StrEnum):
    """How a customer lets us in."""

    OAUTH_CODE = "oauth_code"
    PASTED_TOKEN = "pasted_token"  # noqa: S105 - a way in, not a secret
    CREDENTIALS = "credentials"  # what the account itself gives out: user name and password, keys of an integration
    POLLED = "polled"  # the other way round: we issue a password, and their program comes to us with it


@dataclass(frozen=True, slots=True)
class FormField:
    """One question of the generated connect form. `secret` values go to the vault and are never shown again."""

    name: str
    label: str
    help: str = ""
    required: bool = True
    secret: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    entrances: tuple[Entrance, ...] = (Entrance.OAUTH_CODE,)


@dataclass(frozen=True, slots=True)
class Budget:
    """A documented rate limit: `rate` calls a second up to `burst` at once, per `scope`.

    `operation` "*" covers every operation of the provider that has no budget of its own. A budget `besides` that
    one counts in addition to it: both must have room, and being throttled blocks both. `word` is what a refusal calls
    it (ProviderInfo.limit_header): then this one alone is blocked. `left_header` names the answer header that tells how
    many calls are left of it; we never believe to have more.
    """

    operation: str
    rate: float
    burst: int
    scope: str = "account"  # or "application"
    besides: bool = False
    word: str = ""
    left_header: str = ""


@dataclass(frozen=True, slots=True)
class Meter:
    """An allowance of calls for a calendar month (UTC), after which a provider refuses them until the next one.

    Counted are calls of these `methods`, and of these `operations` whatever their method. `share` names the
    setting (Endpoints.extra) by which an operator gives each account a part of what the application may use.
    """

    name: str
    limit: int
    methods: tuple[str, ...] = ("GET",)
    operations: tuple[str, ...] = ()
    share: str = ""


@dataclass(frozen=True, slots=True)
class ProviderInfo:
    """The declaration of a provider: everything pages, forms and limits need, as data."""

    key: str
    name: str
    summary: str
    roles: tuple[ProviderRole, ...]
    entrances: tuple[Entrance, ...]
    fields: tuple[FormField, ...] = ()
    scopes: tuple[tuple[str, str], ...] = ()  # (scope, what it allows in words)
    regions: tuple[tuple[str, str], ...] = ()
    account_word: str = "account"  # what they call the thing we connect: "company", "seller account"
    budgets: tuple[Budget, ...] = ()
    meter: Meter | None = None
    throttle_floor: timedelta = timedelta(seconds=1)  # the least wait after a 429, whatever the header says
    statuses_of_refusal: tuple[int, ...] = (401, 403)
    trace_header: str = ""  # the answer header their support desk asks for
    rate_header: str = ""  # an answer header that tells the applied rate, in calls a second
    limit_header: str = ""  # an answer header of a 429 that says which budget was overdrawn, by its `word`
    in_flight: int = 0  # how many calls may be under way for one account at once; 0: as many as there are workers
    account_header: str = ""  # a request header that names the account: it must be the connection's own, or nothing is sent
    polls_us: bool = False  # nobody there can be called: what is asked waits until their program comes to fetch it
    refuses_in_success: bool = False  # a refusal may come as a success (HTTP 200): the judge reads those answers too
    notes: tuple[str, ...] = ()  # what people should know before they connect: limits, what no live account has shown yet


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a provider's addresses.py says of one environment, before the installation's own settings.

    `client_id` "" leaves the environment out until the installation names one; a provider whose accounts bring
    their own credentials, and knows no application of ours, says OWN_CREDENTIALS. `consent_origins` are
    origins besides those of `urls` that a consent page may lead the browser through.
    """

    urls: Mapping[str, str]
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    extra: Mapping[str, str] = field(default_factory=dict)
    consent_origins: tuple[str, ...] = ()


OWN_CREDENTIALS = "own-credentials"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Base URLs and client of a provider in one environment; all are settings, so that a proxy can stand between."""

    environment: Environment
    urls: Mapping[str, str]
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    extra: Mapping[str, str] = field(default_factory=dict)
