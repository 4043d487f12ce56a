"""Where Magento is reached: each shop at an address of its own, and Adobe's identity service for shops in its cloud.

Pure; the settings read it (config/providers.py). Source: Adobe Commerce as a Cloud Service, REST authentication.
"""

from __future__ import annotations

from connections.contracts import OWN_CREDENTIALS, Surroundings

SHOPS, IMS = "shops", "ims"
# The public half of the twin's key for webhooks; it is ours and guards no real data.
TWIN_KEY = (
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAtttkjSkCqNGQZvwYGcEa\n"
    "JYSb3C3hmdeVerbG1pLaHuK++ChtwjDPjG/JJUaNDnEEVnAE5+GcINvoadjzTcNb\n"
    "VHYTn4Bn/xFmdvJR0f3yBQY+GSTW7M2xW3VmPTJ8Y+tAk1l6h/voDAEdtpxfD/FW\n"
    "bjFFALYBp0GVTPrSIxy/n2Uu4LtRpY6q1kjSNtjlmF/NrdTZlEgvL19UBPNH90+c\n"
    "vA7Vjx2mgQSUJ28k7L1VBWzecaSRLNY4NzMEf9K3znu/J1Ee6UrJJv7omf7LJv4v\n"
    "1+y7JcAAe7Muobp0Hf4vbtHtBOrfS8w6VUSfUu8GLCjIaTJDJ5NcB265S1xBLLGV\n"
    "jwIDAQAB\n"
    "-----END PUBLIC KEY-----\n"
)
_EXTRA = {"webhook_key": ""}  # the public key of the shops' webhooks (PEM); without one everything works by polling


def surroundings(twins_url: str) -> dict[str, Surroundings]:
    """By environment. `twins_url`: where the twins listen, "" where there are none.

    The twin names the address below which all its shops lie; real shops may be anywhere, so production names none.
    """
    twin = f"{twins_url}/magento"
    return {
        "twin": Surroundings(
            {SHOPS: twin, IMS: f"{twin}/ims/token/v3"}, OWN_CREDENTIALS if twins_url else "", extra={"webhook_key": TWIN_KEY}
        ),
        "production": Surroundings({IMS: "https://ims-na1.adobelogin.com/ims/token/v3"}, OWN_CREDENTIALS, extra=_EXTRA),
    }
