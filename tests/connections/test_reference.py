"""Reference data: everything once, then changes; what disappears is kept as inactive."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from canonical.problems import Refused
from connections import reference, selectors, services, tasks, upkeep
from connections.errors import Failure
from connections.models import Connection, ReferenceCopy
from tenants.clock import now, shifted
from tenants.models import Event
from tests.connections.fake_server import FakeServer, ok


def _since(fake: FakeServer) -> str:
    path = [path for _method, path, _headers, _body in fake.seen if path.startswith("/accounts")][-1]
    return parse_qs(urlsplit(path).query).get("since", [""])[0]


def test_everything_then_changes(connection: Connection, fake: FakeServer) -> None:
    fake.accounts = [{"id": "1", "name": "Sales", "active": True}, {"id": "2", "name": "Old", "active": True, "rate": 20.5}]
    counts = services.refresh_reference(connection=connection)
    assert (counts.pages, counts.upserted, counts.deactivated) == (2, 2, 0)
    assert _since(fake) == ""
    assert ReferenceCopy.objects.get(external_id="2").body["rate"] == "20.5"  # exact, never a float
    fake.accounts = [{"id": "1", "name": "Sales UK", "active": True}, {"id": "2", "name": "Old", "active": True, "deleted": True}]
    counts = services.refresh_reference(connection=connection)
    assert _since(fake) != ""
    assert [row.name for row in selectors.references(connection=connection, kind="account")] == ["Sales UK"]
    assert [row.name for row in selectors.references(connection=connection, kind="account", active_only=False)] == [
        "Old",
        "Sales UK",
    ]


def test_a_full_refresh_finds_what_is_gone(connection: Connection, fake: FakeServer) -> None:
    fake.accounts = [{"id": "1", "name": "Sales", "active": True}, {"id": "2", "name": "Old", "active": True}]
    services.refresh_reference(connection=connection)
    fake.accounts = fake.accounts[:1]
    assert services.refresh_reference(connection=connection, full=True).deactivated == 1
    assert [row.external_id for row in selectors.references(connection=connection, kind="account")] == ["1"]


def test_after_a_long_gap_everything_is_read_again(connection: Connection, fake: FakeServer) -> None:
    services.refresh_reference(connection=connection)
    with shifted(timedelta(days=26)):
        services.refresh_reference(connection=connection)
    assert _since(fake) == ""


def test_the_companys_own_facts_are_kept(connection: Connection, fake: FakeServer) -> None:
    with pytest.raises(Refused, match="have not been read"):
        selectors.company(connection)
    services.refresh_reference(connection=connection)
    row = Connection.objects.get()
    assert (row.home_currency, row.country, row.name) == ("GBP", "GB", "Kestrel Ltd")
    company = selectors.company(row)
    assert (company.home_currency, company.multicurrency, company.close_date, company.sales_tax) == ("GBP", True, None, "codes")
    assert Event.objects.filter(type="connection.reference_refreshed").count() == 1


def test_a_refresh_that_fails_leaves_what_was_known(connection: Connection, fake: FakeServer) -> None:
    fake.accounts = [{"id": "1", "name": "Sales", "active": True}]
    services.refresh_reference(connection=connection)
    synced = Connection.objects.get().reference_synced_at
    fake.replies.extend([ok({"company": "77"}), ok({}, 500)])
    with pytest.raises(Failure):
        services.refresh_reference(connection=connection, full=True)
    assert Connection.objects.get().reference_synced_at == synced
    assert selectors.references(connection=connection, kind="account").count() == 1


def test_an_interrupted_reading_goes_on_with_the_kinds_that_are_left(
    connection: Connection, fake: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.connections import fake_provider

    monkeypatch.setattr(fake_provider.target, "reference_kinds", ("account", "tax_code", "class"), raising=False)
    fake.accounts = [{"id": "1", "name": "Sales", "active": True}]
    fake.replies.extend([ok({}), ok({"accounts": fake.accounts}), ok({}, 429)])
    with pytest.raises(Failure):
        services.refresh_reference(connection=connection)
    assert fake.calls("/accounts") == 2
    with shifted(timedelta(minutes=3)):
        services.refresh_reference(connection=Connection.objects.get())
    assert fake.calls("/accounts") == 4  # tax codes and classes; the accounts are not read again
    assert "reading" not in Connection.objects.get().facts
    assert selectors.references(connection=connection, kind="account").count() == 1


def test_the_sweep_finds_what_is_new_stale_or_old(
    connection: Connection, fake: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[tuple[str, int, timedelta]] = []

    def wake(task: str, row: Connection, *, after: timedelta = timedelta(0)) -> None:
        woken.append((task, row.pk, after))

    monkeypatch.setattr(upkeep, "wake", wake)
    assert upkeep.catch_up_references() == 1
    assert woken == [("connections.refresh_reference", connection.pk, timedelta(0))]
    assert upkeep.refreshed(connection)
    assert upkeep.due_references() == []
    with shifted(timedelta(hours=25)):
        assert upkeep.due_references() == [connection]
    Connection.objects.update(reference_stale_at=now())
    assert upkeep.due_references() == [connection]
    fake.replies.append(ok({}, 503, **{"retry-after": "30"}))
    assert not upkeep.refreshed(connection)
    assert timedelta(seconds=30) <= woken[-1][2] < timedelta(seconds=60)  # it comes back by itself


def test_the_task_does_the_same(connection: Connection, fake: FakeServer) -> None:
    tasks.refresh_reference(connection.tenant_id, connection.pk)
    assert Connection.objects.get().reference_synced_at is not None


def test_two_readings_at_once_lose_nothing(connection: Connection, fake: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow reading keeps what it read after a faster one began: the faster must not take that for gone."""
    fake.accounts = [{"id": "1", "name": "Sales", "active": True}]
    keep = reference._keep

    def slow(row: Connection, page: object) -> int:
        monkeypatch.setattr(reference, "_keep", keep)
        faster = reference._progress(row)[0]
        faster.started = now()
        kept = keep(row, page)
        reference._deactivate_unseen(row, ("account",), faster.started)
        return kept

    monkeypatch.setattr(reference, "_keep", slow)
    services.refresh_reference(connection=connection, full=True)
    assert [row.external_id for row in selectors.references(connection=connection, kind="account")] == ["1"]
