"""Waking a worker. A message only hurries what a row already says; losing it costs time, never data."""

from __future__ import annotations

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from connections.models import Connection

logger = logging.getLogger(__name__)


def wake(task: str, connection: Connection) -> None:
    """After this commit, ask a worker to run `task` for a connection."""
    arguments = (connection.tenant_id, connection.pk)
    transaction.on_commit(lambda: _send(task, arguments))


def _send(task: str, arguments: tuple[int, int]) -> None:
    try:
        current_app.send_task(task, args=arguments, ignore_result=True, retry=False)
    except (OperationalError, OSError):
        logger.exception("no worker could be woken for %s; the sweep will find it", task)
