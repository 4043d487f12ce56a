"""Xero's sign-in: the consent page with its organisation picker, tokens, revocation, connections (ledgers.md 2.1)."""

from __future__ import annotations

import base64
import binascii
import json
from html import escape
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from sandbox.pages import page
from sandbox.world import World
from sandbox.xero import errors, scopes
from sandbox.xero.grants import Access, GrantError, Grants

# Sandbox only: these open nothing but this simulator.
CLIENT_ID: Final = "sandbox-xero-client"
CLIENT_SECRET: Final = "sandbox-xero-secret"  # noqa: S105 - a simulator's
CLIENTS: Final = {CLIENT_ID: CLIENT_SECRET}
CALLBACK_PATH: Final = "/connections/xero/callback/"
REDIRECTS: Final = "xero.redirects"
BLUE: Final = "#0b6a8f"
_ASKED: Final = (
    "client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method",
)  # fmt: skip
_MEANINGS: Final = {
    "accounting.invoices": "your invoices, bills, credit notes and items",
    "accounting.payments": "your payments",
    "accounting.banktransactions": "your bank transactions and transfers",
    "accounting.manualjournals": "your manual journals",
    "accounting.contacts": "your contacts",
    "accounting.settings": "your organisation's settings",
    "accounting.attachments": "your attachments",
}


def as_json(data: Any, status: int = 200) -> Response:
    return Response(json.dumps(data), status=status, content_type="application/json; charset=utf-8")


def bearer(request: Request) -> str:
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if kind.lower() == "bearer" else ""


def admit(grants: Grants, request: Request) -> Access:
    """The caller behind the access token. Raises Refusal 401."""
    access, why = grants.access(bearer(request))
    if access is None:
        raise errors.unauthenticated(why)
    return access


