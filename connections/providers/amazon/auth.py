"""Being let into a seller's account: Login with Amazon, by the website workflow or a self-authorised token.

One authorisation is one selling partner account in one region. An access token lives an hour; the
refresh token stays the same until the seller takes the consent back in Seller Central, which is also
the only place where it can be taken back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from canonical.problems import Problem, Refused, declare
from connections.contracts import Door, Endpoints, ExternalAccount, ProviderInfo, TokenSet
from connections.errors import Failure, FailureKind
from tenants.clock import now

from . import client, mapper
from .places import BY_CODE, MARKETPLACES, REGIONS

CONSENT = "/apps/authorize/consent"
NOTIFICATIONS = "sellingpartnerapi::notifications"

DENIED = declare(
    "amazon.denied",
    "Amazon did not connect the account: %(reason)s.",
    "Connect again and press Allow in Seller Central, signed in as the account's main user.",
)
UNKNOWN_PLACE = declare(
    "amazon.unknown_place",
    "There is no Amazon region or store called %(place)s.",
    "Choose the region and the store you mainly sell in from the list.",
)
OTHER_REGION = declare(
    "amazon.other_region",
    "This account does not sell in the region you chose, or the token does not belong to it: %(reason)s",
    "Choose the region of the account; a seller in several regions connects once for each.",
)
FOREIGN_CALLBACK = declare(
    "amazon.foreign_callback",
    "The address to return to (%(host)s) is not Amazon's.",
    "Start again from the application's page in Amazon's Appstore.",
)


class AmazonAuthoriser:
    """The Authoriser of Amazon."""

    def __init__(self, info: ProviderInfo) -> None:
        self.info = info

    def consent_url(self, endpoints: Endpoints, *, state: str, redirect_uri: str, answers: Mapping[str, str]) -> str:
        """The consent page in the Seller Central of the seller's home store."""
        params = {
            "application_id": endpoints.extra["application_id"],
            "state": state,
            "redirect_uri": redirect_uri,
            **_version(endpoints),
        }
        return f"{consent_base(endpoints, answers)}{CONSENT}?{urlencode(params)}"

    def invitation_url(self, endpoints: Endpoints, *, query: Mapping[str, str], state: str, redirect_uri: str) -> str:
        """Back to Amazon, where an authorisation began that was started in the Appstore. Raises Refused for a foreign address."""
        callback = query.get("amazon_callback_uri", "")
        if _origin(callback) not in _central_origins(endpoints):
            raise Refused(Problem(FOREIGN_CALLBACK, {"host": urlsplit(callback).hostname or "?"}))
        params = {
            "redirect_uri": redirect_uri,
            "amazon_state": query.get("amazon_state", ""),
            "state": state,
            **_version(endpoints),
        }
        return f"{callback}{'&' if urlsplit(callback).query else '?'}{urlencode(params)}"

    def invitation_region(self, endpoints: Endpoints, *, query: Mapping[str, str]) -> str:
        """The region an Appstore authorisation began in, told by the address it came from; "" for a foreign one."""
        callback = query.get("amazon_callback_uri", "")
        own = {f"https://{place.host}": place.region for place in MARKETPLACES}
        configured = [region for region, _ in REGIONS if callback.startswith(f"{endpoints.urls[f'consent_{region}']}/")]
        return configured[0] if len(configured) == 1 else own.get(_origin(callback), "")

    def exchange(
        self, door: Door, *, callback: Mapping[str, str], redirect_uri: str, answers: Mapping[str, str]
    ) -> tuple[TokenSet, ExternalAccount]:
        """Code for tokens, then one read with them. Raises Refused or Failure."""
        code, seller = callback.get("spapi_oauth_code"), callback.get("selling_partner_id")
        if not code or not seller:
            raise Refused(
                Problem(DENIED, {"reason": callback.get("error_description") or callback.get("error") or "no code came back"})
            )
        tokens = self._tokens(door, {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri})
        return tokens, self._opened(door, tokens, seller, answers)

    def adopt(self, door: Door, *, answers: Mapping[str, str]) -> tuple[TokenSet, ExternalAccount]:
        """Let in by the refresh token that Seller Central shows once to the developer of a private application."""
        tokens = self._tokens(door, {"grant_type": "refresh_token", "refresh_token": answers.get("refresh_token", "").strip()})
        return tokens, self._opened(door, tokens, answers.get("seller_id", "").strip(), answers)

    def refresh(self, door: Door, tokens: TokenSet) -> TokenSet:
        """A new access token. Failure NEEDS_RECONNECT when the seller took the consent back."""
        return self._tokens(door, {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}, before=tokens)

    def revoke(self, door: Door, tokens: TokenSet) -> None:
        """Amazon has no way for an application to end a consent: the seller does, under Manage Your Apps."""

    def sign(self, tokens: TokenSet) -> Mapping[str, str]:
        """Amazon asks for token, date and user agent; request signatures are gone since October 2023."""
        return {
            "x-amz-access-token": tokens.access_token,
            "x-amz-date": now().strftime("%Y%m%dT%H%M%SZ"),
            "user-agent": client.BehindTheDoor.user_agent,
        }

    def ping(self, door: Door, account: ExternalAccount) -> ExternalAccount:
        """getMarketplaceParticipations: the stores of the account."""
        return describe(door, account, headers={}, signed=True)

    def grantless_token(self, door: Door, scope: str = NOTIFICATIONS) -> str:
        """An access token of the application itself, for the operations that speak for no seller."""
        body = self._ask(door, {"grant_type": "client_credentials", "scope": scope})
        return client.read(lambda: mapper.text(body, "access_token"))

    def _opened(self, door: Door, tokens: TokenSet, seller: str, answers: Mapping[str, str]) -> ExternalAccount:
        account = ExternalAccount(seller, "", region=region_of(answers), facts={"home": answers.get("marketplace", "")})
        try:
            return describe(door, account, headers=self.sign(tokens), signed=False)
        except Failure as failure:
            if failure.kind not in (FailureKind.REJECTED, FailureKind.NEEDS_RECONNECT, FailureKind.TOKEN_EXPIRED):
                raise
            raise Refused(Problem(OTHER_REGION, {"reason": failure.problem.text()})) from failure

    def _tokens(self, door: Door, form: Mapping[str, str], before: TokenSet | None = None) -> TokenSet:
        return token_set(self._ask(door, form), now(), before or TokenSet("", form.get("refresh_token", "")))

    def _ask(self, door: Door, form: Mapping[str, str]) -> Mapping[str, Any]:
        whole = {**form, "client_id": door.endpoints.client_id, "client_secret": door.endpoints.client_secret}
        headers = {"accept": "application/json"}
        answer = door.call(
            "token", "POST", door.endpoints.urls["token"], data=whole, headers=headers, signed=False, expects="json"
        )
        return client.answer_object(answer)


