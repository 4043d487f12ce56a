"""Which providers there are: one line each, opened only when somebody asks.

A provider module declares `info` and `authoriser`, and whichever of `source`, `order_source`, `product_source`,
`writer`, `target`, `receiver`, `queue`, `poller`, `judge` and `browser` it has. Nothing else imports a provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Protocol

from django.conf import settings

from canonical.problems import Problem, Refused, declare
from connections.contracts import (
    Authoriser,
    Browser,
    Endpoints,
    Environment,
    NoticeQueue,
    OrderSource,
    Poller,
    ProductSource,
    ProviderInfo,
    Receiver,
    Source,
    SourceWriter,
    Target,
)
from connections.errors import Failure

PROVIDERS: dict[str, str] = {
    "amazon": "connections.providers.amazon.provider",
    "magento": "connections.providers.magento.provider",
    "quickbooks_online": "connections.providers.quickbooks_online.provider",
    "xero": "connections.providers.xero.provider",
    "quickbooks_desktop": "connections.providers.quickbooks_desktop.provider",
    "kashflow": "connections.providers.kashflow.provider",
}

UNKNOWN_PROVIDER = declare(
    "connection.unknown_provider", "There is no provider called %(provider)s.", "Choose one from the gallery of connections."
)
NOT_OFFERED = declare(
    "connection.environment_not_offered",
    "%(provider)s cannot be connected in the environment %(environment)s here.",
    "Choose one of the environments offered; others need a client id in the installation's settings.",
)


class Judge(Protocol):
    """Reads a provider's own error body into the closed set; None leaves it to the status code."""

    def __call__(self, status: int, headers: Mapping[str, str], content: bytes, *, writes: bool) -> Failure | None: ...


@dataclass(frozen=True, slots=True)
class Provider:
    """What a provider module offers, under one name."""

    info: ProviderInfo
    authoriser: Authoriser
    source: Source | None = None
    order_source: OrderSource | None = None
    product_source: ProductSource | None = None
    writer: SourceWriter | None = None
    target: Target | None = None
    receiver: Receiver | None = None
    queue: NoticeQueue | None = None
    poller: Poller | None = None
    judge: Judge | None = None
    browser: Browser | None = None


def provider(key: str) -> Provider:
    """The provider called `key`. Raises Refused when there is none."""
    if key not in PROVIDERS:
        raise Refused(Problem(UNKNOWN_PROVIDER, {"provider": key}))
    return _opened(PROVIDERS[key])


def providers() -> list[Provider]:
    """All of them, in the order of the gallery."""
    return [provider(key) for key in PROVIDERS]


def endpoints(key: str, environment: str) -> Endpoints:
    """Where a provider is reached in an environment and who we are there. Raises Refused when it is not offered."""
    table: Mapping[str, Mapping[str, Any]] = settings.PROVIDERS.get(key, {})
    place = table.get(environment)
    if place is None or not place["client_id"]:
        raise Refused(Problem(NOT_OFFERED, {"provider": provider(key).info.name, "environment": environment}))
    return Endpoints(
        environment=Environment(environment),
        urls=place["urls"],
        client_id=place["client_id"],
        client_secret=place["client_secret"],
        extra=place["extra"],
    )


def environments(key: str) -> list[Environment]:
    """The environments a customer may choose: those in which this installation is somebody."""
    table: Mapping[str, Mapping[str, Any]] = settings.PROVIDERS.get(key, {})
    return [environment for environment in Environment if table.get(environment, {}).get("client_id")]


@cache
def _opened(path: str) -> Provider:
    module = import_module(path)
    roles = ("source", "order_source", "product_source", "writer", "target", "receiver", "queue", "poller", "judge", "browser")
    optional: dict[str, Any] = {name: getattr(module, name, None) for name in roles}
    return Provider(info=module.info, authoriser=module.authoriser, **optional)
