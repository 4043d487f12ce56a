"""The settlement's steps of a flow: list payouts, classify, compose, tie out, post, compare what was read back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from canonical.problems import Problem, Refused, declare
from connections.models import SourceDocument
from reconciliation import ingest, ladders, parties, planning, state
from reconciliation.bank import matching
from reconciliation.engine import RungName, RungState
from reconciliation.models import Settlement, Upload
from reconciliation.orders import brought, claims
from reconciliation.orders.policy import policy_of
from reconciliation.payouts import keep_payouts
from syncs import posting
from syncs.models import Integration, LedgerDocument
from syncs.pipeline import Context
from syncs.posting import Verdict
from syncs.source_steps import source_of
from syncs.steps import Fate, ItemView, Lister, Page, Step, StepOutcome, register
from tenants import clock
from tenants.news import alert

PAYOUTS = "payouts"
# A payout's status changes for days after it was created (in transit, paid, failed).
_OVERLAP = timedelta(days=14)
# Orders that are being posted take a call or two.
_FOR_ORDERS = timedelta(seconds=20)
# Pages of orders that a settlement brings along at one taking; then it lets others have their turn.
_PAGES_AT_ONCE = 10

DOES_NOT_TIE = declare(
    "settlement.does_not_tie",
    "%(rung)s is %(amount)s but %(compared)s is %(compared_amount)s: a difference of %(difference)s.",
    "Open the settlement and follow the red rung down to its rows. A file that does not add up is never posted: "
    "download it again from Seller Central and upload it.",
)
NOW_NAMED = declare(
    "settlement.now_named",
    "The customer or supplier that this entry names has just been found or made in the ledger.",
    "Look at the entry and post it again: it is the same but for the name.",
)
READ_BACK_DIFFERS = declare(
    "settlement.read_back_differs",
    "The ledger now holds something else than was posted for settlement %(settlement)s (difference %(difference)s).",
    "Open the document in the ledger: somebody or some setting changed it. Undo and post again to restore it.",
)


def list_payouts(ctx: Context, cursor: str) -> Iterator[Page]:
    """Keep what the source says of its transfers. Finds no work by itself: settlements look their payout up."""
    connection = ctx.integration.source
    since = datetime.fromisoformat(cursor) - _OVERLAP if cursor else None
    latest = cursor
    for page in source_of(connection).payout_pages(ctx.door(connection), connection.account(), since=since):
        keep_payouts(connection, page)
        dates = [fact.initiated_at.isoformat() for fact in page if fact.initiated_at]
        latest = max([*dates, latest]) if dates else latest
    yield Page(found=[], cursor=latest)


def classify(ctx: Context, items: Sequence[ItemView]) -> list[StepOutcome]:
    """Read every row of the file and keep it, classified."""
    return [_classify(ctx, item) for item in items]


def _classify(ctx: Context, item: ItemView) -> StepOutcome:
    document = SourceDocument.objects.select_related("blob").get(pk=item.input["source_document"])
    upload = Upload.objects.filter(pk=item.input["upload"]).first() if "upload" in item.input else None
    try:
        stored = ingest.store(ctx.integration, document)
    except Refused as refused:
        if upload is None:
            raise
        upload.refuse([planning.as_json(problem) for problem in refused.problems])
        return StepOutcome(Fate.FINISHED, note="refused")
    if upload is not None:
        upload.accept(stored.settlement, known=not stored.is_new)
    if stored.is_new:
        matching.settle()  # the deposit date and the bank account of its payout are known only now
    if not stored.is_new or stored.settlement.state == Settlement.State.EXCLUDED:
        return StepOutcome(Fate.FINISHED, made=document.blob.sha256, note="known already")
    return StepOutcome(
        Fate.ONWARD, input={"settlement": stored.settlement.pk, "page": stored.settlement.public_id}, made=document.blob.sha256
    )


def bring_orders(ctx: Context, items: Sequence[ItemView]) -> list[StepOutcome]:
    """Post the orders and refunds of the settlement that are due with it, before its own entry is composed."""
    return [_bring(ctx, item) for item in items]


def _bring(ctx: Context, item: ItemView) -> StepOutcome:
    settlement, decided = _settlement(item), policy_of(ctx.integration)
    if not decided.each or ctx.integration.state != Integration.State.ACTIVE:
        return StepOutcome(Fate.ONWARD)
    for _ in range(_PAGES_AT_ONCE):
        sales = brought.next_page(settlement, ctx.integration)
        if not sales:
            return StepOutcome(Fate.ONWARD)
        waiting = brought.carry(ctx, sales, decided)
        if waiting:
            return StepOutcome(Fate.WAITING, problem=waiting[0].problem, not_before=waiting[0].not_before)
    return StepOutcome(Fate.WAITING, problem=Problem(brought.UNDER_WAY), not_before=clock.now())


def compose(ctx: Context, items: Sequence[ItemView]) -> list[StepOutcome]:
    """Compose the documents under the published mapping; hold what cannot be."""
    return [_compose(ctx, item) for item in items]


def _compose(ctx: Context, item: ItemView) -> StepOutcome:
    settlement = _settlement(item)
    if ctx.integration.state == Integration.State.ACTIVE:
        parties.ensure(settlement, ctx.integration, ctx.door(ctx.integration.ledger))
    settlement = planning.plan(settlement)
    stopping = planning.blocking([planning.from_json(row) for row in settlement.problems])
    if stopping and all(problem.code == claims.UNDER_WAY for problem in stopping):
        return StepOutcome(Fate.WAITING, problem=stopping[0], not_before=clock.now() + _FOR_ORDERS)
    if stopping:
        return StepOutcome(Fate.HELD, problem=stopping[0])
    if settlement.state != Settlement.State.READY:
        return StepOutcome(Fate.FINISHED, note=settlement.state)
    hashes = ",".join(document.current_revision.hash for document in state.documents_of(settlement))
    return StepOutcome(Fate.ONWARD, made=hashes)


def tie_out(ctx: Context, items: Sequence[ItemView]) -> list[StepOutcome]:
    """Every rung that can be compared must be equal, to the penny, before anything is posted."""
    return [_tie_out(item) for item in items]


def _tie_out(item: ItemView) -> StepOutcome:
    found = ladders.disagreement(ladders.ladder(_settlement(item)), DOES_NOT_TIE)
    return StepOutcome(Fate.HELD, problem=found) if found else StepOutcome(Fate.ONWARD)


def post(ctx: Context, items: Sequence[ItemView]) -> list[StepOutcome]:
    """Post where a person asked for it or the integration posts by itself; otherwise leave it ready."""
    return [_post(ctx, item) for item in items]


def _post(ctx: Context, item: ItemView) -> StepOutcome:
    settlement = _settlement(item)
    documents = list(state.documents_of(settlement))
    shown = item.input.get("shown")
    if shown is None and any(document.epoch for document in documents):
        return StepOutcome(Fate.FINISHED, note="undone before: a person posts it again")
    if shown is None and not _posts_itself(ctx.integration):
        return StepOutcome(Fate.FINISHED, note="ready for review")
    if parties.unnamed(documents):  # it was only tried out so far
        parties.ensure(settlement, ctx.integration, ctx.door(ctx.integration.ledger))
        planning.plan(settlement)
        if shown is not None:
            return StepOutcome(Fate.HELD, problem=Problem(NOW_NAMED))
        documents = list(state.documents_of(settlement))
    if not claims.take_for_settlement(settlement, ctx.integration, settlement.facts.get(planning.CLEARED, "")):
        return _planned_anew(settlement, by_person=shown is not None)
    if shown is None:
        shown = {document.public_id: document.current_revision.hash for document in documents}
    return _outcome(posting.post(documents=documents, shown=shown, by=ctx.run.started_by, correlation_id=ctx.run.correlation_id))


def _planned_anew(settlement: Settlement, *, by_person: bool) -> StepOutcome:
    """Orders of it were posted, or undone, since it was composed: compose it again, and try again with that."""
    settlement = planning.plan(settlement)
    stopping = planning.blocking([planning.from_json(row) for row in settlement.problems])
    waits = [problem for problem in stopping if problem.code == claims.UNDER_WAY]
    if by_person or len(stopping) > len(waits):
        return StepOutcome(Fate.HELD, problem=stopping[0] if stopping else Problem(claims.CLAIMS_CHANGED))
    problem = waits[0] if waits else Problem(claims.CLAIMS_CHANGED)
    return StepOutcome(Fate.WAITING, problem=problem, not_before=clock.now() + _FOR_ORDERS)


def _posts_itself(integration: Integration) -> bool:
    """Only once it is switched on: trying out in the wizard, or a file brought while it is paused, posts nothing."""
    return integration.autopost and integration.state == Integration.State.ACTIVE


def undo(ctx: Context, items: Sequence[ItemView]) -> list[StepOutcome]:
    """Take the settlement's documents out of the ledger again."""
    outcomes = []
    for item in items:
        settlement = _settlement(item)
        documents = [
            document
            for document in reversed(state.documents_of(settlement))
            if document.state in (LedgerDocument.State.POSTED, LedgerDocument.State.UNDOING, LedgerDocument.State.UNKNOWN)
        ]
        outcome = _outcome(
            posting.undo(
                documents=documents,
                by=ctx.run.started_by,
                reason=item.input.get("reason", ""),
                correlation_id=ctx.run.correlation_id,
            )
        )
        if outcome.fate is Fate.ONWARD:
            claims.release_settlement(settlement, ctx.integration)
            planning.plan(settlement)
        outcomes.append(outcome)
    return outcomes


