"""The operator console reads every tenant's rows, changes none, holds no secret, and acts only with a reason."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.django_db(transaction=True)

# The console is a process of its own: role, database user and addresses differ, so it is asked in one.
ASK = """
import json, sys
import django
django.setup()
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from tenants.models import User
operator = User.objects.get(email="operator@house.test")
client = Client(raise_request_exception=True)
client.force_login(operator)
told = {}
for model, page in admin.site._registry.items():
    name = f"{model._meta.app_label}_{model._meta.model_name}"
    answer = client.get(reverse(f"admin:{name}_changelist"))
    told[name] = answer.status_code
    row = page.get_queryset(answer.wsgi_request).first()
    if row is not None:
        told[name + ":detail"] = client.get(reverse(f"admin:{name}_change", args=[row.pk]), follow=True).status_code
settlement = sys.argv[1]
settlements = reverse("admin:reconciliation_settlement_changelist")
page = client.post(settlements, {"action": "compose_again", "_selected_action": settlement})
told["asks"] = b"Reason" in page.content
short = client.post(settlements, {"action": "compose_again", "_selected_action": settlement, "reason": "short"})
told["short"] = b"at least 10" in short.content
integration = sys.argv[2]
done = client.post(reverse("admin:syncs_integration_changelist"),
    {"action": "pause", "_selected_action": integration, "reason": "The customer asked us to by telephone"}, follow=True)
told["done"] = done.status_code
print(json.dumps(told))
"""


@pytest.fixture
def houses(database_urls):
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    from tenants.models import User
    from tests.security.world import company

    operator = User.objects.create_user("operator@house.test", "a-long-enough-password", is_staff=True, is_superuser=True)
    TOTP.activate(operator, generate_totp_secret())
    return company("Alice"), company("Bob")


def test_every_page_of_the_console_opens_and_acts_are_audited(houses, database_urls):
    from reconciliation.models import Settlement
    from syncs.models import Integration
    from tenants.models import AuditEvent
    from tenants.scope import tenant_scope

    alice, _bob = houses
    with tenant_scope(alice.tenant):
        settlement, integration = Settlement.objects.get(), Integration.objects.get()
    told = ask(database_urls, str(settlement.pk), str(integration.pk))
    assert {name: status for name, status in told.items() if status not in (200, True)} == {}
    with tenant_scope(alice.tenant):
        integration.refresh_from_db()
        act = AuditEvent.objects.get(action="integration.paused")
    assert integration.state == Integration.State.PAUSED
    assert (act.actor_kind, act.reason) == ("operator", "The customer asked us to by telephone")


def ask(urls, *arguments):
    import os

    environment = {
        **os.environ,
        "TIEOUT_ROLE": "console",
        "DATABASE_URL_CONSOLE": urls["console"],
        "DATABASE_URL": urls["app"],
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DJANGO_ALLOWED_HOSTS": "*",
    }
    answer = subprocess.run([sys.executable, "-c", ASK, *arguments], capture_output=True, text=True, env=environment, timeout=120)
    assert answer.returncode == 0, answer.stderr[-3000:]
    return json.loads(answer.stdout.strip().splitlines()[-1])
