"""The log of exchanges: one ApiCall row for every request that went out, with masked, sealed bodies."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

import httpx
from django.conf import settings

from connections import blobs
from connections.exchange import Received
from connections.masking import mask, mask_url
from connections.models import ApiCall, RawBlob
from tenants.clock import now
from tenants.news import current_actor

logger = logging.getLogger(__name__)
_WHOLE = 1024 * 1024
_HEAD = 64 * 1024
_TRACE_HEADERS = ("x-request-id", "x-correlation-id")


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf a call is made, for the log."""

    provider: str
    connection_id: int | None = None
    correlation_id: str = ""


def record(
    caller: Caller, operation: str, request: httpx.Request, received: Received, *, failure: str, trace_id: str, bodies: bool
) -> ApiCall:
    """Write one exchange down. Bodies are left out of downloads, which are kept elsewhere, whole."""
    at = now()
    row: ApiCall = ApiCall.objects.create(
        connection_id=caller.connection_id,
        provider=caller.provider,
        operation=operation[:60],
        correlation_id=(caller.correlation_id or current_actor().correlation_id)[:40],
        method=request.method,
        url=mask_url(str(request.url))[:600],
        status=received.status,
        failure=failure,
        provider_trace_id=trace_id[:120],
        request_blob=_body(request.content, request.headers.get("content-type", ""), caller.provider),
        response_blob=_body(received.content, received.headers.get("content-type", ""), caller.provider) if bodies else None,
        ms=received.ms,
        at=at,
        delete_after=at + retention(),
    )
    return row


def trace_of(received: Received, header: str) -> str:
    """The provider's own id for this exchange: what its support desk asks for."""
    names = (header.lower(), *_TRACE_HEADERS) if header else _TRACE_HEADERS
    return next((received.headers[name] for name in names if name in received.headers), "")


def retention() -> timedelta:
    """How long exchanges are kept (setting API_CALL_DAYS)."""
    return timedelta(days=getattr(settings, "API_CALL_DAYS", 30))


def _body(content: bytes, content_type: str, origin: str) -> RawBlob | None:
    """A masked body as a sealed blob; of a very large one its head. A full disk must not lose the answer itself."""
    if not content:
        return None
    kept = mask(content if len(content) <= _WHOLE else content[:_HEAD])
    media_type, _, _rest = content_type.partition(";")
    try:
        return blobs.keep(
            kept, media_type=media_type or "application/octet-stream", origin=origin, delete_after=now() + retention()
        )
    except OSError:
        logger.exception("an exchange's body could not be kept")
        return None
