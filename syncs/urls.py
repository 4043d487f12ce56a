"""Addresses of runs, held records and schedules."""

from __future__ import annotations

from django.urls import path

from syncs.views import held, runs, schedules

urlpatterns = [
    path("app/<str:tenant>/runs/", runs.runs, name="runs"),
    path("app/<str:tenant>/runs/<str:run>/", runs.run, name="run"),
    path("app/<str:tenant>/runs/<str:run>/progress/", runs.run_progress, name="run_progress"),
    path("app/<str:tenant>/runs/<str:run>/cancel/", runs.run_cancel, name="run_cancel"),
    path("app/<str:tenant>/runs/<str:run>/retry/", runs.run_retry, name="run_retry"),
    path("app/<str:tenant>/held/", held.held, name="held"),
    path("app/<str:tenant>/held/retry/", held.held_retry, name="held_retry"),
    path("app/<str:tenant>/schedules/", schedules.schedules, name="schedules"),
    path("app/<str:tenant>/schedules/<str:schedule>/", schedules.schedule_change, name="schedule_change"),
    path("app/<str:tenant>/schedules/<str:schedule>/run/", schedules.schedule_run, name="schedule_run"),
]
