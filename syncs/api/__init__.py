"""Partner API: what moves, when, and what became of it."""

from __future__ import annotations

from syncs.api import held, integrations, operations, runs, schedules

URLS = [*integrations.URLS, *schedules.URLS, *runs.URLS, *operations.URLS, *held.URLS]
