"""Where Xero is reached in each environment, and who we are there.

Pure; the settings read it (config/providers.py). Xero has no sandbox of its own: its demo company is an
organisation like any other, so that there is a twin and production. Source: Xero's OAuth 2.0 pages.
"""

from __future__ import annotations

from connections.contracts import Surroundings

# What the twin accepts; it is ours and holds no real data, so these are no secrets.
TWIN_CLIENT = ("sandbox-xero-client", "sandbox-xero-secret")
_TWIN_EXTRA = {"webhook_key": "sandbox-xero-webhook-key"}
_EXTRA = {"webhook_key": ""}


def surroundings(twins_url: str) -> dict[str, Surroundings]:
    """By environment. `twins_url`: where the twins listen, "" where there are none."""
    return {
        "twin": Surroundings(_twin(f"{twins_url}/xero"), *(TWIN_CLIENT if twins_url else ("", "")), _TWIN_EXTRA),
        "production": Surroundings(_xero(), extra=_EXTRA),
    }


def _xero() -> dict[str, str]:
    return {
        "api": "https://api.xero.com/api.xro/2.0",
        "connections": "https://api.xero.com/connections",
        "authorize": "https://login.xero.com/identity/connect/authorize",
        "token": "https://identity.xero.com/connect/token",
        "revoke": "https://identity.xero.com/connect/revocation",
        "app": "https://go.xero.com",
    }


def _twin(twin: str) -> dict[str, str]:
    return {
        "api": f"{twin}/api.xro/2.0",
        "connections": f"{twin}/connections",
        "authorize": f"{twin}/identity/connect/authorize",
        "token": f"{twin}/connect/token",
        "revoke": f"{twin}/connect/revocation",
        "app": f"{twin}/app",
    }