def _outcome(result: posting.Posting) -> StepOutcome:
    verdicts = {each.verdict for each in result.results}
    if verdicts <= {Verdict.POSTED, Verdict.ALREADY, Verdict.UNDONE}:
        return StepOutcome(Fate.ONWARD)
    if verdicts & {Verdict.HELD, Verdict.REFUSED}:
        return StepOutcome(Fate.HELD, problem=result.problem)
    return StepOutcome(Fate.WAITING, problem=result.problem, not_before=result.not_before)


def read_back(ctx: Context, items: Sequence[ItemView]) -> list[StepOutcome]:
    """Compare what the ledger holds now with what was planned; a difference is news for a person."""
    return [_read_back(item) for item in items]


def _read_back(item: ItemView) -> StepOutcome:
    settlement = _settlement(item)
    for rung in ladders.ladder(settlement).rungs:
        if rung.name in (RungName.READ_BACK, RungName.TAX) and rung.state is RungState.DIFFERS:
            params = {"settlement": settlement.settlement_id, "difference": str(rung.difference)}
            found = Problem(READ_BACK_DIFFERS, params)
            alert(found, settlement)
            return StepOutcome(Fate.HELD, problem=found)
    return StepOutcome(Fate.FINISHED)


def _settlement(item: ItemView) -> Settlement:
    return Settlement.objects.select_related("integration", "source", "document__blob").get(pk=item.input["settlement"])


def register_all() -> None:
    """Called once from AppConfig.ready()."""
    register(Lister(name="source.list_payouts@1", title="List payouts", makes="payout", stream=PAYOUTS, pages=list_payouts))
    chain: list[tuple[str, str, str, str, Callable[..., list[StepOutcome]], bool]] = [
        ("settlement.classify@1", "Read and classify", "source_document", "settlement", classify, False),
        ("settlement.bring_orders@1", "Post its orders", "settlement", "settlement", bring_orders, True),
        ("settlement.compose@1", "Compose the entry", "settlement", "documents", compose, False),
        ("check.tie_out@1", "Tie out", "documents", "documents", tie_out, False),
        ("ledger.post@1", "Post to the ledger", "documents", "posted_documents", post, True),
        ("check.read_back@1", "Compare with the ledger", "posted_documents", "posted_documents", read_back, False),
        ("ledger.undo@1", "Undo in the ledger", "posted_documents", "documents", undo, True),
    ]
    for name, title, takes, makes, run, writes in chain:
        heavy = run is classify  # a million rows take many seconds, and cannot be cut
        register(Step(name=name, title=title, takes=takes, makes=makes, run=run, writes=writes, heavy=heavy))
