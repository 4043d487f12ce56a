"""Where QuickBooks Desktop is reached: nowhere. Its Web Connector comes to us, with a password that we issue.

Pure; the settings read it (config/providers.py). The one address is where a person sees the twin's books.
"""

from __future__ import annotations

from connections.contracts import OWN_CREDENTIALS, Surroundings

# How often the Web Connector comes by itself, in minutes; what is urgent is fetched by pressing Update there.
_EXTRA = {"every_minutes": "15"}


def surroundings(twins_url: str) -> dict[str, Surroundings]:
    """By environment. `twins_url`: where the twins listen, "" where there are none."""
    twin = {"app": f"{twins_url}/quickbooks_desktop"}
    return {
        "twin": Surroundings(twin, OWN_CREDENTIALS if twins_url else "", extra=_EXTRA),
        "production": Surroundings({"app": ""}, OWN_CREDENTIALS, extra=_EXTRA),
    }
