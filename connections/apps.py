from __future__ import annotations

from django.apps import AppConfig


class ConnectionsConfig(AppConfig):
    name = "connections"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from connections import alert_hook

        alert_hook.register()
        from connections.outbound import deliveries

        # Named, so that the outbox knows its subscriber in every process.
        self.tells_webhooks = deliveries.queue

        from connections import signals, upkeep

        signals.answered.connect(upkeep.go_on_reading, dispatch_uid="connections.reading")
