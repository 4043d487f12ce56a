"""From alerts to messages. Every message is a row with its time, written together with the mark on its alerts:
what is planned is neither lost nor planned twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from tenants import clock
from tenants.alerting.routing import Directory, Receiver
from tenants.models import Alert, AlertDelivery, AlertRule, Tenant

# An alert that is still open after this is worth a second message, not a hundredth.
REMINDER = timedelta(days=3)
News, State = AlertDelivery.News, AlertDelivery.State


@transaction.atomic
def plan(*, tenant: Tenant) -> int:
    """Plan messages about what is open and was not told lately. Returns how many alerts are now told of."""
    due = Q(mailed_at=None) | Q(mailed_at__lt=clock.now() - REMINDER)
    directory = Directory(tenant)
    gathered: dict[Receiver, list[str]] = defaultdict(list)
    told = 0
    for alert in Alert.objects.filter(due, state=Alert.State.OPEN).order_by("id"):
        receivers = directory.receivers(alert)
        if receivers and _claim(alert):
            told += 1
            for receiver in receivers:
                gathered[receiver].append(alert.public_id)
    for receiver, alerts in gathered.items():
        _put(receiver, alerts, News.RAISED)
    return told


@transaction.atomic
def plan_recoveries() -> int:
    """Whoever was told of a trouble is told that it is over; nobody is told of what he never heard of.

    Returns how many alerts were looked at. Messages not yet sent lose what is over before they go.
    """
    over = list(
        Alert.objects.select_for_update()
        .filter(state__in=[Alert.State.RESOLVED, Alert.State.DISMISSED], over_told_at=None)
        .exclude(mailed_at=None)
    )
    gathered: dict[tuple[str, str, str, int | None, bool], list[str]] = defaultdict(list)
    for alert in over:
        for message in AlertDelivery.objects.select_for_update().filter(alerts__contains=[alert.public_id], news=News.RAISED):
            if message.state == State.WAITING:
                _take_out(message, alert.public_id)
            elif message.state == State.SENT and alert.state == Alert.State.RESOLVED:
                gathered[message.channel, message.target, message.format, message.rule_id, message.digest].append(alert.public_id)
    for (channel, target, form, rule, digest), alerts in gathered.items():
        _recovered(channel, target, form, rule, digest, list(dict.fromkeys(alerts)))
    Alert.objects.filter(pk__in=[alert.pk for alert in over]).update(over_told_at=clock.now())
    return len(over)


def _recovered(channel: str, target: str, form: str, rule: int | None, digest: bool, alerts: list[str]) -> None:
    """Into the receiver's next digest where he gets one, else a message of its own."""
    waiting = AlertDelivery.objects.filter(channel=channel, target=target, digest=True, state=State.WAITING).first()
    if waiting is not None:
        waiting.alerts = [*waiting.alerts, *(one for one in alerts if one not in waiting.alerts)]
        waiting.save(update_fields=["alerts"])
        return
    AlertDelivery.objects.create(
        rule_id=rule, channel=channel, target=target, format=form, news=News.RECOVERED, alerts=alerts, not_before=clock.now()
    )


def plan_test(*, tenant: Tenant, rule: AlertRule) -> list[AlertDelivery]:
    """A message to everybody a rule names, at once."""
    return [
        AlertDelivery.objects.create(
            rule=rule, channel=receiver.channel, target=receiver.target, format=receiver.format, news=News.TEST,
            not_before=clock.now(),
        )
        for receiver in Directory(tenant).of_rule(rule)
    ]  # fmt: skip


def _put(receiver: Receiver, alerts: Sequence[str], news: str) -> None:
    """A message of its own, or more for the digest that is being gathered."""
    facts = {"channel": receiver.channel, "target": receiver.target}
    if receiver.is_digest:
        waiting = AlertDelivery.objects.select_for_update().filter(**facts, digest=True, state=State.WAITING).first()
        if waiting is not None:
            waiting.alerts = [*waiting.alerts, *(one for one in alerts if one not in waiting.alerts)]
            waiting.save(update_fields=["alerts"])
            return
    AlertDelivery.objects.create(
        **facts,
        rule_id=receiver.rule_id,
        format=receiver.format,
        news=news,
        alerts=list(alerts),
        digest=receiver.is_digest,
        not_before=receiver.due(clock.now()),
    )


def _take_out(message: AlertDelivery, alert: str) -> None:
    message.alerts = [one for one in message.alerts if one != alert]
    if not message.alerts:
        message.state = State.NO_NEWS
    message.save(update_fields=["alerts", "state"])


def _claim(alert: Alert) -> bool:
    """Two planners never tell of the same alert: the one who moves `mailed_at` does."""
    return bool(Alert.objects.filter(pk=alert.pk, mailed_at=alert.mailed_at).update(mailed_at=clock.now()))
