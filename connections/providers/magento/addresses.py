"""Where Magento is reached: each shop at an address of its own, and Adobe's identity service for shops in its cloud.

Pure; the settings read it (config/providers.py). Source: Adobe Commerce as a Cloud Service, REST authentication.
"""

from __future__ import annotations

from connections.contracts import OWN_CREDENTIALS, Surroundings

SHOPS, IMS = "shops", "ims"
_EXTRA = {"webhook_key": ""}  # the public key of the shops' webhooks (PEM); without one everything works by polling


def surroundings(twins_url: str) -> dict[str, Surroundings]:
    """By environment. `twins_url`: where the twins listen, "" where there are none.

    The twin names the address below which all its shops lie; real shops may be anywhere, so production names none.
    """
    twin = f"{twins_url}/magento"
    return {
        "twin": Surroundings({SHOPS: twin, IMS: f"{twin}/ims/token/v3"}, OWN_CREDENTIALS if twins_url else "", extra=_EXTRA),
        "production": Surroundings({IMS: "https://ims-na1.adobelogin.com/ims/token/v3"}, OWN_CREDENTIALS, extra=_EXTRA),
    }
