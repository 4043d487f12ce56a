from __future__ import annotations

from django.apps import AppConfig


class ReconciliationConfig(AppConfig):
    name = "reconciliation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from reconciliation import annotating, following, mending, steps
        from reconciliation.orders import clearing
        from reconciliation.orders import steps as order_steps
        from reconciliation.products import steps as product_steps
        from syncs import ledger_steps, source_steps

        source_steps.register_all()
        ledger_steps.register_all()
        steps.register_all()
        order_steps.register_all()
        product_steps.register_all()
        clearing.register_all()
        mending.register_all()
        # Named, so that the outbox knows its subscribers in every process.
        self.tells_settlements, self.hangs_files = following.tell_settlement, annotating.ask
