"""Intuit's sign-in: discovery, the consent page, tokens, revocation, the user's profile (ledgers.md 1.1)."""

from __future__ import annotations

import base64
import binascii
import json
import re
from html import escape
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from sandbox.pages import page
from sandbox.quickbooks_online import keys
from sandbox.quickbooks_online.grants import ACCESS_SECONDS, ACCOUNTING, GrantError, Grants
from sandbox.world import World, origin

# Sandbox only: these open nothing but this simulator.
CLIENT_ID: Final = "sandbox-quickbooks-client"
CLIENT_SECRET: Final = "sandbox-quickbooks-secret"  # noqa: S105 - a simulator's
OTHER_CLIENT_ID: Final = "sandbox-quickbooks-other"
OTHER_CLIENT_SECRET: Final = "sandbox-quickbooks-other-secret"  # noqa: S105 - a simulator's
CLIENTS: Final = {CLIENT_ID: CLIENT_SECRET, OTHER_CLIENT_ID: OTHER_CLIENT_SECRET}
CALLBACK_PATH: Final = "/connections/quickbooks_online/callback/"
REDIRECTS: Final = "quickbooks_online.redirects"
SCOPES: Final = frozenset({ACCOUNTING, "com.intuit.quickbooks.payment", "openid", "profile", "email", "phone", "address"})
GREEN: Final = "#1b7a2f"
USER: Final = {"sub": "5d0c7f1e-2f5a-4e55-9d8e-6f1a2f0c9a11", "email": "owner@example.test", "name": "Robin Marsh"}


def base(request: Request) -> str:
    """This twin's address, as a client must call it."""
    return origin(request) + str(request.environ.get("SCRIPT_NAME", ""))


def discovery(request: Request) -> Response:
    here = base(request)
    document = {
        "issuer": f"{here}/op/v1",
        "authorization_endpoint": f"{here}/connect/oauth2",
        "token_endpoint": f"{here}/oauth2/v1/tokens/bearer",
        "userinfo_endpoint": f"{here}/v1/openid_connect/userinfo",
        "revocation_endpoint": f"{here}/v2/oauth2/tokens/revoke",
        "jwks_uri": f"{here}/op/v1/jwks",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile", "address", "phone"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "claims_supported": ["aud", "exp", "iat", "iss", "realmid", "sub"],
    }
    return as_json(document)


def as_json(data: Any, status: int = 200) -> Response:
    return Response(json.dumps(data), status=status, content_type="application/json;charset=UTF-8")


