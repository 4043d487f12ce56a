"""Changing a document that stands in KashFlow, without the books ever being without it.

What a document is made of anew is written first, and the old is taken out only when the new stands. A refusal takes the
new out again, so that the old stands as it stood; where not even that works, nobody knows, and it is looked for. Should a
worker die in between, both stand for a moment under one marker: the id still leads to the old, and whoever tries again
takes the other for what it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connections.contracts import PostRequest
from connections.errors import Failure

from . import finding
from .fields import KIND, Body
from .kinds import Held, Side
from .mapper import CALLS
from .writing import Writer, grown, in_doubt, is_refusal, parts, take_out


def journal(writer: Writer, request: PostRequest, now: Held) -> Held:
    """The journal under its number. Raises Failure."""
    assert now.main is not None  # noqa: S101 - the caller has looked
    _operation, name, body = parts(request.payload[CALLS][0])
    writer.update(("UpdateJournal", name), {**body, "JournalNumber": now.main["JournalNumber"]})
    return now


# ------------------------------------------------------------------ sales and purchases


def replaced(writer: Writer, request: PostRequest, side: Side, now: Held) -> Held:
    """The document under its number, and its payment where that has changed. Raises Failure."""
    assert now.main is not None  # noqa: S101 - the caller has looked
    number = now.main["InvoiceNumber"]
    main, *paying = request.payload[CALLS]
    # The payment it had goes last: until then everything can be undone.
    standing = [*now.others, *([now.payment] if now.payment else [])]
    paid = next((each for each in reversed(standing) if paying and _says(each, parts(paying[0])[2])), None)
    try:
        if paying and paid is None:
            paid = {"PayID": writer.send(paying[0], number)}
        writer.update(side.update, {**parts(main)[2], "InvoiceNumber": number})
    except Failure as failure:
        if is_refusal(failure):
            _as_before(writer, now, paid)
        raise
    try:
        take_out(writer.books, Held(now.kind, others=tuple(each for each in standing if each is not paid)))
    except Failure as failure:
        if is_refusal(failure):
            _restore(writer, side, now.main)
            _as_before(writer, now, paid)
        raise
    return Held(now.kind, now.main, paid)


def _as_before(writer: Writer, now: Held, paid: Body | None) -> None:
    """Of our payments, leave the one that the document had."""
    others = {each["PayID"]: each for each in (*now.others, paid) if each and each is not now.payment}
    if others:
        writer.undo(Held(now.kind, others=tuple(others.values())))


def _restore(writer: Writer, side: Side, main: Body) -> None:
    """Write the document as it was read. Its lines are new ones to KashFlow: those it had are gone."""
    lines = [{KIND: "InvoiceLine", **line, "LineID": 0} for line in main.get("Lines") or ()]
    try:
        writer.update(side.update, {**main, "Lines": lines})
    except Failure as failure:
        raise in_doubt(failure) from failure


def _says(there: Body, wanted: Mapping[str, Any]) -> bool:
    return all(_same(there.get(name), value) for name, value in wanted.items())


def _same(there: Any, wanted: Any) -> bool:
    """Equal as numbers where both are."""
    try:
        return bool(there == wanted or type(there)(wanted) == there)
    except (ArithmeticError, TypeError, ValueError):
        return False


# ------------------------------------------------------------------ payments and bank transactions


def anew(writer: Writer, request: PostRequest, now: Held) -> Held:
    """What has no number of ours to keep: in with the new, then out with the old. Raises Failure.

    What an earlier try left behind goes first, so that the new never stands twice.
    """
    left = finding.strays(writer.books, request, now)
    if left:
        writer.undo(left)
    new = _written(writer, request, Held(now.kind))
    try:
        take_out(writer.books, now)
    except Failure as failure:
        if is_refusal(failure):
            _give_up(writer, request, now, new, failure)
        raise
    return new


def _written(writer: Writer, request: PostRequest, held: Held) -> Held:
    for place, call in enumerate(request.payload[CALLS], 1):
        try:
            held = grown(held, place, call, writer.send(call, 0))
        except Failure as failure:
            if held and is_refusal(failure):
                writer.undo(held)
            raise
    return held


def _give_up(writer: Writer, request: PostRequest, now: Held, new: Held, failure: Failure) -> None:
    """The old may not be taken out: the new goes, if the old still stands whole. Raises Failure where it does not."""
    try:
        still = finding.by_id(writer.books, request.document.document_type.value, request.external_id)
    except Failure as unread:
        raise in_doubt(unread) from unread
    if still.external_id != now.external_id:
        raise in_doubt(failure) from failure
    writer.undo(new)
