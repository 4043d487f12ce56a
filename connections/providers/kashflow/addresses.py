"""Where KashFlow is reached in each environment. Pure; the settings read it (config/providers.py).

KashFlow knows no applications of third parties: every account brings its own credentials, and there is no sandbox of
the vendor's. Sources: the address in the vendor's WSDL; the base path of its REST description.
"""

from __future__ import annotations

from connections.contracts import OWN_CREDENTIALS, Surroundings


def surroundings(twins_url: str) -> dict[str, Surroundings]:
    """By environment. `twins_url`: where the twins listen, "" where there are none."""
    twin = f"{twins_url}/kashflow"
    return {
        "twin": Surroundings(
            {"soap": f"{twin}/service.asmx", "rest": f"{twin}/v2", "app": f"{twin}/app"}, OWN_CREDENTIALS if twins_url else ""
        ),
        "production": Surroundings(
            {
                "soap": "https://securedwebapp.com/api/service.asmx",
                "rest": "https://api.kashflow.com/v2",
                "app": "https://app.kashflow.com",
            },
            OWN_CREDENTIALS,
        ),
    }
