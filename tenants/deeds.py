"""What the audit trail's actions are called on pages. The codes stay the truth; a new one shows itself until it has a word."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_WORDS: dict[str, Promise | str] = {
    "alert_preference.changed": _("Own letters changed"),
    "alert_rule.changed": _("Alert rule changed"),
    "alert_rule.removed": _("Alert rule removed"),
    "alerts.unsubscribed": _("Letters ended by their link"),
    "case.assigned": _("Trouble given to somebody"),
    "case.put_aside": _("Trouble put aside"),
    "case.taken_back": _("Trouble opened again"),
    "connection.connected": _("Account connected"),
    "connection.reconnected": _("Connection renewed"),
    "connection.disconnected": _("Account disconnected"),
    "connection.needs_reconnect": _("Connection refused by the provider"),
    "connection.paused": _("Connection paused"),
    "connection.resumed": _("Connection resumed"),
    "document.posted": _("Document posted to the ledger"),
    "document.released": _("Held document released"),
    "document.undone": _("Document taken out of the ledger"),
    "integration.activated": _("Integration switched on"),
    "integration.changed": _("Posting settings changed"),
    "integration.created": _("Integration made"),
    "integration.paused": _("Integration paused"),
    "invitation.accepted": _("Invitation accepted"),
    "invitation.sent": _("Invitation sent"),
    "invitation.withdrawn": _("Invitation withdrawn"),
    "ledger.account_created": _("Account created in the ledger"),
    "mapping.published": _("Mapping published"),
    "member.removed": _("Person removed"),
    "member.role_changed": _("Role changed"),
    "record.closed": _("Held record closed"),
    "record.edited": _("Held record corrected"),
    "record.retried": _("Held record tried again"),
    "run.cancelled": _("Run stopped"),
    "run.retried": _("Run tried again"),
    "schedule.changed": _("Schedule changed"),
    "settlement.excluded": _("Settlement left out of the books"),
    "settlement.included": _("Settlement taken back in"),
    "settlement.post_asked": _("Posting asked for"),
    "settlement.undo_asked": _("Undoing asked for"),
    "settlement.uploaded": _("Settlement file uploaded"),
    "tenant.changed": _("Company details changed"),
    "tenant.created": _("Company created"),
    "upload.dismissed": _("Refused file put aside"),
}


def deed_word(action: str) -> str:
    """An action in words: "document.posted" is "Document posted to the ledger"."""
    return str(_WORDS.get(action, action))
