"""What people may do to settlements. Keyword-only, inside a tenant's scope; pages, API, commands and tasks all come here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO

from django.db import IntegrityError, transaction

from canonical.problems import Problem, Refused, declare
from canonical.settlement import LineCategory
from connections import blobs
from connections.models import Connection, SourceDocument
from reconciliation import planning, state
from reconciliation.chain import BEGINS_HERE
from reconciliation.files import UPLOADED
from reconciliation.models import Settlement, Upload
from syncs import dispatch, flows, mappings, posting
from syncs.mapping.rules import Rule, Target
from syncs.models import Integration, LedgerDocument, SyncRun, WorkItem
from syncs.runs import open_run
from tenants import clock
from tenants.news import audit, current_actor, publish

MAX_UPLOAD = 512 * 1024 * 1024

TOO_LARGE = declare(
    "upload.too_large",
    "%(file)s is larger than %(megabytes)s MB.",
    "Upload the settlement's flat file as Amazon gives it; the largest seen are a quarter of that.",
)
NOT_POSTABLE = declare(
    "settlement.not_postable",
    "This settlement cannot be posted now: it is %(state)s.",
    "Do what its list of open points says first.",
)
NOTHING_POSTED = declare(
    "settlement.nothing_posted",
    "Nothing of this settlement stands in the ledger, so there is nothing to undo.",
    "Reload the page to see its present state.",
)
IN_LEDGER = declare(
    "settlement.in_ledger",
    "This settlement already stands in the ledger.",
    "Undo its posting first.",
)
NOT_REPLANNED = declare(
    "settlement.not_replanned",
    "This settlement cannot be worked out again now: it is %(state)s.",
    "Undo its posting first, or wait until its file is read.",
)
UNKNOWN_KIND = declare(
    "mapping.unknown_kind",
    "%(kind)s is not a kind of settlement row.",
    "Choose one from the list.",
)


def post_settlement(*, settlement: Settlement, expected: Mapping[str, str]) -> SyncRun:
    """Post the documents exactly as shown (`expected`: public id -> revision hash). Returns the run to watch.

    Asked twice, the same open run is returned: a double click is harmless.
    """
    if state.shown(settlement) not in _POSTABLE:
        raise Refused(Problem(NOT_POSTABLE, {"state": str(Settlement.State(state.shown(settlement)).label)}))
    for document in state.documents_of(settlement):  # who asks for it again says that what held it is mended
        if document.state == LedgerDocument.State.HELD:
            posting.release(document=document, by=current_actor().user)
    return _ask(
        settlement,
        record=f"post:{settlement.public_id}",
        step="ledger.post@1",
        template=_template(settlement),
        given={"settlement": settlement.pk, "page": settlement.public_id, "shown": dict(expected)},
        action="settlement.post_asked",
    )


_POSTABLE = frozenset({Settlement.State.READY, Settlement.State.PARTIALLY_POSTED, Settlement.State.FAILED})


def undo_settlement(*, settlement: Settlement, reason: str = "") -> SyncRun:
    """Take the settlement's documents out of the ledger; afterwards it is ready to post again."""
    if not any(document.state == LedgerDocument.State.POSTED for document in state.documents_of(settlement)):
        raise Refused(Problem(NOTHING_POSTED))
    return _ask(
        settlement,
        record=f"undo:{settlement.public_id}",
        step="ledger.undo@1",
        template="settlement-undo",
        given={"settlement": settlement.pk, "page": settlement.public_id, "reason": reason},
        action="settlement.undo_asked",
    )


def exclude(*, settlement: Settlement, reason: str) -> Settlement:
    """Leave a settlement out of the books, with the reason; its planned documents go."""
    if any(document.state != LedgerDocument.State.PLANNED for document in state.documents_of(settlement)):
        raise Refused(Problem(IN_LEDGER))
    with transaction.atomic():
        LedgerDocument.objects.filter(pk__in=[document.pk for document in state.documents_of(settlement)]).update(
            state=LedgerDocument.State.UNDONE
        )
        before, settlement.state, settlement.excluded_reason = settlement.state, Settlement.State.EXCLUDED, reason[:200]
        settlement.save(update_fields=["state", "excluded_reason"])
        _close_items(settlement)
        audit("settlement.excluded", settlement, before={"state": before}, after={"state": settlement.state}, reason=reason)
        publish("settlement.excluded", settlement)
    return settlement


def include(*, settlement: Settlement) -> Settlement:
    """Take an excluded settlement back in and plan it."""
    with transaction.atomic():
        settlement.state, settlement.excluded_reason = Settlement.State.IMPORTING, ""
        settlement.save(update_fields=["state", "excluded_reason"])
        audit("settlement.included", settlement)
    return planning.plan(settlement)


