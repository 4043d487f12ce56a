"""What a person sees of a shop: orders, one order, products with their stock, and integrations."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox import pages


def handle(twin: Any, request: Request, shop: Any, where: list[str]) -> Response:
    return pages.not_found(request.path)
