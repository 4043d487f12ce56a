from __future__ import annotations

from django.apps import AppConfig


class SyncsConfig(AppConfig):
    name = "syncs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from connections.signals import answered, noticed, renewed
        from syncs import noticed as look_again
        from syncs import renewal, waking
        from syncs.inbox import cases, mending  # noqa: F401 - they subscribe to the outbox

        renewed.connect(renewal.go_on, dispatch_uid="syncs.renewal")
        noticed.connect(look_again.look, dispatch_uid="syncs.noticed")
        answered.connect(waking.go_on, dispatch_uid="syncs.waking")