def begin_here(*, settlement: Settlement, reason: str) -> SyncRun | None:
    """Let a settlement begin a chain of its own: what it brings forward comes from the opening balance.

    For when the one before is missing and cannot be had any more.
    """
    with transaction.atomic():
        settlement.facts = {**settlement.facts, BEGINS_HERE: True}
        settlement.save(update_fields=["facts"])
        audit("settlement.begins_here", settlement, after={"previous_reserve": str(settlement.reserve_opening)}, reason=reason)
    return replan_all(ledger=_integration(settlement).ledger)


def replan(*, settlement: Settlement) -> Settlement:
    """Compose again from the kept file under the mapping as it is now."""
    return planning.plan(settlement)


def replan_all(*, ledger: Connection) -> SyncRun | None:
    """After a change of mapping: everything not yet posted towards this ledger is composed again, by a worker.

    Records that were held go on from where they stopped; nothing is listed or downloaded again.
    """
    waiting = state.with_state(
        Settlement.objects.filter(integration__ledger=ledger).select_related("integration", "source")
    ).filter(shown_state__in=[*_WAITING])
    runs: dict[int, SyncRun] = {}
    for settlement in waiting:
        integration = _integration(settlement)
        runs[integration.pk] = run = runs.get(integration.pk) or _replanning(integration)
        _queue_plan(run, settlement)
    for run in runs.values():
        dispatch.wake(run)
    return next(iter(runs.values()), None)


def replan_one(*, settlement: Settlement) -> SyncRun:
    """The same for one settlement. Raises Refused while it stands in the ledger or nobody reads its file."""
    if state.shown(settlement) not in _WAITING or settlement.integration is None:
        raise Refused(Problem(NOT_REPLANNED, {"state": str(Settlement.State(state.shown(settlement)).label)}))
    under_way = WorkItem.objects.filter(
        integration=settlement.integration, record=f"plan:{settlement.public_id}", state__in=_OPEN[:2]
    )
    item = under_way.select_related("run").first()
    run = _run_of(item) if item is not None else _replanning(settlement.integration)
    if item is None:
        _queue_plan(run, settlement)
    dispatch.wake(run)
    return run


def _replanning(integration: Integration) -> SyncRun:
    return open_run(integration=integration, trigger="mapping", discovers=False)


def _queue_plan(run: SyncRun, settlement: Settlement) -> None:
    _queue(
        run,
        settlement,
        record=f"plan:{settlement.public_id}",
        step="settlement.compose@1",
        given={"settlement": settlement.pk, "page": settlement.public_id},
    )


_WAITING = (Settlement.State.NEEDS_MAPPING, Settlement.State.NEEDS_REVIEW, Settlement.State.READY, Settlement.State.IMPORTING)


def decide_row(
    *, settlement: Settlement, triple: tuple[str, str, str], treat_as: str, account_id: str = "", tax_code_id: str = ""
) -> SyncRun | None:
    """Say what an unknown row is, for this and all future settlements, and compose again what waited for it.

    `treat_as` is the kind whose treatment it gets; `account_id` overrides the kind's own account.
    """
    if treat_as not in {kind.value for kind in LineCategory}:
        raise Refused(Problem(UNKNOWN_KIND, {"kind": treat_as}))
    integration = _integration(settlement)
    accounts = mappings.known_accounts(integration.ledger)
    rule = Rule(
        target=Target.triple(*triple),
        account_id=account_id,
        account_name=accounts[account_id].name if account_id in accounts else "",
        tax_code_id=tax_code_id,
        treat_as=treat_as,
    )
    mappings.set_rule(integration.mapping_set, rule)
    mappings.publish_draft(integration.mapping_set, note=f"{' / '.join(triple)} is {treat_as}")
    return replan_all(ledger=integration.ledger)


def choose_account(
    *, settlement: Settlement, target: str, account_id: str, tax_code_id: str = "", marketplace: str = ""
) -> SyncRun | None:
    """Give a role or kind its account in place ("role:loan", "kind:vine_fee") and compose again what waited for it."""
    integration = _integration(settlement)
    accounts = mappings.known_accounts(integration.ledger)
    name = accounts[account_id].name if account_id in accounts else account_id
    rule = Rule(Target.parse(target), account_id, name, marketplace=marketplace, tax_code_id=tax_code_id)
    mappings.set_rule(integration.mapping_set, rule)
    mappings.publish_draft(integration.mapping_set, note=f"{target} → {name}")
    return replan_all(ledger=integration.ledger)


def dismiss_upload(*, upload: Upload) -> Upload:
    """A person has seen that a file was refused, and wants to be reminded no more."""
    if upload.state == Upload.State.REFUSED and upload.dismissed_at is None:
        upload.dismissed_at = clock.now()
        upload.save(update_fields=["dismissed_at"])
        audit("upload.dismissed", upload)
    return upload


