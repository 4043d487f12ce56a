"""Addresses of integrations and of the accounts-and-taxes wizard."""

from __future__ import annotations

from django.urls import path

from reconciliation.views import integrations, wizard

ALL = "app/<str:tenant>/integrations/"
ONE = f"{ALL}<str:integration>/"
SETUP = f"{ONE}setup/"

urlpatterns = [
    path(ALL, integrations.integrations, name="integrations"),
    path(f"{ALL}new/", integrations.integration_new, name="integration_new"),
    path(ONE, integrations.integration, name="integration"),
    path(f"{ONE}change/", integrations.integration_change, name="integration_change"),
    path(f"{ONE}pause/", integrations.integration_pause, name="integration_pause"),
    path(f"{ONE}resume/", integrations.integration_resume, name="integration_resume"),
    path(SETUP, wizard.wizard, name="wizard"),
    path(f"{SETUP}refresh/", wizard.wizard_refresh, name="wizard_refresh"),
    path(f"{SETUP}accounts/create/", wizard.wizard_accounts, name="wizard_accounts"),
    path(f"{SETUP}try/", wizard.wizard_try, name="wizard_try"),
    path(f"{SETUP}try/progress/", wizard.wizard_try_progress, name="wizard_try_progress"),
    path(f"{SETUP}on/", wizard.wizard_switch_on, name="wizard_switch_on"),
    path(f"{SETUP}<str:step>/", wizard.wizard_step, name="wizard_step"),
]
