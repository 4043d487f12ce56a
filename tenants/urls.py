"""Addresses about people and companies."""

from __future__ import annotations

from django.urls import path

from tenants import views, views_keys

urlpatterns = [
    path("", views.home, name="home"),
    path("new-company/", views.tenant_new, name="tenant_new"),
    path("me/", views.profile, name="profile"),
    path("invitations/<str:token>/", views.invitation, name="invitation"),
    path("app/<str:tenant>/settings/", views.tenant_settings, name="tenant_settings"),
    path("app/<str:tenant>/team/", views.team, name="team"),
    path("app/<str:tenant>/team/invite/", views.invite, name="invite"),
    path("app/<str:tenant>/team/invitations/<str:invitation>/withdraw/", views.invitation_withdraw, name="invitation_withdraw"),
    path("app/<str:tenant>/team/<int:member>/role/", views.member_role, name="member_role"),
    path("app/<str:tenant>/team/<int:member>/remove/", views.member_remove, name="member_remove"),
    path("app/<str:tenant>/api-keys/", views_keys.api_keys, name="api_keys"),
    path("app/<str:tenant>/api-keys/<str:key>/roll/", views_keys.api_key_roll, name="api_key_roll"),
    path("app/<str:tenant>/api-keys/<str:key>/revoke/", views_keys.api_key_revoke, name="api_key_revoke"),
    path("app/<str:tenant>/audit/", views.audit, name="audit"),
    path("app/<str:tenant>/audit.csv", views.audit_export, name="audit_export"),
]
