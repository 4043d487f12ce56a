"""From an event to a receiver: signed, thin, once, again on a schedule, and given up with a letter."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from connections.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from connections.outbound import catalogue, deliveries, endpoints, schedule, selectors, sending
from tenants import alerts, clock, outbox
from tenants.models import Alert, AuditEvent, Event, Tenant
from tenants.news import publish
from tests.connections.outbound.receiver import Receiver

State = WebhookDelivery.State


@pytest.fixture
def endpoint(tenant: Tenant, receiver: Receiver) -> tuple[WebhookEndpoint, str]:
    return endpoints.create(url=receiver.url, types=["settlement.ready", "document.posted"])


def happen(tenant: Tenant, type_: str = "settlement.ready", **payload: object) -> Event:
    event = publish(type_, tenant, **payload)
    outbox.drain()
    return event


def send(endpoint: WebhookEndpoint) -> int:
    return sending.send_round(endpoint_id=endpoint.pk)


def test_a_receiver_is_told_and_can_prove_who_said_it(
    tenant: Tenant, endpoint: tuple[WebhookEndpoint, str], receiver: Receiver
) -> None:
    one, secret = endpoint
    event = happen(tenant)
    assert send(one) == 1
    headers, body = receiver.seen[0]
    said = Webhook(secret).verify(body.decode(), headers)
    assert said == {
        "type": "settlement.ready",
        "timestamp": event.created_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "data": {"object": "settlement", "id": tenant.public_id},
    }
    assert headers["webhook-id"] == event.public_id
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.last_status) == (State.DELIVERED, 1, 200)
    assert send(one) == 0


def test_a_changed_body_or_another_secret_does_not_verify(
    tenant: Tenant, endpoint: tuple[WebhookEndpoint, str], receiver: Receiver
) -> None:
    one, secret = endpoint
    happen(tenant)
    send(one)
    headers, body = receiver.seen[0]
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body.decode().replace("ready", "posted"), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 43 + "=").verify(body.decode(), headers)


def test_only_what_was_asked_for_is_sent(tenant: Tenant, endpoint: tuple[WebhookEndpoint, str], receiver: Receiver) -> None:
    happen(tenant, "run.finished")
    happen(tenant, "tenant.created")
    assert send(endpoint[0]) == 0
    assert receiver.seen == []


def test_nothing_of_the_ledger_leaves(tenant: Tenant, endpoint: tuple[WebhookEndpoint, str], receiver: Receiver) -> None:
    """A posted document's event carries its number and the ledger's own id inside; neither goes out."""
    happen(tenant, "document.posted", external_id="987654", number="AMZ-CANARY", hash="f" * 64, adopted=False)
    send(endpoint[0])
    body = receiver.seen[0][1].decode()
    assert "987654" not in body
    assert "CANARY" not in body
    assert json.loads(body)["data"] == {"object": "document", "id": tenant.public_id}


def test_every_payload_is_small_and_holds_only_listed_fields(tenant: Tenant) -> None:
    everything = dict.fromkeys(("external_id", "number", "amount", "name", "email", "before", "after", "hash"), "CANARY")
    for offered in catalogue.OFFERED.values():
        fields = dict.fromkeys(offered.fields, "fine")
        event = Event.objects.create(type=offered.type, subject_type="t", subject_id="set_1", payload=everything | fields)
        said = json.dumps(catalogue.payload(event))
        assert "CANARY" not in said, offered.type
        assert len(said) < 20_000
        assert set(catalogue.payload(event)["data"]) == {"object", "id", *offered.fields}


def test_asked_twice_for_one_event_it_is_queued_once(
    tenant: Tenant, endpoint: tuple[WebhookEndpoint, str], receiver: Receiver
) -> None:
    event = happen(tenant)
    deliveries.queue(event)
    assert WebhookDelivery.objects.count() == 1


def test_the_schedule_is_ten_tries_over_more_than_three_days() -> None:
    seconds = [int(wait.total_seconds()) for wait in schedule.WAITS]
    assert seconds == [0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert sum(schedule.WAITS, timedelta()) > timedelta(days=3)
    assert schedule.wait_before(2, chance=0.0) == timedelta(seconds=5)
    assert schedule.wait_before(2, chance=1.0) == timedelta(seconds=5.5)
    assert schedule.wait_before(11) is None


def test_a_receiver_that_fails_is_asked_again_and_then_given_up(
    tenant: Tenant, endpoint: tuple[WebhookEndpoint, str], receiver: Receiver, mailoutbox: list[object]
) -> None:
    one, _secret = endpoint
    receiver.replies.extend([(500, {}, b"oh dear")] * schedule.TRIES)
    happen(tenant)
    at = datetime(2026, 11, 21, 12, tzinfo=UTC)
    delivery = WebhookDelivery.objects.get()
    WebhookDelivery.objects.update(not_before=at)
    for number in range(1, schedule.TRIES + 1):
        with clock.frozen(at):
            assert send(one) == 1
            assert send(one) == 0  # not before its time
        delivery.refresh_from_db()
        assert delivery.attempts == number
        if number < schedule.TRIES:
            wait = schedule.WAITS[number]
            assert at + wait <= delivery.not_before <= at + wait * 1.1
            at = delivery.not_before
    one.refresh_from_db()
    assert (delivery.state, one.state, one.disabled_reason) == (State.FAILED, "disabled", "exhausted")
    assert len(receiver.seen) == schedule.TRIES
    assert len(set(receiver.ids())) == 1
    assert [row.said for row in WebhookAttempt.objects.order_by("number")][:1] == ["oh dear"]
    assert alerts.mail_open_alerts(tenant=tenant) == 1
    assert receiver.url in mailoutbox[0].body  # type: ignore[attr-defined]
    assert "10 times" in mailoutbox[0].body  # type: ignore[attr-defined]


def test_retry_after_is_honoured(tenant: Tenant, endpoint: tuple[WebhookEndpoint, str], receiver: Receiver) -> None:
    receiver.replies.append((503, {"Retry-After": "3600"}, b""))
    happen(tenant)
    with clock.frozen(datetime(2026, 11, 21, 12, tzinfo=UTC)):
        WebhookDelivery.objects.update(not_before=clock.now())
        send(endpoint[0])
    assert WebhookDelivery.objects.get().not_before == datetime(2026, 11, 21, 13, tzinfo=UTC)


def test_a_retry_after_in_words_of_a_date_and_nonsense() -> None:
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert schedule.asked_for("Sat, 21 Nov 2026 12:00:30 GMT", now) == timedelta(seconds=30)
    assert schedule.asked_for("Sat, 21 Nov 2026 11:00:30 GMT", now) == timedelta(0)
    assert schedule.asked_for("soon", now) == timedelta(0)
    assert schedule.asked_for("9" * 40, now) == timedelta(hours=24)


def test_gone_is_the_end_at_once(tenant: Tenant, endpoint: tuple[WebhookEndpoint, str], receiver: Receiver) -> None:
    one, _secret = endpoint
    receiver.replies.append((410, {}, b""))
    happen(tenant)
    happen(tenant)
    assert send(one) == 1
    one.refresh_from_db()
    assert (one.state, one.disabled_reason) == ("disabled", "gone")
    assert list(WebhookDelivery.objects.order_by("id").values_list("state", flat=True)) == [State.FAILED, State.PENDING]
    assert Alert.objects.get().problem_code == "webhook.gone"


def test_switched_on_again_it_gets_what_waited(tenant: Tenant, endpoint: tuple[WebhookEndpoint, str], receiver: Receiver) -> None:
    one, _secret = endpoint
    endpoints.disable(endpoint=one)
    happen(tenant)
    assert (send(one), sending.endpoints_waiting()) == (0, [])
    endpoints.enable(endpoint=one)
    assert sending.endpoints_waiting() == [one]
    assert send(one) == 1
    assert list(AuditEvent.objects.order_by("id").values_list("action", flat=True)) == [
        "webhook.created", "webhook.disabled", "webhook.enabled",
    ]  # fmt: skip


def test_a_redirect_is_a_failure_and_is_not_followed(
    tenant: Tenant, endpoint: tuple[WebhookEndpoint, str], receiver: Receiver
) -> None:
    receiver.replies.append((302, {"Location": receiver.url}, b""))
    happen(tenant)
    assert send(endpoint[0]) == 1
    assert len(receiver.seen) == 1
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.last_status, delivery.last_failure) == (State.PENDING, 302, "redirected")


def test_after_a_rotation_both_secrets_sign_for_a_day(
    tenant: Tenant, endpoint: tuple[WebhookEndpoint, str], receiver: Receiver
) -> None:
    one, old = endpoint
    new = endpoints.rotate(endpoint=one)
    assert new != old
    happen(tenant)
    send(one)
    headers, body = receiver.seen[0]
    for secret in (old, new):
        Webhook(secret).verify(body.decode(), headers)
    with clock.shifted(timedelta(hours=25)):
        happen(tenant)
        send(one)
    headers, body = receiver.seen[1]
    marks = headers["webhook-signature"].split()
    assert (len(receiver.seen[0][0]["webhook-signature"].split()), len(marks)) == (2, 1)


def test_one_delivery_is_sent_again_with_the_same_id(
    tenant: Tenant, endpoint: tuple[WebhookEndpoint, str], receiver: Receiver
) -> None:
    one, _secret = endpoint
    happen(tenant)
    send(one)
    deliveries.resend(delivery=WebhookDelivery.objects.select_related("endpoint").get())
    send(one)
    assert len(receiver.seen) == 2
    assert receiver.seen[0][1] == receiver.seen[1][1]
    assert len(set(receiver.ids())) == 1


def test_what_was_given_up_is_tried_ten_times_more_when_sent_again(
    tenant: Tenant, endpoint: tuple[WebhookEndpoint, str], receiver: Receiver
) -> None:
    one, _secret = endpoint
    happen(tenant)
    WebhookDelivery.objects.update(state=State.FAILED, attempts=schedule.TRIES)
    receiver.replies.append((500, {}, b""))
    deliveries.resend(delivery=WebhookDelivery.objects.select_related("endpoint").get())
    send(one)
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts) == (State.PENDING, schedule.TRIES + 1)
    assert timedelta(seconds=4) < delivery.not_before - clock.now() < timedelta(seconds=6)


def test_replay_sends_what_was_and_what_was_never_told(tenant: Tenant, receiver: Receiver) -> None:
    before = publish("settlement.ready", tenant)
    outbox.drain()
    one, _secret = endpoints.create(url=receiver.url, types=["*"])
    happen(tenant, "run.finished", state="succeeded")
    send(one)
    assert deliveries.replay(endpoint=one, since=before.created_at) == 2
    send(one)
    assert len(receiver.seen) == 3
    assert before.public_id in receiver.ids()


def test_a_test_event_goes_to_the_one_endpoint_even_when_it_is_off(
    tenant: Tenant, endpoint: tuple[WebhookEndpoint, str], receiver: Receiver
) -> None:
    one, secret = endpoint
    endpoints.disable(endpoint=one)
    deliveries.send_test(endpoint=one)
    assert send(one) == 1
    headers, body = receiver.seen[0]
    assert Webhook(secret).verify(body.decode(), headers)["type"] == "webhook.test"
    assert outbox.drain() == 0 or WebhookDelivery.objects.count() == 1


def test_one_worker_at_a_time_sends_to_an_endpoint(
    tenant: Tenant, endpoint: tuple[WebhookEndpoint, str], receiver: Receiver
) -> None:
    one, _secret = endpoint
    happen(tenant)
    WebhookEndpoint.objects.update(locked_by="another", locked_until=clock.now() + timedelta(minutes=1))
    assert send(one) == 0
    with clock.shifted(timedelta(minutes=2)):  # the other worker died
        assert send(one) == 1


def test_the_secret_is_sealed_and_survives_a_change_of_keys(
    tenant: Tenant, endpoint: tuple[WebhookEndpoint, str], receiver: Receiver
) -> None:
    from connections.models import WebhookSecret
    from connections.rotation import renew_data_keys

    one, secret = endpoint
    assert secret.removeprefix("whsec_").encode() not in bytes(WebhookSecret.objects.get().ciphertext)
    assert renew_data_keys().secrets == 1
    happen(tenant)
    send(one)
    headers, body = receiver.seen[0]
    Webhook(secret).verify(body.decode(), headers)


def test_the_log_is_kept_for_thirty_days(tenant: Tenant, endpoint: tuple[WebhookEndpoint, str], receiver: Receiver) -> None:
    happen(tenant)
    send(endpoint[0])
    assert deliveries.forget() == 0
    with clock.shifted(timedelta(days=31)):
        assert deliveries.forget() > 0
    assert selectors.deliveries().count() == 0


@pytest.mark.django_db(transaction=True)
def test_the_sweep_finds_what_no_message_told_of(receiver: Receiver) -> None:
    """Two companies; the one with something due is named, from outside any tenant."""
    from tenants.scope import tenant_scope

    oak, elm = Tenant.objects.create(name="Oak"), Tenant.objects.create(name="Elm")
    for each in (oak, elm):
        with tenant_scope(each):
            endpoints.create(url=receiver.url, types=["*"])
    with tenant_scope(oak):
        happen(oak)
    assert sending.tenants_waiting() == [oak.pk]
    with tenant_scope(oak):
        send(sending.endpoints_waiting()[0])
    assert sending.tenants_waiting() == []
