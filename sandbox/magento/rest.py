"""The REST API of one shop: who calls, what for, in which scope, under which limits, and how it is refused."""

from __future__ import annotations

import json
import secrets
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.faults import Fault, Kind
from sandbox.jsontext import load
from sandbox.magento import bulk, fields, routes
from sandbox.magento.calls import Call, Route
from sandbox.magento.errors import Refusal, as_json, internal, invalid, no_route, unauthorised
from sandbox.magento.installation import Installation
from sandbox.magento.integrations import ADMIN_LIFE, Caller, Integrations
from sandbox.magento.money import plain
from sandbox.magento.push import Push
from sandbox.magento.seed import SWITCHES
from sandbox.magento.shops import SAAS, Shop
from sandbox.world import HTML_503, World, origin

ADMIN = ("admin", "Twin-password1")
SETTING = "magento.switches"
UNKNOWN = "unknown"


def switches(world: World, shop: Shop) -> dict[str, Any]:
    """A shop's configuration as it is now."""
    kept = {**SWITCHES, **world.store.get(SETTING, {}).get(shop.code, {})}
    return {**kept, "bearer": shop.bearer if kept["bearer"] is None else kept["bearer"]}


class Rest:
    """Answers below `/rest`, and below `/V1` in the cloud."""

    def __init__(self, world: World, integrations: Integrations, push: Push) -> None:
        self._world, self._integrations, self._push = world, integrations, push

    def handle(self, request: Request, shop: Shop, parts: list[str]) -> Response:
        """`parts`: the path after `/rest`, split and not decoded."""
        scope, way, path = _split(shop, parts, request)
        found = routes.find(request.method, path) if scope is not None and not way else None
        name = found[0].name if found else self._other(way, path)
        return self._world.act(
            "magento", name, request,
            commit=lambda: self._answer(request, shop, way, path, found if scope is not None else None),
            refuse=lambda fault: self._misbehave(request, shop, fault),
        )  # fmt: skip

    @staticmethod
    def _other(way: str, path: list[str]) -> str:
        if way:
            return "asyncBulk"
        return {"bulk": "bulkStatus", "integration": "adminToken", "tfa": "adminToken"}.get(path[0] if path else "", UNKNOWN)

    def _answer(
        self, request: Request, shop: Shop, way: str, path: list[str], found: tuple[Route, dict[str, str]] | None
    ) -> Response:  # fmt: skip
        chosen = switches(self._world, shop)
        if chosen["maintenance"]:
            return maintenance()
        try:
            if path[:2] == ["integration", "admin"] or path[:1] == ["tfa"]:
                return as_json(self._token(request, shop, chosen, path))
            caller = self._integrations.caller(request, shop, bearer=chosen["bearer"])
            with self._world.db() as conn:
                # Apart from the request: what the queue did stays done when the request is refused.
                queue = Installation(conn, shop, self._world.now(), chosen)
                bulk.work(queue)
                self._push.note(queue)
            with self._world.db() as conn:
                here = Installation(conn, shop, self._world.now(), chosen)
                data, status = self._done(request, here, caller, way, path, found)
                self._push.note(here)
        except Refusal as refusal:
            return refusal.response()
        self._push.wake()
        if wanted := request.args.get("fields"):
            data = fields.project(data, wanted)
        return as_json(plain(data), status)

    def _done(
        self, request: Request, here: Installation, caller: Caller | None, way: str, path: list[str],
        found: tuple[Route, dict[str, str]] | None,
    ) -> tuple[Any, int]:  # fmt: skip
        if way:
            return bulk.accept(here, request, caller, path, _parsed(request)), 202
        if path[:1] == ["bulk"] and request.method == "GET":
            return bulk.status(here, caller, path[1:]), 200
        if found is None:
            raise no_route()
        route, params = found
        if here.shop.edition == SAAS and route.name == "createCustomer":
            raise no_route()  # ledgers.md 5: the cloud has no such operation
        allow(caller, route)
        body = _body(request) if request.method in ("POST", "PUT") else {}
        base = f"{origin(request)}{request.root_path}/{here.shop.code}/"
        return route.run(Call(here, request, caller or NOBODY, params, body, base)), route.status

    def _token(self, request: Request, shop: Shop, chosen: dict[str, Any], path: list[str]) -> str:
        """A person's token. The second factor, mandatory since 2.4, refuses a password alone."""
        body = _body(request) if request.method == "POST" else {}
        if path not in (["integration", "admin", "token"], ["tfa", "provider", "google", "authenticate"]) or not body:
            raise no_route()
        if (body.get("username"), body.get("password")) != ADMIN:
            raise Refusal(401, "The account sign-in was incorrect or your account is disabled temporarily. "
                               "Please wait and try again later.")  # fmt: skip
        if chosen["two_factor"] and not (path[0] == "tfa" and str(body.get("otp")) == "123456"):
            raise Refusal(
                401, "Please use the 2fa provider-specific endpoints to obtain a token.", {"active_providers": ["google"]}
            )
        return self._integrations.session(shop, "admin", ADMIN_LIFE)

    def _misbehave(self, request: Request, shop: Shop, fault: Fault) -> Response:
        """A throttle is the content network's; expire ends people's tokens, revoke takes the caller's integration away."""
        if fault.kind is Kind.THROTTLE:
            return Response("<html><head><title>429 Too Many Requests</title></head></html>", 429, content_type="text/html",
                            headers={"Retry-After": "30"})  # fmt: skip
        if fault.kind is Kind.ERROR_500:
            return internal(secrets.token_hex(6)).response()
        if fault.kind is Kind.EXPIRE:
            self._integrations.end_sessions(shop)
            return unauthorised("Magento_Backend::admin").response()
        try:
            caller = self._integrations.caller(request, shop, bearer=True)
        except Refusal as refusal:
            return refusal.response()
        if caller is not None and caller.id:
            self._integrations.change(caller.id, stage="revoked")
        return Refusal(401, "Access token has been revoked").response()


