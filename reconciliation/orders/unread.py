"""Orders and refunds that their source told and that could not be read: held by name, while all others go on.

Such a record has no row of ours yet: its work item says what it is and what could not be read. It is held as found; when
it is tried again, by a person or because the shop changed it, it is read again, and goes on like any other where it can be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from canonical.problems import Problem
from connections.contracts import OrderPage, OrderSource, RefundPage, Unread
from connections.errors import Failure
from reconciliation import scopes
from reconciliation.models import Order, Refund
from reconciliation.orders import records
from reconciliation.orders.planning import Sale
from syncs.inbox import mending
from syncs.models import Integration, WorkItem
from syncs.pipeline import Context, outcome_of
from syncs.steps import Discovery, Fate, ItemView, StepOutcome

UNREAD = "unread"  # in an item's input: {"order_id", "refund_id", "changed", "code", "params"}
_ROWS = frozenset({"order", "refund"})  # in its input once it could be read
_LEFT = [WorkItem.State.HELD, WorkItem.State.DEAD, WorkItem.State.WAITING]
_SUPERSEDED = "a later version of it is under way"


def found(integration: Integration, unread: Sequence[Unread]) -> list[Discovery]:
    """Work of the integration's own: a version of a record that could not be read is held once."""
    return [_discovery(each) for each in unread if _is_ours(integration, each)]


def _is_ours(integration: Integration, unread: Unread) -> bool:
    """What names no store we know is held where it was met, so that somebody hears of it."""
    owner = scopes.owner(integration, unread.marketplace, "") if unread.marketplace else None
    return owner is None or owner.pk == integration.pk


def _discovery(unread: Unread) -> Discovery:
    """One work item a version, as for what can be read."""
    kind, name = ("refund", f"{unread.order_id}#{unread.refund_id}") if unread.refund_id else ("order", unread.order_id)
    kept = {
        "order_id": unread.order_id,
        "refund_id": unread.refund_id,
        "changed": _text(unread.changed),
        "code": unread.problem.code,
        "params": dict(unread.problem.params),
    }
    title = f"Refund {unread.number}" if unread.refund_id else f"Order {unread.number}"
    return Discovery(record=f"{UNREAD}_{kind}:{name}@{_text(unread.changed)}"[:200], title=title, input={UNREAD: kept})


