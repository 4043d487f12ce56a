"""What each role may do, as one table that pages, API and tests all read."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Administrator")
    ACCOUNTANT = "accountant", _("Accountant")
    APPROVER = "approver", _("Approver")
    BOOKKEEPER = "bookkeeper", _("Bookkeeper")
    VIEWER = "viewer", _("Viewer")


class Permission(models.TextChoices):
    VIEW = "view", _("See settlements, documents and runs")
    UPLOAD = "upload", _("Upload settlement files")
    MAP = "map", _("Choose accounts and tax codes")
    POST = "post", _("Post to the ledger")
    UNDO = "undo", _("Undo postings")
    CONNECT = "connect", _("Connect and disconnect accounts")
    SCHEDULE = "schedule", _("Change schedules and integrations")
    MANAGE_TEAM = "manage_team", _("Invite and remove people")
    AUDIT = "audit", _("Read the audit trail")
    DEVELOP = "develop", _("Manage API keys and webhooks")


_P = Permission
_EVERYBODY = frozenset({_P.VIEW})
_BOOKS = _EVERYBODY | {_P.UPLOAD, _P.MAP}

PERMISSIONS: dict[str, frozenset[Permission]] = {
    Role.VIEWER: _EVERYBODY,
    Role.BOOKKEEPER: _BOOKS,
    Role.APPROVER: _EVERYBODY | {_P.POST, _P.AUDIT},
    Role.ACCOUNTANT: _BOOKS | {_P.POST, _P.UNDO, _P.SCHEDULE, _P.AUDIT},
    Role.ADMIN: frozenset(Permission),
    Role.OWNER: frozenset(Permission),
}


def allows(role: str, permission: Permission) -> bool:
    return permission in PERMISSIONS[role]


def roles_with(permission: Permission) -> list[str]:
    """Who can do it: named on the page that tells somebody he cannot."""
    return [role for role in PERMISSIONS if permission in PERMISSIONS[role]]
