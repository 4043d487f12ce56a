"""How we are let in: not at all. QuickBooks' Web Connector comes to us, with a user name and a password that we issue.

What makes a connection is an id of ours, which the .qwc file carries (FileID) and the Web Connector writes into the
company file: by it the right books are known again. The password itself is issued elsewhere (connections/polling.py),
and shown once.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta

from canonical.problems import Problem, Refused, declare
from connections.contracts import Door, Endpoints, ExternalAccount, ProviderInfo, TokenSet

from .client import Books
from .lists import company

PINGED = timedelta(minutes=2)  # a reading this young proves that the Web Connector works

NO_CONSENT = declare(
    "quickbooks_desktop.no_consent",
    "QuickBooks Desktop has no page on which to give a permission.",
    "Connect it with its Web Connector.",
)


class WebConnectorAuthoriser:
    """The Authoriser of a provider that is never called."""

    def __init__(self, info: ProviderInfo) -> None:
        self.info = info

    def consent_url(self, endpoints: Endpoints, *, state: str, redirect_uri: str, answers: Mapping[str, str]) -> str:
        raise Refused(Problem(NO_CONSENT))

    def exchange(
        self, door: Door, *, callback: Mapping[str, str], redirect_uri: str, answers: Mapping[str, str]
    ) -> tuple[TokenSet, ExternalAccount]:
        raise Refused(Problem(NO_CONSENT))

    def adopt(self, door: Door, *, answers: Mapping[str, str]) -> tuple[TokenSet, ExternalAccount]:
        """A company file under a new id of ours, or under the one it had; nothing is asked of anybody."""
        account = answers.get("external_account") or str(uuid.uuid4())
        return TokenSet("", ""), ExternalAccount(account, answers.get("company", "").strip() or "QuickBooks Desktop")

    def refresh(self, door: Door, tokens: TokenSet) -> TokenSet:
        return tokens

    def revoke(self, door: Door, tokens: TokenSet) -> None:
        """There is nothing to hand back: without a password nobody is let in here."""

    def sign(self, tokens: TokenSet) -> Mapping[str, str]:
        return {}

    def ping(self, door: Door, account: ExternalAccount) -> ExternalAccount:
        """One harmless reading, to be fetched with the next visit."""
        facts = company(Books(door), PINGED)
        return ExternalAccount(
            account.external_id, facts.name or account.name, country=facts.country, currency=facts.home_currency
        )
