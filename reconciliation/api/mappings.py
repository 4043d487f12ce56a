"""Partner API: mappings. Rules are edited in a draft; publishing makes it the version that new plans use."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reconciliation import services
from reconciliation.api.settlements import OpenPointShown
from syncs import mappings, selectors
from syncs.api.operations import operation_id
from syncs.mapping.rules import Rule, Target
from syncs.models import MappingRule, MappingSet, MappingVersion
from tenants.partner import fields, match
from tenants.partner.addresses import address
from tenants.partner.door import MAY, Door, operation
from tenants.partner.listing import Choice, Exact, Listing, Since, page
from tenants.partner.scopes import Scope
from tenants.partner.trouble import invalid
from tenants.problems import shown as in_words


class MappingSetShown(serializers.Serializer):  # type: ignore[type-arg]
    """The accounts and tax codes towards one ledger."""

    example: dict[str, Any] = {
        "id": "map_01kav0zr4g8m2c6n9q3s7t5w1x", "name": "Oak & Ash Ltd", "ledger": "con_01kav0zr4g8m2c6n9q3s7t5w1y", "published": 3,
        "draft": 4, "changes": 1, "created_at": "2026-11-02T09:16:00.000000Z", "updated_at": "2026-11-20T11:58:41.000000Z",
    }  # fmt: skip

    id = serializers.CharField(source="public_id")
    name = serializers.CharField()
    ledger = serializers.CharField(source="ledger.public_id")
    published = serializers.IntegerField(help_text="The version in use; 0 before the first.")
    draft = serializers.SerializerMethodField(allow_null=True)
    changes = serializers.SerializerMethodField()
    created_at = fields.Moment()
    updated_at = fields.Moment()

    def get_draft(self, mapping_set: MappingSet) -> int | None:
        version = selectors.working_version(mapping_set)
        return version.number if version is not None and version.state == MappingVersion.State.DRAFT else None

    def get_changes(self, mapping_set: MappingSet) -> int:
        """How many rules publishing the draft would change."""
        return len(mappings.difference(mapping_set))


class PublishedShown(MappingSetShown):
    """The mapping set after publishing, and the operation that works out again what is not yet posted."""

    example = {
        **MappingSetShown.example,
        "published": 4,
        "draft": None,
        "changes": 0,
        "operation": "op_01kav0zr4g8m2c6n9q3s7t5w1x",
    }

    operation = serializers.CharField(allow_null=True)


class VersionShown(serializers.Serializer):  # type: ignore[type-arg]
    """A draft, or a published version that never changes again."""

    example = {
        "id": "mpv_01kav0zr4g8m2c6n9q3s7t5w1x", "number": 3, "state": "published", "note": "Year end",
        "published_at": "2026-11-20T11:58:41.000000Z", "created_at": "2026-11-20T11:00:00.000000Z",
    }  # fmt: skip

    id = serializers.CharField(source="public_id")
    number = serializers.IntegerField()
    state = serializers.ChoiceField(MappingVersion.State.choices)
    note = serializers.CharField()
    published_at = fields.Moment(allow_null=True)
    created_at = fields.Moment()


class RuleShown(serializers.Serializer):  # type: ignore[type-arg]
    """Rows that match go to this account with this tax code; the most specific rule wins."""

    example = {
        "id": "mpr_01kav0zr4g8m2c6n9q3s7t5w1x", "target": "role:selling_fees", "marketplace": "", "currency": "", "sku_group": "",
        "account_id": "93", "account_name": "Amazon Selling Fees", "tax_code_id": "7", "treat_as": "", "origin": "person",
        "created_at": "2026-11-20T11:00:00.000000Z",
    }  # fmt: skip

    id = serializers.CharField(source="public_id")
    target = serializers.CharField(source="kind", help_text="role:..., kind:... or triple:type|amount type|description.")
    marketplace = serializers.CharField(help_text="Only in this marketplace; empty for all.")
    currency = serializers.CharField()
    sku_group = serializers.CharField()
    account_id = serializers.CharField(help_text="The ledger's own id of the account.")
    account_name = serializers.CharField()
    tax_code_id = serializers.CharField()
    treat_as = serializers.CharField(help_text="For a triple: the kind a person says it is.")
    origin = serializers.CharField()
    created_at = fields.Moment()


class ValidatedShown(serializers.Serializer):  # type: ignore[type-arg]
    """Whether the rules as they are could be published."""

    example = {"valid": True, "problems": []}

    valid = serializers.BooleanField()
    problems = OpenPointShown(many=True)


class RuleBody(fields.Body):
    example = {"target": "role:selling_fees", "account_id": "93", "tax_code_id": "7"}

    target = fields.Pattern("(role|kind):[a-z0-9_:]{1,80}", max_length=300)
    account_id = fields.Text(min_length=1, max_length=120)
    tax_code_id = fields.Text(required=False, max_length=120, allow_blank=True, default="")
    marketplace = fields.Text(required=False, max_length=60, allow_blank=True, default="")
    currency = fields.Pattern("([A-Z]{3})?", required=False, allow_blank=True, default="")


class PublishBody(fields.Body):
    example = {"note": "Fees to a new account from December"}

    note = fields.Text(required=False, max_length=200, allow_blank=True, default="")


class RestoreBody(fields.Body):
    example = {"version": 2}

    version = fields.Whole(min_value=1, max_value=1_000_000)


SETS = Listing(filters=(Exact("ledger", "ledger__public_id", "The id of a connection."), Since()))
VERSIONS = Listing(
    filters=(Choice("status", "state", [state.value for state in MappingVersion.State]), Since(("created_at", "published_at"))),
    sorts={"number": "number"},
    default="-number",
)
RULES = Listing(
    filters=(
        Exact("target", "kind", "role:..., kind:... or triple:..."),
        Exact("marketplace", "marketplace", "Only rules of this marketplace."),
        Since(("created_at",)),
    ),
    default="created_at",
)


def find(mapping_set: str) -> MappingSet:
    found: MappingSet = get_object_or_404(MappingSet.objects.select_related("ledger"), public_id=mapping_set)
    return found


def locked(mapping_set: str) -> MappingSet:
    """The set, with its row locked until the change is made."""
    MappingSet.objects.select_for_update().filter(public_id=mapping_set).first()
    return find(mapping_set)


def state_of(mapping_set: MappingSet) -> dict[str, Any]:
    """What an ETag of a mapping stands for: the version in use and every rule of the working one."""
    version = selectors.working_version(mapping_set)
    rules = MappingRule.objects.filter(version=version).order_by("match_hash") if version else []
    marks = [(one.match_hash, one.account_id, one.tax_code_id, one.treat_as, one.dimensions) for one in rules]
    return {"set": mapping_set.public_id, "published": mapping_set.published, "rules": marks}


def _tagged(mapping_set: MappingSet, data: Any, status: int = 200) -> Response:
    return Response(data, status=status, headers={"ETag": match.etag_of(state_of(mapping_set))})


class MappingSets(Door):
    tag = "Mappings"

    @operation(Scope.MAPPINGS_READ, "List mapping sets", "One per ledger.", answer=MappingSetShown, listing=SETS)
    def get(self, request: Request) -> Response:
        return page(request, MappingSet.objects.select_related("ledger"), SETS, MappingSetShown)


class OneMappingSet(Door):
    tag = "Mappings"

    @operation(
        Scope.MAPPINGS_READ,
        "Show a mapping set",
        "The version in use and the draft. Its ETag stands for every rule of the draft: send it as If-Match with a change.",
        answer=MappingSetShown,
    )
    def get(self, request: Request, mapping_set: str) -> Response:
        one = find(mapping_set)
        return _tagged(one, MappingSetShown(one).data)


class MappingVersions(Door):
    tag = "Mappings"

    @operation(
        Scope.MAPPINGS_READ,
        "List mapping versions",
        "The draft and every published version.",
        answer=VersionShown,
        listing=VERSIONS,
    )
    def get(self, request: Request, mapping_set: str) -> Response:
        return page(request, MappingVersion.objects.filter(mapping_set=find(mapping_set)), VERSIONS, VersionShown)


class VersionRules(Door):
    tag = "Mappings"

    @operation(Scope.MAPPINGS_READ, "List rules of a mapping version", "What a version said.", answer=RuleShown, listing=RULES)
    def get(self, request: Request, mapping_set: str, number: int) -> Response:
        version = get_object_or_404(MappingVersion.objects.all(), mapping_set=find(mapping_set), number=number)
        return page(request, MappingRule.objects.filter(version=version), RULES, RuleShown)


class MappingRules(Door):
    tag = "Mappings"

    @operation(
        Scope.MAPPINGS_READ,
        "List mapping rules",
        "The rules of the draft, or of the version in use while there is none.",
        answer=RuleShown,
        listing=RULES,
    )
    def get(self, request: Request, mapping_set: str) -> Response:
        one = find(mapping_set)
        version = selectors.working_version(one)
        found = MappingRule.objects.filter(version=version) if version else MappingRule.objects.none()
        response = page(request, found, RULES, RuleShown)
        response["ETag"] = match.etag_of(state_of(one))
        return response

    @operation(
        Scope.MAPPINGS_WRITE,
        "Set a mapping rule",
        "Puts a rule into the draft, in place of the rule that matches the same rows. Nothing changes in use until you publish.",
        answer=RuleShown,
        body=RuleBody,
        match=True,
        once=MAY,
    )
    def put(self, request: Request, mapping_set: str, given: dict[str, Any]) -> Response:
        with transaction.atomic():
            one = locked(mapping_set)
            match.require_match(request, state_of(one))
            row = mappings.set_rule(one, _rule(one, given), origin="api")
        return _tagged(one, RuleShown(row).data)


class OneRule(Door):
    tag = "Mappings"

    @operation(
        Scope.MAPPINGS_WRITE,
        "Drop a mapping rule",
        "Takes a rule out of the draft; what it covered falls back to less specific rules.",
        status=204,
        match=True,
    )
    def delete(self, request: Request, mapping_set: str, rule: str) -> Response:
        with transaction.atomic():
            one = locked(mapping_set)
            row = get_object_or_404(MappingRule.objects.all(), version=selectors.working_version(one), public_id=rule)
            match.require_match(request, state_of(one))
            mappings.drop_rule(one, mappings.as_rule(row))
        return _tagged(one, None, 204)


class ValidateMapping(Door):
    tag = "Mappings"

    @operation(
        Scope.MAPPINGS_READ,
        "Validate a mapping set",
        "Everything that would make a posting fail later, without changing anything.",
        answer=ValidatedShown,
    )
    def post(self, request: Request, mapping_set: str) -> Response:
        one = find(mapping_set)
        found = [in_words(problem) for problem in mappings.check(one.ledger, mappings.rules_of(selectors.working_version(one)))]
        problems = [{"code": each.code, "detail": each.text, "remedy": each.remedy, "severity": each.severity} for each in found]
        return Response({"valid": not problems, "problems": problems})


class PublishMapping(Door):
    tag = "Mappings"

    @operation(
        Scope.MAPPINGS_WRITE,
        "Publish a mapping set",
        "Makes the draft the version in use; everything not yet posted is worked out again. Refused with every problem found.",
        answer=PublishedShown,
        body=PublishBody,
        match=True,
        once=MAY,
    )
    def post(self, request: Request, mapping_set: str, given: dict[str, Any]) -> Response:
        with transaction.atomic():
            one = locked(mapping_set)
            match.require_match(request, state_of(one))
            mappings.publish_draft(one, note=given["note"].strip())
        run = services.replan_all(ledger=one.ledger)
        fresh = find(mapping_set)
        return _tagged(fresh, {**MappingSetShown(fresh).data, "operation": operation_id(run) if run else None})


class RestoreMapping(Door):
    tag = "Mappings"

    @operation(
        Scope.MAPPINGS_WRITE,
        "Restore a mapping version",
        "Makes the draft say what a published version said; publish it to go back.",
        answer=MappingSetShown,
        body=RestoreBody,
        match=True,
        once=MAY,
    )
    def post(self, request: Request, mapping_set: str, given: dict[str, Any]) -> Response:
        with transaction.atomic():
            one = locked(mapping_set)
            match.require_match(request, state_of(one))
            try:
                mappings.restore(one, given["version"])
            except MappingVersion.DoesNotExist as error:
                raise Http404 from error
        return _tagged(one, MappingSetShown(one).data)


def _rule(mapping_set: MappingSet, given: dict[str, Any]) -> Rule:
    account = mappings.known_accounts(mapping_set.ledger).get(given["account_id"])
    if account is None:
        raise invalid("/account_id", "unknown_account", "The ledger has no such account.")
    return Rule(
        target=Target.parse(given["target"]),
        account_id=account.external_id,
        account_name=account.name,
        marketplace=given["marketplace"],
        currency=given["currency"],
        tax_code_id=given["tax_code_id"],
    )


ONE = "mapping_sets/<pid:mapping_set>"
URLS = [
    address("mapping_sets", MappingSets, "mapping_sets"),
    address(ONE, OneMappingSet, "mapping_set"),
    address(f"{ONE}/versions", MappingVersions, "mapping_versions"),
    address(f"{ONE}/versions/<int:number>/rules", VersionRules, "mapping_version_rules"),
    address(f"{ONE}/rules", MappingRules, "mapping_rules"),
    address(f"{ONE}/rules/<pid:rule>", OneRule, "mapping_rule"),
    address(f"{ONE}:validate", ValidateMapping, "mapping_validate"),
    address(f"{ONE}:publish", PublishMapping, "mapping_publish"),
    address(f"{ONE}:restore", RestoreMapping, "mapping_restore"),
]