def token_set(body: Mapping[str, Any], at: datetime, before: TokenSet) -> TokenSet:
    """The tokens of a token answer; an answer without a refresh token leaves the one we have."""
    access, refresh, seconds = body.get("access_token"), body.get("refresh_token") or before.refresh_token, body.get("expires_in")
    if not isinstance(access, str) or not access or not isinstance(refresh, str) or not refresh:
        raise client.malformed("a token answer without tokens")
    if isinstance(seconds, bool) or not isinstance(seconds, (int, str)) or not str(seconds).isdigit():
        raise client.malformed(f"not a number of seconds: {seconds!r}")
    return TokenSet(access, refresh, access_expires=at + timedelta(seconds=int(seconds)))


def describe(door: Door, account: ExternalAccount, *, headers: Mapping[str, str], signed: bool) -> ExternalAccount:
    """The account as its stores describe it; `facts.marketplaces` lists them, `facts.home` names the one it stands for."""
    url = f"{door.endpoints.urls[f'api_{account.region}']}/sellers/v1/marketplaceParticipations"
    answer = door.call(
        "getMarketplaceParticipations",
        "GET",
        url,
        headers={**headers, "accept": "application/json"},
        signed=signed,
        expects="json",
    )
    found = client.entries(client.answer_object(answer), "payload")
    stores = client.read(lambda: [mapper.participation(entry) for entry in found])
    home = mapper.home_of(stores, account.region, str(account.facts.get("home") or ""))
    return ExternalAccount(
        external_id=account.external_id,
        name=home.get("store") or account.name or account.external_id,
        region=account.region,
        country=home.get("country", ""),
        currency=home.get("currency", ""),
        facts={"marketplaces": stores, "home": home.get("code", "")},
    )


def region_of(answers: Mapping[str, str]) -> str:
    """The region chosen, or that of the home store. Raises Refused for one that does not exist."""
    place = BY_CODE.get(answers.get("marketplace", ""))
    region = answers.get("region") or (place.region if place else "")
    if region not in dict(REGIONS) or (place and place.region != region):
        raise Refused(Problem(UNKNOWN_PLACE, {"place": answers.get("marketplace") or region or "?"}))
    return region


def consent_base(endpoints: Endpoints, answers: Mapping[str, str]) -> str:
    """The Seller Central to send the browser to: the home store's own, unless the settings put something else in its place."""
    base = endpoints.urls[f"consent_{region_of(answers)}"]
    place = BY_CODE.get(answers.get("marketplace", ""))
    amazons_own = _origin(base) in {f"https://{known.host}" for known in MARKETPLACES}
    return f"https://{place.host}" if place and amazons_own else base


def _central_origins(endpoints: Endpoints) -> set[str]:
    configured = {_origin(endpoints.urls[f"consent_{region}"]) for region, _ in REGIONS}
    own = {f"https://{known.host}" for known in MARKETPLACES}
    return configured | own if configured & own else configured


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _version(endpoints: Endpoints) -> dict[str, str]:
    """A draft application is authorised only as beta (otherwise error MD1000)."""
    version = endpoints.extra.get("app_version", "")
    return {"version": version} if version else {}
