"""Where QuickBooks Online is reached in each environment, and who we are there.

Pure; the settings read it (config/providers.py). Source: Intuit's OpenID discovery documents.
"""

from __future__ import annotations

from connections.contracts import Surroundings

# What the twin accepts; it is ours and holds no real data, so these are no secrets.
TWIN_CLIENT = ("sandbox-quickbooks-client", "sandbox-quickbooks-secret")
_TWIN_EXTRA = {"webhook_key": "sandbox-webhook-verifier", "metered_reads": ""}
_EXTRA = {"webhook_key": "", "metered_reads": ""}


def surroundings(twins_url: str) -> dict[str, Surroundings]:
    """By environment. `twins_url`: where the twins listen, "" where there are none."""
    twin = _twin(f"{twins_url}/quickbooks_online")
    return {
        "twin": Surroundings(twin, *(TWIN_CLIENT if twins_url else ("", "")), _TWIN_EXTRA),
        "vendor_sandbox": Surroundings(_intuit(sandbox=True), extra=_EXTRA),
        "production": Surroundings(_intuit(sandbox=False), extra=_EXTRA),
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


def _twin(twin: str) -> dict[str, str]:
    return {
        "api": twin,
        "discovery": f"{twin}/.well-known/openid_sandbox_configuration/",
        "authorize": f"{twin}/connect/oauth2",
        "token": f"{twin}/oauth2/v1/tokens/bearer",
        "revoke": f"{twin}/v2/oauth2/tokens/revoke",
        "userinfo": f"{twin}/v1/openid_connect/userinfo",
        "app": f"{twin}/app",
    }
