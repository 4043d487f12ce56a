"""The Magento twin: which path is answered by whom, and which shop it belongs to."""

from __future__ import annotations

import sqlite3
from typing import Any
from urllib.parse import quote

from werkzeug.wrappers import Request, Response

from sandbox import pages
from sandbox.faults import Fault, Kind
from sandbox.magento import admin, bulk, commands, seed, tables
from sandbox.magento.errors import as_json
from sandbox.magento.handshake import Handshake
from sandbox.magento.installation import Installation
from sandbox.magento.integrations import IMS_LIFE, Integrations
from sandbox.magento.push import Push
from sandbox.magento.rest import SETTING, Rest, switches
from sandbox.magento.shops import SAAS, SHOPS, Shop, secret_of
from sandbox.store import Planting
from sandbox.world import World

IMS_CLIENT = "tieout-twin-ims-client"
PLANTED = "magento.planted"


class Twin:
    """Several merchants' shops, each under a base URL of its own, and Adobe's sign-in for the cloud one."""

    name = "magento"
    title = "Magento and Adobe Commerce"

    def __init__(self, world: World) -> None:
        self.world = world
        self._planting = Planting(tables.TABLES)
        self.integrations = Integrations(world)
        self.push: Push = Push(world)
        self.handshake = Handshake(world, self.integrations)
        self._rest = Rest(world, self.integrations, self.push)

    # The sandbox's own interface

    def seed(self) -> None:
        """Tables only: the shops' history is drawn when somebody first comes to see it (`ready`)."""
        with self.world.db() as conn:
            tables.create(conn)

    def ready(self) -> None:
        """Draw the history, once."""
        if self.world.store.get(PLANTED, False):
            return
        with self.world.db() as conn:
            if not self.world.store.get(PLANTED, False):
                self._planting.plant(conn, lambda: self._draw(conn))
                self.world.store.put(PLANTED, True)

    def _draw(self, conn: sqlite3.Connection) -> None:
        seed.plant(conn, self.world.seed, self.world.anchor)
        self.integrations.seed()

    def reset(self) -> None:
        with self.world.db() as conn:
            tables.create(conn)
            tables.empty(conn)
            self.world.store.put(SETTING, {})
            self.world.store.put(PLANTED, False)
            self.push.forget()

    def state(self) -> dict[str, Any]:
        self.ready()
        return commands.state(self)

    def seeded(self) -> dict[str, Any]:
        """Needs no history, so none is drawn for it."""
        return commands.seeded(self)

    def command(self, verb: str, params: dict[str, Any]) -> dict[str, Any]:
        self.ready()
        return commands.run(self, verb, params)

    def links(self) -> list[tuple[str, str]]:
        return [(f"/{shop.code}/admin/", f"{shop.name}: admin") for shop in SHOPS.values()]

    def open(self, conn: Any, shop: Shop) -> Installation:
        """A shop inside of a transaction, what its queue owed done."""
        found = Installation(conn, shop, self.world.now(), switches(self.world, shop))
        bulk.work(found)
        return found

    # Requests

    def handle(self, request: Request) -> Response:
        self.ready()
        code, *parts = _parts(request)
        if [code, *parts] == ["ims", "token", "v3"]:
            return self._ims(request)
        if code not in SHOPS:
            return pages.not_found(request.path)
        shop = SHOPS[code]
        match parts:
            case ["rest", *rest] if shop.edition != SAAS:
                return self._rest.handle(request, shop, rest)
            case ["V1" | "async", *_] if shop.edition == SAAS:
                return self._rest.handle(request, shop, parts)
            case ["oauth", "token", "request" | "access" as what] if request.method == "POST":
                return self.handshake.token(request, shop, what)
            case ["admin", *where]:
                return admin.handle(self, request, shop, where)
        return pages.not_found(request.path)

    def _ims(self, request: Request) -> Response:
        """Adobe's sign-in, server to server: client id and secret for a token of a day."""

        def refuse(fault: Fault) -> Response:
            status = {Kind.THROTTLE: 429, Kind.ERROR_500: 500}.get(fault.kind, 400)
            return as_json({"error": "server_error" if status == 500 else "invalid_client"}, status)

        return self.world.act(self.name, "imsToken", request, commit=lambda: self._ims_token(request), refuse=refuse)

    def _ims_token(self, request: Request) -> Response:
        form, cloud = request.form, next(shop for shop in SHOPS.values() if shop.edition == SAAS)
        if form.get("grant_type") != "client_credentials":
            return as_json({"error": "unsupported_grant_type"}, 400)
        if (form.get("client_id"), form.get("client_secret")) != (IMS_CLIENT, secret_of(cloud.code, "ims")):
            return as_json({"error": "invalid_client", "error_description": "invalid client_secret parameter"}, 400)
        if "commerce.accs" not in form.get("scope", "").replace(" ", ",").split(","):
            return as_json({"error": "invalid_scope"}, 400)
        token = self.integrations.session(cloud, "ims", IMS_LIFE)
        return as_json({"access_token": token, "token_type": "bearer", "expires_in": int(IMS_LIFE.total_seconds())})


def _parts(request: Request) -> list[str]:
    """The path below the twin's name, split before it is decoded: a %2F inside of a SKU is no slash."""
    raw = str(request.environ.get("REQUEST_URI") or quote(request.root_path + request.path)).partition("?")[0]
    path = "/" + raw.partition("://")[2].partition("/")[2] if "://" in raw else raw
    return path.removeprefix(request.root_path).strip("/").split("/")
