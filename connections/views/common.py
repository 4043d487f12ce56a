"""What the pages about connections share."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django_htmx.http import HttpResponseClientRedirect

from canonical.problems import Problem, Refused
from connections import registry, selectors
from connections.errors import Failure
from connections.models import Connection
from connections.registry import Provider
from tenants.problems import shown, stored
from tenants.web import TenantRequest

_MARK = "connect_mark"
_TROUBLE = "connect_trouble"


def session_mark(request: HttpRequest) -> str:
    """A secret of this browser's session: a consent comes back to the browser that began it, or not at all."""
    mark = request.session.get(_MARK)
    if not mark:
        mark = request.session[_MARK] = secrets.token_urlsafe(32)
    return str(mark)


def say(request: HttpRequest, trouble: Refused | Failure) -> None:
    """What went wrong and what to do, as messages."""
    problems: tuple[Problem, ...] = trouble.problems if isinstance(trouble, Refused) else (trouble.problem,)
    for problem in problems:
        words = shown(problem)
        messages.error(request, f"{words.text} {words.remedy}")


def keep_trouble(request: HttpRequest, trouble: Refused | Failure, provider: str) -> None:
    """Why a consent came to nothing, for the page it leads back to: it stays there until the next page."""
    problems: tuple[Problem, ...] = trouble.problems if isinstance(trouble, Refused) else (trouble.problem,)
    request.session[_TROUBLE] = {"provider": provider, "problems": [stored(problem) for problem in problems]}


def take_trouble(request: HttpRequest) -> dict[str, Any] | None:
    """What `keep_trouble` kept, once."""
    kept = request.session.pop(_TROUBLE, None)
    return {"provider": kept["provider"], "problems": [shown(problem) for problem in kept["problems"]]} if kept else None


def find(public_id: str) -> Connection:
    """The connection, or a page that does not exist."""
    try:
        return selectors.connection(public_id=public_id)
    except Connection.DoesNotExist as error:
        raise Http404 from error


def find_provider(key: str) -> Provider:
    try:
        return registry.provider(key)
    except Refused as error:
        raise Http404 from error


def leave(request: TenantRequest | HttpRequest, provider: Provider, url: str) -> HttpResponse:
    """Send the browser to a provider's page.

    A form may not lead elsewhere (Content-Security-Policy), so that htmx takes it there itself, and without
    scripts a page of ours offers the link.
    """
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(url)
    return render(request, "connections/leaving.html", {"provider": provider.info, "url": url, "host": urlsplit(url).netloc})
