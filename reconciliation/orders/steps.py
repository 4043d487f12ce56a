"""The steps that carry orders and refunds: list, compose, check, post, record; and what settlements need of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from canonical.problems import Problem, Severity, declare
from connections.contracts import OrderSource
from connections.errors import Failure, FailureKind
from connections.models import Connection, InboundNotice
from connections.registry import provider
from reconciliation.models import Order, Refund
from reconciliation.orders import closing, paying, policy, posting, records, telling, unread
from reconciliation.orders.brought import PAGE
from reconciliation.orders.planning import Sale, live_document, source_ref
from reconciliation.orders.policy import Customers
from reconciliation.orders.posting import Carried, Turn
from syncs import documents
from syncs.models import Integration, SyncRun
from syncs.pipeline import Context
from syncs.runs import BACK_FILL, ORDERS
from syncs.steps import Discovery, Fate, ItemView, Lister, Page, Step, StepOutcome, register
from tenants import clock
from tenants.news import publish

REFUNDS = "refunds"
# A listing that was interrupted goes on by its token for this long (Amazon's live 24 hours).
_TOKEN_LIVES = timedelta(hours=23)
_FIRST_LOOK = timedelta(days=30)
NOTICED = "event"  # the trigger of a run that a notice has asked for: it reads the orders named, and lists nothing

TOO_OLD = declare(
    "orders.too_old",
    "%(provider)s keeps orders for %(days)s days: orders before %(day)s cannot be read. The listing begins there.",
    "Older revenue can still be posted by uploading its settlements.",
    Severity.WARNS,
)
DIFFERS = declare(
    "order.document_differs",
    "The document of %(order)s would be %(document)s but the order is %(total)s %(currency)s.",
    "Nothing was posted. Send support the order's number: this must not happen.",
)


# ------------------------------------------------------------------ list


def list_orders(ctx: Context, cursor: str) -> Iterator[Page]:
    """First the orders that notices name, then, unless a notice asked, all that changed since the watermark."""
    yield from _noticed(ctx)
    if ctx.run.trigger != NOTICED:
        yield from _listed(ctx, _State(cursor), _beginning(ctx.integration))


def back_fill(ctx: Context, cursor: str) -> Iterator[Page]:
    """Orders from the day a person asked for, up to where the ordinary listing began."""
    state = _State(cursor)
    if state.since is not None:
        yield from _listed(ctx, state, state.since)


class _State:
    """Where a listing stands: since when it lists, and the token of the page it had reached."""

    def __init__(self, cursor: str) -> None:
        kept: dict[str, str] = json.loads(cursor) if cursor else {}
        self.since = datetime.fromisoformat(kept["since"]) if kept.get("since") else None
        begun = datetime.fromisoformat(kept["token_at"]) if kept.get("token_at") else None
        self.token_at = begun
        self.token = kept.get("token", "") if begun and clock.now() - begun < _TOKEN_LIVES else ""

    @staticmethod
    def text(since: datetime, token: str = "", token_at: datetime | None = None) -> str:
        kept = {"since": since.isoformat(), "token": token, "token_at": token_at.isoformat() if token_at else ""}
        return json.dumps({key: value for key, value in kept.items() if value})


def _listed(ctx: Context, state: _State, beginning: datetime) -> Iterator[Page]:
    connection, source = ctx.integration.source, order_source(ctx.integration.source)
    since = state.since or beginning
    oldest = clock.now() - source.order_history
    if since < oldest:
        since = oldest
        params: dict[str, str | int] = {
            "provider": source.info.name, "days": source.order_history.days, "day": f"{oldest:%Y-%m-%d}"
        }  # fmt: skip
        SyncRun.objects.filter(pk=ctx.run.pk).update(note=Problem(TOO_OLD, params).text()[:300])
    started = state.token_at if state.token and state.token_at else clock.now()
    pages = source.order_pages(
        ctx.door(connection),
        connection.account(),
        since=since - source.order_overlap if state.since else since,
        marketplaces=_marketplaces(ctx.integration),
        people=_people(ctx.integration),
        token=state.token,
    )
    until = since
    for page in pages:
        found = [_discovery(row) for row in records.keep_orders(ctx.integration, page.orders, page.raw)]
        until = max(until, page.until or until)
        cursor = _State.text(since, page.token, started) if page.token else _State.text(until)
        yield Page(found=[*found, *unread.found(ctx.integration, page.unread)], cursor=cursor)
        unread.look_again(ctx.integration, page)


def _noticed(ctx: Context) -> Iterator[Page]:
    """Every order that a notice names is read again; the notice is done once its order is kept."""
    connection, source = ctx.integration.source, order_source(ctx.integration.source)
    waiting = InboundNotice.objects.filter(connection=connection, state="waiting", kind=ORDERS).order_by("id")
    for order_id in dict.fromkeys(waiting.values_list("external_id", flat=True)):
        seen = list(waiting.filter(external_id=order_id).values_list("pk", flat=True))
        try:
            page = source.order(ctx.door(connection), connection.account(), order_id, people=_people(ctx.integration))
            rows = records.keep_orders(ctx.integration, page.orders, page.raw)
            yield Page(found=[*(_discovery(row) for row in rows), *unread.found(ctx.integration, page.unread)])
            unread.look_again(ctx.integration, page)
        except Failure as failure:
            if failure.kind is not FailureKind.NOT_FOUND:
                raise
            # A notice is only a hint: an order that is not there (another seller's, or erased) stops nobody.
        InboundNotice.objects.filter(pk__in=seen).update(state="done")


def list_refunds(ctx: Context, cursor: str) -> Iterator[Page]:
    """Refunds posted since the watermark; the source looks back further by itself, because they show late."""
    if ctx.run.trigger == NOTICED:
        return
    connection = ctx.integration.source
    since = datetime.fromisoformat(cursor) if cursor else _beginning(ctx.integration)
    latest = since
    pages = order_source(connection).refund_pages(ctx.door(connection), connection.account(), since=since)
    for page in pages:
        rows = records.keep_refunds(ctx.integration, page.refunds, page.raw)
        latest = max([row.posted_at for row in rows], default=latest) if rows else latest
        found = [_discovery(row) for row in rows if row.integration_id == ctx.integration.pk]
        yield Page(found=[*found, *unread.found(ctx.integration, page.unread)])
        unread.look_again(ctx.integration, page)
    yield Page(found=[], cursor=max(latest, since).isoformat())


def order_source(connection: Connection) -> OrderSource:
    found = provider(connection.provider).order_source
    if found is None:
        raise LookupError(f"{connection.provider} tells no single orders")
    return found


def _beginning(integration: Integration) -> datetime:
    """Where the first listing begins: the day the integration starts, else a month ago."""
    if integration.starts_on is None:
        return clock.now() - _FIRST_LOOK
    return clock.start_of(integration.starts_on, integration.timezone)


def _people(integration: Integration) -> bool:
    return policy.policy_of(integration).customers is Customers.BUYER


def _marketplaces(integration: Integration) -> tuple[str, ...]:
    scope = integration.marketplace_scope
    return () if scope == "*" else tuple(part.strip() for part in scope.split(",") if part.strip())


def _discovery(row: Sale) -> Discovery:
    """One work item a version: a later change of the order is work of its own."""
    kind = "order" if isinstance(row, Order) else "refund"
    title = f"Order {row.shown}" if isinstance(row, Order) else f"Refund of {row.order_ref}"
    return Discovery(
        record=f"{kind}:{source_ref(row)}@{row.record.version}", title=title, input={kind: row.pk, "page": row.public_id}
    )


# ------------------------------------------------------------------ carry


def compose(ctx: Context, items: Sequence[ItemView]) -> list[StepOutcome]:
    """What each order is to become in the ledger, under the tenant's decisions; one that could not be read is read again."""
    again = unread.read_again(ctx, items, order_source(ctx.integration.source), people=_people(ctx.integration))
    readable = [again.view_of(item) for item in items if item.id not in again.stopped]
    sales = _sales(readable)
    carried = posting.compose(
        ctx.integration, list(dict.fromkeys(sales)), ctx.door(ctx.integration.ledger), policy.policy_of(ctx.integration)
    )
    outcomes = dict(zip((item.id for item in readable), _outcomes(sales, carried), strict=True))
    return [again.stopped.get(item.id) or replace(outcomes[item.id], input=again.input_of(item)) for item in items]


