"""The QuickBooks Online twin: which path is answered by whom, and what all answers have in common."""

from __future__ import annotations

import uuid
from typing import Any, Final

from werkzeug.wrappers import Request, Response

from sandbox.faults import Fault as WorldFault
from sandbox.faults import Kind
from sandbox.quickbooks_online import commands, faults, gateway, keys, ledger_pages, oauth, rest, seed, tables
from sandbox.quickbooks_online.company import Company
from sandbox.quickbooks_online.grants import Access, Grants
from sandbox.quickbooks_online.jsonio import dumps
from sandbox.quickbooks_online.oauth import SignIn
from sandbox.quickbooks_online.show import moment
from sandbox.quickbooks_online.webhooks import Webhooks
from sandbox.store import Planting
from sandbox.world import World

JSON: Final = "application/json;charset=UTF-8"
XML: Final = "application/xml;charset=UTF-8"


class Twin:
    """Intuit's sign-in, the accounting service v3, and the pages a person would see inside QuickBooks."""

    name = "quickbooks_online"
    title = "QuickBooks Online"

    def __init__(self, world: World) -> None:
        self.world = world
        self._planting = Planting(tables.TABLES)
        self.grants = Grants(world)
        self.sign_in = SignIn(world, self.grants)
        self.webhooks = Webhooks(world)
        self.meter = gateway.Meter(world)

    # The sandbox's own interface

    def seed(self) -> None:
        with self.world.db() as conn:
            tables.create(conn)
            if conn.execute("SELECT count(*) FROM qbo_company").fetchone()[0] == 0:
                self._planting.plant(conn, lambda: seed.plant(conn, self.world))

    def reset(self) -> None:
        with self.world.db() as conn:
            tables.create(conn)
            tables.empty(conn)
            commands.forget(self.world)
        self.meter.clear()
        self.seed()

    def state(self) -> dict[str, Any]:
        return commands.state(self.world, self.grants, self.webhooks)

    def seeded(self) -> dict[str, Any]:
        return seed.SEEDED

    def command(self, verb: str, params: dict[str, Any]) -> dict[str, Any]:
        return commands.run(self, verb, params)

    def links(self) -> list[tuple[str, str]]:
        return ledger_pages.links()

    # Requests

    def handle(self, request: Request) -> Response:
        response = self._answer(request)
        response.headers.setdefault("intuit_tid", f"1-{uuid.uuid4().hex[:8]}-{uuid.uuid4().hex[:24]}")
        return response

    def _answer(self, request: Request) -> Response:
        path = request.path.rstrip("/")
        match path.split("/")[1:]:
            case [".well-known", "openid_configuration" | "openid_sandbox_configuration"]:
                return oauth.discovery(request)
            case ["connect", "oauth2"]:
                return self.sign_in.consent(request)
            case ["oauth2", "v1", "tokens", "bearer"] if request.method == "POST":
                return self._token(request)
            case ["v2", "oauth2", "tokens", "revoke"] if request.method == "POST":
                return self._plain("revoke", request, lambda: self.sign_in.revoke(request))
            case ["v1", "openid_connect", "userinfo"]:
                return self.sign_in.profile(request)
            case ["op", "v1", "jwks"]:
                return oauth.as_json(keys.jwks())
            case ["v3", "company", realm, *rest_of]:
                return self._service(request, realm, "/".join(rest_of))
            case ["app", *where]:
                return ledger_pages.handle(self.world, request, where)
        return Response("Not found", status=404)

    def _token(self, request: Request) -> Response:
        operation = "refresh" if request.form.get("grant_type") == "refresh_token" else "token"
        return self._plain(operation, request, lambda: self.sign_in.token(request))

    def _plain(self, operation: str, request: Request, commit: Any) -> Response:
        """A sign-in endpoint under the world's faults."""

        def refuse(fault: WorldFault) -> Response:
            if fault.kind is Kind.THROTTLE:
                return oauth.as_json({"error": "throttled"}, 429)
            if fault.kind is Kind.ERROR_500:
                return oauth.as_json({"error": "server_error"}, 500)
            self.grants.revoke(request.form.get("refresh_token", ""), "a fault")
            return oauth.as_json({"error": "invalid_grant"}, 400)

        return self.world.act(self.name, operation, request, commit=commit, refuse=refuse)

    def _service(self, request: Request, realm: str, rest_of: str) -> Response:
        try:
            access = gateway.admit(self.grants, request, realm)
            self.meter.count(access, batch=rest_of.strip("/") == "batch")
            return self.world.act(
                self.name, rest.operation(request, rest_of), request,
                commit=lambda: self._serve(request, realm, rest_of), refuse=lambda fault: self._misbehave(request, access, fault),
            )  # fmt: skip
        except faults.Refusal as refusal:
            return self._refused(request, refusal)

    def _serve(self, request: Request, realm: str, rest_of: str) -> Response:
        """One request is one transaction: all of it is kept or nothing."""
        now = self.world.now()
        try:
            with self.world.db() as conn:
                answer = rest.serve(Company(conn, realm, now), request, rest_of)
        except faults.Fault as fault:
            return _json({"Fault": fault.data(), "time": moment(now)}, fault.status)
        if request.method == "POST":
            self.webhooks.wake()
        return _json({**answer, "time": moment(now)})

    def _misbehave(self, request: Request, access: Access, fault: WorldFault) -> Response:
        match fault.kind:
            case Kind.THROTTLE:
                return self._refused(request, faults.throttled())
            case Kind.EXPIRE:
                self.grants.expire(access.token)
                return self._refused(request, faults.unauthenticated("Token expired"))
            case Kind.REVOKE:
                self.grants.end(access.grant, "a fault")
                return self._refused(request, faults.unauthenticated("Token revoked"))
        failure = faults.system_failure()
        return _json({"Fault": failure.data(), "time": moment(self.world.now())}, failure.status)

    def _refused(self, request: Request, refusal: faults.Refusal) -> Response:
        """As JSON where it is asked for, unless the gateway is in its XML mood."""
        at = moment(self.world.now())
        wants_json = "json" in request.headers.get("Accept", "")
        if not wants_json or self.world.store.get(commands.GATEWAY_XML, False):
            return Response(refusal.xml(at), status=refusal.status, content_type=XML)
        return _json({**refusal.data(), "time": int(self.world.now().timestamp() * 1000)}, refusal.status)


def _json(data: dict[str, Any], status: int = 200) -> Response:
    return Response(dumps(data), status=status, content_type=JSON)
