"""Who is told of an alert, by which channel, and when.

Rules say who is concerned; a person's own preference may make letters rarer, never more frequent. The same
receiver is told once, however many rules name him; of several cadences the most urgent one counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from tenants.alerting.kinds import kind_of
from tenants.models import Alert, AlertDelivery, AlertPreference, AlertRule, Membership, Tenant
from tenants.roles import Role

Cadence, Channel, Letters = AlertRule.Cadence, AlertDelivery.Channel, AlertPreference.Letters
# When a digest is written, in its reader's time zone; a weekly one on Mondays.
MORNING = time(8, 0)
_URGENCY = {Cadence.NOW: 0, Cadence.DAILY: 1, Cadence.WEEKLY: 2}
_WISHES = {Letters.AS_RULED: Cadence.NOW, Letters.DAILY: Cadence.DAILY, Letters.WEEKLY: Cadence.WEEKLY}


@dataclass(frozen=True, slots=True)
class Receiver:
    """One mailbox or one address to call. `quiet` is from and until, in `zone`; a webhook is never quiet."""

    channel: str
    target: str
    cadence: str
    zone: str
    format: str = ""
    quiet: tuple[time, time] | None = None
    rule_id: int | None = None

    @property
    def is_digest(self) -> bool:
        return self.cadence != Cadence.NOW

    def due(self, at: datetime) -> datetime:
        """When a message planned at `at` may go."""
        if self.is_digest:
            return next_morning(at, self.zone, weekly=self.cadence == Cadence.WEEKLY)
        return after_quiet(at, self.zone, self.quiet) if self.quiet else at


def default_rule() -> AlertRule:
    """What holds until a company makes a rule: everything to owners and administrators, at once, by e-mail."""
    return AlertRule(name="", kinds=[], roles=[Role.OWNER, Role.ADMIN], emails=[], cadence=Cadence.NOW)


def rules() -> list[AlertRule]:
    """The company's rules as they stand, switched off ones too; the default one when it has none."""
    return list(AlertRule.objects.order_by("id")) or [default_rule()]


class Directory:
    """Everybody who can be told in one company, read once for many alerts."""

    def __init__(self, tenant: Tenant) -> None:
        self._zone = tenant.timezone
        self._rules = [rule for rule in rules() if rule.enabled]
        members = Membership.objects.filter(tenant=tenant, user__is_active=True).select_related("user").order_by("user__email")
        self._members = [(member.role, member.user) for member in members]
        self._wishes = {wish.user_id: wish for wish in AlertPreference.objects.all()}

    def receivers(self, alert: Alert) -> list[Receiver]:
        """Who is told of this alert, each once."""
        kind = kind_of(alert.problem_code)
        concerned = [rule for rule in self._rules if not rule.kinds or kind in rule.kinds]
        return _once(receiver for rule in concerned for receiver in self._of(rule))

    def of_rule(self, rule: AlertRule) -> list[Receiver]:
        """Whom one rule names: for its test message."""
        return _once(self._of(rule))

    def _of(self, rule: AlertRule) -> Iterator[Receiver]:
        for role, user in self._members:
            if role in rule.roles:
                yield from self._person(rule, user.pk, user.email)
        for address in rule.emails:
            yield Receiver(Channel.EMAIL, address, rule.cadence, self._zone, rule_id=rule.pk)
        if rule.webhook_url:
            yield Receiver(
                Channel.WEBHOOK, rule.webhook_url, rule.cadence, self._zone, format=rule.webhook_format, rule_id=rule.pk
            )

    def _person(self, rule: AlertRule, user_id: int, address: str) -> Iterator[Receiver]:
        wish = self._wishes.get(user_id)
        if wish is None:
            yield Receiver(Channel.EMAIL, address, rule.cadence, self._zone, rule_id=rule.pk)
        elif wish.letters != Letters.NEVER:
            quiet = (wish.quiet_from, wish.quiet_until) if wish.quiet_from and wish.quiet_until else None
            cadence = max(rule.cadence, _WISHES[Letters(wish.letters)], key=lambda one: _URGENCY[Cadence(one)])
            yield Receiver(Channel.EMAIL, address, cadence, wish.timezone, quiet=quiet, rule_id=rule.pk)


def _once(found: Iterable[Receiver]) -> list[Receiver]:
    kept: dict[tuple[str, str], Receiver] = {}
    for receiver in found:
        key = (receiver.channel, receiver.target)
        known = kept.get(key)
        if known is None or _URGENCY[Cadence(receiver.cadence)] < _URGENCY[Cadence(known.cadence)]:
            kept[key] = receiver if known is None else replace(receiver, quiet=receiver.quiet or known.quiet)
    return list(kept.values())


def after_quiet(at: datetime, zone: str, quiet: tuple[time, time]) -> datetime:
    """`at`, or the end of the quiet hours it falls into. Quiet hours may run over midnight; equal ends mean none."""
    begin, end = quiet
    local = at.astimezone(ZoneInfo(zone))
    clock = local.time()
    inside = begin <= clock < end if begin < end else (clock >= begin or clock < end) and begin != end
    if not inside:
        return at
    day = local.date() + timedelta(days=1 if begin > end and clock >= begin else 0)
    return max(at, datetime.combine(day, end, ZoneInfo(zone)).astimezone(at.tzinfo))


def next_morning(at: datetime, zone: str, *, weekly: bool = False) -> datetime:
    """The next time a digest is written, strictly after `at`."""
    local = at.astimezone(ZoneInfo(zone))
    day = local.date()
    while True:
        when = datetime.combine(day, MORNING, ZoneInfo(zone))
        if when > local and (not weekly or day.isoweekday() == 1):
            return when.astimezone(at.tzinfo)
        day += timedelta(days=1)