def check(ctx: Context, items: Sequence[ItemView]) -> list[StepOutcome]:
    """The document must be what the order says, to the penny, before anything is sent."""
    return [_check(ctx, sale) for sale in _sales(items)]


def _check(ctx: Context, sale: Sale) -> StepOutcome:
    document = live_document(ctx.integration, sale)
    revision = None if document is None else document.pending_revision or document.current_revision
    if document is None or revision is None:
        return StepOutcome(Fate.ONWARD)
    said = documents.said_by(revision)
    if said.total == sale.gross or (document.state in documents.STANDING and document.pending_revision is None):
        return StepOutcome(Fate.ONWARD, made=revision.hash)
    params: dict[str, str | int] = {
        "order": source_ref(sale), "document": f"{said.total:f}", "total": f"{sale.gross:f}", "currency": sale.currency
    }  # fmt: skip
    return StepOutcome(Fate.HELD, problem=Problem(DIFFERS, params))


def post(ctx: Context, items: Sequence[ItemView]) -> list[StepOutcome]:
    """Claim the revenue, then write: new documents by the page, changes, and what is taken back."""
    sales = _sales(items)
    if ctx.integration.state != Integration.State.ACTIVE:
        return [StepOutcome(Fate.FINISHED, note="the integration is not switched on") for _ in items]
    carried = posting.post(
        ctx.integration,
        list(dict.fromkeys(sales)),
        policy.policy_of(ctx.integration),
        by=ctx.run.started_by,
        correlation_id=ctx.run.correlation_id,
    )
    return _outcomes(sales, carried)