NOBODY = Caller(0, "nobody", frozenset())


def allow(caller: Caller | None, route: Route) -> None:
    """Raises Refusal 401 without the right."""
    if route.resource != "anonymous" and (caller is None or not caller.may(route.resource)):
        raise unauthorised(route.resource)


def maintenance() -> Response:
    """Magento's own page while `bin/magento maintenance:enable` is on."""
    return Response(HTML_503, 503, content_type="text/html", headers={"Retry-After": "120"})


def _split(shop: Shop, parts: list[str], request: Request) -> tuple[str | None, str, list[str]]:
    """(store code or `all`; None: no such), "async" or "async/bulk" or "", and the path after `V1`."""
    if shop.edition == SAAS:
        scope, rest = request.headers.get("Store", "default"), parts
    elif parts[:1] in (["V1"], ["async"]):
        scope, rest = "default", parts
    else:
        scope, rest = (parts[0] if parts else ""), parts[1:]
    if shop.edition == SAAS and rest[:2] == ["V1", "async"]:
        rest = [*rest[1:3], "V1", *rest[3:]]  # the cloud has them after the version: /V1/async/bulk/...
    way = ""
    while rest[:1] in (["async"], ["bulk"]) and "V1" in rest:
        way = f"{way}/{rest[0]}".strip("/")
        rest = rest[1:]
    known = scope == "all" or any(view.code == scope for view in shop.views)
    if rest[:1] != ["V1"]:
        return None, way, []
    return (scope if known else None), way, [part for part in rest[1:] if part]


def _parsed(request: Request) -> Any:
    raw = request.get_data(parse_form_data=False)
    if not raw.strip():
        return {}
    try:
        return load(raw)
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise invalid("Decoding error: \nSyntax error") from None


def _body(request: Request) -> dict[str, Any]:
    body = _parsed(request)
    if not isinstance(body, dict):
        raise invalid("The request body must be an object.")
    return body
