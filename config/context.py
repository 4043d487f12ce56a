"""What every page knows of the installation it is served by."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def installation(request: HttpRequest) -> dict[str, Any]:
    return {
        "mailbox_shown": settings.MAILBOX_SHOWN,
        "may_sign_up": settings.TIEOUT_ROLE != "console",
        "twins_url": "" if settings.IS_PRODUCTION else settings.TWINS_URL,
    }
