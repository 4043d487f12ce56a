"""Being let into a KashFlow account: a user name and a password that go with every call, and a session beside.

KashFlow offers other companies no OAuth. SOAP takes user name and password in the body of each call. REST gives a
session for the login password and three letters of the memorable word, and ends it after an hour without use; a new
one is asked for once, never in a loop, because five wrong tries lock the account.

The credentials are kept where other providers keep a refresh token, the session where they keep an access token.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from urllib.parse import quote

from canonical.problems import Problem, Refused, declare
from connections.contracts import Door, Endpoints, ExternalAccount, ProviderInfo, Signature, TokenSet
from connections.errors import Failure, FailureKind

from . import faults, soap
from .client import Books, json_of, soap_headers
from .fields import Body, Unreadable

NO_CONSENT_PAGE = declare(
    "kashflow.no_consent_page",
    "KashFlow has no consent page for other companies.",
    "Connect with the account's user name and API password.",
)
NO_PASSWORD = declare(
    "kashflow.no_password",
    "A user name and a password are needed.",
    "Give the API password, or the login password where the API uses that one.",
)
WORD_ALONE = declare(
    "kashflow.word_alone",
    "The memorable word is of use only with the login password, and the other way round.",
    "Give both, or only the API password.",
)
WORD_SHORT = declare(
    "kashflow.word_short",
    "KashFlow asks for a letter that the memorable word does not have.",
    "Look the memorable word up in KashFlow and connect again.",
)
OTHER_COMPANY = declare(
    "kashflow.other_company",
    "The passwords open two different companies: %(first)s and %(second)s.",
    "Give the passwords of one user, then connect again.",
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the customer gave. `login` and `word` are "" where there is to be no session."""

    user: str
    api: str = field(repr=False)
    login: str = field(default="", repr=False)
    word: str = field(default="", repr=False)

    @classmethod
    def of(cls, tokens: TokenSet) -> Credentials:
        """Those kept with a grant. Raises ValueError for what is none."""
        return cls(**json.loads(tokens.refresh_token))

    def kept(self, session: str) -> TokenSet:
        """A session states no end: it idles out. Nothing else ends by itself."""
        return TokenSet(access_token=session, refresh_token=json.dumps(asdict(self)))


class KashFlowAuthoriser:
    """The Authoriser of KashFlow; signs each request by itself, since SOAP's credential is part of the body."""

    def __init__(self, info: ProviderInfo) -> None:
        self.info = info

    # ---------------------------------------------------------------- in and out

    def consent_url(self, endpoints: Endpoints, *, state: str, redirect_uri: str, answers: Mapping[str, str]) -> str:
        raise Refused(Problem(NO_CONSENT_PAGE))

    def exchange(
        self, door: Door, *, callback: Mapping[str, str], redirect_uri: str, answers: Mapping[str, str]
    ) -> tuple[TokenSet, ExternalAccount]:
        raise Refused(Problem(NO_CONSENT_PAGE))

    def adopt(self, door: Door, *, answers: Mapping[str, str]) -> tuple[TokenSet, ExternalAccount]:
        """Both ways in are tried once, and must lead to one company. Raises Refused or Failure."""
        given = _credentials(answers)
        home, details = _company(door, given)
        account = _account(given.user, details, home, answers)
        if not given.word:
            return given.kept(""), account
        session, company_id = _session(door, given)
        account = replace(account, facts={**account.facts, "company_id": company_id})
        return given.kept(session), _same_company(account, _look(door, session))

    def refresh(self, door: Door, tokens: TokenSet) -> TokenSet:
        """A new session; without one nothing ends and nothing is new."""
        given = Credentials.of(tokens)
        return given.kept(_session(door, given)[0]) if given.word else tokens

    def revoke(self, door: Door, tokens: TokenSet) -> None:
        """End the session. The passwords are the customer's to change; we forget them."""
        if not tokens.access_token:
            return
        url = f"{door.endpoints.urls['rest']}/sessiontoken/{quote(tokens.access_token)}"
        try:
            door.call("sign_out", "DELETE", url, headers=self.sign(tokens), signed=False, expects="bytes")
        except Failure as failure:
            if failure.kind not in (FailureKind.TOKEN_EXPIRED, FailureKind.NEEDS_RECONNECT, FailureKind.NOT_FOUND):
                raise

    # ---------------------------------------------------------------- signing

    def sign(self, tokens: TokenSet) -> Mapping[str, str]:
        return {"authorization": f"KfToken {tokens.access_token}"}

    def sign_request(self, endpoints: Endpoints, tokens: TokenSet, *, method: str, url: str, content: bytes) -> Signature:
        if not url.startswith(endpoints.urls["soap"]):
            return Signature(self.sign(tokens))
        given = Credentials.of(tokens)
        return Signature(content=soap.signed(content, given.user, given.api))

    def ping(self, door: Door, account: ExternalAccount) -> ExternalAccount:
        """The company's details, over each way in that we have. Raises Failure where they are of two companies."""
        books = Books(door, account)
        details = books.one("GetCompanyDetails")
        if details is None:
            raise faults.malformed("the company's details are missing", writes=False)
        now = replace(account, name=str(details.get("CompanyName") or account.name), facts=_facts(details, account.facts))
        return (
            _same_company(now, books.look("GET /settings/companydetails", "/settings/companydetails"))
            if books.has_session
            else now
        )


