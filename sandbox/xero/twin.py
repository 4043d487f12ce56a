"""The Xero twin: which path is answered by whom, and what all answers have in common."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, Final

from werkzeug.wrappers import Request, Response

from sandbox.faults import Fault, Kind
from sandbox.store import Planting
from sandbox.world import World, origin
from sandbox.xero import app_pages, commands, errors, scopes, seed, service, tables, wire
from sandbox.xero.books import Books
from sandbox.xero.grants import Access, Grants
from sandbox.xero.idempotency import Key
from sandbox.xero.limits import Meter
from sandbox.xero.sign_in import SignIn, admit, as_json
from sandbox.xero.webhooks import Webhooks

LARGEST_BODY: Final = 10 * 1024 * 1024
_OFFLINE: Final = "The organisation is offline"


class Twin:
    """Xero's sign-in, the Accounting API 2.0, and the pages a person would see inside Xero."""

    name = "xero"
    title = "Xero"

    def __init__(self, world: World) -> None:
        self.world = world
        self.grants = Grants(world)
        self.sign_in = SignIn(world, self.grants)
        self.webhooks = Webhooks(world)
        self.meter = Meter(world)
        self._planting = Planting(tables.TABLES)

    # The sandbox's own interface

    def seed(self) -> None:
        with self.world.db() as conn:
            tables.create(conn)
            if conn.execute("SELECT count(*) FROM xero_organisation").fetchone()[0] == 0:
                self._planting.plant(conn, lambda: seed.plant(conn, self.world))

    def reset(self) -> None:
        with self.world.db() as conn:
            tables.create(conn)
            tables.empty(conn)
            commands.forget(self.world)
        self.meter.clear()
        self.seed()

    def state(self) -> dict[str, Any]:
        return commands.state(self)

    def seeded(self) -> dict[str, Any]:
        return seed.SEEDED

    def command(self, verb: str, params: dict[str, Any]) -> dict[str, Any]:
        return commands.run(self, verb, params)

    def links(self) -> list[tuple[str, str]]:
        return app_pages.links()

    # Requests

    def handle(self, request: Request) -> Response:
        response = self._answer(request)
        response.headers.setdefault("Xero-Correlation-Id", str(uuid.uuid4()))
        return response

    def _answer(self, request: Request) -> Response:
        parts = [part for part in request.path.split("/") if part]
        match [part.lower() for part in parts]:
            case ["identity", "connect", "authorize"]:
                return self.sign_in.consent(request)
            case ["connect", "token"] if request.method == "POST":
                operation = "refresh" if request.form.get("grant_type") == "refresh_token" else "token"
                return self._plain(operation, request, lambda: self.sign_in.token(request))
            case ["connect", "revocation"] if request.method == "POST":
                return self._plain("revoke", request, lambda: self.sign_in.revoke(request))
            case ["connections"]:
                return self._connections(request, None)
            case ["connections", connection]:
                return self._connections(request, connection)
            case ["api.xro", "2.0", _, *_]:
                return self._service(request, parts[2:])
            case ["app", *_]:
                return app_pages.handle(self.world, request, parts[1:])
        return Response("Not found", status=404)

    def _plain(self, operation: str, request: Request, commit: Callable[[], Response]) -> Response:
        """An endpoint of the identity service under the world's faults."""

        def refuse(fault: Fault) -> Response:
            if fault.kind is Kind.THROTTLE:
                return as_json({"error": "throttled"}, 429)
            if fault.kind is Kind.ERROR_500:
                return as_json({"error": "server_error"}, 500)
            self.grants.revoke(request.form.get("refresh_token", ""), "a fault")
            return as_json({"error": "invalid_grant"}, 400)

        return self.world.act(self.name, operation, request, commit=commit, refuse=refuse)

    def _connections(self, request: Request, connection: str | None) -> Response:
        try:
            access = admit(self.grants, request)
        except errors.Refusal as refusal:
            return _problem(refusal)
        return self.world.act(
            self.name, "connections", request,
            commit=lambda: self.sign_in.connections(request, access, connection),
            refuse=lambda fault: self._misbehave(access, fault, None),
        )  # fmt: skip

    def _service(self, request: Request, parts: list[str]) -> Response:
        try:
            access, tenant = self._admit(request, parts)
            with self.meter.call(access.client, tenant, self._settings(tenant)["class"] == "STARTER") as headers:
                response = self._metered(request, access, tenant, parts)
        except errors.Refusal as refusal:
            return _problem(refusal)
        response.headers.extend(headers)
        return response

    def _admit(self, request: Request, parts: list[str]) -> tuple[Access, str]:
        """Who calls and for which organisation. Raises Refusal 401 or 403."""
        access = admit(self.grants, request)
        tenant = request.headers.get("xero-tenant-id", "").strip().lower()
        if not self.grants.connected(access, tenant):
            raise errors.not_connected()
        part = parts[2].lower() if len(parts) > 2 else ""
        name = "organisation" if parts[0].lower() == "organisations" else parts[0].lower()
        if not scopes.allowed(access.scope, name, part, request.method == "GET"):
            raise errors.out_of_scope()
        return access, tenant

    def _settings(self, tenant: str) -> dict[str, Any]:
        with self.world.db() as conn:
            return Books(conn, tenant, self.world.now()).settings

    def _metered(self, request: Request, access: Access, tenant: str, parts: list[str]) -> Response:
        offline = self._settings(tenant)["offline"]
        if offline:
            return Response(_OFFLINE, status=int(offline), content_type="text/plain")
        if (request.content_length or 0) > LARGEST_BODY:
            return Response("The request is too large", status=413, content_type="text/plain")
        try:
            key = Key(request, access.client, tenant)
        except errors.BadRequest as wrong:
            return wire.answer(request, wrong.data(), 400, "ApiException")
        return self.world.act(
            self.name, service.operation(request, parts), request,
            commit=lambda: self._serve(request, access, tenant, parts, key),
            refuse=lambda fault: self._misbehave(access, fault, key),
        )  # fmt: skip

    def _serve(self, request: Request, access: Access, tenant: str, parts: list[str], key: Key) -> Response:
        """One request is one transaction: all of it is kept or nothing. What went wrong is kept under its key as well."""
        now = self.world.now()
        address = f"{origin(request)}{request.environ.get('SCRIPT_NAME', '')}/api.xro/2.0"
        try:
            with self.world.db() as conn:
                if replayed := key.replay(conn, now):
                    return replayed
                response = service.serve(Books(conn, tenant, now, access.client), request, parts, address)
                key.keep(conn, now, response)
        except errors.BadRequest as wrong:
            response = wire.answer(request, wrong.data(), 400, "ApiException")
            self._keep(key, response, misused=wrong.number == errors.MISUSED_KEY)
        except errors.NotFound as wrong:
            response = Response(str(wrong), status=404, content_type="text/plain; charset=utf-8")
            self._keep(key, response)
        if request.method != "GET":
            self.webhooks.wake()
        return response

    def _keep(self, key: Key, response: Response, *, misused: bool = False) -> None:
        """Remember a refusal under its key; what was refused because of the key leaves the first answer alone."""
        if not misused:
            with self.world.db() as conn:
                key.keep(conn, self.world.now(), response)

    def _misbehave(self, access: Access, fault: Fault, key: Key | None) -> Response:
        match fault.kind:
            case Kind.THROTTLE:
                return _problem(errors.throttled("minute", 60 - int(self.world.now().timestamp()) % 60))
            case Kind.EXPIRE:
                self.grants.expire(access.token)
                return _problem(errors.unauthenticated("TokenExpired: token expired"))
            case Kind.REVOKE:
                self.grants.end(access.grant, "a fault")
                return _problem(errors.unauthenticated("AuthenticationUnsuccessful"))
        failure = {"ErrorNumber": 0, "Type": None, "Message": "An error occurred in Xero. Check the API Status page."}
        response = as_json(failure, 500)
        if key:
            self._keep(key, response)  # errors are remembered too (reliability.md)
        return response


def _problem(refusal: errors.Refusal) -> Response:
    response = as_json(refusal.data(str(uuid.uuid4())), refusal.status)
    response.headers.extend(refusal.headers)
    return response
