"""A served product with its worker, and pages that complain of everything a person would trip over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from config.celery import app as celery_app


@pytest.fixture
def site(live_server: Any, settings: Any, twins: Any) -> Iterator[str]:
    """Address of the served product; a worker of the real queue runs beside it."""
    from celery.contrib.testing.worker import start_worker

    settings.PUBLIC_URL = live_server.url
    settings.EMAIL_BACKEND = "config.mailbox.MailboxBackend"
    settings.QUEUE_DIR.mkdir(parents=True, exist_ok=True)
    with start_worker(celery_app, pool="solo", perform_ping_check=False, loglevel="ERROR", shutdown_timeout=30):
        yield live_server.url


class Complaints(list[str]):
    """What went wrong on any page: console errors, script errors, requests to strangers."""


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    found = Complaints()
    yield found
    assert found == []


@pytest.fixture
def open_page(browser: Any, site: str, twins: Any, complaints: Complaints) -> Iterator[Callable[..., Any]]:
    """A page of a fresh browser: `open_page(width=390, dark=True)`."""
    ours = {urlsplit(site).netloc, urlsplit(twins.url).netloc}
    contexts = []

    def opened(*, width: int = 1440, dark: bool = False, script: bool = True, **more: Any) -> Any:
        scheme = "dark" if dark else "light"
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script, locale="en-US", **more
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: complaints.append(f"{page.url}: {message.text}") if _bad(message) else None)
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on("request", lambda request: complaints.append(f"asks {request.url}") if _foreign(request.url, ours) else None)
        return page

    yield opened
    for context in contexts:
        context.close()


def _bad(message: Any) -> bool:
    return message.type == "error" and "favicon.ico" not in str(message.location)


def _foreign(url: str, ours: set[str]) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and parts.netloc not in ours