# ------------------------------------------------------------------ the pieces of signing in


def _credentials(answers: Mapping[str, str]) -> Credentials:
    user, login, word = (answers.get(name, "").strip() for name in ("username", "password", "memorable_word"))
    api = answers.get("api_password", "") or answers.get("password", "")
    if not user or not api:
        raise Refused(Problem(NO_PASSWORD))
    if word and not login:
        raise Refused(Problem(WORD_ALONE))
    return Credentials(user, api, answers.get("password", "") if word else "", word)


def _company(door: Door, given: Credentials) -> tuple[str, Body]:
    """Home currency and details, over SOAP, before anything is kept. Raises Failure."""
    details = _asked(door, given, "GetCompanyDetails")
    currencies = _asked(door, given, "GetCurrencies")
    if not isinstance(details, Mapping) or not isinstance(currencies, list):
        raise faults.malformed("the company's details are missing", writes=False)
    return next((str(row.get("CurrencyCode") or "") for row in currencies if row.get("isDefault")), ""), details


def _asked(door: Door, given: Credentials, operation: str) -> Any:
    """A call through a door that does not sign; what it logs is masked (connections/masking.py)."""
    content = soap.signed(soap.envelope(operation, {}), given.user, given.api)
    answer = door.call(
        operation,
        "POST",
        door.endpoints.urls["soap"],
        headers=soap_headers(operation),
        content=content,
        signed=False,
        expects="xml",
    )
    try:
        return soap.result(operation, answer.content)
    except Unreadable as wrong:
        raise faults.malformed(str(wrong), answer.trace_id, writes=False) from wrong


def _session(door: Door, given: Credentials) -> tuple[str, str]:
    """Session and company's id, by the two steps of a sign-in, each tried once. Raises Failure."""
    url = f"{door.endpoints.urls['rest']}/sessiontoken"
    first = {"UserName": given.user, "Password": given.login}
    begun = json_of(door.call("sign_in", "POST", url, json=first, signed=False, expects="json").content)
    token, asked = _text(begun, "TemporaryToken"), begun.get("MemorableWordList") if isinstance(begun, Mapping) else None
    if not token or not isinstance(asked, list):
        raise faults.malformed("a sign-in without its second step", writes=False)
    second = {"TemporaryToken": token, "MemorableWordList": _letters(asked, given.word)}
    done = json_of(door.call("memorable_word", "PUT", url, json=second, signed=False, expects="json").content)
    session = _text(done, "SessionToken")
    if not session:
        raise faults.malformed("a sign-in without a session", writes=False)
    return session, _text(done, "CompanyId") or _text(begun, "CompanyId")


def _letters(asked: Sequence[Any], word: str) -> list[dict[str, Any]]:
    """The letters at the places asked for; places count from 1."""
    places = [each.get("Position") if isinstance(each, Mapping) else None for each in asked]
    if not all(isinstance(place, int) and 1 <= place <= len(word) for place in places):
        problem = Problem(WORD_SHORT)
        raise Failure(FailureKind.NEEDS_RECONNECT, problem)
    return [{"Position": place, "Value": word[place - 1]} for place in places if place is not None]


def _look(door: Door, session: str) -> Any:
    url = f"{door.endpoints.urls['rest']}/settings/companydetails"
    headers = {"authorization": f"KfToken {session}", "accept": "application/json"}
    return json_of(door.call("GET /settings/companydetails", "GET", url, headers=headers, signed=False, expects="json").content)


def _text(body: Any, name: str) -> str:
    return str(body.get(name) or "") if isinstance(body, Mapping) else ""


def _account(user: str, details: Body, home: str, answers: Mapping[str, str]) -> ExternalAccount:
    """Over SOAP a company has no id of its own: the user's name tells one account from another."""
    prefix = "".join(char for char in answers.get("number_prefix", "") if char.isascii() and (char.isalnum() or char in "-_"))
    facts = {"session": bool(answers.get("memorable_word")), "number_prefix": prefix[:12]}
    name = str(details.get("CompanyName") or user)
    return ExternalAccount(user.casefold(), name, country="GB", currency=home, facts=_facts(details, facts))


def _facts(details: Body, before: Mapping[str, Any]) -> dict[str, Any]:
    return {**before, "vat_number": str(details.get("VatRegistrationNumber") or "")}


def _same_company(account: ExternalAccount, said: Any) -> ExternalAccount:
    """The account, if REST's company is SOAP's. Raises Failure."""
    second, user = _text(said, "CompanyName"), _text(said, "Username")
    if second != account.name or (user and user.casefold() != account.external_id):
        problem = Problem(OTHER_COMPANY, {"first": account.name, "second": second or user})
        raise Failure(FailureKind.NEEDS_RECONNECT, problem)
    country = said.get("Address", {}).get("CountryCode") if isinstance(said.get("Address"), Mapping) else ""
    return replace(account, country=str(country or account.country)[:2])
