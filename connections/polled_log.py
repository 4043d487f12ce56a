"""The log of exchanges in which they came to us: an ApiCall row for each, with masked bodies, like every other call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connections import blobs
from connections.calls import retention
from connections.masking import mask
from connections.models import ApiCall, Connection, RawBlob
from tenants.clock import now


def keep_wire(connection: Connection, wire: bytes) -> int:
    """What went out, masked and sealed, until it is answered. Returns the blob's row."""
    blob = _keep(connection, wire)
    return int(blob.pk)


def record(connection: Connection, out: Mapping[str, Any], wire: bytes, out_at: datetime | None, *, failure: str = "") -> int:
    """Write one exchange down. Returns its row."""
    at = now()
    row: ApiCall = ApiCall.objects.create(
        connection=connection,
        provider=connection.provider,
        operation=f"{out['kind']} ({len(out['rows'])})"[:60],
        method="POLL",
        url="",
        status=None if failure else 200,
        failure=failure[:30],
        provider_trace_id=str(out["name"])[:120],
        request_blob_id=out.get("wire"),
        response_blob=_keep(connection, wire) if wire else None,
        ms=int((at - out_at).total_seconds() * 1000) if out_at else 0,
        at=at,
        delete_after=at + retention(),
    )
    return int(row.pk)


def _keep(connection: Connection, wire: bytes) -> RawBlob:
    return blobs.keep(mask(wire), media_type="text/xml", origin=connection.provider, delete_after=now() + retention())
