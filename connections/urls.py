"""Addresses about connections: a tenant's pages, and the few that providers and their pages call."""

from __future__ import annotations

from django.urls import path

from connections.views import arriving, connecting, pages, usage, visits, webhooks

app_name = "connections"
HERE = "app/<str:tenant>/connections/"
HOOKS = "app/<str:tenant>/webhooks/"
HOOK = f"{HOOKS}<str:webhook>/"

urlpatterns = [
    path(HERE, pages.overview, name="list"),
    path(f"{HERE}usage/", usage.page, name="usage"),
    path(f"{HERE}usage/export/", usage.export, name="usage_export"),
    path(f"{HERE}new/", pages.gallery, name="gallery"),
    path(f"{HERE}new/<str:provider>/", connecting.connect, name="connect"),
    path(f"{HERE}<str:connection>/", pages.detail, name="detail"),
    path(f"{HERE}<str:connection>/test/", pages.test, name="test"),
    path(f"{HERE}<str:connection>/refresh/", pages.refresh, name="refresh"),
    path(f"{HERE}<str:connection>/pause/", pages.pause, name="pause"),
    path(f"{HERE}<str:connection>/resume/", pages.resume, name="resume"),
    path(f"{HERE}<str:connection>/reconnect/", connecting.reconnect, name="reconnect"),
    path(f"{HERE}<str:connection>/disconnect/", pages.disconnect, name="disconnect"),
    path(f"{HERE}<str:connection>/data/<str:kind>/", pages.data, name="data"),
    path(f"{HERE}<str:connection>/visits/", visits.page, name="visits"),
    path(f"{HERE}<str:connection>/visits/live/", visits.live, name="visits_live"),
    path(f"{HERE}<str:connection>/visits/file/", visits.setup_file, name="setup_file"),
    path(f"{HERE}<str:connection>/visits/password/", visits.password, name="visit_password"),
    path(f"{HERE}<str:connection>/calls/<str:call>/", pages.call, name="call"),
    path(HOOKS, webhooks.webhooks, name="webhooks"),
    path(HOOK, webhooks.webhook, name="webhook_endpoint"),
    path(f"{HOOK}rotate/", webhooks.webhook_rotate, name="webhook_rotate"),
    path(f"{HOOK}test/", webhooks.webhook_test, name="webhook_test"),
    path(f"{HOOK}switch/", webhooks.webhook_switch, name="webhook_switch"),
    path(f"{HOOK}delete/", webhooks.webhook_delete, name="webhook_delete"),
    path(f"{HOOK}replay/", webhooks.webhook_replay, name="webhook_replay"),
    path(f"{HOOK}deliveries/<str:delivery>/", webhooks.webhook_delivery, name="webhook_delivery"),
    path(f"{HOOK}deliveries/<str:delivery>/resend/", webhooks.webhook_resend, name="webhook_resend"),
    # Registered with the providers; no tenant is known here.
    path("connections/<str:provider>/callback/", arriving.callback, name="callback"),
    path("connections/<str:provider>/start/", arriving.start, name="start"),
    path("connections/<str:provider>/disconnected/", arriving.disconnected, name="disconnected"),
    path("connections/<str:provider>/webhook/", arriving.webhook, name="webhook"),
    path("connections/<str:provider>/poll/", arriving.poll, name="poll"),
]
