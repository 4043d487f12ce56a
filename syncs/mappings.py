"""Mapping sets as stored: drafts that can be edited, published versions that never change.

Editing touches the draft; publishing makes it the version that new plans use. Roll back by
publishing an old version's rules under a new number.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from canonical.problems import Problem, Refused
from connections.models import Connection, ReferenceCopy
from syncs.mapping.rules import Rule, Target
from syncs.mapping.validate import KnownAccount, problems
from syncs.models import MappingRule, MappingSet, MappingVersion
from tenants import clock
from tenants.news import audit, current_actor, publish


def mapping_set_for(ledger: Connection, channel: str = "") -> MappingSet:
    """The ledger's mapping set for a kind of source; integrations of that kind towards the same ledger share it."""
    name = f"{ledger.name} · {channel}" if channel else ledger.name
    found, _made = MappingSet.objects.get_or_create(ledger=ledger, channel=channel, defaults={"name": name[:120]})
    return found


def published_version(mapping_set: MappingSet) -> MappingVersion | None:
    return MappingVersion.objects.filter(
        mapping_set=mapping_set, number=mapping_set.published, state=MappingVersion.State.PUBLISHED
    ).first()


def rules_of(version: MappingVersion | None) -> list[Rule]:
    """The rules of a version as values, most specific first."""
    if version is None:
        return []
    rows = MappingRule.objects.filter(version=version).order_by("-specificity", "id")
    return [as_rule(row) for row in rows]


def as_rule(row: MappingRule) -> Rule:
    return Rule(
        target=Target.parse(row.kind),
        account_id=row.account_id,
        account_name=row.account_name,
        marketplace=row.marketplace,
        currency=row.currency,
        tax_code_id=row.tax_code_id,
        treat_as=row.treat_as,
        dimensions=tuple(sorted(row.dimensions.items())),
        sku_group=row.sku_group,
    )


@transaction.atomic
def draft_of(mapping_set: MappingSet) -> MappingVersion:
    """The draft, begun as a copy of the published version when there is none."""
    MappingSet.objects.select_for_update().get(pk=mapping_set.pk)
    draft = MappingVersion.objects.filter(mapping_set=mapping_set, state=MappingVersion.State.DRAFT).first()
    if draft is not None:
        return draft
    latest = MappingVersion.objects.filter(mapping_set=mapping_set).order_by("-number").first()
    draft = MappingVersion.objects.create(
        mapping_set=mapping_set, number=1 if latest is None else latest.number + 1, author=current_actor().user
    )
    live = published_version(mapping_set)
    if live is not None:
        _write(draft, MappingRule.objects.filter(version=live))
    return draft


def set_rule(mapping_set: MappingSet, rule: Rule, *, origin: str = "person") -> MappingRule:
    """Put one rule into the draft, replacing the rule that matches the same rows."""
    draft = draft_of(mapping_set)
    with transaction.atomic():
        MappingRule.objects.filter(version=draft, match_hash=rule.match_hash).delete()
        row = _row(draft, rule, origin=origin)
        row.save()
    return row


def drop_rule(mapping_set: MappingSet, rule: Rule) -> int:
    """Take a rule out of the draft; what it covered falls back to less specific rules."""
    deleted, _each = MappingRule.objects.filter(version=draft_of(mapping_set), match_hash=rule.match_hash).delete()
    return deleted


@transaction.atomic
def publish_draft(mapping_set: MappingSet, *, note: str = "", needed_roles: Iterable[str] = ()) -> MappingVersion:
    """Make the draft live. Refused with every problem found; a published version never changes again."""
    locked = MappingSet.objects.select_for_update().get(pk=mapping_set.pk)
    draft = draft_of(locked)
    found = check(locked.ledger, rules_of(draft), needed_roles=needed_roles)
    if found:
        raise Refused(*found)
    before = locked.published
    draft.state, draft.note, draft.published_at = MappingVersion.State.PUBLISHED, note[:200], clock.now()
    draft.author = current_actor().user or draft.author
    draft.save(update_fields=["state", "note", "published_at", "author"])
    locked.published = draft.number
    locked.save(update_fields=["published"])
    mapping_set.published = draft.number
    audit("mapping.published", locked, before={"version": before}, after={"version": draft.number}, reason=note)
    publish("mapping.published", locked, version=draft.number)
    return draft


def restore(mapping_set: MappingSet, number: int) -> MappingVersion:
    """Begin a draft from an old version's rules; publishing it is the roll-back."""
    old = MappingVersion.objects.get(mapping_set=mapping_set, number=number, state=MappingVersion.State.PUBLISHED)
    draft = draft_of(mapping_set)
    with transaction.atomic():
        MappingRule.objects.filter(version=draft).delete()
        _write(draft, MappingRule.objects.filter(version=old))
    return draft


def difference(mapping_set: MappingSet) -> list[tuple[str, Rule | None, Rule | None]]:
    """What publishing the draft would change: ("added" | "changed" | "removed", before, after)."""
    draft = MappingVersion.objects.filter(mapping_set=mapping_set, state=MappingVersion.State.DRAFT).first()
    if draft is None:
        return []
    before = {rule.match_hash: rule for rule in rules_of(published_version(mapping_set))}
    after = {rule.match_hash: rule for rule in rules_of(draft)}
    changes: list[tuple[str, Rule | None, Rule | None]] = []
    for key in sorted(before.keys() | after.keys(), key=lambda k: str((after.get(k) or before[k]).target)):
        old, new = before.get(key), after.get(key)
        if old is None:
            changes.append(("added", None, new))
        elif new is None:
            changes.append(("removed", old, None))
        elif old != new:
            changes.append(("changed", old, new))
    return changes


def check(ledger: Connection, rules: Iterable[Rule], *, needed_roles: Iterable[str] = ()) -> list[Problem]:
    return problems(
        rules,
        accounts=known_accounts(ledger),
        tax_codes={ref.external_id: ref.active for ref in _references(ledger, "tax_code")},
        needed_roles=needed_roles,
    )


def known_accounts(ledger: Connection) -> dict[str, KnownAccount]:
    """The ledger's accounts by id, as reference data last saw them."""
    return {
        ref.external_id: KnownAccount(
            external_id=ref.external_id,
            name=ref.name,
            type=str(ref.facts.get("type", "")),
            active=ref.active,
            currency=str(ref.facts.get("currency", "")),
            system=ref.facts.get("system") is True,
        )
        for ref in _references(ledger, "account")
    }


def _references(ledger: Connection, kind: str) -> Iterable[ReferenceCopy]:
    return ReferenceCopy.objects.filter(connection=ledger, kind=kind)


def _row(version: MappingVersion, rule: Rule, *, origin: str) -> MappingRule:
    return MappingRule(
        version=version,
        kind=str(rule.target),
        marketplace=rule.marketplace,
        currency=rule.currency,
        sku_group=rule.sku_group,
        account_id=rule.account_id,
        account_name=rule.account_name,
        tax_code_id=rule.tax_code_id,
        treat_as=rule.treat_as,
        dimensions=dict(rule.dimensions),
        specificity=rule.specificity,
        origin=origin,
        match_hash=rule.match_hash,
        changed_by=current_actor().user,
    )


def _write(draft: MappingVersion, rows: Iterable[MappingRule]) -> None:
    copies = [_row(draft, as_rule(row), origin=row.origin).named() for row in rows]
    MappingRule.objects.bulk_create(copies)
