"""Being let into a QuickBooks company: OAuth 2 authorisation code, one pair of tokens per company.

Addresses come from Intuit's discovery document where one is configured, so that a moved token URL is
followed; the configured addresses are what is used until it was read, and when it cannot be. The
refresh token changes about daily: whatever a token answer holds replaces what we had.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from canonical.problems import Problem, Refused, declare
from connections import errors, jsontext
from connections.contracts import Answer, Door, Endpoints, ExternalAccount, ProviderInfo, TokenSet
from connections.errors import Failure, FailureKind
from tenants.clock import now

from . import faults, reference
from .client import MINOR_VERSION

SCOPE = "com.intuit.quickbooks.accounting"
_DISCOVERY_LIFE = timedelta(hours=24)
_discovered: dict[str, tuple[datetime, Mapping[str, Any]]] = {}

DENIED = declare(
    "quickbooks_online.denied",
    "QuickBooks did not connect the company: %(reason)s.",
    "Connect again and press Connect on Intuit's page; you must be an administrator of the company.",
)
NO_COMPANY = declare(
    "quickbooks_online.no_company",
    "QuickBooks came back without naming the company.",
    "Connect again and choose a company on Intuit's page.",
)
NO_PASTING = declare(
    "quickbooks_online.no_pasting",
    "QuickBooks is connected through its consent page only.",
    "Choose Connect to QuickBooks.",
)


class IntuitAuthoriser:
    """The Authoriser of QuickBooks Online."""

    def __init__(self, info: ProviderInfo) -> None:
        self.info = info

    def consent_url(self, endpoints: Endpoints, *, state: str, redirect_uri: str, answers: Mapping[str, str]) -> str:
        """Intuit's consent page. The redirect address must be registered, to the letter."""
        params = {
            "client_id": endpoints.client_id,
            "response_type": "code",
            "scope": SCOPE,
            "redirect_uri": redirect_uri,
            "state": state,
        }
        return f"{known_address(endpoints, 'authorize')}?{urlencode(params)}"

    def exchange(
        self, door: Door, *, callback: Mapping[str, str], redirect_uri: str, answers: Mapping[str, str]
    ) -> tuple[TokenSet, ExternalAccount]:
        """Code for tokens, then one read with them to learn the company's name. Raises Refused or Failure."""
        if callback.get("error") or not callback.get("code"):
            raise Refused(Problem(DENIED, {"reason": callback.get("error") or "no code came back"}))
        realm = callback.get("realmId", "")
        if not realm.isdigit():
            raise Refused(Problem(NO_COMPANY))
        form = {"grant_type": "authorization_code", "code": callback["code"], "redirect_uri": redirect_uri}
        tokens = self._tokens(door, form)
        return tokens, describe(door, ExternalAccount(realm, ""), headers=self.sign(tokens), signed=False)

    def adopt(self, door: Door, *, answers: Mapping[str, str]) -> tuple[TokenSet, ExternalAccount]:
        """Not offered by QuickBooks (`info.entrances` says so)."""
        raise Refused(Problem(NO_PASTING))

    def refresh(self, door: Door, tokens: TokenSet) -> TokenSet:
        """New tokens for the refresh token. Failure NEEDS_RECONNECT when Intuit no longer honours it."""
        return self._tokens(door, {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}, before=tokens)

    def revoke(self, door: Door, tokens: TokenSet) -> None:
        """End the consent. Revoking one that has ended is no failure."""
        try:
            door.call(
                "revoke",
                "POST",
                address(door, "revoke"),
                json={"token": tokens.refresh_token},
                headers=_client_headers(door.endpoints),
                signed=False,
                expects="bytes",
            )
        except Failure as failure:
            if failure.kind not in (FailureKind.NEEDS_RECONNECT, FailureKind.NOT_FOUND) and failure.status != 400:
                raise

    def sign(self, tokens: TokenSet) -> Mapping[str, str]:
        return {"authorization": f"Bearer {tokens.access_token}"}

    def ping(self, door: Door, account: ExternalAccount) -> ExternalAccount:
        """One read of CompanyInfo."""
        return describe(door, account, headers={}, signed=True)

    def _tokens(self, door: Door, form: Mapping[str, str], before: TokenSet | None = None) -> TokenSet:
        headers = {**_client_headers(door.endpoints), "x-include-refresh-token-hard-expires-in": "true"}
        answer = door.call("token", "POST", address(door, "token"), data=form, headers=headers, signed=False, expects="json")
        return token_set(_body(answer), now(), before)


