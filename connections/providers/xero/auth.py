"""Being let into Xero: OAuth 2.0 authorisation code, one pair of tokens per Xero user.

One consent may open several organisations, and a token opens all that its user ever connected; which ones a
consent was about is told by the event id that token and connections share. So the tokens belong to the user
(xero_userid), and leaving one organisation is a call of its own that leaves the others as they are.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from canonical.problems import N_, Problem, Refused, declare
from connections import errors, jsontext
from connections.contracts import Answer, Consent, Door, Endpoints, ExternalAccount, ProviderInfo, TokenSet
from connections.errors import Failure, FailureKind
from tenants.clock import now

from . import faults
from .client import Books

REFRESH_LIFE = timedelta(days=60)  # unused; each use gives a new one (Xero's OAuth 2.0 pages)

SCOPES: tuple[tuple[str, str], ...] = (
    ("openid", N_("Know which Xero user gave the permission")),
    ("profile", N_("Know that user's name")),
    ("email", N_("Know that user's e-mail address")),
    ("offline_access", N_("Go on working when you are not signed in to Xero")),
    ("accounting.invoices", N_("Read and write sales invoices, credit notes and items")),
    ("accounting.payments", N_("Read and write payments of invoices and credit notes")),
    ("accounting.banktransactions", N_("Read and write money received and spent")),
    ("accounting.manualjournals", N_("Read and write manual journals")),
    ("accounting.contacts", N_("Read and add contacts")),
    ("accounting.settings", N_("Read the organisation, its accounts, tax rates, tracking and currencies; add accounts")),
    ("accounting.attachments", N_("Attach a settlement's file to its document")),
)

DENIED = declare(
    "xero.denied",
    "Xero did not connect an organisation: %(reason)s.",
    "Connect again and press Allow access on Xero's page; you must be a standard user or an adviser of the organisation.",
)
NO_ORGANISATION = declare(
    "xero.no_organisation",
    "Xero came back without an organisation.",
    "Connect again and choose an organisation on Xero's page.",
)
NO_PASTING = declare("xero.no_pasting", "Xero is connected through its consent page only.", "Choose Connect to Xero.")


class XeroAuthoriser:
    """The Authoriser of Xero; its consents may open several accounts (contracts.OpensSeveral)."""

    def __init__(self, info: ProviderInfo) -> None:
        self.info = info

    def consent_url(self, endpoints: Endpoints, *, state: str, redirect_uri: str, answers: Mapping[str, str]) -> str:
        """Xero's consent page. The redirect address must be registered, to the letter."""
        params = {
            "response_type": "code",
            "client_id": endpoints.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(scope for scope, _words in SCOPES),
            "state": state,
        }
        return f"{endpoints.urls['authorize']}?{urlencode(params)}"

    def consent(self, door: Door, *, callback: Mapping[str, str], redirect_uri: str, answers: Mapping[str, str]) -> Consent:
        """Code for tokens, and the organisations that they open: first those of this very consent. Raises Refused or Failure."""
        if callback.get("error") or not callback.get("code"):
            raise Refused(Problem(DENIED, {"reason": callback.get("error") or "no code came back"}))
        form = {"grant_type": "authorization_code", "code": callback["code"], "redirect_uri": redirect_uri}
        tokens = self._tokens(door, form)
        claims = claims_of(tokens.access_token)
        user = str(claims.get("xero_userid") or claims.get("sub") or "")
        if not user:
            # Tokens are kept by their user: of two without a name, one would be given the other's.
            raise _malformed("an access token that names no user")
        rows = _connections(door, headers=self.sign(tokens), signed=False)
        event = str(claims.get("authentication_event_id") or "")
        fresh = [row for row in rows if event and row.get("authEventId") == event]
        others = [row for row in rows if row not in fresh]
        if not rows:
            raise Refused(Problem(NO_ORGANISATION))
        opened, before = (fresh, others) if fresh else (others, [])
        return Consent(tokens, tuple(map(_account, opened)), provider_user=user, before=tuple(map(_account, before)))

    def exchange(
        self, door: Door, *, callback: Mapping[str, str], redirect_uri: str, answers: Mapping[str, str]
    ) -> tuple[TokenSet, ExternalAccount]:
        """The first organisation of a consent, for whoever wants one."""
        given = self.consent(door, callback=callback, redirect_uri=redirect_uri, answers=answers)
        return given.tokens, given.accounts[0]

    def adopt(self, door: Door, *, answers: Mapping[str, str]) -> tuple[TokenSet, ExternalAccount]:
        """Not offered by Xero (`info.entrances` says so)."""
        raise Refused(Problem(NO_PASTING))

    def refresh(self, door: Door, tokens: TokenSet) -> TokenSet:
        """New tokens for the refresh token. Failure NEEDS_RECONNECT when Xero no longer honours it."""
        return self._tokens(door, {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}, before=tokens)

    def revoke(self, door: Door, tokens: TokenSet) -> None:
        """Hand the whole permission back: every organisation of this user is disconnected. One that is over already is no error."""
        try:
            door.call(
                "revoke",
                "POST",
                door.endpoints.urls["revoke"],
                data={"token": tokens.refresh_token},
                headers=_client_headers(door.endpoints),
                signed=False,
                expects="bytes",
            )
        except Failure as failure:
            if failure.kind not in (FailureKind.NEEDS_RECONNECT, FailureKind.NOT_FOUND) and failure.status != 400:
                raise

    def close(self, door: Door, account: ExternalAccount, tokens: TokenSet | None = None) -> bool:
        """Disconnect one organisation, through its signed door, or with tokens that are not kept anywhere yet.

        True when nothing else of this user is open any more: then the permission itself may be handed back.
        """
        headers = self.sign(tokens) if tokens else {}
        rows = _connections(door, headers=headers, signed=tokens is None)
        mine = [row for row in rows if row.get("tenantId") == account.external_id]
        for row in mine:
            address = f"{door.endpoints.urls['connections']}/{row['id']}"
            door.call("connections.delete", "DELETE", address, headers=headers, signed=tokens is None, expects="bytes")
        return len(mine) == len(rows)

    def sign(self, tokens: TokenSet) -> Mapping[str, str]:
        return {"authorization": f"Bearer {tokens.access_token}"}

    def ping(self, door: Door, account: ExternalAccount) -> ExternalAccount:
        """One read of the organisation."""
        body = Books(door, account).organisation()
        return replace(
            account,
            name=str(body.get("Name") or body.get("LegalName") or account.name),
            country=str(body.get("CountryCode") or ""),
            currency=str(body.get("BaseCurrency") or account.currency),
        )

    def _tokens(self, door: Door, form: Mapping[str, str], before: TokenSet | None = None) -> TokenSet:
        headers = _client_headers(door.endpoints)
        answer = door.call(
            "token", "POST", door.endpoints.urls["token"], data=form, headers=headers, signed=False, expects="json"
        )
        return token_set(_parsed(answer), now(), before)


