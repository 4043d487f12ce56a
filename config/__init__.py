"""The shell around the rooms: settings, URLs, processes and the embedded database."""

from __future__ import annotations

from config.celery import app as celery_app

__all__ = ["celery_app"]
