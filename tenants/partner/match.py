"""ETag and If-Match: a change says which state it changes, so that two people cannot overwrite each other unseen."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from canonical.problems import Problem
from tenants.partner.trouble import NEED_MATCH, STALE, Trouble


def etag_of(data: Any) -> str:
    """A strong validator of an answer: the hash of what it says."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), default=str)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def tagged(data: Any, *, status: int = 200) -> Response:
    """An answer with its ETag."""
    return Response(data, status=status, headers={"ETag": etag_of(data)})


def require_match(request: Request, data: Any) -> None:
    """Refuse a change whose If-Match is missing (428) or names another state than `data` (412).

    Call it with the row locked, so that nothing can come between the comparison and the change.
    """
    wanted = request.headers.get("If-Match", "").strip()
    if not wanted:
        raise Trouble(428, Problem(NEED_MATCH))
    current = etag_of(data)
    if wanted != "*" and current not in [each.strip() for each in wanted.split(",")]:
        raise Trouble(412, Problem(STALE), headers={"ETag": current})
