"""The admin's default site is the operator console, so that every room registers its models the plain way."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class ConsoleConfig(AdminConfig):
    default_site = "config.console.ConsoleSite"
