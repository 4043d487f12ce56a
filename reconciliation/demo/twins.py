"""What a person does at the providers during the demo: open the consent page and press Allow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from django.conf import settings


class TwinsMissing(RuntimeError):
    """The twins do not answer; the demo needs them."""


def world(path: str) -> Any:
    """One look at the twins' world; raises TwinsMissing when nothing listens there."""
    try:
        answer = httpx.get(f"{settings.TWINS_URL}/world/{path}", timeout=30)
    except httpx.TransportError as error:
        raise TwinsMissing(f"No twins answer at {settings.TWINS_URL}: start them with `python -m sandbox`.") from error
    answer.raise_for_status()
    return answer.json()


def command(provider: str, verb: str, **details: Any) -> Any:
    """Have something happen over there: an order placed, a period closed."""
    answer = httpx.post(f"{settings.TWINS_URL}/world/{provider}/{verb}", json=details, timeout=60)
    answer.raise_for_status()
    return answer.json()


def shift(seconds: float) -> None:
    """Let time pass over there."""
    httpx.post(f"{settings.TWINS_URL}/world/clock", json={"shift": seconds}, timeout=30).raise_for_status()


def bank_statement(seller: str, currency: str, kind: str = "csv") -> bytes:
    """The statement of a seller's bank account, as a person would download it from his bank."""
    answer = httpx.get(f"{settings.TWINS_URL}/world/bank.{kind}", params={"seller": seller, "currency": currency}, timeout=30)
    answer.raise_for_status()
    return answer.content


def consent(url: str, decision: Mapping[str, str]) -> dict[str, str]:
    """Answer a consent page as a person would; returns what the browser brings back to us."""
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query))
    answer = httpx.post(
        f"{parts.scheme}://{parts.netloc}{parts.path}",
        params=asked,
        data={**asked, **decision},
        follow_redirects=False,
        timeout=30,
    )
    if answer.status_code != 302:
        raise TwinsMissing(
            f"The consent page answered {answer.status_code} instead of sending us back. A world made by an older version "
            "lacks companies that this one expects: `make clean` forgets it, and the next run makes a new one."
        )
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


def troubled() -> dict[str, str]:
    """The settlements that the world made faulty on purpose, by id, and why: exactly these must be held."""
    seeded = world("seeded")["amazon"]
    return {row["settlement_id"]: ", ".join(row["trouble"]) for row in seeded["settlements"] if row["trouble"] and row["listed"]}