def apply_payments(ctx: Context, items: Sequence[ItemView]) -> list[StepOutcome]:
    """Set what came for invoices against them; nothing to do for all other documents."""
    return [paying.apply(ctx, sale) for sale in _sales(items)]


def comment(ctx: Context, items: Sequence[ItemView]) -> list[StepOutcome]:
    """Tell the shop what its order became, where the integration says so."""
    return [telling.tell(ctx, sale, attempts=item.attempts) for item, sale in zip(items, _sales(items), strict=True)]


def close(ctx: Context, items: Sequence[ItemView]) -> list[StepOutcome]:
    """Pay what was paid already, close credit memos against what they credit; nothing to do for all other documents."""
    sales = _sales(items)
    once = list(dict.fromkeys(sales))
    outcomes = dict(zip(once, closing.close(ctx, once), strict=True))
    return [outcomes[sale] for sale in sales]


def record(ctx: Context, items: Sequence[ItemView]) -> list[StepOutcome]:
    """Tell our own subscribers that the order has arrived."""
    for sale in _sales(items):
        document = live_document(ctx.integration, sale)
        publish("order.carried", sale, document=document.public_id if document else "", state=sale.state)
    return [StepOutcome(Fate.FINISHED) for _ in items]


def _sales(items: Sequence[ItemView]) -> list[Sale]:
    """The orders and refunds of a page of items, each locked to none: what they say is read anew."""
    orders = Order.objects.select_related("record").in_bulk([item.input["order"] for item in items if "order" in item.input])
    refunds = Refund.objects.select_related("record").in_bulk([item.input["refund"] for item in items if "refund" in item.input])
    return [orders[item.input["order"]] if "order" in item.input else refunds[item.input["refund"]] for item in items]


def _outcomes(sales: Sequence[Sale], carried: Sequence[Carried]) -> list[StepOutcome]:
    by_sale = {each.sale: each for each in carried}
    return [outcome(by_sale[sale]) for sale in sales]


def outcome(carried: Carried) -> StepOutcome:
    match carried.turn:
        case Turn.ONWARD:
            return StepOutcome(Fate.ONWARD)
        case Turn.DONE:
            return StepOutcome(Fate.FINISHED, note=carried.sale.get_state_display())
        case Turn.HELD:
            return StepOutcome(Fate.HELD, problem=carried.problem)
    return StepOutcome(Fate.WAITING, problem=carried.problem, not_before=carried.not_before)


def register_all() -> None:
    """Called once from AppConfig.ready()."""
    listers: list[tuple[str, str, str, Callable[[Context, str], Iterator[Page]]]] = [
        ("source.list_orders@1", "List changed orders", ORDERS, list_orders),
        ("source.back_fill_orders@1", "List earlier orders", BACK_FILL, back_fill),
        ("source.list_refunds@1", "List refunds", REFUNDS, list_refunds),
    ]
    for name, title, stream, pages in listers:
        register(Lister(name=name, title=title, makes="order", stream=stream, pages=pages))
    chain: list[tuple[str, str, str, str, Callable[..., list[StepOutcome]], bool, int]] = [
        ("order.compose@1", "Map to a document", "order", "documents", compose, True, PAGE),
        ("order.check@1", "Compare with the order", "documents", "documents", check, False, PAGE),
        ("ledger.post_orders@1", "Post to the ledger", "documents", "posted_documents", post, True, PAGE),
        ("ledger.apply_payments@1", "Apply payments", "posted_documents", "posted_documents", apply_payments, True, PAGE),
        ("source.comment@1", "Comment on the order", "posted_documents", "posted_documents", comment, True, PAGE),
        ("ledger.close_memos@1", "Close credit memos", "posted_documents", "posted_documents", close, True, PAGE),
        ("order.record@1", "Write down", "posted_documents", "posted_documents", record, False, PAGE),
    ]
    for name, title, takes, makes, run, writes, page in chain:
        register(Step(name=name, title=title, takes=takes, makes=makes, run=run, writes=writes, page=page, fills_calls=True))
