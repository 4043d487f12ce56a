"""Alerts by rule: the right people, once, in the way they chose; and a word when it is over."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from canonical.problems import Problem, Refused
from connections import alert_hook, errors
from syncs.posting.create import FOREIGN_DUPLICATE, NOT_CONNECTED
from tenants import alerts, clock, services_alerts
from tenants.alerting import channels, planning, routing, unsubscribe
from tenants.alerting.channels import NotDelivered
from tenants.models import AlertDelivery, AlertPreference, AlertRule, AuditEvent, Membership, Tenant, User
from tenants.news import alert, settle_alerts

MONDAY = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)


@pytest.fixture
def people(tenant: Tenant) -> dict[str, User]:
    made = {}
    for name, role in (("bob", "bookkeeper"), ("anna", "accountant")):
        made[name] = User.objects.create_user(f"{name}@oak.test", name=name.title())
        Membership.objects.create(user=made[name], tenant=tenant, role=role)
    return made


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What webhooks were sent."""
    sent: list[tuple[str, Any]] = []
    monkeypatch.setattr(channels, "_call", lambda url, payload: sent.append((url, json.loads(json.dumps(payload)))))
    monkeypatch.setattr(channels, "_check", lambda url: None)
    return sent


def lost(tenant: Tenant, mark: str = "reconnect:1") -> None:
    alert(Problem(errors.NEEDS_RECONNECT, {"provider": "Amazon", "reason": "revoked"}), tenant, fingerprint=mark)


def refused(tenant: Tenant) -> None:
    alert(Problem(FOREIGN_DUPLICATE, {"number": "SECRET-4711"}), tenant, fingerprint="dup")


def to() -> list[str]:
    return sorted(letter.to[0] for letter in mail.outbox)


def test_five_hundred_same_failures_are_one_letter_with_a_count(tenant: Tenant) -> None:
    for _again in range(500):
        lost(tenant)
    alerts.mail_open_alerts(tenant=tenant)
    assert len(mail.outbox) == 1
    assert "(500x)" in str(mail.outbox[0].body)


def test_rules_send_each_kind_to_its_role_and_replace_the_usual_one(tenant: Tenant, people: dict[str, User]) -> None:
    services_alerts.save_rule(name="Ledger", kinds=["ledger"], roles=["bookkeeper"], emails=["Boss@elsewhere.test", ""])
    services_alerts.save_rule(name="Off", kinds=[], roles=["accountant"], enabled=False)
    lost(tenant)
    refused(tenant)
    assert alerts.mail_open_alerts(tenant=tenant) == 1
    assert to() == ["bob@oak.test", "boss@elsewhere.test"]
    services_alerts.save_rule(name="Connections", kinds=["connection"], roles=["accountant"])
    assert alerts.mail_open_alerts(tenant=tenant) == 1, "what nobody was told of is not lost"
    assert to()[0] == "anna@oak.test"


def test_who_is_named_twice_is_told_once(tenant: Tenant, people: dict[str, User]) -> None:
    services_alerts.save_rule(name="One", roles=["bookkeeper"], cadence="daily")
    services_alerts.save_rule(name="Two", roles=["bookkeeper"], emails=["bob@oak.test"])
    lost(tenant)
    alerts.mail_open_alerts(tenant=tenant)
    assert to() == ["bob@oak.test"]
    assert AlertDelivery.objects.count() == 1


def test_a_rule_must_tell_somebody_and_only_those_it_may(tenant: Tenant) -> None:
    with pytest.raises(Refused, match="tells nobody"):
        services_alerts.save_rule(name="Nobody", roles=["hacker"])
    with pytest.raises(Refused):
        services_alerts.save_rule(name="Inside", roles=[], webhook_url="https://127.0.0.1/x")
    assert not AlertRule.objects.exists()


