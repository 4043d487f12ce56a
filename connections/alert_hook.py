"""Calling the addresses that companies want their alerts sent to: checked against being led inside, and briefly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx
from django.conf import settings

from canonical.problems import Refused
from connections.guard import check_url, pinned_transport
from tenants.alerting import channels
from tenants.alerting.channels import NotDelivered

PATIENCE = httpx.Timeout(10.0)
# The receiver will never take it: what was sent is wrong, or nothing is there.
_FINAL = frozenset({400, 401, 403, 404, 405, 410, 413})


def allow_loopback() -> bool:
    """Only a development machine may call itself."""
    return not settings.IS_PRODUCTION and bool(getattr(settings, "ALERT_HOOKS_LOOPBACK", False))


def check(url: str) -> None:
    """Refused unless the address is https on the public internet."""
    check_url(url, allow_loopback=allow_loopback())


def call(url: str, payload: Mapping[str, Any]) -> None:
    """POST the payload as JSON. A redirect is an error: the address it leads to was not chosen by the customer."""
    headers = {"content-type": "application/json", "user-agent": "Tieout-Alerts/1"}
    try:
        with httpx.Client(transport=pinned_transport(allow_loopback=allow_loopback()), timeout=PATIENCE) as client:
            answer = client.post(url, content=json.dumps(payload, ensure_ascii=False).encode(), headers=headers)
    except Refused as refused:
        raise NotDelivered(refused.problems[0].code, final=True) from refused
    except httpx.HTTPError as error:
        raise NotDelivered(type(error).__name__) from error
    if not answer.is_success:
        raise NotDelivered(f"HTTP {answer.status_code}", final=answer.status_code in _FINAL)


def register() -> None:
    """Called once from AppConfig.ready()."""
    channels.use(call=call, check=check)
