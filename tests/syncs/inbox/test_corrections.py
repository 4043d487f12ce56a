"""Correcting a record: only what its step allows, checked first, the original kept and the trail written."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction

from canonical.problems import Refused
from syncs.inbox import editing
from syncs.models import RecordEdit, WorkItem
from tenants.models import AuditEvent
from tests.syncs.inbox.conftest import World


def held(world: World) -> WorkItem:
    world.orders("LAMP-?")
    return WorkItem.objects.select_related("run__flow_version", "integration__ledger").get()


def test_a_corrected_record_goes_on_where_it_stopped(world: World) -> None:
    world.known["LAMP-1"] = "item 7"
    item = held(world)
    editing.edit_and_retry(item=item, values={"sku": " LAMP-1 ", "date": "2026-11-02"}, reason="typing mistake")
    world.settle()
    assert world.booked == ["order:1"]
    item.refresh_from_db()
    assert item.input["sku"] == "LAMP-1"
    kept = [(edit.field, edit.before, edit.after) for edit in RecordEdit.objects.order_by("field")]
    assert kept == [("date", "2026-11-01", "2026-11-02"), ("sku", "LAMP-?", "LAMP-1")]
    trail = AuditEvent.objects.get(action="record.edited")
    assert (trail.before["sku"], trail.after["sku"], trail.reason) == ("LAMP-?", "LAMP-1", "typing mistake")
    assert trail.actor == world.owner


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"sku": ""}, "record.field_missing"),
        ({"sku": "lower case"}, "record.field_wrong"),
        ({"date": "2026-02-30"}, "record.field_wrong"),
        ({"amount": "12,50"}, "record.field_wrong"),
        ({"account": "999"}, "record.field_wrong"),
        ({"customer": "x" * 201}, "record.field_wrong"),
        ({"customer": "line\nbreak"}, "record.field_wrong"),
        ({"order": "2"}, "record.not_editable"),
        ({"settlement": "5"}, "record.not_editable"),
    ],
)
def test_nothing_is_changed_by_a_value_that_cannot_be(world: World, values: dict[str, str], code: str) -> None:
    item = held(world)
    before = dict(item.input)
    with pytest.raises(Refused) as refused:
        editing.edit_and_retry(item=item, values={"date": "2026-12-01", **values})
    assert [problem.code for problem in refused.value.problems] == [code]
    item.refresh_from_db()
    assert (item.input, item.state) == (before, "held")
    assert not RecordEdit.objects.exists()


def test_an_account_is_chosen_among_the_ledgers_own(world: World) -> None:
    world.known["LAMP-1"] = "item 7"
    item = held(world)
    field = next(one for one in editing.fields_of(item) if one.editable.key == "account")
    assert field.choices == (("41", "Sales"),)
    editing.edit_and_retry(item=item, values={"account": "41", "amount": "12.50", "sku": "LAMP-1"})
    item.refresh_from_db()
    assert (item.input["account"], item.input["amount"]) == ("41", "12.50")


def test_what_may_be_a_buyers_is_not_in_the_trail(world: World) -> None:
    editing.edit_and_retry(item=held(world), values={"customer": "Erika Mustermann"})
    trail = AuditEvent.objects.get(action="record.edited")
    assert "Mustermann" not in str(trail.after)
    assert trail.after["customer"].startswith("sha256:")


def test_the_original_is_shown_after_two_corrections_and_cannot_be_rewritten(world: World) -> None:
    item = held(world)
    for sku in ("LAMP-2", "LAMP-3"):
        item.refresh_from_db()
        editing.edit_and_retry(item=item, values={"sku": sku})
        world.settle()
    item.refresh_from_db()
    field = editing.fields_of(item)[0]
    assert (field.original, field.value) == ("LAMP-?", "LAMP-3")
    with pytest.raises(DatabaseError), transaction.atomic():
        RecordEdit.objects.update(before="something else")


def test_a_record_that_went_on_meanwhile_is_left_alone(world: World) -> None:
    item = held(world)
    WorkItem.objects.update(state="done")
    with pytest.raises(Refused, match="not held any more"):
        editing.edit_and_retry(item=item, values={"sku": "LAMP-1"})
