"""Where each provider is reached in each environment, and who we are there.

`PROVIDERS[provider][environment]` has `urls` (every base URL the provider's client uses), `client_id`,
`client_secret` and `extra`. What a provider's own `addresses.py` says is overridden, one by one, by environment
variables named after the path, for example AMAZON_PRODUCTION_URL_API_EU or
QUICKBOOKS_ONLINE_VENDOR_SANDBOX_CLIENT_ID, so that a proxy can stand in between. An environment without a
client id is not offered to customers.
"""

from __future__ import annotations

from importlib import import_module
from typing import TypedDict

from config.env import env
from connections.contracts import Surroundings
from connections.registry import PROVIDERS


class Place(TypedDict):
    """One provider in one environment, as the settings keep it."""

    urls: dict[str, str]
    client_id: str
    client_secret: str
    extra: dict[str, str]
    consent_origins: tuple[str, ...]


def provider_settings(twins_url: str) -> dict[str, dict[str, Place]]:
    """The whole table. `twins_url`: where `python -m sandbox` listens, without a trailing slash; "" switches twins off."""
    return {key: _of_provider(key, path, twins_url) for key, path in PROVIDERS.items()}


def _of_provider(key: str, path: str, twins_url: str) -> dict[str, Place]:
    """The module beside the provider's own. It imports nothing that needs settings."""
    addresses = import_module(f"{path.rpartition('.')[0]}.addresses")
    stated: dict[str, Surroundings] = addresses.surroundings(twins_url)
    return {environment: _read(f"{key}_{environment}".upper(), place) for environment, place in stated.items()}


def _read(prefix: str, place: Surroundings) -> Place:
    return {
        "urls": {name: env.str(f"{prefix}_URL_{name.upper()}", default=url).rstrip("/") for name, url in place.urls.items()},
        "client_id": env.str(f"{prefix}_CLIENT_ID", default=place.client_id),
        "client_secret": env.str(f"{prefix}_CLIENT_SECRET", default=place.client_secret),
        "extra": {name: env.str(f"{prefix}_{name.upper()}", default=value) for name, value in place.extra.items()},
        "consent_origins": place.consent_origins,
    }
