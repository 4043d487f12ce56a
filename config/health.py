"""Is this process alive, and can it work? For load balancers and the supervisor; nothing secret in the answer."""

from __future__ import annotations

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

CACHE_PROBE = "healthz"


def live(request: HttpRequest) -> JsonResponse:
    """The process answers. Restart it if this fails."""
    return JsonResponse({"status": "alive"})


def ready(request: HttpRequest) -> JsonResponse:
    """Database and cache answer. Send no traffic while this says 503."""
    checks = {"database": _database(), "cache": _cache()}
    fine = all(checks.values())
    return JsonResponse({"status": "ready" if fine else "not ready", "checks": checks}, status=200 if fine else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _cache() -> bool:
    try:
        cache.get(CACHE_PROBE)
    except DatabaseError:
        return False
    return True
