"""Who may open what: one row for every address. A new route without a row fails the suite.

TENANT routes name the permission it takes; OUTSIDE ones say for whom they are and why they need no tenant.
The login library's own addresses (`account_*`, `mfa_*`) are its own affair; the partner API's stand in api_table.py.
"""

from __future__ import annotations

from tenants.roles import Permission as P

TENANT: dict[str, P] = {
    "alert_rule": P.MANAGE_TEAM,
    "alert_rule_new": P.MANAGE_TEAM,
    "alert_rule_remove": P.MANAGE_TEAM,
    "alert_rule_test": P.MANAGE_TEAM,
    "alerts": P.VIEW,
    "alerts_mine": P.VIEW,
    "api_key_revoke": P.DEVELOP,
    "api_key_roll": P.DEVELOP,
    "api_keys": P.DEVELOP,
    "audit": P.AUDIT,
    "audit_export": P.AUDIT,
    "bank": P.VIEW,
    "bank_export": P.VIEW,
    "bank_ledger": P.UPLOAD,
    "bank_match": P.MAP,
    "bank_statement": P.VIEW,  # reading; answers are checked inside
    "bank_unmatch": P.MAP,
    "bank_upload": P.UPLOAD,
    "bank_window": P.SCHEDULE,
    "clearing": P.VIEW,
    "clearing_export": P.VIEW,
    "proof": P.VIEW,
    "proof_export": P.VIEW,
    "products": P.VIEW,
    "products_export": P.VIEW,
    "products_compare": P.SCHEDULE,
    "connections:call": P.CONNECT,
    "connections:connect": P.CONNECT,
    "connections:data": P.CONNECT,
    "connections:detail": P.VIEW,
    "connections:disconnect": P.CONNECT,
    "connections:gallery": P.CONNECT,
    "connections:list": P.VIEW,
    "connections:pause": P.CONNECT,
    "connections:reconnect": P.CONNECT,
    "connections:refresh": P.CONNECT,
    "connections:resume": P.CONNECT,
    "connections:setup_file": P.CONNECT,
    "connections:test": P.CONNECT,
    "connections:usage": P.VIEW,
    "connections:usage_export": P.VIEW,
    "connections:visit_password": P.CONNECT,
    "connections:visits": P.VIEW,
    "connections:visits_live": P.VIEW,
    "health_live": P.VIEW,
    "connections:webhook_delete": P.DEVELOP,
    "connections:webhook_delivery": P.DEVELOP,
    "connections:webhook_endpoint": P.DEVELOP,
    "connections:webhook_replay": P.DEVELOP,
    "connections:webhook_resend": P.DEVELOP,
    "connections:webhook_rotate": P.DEVELOP,
    "connections:webhook_switch": P.DEVELOP,
    "connections:webhook_test": P.DEVELOP,
    "connections:webhooks": P.DEVELOP,
    "held": P.VIEW,
    "inbox": P.VIEW,
    "inbox_bulk": P.UPLOAD,
    "inbox_case": P.VIEW,
    "inbox_case_assign": P.UPLOAD,
    "inbox_case_close": P.UPLOAD,
    "inbox_case_mend": P.MAP,
    "inbox_case_reopen": P.UPLOAD,
    "inbox_case_retry": P.UPLOAD,
    "inbox_export": P.VIEW,
    "inbox_record": P.VIEW,
    "inbox_record_retry": P.UPLOAD,
    "integration": P.VIEW,
    "integration_change": P.SCHEDULE,
    "integration_new": P.SCHEDULE,
    "integration_pause": P.SCHEDULE,
    "integration_resume": P.SCHEDULE,
    "integrations": P.VIEW,
    "invitation_withdraw": P.MANAGE_TEAM,
    "invite": P.MANAGE_TEAM,
    "mapping_defaults": P.MAP,
    "mapping_publish": P.MAP,
    "mapping_restore": P.MAP,
    "mapping_rule": P.MAP,
    "mapping_sku_group": P.MAP,
    "mappings": P.VIEW,
    "member_remove": P.VIEW,  # everybody may leave; removing others is checked inside
    "member_role": P.MANAGE_TEAM,
    "order": P.VIEW,
    "order_again": P.UPLOAD,
    "order_back_fill": P.SCHEDULE,
    "order_close": P.MAP,
    "order_document": P.POST,
    "order_item": P.MAP,
    "order_settings": P.VIEW,  # reading; answers are checked inside
    "order_word": P.SCHEDULE,
    "orders": P.VIEW,
    "orders_export": P.VIEW,
    "overview": P.VIEW,
    "run": P.VIEW,
    "run_cancel": P.SCHEDULE,
    "run_progress": P.VIEW,
    "run_retry": P.UPLOAD,
    "runs": P.VIEW,
    "schedule_change": P.SCHEDULE,
    "schedule_run": P.SCHEDULE,
    "schedules": P.VIEW,
    "search": P.VIEW,
    "saved_view_remove": P.VIEW,
    "saved_view_save": P.VIEW,
    "settlement": P.VIEW,
    "settlement_choose": P.MAP,
    "settlement_decide": P.MAP,
    "settlement_begin": P.POST,
    "settlement_exclude": P.POST,
    "settlement_export": P.VIEW,
    "settlement_iif": P.VIEW,
    "settlement_include": P.POST,
    "settlement_lines": P.VIEW,
    "settlement_payout_account": P.MAP,
    "settlement_post": P.POST,
    "settlement_progress": P.VIEW,
    "settlement_raw": P.VIEW,
    "settlement_raw_line": P.VIEW,
    "settlement_refresh": P.MAP,
    "settlement_undo": P.UNDO,
    "settlements": P.VIEW,
    "settlements_export": P.VIEW,
    "settlements_post": P.POST,
    "team": P.VIEW,
    "tenant_settings": P.MANAGE_TEAM,
    "upload": P.VIEW,
    "upload_dismiss": P.UPLOAD,
    "upload_row": P.VIEW,
    "uploads": P.VIEW,  # bringing files is checked inside
    "wizard": P.VIEW,
    "wizard_accounts": P.MAP,
    "wizard_refresh": P.MAP,
    "wizard_step": P.VIEW,  # reading; answers are checked inside
    "wizard_switch_on": P.SCHEDULE,
    "wizard_try": P.MAP,
    "wizard_try_progress": P.VIEW,
}

LOGGED_IN = "logged in"
ANYBODY = "anybody"

OUTSIDE: dict[str, str] = {
    "alerts_unsubscribe": ANYBODY,  # whoever holds the signed link of a letter
    "api_docs": ANYBODY,  # whoever considers using the API
    "api_document": ANYBODY,
    "connections:callback": LOGGED_IN,  # the consent's state names the tenant
    "connections:disconnected": ANYBODY,  # the provider's own page sends people here
    "connections:poll": ANYBODY,  # a ledger's own program, by user name and password
    "connections:start": LOGGED_IN,  # begun at the provider; the person then chooses a company
    "connections:webhook": ANYBODY,  # providers, by signature
    "health_live": ANYBODY,
    "health_ready": ANYBODY,
    "home": LOGGED_IN,
    "invitation": ANYBODY,  # whoever holds the mailed token
    "mailbox": ANYBODY,  # development machines only
    "posted": LOGGED_IN,  # a ledger's link back to us names no tenant: the reader's own companies are looked through
    "profile": LOGGED_IN,
    "support_end": ANYBODY,  # ends a visit, where there is one
    "support_enter": ANYBODY,  # whoever holds the console's one-time token
    "tenant_new": LOGGED_IN,
}

LIBRARY = ("account_", "mfa_", "usersessions_")
