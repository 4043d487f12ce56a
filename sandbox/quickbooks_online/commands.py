"""What is done to the twin from QuickBooks' side: `POST /world/quickbooks_online/<verb>`.

webhook      {"url", "verifier", "format", "waits", "drop", "repeat", "newest_first"}  where news goes, and how badly
deliver      {}                                              send what waits, now
tokens       {"rotation", "grace", "reuse"}                  how refresh tokens behave (grants.py)
redirects    {"uris": [...]}                                 addresses the app has registered
gateway      {"xml": bool}                                   refusals as XML although JSON was asked for
rules        {"realm", "tax_override", "keep_doc_number", "lag", "links_touch"}  readings of what isn't documented (company.py)
forget       {"realm"}                                       request ids: a replay is a new request again
preferences  {"realm", "<Group>.<Name>": value}              as a person in the settings; null removes
activate     {"realm", "kind", "id", "active": bool}         make a list object (in)active
edit         {"realm", "kind", "id", "changes": {...}}       a person edits an object: its SyncToken moves
delete       {"realm", "kind", "id"}                         a person deletes a transaction
lapse        {"realm", "lapsed": bool}                       the subscription ends, or is paid again
disconnect   {"realm"}                                       the company ends its consents
authorise    {"realm", "client"?}                            tokens without the consent page
trial        {"realm"}                                       the trial balance
documents    {"realm", "kind"}                               all live objects of a kind, as answered
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sandbox.quickbooks_online import grants, oauth, service, webhooks
from sandbox.quickbooks_online.company import Company, Stored
from sandbox.quickbooks_online.faults import Fault
from sandbox.quickbooks_online.jsonio import dumps
from sandbox.quickbooks_online.kinds import KINDS
from sandbox.quickbooks_online.ledger import totals, trial_balance
from sandbox.quickbooks_online.show import show
from sandbox.world import World

if TYPE_CHECKING:
    from sandbox.quickbooks_online.twin import Twin

Params = dict[str, Any]
GATEWAY_XML: Final = "quickbooks_online.gateway_xml"
_SETTINGS: Final = (webhooks.SETTING, grants.SETTING, oauth.REDIRECTS, GATEWAY_XML)


def run(twin: Twin, verb: str, params: Params) -> Params:
    """Do it. KeyError: no such verb or a missing parameter; ValueError: the books don't allow it."""
    try:
        return _VERBS[verb](twin, params)
    except Fault as fault:
        raise ValueError(str(fault)) from fault


def forget(world: World) -> None:
    """Settings back to what they are at first."""
    with world.db() as conn:
        conn.executemany("DELETE FROM setting WHERE name = ?", [(name,) for name in _SETTINGS])


def state(world: World, held: grants.Grants, hooks: webhooks.Webhooks) -> Params:
    """Companies with their document counts and trial balance, consents with their refresh counts, news."""
    with world.db() as conn:
        realms = [row["realm"] for row in conn.execute("SELECT realm FROM qbo_company ORDER BY name")]
        companies = [_company_state(Company(conn, realm, world.now())) for realm in realms]
        events = dict(conn.execute("SELECT count(*) AS events, count(delivered) AS delivered FROM qbo_event").fetchone())
    consents = [
        {name: grant[name] for name in ("id", "client", "realm", "granted", "ended", "ended_by", "refreshes", "refused")}
        for grant in held.state()
    ]
    return {"companies": companies, "consents": consents, "webhook": {**hooks.config, **events}, "tokens": held.policy}


def _company_state(company: Company) -> Params:
    rows = company.conn.execute(
        "SELECT kind, count(*) AS live FROM qbo_object WHERE realm = ? AND deleted = 0 GROUP BY kind ORDER BY kind",
        (company.realm,),
    )
    debit, credit = totals(trial_balance(company))
    return {
        "realm": company.realm, "name": company.name, "country": company.country, "home": company.home, "lapsed": company.lapsed,
        "objects": {row["kind"]: row["live"] for row in rows}, "debit": str(debit), "credit": str(credit),
        "in_balance": debit == credit, "rules": company.rules,
    }  # fmt: skip


def _in_company(act: Callable[[Company, Params], Params]) -> Callable[[Twin, Params], Params]:
    def do(twin: Twin, params: Params) -> Params:
        with twin.world.db() as conn:
            done = act(Company(conn, str(params["realm"]), twin.world.now()), params)
        twin.webhooks.wake()
        return done

    return do


def _webhook(twin: Twin, params: Params) -> Params:
    return twin.webhooks.configure(params)


def _deliver(twin: Twin, params: Params) -> Params:
    return dict(twin.webhooks.deliver())