def _text(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


# ------------------------------------------------------------------ what became of them


def look_again(integration: Integration, page: OrderPage | RefundPage) -> None:
    """Whatever of a page was held as unread in an older version is tried again: it can be read now, or says something else.

    Called once the page is kept, so that the older version finds the newer one beside it.
    """
    met: dict[tuple[str, str], str | None] = {(one.order_id, one.refund_id): _text(one.changed) for one in page.unread}
    if isinstance(page, OrderPage):
        met |= {(one.order_id, ""): None for one in page.orders}
    else:
        met |= {(one.order_id, one.refund_id): None for one in page.refunds}
    orders = sorted({order_id for order_id, _ in met})
    left = WorkItem.objects.filter(integration=integration, state__in=_LEFT, input__unread__order_id__in=orders)
    held = left.exclude(input__has_any_keys=sorted(_ROWS))
    mending.retry([item for item in held.select_related("run") if _is_older(item.input[UNREAD], met)])


def _is_older(kept: Mapping[str, Any], met: Mapping[tuple[str, str], str | None]) -> bool:
    """None is a version that could be read: any that could not is older."""
    name = (kept["order_id"], kept["refund_id"])
    return name in met and kept["changed"] != met[name]


@dataclass(slots=True)
class Again:
    """What reading again gave: by item, the row it is now, or the outcome at which it stops."""

    rows: dict[int, Sale] = field(default_factory=dict)
    stopped: dict[int, StepOutcome] = field(default_factory=dict)

    def input_of(self, item: ItemView) -> dict[str, Any]:
        """What the item has to say besides, now that it has a row."""
        row = self.rows.get(item.id)
        return {} if row is None else {"order" if isinstance(row, Order) else "refund": row.pk, "page": row.public_id}

    def view_of(self, item: ItemView) -> ItemView:
        return replace(item, input={**item.input, **self.input_of(item)})


def read_again(ctx: Context, items: Sequence[ItemView], source: OrderSource, *, people: bool) -> Again:
    """Hold what was just found, read again what is tried again. What has its row already is none of ours."""
    again = Again()
    waiting = {item.id: item for item in items if UNREAD in item.input and not item.input.keys() & _ROWS}
    for row in WorkItem.objects.filter(pk__in=waiting).order_by("pk"):
        answer = _read_again(ctx, row, source, people) if row.problem_code else _held(_problem(row))
        if isinstance(answer, StepOutcome):
            again.stopped[row.pk] = answer
        else:
            again.rows[row.pk] = answer
    return again


def _read_again(ctx: Context, item: WorkItem, source: OrderSource, people: bool) -> Sale | StepOutcome:
    """The row it is now; or where it stops. One record's trouble with its source is no other's."""
    if _is_superseded(item):
        return StepOutcome(Fate.FINISHED, note=_SUPERSEDED)
    try:
        if item.input[UNREAD]["refund_id"]:
            return _refund_again(ctx, item, source)
        return _order_again(ctx, item, source, people)
    except Failure as failure:
        return outcome_of(failure, attempts=item.attempts)


def _is_superseded(item: WorkItem) -> bool:
    """Whether a version that was found later, readable or not, has work of its own."""
    kept = item.input[UNREAD]
    same = Q(input__unread__contains={"order_id": kept["order_id"], "refund_id": kept["refund_id"]})
    kind = "input__refund__in" if kept["refund_id"] else "input__order__in"
    same |= Q(**{kind: list(_rows(item).values_list("pk", flat=True))})
    return WorkItem.objects.filter(same, integration=item.integration_id, pk__gt=item.pk).exists()


def _rows(item: WorkItem) -> QuerySet[Any]:
    kept, source = item.input[UNREAD], item.integration.source_id
    if kept["refund_id"]:
        return Refund.objects.filter(source=source, order_ref=kept["order_id"], refund_id=kept["refund_id"])
    return Order.objects.filter(source=source, order_id=kept["order_id"])


def _order_again(ctx: Context, item: WorkItem, source: OrderSource, people: bool) -> Sale | StepOutcome:
    connection = ctx.integration.source
    page = source.order(ctx.door(connection), connection.account(), item.input[UNREAD]["order_id"], people=people)
    if page.unread:
        return _held(page.unread[0].problem)
    return _kept(ctx, records.keep_orders(ctx.integration, page.orders, page.raw)[0])


def _refund_again(ctx: Context, item: WorkItem, source: OrderSource) -> Sale | StepOutcome:
    """Refunds are told in pages alone: the page it came on is near the moment it had."""
    kept, connection = item.input[UNREAD], ctx.integration.source
    since = datetime.fromisoformat(kept["changed"]) if kept["changed"] else item.created_at
    for page in source.refund_pages(ctx.door(connection), connection.account(), since=since):
        for refund in page.refunds:
            if (refund.order_id, refund.refund_id) == (kept["order_id"], kept["refund_id"]):
                return _kept(ctx, records.keep_refunds(ctx.integration, [refund], page.raw)[0])
        for unread in page.unread:
            if (unread.order_id, unread.refund_id) == (kept["order_id"], kept["refund_id"]):
                return _held(unread.problem)
    return _held(_problem(item))


def _kept(ctx: Context, row: Sale) -> Sale | StepOutcome:
    if row.integration_id == ctx.integration.pk:
        return row
    return StepOutcome(Fate.FINISHED, note="another integration carries it")


def _problem(item: WorkItem) -> Problem:
    return Problem(item.input[UNREAD]["code"], item.input[UNREAD]["params"])


def _held(problem: Problem) -> StepOutcome:
    return StepOutcome(Fate.HELD, problem=problem)
