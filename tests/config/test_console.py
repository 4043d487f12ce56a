"""Only staff with a second factor reach the operator console, through the same login as everybody else."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from tenants.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.urls("config.urls_console")]


def person(**facts: Any) -> User:
    return User.objects.create_user("operator@example.com", "a long enough password", **facts)


def with_second_factor(user: User) -> User:
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "sealed"})
    return user


def test_strangers_are_sent_to_the_common_login(client: Client) -> None:
    response = client.get("/console/")
    assert response.url.startswith("/console/login/")  # type: ignore[attr-defined]
    response = client.get(response.url)  # type: ignore[attr-defined]
    assert response.url == "/accounts/login/?next=/console/"  # type: ignore[attr-defined]


def test_the_admins_own_login_form_takes_no_passwords(client: Client) -> None:
    user = with_second_factor(person(is_staff=True, is_superuser=True))
    client.post("/console/login/", {"username": user.email, "password": "a long enough password"})
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/2fa/authenticate/", "/accounts/logout/", "/no-such-page"])
def test_the_pages_of_signing_in_work_here_too(client: Client, path: str) -> None:
    assert client.get(path).status_code in (200, 302, 404)


def test_others_are_refused(client: Client) -> None:
    client.force_login(with_second_factor(person()))
    assert client.get("/console/login/").status_code == 403


def test_staff_without_a_second_factor_must_set_one_up(client: Client) -> None:
    client.force_login(person(is_staff=True, is_superuser=True))
    assert client.get("/console/").status_code == 302
    assert client.get("/console/login/").url == "http://127.0.0.1:8000/accounts/2fa/totp/activate/"  # type: ignore[attr-defined]


def test_staff_with_a_second_factor_are_in(client: Client, settings: Any) -> None:
    settings.TIEOUT_ROLE = "console"
    client.force_login(with_second_factor(person(is_staff=True, is_superuser=True)))
    response = client.get("/console/")
    assert response.status_code == 200
    assert "Tieout console" in response.content.decode()


def test_every_page_opens_and_the_menu_leads_to_each(client: Client, settings: Any) -> None:
    settings.TIEOUT_ROLE = "console"
    client.force_login(with_second_factor(person(is_staff=True, is_superuser=True)))
    front = client.get("/console/").content.decode()
    for model in admin.site._registry:
        address = reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist")
        assert client.get(address).status_code == 200, address
        assert f'href="{address}"' in front, f"{address} is not in the menu"


@pytest.mark.parametrize(
    "label", ["mfa.Authenticator", "account.EmailAddress", "auth.Group", "django_celery_beat.IntervalSchedule"]
)
def test_operators_cannot_edit_who_signs_in_or_what_is_a_projection(label: str) -> None:
    assert not admin.site.is_registered(apps.get_model(label))


def test_periodic_tasks_can_only_be_looked_at(client: Client, settings: Any) -> None:
    client.force_login(with_second_factor(person(is_staff=True, is_superuser=True)))
    assert client.get("/console/django_celery_beat/periodictask/").status_code == 200
    assert client.get("/console/django_celery_beat/periodictask/add/").status_code == 403


def test_the_product_does_not_serve_the_console(client: Client, settings: Any) -> None:
    settings.ROOT_URLCONF = "config.urls"
    assert client.get("/console/").status_code == 404
