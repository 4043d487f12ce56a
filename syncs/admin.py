"""The console's pages about integrations, runs, records and documents: look, retry, release, pause."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from syncs import dispatch, posting, services
from syncs.models import DocumentRevision, Integration, LedgerDocument, PostingAttempt, SyncRun, SyncSchedule, WorkItem
from tenants.console import TenantRowAdmin, console_action, pretty


@admin.register(Integration)
class IntegrationAdmin(TenantRowAdmin):
    list_display = ("name", "tenant", "state", "posting_shape", "autopost", "timezone", "starts_on", "paused_reason")
    list_filter = ("state", "posting_shape", "autopost")
    search_fields = ("name", "public_id", "tenant__name")
    actions = ("pause", "resume")

    @console_action("Pause", effect="Scheduled work of these integrations stops; what is under way ends.")
    def pause(self, integration: Integration) -> None:
        services.pause(integration=integration)

    @console_action("Resume", effect="Scheduled work of these integrations begins again.")
    def resume(self, integration: Integration) -> None:
        services.activate(integration=integration)


@admin.register(SyncRun)
class SyncRunAdmin(TenantRowAdmin):
    list_display = ("public_id", "tenant", "integration", "stream", "trigger", "state", "started_at", "ended_at", "note")
    list_select_related = ("integration",)
    list_filter = ("state", "trigger", "stream")
    search_fields = ("public_id", "correlation_id")
    actions = ("retry", "requeue", "cancel")
    readonly_fields = ("tally",)
    exclude = ("counts",)

    @admin.display(description=_("counts"))
    def tally(self, run: SyncRun) -> Any:
        return pretty(run.counts)

    @console_action("Retry what was held", effect="Held and given-up records of these runs go back to work where they stopped.")
    def retry(self, run: SyncRun) -> None:
        for woken in services.retry_items(items=WorkItem.objects.filter(run=run)):
            dispatch.wake(woken)

    @console_action(
        "Requeue", effect="A worker looks at these runs at once instead of at their next turn. Nothing is done twice."
    )
    def requeue(self, run: SyncRun) -> None:
        services.requeue_run(run=run)
        dispatch.wake(run)

    @console_action("Cancel", effect="What has not begun is not begun; what is done stays done.")
    def cancel(self, run: SyncRun) -> None:
        services.cancel_run(run=run)


@admin.register(WorkItem)
class WorkItemAdmin(TenantRowAdmin):
    list_display = ("title", "tenant", "step", "state", "problem_code", "attempts", "not_before", "created_at")
    list_filter = ("state", "step", "problem_code")
    search_fields = ("record", "public_id", "fingerprint")
    actions = ("retry",)
    readonly_fields = ("given", "problem")
    exclude = ("input", "problem_params", "problem_where", "made")

    @admin.display(description=_("input"))
    def given(self, item: WorkItem) -> Any:
        return pretty(item.input)

    @admin.display(description=_("problem"))
    def problem(self, item: WorkItem) -> Any:
        return pretty({"code": item.problem_code, "params": item.problem_params, "where": item.problem_where})

    @console_action("Retry", effect="These records go back to work at the step where they stopped.")
    def retry(self, item: WorkItem) -> None:
        for run in services.retry_items(items=[item]):
            dispatch.wake(run)


@admin.register(LedgerDocument)
class LedgerDocumentAdmin(TenantRowAdmin):
    list_display = ("public_id", "tenant", "document_type", "source_ref", "part", "state", "number", "external_id", "posted_at")
    list_filter = ("state", "document_type")
    search_fields = ("source_ref", "number", "external_id", "public_id")
    actions = ("release", "look_again")
    readonly_fields = ("as_read",)
    exclude = ("read_back",)

    @admin.display(description=_("as read back"))
    def as_read(self, document: LedgerDocument) -> Any:
        return pretty(document.read_back)

    @console_action("Release", effect="Documents that the ledger refused become ready again, to be posted when asked.")
    def release(self, document: LedgerDocument) -> None:
        posting.release(document=document)

    @console_action(
        "Look in the ledger",
        effect="The ledger is asked whether it has these documents; what it has is adopted. Nothing is sent.",
    )
    def look_again(self, document: LedgerDocument) -> None:
        posting.look(documents=[document])


@admin.register(DocumentRevision)
class DocumentRevisionAdmin(TenantRowAdmin):
    list_display = ("public_id", "tenant", "document", "number", "date", "currency", "total", "hash")
    list_select_related = ("document",)
    search_fields = ("hash", "public_id")
    readonly_fields = ("as_sent",)
    exclude = ("payload", "canonical")

    @admin.display(description=_("as sent"))
    def as_sent(self, revision: DocumentRevision) -> Any:
        return pretty(revision.payload)


@admin.register(PostingAttempt)
class PostingAttemptAdmin(TenantRowAdmin):
    list_display = (
        "document",
        "tenant",
        "number",
        "action",
        "phase",
        "provider_key",
        "provider_trace_id",
        "sent_at",
        "ended_at",
        "problem_code",
    )
    list_select_related = ("document",)
    list_filter = ("phase", "action")
    search_fields = ("provider_key", "provider_trace_id")


@admin.register(SyncSchedule)
class SyncScheduleAdmin(TenantRowAdmin):
    list_display = ("integration", "tenant", "stream", "every_s", "at_minute", "timezone", "enabled")
    list_select_related = ("integration",)
    list_filter = ("stream", "enabled")
