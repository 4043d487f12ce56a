"""Alerts by mail: one letter for all that is new, to those who can act, and never the same again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail

from canonical.problems import Problem
from connections import errors
from tenants import alerts, clock
from tenants.models import AlertDelivery, Membership, Tenant, User
from tenants.news import alert, settle_alerts


def raise_alert(tenant: Tenant, reason: str = "the permission was withdrawn", mark: str = "con_1") -> None:
    alert(
        Problem(errors.NEEDS_RECONNECT, {"provider": "QuickBooks Online", "reason": reason}),
        tenant,
        fingerprint=f"reconnect:{mark}",
    )


def test_one_letter_to_owners_and_administrators(tenant: Tenant) -> None:
    for name, role in (("adam", "admin"), ("bob", "bookkeeper"), ("vera", "viewer")):
        Membership.objects.create(user=User.objects.create_user(f"{name}@oak.test"), tenant=tenant, role=role)
    raise_alert(tenant)
    raise_alert(tenant)
    raise_alert(tenant, mark="con_2")
    assert alerts.mail_open_alerts(tenant=tenant) == 2
    assert sorted(letter.to for letter in mail.outbox) == [["adam@oak.test"], ["olivia@oak.test"]]
    letter = mail.outbox[0]
    assert letter.subject == "Oak Ltd: 2 things need you"
    assert "QuickBooks Online no longer lets us in: the permission was withdrawn. (2x)" in str(letter.body)
    assert "press Reconnect" in str(letter.body)
    assert f"/app/{tenant.public_id}/" in str(letter.body)


def test_the_same_alert_is_not_mailed_again_until_it_is_old(tenant: Tenant) -> None:
    raise_alert(tenant)
    assert [alerts.mail_open_alerts(tenant=tenant) for _again in range(3)] == [1, 0, 0]
    raise_alert(tenant)
    assert alerts.mail_open_alerts(tenant=tenant) == 0
    with clock.shifted(timedelta(days=3, minutes=1)):
        assert alerts.mail_open_alerts(tenant=tenant) == 1


def test_what_is_settled_is_not_mailed(tenant: Tenant) -> None:
    raise_alert(tenant)
    settle_alerts("reconnect:con_1")
    assert alerts.mail_open_alerts(tenant=tenant) == 0
    assert mail.outbox == []


def test_mail_trouble_keeps_the_letter_for_later(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    raise_alert(tenant)

    def broken(*_args: object, **_more: object) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr("tenants.mails.send_alerts", broken)
        alerts.mail_open_alerts(tenant=tenant)
    kept = AlertDelivery.objects.get()
    assert (kept.state, kept.attempts, kept.last_error) == ("waiting", 1, "ConnectionRefusedError: ")
    alerts.mail_open_alerts(tenant=tenant)
    assert mail.outbox == [], "not before its time"
    with clock.shifted(timedelta(minutes=1, seconds=1)):
        alerts.mail_open_alerts(tenant=tenant)
    assert len(mail.outbox) == 1
