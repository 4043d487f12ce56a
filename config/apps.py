"""The admin's default site is the operator console, so that every room registers its models the plain way."""

from __future__ import annotations

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.apps import AdminConfig

# Libraries register editors of their own. Operators may not change who can sign in, and schedules have one
# truth, SyncSchedule, of which the periodic tasks are a projection.
WITHOUT_EDITOR = ("account", "mfa", "usersessions", "auth", "django_celery_beat")


class ConsoleConfig(AdminConfig):
    default_site = "config.console.site.ConsoleSite"

    def ready(self) -> None:
        super().ready()
        for label in WITHOUT_EDITOR:
            for model in apps.get_app_config(label).get_models():
                if admin.site.is_registered(model):
                    admin.site.unregister(model)
        self._show_periodic_tasks()

    def _show_periodic_tasks(self) -> None:
        from django_celery_beat.models import PeriodicTask

        from tenants.console import ReadOnlyAdmin

        class PeriodicTaskAdmin(ReadOnlyAdmin):
            list_display = ("name", "task", "enabled", "last_run_at", "total_run_count")
            list_filter = ("enabled", "task")
            search_fields = ("name",)
            ordering = ("name",)

        admin.site.register(PeriodicTask, PeriodicTaskAdmin)
