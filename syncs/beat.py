"""The scheduler process: claims due schedules from their index, and keeps celery-beat's own entries going.

Stock django-celery-beat loads every PeriodicTask and reloads them all after any edit; with thousands of
tenants that is seconds. Here the rows named `sync:<id>` are only a view of the schedules: the work comes
from the Due table, one indexed look a second, and any number of these processes may run at once.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from importlib import import_module
from typing import Any

from django.apps import apps
from django.db import DatabaseError, InterfaceError, connection
from django.db.models import QuerySet
from django.utils.module_loading import module_has_submodule
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler

from syncs import dispatch

log = logging.getLogger(__name__)

# How often the Due table is looked at, and how often the few entries of the house.
TICK_S = 1.0
HOUSE_TICK_S = 5.0
PROJECTED = "sync:"
HOUSE = "house:"


def house_entries() -> dict[str, dict[str, Any]]:
    """What runs for the whole house: every app's `tasks.SCHEDULE`, a table of task name to how often."""
    entries: dict[str, dict[str, Any]] = {}
    for app in apps.get_app_configs():
        if module_has_submodule(app.module, "tasks"):
            table: dict[str, timedelta] = getattr(import_module(f"{app.name}.tasks"), "SCHEDULE", {})
            entries |= {f"{HOUSE}{task}": {"task": task, "schedule": every} for task, every in table.items()}
    return entries


class DueScheduler(DatabaseScheduler):  # type: ignore[misc]
    """Celery beat with an index instead of a list."""

    _house_at = 0.0

    def setup_schedule(self) -> None:
        super().setup_schedule()
        entries = house_entries()
        PeriodicTask.objects.filter(name__startswith=HOUSE).exclude(name__in=entries).delete()
        self.update_from_dict(entries)

    def enabled_models_qs(self) -> QuerySet[PeriodicTask]:
        """Every enabled entry but the projections of schedules."""
        found: QuerySet[PeriodicTask] = super().enabled_models_qs().exclude(name__startswith=PROJECTED)
        return found

    def tick(self, *arguments: Any, **options: Any) -> float:
        """One look. Returns the seconds until the next; 0 while there is more to do at once."""
        if self._dispatch():
            return 0.0
        if time.monotonic() < self._house_at:
            return TICK_S
        wait = float(super().tick(*arguments, **options))
        self._house_at = time.monotonic() + min(wait, HOUSE_TICK_S)
        return min(wait, TICK_S)

    def _dispatch(self) -> bool:
        """Whether a full handful was due, so that there may be more. A database that is away is waited for."""
        try:
            return dispatch.dispatch_due() >= dispatch.HANDFUL
        except (DatabaseError, InterfaceError):
            log.exception("due schedules could not be claimed; trying again")
            connection.close()
            return False
