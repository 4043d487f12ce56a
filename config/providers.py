"""Where each provider is reached in each environment, and who we are there.

`PROVIDERS[provider][environment]` has `urls` (every base URL the provider's client uses), `client_id`,
`client_secret` and `extra`. Every one is overridden by an environment variable named after its
path, for example AMAZON_PRODUCTION_URL_API_EU or QUICKBOOKS_ONLINE_VENDOR_SANDBOX_CLIENT_ID, so that a
proxy can stand in between. An environment without a client id is not offered to customers.

Addresses: Amazon's Selling Partner API documentation (endpoints, Login with Amazon) and Intuit's
OpenID discovery documents.
"""

from __future__ import annotations

from typing import TypedDict

from config.env import env


class Surroundings(TypedDict):
    """One provider in one environment."""

    urls: dict[str, str]
    client_id: str
    client_secret: str
    extra: dict[str, str]


# What the twins accept; they are ours and hold no real data, so these are no secrets.
AMAZON_TWIN_CLIENT = ("amzn1.application-oa2-client.tieout-twin", "amzn1.oa2-cs.v1.tieout-twin-secret")
INTUIT_TWIN_CLIENT = ("sandbox-quickbooks-client", "sandbox-quickbooks-secret")
_NOBODY = ("", "")

TWIN_QUEUE_KEY = ("AKIATWINTWINTWINTWIN", "twin/secret/worth/nothing/elsewhere")

# The queue that Amazon puts notifications into (SQS); without a queue_url everything works by polling. Key and
# secret may be left out where the machine has a role of its own.
_AMAZON_EXTRA = {
    "application_id": "",
    "app_version": "",
    "queue_url": "",
    "queue_arn": "",
    "queue_region": "",
    "queue_endpoint": "",
    "queue_key_id": "",
    "queue_secret": "",
}
_INTUIT_TWIN_EXTRA = {"webhook_key": "sandbox-webhook-verifier", "metered_reads": ""}

# Amazon asks for consent at the seller's home store; the regions' own addresses stand for all of these.
SELLER_CENTRALS = tuple(
    f"https://sellercentral{ending}"
    for ending in (
        ".amazon.com", ".amazon.ca", ".amazon.com.mx", ".amazon.com.br", "-europe.amazon.com", ".amazon.nl", ".amazon.com.be",
        ".amazon.ie", ".amazon.se", ".amazon.pl", ".amazon.com.tr", ".amazon.ae", ".amazon.sa", ".amazon.eg", ".amazon.co.za",
        ".amazon.in", ".amazon.co.jp", ".amazon.com.au", ".amazon.sg",
    )
)  # fmt: skip


def provider_settings(twins_url: str) -> dict[str, dict[str, Surroundings]]:
    """The whole table. `twins_url`: where `python -m sandbox` listens, without a trailing slash; "" switches twins off."""
    amazons, intuits = (AMAZON_TWIN_CLIENT, INTUIT_TWIN_CLIENT) if twins_url else (_NOBODY, _NOBODY)
    amazon, amazon_twin = _AMAZON_EXTRA, f"{twins_url}/amazon"
    intuit, intuit_twin = {"webhook_key": "", "metered_reads": ""}, f"{twins_url}/quickbooks_online"
    return {
        "amazon": {
            "twin": _read("AMAZON_TWIN", _amazon_twin(amazon_twin), _amazon_twin_extra(twins_url), amazons),
            "vendor_sandbox": _read("AMAZON_VENDOR_SANDBOX", _amazon("sandbox."), amazon),
            "production": _read("AMAZON_PRODUCTION", _amazon(""), amazon),
        },
        "quickbooks_online": {
            "twin": _read("QUICKBOOKS_ONLINE_TWIN", _intuit_twin(intuit_twin), _INTUIT_TWIN_EXTRA, intuits),
            "vendor_sandbox": _read("QUICKBOOKS_ONLINE_VENDOR_SANDBOX", _intuit(sandbox=True), intuit),
            "production": _read("QUICKBOOKS_ONLINE_PRODUCTION", _intuit(sandbox=False), intuit),
        },
    }


def _read(prefix: str, urls: dict[str, str], extra: dict[str, str], client: tuple[str, str] = ("", "")) -> Surroundings:
    return {
        "urls": {name: env.str(f"{prefix}_URL_{name.upper()}", default=url).rstrip("/") for name, url in urls.items()},
        "client_id": env.str(f"{prefix}_CLIENT_ID", default=client[0]),
        "client_secret": env.str(f"{prefix}_CLIENT_SECRET", default=client[1]),
        "extra": {name: env.str(f"{prefix}_{name.upper()}", default=value) for name, value in extra.items()},
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


def _amazon_twin(twin: str) -> dict[str, str]:
    regions = ("na", "eu", "fe")
    return {
        **{f"api_{region}": f"{twin}/{region}" for region in regions},
        **{f"consent_{region}": f"{twin}/{region}/sellercentral" for region in regions},
        "token": f"{twin}/auth/o2/token",
    }


def _amazon_twin_extra(twins_url: str) -> dict[str, str]:
    return {
        **_AMAZON_EXTRA,
        "application_id": "amzn1.sp.solution.tieout-twin",
        "queue_url": f"{twins_url}/sqs/000000000000/tieout-amazon",
        "queue_arn": "arn:aws:sqs:us-east-1:000000000000:tieout-amazon",
        "queue_region": "us-east-1",
        "queue_endpoint": f"{twins_url}/sqs",
        "queue_key_id": TWIN_QUEUE_KEY[0],
        "queue_secret": TWIN_QUEUE_KEY[1],
    }


def _intuit(*, sandbox: bool) -> dict[str, str]:
    accounts = "sandbox-accounts" if sandbox else "accounts"
    return {
        "api": f"https://{'sandbox-' if sandbox else ''}quickbooks.api.intuit.com",
        "discovery": f"https://developer.intuit.com/.well-known/openid_{'sandbox_' if sandbox else ''}configuration/",
        "authorize": "https://appcenter.intuit.com/connect/oauth2",
        "token": "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",
        "revoke": "https://developer.api.intuit.com/v2/oauth2/tokens/revoke",
        "userinfo": f"https://{accounts}.platform.intuit.com/v1/openid_connect/userinfo",
        "app": f"https://app.{'sandbox.' if sandbox else ''}qbo.intuit.com",
    }


def _intuit_twin(twin: str) -> dict[str, str]:
    return {
        "api": twin,
        "discovery": f"{twin}/.well-known/openid_sandbox_configuration/",
        "authorize": f"{twin}/connect/oauth2",
        "token": f"{twin}/oauth2/v1/tokens/bearer",
        "revoke": f"{twin}/v2/oauth2/tokens/revoke",
        "userinfo": f"{twin}/v1/openid_connect/userinfo",
        "app": f"{twin}/app",
    }
