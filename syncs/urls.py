"""Addresses of runs, the errors inbox and schedules."""

from __future__ import annotations

from django.urls import path

from syncs.views import health, inbox, inbox_record, runs, schedules

urlpatterns = [
    path("app/<str:tenant>/runs/", runs.runs, name="runs"),
    path("app/<str:tenant>/runs/<str:run>/", runs.run, name="run"),
    path("app/<str:tenant>/runs/<str:run>/progress/", runs.run_progress, name="run_progress"),
    path("app/<str:tenant>/runs/<str:run>/cancel/", runs.run_cancel, name="run_cancel"),
    path("app/<str:tenant>/runs/<str:run>/retry/", runs.run_retry, name="run_retry"),
    path("app/<str:tenant>/held/", inbox.held, name="held"),
    path("app/<str:tenant>/health/", health.health_live, name="health_live"),
    path("app/<str:tenant>/inbox/", inbox.inbox, name="inbox"),
    path("app/<str:tenant>/inbox/export/", inbox.inbox_export, name="inbox_export"),
    path("app/<str:tenant>/inbox/bulk/", inbox.inbox_bulk, name="inbox_bulk"),
    path("app/<str:tenant>/inbox/records/<str:item>/", inbox_record.record, name="inbox_record"),
    path("app/<str:tenant>/inbox/records/<str:item>/retry/", inbox_record.record_retry, name="inbox_record_retry"),
    path("app/<str:tenant>/inbox/<str:case>/", inbox.case, name="inbox_case"),
    path("app/<str:tenant>/inbox/<str:case>/retry/", inbox.case_retry, name="inbox_case_retry"),
    path("app/<str:tenant>/inbox/<str:case>/mend/", inbox.case_mend, name="inbox_case_mend"),
    path("app/<str:tenant>/inbox/<str:case>/assign/", inbox.case_assign, name="inbox_case_assign"),
    path("app/<str:tenant>/inbox/<str:case>/close/", inbox.case_close, name="inbox_case_close"),
    path("app/<str:tenant>/inbox/<str:case>/reopen/", inbox.case_reopen, name="inbox_case_reopen"),
    path("app/<str:tenant>/schedules/", schedules.schedules, name="schedules"),
    path("app/<str:tenant>/schedules/<str:schedule>/", schedules.schedule_change, name="schedule_change"),
    path("app/<str:tenant>/schedules/<str:schedule>/run/", schedules.schedule_run, name="schedule_run"),
]
