"""Partner API: who a key is, and its company's settings."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django.db import transaction
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tenants import countries, services
from tenants.models import Tenant
from tenants.partner import fields, match
from tenants.partner.addresses import address
from tenants.partner.door import MAY, Door, operation
from tenants.partner.scopes import Scope
from tenants.partner.trouble import invalid


class SettingsShown(serializers.Serializer):  # type: ignore[type-arg]
    """A company, as the product knows it."""

    example = {
        "id": "ten_01kav0zr4g8m2c6n9q3s7t5w1x", "name": "Oak & Ash Ltd", "country": "GB", "timezone": "Europe/London",
        "home_currency": "GBP", "state": "active", "is_demo": False, "created_at": "2026-11-02T09:15:00.000000Z",
    }  # fmt: skip

    id = serializers.CharField(source="public_id")
    name = serializers.CharField()
    country = serializers.CharField()
    timezone = serializers.CharField()
    home_currency = serializers.CharField()
    state = serializers.ChoiceField(Tenant.State.choices)
    is_demo = serializers.BooleanField()
    created_at = fields.Moment()


class KeyShown(serializers.Serializer):  # type: ignore[type-arg]
    """An API key; never its text."""

    id = serializers.CharField(source="public_id")
    name = serializers.CharField()
    shown_as = serializers.CharField(source="__str__")
    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.choices))
    created_at = fields.Moment()
    expires_at = fields.Moment(allow_null=True)
    last_used_at = fields.Moment(allow_null=True)


class MeShown(serializers.Serializer):  # type: ignore[type-arg]
    """The key that asks, and whose it is."""

    example = {
        "key": {
            "id": "key_01kav1b2c3d4e5f6g7h8j9k0mn", "name": "Warehouse", "shown_as": "tie_live_…Zk3Q",
            "scopes": ["settlements:read", "runs:read"], "created_at": "2026-11-02T09:20:00.000000Z", "expires_at": None,
            "last_used_at": "2026-11-20T11:59:03.120000Z",
        },
        "company": SettingsShown.example,
    }  # fmt: skip

    key = KeyShown()
    company = SettingsShown()


class SettingsBody(fields.Body):
    example = {"timezone": "Europe/London"}

    name = fields.Text(required=False, min_length=1, max_length=120, trim_whitespace=True)
    country = fields.OneOf([country.code for country in countries.COUNTRIES], required=False)
    timezone = fields.Text(required=False, min_length=1, max_length=64, help_text="An IANA time zone, such as Europe/London.")
    home_currency = fields.OneOf(countries.currencies(), required=False)


class Me(Door):
    tag = "Account"

    @operation(
        None, "Show the key", "Who asks, what the key may do, and for which company. A good first request.", answer=MeShown
    )
    def get(self, request: Request) -> Response:
        return Response(MeShown({"key": request.auth, "company": self.tenant}).data)


class Settings(Door):
    tag = "Account"

    @operation(
        Scope.ORG_READ,
        "Show the settings",
        "The company's name, country, time zone and currency. Comes with an ETag.",
        answer=SettingsShown,
    )
    def get(self, request: Request) -> Response:
        return match.tagged(SettingsShown(self.tenant).data)

    @operation(
        Scope.ORG_WRITE,
        "Change the settings",
        "Changes the fields that are given. Accounting dates of the past do not move: integrations keep their own time zone.",
        answer=SettingsShown,
        body=SettingsBody,
        match=True,
        once=MAY,
    )
    def patch(self, request: Request, given: dict[str, Any]) -> Response:
        if given.get("timezone", "UTC") not in available_timezones():
            raise invalid("/timezone", "unknown_zone", _("There is no such time zone."))
        with transaction.atomic():
            tenant = Tenant.objects.select_for_update().get(pk=self.tenant.pk)
            match.require_match(request, SettingsShown(tenant).data)
            wanted = {name: getattr(tenant, name) for name in ("name", "country", "timezone", "home_currency")} | given
            changed = services.change_tenant(tenant=tenant, **wanted)
        return match.tagged(SettingsShown(changed).data)


URLS = [address("me", Me, "me"), address("settings", Settings, "settings")]