class SignIn:
    """The pages and endpoints that make, use and end consents."""

    def __init__(self, world: World, grants: Grants) -> None:
        self.world, self.grants = world, grants

    def consent(self, request: Request) -> Response:
        """GET shows the question, POST answers it: `decision` allow or deny, `tenant` once for each organisation."""
        asked = {name: request.values.get(name, "") for name in _ASKED}
        if wrong := self._wrong(asked):
            return _told("Sorry, something went wrong", wrong)
        if refused := _refused(asked):
            return _back(asked, error=refused)
        if request.method != "POST":
            return self._question(asked)
        if request.form.get("decision") != "allow":
            return _back(asked, error="access_denied")
        try:
            code = self.grants.code(
                asked["client_id"], request.form.getlist("tenant"), asked["redirect_uri"], asked["scope"], asked["code_challenge"]
            )
        except (KeyError, ValueError):
            return _told("Choose an organisation", "Choose one or more organisations of one Xero user.")
        return _back(asked, code=code, scope=asked["scope"])

    def _wrong(self, asked: dict[str, str]) -> str:
        if asked["client_id"] not in CLIENTS:
            return "Error: unauthorized_client. Unknown client or client not enabled."
        return "" if self.registered(asked["redirect_uri"]) else "Error: unauthorized_client. Invalid redirect_uri."

    def registered(self, uri: str) -> bool:
        """Exact match with a registered address, or the product's own callback on this machine, on any port."""
        if uri in self.world.store.get(REDIRECTS, []):
            return True
        parts = urlsplit(uri)
        local = parts.scheme in ("http", "https") and parts.hostname in ("localhost", "127.0.0.1", "testserver")
        return local and parts.path == CALLBACK_PATH and not parts.query and not parts.fragment

    def _question(self, asked: dict[str, str]) -> Response:
        hidden = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in asked.items())
        wanted = [text for name, text in _MEANINGS.items() if {name, f"{name}.read"} & set(asked["scope"].split())]
        what = "".join(f"<li>View and manage {text}</li>" for text in wanted) or "<li>See who you are</li>"
        body = (
            f'<form method="post" class="card">{hidden}<h1>Tieout wants access to</h1>{self._choices()}'
            f"<p>This allows Tieout to:</p><ul>{what}</ul>"
            '<div class="actions"><button class="primary" name="decision" value="allow">Allow access</button>'
            '<button name="decision" value="deny">Cancel</button></div></form>'
        )
        return page("Allow access to Xero", body, brand="Xero", colour=BLUE)

    def _choices(self) -> str:
        """A field set for each user: in the real sign-in a person sees their own organisations only."""
        with self.world.db() as conn:
            rows = conn.execute(
                "SELECT o.*, u.name AS person FROM xero_organisation o JOIN xero_user u ON u.id = o.user"
                " ORDER BY u.rowid, o.rowid"
            ).fetchall()
        people = dict.fromkeys(row["person"] for row in rows)
        first = rows[0]["tenant"]
        return "".join(
            f"<fieldset><legend>Organisations of {escape(person)}</legend>"
            + "".join(_choice(row, row["tenant"] == first) for row in rows if row["person"] == person)
            + "</fieldset>"
            for person in people
        )

    # Tokens

    def token(self, request: Request) -> Response:
        try:
            client, secret_shown = _client(request)
            match request.form.get("grant_type"):
                case "authorization_code":
                    code, uri = request.form.get("code", ""), request.form.get("redirect_uri", "")
                    return as_json(self.grants.exchange(client, code, uri, request.form.get("code_verifier", ""), secret_shown))
                case "refresh_token":
                    return as_json(self.grants.refresh(client, request.form.get("refresh_token", "")))
            raise GrantError("unsupported_grant_type")
        except GrantError as error:
            return as_json({"error": error.error}, error.status)

    def revoke(self, request: Request) -> Response:
        """200 with an empty body, also for a token that isn't one (RFC 7009 2.2)."""
        try:
            client, _ = _client(request)
        except GrantError as error:
            return as_json({"error": error.error}, error.status)
        self.grants.revoke(request.form.get("token", ""), "the app", client)
        return Response(status=200)

    def connections(self, request: Request, access: Access, connection: str | None) -> Response:
        if connection is None:
            if request.method != "GET":
                return Response(status=405)
            return as_json(self.grants.connections(access, request.args.get("authEventId")))
        if request.method != "DELETE":
            return Response(status=405)
        return Response(status=204 if self.grants.remove(connection, access) else 404)


def _client(request: Request) -> tuple[str, bool]:
    """The app that calls and whether it showed its secret: by Basic authentication, in the body, or by id alone (PKCE)."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    client, secret = request.form.get("client_id", ""), request.form.get("client_secret")
    if kind.lower() == "basic":
        try:
            client, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            client, secret = "", ""
    if client not in CLIENTS or (secret is not None and secret != CLIENTS[client]):
        raise GrantError("invalid_client")
    return client, secret is not None


def _refused(asked: dict[str, str]) -> str:
    if asked["response_type"] != "code":
        return "unsupported_response_type"
    if asked["code_challenge"] and asked["code_challenge_method"] != "S256":
        return "invalid_request"
    return scopes.wrong(asked["scope"].split())


def _back(asked: dict[str, str], **answer: str) -> Response:
    """To the app, with the answer and its state."""
    query = urlencode({**answer, **({"state": asked["state"]} if asked["state"] else {})})
    joint = "&" if "?" in asked["redirect_uri"] else "?"
    return redirect(f"{asked['redirect_uri']}{joint}{query}", 302)


def _choice(row: Any, first: bool) -> str:
    checked = " checked" if first else ""
    return (
        f'<label class="choice"><input type="checkbox" name="tenant" value="{row["tenant"]}"{checked}><span>'
        f'<strong>{escape(row["name"])}</strong><span class="soft">{row["country"]}, {row["base"]}</span></span></label>'
    )


def _told(title: str, text: str) -> Response:
    body = f'<div class="card"><h1>{escape(title)}</h1><p>{escape(text)}</p></div>'
    return page(title, body, brand="Xero", colour=BLUE, status=400)
