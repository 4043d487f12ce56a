"""A small provider, declared like any other: a ledger with OAuth, used to test the core by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from canonical.problems import Problem, Refused
from connections import jsontext, oauth
from connections.contracts import (
    Budget,
    CompanyFacts,
    Door,
    Endpoints,
    Entrance,
    ExternalAccount,
    FormField,
    Notice,
    ProviderInfo,
    ProviderRole,
    ReferenceItem,
    TokenSet,
)
from tenants.clock import now

info = ProviderInfo(
    key="fake",
    name="Fake Books",
    summary="A ledger for tests",
    roles=(ProviderRole.LEDGER,),
    entrances=(Entrance.OAUTH_CODE, Entrance.PASTED_TOKEN),
    fields=(FormField("token", "Token", secret=True, entrances=(Entrance.PASTED_TOKEN,)),),
    scopes=(("books", "Read and write your books"),),
    budgets=(Budget("*", 1000, 1000), Budget("slow", 1, 2)),
    throttle_floor=timedelta(seconds=60),
    trace_header="x-fake-trace",
    rate_header="x-fake-rate",
)


class FakeAuthoriser:
    info = info

    def consent_url(self, endpoints: Endpoints, *, state: str, redirect_uri: str, answers: Mapping[str, str]) -> str:
        return f"{endpoints.urls['authorize']}?{urlencode({'state': state, 'redirect_uri': redirect_uri})}"

    def invitation_url(self, endpoints: Endpoints, *, query: Mapping[str, str], state: str, redirect_uri: str) -> str:
        return f"{query['callback_uri']}?{urlencode({'state': state, 'redirect_uri': redirect_uri})}"

    def exchange(
        self, door: Door, *, callback: Mapping[str, str], redirect_uri: str, answers: Mapping[str, str]
    ) -> tuple[TokenSet, ExternalAccount]:
        if not callback.get("company"):
            raise Refused(Problem(oauth.STATE_UNKNOWN))
        tokens = _tokens(door, {"grant_type": "authorization_code", "code": callback["code"]})
        return tokens, ExternalAccount(callback["company"], f"Company {callback['company']}", currency="USD")

    def adopt(self, door: Door, *, answers: Mapping[str, str]) -> tuple[TokenSet, ExternalAccount]:
        tokens = _tokens(door, {"grant_type": "refresh_token", "refresh_token": answers["token"]})
        return tokens, ExternalAccount("77", "Company 77", currency="USD")

    def refresh(self, door: Door, tokens: TokenSet) -> TokenSet:
        return _tokens(door, {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token})

    def revoke(self, door: Door, tokens: TokenSet) -> None:
        door.call("revoke", "POST", door.endpoints.urls["revoke"], data={"token": tokens.refresh_token}, expects="bytes")

    def sign(self, tokens: TokenSet) -> Mapping[str, str]:
        return {"authorization": f"Bearer {tokens.access_token}"}

    def ping(self, door: Door, account: ExternalAccount) -> ExternalAccount:
        answer = door.call("ping", "GET", f"{door.endpoints.urls['api']}/ping")
        return ExternalAccount(str(jsontext.loads(answer.content)["company"]), "Kestrel Ltd")


def _tokens(door: Door, form: dict[str, str]) -> TokenSet:
    answer = door.call("token", "POST", door.endpoints.urls["token"], data=form, expects="json")
    body = jsontext.loads(answer.content)
    at = now()
    return TokenSet(
        body["access_token"],
        body["refresh_token"],
        access_expires=at + timedelta(seconds=body["expires_in"]),
        refresh_expires=at + timedelta(days=100),
        hard_expires=at + timedelta(days=1825),
        scopes=("books",),
    )


class FakeTarget:
    info = info
    reference_kinds = ("account",)

    def company(self, door: Door, account: ExternalAccount) -> CompanyFacts:
        door.call("company", "GET", f"{door.endpoints.urls['api']}/company")
        return CompanyFacts("GBP", "GB", True, False, None, sales_tax="codes", name="Kestrel Ltd")

    def reference_pages(
        self, door: Door, account: ExternalAccount, kinds: Sequence[str], *, since: datetime | None
    ) -> Iterator[list[ReferenceItem]]:
        answer = door.call("accounts", "GET", f"{door.endpoints.urls['api']}/accounts", params={"since": since or ""})
        for row in jsontext.loads(answer.content)["accounts"]:
            yield [ReferenceItem("account", row["id"], row["name"], row["active"], {}, row, deleted=row.get("deleted", False))]


class FakeReceiver:
    info = info

    def verify(self, endpoints: Endpoints, headers: Mapping[str, str], body: bytes) -> bool:
        return headers.get("x-fake-signature") == "right"

    def notices(self, body: bytes) -> list[Notice]:
        rows: list[dict[str, Any]] = jsontext.loads(body)
        return [Notice(row["id"], row["company"], "Account", "1", "Update") for row in rows]


authoriser = FakeAuthoriser()
target = FakeTarget()
receiver = FakeReceiver()