def token_set(body: Any, at: datetime, before: TokenSet | None = None) -> TokenSet:
    """The tokens of a token answer. Raises Failure MALFORMED where one is missing: without offline_access nothing lasts."""
    stated = body if isinstance(body, Mapping) else {}
    access, refresh = stated.get("access_token"), stated.get("refresh_token")
    if not isinstance(access, str) or not isinstance(refresh, str) or not access or not refresh:
        raise _malformed("a token answer without tokens")
    try:
        expires = at + timedelta(seconds=int(stated["expires_in"])) if stated.get("expires_in") is not None else None
    except (TypeError, ValueError, OverflowError):
        raise _malformed(f"not a number of seconds: {stated.get('expires_in')!r}") from None
    scopes = tuple(str(stated.get("scope") or "").split()) or (before.scopes if before else ())
    return TokenSet(access, refresh, access_expires=expires, refresh_expires=at + REFRESH_LIFE, scopes=scopes)


def claims_of(access_token: str) -> Mapping[str, Any]:
    """What the token says of itself. It came from Xero's own token endpoint just now, so that its signature proves nothing more.

    Raises Failure MALFORMED for what is no JSON web token.
    """
    parts = access_token.split(".")
    try:
        claims = jsontext.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (IndexError, ValueError, binascii.Error):
        raise _malformed("an access token that is no JSON web token") from None
    if not isinstance(claims, Mapping):
        raise _malformed("an access token without claims")
    return claims


def _connections(door: Door, *, headers: Mapping[str, str], signed: bool) -> list[Mapping[str, Any]]:
    """The organisations this user has connected to us. Practices' own "tenants" of other types are left out."""
    answer = door.call(
        "connections.list",
        "GET",
        door.endpoints.urls["connections"],
        headers={**headers, "accept": "application/json"},
        signed=signed,
        expects="json",
    )
    rows = _parsed(answer)
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) and row.get("id") and row.get("tenantId") for row in rows):
        raise _malformed("connections are not a list of organisations with their ids")
    return [row for row in rows if row.get("tenantType", "ORGANISATION") == "ORGANISATION"]


def _account(row: Mapping[str, Any]) -> ExternalAccount:
    return ExternalAccount(str(row["tenantId"]), str(row.get("tenantName") or ""))


def _client_headers(endpoints: Endpoints) -> dict[str, str]:
    secret = base64.b64encode(f"{endpoints.client_id}:{endpoints.client_secret}".encode()).decode()
    return {"authorization": f"Basic {secret}", "accept": "application/json"}


def _parsed(answer: Answer) -> Any:
    try:
        return jsontext.loads(answer.content)
    except ValueError:
        raise _malformed("not JSON") from None


def _malformed(detail: str) -> Failure:
    return Failure(FailureKind.MALFORMED, Problem(errors.MALFORMED, {"provider": faults.PROVIDER, "detail": detail}))
