"""The partner API's addresses: each room brings its own; what is none of them is a problem, not a page."""

from __future__ import annotations

from django.urls import URLPattern, re_path

import connections.api
import reconciliation.api
import syncs.api
import tenants.api
from tenants.partner.door import Nowhere

app_name = "api"
urlpatterns: list[URLPattern] = [
    *tenants.api.URLS,
    *connections.api.URLS,
    *syncs.api.URLS,
    *reconciliation.api.URLS,
    re_path(r"^[\s\S]*$", Nowhere.as_view()),
]
