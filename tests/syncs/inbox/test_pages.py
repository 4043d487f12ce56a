"""The inbox as people use it: what each role sees and may do, filters in the address, tables to take away."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from django.test import Client
from openpyxl import load_workbook

from connections.models import ApiCall
from syncs import steps
from syncs.models import Case, SyncRun, WorkItem
from syncs.steps import Step
from tenants import clock
from tenants.models import Membership, User
from tests.syncs.inbox.conftest import World

Person = Callable[[str], Client]


@pytest.fixture
def person(world: World) -> Person:
    def made(role: str) -> Client:
        user = User.objects.create_user(f"{role}@oak.test", name=role.title())
        Membership.objects.create(user=user, tenant=world.tenant, role=role)
        client = Client()
        client.force_login(user)
        return client

    return made


def page(client: Client, world: World, path: str, **query: str) -> str:
    answer = client.get(f"/app/{world.tenant.public_id}/{path}", query)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def send(client: Client, world: World, path: str, **fields: object) -> str:
    answer = client.post(f"/app/{world.tenant.public_id}/{path}", fields, follow=True)
    return answer.content.decode()


def case_of(sku: str) -> Case:
    return Case.objects.filter(fingerprint__endswith=sku).latest("id")


def test_the_list_says_what_why_and_what_to_do(world: World, person: Person) -> None:
    world.orders(*["LAMP-1"] * 5, "VASE-2")
    seen = page(person("bookkeeper"), world, "inbox/")
    assert "There is no item for the SKU LAMP-1." in seen
    assert "Choose the item, then retry the orders." in seen
    assert "5 records" in seen
    assert seen.index("LAMP-1.") < seen.index("VASE-2.")
    assert page(person("viewer"), world, "inbox/").count("Retry") == 0


def test_the_former_address_leads_here(world: World, person: Person) -> None:
    answer = person("viewer").get(f"/app/{world.tenant.public_id}/held/")
    assert answer["Location"] == f"/app/{world.tenant.public_id}/inbox/"


def test_filters_stand_in_the_address(world: World, person: Person) -> None:
    world.orders("LAMP-1", "VASE-2")
    client = person("bookkeeper")
    found = page(client, world, "inbox/", q="Order 2")
    assert "VASE-2." in found
    assert "SKU LAMP-1." not in found
    assert "Nothing here fits" in page(client, world, "inbox/", kind="connection")
    assert "LAMP-1." in page(client, world, "inbox/", integration=world.integration.public_id, whose="nobody")
    assert "LAMP-1." in page(client, world, "inbox/", tab="junk", kind="junk")


def test_fix_once_and_retry_all_from_the_page(world: World, person: Person) -> None:
    world.orders("LAMP-1", "LAMP-1", "LAMP-1")
    client = person("bookkeeper")
    page(client, world, "inbox/")
    case = case_of("LAMP-1")
    assert "Retry all 3" in page(client, world, f"inbox/{case.public_id}/")
    world.known["LAMP-1"] = "item 7"
    assert "3 are tried again" in send(client, world, f"inbox/{case.public_id}/retry/")
    world.settle()
    assert len(world.booked) == 3
    assert "Nothing needs you" in page(client, world, "inbox/")
    over = page(client, world, "inbox/", tab="resolved")
    assert "LAMP-1." in over
    assert "Worked afterwards" in over


def test_a_record_is_corrected_on_its_own_page(world: World, person: Person) -> None:
    world.orders("LAMP-?")
    world.known["LAMP-1"] = "item 7"
    item = WorkItem.objects.get()
    client = person("bookkeeper")
    path = f"inbox/records/{item.public_id}/"
    assert 'value="LAMP-?"' in page(client, world, path)
    refused = client.post(f"/app/{world.tenant.public_id}/{path}retry/", {"field:sku": "no good", "field:date": "2026-11-01"})
    assert refused.status_code == 422
    assert 'value="no good"' in refused.content.decode(), "what was typed is not lost"
    done = send(client, world, f"{path}retry/", **{"field:sku": "LAMP-1", "field:date": "2026-11-01", "reason": "typo"})
    assert "The original is kept" in done
    world.settle()
    assert world.booked == ["order:1"]
    assert "typo" in page(client, world, path)


def test_what_writes_to_the_ledger_is_retried_by_whoever_may_post(world: World, person: Person) -> None:
    steps._STEPS["inbox.match@1"] = Step("inbox.match@1", "Match", "order", "order", world.match, writes=True)
    world.orders("LAMP-1")
    clerk, accountant = person("bookkeeper"), person("accountant")
    page(clerk, world, "inbox/")
    case, item = case_of("LAMP-1"), WorkItem.objects.get()
    assert "somebody who may post" in send(clerk, world, f"inbox/{case.public_id}/retry/")
    assert "somebody who may post" in send(clerk, world, f"inbox/records/{item.public_id}/retry/")
    assert WorkItem.objects.get().state == "held"
    assert "1 is tried again" in send(accountant, world, f"inbox/{case.public_id}/retry/")


def test_several_groups_at_once(world: World, person: Person) -> None:
    world.orders("LAMP-1", "VASE-2", "VASE-2")
    client = person("bookkeeper")
    page(client, world, "inbox/")
    both = [case_of("LAMP-1").public_id, case_of("VASE-2").public_id]
    assert "2 groups changed" in send(client, world, "inbox/bulk/", act="mine", case=both)
    assert "VASE-2." in page(client, world, "inbox/", tab="assigned", whose="me")
    assert "Say why" in send(client, world, "inbox/bulk/", act="ignore", case=both)
    assert "2 groups changed" in send(client, world, "inbox/bulk/", act="ignore", case=both, reason="test data")
    assert set(WorkItem.objects.values_list("state", flat=True)) == {"closed"}
    send(client, world, f"inbox/{both[0]}/reopen/")
    assert WorkItem.objects.filter(state="held").count() == 1


def test_retries_show_their_next_time_and_can_be_hurried(world: World, person: Person) -> None:
    run = world.orders("LAMP-1")
    WorkItem.objects.update(state="waiting", not_before=clock.now() + clock.timedelta(hours=5), attempts=3)
    SyncRun.objects.filter(pk=run.pk).update(state="waiting")
    client, item = person("bookkeeper"), WorkItem.objects.get()
    seen = page(client, world, "inbox/", tab="retries")
    assert "Order 1" in seen
    assert "Match the items" in seen
    assert "1 is tried again" in send(client, world, "inbox/bulk/", act="now", item=item.public_id, tab="retries")
    item.refresh_from_db()
    assert (item.state, item.not_before) == ("ready", None)


def test_the_exchange_behind_a_record_is_shown_and_its_bodies_only_to_those_who_may(world: World, person: Person) -> None:
    run = world.orders("LAMP-1")
    call = ApiCall.objects.create(
        connection=world.integration.ledger, provider="quickbooks_online", operation="Item.query", method="GET", status=400,
        failure="rejected", url="https://x.test", at=clock.now(), delete_after=clock.now(), correlation_id=run.correlation_id,
        provider_trace_id="1-tid",
    )  # fmt: skip
    item = WorkItem.objects.get()
    for role, opens in (("bookkeeper", False), ("admin", True)):
        seen = page(person(role), world, f"inbox/records/{item.public_id}/")
        assert "1-tid" in seen
        assert "refused" in seen
        assert (f"/calls/{call.public_id}/" in seen) is opens


def test_tables_to_take_away_say_what_the_page_says(world: World, person: Person) -> None:
    world.orders("LAMP-1", "LAMP-1", "VASE-2")
    WorkItem.objects.filter(record="order:1").update(title='=HYPERLINK("http://evil")')
    client = person("viewer")
    page(client, world, "inbox/")
    base = f"/app/{world.tenant.public_id}/inbox/export/"
    text = b"".join(client.get(base, {"as": "csv"}).streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["record"] for row in rows] == ["Order 2", '\'=HYPERLINK("http://evil")', "Order 3"]
    assert {row["problem"] for row in rows} == {"There is no item for the SKU LAMP-1.", "There is no item for the SKU VASE-2."}
    binary = b"".join(client.get(base, {"as": "xlsx"}).streaming_content)  # type: ignore[attr-defined]
    sheet = load_workbook(io.BytesIO(binary)).active
    cells = list(sheet.iter_rows(values_only=True))  # type: ignore[union-attr]
    assert cells[2][5] == '=HYPERLINK("http://evil")'
    assert sheet["F3"].data_type == "s", "a text, not a formula"  # type: ignore[index]
    assert isinstance(cells[1][8], int), "numbers are numbers"
    assert cells[1][10].year == clock.now().year, "dates are dates"