def upload(
    *, integration: Integration, file_name: str, content: BinaryIO, size: int, run: SyncRun | None = None, wakes: bool = True
) -> Upload:
    """Keep an uploaded settlement file and queue it for reading; the same file twice is read once.

    Files brought together share the `run` of the first; whoever brings them wakes it once all are in (`wakes` False).
    """
    if size > MAX_UPLOAD:
        raise Refused(Problem(TOO_LARGE, {"file": file_name, "megabytes": MAX_UPLOAD // 1024 // 1024}))
    blob = blobs.keep(content, media_type="text/tab-separated-values", origin="upload")
    with transaction.atomic():
        document, _made = SourceDocument.objects.get_or_create(
            connection=integration.source,
            type=UPLOADED,
            external_id=blob.sha256,
            revision="",
            defaults={"blob": blob, "file_name": file_name[:255], "fetched_at": clock.now()},
        )
        run = run or open_run(integration=integration, trigger="upload", discovers=False)
        kept = Upload.objects.create(
            integration=integration,
            file_name=file_name[:255],
            size=size,
            blob=blob,
            run=run,
            uploaded_by=current_actor().user,
        )
        WorkItem.objects.create(
            run=run,
            integration=integration,
            record=f"upload:{kept.public_id}",
            flow_key=flows.chain(run.flow_version.document).key,
            title=file_name[:200],
            step="settlement.classify@1",
            input={"source_document": document.pk, "upload": kept.pk},
        )
        audit("settlement.uploaded", kept, after={"file": file_name, "sha256": blob.sha256})
        if wakes:
            dispatch.wake(run)
    return kept


def expected_of(documents: Iterable[LedgerDocument]) -> dict[str, str]:
    """What a page that shows these documents must hand back when it posts them."""
    return {document.public_id: document.current_revision.hash for document in documents}


def page_hash(documents: Iterable[LedgerDocument]) -> str:
    """One value for all documents of a page, for the form that posts them."""
    return hashlib.sha256(str(sorted(expected_of(documents).items())).encode()).hexdigest()


def _ask(settlement: Settlement, *, record: str, step: str, template: str, given: dict[str, Any], action: str) -> SyncRun:
    integration = _integration(settlement)
    open_item = WorkItem.objects.filter(integration=integration, record=record, state__in=_OPEN).select_related("run").first()
    if open_item is not None and open_item.state != WorkItem.State.HELD:
        return _run_of(open_item)
    try:
        with transaction.atomic():
            if open_item is not None:  # asked again after it was held: with what is shown now
                WorkItem.objects.filter(pk=open_item.pk).update(state=WorkItem.State.DONE, done_at=clock.now())
            run = open_run(integration=integration, trigger="manual", discovers=False, template=template)
            _queue(run, settlement, record=record, step=step, given=given)
            audit(action, settlement)
            dispatch.wake(run)
            return run
    except IntegrityError:  # the other click was first
        return _run_of(WorkItem.objects.select_related("run").get(integration=integration, record=record, state__in=_OPEN))


_OPEN = (WorkItem.State.READY, WorkItem.State.WAITING, WorkItem.State.HELD)


def _queue(run: SyncRun, settlement: Settlement, *, record: str, step: str, given: dict[str, Any]) -> None:
    held = WorkItem.objects.filter(
        integration=run.integration, input__settlement=settlement.pk, state=WorkItem.State.HELD, step__in=_BEFORE_POSTING
    )
    held.update(state=WorkItem.State.DONE, done_at=clock.now())
    WorkItem.objects.get_or_create(
        integration=run.integration,
        record=record,
        flow_key=flows.chain(run.flow_version.document).key,
        state__in=_OPEN,
        defaults={
            "run": run,
            "title": f"Settlement {settlement.settlement_id}",
            "step": step,
            "input": given,
            "state": WorkItem.State.READY,
        },
    )


# Steps whose held record a new plan makes out of date.
_BEFORE_POSTING = ("settlement.compose@1", "check.tie_out@1", "ledger.post@1")


def _close_items(settlement: Settlement) -> None:
    WorkItem.objects.filter(input__settlement=settlement.pk, state__in=_OPEN).update(
        state=WorkItem.State.DONE, done_at=clock.now()
    )


def _run_of(item: WorkItem) -> SyncRun:
    run: SyncRun = item.run
    return run


def _integration(settlement: Settlement) -> Integration:
    integration: Integration | None = settlement.integration
    if integration is None:
        raise LookupError(f"settlement {settlement.public_id} has no integration")
    return integration


def _template(settlement: Settlement) -> str:
    integration = _integration(settlement)
    return flows.template_for(integration.source.provider, integration.ledger.provider)
