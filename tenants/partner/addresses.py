"""How addresses of the API are written: `address("runs/<pid:run>:retry", RunRetry, "run_retry")`."""

from __future__ import annotations

from django.urls import URLPattern, path, register_converter
from django.views import View

from tenants.partner.schema import PUBLIC_ID


class PublicId:
    """The id of a thing; never with a colon, which begins an action."""

    regex = PUBLIC_ID

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return str(value)


register_converter(PublicId, "pid")


def address(route: str, view: type[View], name: str) -> URLPattern:
    return path(route, view.as_view(), name=name)