def token_set(body: Mapping[str, Any], at: datetime, before: TokenSet | None = None) -> TokenSet:
    """The tokens of a token answer; expiries are seconds from `at`. Raises Failure MALFORMED where a token is missing."""
    access, refresh = body.get("access_token"), body.get("refresh_token") or (before.refresh_token if before else None)
    if not isinstance(access, str) or not isinstance(refresh, str) or not access or not refresh:
        raise _malformed("a token answer without tokens")
    hard = _after(at, body.get("x_refresh_token_hard_expires_in"))
    return TokenSet(
        access_token=access,
        refresh_token=refresh,
        access_expires=_after(at, body.get("expires_in")),
        refresh_expires=_after(at, body.get("x_refresh_token_expires_in")),
        hard_expires=hard or (before.hard_expires if before else None),
        scopes=(SCOPE,),
    )


def _after(at: datetime, seconds: Any) -> datetime | None:
    try:
        return at + timedelta(seconds=int(seconds)) if seconds is not None else None
    except (TypeError, ValueError, OverflowError):
        raise _malformed(f"not a number of seconds: {seconds!r}") from None


def describe(door: Door, account: ExternalAccount, *, headers: Mapping[str, str], signed: bool) -> ExternalAccount:
    """The company as it describes itself now."""
    url = f"{door.endpoints.urls['api']}/v3/company/{account.external_id}/companyinfo/{account.external_id}"
    answer = door.call(
        "CompanyInfo.read",
        "GET",
        url,
        params={"minorversion": MINOR_VERSION},
        headers={**headers, "accept": "application/json"},
        signed=signed,
        expects="json",
    )
    info = _body(answer).get("CompanyInfo")
    if not isinstance(info, Mapping):
        raise _malformed("CompanyInfo is missing")
    return ExternalAccount(
        external_id=account.external_id,
        name=str(info.get("CompanyName") or info.get("LegalName") or ""),
        region=account.region,
        country=reference.country_of(info),
        currency=account.currency,
        facts={"legal_name": str(info.get("LegalName") or "")},
    )


def address(door: Door, name: str) -> str:
    """Where `token`, `revoke` or `authorize` is now; reads the discovery document at most once a day."""
    url = door.endpoints.urls.get("discovery", "")
    kept = _discovered.get(url)
    if url and (kept is None or now() - kept[0] > _DISCOVERY_LIFE):
        _discovered[url] = (now(), _discover(door, url) or (kept[1] if kept else {}))
    return known_address(door.endpoints, name)


def known_address(endpoints: Endpoints, name: str) -> str:
    """The discovered address where there is one, else the configured one; no call is made."""
    found = _discovered.get(endpoints.urls.get("discovery", ""))
    keys = {"token": "token_endpoint", "revoke": "revocation_endpoint", "authorize": "authorization_endpoint"}
    stated = found[1].get(keys[name]) if found else None
    configured = endpoints.urls[name]
    same_scheme = isinstance(stated, str) and stated.split(":")[0] == configured.split(":")[0]
    return str(stated) if same_scheme else configured


def _discover(door: Door, url: str) -> Mapping[str, Any]:
    """The discovery document; empty when it cannot be read just now: the configured addresses serve meanwhile."""
    try:
        return _body(door.call("discovery", "GET", url, headers={"accept": "application/json"}, signed=False, expects="json"))
    except Failure:
        return {}


def _client_headers(endpoints: Endpoints) -> dict[str, str]:
    secret = base64.b64encode(f"{endpoints.client_id}:{endpoints.client_secret}".encode()).decode()
    return {"authorization": f"Basic {secret}", "accept": "application/json"}


def _body(answer: Answer) -> Mapping[str, Any]:
    try:
        body = jsontext.loads(answer.content)
    except ValueError:
        raise _malformed("not JSON") from None
    if not isinstance(body, Mapping):
        raise _malformed("not a JSON object")
    return body


def _malformed(detail: str) -> Failure:
    return Failure(FailureKind.MALFORMED, Problem(errors.MALFORMED, {"provider": faults.PROVIDER, "detail": detail}))