def test_webhooks_carry_words_but_nothing_of_the_ledgers(tenant: Tenant, calls: list[tuple[str, Any]]) -> None:
    services_alerts.save_rule(name="Slack", roles=[], webhook_url="https://hooks.test/a", webhook_format="slack")
    services_alerts.save_rule(name="Ours", roles=[], webhook_url="https://hooks.test/b", webhook_format="generic")
    tenant.name = "Oak <Ltd>"
    tenant.save()
    lost(tenant)
    refused(tenant)
    alerts.mail_open_alerts(tenant=tenant)
    assert [url for url, _payload in calls] == ["https://hooks.test/a", "https://hooks.test/b"]
    slack, ours = (payload for _url, payload in calls)
    assert slack["text"].startswith("*Oak &lt;Ltd&gt;: 2 things need you*")
    assert "Amazon no longer lets us in: revoked." in slack["text"]
    assert "SECRET-4711" not in json.dumps([slack, ours])
    assert [row["kind"] for row in ours["data"]["open"]] == ["connection", "ledger"]
    assert (ours["type"], ours["data"]["open"][0]["count"]) == ("alert.raised", 1)
    assert f"/app/{tenant.public_id}/inbox/" in ours["data"]["link"]


def test_recovery_goes_to_whom_the_trouble_was_told_and_says_it_once(tenant: Tenant, calls: list[tuple[str, Any]]) -> None:
    services_alerts.save_rule(name="Slack", roles=["owner"], webhook_url="https://hooks.test/a")
    lost(tenant)
    alerts.mail_open_alerts(tenant=tenant)
    settle_alerts("reconnect:1")
    for _again in range(3):
        alerts.mail_open_alerts(tenant=tenant)
    assert [letter.subject for letter in mail.outbox] == ["Oak Ltd: 1 thing needs you", "Oak Ltd: it works again"]
    assert ["works again" in payload["text"] for _url, payload in calls] == [False, True]


def test_quiet_hours_hold_letters_back_until_they_end(tenant: Tenant, owner: User) -> None:
    services_alerts.set_preference(
        user=owner, letters="as_ruled", quiet_from=time(22), quiet_until=time(7), timezone="Europe/London"
    )
    with clock.frozen(MONDAY):
        lost(tenant)
        alerts.mail_open_alerts(tenant=tenant)
        assert mail.outbox == []
        assert AlertDelivery.objects.get().not_before == datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
    with clock.frozen(MONDAY + timedelta(hours=9)):
        alerts.mail_open_alerts(tenant=tenant)
    assert to() == ["olivia@oak.test"]


def test_what_is_over_before_the_quiet_hours_end_is_never_told(tenant: Tenant, owner: User) -> None:
    services_alerts.set_preference(
        user=owner, letters="as_ruled", quiet_from=time(22), quiet_until=time(7), timezone="Europe/London"
    )
    with clock.frozen(MONDAY):
        lost(tenant)
        alerts.mail_open_alerts(tenant=tenant)
        settle_alerts("reconnect:1")
        alerts.mail_open_alerts(tenant=tenant)
    with clock.frozen(MONDAY + timedelta(days=1)):
        alerts.mail_open_alerts(tenant=tenant)
    assert mail.outbox == []
    assert AlertDelivery.objects.get().state == "no_news"


@pytest.mark.parametrize(
    ("at", "begin", "end", "until"),
    [
        ("2026-11-23T23:00", time(22), time(7), "2026-11-24T07:00"),
        ("2026-11-23T06:59", time(22), time(7), "2026-11-23T07:00"),
        ("2026-11-23T07:00", time(22), time(7), "2026-11-23T07:00"),
        ("2026-11-23T12:30", time(12), time(13), "2026-11-23T13:00"),
        ("2026-11-23T13:30", time(12), time(13), "2026-11-23T13:30"),
        ("2026-11-23T12:30", time(12), time(12), "2026-11-23T12:30"),
    ],
)
def test_the_end_of_quiet_hours(at: str, begin: time, end: time, until: str) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert routing.after_quiet(moment, "UTC", (begin, end)) == datetime.fromisoformat(until).replace(tzinfo=UTC)


def test_a_digest_gathers_and_goes_in_the_morning_only_when_there_is_news(tenant: Tenant, owner: User) -> None:
    services_alerts.set_preference(user=owner, letters="daily", quiet_from=None, quiet_until=None, timezone="Europe/London")
    with clock.frozen(MONDAY):
        lost(tenant)
        alerts.mail_open_alerts(tenant=tenant)
        lost(tenant, "reconnect:2")
        refused(tenant)
        alerts.mail_open_alerts(tenant=tenant)
        settle_alerts("reconnect:2")
        alerts.mail_open_alerts(tenant=tenant)
        assert mail.outbox == []
    with clock.frozen(datetime(2026, 11, 24, 8, 0, 30, tzinfo=UTC)):
        alerts.mail_open_alerts(tenant=tenant)
        assert [letter.subject for letter in mail.outbox] == ["Oak Ltd: 2 things need you"]
    with clock.frozen(datetime(2026, 11, 25, 8, 0, 30, tzinfo=UTC)):
        alerts.mail_open_alerts(tenant=tenant)
    assert len(mail.outbox) == 1, "no news, no letter"


