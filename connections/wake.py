"""Waking a worker. A message only hurries what a row already says; losing it costs time, never data."""

from __future__ import annotations

import logging
from datetime import timedelta

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from connections.models import Connection
from tenants.models import TenantOwned

logger = logging.getLogger(__name__)


LONGEST_COUNTDOWN = timedelta(seconds=60)  # beyond this the sweeps are the better clock


def wake(task: str, connection: Connection, *, after: timedelta = timedelta(0)) -> None:
    """After this commit (and a short countdown), ask a worker to run `task` for a connection."""
    wake_row(task, connection, after=after)


def wake_row(task: str, row: TenantOwned, *, after: timedelta = timedelta(0)) -> None:
    """The same for any row of a tenant."""
    arguments = (row.tenant_id, row.pk)
    if after <= LONGEST_COUNTDOWN:
        transaction.on_commit(lambda: _send(task, arguments, after))


def _send(task: str, arguments: tuple[int, int], after: timedelta) -> None:
    try:
        current_app.send_task(task, args=arguments, countdown=after.total_seconds() or None, ignore_result=True, retry=False)
    except (OperationalError, OSError):
        logger.exception("no worker could be woken for %s; the sweep will find it", task)
