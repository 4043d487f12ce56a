"""Mappings: which account and tax code each kind of row goes to; a draft, its difference, and its versions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from canonical.problems import Refused
from canonical.settlement import LineCategory
from reconciliation import selectors_pages, services, setup, sku_groups, words
from reconciliation.engine.chart import LEDGER_ACCOUNTS, Role, role_of
from reconciliation.models import Settlement
from syncs import mappings as stored
from syncs import selectors
from syncs.mapping.rules import Rule, Target
from syncs.models import Integration, MappingSet
from syncs.selectors import RuleRow
from tenants.problems import shown
from tenants.roles import Permission
from tenants.web import TenantRequest, tenant_url, tenant_view

_KINDS = frozenset(kind.value for kind in LineCategory)
_PLACES = {f"role:{account.role.value}": place for place, account in enumerate(LEDGER_ACCOUNTS)}


class RuleForm(forms.Form):
    target = forms.RegexField(r"^(role|kind|triple):.+", max_length=300)
    account = forms.CharField(max_length=120)
    tax_code = forms.CharField(required=False, max_length=120)
    marketplace = forms.CharField(required=False, max_length=60)
    currency = forms.RegexField(r"^([A-Z]{3})?$", required=False)
    sku_group = forms.CharField(required=False, max_length=60)


class SkuGroupForm(forms.Form):
    name = forms.CharField(max_length=60)
    patterns = forms.CharField(required=False, max_length=60_000)


@dataclass(frozen=True, slots=True)
class View:
    """One row of the page. `covers` says what falls under a role, `usual` is the role a kind belongs to."""

    row: RuleRow
    word: str
    covers: str
    needed: bool
    usual: str


@require_GET
@tenant_view(Permission.VIEW)
def mappings(request: TenantRequest) -> HttpResponse:
    sets = list(MappingSet.objects.select_related("ledger").order_by("name"))
    if not sets:
        return render(request, "reconciliation/mappings_none.html")
    chosen = next((one for one in sets if one.public_id == request.GET.get("set")), sets[0])
    needed = [f"role:{role}" for role in setup.needed(chosen.ledger)]
    rows = [_view(row, needed) for row in selectors.rule_rows(chosen, [*needed, *_seen_kinds(chosen)])]
    tab = request.GET.get("show", "")
    focus = request.GET.get("target", "")
    context = {
        "sets": sets,
        "chosen": chosen,
        "tabs": _tabs(request, rows, tab),
        "rows": _sorted([view for view in rows if _fits(view, tab) and (not focus or view.row.target == focus)]),
        "focus": focus,
        "editing": request.GET.get("edit", ""),
        "accounts": selectors.references(chosen, "account"),
        "tax_codes": selectors.references(chosen, "tax_code"),
        "marketplaces": selectors_pages.marketplaces(),
        "sku_groups": sku_groups.groups_of(chosen),
        "changes": [_change(change) for change in stored.difference(chosen)],
        "versions": selectors.versions(chosen),
        "kinds": words.kinds_by_group(),
        "unmapped_needed": sum(view.needed and not view.row.mapped for view in rows),
    }
    return render(request, "reconciliation/mappings.html", context)


def _seen_kinds(mapping_set: MappingSet) -> list[str]:
    """Kinds that came up in settlements but belong to no role: each needs a decision of its own."""
    ledgers = Settlement.objects.filter(integration__mapping_set=mapping_set).values_list("categories", flat=True)
    kinds = {entry["category"] for categories in ledgers for entry in categories if entry["category"]}
    return sorted(f"kind:{kind}" for kind in kinds if kind in _KINDS and role_of(kind) is None)


def _view(row: RuleRow, roles: Collection[str]) -> View:
    of, _sep, name = row.target.partition(":")
    account = next((one for one in LEDGER_ACCOUNTS if of == "role" and one.role.value == name), None)
    covers = ", ".join(words.kind_word(kind.value) for kind in account.kinds[:6]) if account else ""
    more = len(account.kinds) - 6 if account else 0
    role = role_of(name) if of == "kind" else None
    return View(
        row=row,
        word=words.target_word(row.target),
        covers=covers + (f" +{more}" if more > 0 else ""),
        needed=row.target in roles if of == "role" else not row.rules,
        usual=words.role_word(role.value) if isinstance(role, Role) else "",
    )


def _fits(view: View, tab: str) -> bool:
    if tab == "unmapped":
        return not view.row.rules
    if tab == "special":
        return bool(view.row.special) or not view.row.target.startswith("role:")
    if tab == "changed":
        return view.row.changed
    return True


def _sorted(rows: list[View]) -> list[View]:
    """What is missing and needed first, then by what it is about."""
    return sorted(rows, key=lambda view: (bool(view.row.rules), not view.needed, _PLACES.get(view.row.target, 999), view.word))


def _tabs(request: TenantRequest, rows: list[View], here: str) -> list[dict[str, Any]]:
    names = [
        ("", _("All")),
        ("unmapped", _("No account")),
        ("special", _("Special cases")),
        ("changed", _("Changed in the draft")),
    ]

    def link(tab: str) -> str:
        query = {key: value for key, value in (("set", request.GET.get("set", "")), ("show", tab)) if value}
        return f"?{urlencode(query)}"

    return [
        {"href": link(tab), "label": label, "count": sum(_fits(view, tab) for view in rows), "here": here == tab}
        for tab, label in names
    ]


def _change(change: tuple[str, Rule | None, Rule | None]) -> dict[str, Any]:
    what, before, after = change
    rule = after or before
    word = words.target_word(str(rule.target)) if rule else ""
    return {"what": what, "word": word, "rule": rule, "before": before, "after": after}


# ------------------------------------------------------------------ acts


def _set(public_id: str) -> MappingSet:
    found: MappingSet = get_object_or_404(MappingSet.objects.select_related("ledger"), public_id=public_id)
    return found


def _back(request: TenantRequest, mapping_set: MappingSet, **query: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{tenant_url(request.tenant, 'mappings')}?{urlencode({'set': mapping_set.public_id, **query})}")


@require_POST
@tenant_view(Permission.MAP)
def mapping_rule(request: TenantRequest, mapping: str) -> HttpResponse:
    """Put a rule into the draft, or take it out (`drop`)."""
    mapping_set = _set(mapping)
    form = RuleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose an account."))
        return _back(request, mapping_set)
    good = form.cleaned_data
    known = stored.known_accounts(mapping_set.ledger)
    if good["account"] not in known:
        raise Http404
    group = good["sku_group"]
    if group and "drop" not in request.POST and (group not in sku_groups.groups_of(mapping_set) or _is_row(good["target"])):
        raise Http404
    rule = Rule(
        target=Target.parse(good["target"]),
        account_id=good["account"],
        account_name=known[good["account"]].name,
        marketplace=good["marketplace"],
        currency=good["currency"],
        tax_code_id=good["tax_code"],
        sku_group=group,
    )
    if "drop" in request.POST:
        stored.drop_rule(mapping_set, rule)
    else:
        stored.set_rule(mapping_set, rule)
    messages.success(request, _("Kept in the draft. Publish it to put it to use."))
    return _back(request, mapping_set, **({"show": request.POST["show"]} if request.POST.get("show") else {}))


def _is_row(target: str) -> bool:
    """Whether a target is one raw type of row, which takes no SKU group: a role or a kind does."""
    return target.startswith("triple:")


@require_POST
@tenant_view(Permission.MAP)
def mapping_sku_group(request: TenantRequest, mapping: str) -> HttpResponse:
    """Define a group of SKUs (`new`), change its patterns, or forget it (`drop`); what waits is worked out again."""
    mapping_set = _set(mapping)
    form = SkuGroupForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Give the group a name and one pattern a line."))
        return _back(request, mapping_set)
    name, patterns = form.cleaned_data["name"], form.cleaned_data["patterns"].splitlines()
    try:
        if "drop" in request.POST:
            sku_groups.drop_group(mapping_set=mapping_set, name=name)
        else:
            sku_groups.keep_group(mapping_set=mapping_set, name=name, patterns=patterns, new="new" in request.POST)
    except Refused as refusal:
        _tell(request, refusal)
    else:
        messages.success(request, _("The SKU groups are kept. Everything not yet posted is worked out again."))
    return _back(request, mapping_set)


def _tell(request: TenantRequest, refusal: Refused) -> None:
    for problem in refusal.problems:
        messages.error(request, f"{shown(problem).text} {shown(problem).remedy}")


@require_POST
@tenant_view(Permission.MAP)
def mapping_publish(request: TenantRequest, mapping: str) -> HttpResponse:
    """Make the draft live; everything not yet posted is worked out again."""
    mapping_set = _set(mapping)
    try:
        version = stored.publish_draft(mapping_set, note=request.POST.get("note", "").strip()[:200])
    except Refused as refusal:
        _tell(request, refusal)
        return _back(request, mapping_set)
    services.replan_all(ledger=mapping_set.ledger)
    messages.success(
        request, _("Version %(n)d is in use. Everything not yet posted is worked out again.") % {"n": version.number}
    )
    return _back(request, mapping_set)


@require_POST
@tenant_view(Permission.MAP)
def mapping_restore(request: TenantRequest, mapping: str, number: int) -> HttpResponse:
    """Begin a draft from an old version; publishing it is the way back."""
    mapping_set = _set(mapping)
    stored.restore(mapping_set, number)
    messages.success(
        request, _("The draft now says what version %(n)d said. Look at the difference, then publish.") % {"n": number}
    )
    return _back(request, mapping_set, show="changed")


@require_POST
@tenant_view(Permission.MAP)
def mapping_defaults(request: TenantRequest, mapping: str) -> HttpResponse:
    """Point every role at the default account of its name, where the ledger has one."""
    mapping_set = _set(mapping)
    integration = Integration.objects.filter(mapping_set=mapping_set).select_related("ledger", "mapping_set").first()
    if integration is None:
        raise Http404
    try:
        setup.map_default_accounts(integration=integration)
        messages.success(request, _("Every default account that the ledger has is mapped."))
    except Refused as refusal:
        _tell(request, refusal)
    return _back(request, mapping_set)
