"""The one door: what goes out, what is written down, what each kind of answer becomes."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from connections import jsontext, selectors
from connections.errors import Failure, FailureKind
from connections.http import door_for
from connections.models import ApiCall, Breaker, Connection, RateBudget
from tenants.clock import now, shifted
from tenants.models import Alert, Event
from tests.connections.fake_server import CUT, FakeServer, ok


def _get(connection: Connection, fake: FakeServer, operation: str = "read", **more: Any) -> Any:
    return door_for(connection).call(operation, "GET", f"{fake.url}/thing", **more)


def test_a_call_is_signed_answered_and_written_down(connection: Connection, fake: FakeServer) -> None:
    answer = _get(connection, fake, params={"q": "1"})
    assert jsontext.loads(answer.content)["amount"] == Decimal("0.1")
    assert fake.seen[-1][2]["authorization"] == "Bearer access-0"
    call = ApiCall.objects.get()
    assert (call.pk, call.status, call.operation, call.method) == (answer.api_call_id, 200, "read", "GET")
    assert call.provider_trace_id == answer.trace_id == "trace-1"
    assert call.url == f"{fake.url}/thing?q=1"
    connection.refresh_from_db()
    assert connection.last_good_call_at is not None


def test_a_decimal_leaves_as_the_number_it_is(connection: Connection, fake: FakeServer) -> None:
    door_for(connection).call("write", "POST", f"{fake.url}/thing", json={"Amount": Decimal("940.10"), "Id": "1"}, writes=True)
    assert fake.seen[-1][3] == b'{"Amount":940.10,"Id":"1"}'


def test_secrets_are_masked_in_the_log(connection: Connection, fake: FakeServer) -> None:
    fake.replies.append(ok({"refresh_token": "canary-refresh", "url": "https://s3.test/x?X-Amz-Signature=canary-sig&y=1"}))
    door_for(connection).call(
        "read", "POST", f"{fake.url}/thing?token=canary-query", data={"client_secret": "canary-form", "a": "b"}
    )
    call = ApiCall.objects.get()
    shown = selectors.trace(call)
    text = f"{shown} {call.url}"
    assert "canary" not in text
    assert "a=b" in shown["request"]
    assert "y=1" in shown["response"]


@pytest.mark.parametrize(
    ("reply", "writes", "kind"),
    [
        (ok({}, 500), False, FailureKind.UNAVAILABLE),
        (ok({}, 500), True, FailureKind.UNKNOWN_OUTCOME),
        (ok({}, 503, **{"retry-after": "7"}), True, FailureKind.UNAVAILABLE),
        (CUT, False, FailureKind.UNAVAILABLE),
        (CUT, True, FailureKind.UNKNOWN_OUTCOME),
        ((200, {"content-type": "text/html"}, b"<html>maintenance</html>"), False, FailureKind.MALFORMED),
        ((200, {"content-type": "text/html"}, b"<html>maintenance</html>"), True, FailureKind.UNKNOWN_OUTCOME),
        ((200, {"content-type": "application/json"}, b'{"Invoice": {"Id"'), True, FailureKind.UNKNOWN_OUTCOME),
        ((200, {"content-type": "application/json"}, b""), True, FailureKind.UNKNOWN_OUTCOME),
        ((302, {"location": "http://127.0.0.1:1/"}, b""), False, FailureKind.MALFORMED),
        (ok({"Fault": "x"}, 400), True, FailureKind.REJECTED),
        (ok({}, 404), False, FailureKind.NOT_FOUND),
        (ok({}, 429), True, FailureKind.THROTTLED),
    ],
)
def test_what_is_no_success_is_a_failure(
    connection: Connection, fake: FakeServer, reply: Any, writes: bool, kind: FailureKind
) -> None:
    fake.replies.append(reply)
    with pytest.raises(Failure) as caught:
        door_for(connection).call("thing", "POST", f"{fake.url}/thing", json={}, writes=writes)
    assert caught.value.kind is kind
    assert caught.value.problem.text()
    assert len(fake.seen) == 1  # nothing is sent twice
    call = ApiCall.objects.get()
    assert call.failure == kind.value
    if reply is not CUT:
        assert call.provider_trace_id == caught.value.trace_id == "trace-1"


def test_a_write_that_never_left_has_certainly_not_happened(connection: Connection, fake: FakeServer, settings: Any) -> None:
    settings.PROVIDERS["fake"]["vendor_sandbox"]["urls"]["api"] = "http://127.0.0.1:9"
    with pytest.raises(Failure) as caught:
        door_for(connection).call("thing", "POST", "http://127.0.0.1:9/thing", json={}, writes=True)
    assert caught.value.kind is FailureKind.UNAVAILABLE


def test_only_a_live_run_may_write(connection: Connection, fake: FakeServer) -> None:
    for mode in ("test", "replay", "backfill"):
        with pytest.raises(Failure) as caught:
            door_for(connection, mode).call("thing", "POST", f"{fake.url}/thing", json={}, writes=True)
        assert caught.value.kind is FailureKind.WRITES_REFUSED
        door_for(connection, mode).call("read", "GET", f"{fake.url}/thing")
    assert fake.calls("/thing") == 3


def test_a_credential_never_goes_to_a_foreign_address(connection: Connection, fake: FakeServer) -> None:
    other = FakeServer()
    try:
        with pytest.raises(Failure) as caught:
            door_for(connection).call("read", "GET", f"{other.url}/thing")
        assert caught.value.kind is FailureKind.OUR_BUG
        with pytest.raises(Failure):  # in clear, outside the twins
            door_for(connection).call("document", "GET", f"{other.url}/file", signed=False)
        assert other.seen == []
    finally:
        other.close()


def test_a_download_is_unsigned_and_its_body_not_logged(connection: Connection, fake: FakeServer) -> None:
    answer = door_for(connection).call("document", "GET", f"{fake.url}/file", signed=False)
    assert answer.content == b"a\tb\n"
    assert "authorization" not in fake.seen[-1][2]
    assert ApiCall.objects.get().response_blob is None


def test_no_provider_is_called_inside_a_transaction(
    connection: Connection, fake: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = transaction.get_connection()
    monkeypatch.setattr(database, "tenant_follows_transaction", False)
    with pytest.raises(RuntimeError, match="inside a transaction"), transaction.atomic():
        _get(connection, fake)
    assert fake.seen == []


def test_an_expired_token_is_renewed_before_it_is_used(connection: Connection, fake: FakeServer) -> None:
    with shifted(timedelta(minutes=59, seconds=30)):
        _get(connection, fake)
    assert fake.refreshes == 1
    assert fake.calls("/thing") == 1  # no failed call
    assert fake.seen[-1][2]["authorization"] == "Bearer access-1"


def test_a_refused_token_is_renewed_once_and_the_call_repeated_once(connection: Connection, fake: FakeServer) -> None:
    fake.valid_access = "somebody else's"
    door = door_for(connection)
    door.call("read", "GET", f"{fake.url}/thing")
    door.call("read", "GET", f"{fake.url}/thing")
    assert fake.refreshes == 1
    assert fake.calls("/thing") == 3
    assert [row.failure for row in ApiCall.objects.filter(operation="read").order_by("pk")] == ["token_expired", "", ""]


def test_a_fresh_token_refused_parks_the_connection(connection: Connection, fake: FakeServer) -> None:
    fake.replies.extend([ok({}, 401), ok({}, 401)])
    with pytest.raises(Failure) as caught:
        _get(connection, fake)
    assert caught.value.kind is FailureKind.NEEDS_RECONNECT
    connection.refresh_from_db()
    assert (connection.state, connection.reason) == ("needs_reconnect", "refused_after_refresh")
    assert (fake.refreshes, fake.calls("/thing")) == (1, 2)


def test_a_revoked_permission_stops_everything_at_once_and_tells_once(connection: Connection, fake: FakeServer) -> None:
    fake.valid_access, fake.valid_refresh = "", set()
    for _again in range(3):
        with pytest.raises(Failure) as caught:
            _get(connection, fake)
        assert caught.value.kind is FailureKind.NEEDS_RECONNECT
    assert (fake.refreshes, fake.calls("/thing")) == (1, 1)  # nothing after the first refusal
    connection.refresh_from_db()
    assert (connection.state, connection.reason) == ("needs_reconnect", "invalid_grant")
    assert Alert.objects.get().problem_code == "connection.needs_reconnect"
    assert Event.objects.filter(type="connection.needs_reconnect").count() == 1


def test_a_throttled_account_is_left_alone_until_its_time(connection: Connection, fake: FakeServer) -> None:
    fake.replies.append(ok({}, 429, **{"retry-after": "100"}))
    with pytest.raises(Failure) as caught:
        _get(connection, fake)
    assert timedelta(seconds=100) <= caught.value.wait <= timedelta(seconds=160)
    with pytest.raises(Failure) as held:
        _get(connection, fake)
    assert held.value.kind is FailureKind.BUDGET_SPENT
    assert timedelta(seconds=99) < held.value.wait <= caught.value.wait
    with shifted(timedelta(seconds=99)), pytest.raises(Failure):
        _get(connection, fake)
    assert fake.calls("/thing") == 1
    with shifted(timedelta(seconds=161)):
        _get(connection, fake)
    assert fake.calls("/thing") == 2


def test_a_throttle_without_a_header_waits_the_providers_floor(connection: Connection, fake: FakeServer) -> None:
    fake.replies.append(ok({}, 429))
    with pytest.raises(Failure) as caught:
        _get(connection, fake)
    assert timedelta(seconds=60) <= caught.value.wait <= timedelta(seconds=120)


def test_the_rate_in_force_is_learned(connection: Connection, fake: FakeServer) -> None:
    fake.replies.append(ok({}, 200, **{"x-fake-rate": "0.5"}))
    _get(connection, fake, "slow")
    row = RateBudget.objects.get(operation="slow")
    assert row.rate == 0.5
    assert row.learned_at is not None


def test_a_failing_provider_is_left_alone_and_probed_by_one(connection: Connection, fake: FakeServer) -> None:
    fake.replies.extend([ok({}, 500)] * 5)
    for _again in range(5):
        with pytest.raises(Failure) as caught:
            _get(connection, fake)
        assert caught.value.kind is FailureKind.UNAVAILABLE
    with pytest.raises(Failure) as held:
        _get(connection, fake)
    assert held.value.kind is FailureKind.BREAKER_OPEN
    assert timedelta(0) < held.value.wait <= timedelta(seconds=15)
    assert fake.calls("/thing") == 5
    with shifted(timedelta(seconds=16)):
        _get(connection, fake)
        _get(connection, fake)
    assert fake.calls("/thing") == 7
    assert not Breaker.objects.exclude(state="closed").exists()


def test_a_paused_connection_is_not_called(connection: Connection, fake: FakeServer) -> None:
    Connection.objects.filter(pk=connection.pk).update(state="paused")
    with pytest.raises(Failure) as caught:
        _get(connection, fake)
    assert caught.value.problem.code == "connection.inactive"
    assert fake.seen == []


def test_cookies_do_not_travel_between_calls(connection: Connection, fake: FakeServer) -> None:
    fake.replies.append(ok({}, 200, **{"set-cookie": "who=tenant-a; Path=/"}))
    _get(connection, fake)
    _get(connection, fake)
    assert "cookie" not in fake.seen[-1][2]


def test_an_answer_larger_than_allowed_is_not_read_to_its_end(
    connection: Connection, fake: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connections.exchange.LARGEST_JSON", 1000)
    fake.replies.append((200, {"content-type": "application/json"}, b'"' + b"x" * 5000 + b'"'))
    with pytest.raises(Failure) as caught:
        _get(connection, fake)
    assert caught.value.problem.params["detail"] == "too large or too slow"


def test_a_client_library_passes_the_same_door(connection: Connection, fake: FakeServer) -> None:
    library = door_for(connection, "test").client(lambda method, path: (f"{method} {path}", method != "GET"))
    response = library.get(f"{fake.url}/thing", params={"a": "1"}, headers={"x-amz-access-token": "theirs", "authorization": "x"})
    assert response.json()["company"] == "77"
    sent = fake.seen[-1]
    assert sent[1] == "/thing?a=1"
    assert sent[2]["authorization"] == "Bearer access-0"
    assert "x-amz-access-token" not in sent[2]
    with pytest.raises(Failure) as caught:
        library.post(f"{fake.url}/thing", json={})
    assert caught.value.kind is FailureKind.WRITES_REFUSED
    assert ApiCall.objects.get().operation == "GET /thing"


def test_the_log_forgets_after_its_time(connection: Connection, fake: FakeServer) -> None:
    _get(connection, fake)
    row = ApiCall.objects.get()
    assert timedelta(days=29) < row.delete_after - now() <= timedelta(days=30)
