"""The KashFlow twin: which path is answered by whom."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.kashflow import app_pages, commands, rest, seed, soap, tables
from sandbox.store import Planting
from sandbox.world import World


class Twin:
    """KashFlow's SOAP interface, its REST interface, and the pages a person would see inside KashFlow."""

    name = "kashflow"
    title = "KashFlow"

    def __init__(self, world: World) -> None:
        self.world = world
        self._planting = Planting(tables.TABLES)

    def seed(self) -> None:
        with self.world.db() as conn:
            tables.create(conn)
            if conn.execute("SELECT count(*) FROM kf_company").fetchone()[0] == 0:
                self._planting.plant(conn, lambda: seed.plant(conn, self.world))

    def reset(self) -> None:
        with self.world.db() as conn:
            tables.create(conn)
            tables.empty(conn)
        self.seed()

    def state(self) -> dict[str, Any]:
        return commands.state(self.world)

    def seeded(self) -> dict[str, Any]:
        return seed.seeded()

    def command(self, verb: str, params: dict[str, Any]) -> dict[str, Any]:
        return commands.run(self.world, verb, params)

    def links(self) -> list[tuple[str, str]]:
        return app_pages.links()

    def handle(self, request: Request) -> Response:
        match request.path.rstrip("/").split("/")[1:]:
            case ["service.asmx"] if request.method in ("GET", "POST"):
                return soap.handle(self.world, request)
            case ["v2", *_where]:
                return rest.handle(self.world, request)
            case ["app", *where]:
                return app_pages.handle(self.world, request, where)
        return Response("Not found", status=404)
