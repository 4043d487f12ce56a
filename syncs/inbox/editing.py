"""Correcting a held record: only what its step declares editable, checked before anything is changed, the original kept."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction

from canonical.money import to_decimal
from canonical.problems import Problem, Refused, Where, declare
from connections import selectors as connection_selectors
from syncs.inbox import mending
from syncs.models import RecordEdit, WorkItem
from syncs.selectors import STUCK
from syncs.steps import Editable, editable
from tenants.news import audit, current_actor

LONGEST = 200

NOT_EDITABLE = declare(
    "record.not_editable",
    "%(field)s of this record cannot be changed here.",
    "Correct it where it comes from, then try the record again.",
)
NOT_STUCK = declare(
    "record.not_stuck",
    "This record is not held any more.",
    "Reload the page to see its present state.",
)
MISSING = declare("record.field_missing", "%(field)s must not be empty.", "Enter a value, or leave the record as it was.")
WRONG = declare(
    "record.field_wrong", "%(value)s is not a possible %(field)s.", "Choose one from the list, or keep to the form shown."
)


@dataclass(frozen=True, slots=True)
class Field:
    """An editable field with its present value, its first value, and what may be chosen."""

    editable: Editable
    value: str
    original: str
    choices: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        return f"field:{self.editable.key}"

    @property
    def input_type(self) -> str:
        return "date" if self.editable.kind == "date" else "text"


def fields_of(item: WorkItem) -> list[Field]:
    """What may be corrected in this record, now."""
    first: dict[str, Any] = {}
    for edit in RecordEdit.objects.filter(item=item).order_by("id"):
        first.setdefault(edit.field, edit.before)
    return [
        Field(
            one,
            _text(item.input.get(one.key)),
            _text(first.get(one.key, item.input.get(one.key))),
            choices_of(item, one),
        )
        for one in editable(item.step)
    ]


def choices_of(item: WorkItem, one: Editable) -> tuple[tuple[str, str], ...]:
    """The values a choice may take: those declared, or the ledger's active objects of its kind."""
    if one.kind != "reference":
        return one.choices
    rows = connection_selectors.references(connection=item.integration.ledger, kind=one.reference)
    return tuple((row.external_id, row.name) for row in rows)


def edits_of(item: WorkItem) -> list[RecordEdit]:
    return list(RecordEdit.objects.filter(item=item).select_related("by").order_by("-id"))


def edit_and_retry(*, item: WorkItem, values: Mapping[str, str], reason: str = "") -> WorkItem:
    """Change editable fields of a stuck record and put it back to work.

    `values` is field key -> text as typed. Raises Refused with every problem found; then nothing is changed.
    """
    known = {one.key: one for one in editable(item.step)}
    problems: list[Problem] = [Problem(NOT_EDITABLE, {"field": key}) for key in values if key not in known]
    clean: dict[str, Any] = {}
    for key in values.keys() & known.keys():
        try:
            clean[key] = checked(item, known[key], values[key])
        except Refused as refused:
            problems += refused.problems
    if problems:
        raise Refused(*problems)
    with transaction.atomic():
        locked = WorkItem.objects.select_for_update(of=("self",)).filter(pk=item.pk, state__in=STUCK).first()
        if locked is None:
            raise Refused(Problem(NOT_STUCK))
        _keep(locked, known, {key: value for key, value in clean.items() if value != locked.input.get(key)}, reason)
    mending.retry([locked])
    locked.refresh_from_db()
    return locked


def checked(item: WorkItem, one: Editable, text: str) -> Any:
    """The value to store, or Refused."""
    value = text.strip()
    where = Where(field=one.label)
    if not value:
        if one.required:
            raise Refused(Problem(MISSING, {"field": one.label}, where=where))
        return ""
    if len(value) > LONGEST or not _possible(item, one, value):
        raise Refused(Problem(WRONG, {"value": value[:60], "field": one.label}, where=where))
    return value


def _possible(item: WorkItem, one: Editable, value: str) -> bool:
    if one.pattern and not re.fullmatch(one.pattern, value):
        return False
    if one.kind in ("choice", "reference"):
        return value in dict(choices_of(item, one))
    try:
        if one.kind == "date":
            date.fromisoformat(value)
        elif one.kind == "amount":
            return isinstance(to_decimal(value), Decimal)
    except (ValueError, TypeError, InvalidOperation):
        return False
    return value.isprintable()


def _keep(item: WorkItem, known: Mapping[str, Editable], changed: Mapping[str, Any], reason: str) -> None:
    """The new input, a row for each changed field, and the audit trail."""
    by = current_actor().user
    for key, value in changed.items():
        RecordEdit.objects.create(
            item=item, step=item.step, field=key, before=item.input.get(key), after=value, by=by, reason=reason[:300]
        )
    if changed:
        before = {key: _audited(known[key], item.input.get(key)) for key in changed}
        after = {key: _audited(known[key], value) for key, value in changed.items()}
        item.input = {**item.input, **changed}
        item.save(update_fields=["input"])
        audit("record.edited", item, before=before, after=after, reason=reason)


def _audited(one: Editable, value: Any) -> Any:
    """What may be a buyer's stays out of the audit trail, which is kept for years: its digest proves a change."""
    return f"sha256:{hashlib.sha256(_text(value).encode()).hexdigest()[:16]}" if one.private else value


def _text(value: Any) -> str:
    return "" if value is None else str(value)
