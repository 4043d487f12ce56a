"""Groups of SKUs as stored: who sells what, so that a mapping rule can name a family of products.

Rules belong to a ledger's mapping, which several integrations may share; so the groups are kept the
same on all of them, under `options["sku_groups"]`: {"Shoes": ["SHOE-*"]}.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import transaction

from canonical.problems import N_, Problem, Refused, declare
from reconciliation import services
from reconciliation.wizard import validate
from syncs import services as sync_services
from syncs.models import Integration, MappingRule, MappingSet, MappingVersion

IN_USE = declare(
    "mapping.sku_group_in_use",
    N_("Rules still name the SKU group %(name)s."),
    N_("Remove those rules, publish, and remove the group then."),
)

Groups = dict[str, list[str]]


def groups_of(mapping_set: MappingSet) -> Groups:
    """The patterns of each group, in the order in which groups are tried: by name."""
    found: Groups = {}
    for options in Integration.objects.filter(mapping_set=mapping_set).order_by("-id").values_list("options", flat=True):
        found |= options.get("sku_groups") or {}
    return dict(sorted(found.items(), key=lambda pair: (pair[0].casefold(), pair[0])))


@transaction.atomic
def keep_group(*, mapping_set: MappingSet, name: str, patterns: Sequence[str], new: bool) -> None:
    """Define a group, or change the patterns of the one of this name. Raises Refused with everything wrong."""
    groups = _locked(mapping_set)
    name = name.strip()
    if new and name in groups:
        raise Refused(Problem(validate.SKU_GROUP_TWICE, {"name": name}))
    _keep(mapping_set, {**groups, name: [pattern.strip() for pattern in patterns if pattern.strip()]})


@transaction.atomic
def drop_group(*, mapping_set: MappingSet, name: str) -> None:
    """Forget a group. Raises Refused while a rule in use or in the draft names it."""
    groups = _locked(mapping_set)
    live = MappingVersion.objects.filter(mapping_set=mapping_set, number=mapping_set.published)
    draft = MappingVersion.objects.filter(mapping_set=mapping_set, state=MappingVersion.State.DRAFT)
    if MappingRule.objects.filter(version__in=[*live, *draft], sku_group=name).exists():
        raise Refused(Problem(IN_USE, {"name": name}))
    groups.pop(name, None)
    _keep(mapping_set, groups)


def _locked(mapping_set: MappingSet) -> Groups:
    """The groups, while nobody else can change them."""
    MappingSet.objects.select_for_update().get(pk=mapping_set.pk)
    return groups_of(mapping_set)


def _keep(mapping_set: MappingSet, groups: Mapping[str, Sequence[str]]) -> None:
    found = list(validate.sku_groups(groups))
    if found:
        raise Refused(*found)
    for integration in Integration.objects.select_for_update().filter(mapping_set=mapping_set):
        options = {**integration.options, "sku_groups": {name: list(patterns) for name, patterns in groups.items()}}
        sync_services.change_integration(integration=integration, options=options)
    services.replan_all(ledger=mapping_set.ledger)
