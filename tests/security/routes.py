"""Every address of the product, by the name it has in the URL configuration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.security.world import Company


@dataclass(frozen=True)
class Route:
    """`name` with its namespace; `arguments` in the order the address needs them; `view` as the resolver has it."""

    name: str
    arguments: tuple[str, ...]
    view: Any

    @property
    def of_tenant(self) -> bool:
        return "tenant" in self.arguments

    def address(self, tenant: Company, things: Company) -> str:
        """The address in `tenant` of what belongs to `things`: the same company, or somebody else's."""
        values = {**things.ids, "tenant": tenant.tenant.public_id}
        return reverse(self.name, kwargs={name: values[name] for name in self.arguments})


def routes() -> list[Route]:
    return sorted(_walk(get_resolver().url_patterns, "", ()), key=lambda route: route.name)


def _walk(patterns: list[Any], namespace: str, above: tuple[str, ...]) -> Iterator[Route]:
    for pattern in patterns:
        arguments = (*above, *pattern.pattern.converters)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, inner, arguments)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield Route(f"{namespace}{pattern.name}", arguments, pattern.callback)
