"""Where Amazon is reached in each environment, and who we are there.

Pure; the settings read it (config/providers.py). Source: the Selling Partner API documentation (endpoints,
Login with Amazon).
"""

from __future__ import annotations

from connections.contracts import Surroundings

# What the twin accepts; it is ours and holds no real data, so these are no secrets.
TWIN_CLIENT = ("amzn1.application-oa2-client.tieout-twin", "amzn1.oa2-cs.v1.tieout-twin-secret")
TWIN_QUEUE_KEY = ("AKIATWINTWINTWINTWIN", "twin/secret/worth/nothing/elsewhere")

# The queue that Amazon puts notifications into (SQS); without a queue_url everything works by polling. Key and
# secret may be left out where the machine has a role of its own.
_EXTRA = {
    "application_id": "",
    "app_version": "",
    "queue_url": "",
    "queue_arn": "",
    "queue_region": "",
    "queue_endpoint": "",
    "queue_key_id": "",
    "queue_secret": "",
}

# Amazon asks for consent at the seller's home store; the regions' own addresses stand for all of these.
SELLER_CENTRALS = tuple(
    f"https://sellercentral{ending}"
    for ending in (
        ".amazon.com", ".amazon.ca", ".amazon.com.mx", ".amazon.com.br", "-europe.amazon.com", ".amazon.nl", ".amazon.com.be",
        ".amazon.ie", ".amazon.se", ".amazon.pl", ".amazon.com.tr", ".amazon.ae", ".amazon.sa", ".amazon.eg", ".amazon.co.za",
        ".amazon.in", ".amazon.co.jp", ".amazon.com.au", ".amazon.sg",
    )
)  # fmt: skip


def surroundings(twins_url: str) -> dict[str, Surroundings]:
    """By environment. `twins_url`: where the twins listen, "" where there are none."""
    return {
        "twin": Surroundings(_twin(f"{twins_url}/amazon"), *(TWIN_CLIENT if twins_url else ("", "")), _twin_extra(twins_url)),
        "vendor_sandbox": Surroundings(_amazon("sandbox."), extra=_EXTRA, consent_origins=SELLER_CENTRALS),
        "production": Surroundings(_amazon(""), extra=_EXTRA, consent_origins=SELLER_CENTRALS),
    }


def _amazon(host: str) -> dict[str, str]:
    return {
        "api_na": f"https://{host}sellingpartnerapi-na.amazon.com",
        "api_eu": f"https://{host}sellingpartnerapi-eu.amazon.com",
        "api_fe": f"https://{host}sellingpartnerapi-fe.amazon.com",
        "token": "https://api.amazon.com/auth/o2/token",
        "consent_na": "https://sellercentral.amazon.com",
        "consent_eu": "https://sellercentral-europe.amazon.com",
        "consent_fe": "https://sellercentral.amazon.co.jp",
    }


def _twin(twin: str) -> dict[str, str]:
    regions = ("na", "eu", "fe")
    return {
        **{f"api_{region}": f"{twin}/{region}" for region in regions},
        **{f"consent_{region}": f"{twin}/{region}/sellercentral" for region in regions},
        "token": f"{twin}/auth/o2/token",
    }


def _twin_extra(twins_url: str) -> dict[str, str]:
    return {
        **_EXTRA,
        "application_id": "amzn1.sp.solution.tieout-twin",
        "queue_url": f"{twins_url}/sqs/000000000000/tieout-amazon",
        "queue_arn": "arn:aws:sqs:us-east-1:000000000000:tieout-amazon",
        "queue_region": "us-east-1",
        "queue_endpoint": f"{twins_url}/sqs",
        "queue_key_id": TWIN_QUEUE_KEY[0],
        "queue_secret": TWIN_QUEUE_KEY[1],
    }
