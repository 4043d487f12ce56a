"""The product's settings with nothing between the server and the view."""

from __future__ import annotations

from config.settings import *  # noqa: F403

INSTALLED_APPS: list[str] = []
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "benchmarks.bare"