def _tokens(twin: Twin, params: Params) -> Params:
    allowed = {"rotation": ("daily", "every"), "reuse": ("refuse", "revoke")}
    for name, values in allowed.items():
        if params.get(name, values[0]) not in values:
            raise ValueError(f"{name} is one of {values}")
    chosen = {name: params[name] for name in grants.DEFAULTS if name in params}
    twin.world.store.put(grants.SETTING, {**twin.world.store.get(grants.SETTING, {}), **chosen})
    return twin.grants.policy


def _redirects(twin: Twin, params: Params) -> Params:
    twin.world.store.put(oauth.REDIRECTS, [str(uri) for uri in params["uris"]])
    return {"uris": params["uris"]}


def _gateway(twin: Twin, params: Params) -> Params:
    twin.world.store.put(GATEWAY_XML, bool(params["xml"]))
    return {"xml": bool(params["xml"])}


def _disconnect(twin: Twin, params: Params) -> Params:
    return {"ended": twin.grants.disconnect(str(params["realm"]), params.get("client"))}


def _authorise(twin: Twin, params: Params) -> Params:
    client, realm = params.get("client", oauth.CLIENT_ID), str(params["realm"])
    with twin.world.db() as conn:
        Company(conn, realm, twin.world.now())
    code = twin.grants.code(client, realm, "by hand", params.get("scope", grants.ACCOUNTING))
    return twin.grants.exchange(client, code, "by hand")


def _rules(company: Company, params: Params) -> Params:
    chosen = {**company.rules, **{name: type(value)(params[name]) for name, value in company.rules.items() if name in params}}
    company.conn.execute("UPDATE qbo_company SET rules = ? WHERE realm = ?", (dumps(chosen), company.realm))
    return chosen


def _forget_requests(company: Company, params: Params) -> Params:
    gone = company.conn.execute("DELETE FROM qbo_request WHERE realm = ?", (company.realm,)).rowcount
    return {"forgotten": gone}


def _preferences(company: Company, params: Params) -> Params:
    stored = _need(company, "Preferences", "1")
    body = {group: dict(value) if isinstance(value, dict) else value for group, value in stored.body.items()}
    for name, value in params.items():
        group, _, field = name.partition(".")
        if field:
            body.setdefault(group, {})
            body[group] = {**body[group], field: value}
            if value is None:
                del body[group][field]
    return show(company, company.replace(stored, body))


def _activate(company: Company, params: Params) -> Params:
    stored = _need(company, params["kind"], str(params["id"]))
    return show(company, company.replace(stored, {**stored.body, "Active": bool(params["active"])}))


def _edit(company: Company, params: Params) -> Params:
    stored = _need(company, params["kind"], str(params["id"]))
    changes = {**params["changes"], "Id": stored.id, "SyncToken": str(stored.sync_token), "sparse": True}
    return service.write(company, KINDS[params["kind"]], changes, service.Options())


def _delete(company: Company, params: Params) -> Params:
    stored = _need(company, params["kind"], str(params["id"]))
    sent = {"Id": stored.id, "SyncToken": str(stored.sync_token)}
    return service.delete(company, KINDS[params["kind"]], sent)


def _lapse(company: Company, params: Params) -> Params:
    company.conn.execute("UPDATE qbo_company SET lapsed = ? WHERE realm = ?", (bool(params["lapsed"]), company.realm))
    return {"lapsed": bool(params["lapsed"])}


def _trial(company: Company, params: Params) -> Params:
    rows = trial_balance(company)
    debit, credit = totals(rows)
    return {
        "accounts": {row.name: str(row.balance) for row in rows}, "debit": str(debit), "credit": str(credit),
        "sum": str(sum((row.balance for row in rows), Decimal("0.00"))),
    }  # fmt: skip


def _documents(company: Company, params: Params) -> Params:
    return {"documents": [show(company, stored) for stored in company.all(KINDS[params["kind"]].name)]}


def _need(company: Company, kind: str, object_id: str) -> Stored:
    stored = company.find(KINDS[kind].name, object_id)
    if stored is None or stored.deleted:
        raise KeyError(f"{kind} {object_id}")
    return stored


_VERBS: Final[dict[str, Callable[[Any, Params], Params]]] = {
    "webhook": _webhook,
    "deliver": _deliver,
    "tokens": _tokens,
    "redirects": _redirects,
    "gateway": _gateway,
    "disconnect": _disconnect,
    "authorise": _authorise,
    "rules": _in_company(_rules),
    "forget": _in_company(_forget_requests),
    "preferences": _in_company(_preferences),
    "activate": _in_company(_activate),
    "edit": _in_company(_edit),
    "delete": _in_company(_delete),
    "lapse": _in_company(_lapse),
    "trial": _in_company(_trial),
    "documents": _in_company(_documents),
}
