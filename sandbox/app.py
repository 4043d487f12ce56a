"""The sandbox as one WSGI application: an index page, `/world/` to steer it, and each twin under its name.

A twin is any sub-package of `sandbox` with a `Twin` class, so adding a provider edits nothing here.
Works without a socket: `create_app(path)` is a callable for a WSGI transport or a test client.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

import sandbox
from sandbox import control, pages
from sandbox.world import Twin, World


class App:
    """The WSGI callable. `world` and `twins` are open to tests in the same process."""

    def __init__(self, world: World, twins: dict[str, Twin]) -> None:
        self.world, self.twins = world, twins

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return self.answer(environ)(environ, start_response)

    def answer(self, environ: dict[str, Any]) -> Response:
        request = Request(environ)
        head, _, rest = request.path.removeprefix("/").partition("/")
        if head in self.twins:
            return self._twin(self.twins[head], environ, rest)
        if head == "world":
            return control.handle(self, request, rest)
        if not head:
            return pages.index(self.world, self.twins)
        return pages.not_found(request.path)

    def _twin(self, twin: Twin, environ: dict[str, Any], rest: str) -> Response:
        inner = {**environ, "SCRIPT_NAME": f"{environ.get('SCRIPT_NAME', '')}/{twin.name}", "PATH_INFO": f"/{rest}"}
        request = Request(inner)
        try:
            return twin.handle(request)
        except HTTPException as error:
            # werkzeug's own refusals (a bad form, say); a twin words the rest itself.
            return Response(str(error), status=error.code or 500)

    def reset(self, name: str | None = None) -> None:
        """Everything, or one twin, as it was seeded."""
        if name is None:
            self.world.reset()
        for twin in self.twins.values() if name is None else [self.twins[name]]:
            twin.reset()

    def close(self) -> None:
        self.world.close()


def create_app(path: Path, seed: int = 1, anchor: date | None = None, scale: float | None = None) -> App:
    """Open (or make) the world kept at `path`, with every twin seeded.

    `scale` sets the rates (real ones times scale, 0 off); None leaves what the store says, off at first.
    """
    world = World(path, seed, anchor)
    if scale is not None:
        world.scale = scale
    twins = {twin.name: twin for twin in (found(world) for found in _twin_classes())}
    for twin in twins.values():
        twin.seed()
    return App(world, twins)


def _twin_classes() -> list[type[Twin]]:
    packages = sorted(info.name for info in pkgutil.iter_modules(sandbox.__path__) if info.ispkg)
    modules = (importlib.import_module(f"sandbox.{name}") for name in packages)
    return [module.Twin for module in modules if hasattr(module, "Twin")]
