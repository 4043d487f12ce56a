"""Being let into a Paperbooks company: by the key that its owner copies out of the settings there."""

from __future__ import annotations

from collections.abc import Mapping

from canonical.problems import Problem, Refused, declare
from connections import jsontext
from connections.contracts import Door, Endpoints, ExternalAccount, ProviderInfo, TokenSet

NO_CONSENT = declare("paperbooks.no_consent", "Paperbooks has no consent page.", "Paste the key of the company.")


class PaperAuthoriser:
    """The Authoriser of Paperbooks."""

    def __init__(self, info: ProviderInfo) -> None:
        self.info = info

    def consent_url(self, endpoints: Endpoints, *, state: str, redirect_uri: str, answers: Mapping[str, str]) -> str:
        raise Refused(Problem(NO_CONSENT))

    def exchange(
        self, door: Door, *, callback: Mapping[str, str], redirect_uri: str, answers: Mapping[str, str]
    ) -> tuple[TokenSet, ExternalAccount]:
        raise Refused(Problem(NO_CONSENT))

    def adopt(self, door: Door, *, answers: Mapping[str, str]) -> tuple[TokenSet, ExternalAccount]:
        """One read with the key shows whose it is."""
        tokens = TokenSet(access_token=answers["key"], refresh_token=answers["key"])
        return tokens, _described(door, headers=self.sign(tokens), signed=False)

    def refresh(self, door: Door, tokens: TokenSet) -> TokenSet:
        """A key does not end by itself: what is refused once is refused for good, and the next call says so."""
        return tokens

    def revoke(self, door: Door, tokens: TokenSet) -> None:
        """There is no address for it: the owner takes the key back over there."""

    def sign(self, tokens: TokenSet) -> Mapping[str, str]:
        return {"x-key": tokens.access_token}

    def ping(self, door: Door, account: ExternalAccount) -> ExternalAccount:
        return _described(door, headers={}, signed=True)


def _described(door: Door, *, headers: Mapping[str, str], signed: bool) -> ExternalAccount:
    answer = door.call("company", "GET", f"{door.endpoints.urls['api']}/company", headers=headers, signed=signed, expects="json")
    company = jsontext.loads(answer.content)
    return ExternalAccount(company["id"], company["name"], currency=company["currency"])
