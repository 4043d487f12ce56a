"""Upkeep: permissions kept alive, their ends announced, old exchanges forgotten."""

from __future__ import annotations

from datetime import timedelta

from celery import current_app
from django.core.files.storage import default_storage

from connections import blobs, tasks, upkeep
from connections.http import door_for
from connections.models import ApiCall, Connection, Grant, OAuthState, RawBlob, SourceDocument
from tenants.clock import now, shifted
from tenants.models import Alert
from tenants.scope import no_tenant
from tests.connections.fake_server import FakeServer


def test_an_idle_permission_is_renewed_and_a_used_one_left_alone(connection: Connection, fake: FakeServer) -> None:
    Grant.objects.filter(pk=connection.grant_id).update(refresh_expires=now() + timedelta(days=100), refreshed_at=now())
    assert upkeep.keep_alive() == 0
    with shifted(timedelta(days=21)):
        assert upkeep.keep_alive() == 1
        assert upkeep.keep_alive() == 0
    assert fake.refreshes == 1


def test_people_are_told_30_14_and_3_days_before_the_end(connection: Connection, fake: FakeServer) -> None:
    end = now() + timedelta(days=60)
    Grant.objects.filter(pk=connection.grant_id).update(refresh_expires=None, hard_expires=end)
    told = []
    for days_left in (31, 30, 20, 14, 5, 3, 1):
        with shifted(timedelta(days=60 - days_left, minutes=1)):
            upkeep.count_down()
            upkeep.count_down()
        told.append(sorted(row.fingerprint.rsplit(":", 1)[1] for row in Alert.objects.filter(state="open")))
    assert told == [[], ["30"], ["30"], ["14"], ["14"], ["3"], ["3"]]


def test_exchanges_are_forgotten_with_their_bodies(connection: Connection, fake: FakeServer) -> None:
    door_for(connection).call("read", "GET", f"{fake.url}/thing")
    place = RawBlob.objects.get().storage_key
    kept = blobs.keep(b"a settlement", media_type="text/plain", origin="upload")
    SourceDocument.objects.create(type="settlement", external_id="1", blob=kept, fetched_at=now())
    assert upkeep.forget() == {"calls": 0, "notices": 0, "blobs": 0, "kept": 0}
    with shifted(timedelta(days=31)):
        assert upkeep.forget() == {"calls": 1, "notices": 0, "blobs": 1, "kept": 0}
    assert not ApiCall.objects.exists()
    assert not default_storage.exists(place)
    assert blobs.read(RawBlob.objects.get()) == b"a settlement"


def test_a_body_that_became_a_document_stays(connection: Connection, fake: FakeServer) -> None:
    door_for(connection).call("read", "GET", f"{fake.url}/thing")
    SourceDocument.objects.create(type="x", external_id="1", blob=RawBlob.objects.get(), fetched_at=now())
    with shifted(timedelta(days=31)):
        assert upkeep.forget()["kept"] == 1
        assert upkeep.forget()["kept"] == 0
    assert RawBlob.objects.count() == 1


def test_the_sweeps_run_over_all_tenants(connection: Connection, fake: FakeServer) -> None:
    OAuthState.objects.create(
        state_hash="x", session_hash="y", user_id=_person(), tenant_id=connection.tenant_id, provider="fake",
        environment="twin", expires_at=now() - timedelta(days=2),
    )  # fmt: skip
    with no_tenant():
        tasks.catch_up_references()
        tasks.keep_alive()
        tasks.count_down()
        tasks.forget()
        tasks.count_usage()
        tasks.open_letters()
    assert not OAuthState.objects.exists()
    known = {task for task in current_app.tasks if task.startswith("connections.")}
    assert set(tasks.SCHEDULE) <= known


def _person() -> int:
    from tenants.models import User

    return int(User.objects.create_user("somebody@kestrel.test", "a long enough password").pk)
