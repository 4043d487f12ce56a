"""Every address of the product. Each room brings its own; this file only gives them a front door."""

from __future__ import annotations

from importlib.util import find_spec

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from config import api_docs, health, mailbox

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz/live", health.live, name="health_live"),
    path("healthz/ready", health.ready, name="health_ready"),
    path("accounts/", include("allauth.urls")),
    path("api/v1/openapi.json", api_docs.document, name="api_document"),
    path("api/v1/", include("config.urls_api")),
    path("api/docs/", api_docs.page, name="api_docs"),
]
handler500 = "config.api_docs.broken"

if settings.MAILBOX_SHOWN:
    urlpatterns.append(path("mailbox/", mailbox.mailbox, name="mailbox"))

for room in ("tenants", "connections", "syncs", "reconciliation"):
    if find_spec(f"{room}.urls") is not None:
        urlpatterns.append(path("", include(f"{room}.urls")))
