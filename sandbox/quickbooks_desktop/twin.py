"""The QuickBooks Desktop twin: company files on desktops, and the Web Connectors that call us from there."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.quickbooks_desktop import commands, pages, seed, tables
from sandbox.quickbooks_desktop.polling import Poller
from sandbox.store import Planting
from sandbox.world import World


class Twin:
    """It has no interface of its own to call: like the real one it sits behind a firewall and polls."""

    name = "quickbooks_desktop"
    title = "QuickBooks Desktop"

    def __init__(self, world: World) -> None:
        self.world = world
        self._planting = Planting(tables.TABLES)
        self.poller = Poller(world)

    def seed(self) -> None:
        with self.world.db() as conn:
            tables.create(conn)
            if conn.execute("SELECT count(*) FROM qbd_file").fetchone()[0] == 0:
                self._planting.plant(conn, lambda: seed.plant(conn, self.world))

    def reset(self) -> None:
        self.poller.stop()
        with self.world.db() as conn:
            tables.create(conn)
            tables.empty(conn)
        self.seed()

    def state(self) -> dict[str, Any]:
        return commands.state(self.world, self.poller.seconds)

    def seeded(self) -> dict[str, Any]:
        return seed.SEEDED

    def command(self, verb: str, params: dict[str, Any]) -> dict[str, Any]:
        return commands.run(self, verb, params)

    def links(self) -> list[tuple[str, str]]:
        return pages.links()

    def handle(self, request: Request) -> Response:
        match request.path.strip("/").split("/"):
            case ["app", *where] if request.method in ("GET", "HEAD"):
                return pages.handle(self.world, request, where)
        return Response("Not found", status=404)
