"""Login with Amazon: the token endpoint. Form-encoded in, JSON out, errors as OAuth 2 words them.

Shapes as in Amazon's LWA documentation: `{"error", "error_description"}` with 400, or 401 for a client
that fails to prove itself. The refresh token stays the same when it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from werkzeug.wrappers import Request, Response

from sandbox.amazon.grants import TOKEN_LIFE, Grants
from sandbox.amazon.places import APPLICATIONS
from sandbox.faults import Fault, Kind
from sandbox.jsontext import dump
from sandbox.world import World

SCOPES = ("sellingpartnerapi::notifications", "sellingpartnerapi::client_credential:rotation")
BAD_GRANT = "The request has an invalid grant parameter : refresh_token."
Answer = tuple[dict[str, object], int]


class Login:
    """`POST /auth/o2/token`."""

    def __init__(self, world: World, grants: Grants) -> None:
        self._world, self._grants = world, grants
        self._kinds: dict[str, Callable[[Mapping[str, str], str], Answer]] = {
            "authorization_code": self._by_code,
            "refresh_token": self._by_refresh_token,
            "client_credentials": self._grantless,
        }

    def handle(self, request: Request) -> Response:
        return self._world.act(
            "amazon", "token", request, commit=lambda: self._answer(request), refuse=lambda fault: self._refuse(request, fault)
        )

    def _answer(self, request: Request) -> Response:
        if request.method != "POST":
            return _json(_error("invalid_request", "The request must be a POST"))
        form = request.form
        grant_type = form.get("grant_type", "")
        if not grant_type:
            return _json(_missing("grant_type"))
        if grant_type not in self._kinds:
            said = "The authorization grant type is not supported by the authorization server"
            return _json(_error("unsupported_grant_type", said))
        client_id = self._client(form, request)
        if client_id is None:
            return _json(_error("invalid_client", "Client authentication failed", 401))
        return _json(self._kinds[grant_type](form, client_id))

    def _client(self, form: Mapping[str, str], request: Request) -> str | None:
        """The client, by form fields or HTTP Basic; None unless its secret is right."""
        basic = request.authorization
        given = (form.get("client_id"), form.get("client_secret"))
        if basic is not None and basic.type == "basic":
            given = (basic.username, basic.password)
        app = APPLICATIONS.get(given[0] or "")
        return app.client_id if app and app.secret == given[1] else None

    def _by_code(self, form: Mapping[str, str], client_id: str) -> Answer:
        if not form.get("code"):
            return _missing("code")
        grant = self._grants.redeem(form["code"], client_id, form.get("redirect_uri"))
        if grant is None:
            return _error("invalid_grant", "The request has an invalid grant parameter : code")
        return self._tokens(client_id, grant["id"], grant["refresh_token"])

    def _by_refresh_token(self, form: Mapping[str, str], client_id: str) -> Answer:
        if not form.get("refresh_token"):
            return _missing("refresh_token")
        grant = self._grants.by_refresh_token(form["refresh_token"], client_id)
        if grant is None:
            return _error("invalid_grant", f"{BAD_GRANT} User may have revoked or didn't grant the permission.")
        return self._tokens(client_id, grant["id"], grant["refresh_token"])

    def _grantless(self, form: Mapping[str, str], client_id: str) -> Answer:
        if form.get("scope") not in SCOPES:
            return _error("invalid_scope", "The request has an invalid scope parameter")
        token = self._grants.issue_token(client_id, None, form["scope"])
        return {**_bearer(token), "scope": form["scope"]}, 200

    def _tokens(self, client_id: str, grant_id: int, refresh_token: str) -> Answer:
        token = self._grants.issue_token(client_id, grant_id)
        return {**_bearer(token), "refresh_token": refresh_token}, 200

    def _refuse(self, request: Request, fault: Fault) -> Response:
        """Faults at the token endpoint; expire and revoke act on the grant whose token was sent."""
        if fault.kind is Kind.THROTTLE:
            return _json(_error("throttled", "Request is throttled", 429))
        if fault.kind is Kind.ERROR_500:
            return _json(_error("server_error", "The server encountered a runtime error", 500))
        grant = self._grants.by_refresh_token(request.form.get("refresh_token", ""), request.form.get("client_id", ""))
        if grant is not None and fault.kind is Kind.REVOKE:
            self._grants.revoke(grant_id=grant["id"])
        return _json(_error("invalid_grant", BAD_GRANT))


def _bearer(token: str) -> dict[str, object]:
    return {"access_token": token, "token_type": "bearer", "expires_in": int(TOKEN_LIFE.total_seconds())}


def _error(code: str, description: str, status: int = 400) -> Answer:
    return {"error_description": description, "error": code}, status


def _missing(name: str) -> Answer:
    return _error("invalid_request", f"The request is missing a required parameter : {name}")


def _json(answer: Answer) -> Response:
    data, status = answer
    headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
    return Response(dump(data), status=status, content_type="application/json;charset=UTF-8", headers=headers)
