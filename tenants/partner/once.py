"""Idempotency-Key: the same request with the same key has its effect once and gets the same answer for seven days.

The key is written down before the work begins, so that a second request finds it under way. Only what
succeeded is kept: a refused request changed nothing, and the same key may be used again once its cause is
mended. That nothing is posted twice does not hang on these rows: a ledger document has a natural key of its own.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

from django.db import IntegrityError, transaction
from rest_framework.request import Request
from rest_framework.response import Response

from canonical.problems import Problem
from tenants import clock
from tenants.models import ApiKey, ApiRequestKey
from tenants.partner.trouble import BAD_KEY, IN_FLIGHT, NEED_KEY, OTHER_BODY, Trouble

KEPT = timedelta(days=7)
# A request that has not ended by then died with its process.
LONGEST = timedelta(minutes=2)
REPLAYED = "Idempotency-Replayed"
_USABLE = re.compile(r"[\x21-\x7e]{1,255}")
_KEPT_HEADERS = ("Location", "ETag")
_SECRETS = ("secret",)


def once(request: Request, work: Callable[[], Response], *, required: bool) -> Response:
    """Do the work, or give the answer it gave before."""
    text = request.headers.get("Idempotency-Key")
    if text is None:
        if required:
            raise Trouble(400, Problem(NEED_KEY))
        return work()
    if not _USABLE.fullmatch(text):
        raise Trouble(400, Problem(BAD_KEY))
    row = _claim(cast(ApiKey, request.auth), text, _hash(request))
    if row.status is not None:
        return _again(row)
    try:
        response = work()
    except BaseException:
        _release(row)
        raise
    _keep(row, response)
    return response


def forget(*, before: Any = None) -> int:
    """Delete what is older than seven days. Runs inside the tenant's scope."""
    return ApiRequestKey.objects.filter(expires_at__lt=before or clock.now()).delete()[0]


def _claim(key: ApiKey, text: str, body_hash: str) -> ApiRequestKey:
    now = clock.now()
    row = ApiRequestKey(api_key=key, key=text, body_hash=body_hash, held_until=now + LONGEST, expires_at=now + KEPT)
    try:
        with transaction.atomic():
            row.save()
            return row
    except IntegrityError:
        return _found(key, text, row)


@transaction.atomic
def _found(key: ApiKey, text: str, wanted: ApiRequestKey) -> ApiRequestKey:
    """The row that was there first: its answer, a refusal, or its place when its request died."""
    row: ApiRequestKey | None = ApiRequestKey.objects.select_for_update().filter(api_key=key, key=text).first()
    if row is None or row.expires_at <= clock.now():
        if row is not None:
            row.delete()
        wanted.pk = None
        wanted.save()
        return wanted
    if row.body_hash != wanted.body_hash:
        raise Trouble(422, Problem(OTHER_BODY))
    if row.status is None:
        if row.held_until > clock.now():
            raise Trouble(409, Problem(IN_FLIGHT), headers={"Retry-After": "1"})
        row.held_until = wanted.held_until
        row.save(update_fields=["held_until"])
    return row


def _keep(row: ApiRequestKey, response: Response) -> None:
    if not 200 <= response.status_code < 300:
        _release(row)
        return
    row.status, row.body = response.status_code, _without_secrets(response.data)
    row.headers = {name: response[name] for name in _KEPT_HEADERS if name in response}
    row.save(update_fields=["status", "body", "headers"])


def _release(row: ApiRequestKey) -> None:
    ApiRequestKey.objects.filter(pk=row.pk, status=None).delete()


def _again(row: ApiRequestKey) -> Response:
    return Response(row.body, status=row.status, headers={**row.headers, REPLAYED: "true"})


def _without_secrets(data: Any) -> Any:
    """A secret is shown once: a kept answer does not hold it."""
    said = json.loads(json.dumps(data, default=str))
    if isinstance(said, dict):
        said.update({name: None for name in _SECRETS if name in said})
    return said


def _hash(request: Request) -> str:
    said = json.dumps(request.data, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(f"{request.method} {request.get_full_path()}\n{said}".encode()).hexdigest()
