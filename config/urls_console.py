"""Addresses of the operator console: a process of its own, under its own database user and cookies."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from config import health, mailbox

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("healthz/live", health.live, name="health_live"),
    path("healthz/ready", health.ready, name="health_ready"),
    path("accounts/", include("allauth.urls")),
    path("mailbox/", mailbox.mailbox, name="mailbox"),
    path("console/", admin.site.urls),
]