def test_weekly_digests_are_written_on_mondays() -> None:
    assert routing.next_morning(MONDAY, "Europe/London", weekly=True) == datetime(2026, 11, 30, 8, tzinfo=UTC)
    assert routing.next_morning(MONDAY, "America/Los_Angeles") == datetime(2026, 11, 23, 16, tzinfo=UTC) + timedelta(days=1)


def test_a_letter_can_be_ended_by_its_link_without_a_login(tenant: Tenant, owner: User) -> None:
    services_alerts.save_rule(name="All", roles=["owner"], emails=["boss@elsewhere.test"])
    lost(tenant)
    alerts.mail_open_alerts(tenant=tenant)
    letter = next(letter for letter in mail.outbox if letter.to == ["boss@elsewhere.test"])
    link = letter.extra_headers["List-Unsubscribe"].strip("<>")
    path = link[link.index("/letters/") :]
    client = Client(enforce_csrf_checks=True)
    assert "boss@elsewhere.test" in client.get(path).content.decode()
    assert AlertRule.objects.get().emails == ["boss@elsewhere.test"], "looking changes nothing"
    assert client.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert AlertRule.objects.get().emails == []
    client.post(unsubscribe.link(tenant, owner.email))
    assert AlertPreference.objects.get(user=owner).letters == "never"
    lost(tenant, "reconnect:2")
    alerts.mail_open_alerts(tenant=tenant)
    assert len(mail.outbox) == 2
    assert client.get(path.replace("/end/", "x/end/")).status_code == 404


def test_a_webhook_that_fails_is_tried_ever_later_and_then_given_up(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "_check", lambda url: None)

    def broken(_url: str, _payload: Any) -> None:
        raise NotDelivered("HTTP 503")

    monkeypatch.setattr(channels, "_call", broken)
    services_alerts.save_rule(name="Slack", roles=[], webhook_url="https://hooks.test/a")
    start = MONDAY
    with clock.frozen(start):
        lost(tenant)
        alerts.mail_open_alerts(tenant=tenant)
        row = AlertDelivery.objects.get()
        assert (row.attempts, row.not_before - start) == (1, timedelta(minutes=1))
    for _try in range(9):
        with clock.frozen(AlertDelivery.objects.get().not_before):
            alerts.mail_open_alerts(tenant=tenant)
    last = AlertDelivery.objects.get(alerts=row.alerts, pk=row.pk)
    assert (last.state, last.attempts) == ("failed", 10)


def test_an_address_inside_is_refused_even_after_it_was_saved(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "_call", alert_hook.call)
    monkeypatch.setattr(channels, "_check", lambda url: None)
    services_alerts.save_rule(name="Slack", roles=[], webhook_url="https://127.0.0.1/hook")
    lost(tenant)
    alerts.mail_open_alerts(tenant=tenant)
    row = AlertDelivery.objects.get()
    assert (row.state, row.last_error) == ("failed", "NotDelivered: address.not_public")


def test_a_rules_webhook_secret_is_not_in_the_audit_trail(tenant: Tenant, calls: list[tuple[str, Any]]) -> None:
    rule = services_alerts.save_rule(name="Slack", roles=[], webhook_url="https://hooks.test/T0/SECRET")
    trail = AuditEvent.objects.get(action="alert_rule.changed")
    assert trail.after["webhook"] == "hooks.test"
    planning.plan_test(tenant=tenant, rule=rule)
    alerts.mail_open_alerts(tenant=tenant)
    assert "This is a test from Tieout (Oak Ltd)" in calls[0][1]["text"]
    services_alerts.remove_rule(rule=rule)
    assert not AlertRule.objects.exists()


def test_a_posting_that_waits_for_a_connection_counts_as_the_ledgers(tenant: Tenant) -> None:
    from tenants.alerting.kinds import kind_of

    assert kind_of(NOT_CONNECTED) == "ledger"
    assert kind_of("settlement.does_not_tie") == "checks"
    assert kind_of("settlement.no_rows") == "reading"
    assert kind_of("never.heard_of") == "system"
