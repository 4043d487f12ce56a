"""The least a Django process can do with a webhook: verify its HMAC, insert it, answer 200. No middleware, no tenant."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

from django.http import HttpRequest, HttpResponse
from django.urls import path

KEY_VARIABLE = "BENCH_WEBHOOK_KEY"
TABLE = (
    "CREATE TABLE floor_notice (id bigserial PRIMARY KEY, received_at timestamptz NOT NULL DEFAULT now(), body bytea NOT NULL)"
)


def webhook(request: HttpRequest) -> HttpResponse:
    from django.db import connection

    key = os.environ[KEY_VARIABLE].encode()
    expected = base64.b64encode(hmac.new(key, request.body, hashlib.sha256).digest()).decode()
    if not hmac.compare_digest(expected, request.headers.get("intuit-signature", "")):
        return HttpResponse(status=401)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO floor_notice (body) VALUES (%s)", [request.body])
    return HttpResponse(status=200)


urlpatterns = [path("webhook/", webhook)]