class SignIn:
    """The pages and endpoints that make and end consents."""

    def __init__(self, world: World, grants: Grants) -> None:
        self.world, self.grants = world, grants

    # Consent

    def consent(self, request: Request) -> Response:
        """GET shows the question, POST answers it. A wrong app or address is told here, never redirected."""
        asked = {name: request.values.get(name, "") for name in ("client_id", "redirect_uri", "response_type", "scope", "state")}
        wrong = self._wrong(asked)
        if wrong:
            return _page(
                "This request can't be shown", f'<div class="card"><h1>Something went wrong</h1><p>{escape(wrong)}</p></div>', 400
            )
        refused = _refused(asked)
        if refused:
            return _back(asked, error=refused)
        if request.method != "POST":
            return self._question(asked)
        if request.form.get("decision") != "connect":
            return _back(asked, error="access_denied")
        realm = request.form.get("realm", "")
        if realm not in {company["realm"] for company in self.companies()}:
            return _page(
                "Choose a company", '<div class="card"><h1>Choose a company</h1><p>That company does not exist.</p></div>', 400
            )
        return _back(
            asked, code=self.grants.code(asked["client_id"], realm, asked["redirect_uri"], asked["scope"]), realmId=realm
        )

    def _wrong(self, asked: dict[str, str]) -> str:
        if asked["client_id"] not in CLIENTS:
            return "The client id is not known."
        if not self.registered(asked["redirect_uri"]):
            return "The redirect_uri query parameter value is invalid. It must match one that the app has registered."
        return ""

    def registered(self, uri: str) -> bool:
        """Exact match with a registered address, or the product's own callback on this machine, on any port."""
        if uri in self.world.store.get(REDIRECTS, []):
            return True
        parts = urlsplit(uri)
        local = parts.scheme in ("http", "https") and parts.hostname in ("localhost", "127.0.0.1", "testserver")
        return local and parts.path == CALLBACK_PATH and not parts.query and not parts.fragment

    def companies(self) -> list[dict[str, Any]]:
        with self.world.db() as conn:
            return [dict(row) for row in conn.execute("SELECT realm, name, country, home FROM qbo_company ORDER BY realm")]

    def _question(self, asked: dict[str, str]) -> Response:
        hidden = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in asked.items())
        choices = "".join(_choice(company, index == 0) for index, company in enumerate(self.companies()))
        what = "Read and change your accounting data" if ACCOUNTING in asked["scope"].split() else "See who you are"
        body = (
            f'<form method="post" class="card">{hidden}<h1>Connect Tieout to QuickBooks</h1>'
            f"<p>Tieout asks for permission to:</p><ul><li>{what}</li></ul>"
            f"<fieldset><legend>Which company?</legend>{choices}</fieldset>"
            '<div class="actions"><button class="primary" name="decision" value="connect">Connect</button>'
            '<button name="decision" value="deny" formnovalidate>No thanks</button></div></form>'
        )
        return _page("Connect to QuickBooks", body)

    # Tokens

    def token(self, request: Request) -> Response:
        try:
            return self._token(request)
        except GrantError as error:
            body = {"error": error.error, **({"error_description": error.description} if error.description else {})}
            return as_json(body, error.status)

    def _token(self, request: Request) -> Response:
        client = _client(request)
        match request.form.get("grant_type"):
            case "authorization_code":
                pair = self.grants.exchange(client, request.form.get("code", ""), request.form.get("redirect_uri", ""))
            case "refresh_token":
                pair = self.grants.refresh(client, request.form.get("refresh_token", ""))
            case _:
                raise GrantError("unsupported_grant_type")
        if request.headers.get("x-include-refresh-token-hard-expires-in", "").lower() != "true":
            pair.pop("x_refresh_token_hard_expires_in")
        scope, realm = pair.pop("scope"), pair.pop("realm")
        if "openid" in scope.split():
            pair["id_token"] = keys.sign(self._claims(request, client, realm))
        return as_json(pair)

    def _claims(self, request: Request, client: str, realm: str) -> dict[str, Any]:
        now = int(self.world.now().timestamp())
        return {
            "sub": USER["sub"], "aud": [client], "realmid": realm, "auth_time": now, "iss": f"{base(request)}/op/v1",
            "exp": now + ACCESS_SECONDS, "iat": now,
        }  # fmt: skip

    def revoke(self, request: Request) -> Response:
        """200 with an empty body; 400 for a token that isn't one."""
        try:
            _client(request)
            sent = json.loads(request.get_data() or b"{}") if request.mimetype == "application/json" else request.form
            if not self.grants.revoke(str(sent.get("token", ""))):
                raise GrantError("invalid_request", "Invalid token")
        except GrantError as error:
            return as_json({"error": error.error}, error.status)
        except ValueError:
            return as_json({"error": "invalid_request"}, 400)
        return Response(status=200)

    def profile(self, request: Request) -> Response:
        access = self.grants.access(bearer(request))
        if access is None:
            return as_json({"error": "invalid_token"}, 401)
        scopes = access.scope.split()
        shown: dict[str, Any] = {"sub": USER["sub"]}
        if "email" in scopes:
            shown |= {"email": USER["email"], "emailVerified": True}
        if "profile" in scopes:
            given, _, family = USER["name"].partition(" ")
            shown |= {"givenName": given, "familyName": family}
        return as_json(shown)


def bearer(request: Request) -> str:
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if kind.lower() == "bearer" else ""


def _client(request: Request) -> str:
    """The app that calls, by Basic authentication."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    try:
        client, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        client, secret = "", ""
    if kind.lower() != "basic" or CLIENTS.get(client) != secret:
        raise GrantError("invalid_client", status=401)
    return client


def _refused(asked: dict[str, str]) -> str:
    if asked["response_type"] != "code":
        return "unsupported_response_type"
    scopes = asked["scope"].split()
    return "" if scopes and SCOPES.issuperset(scopes) else "invalid_scope"


def _back(asked: dict[str, str], **answer: str) -> Response:
    """To the app, with the answer and its state."""
    query = urlencode({**answer, **({"state": asked["state"]} if asked["state"] else {})})
    joint = "&" if re.search(r"\?", asked["redirect_uri"]) else "?"
    return redirect(f"{asked['redirect_uri']}{joint}{query}", 302)


def _choice(company: dict[str, Any], first: bool) -> str:
    checked = " checked" if first else ""
    return (
        f'<label class="choice"><input type="radio" name="realm" value="{company["realm"]}"{checked}><span>'
        f"<strong>{escape(company['name'])}</strong>"
        f'<span class="soft">{company["country"]}, {company["home"]}</span></span></label>'
    )


def _page(title: str, body: str, status: int = 200) -> Response:
    return page(title, body, brand="QuickBooks", colour=GREEN, status=status)
