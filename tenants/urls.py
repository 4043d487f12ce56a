"""Addresses about people and companies."""

from __future__ import annotations

from django.urls import path

from tenants import views, views_alerts, views_keys, views_saved, visits

urlpatterns = [
    path("", views.home, name="home"),
    path("new-company/", views.tenant_new, name="tenant_new"),
    path("me/", views.profile, name="profile"),
    path("support/enter/", visits.enter, name="support_enter"),
    path("support/end/", visits.end, name="support_end"),
    path("invitations/<str:token>/", views.invitation, name="invitation"),
    path("app/<str:tenant>/settings/", views.tenant_settings, name="tenant_settings"),
    path("app/<str:tenant>/team/", views.team, name="team"),
    path("app/<str:tenant>/team/invite/", views.invite, name="invite"),
    path("app/<str:tenant>/team/invitations/<str:invitation>/withdraw/", views.invitation_withdraw, name="invitation_withdraw"),
    path("app/<str:tenant>/team/<int:member>/role/", views.member_role, name="member_role"),
    path("app/<str:tenant>/team/<int:member>/remove/", views.member_remove, name="member_remove"),
    path("app/<str:tenant>/views/save/", views_saved.saved_view_save, name="saved_view_save"),
    path("app/<str:tenant>/views/remove/", views_saved.saved_view_remove, name="saved_view_remove"),
    path("app/<str:tenant>/alerts/", views_alerts.alerts, name="alerts"),
    path("app/<str:tenant>/alerts/mine/", views_alerts.alerts_mine, name="alerts_mine"),
    path("app/<str:tenant>/alerts/rules/new/", views_alerts.rule_new, name="alert_rule_new"),
    path("app/<str:tenant>/alerts/rules/<str:rule>/", views_alerts.rule, name="alert_rule"),
    path("app/<str:tenant>/alerts/rules/<str:rule>/test/", views_alerts.rule_test, name="alert_rule_test"),
    path("app/<str:tenant>/alerts/rules/<str:rule>/remove/", views_alerts.rule_remove, name="alert_rule_remove"),
    path("letters/<str:token>/end/", views_alerts.unsubscribe, name="alerts_unsubscribe"),
    path("app/<str:tenant>/api-keys/", views_keys.api_keys, name="api_keys"),
    path("app/<str:tenant>/api-keys/<str:key>/roll/", views_keys.api_key_roll, name="api_key_roll"),
    path("app/<str:tenant>/api-keys/<str:key>/revoke/", views_keys.api_key_revoke, name="api_key_revoke"),
    path("app/<str:tenant>/audit/", views.audit, name="audit"),
    path("app/<str:tenant>/audit.csv", views.audit_export, name="audit_export"),
]
