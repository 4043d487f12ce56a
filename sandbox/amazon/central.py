"""Seller Central: the pages where a seller gives an application consent, or takes it back.

Website workflow: the application sends the browser to the consent page; Allow returns it to the
redirect URI with `state`, `selling_partner_id` and `spapi_oauth_code`. Appstore workflow: Amazon sends the
browser to the application's log-in URI first, the application sends it back to `amazon_callback_uri`.
"""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import urlencode, urlsplit

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from sandbox import pages
from sandbox.amazon.grants import Grants
from sandbox.amazon.places import APPLICATIONS, SELLERS, Application, Seller, application, sellers_of
from sandbox.world import World, origin

COLOUR = "#232f3e"
REGION_NAMES = {"na": "North America", "eu": "Europe", "fe": "Far East"}
LOOPBACK = ("localhost", "127.0.0.1", "::1", "testserver")
HOSTS, LOG_IN, REDIRECTS = "amazon.redirect_hosts", "amazon.log_in_uri", "amazon.redirect_uris"


class Central:
    """The human pages below `/<region>/sellercentral/`."""

    def __init__(self, world: World, grants: Grants) -> None:
        self._world, self._grants = world, grants

    def handle(self, request: Request, region: str, path: str) -> Response:
        match path.strip("/").split("/"):
            case ["apps", "authorize", "consent"]:
                return self._consent(request, region)
            case ["apps", "authorize", "start"]:
                return self._start(request, region)
            case ["apps", "authorize", "confirm", application_id]:
                return self._confirm(request, region, application_id)
            case ["apps", "manage"]:
                return self._manage(request, region)
        return pages.not_found(request.path)

    # The website workflow

    def _consent(self, request: Request, region: str) -> Response:
        app = application(request.args.get("application_id", ""))
        if app is None:
            return _refused(region, "Unknown application", "No application has this application_id.")
        target = request.args.get("redirect_uri") or self._default_redirect(app)
        if problem := self._objection(app, target, request.args.get("version")):
            return _refused(region, *problem)
        if request.method == "POST":
            return self._decided(request, region, app, target)
        return _page(region, f"Authorise {app.name}", self._consent_card(app, region, request))

    def _default_redirect(self, app: Application) -> str:
        """Where an application registered to be sent to, when it doesn't say."""
        uris: dict[str, str] = self._world.store.get(REDIRECTS, {})
        return uris.get(app.id, "")

    def _objection(self, app: Application, target: str, version: str | None) -> tuple[str, str] | None:
        """Amazon's two famous errors."""
        if app.draft and version != "beta":
            return "MD1000", "This application is a draft: the authorisation needs version=beta."
        host = urlsplit(target).hostname or ""
        if host not in (*LOOPBACK, *self._world.store.get(HOSTS, [])) and not host.endswith(".localhost"):
            return "MD5101", "The redirect URI is not registered for this application."
        return None

    def _decided(self, request: Request, region: str, app: Application, target: str) -> Response:
        state = request.args.get("state", "")
        if request.form.get("decision") != "allow":
            refused = {"error": "access_denied", "error_description": "The seller declined", "state": state}
            return _send(target, refused)
        seller = SELLERS.get(request.form.get("seller", ""))
        if seller is None or seller.region != region:
            return _refused(region, "Choose an account", "No account of this region was chosen.")
        code = self._grants.issue_code(app.client_id, seller.id, target)
        return _send(target, {"state": state, "selling_partner_id": seller.id, "spapi_oauth_code": code})

    def _consent_card(self, app: Application, region: str, request: Request) -> str:
        action = f"?{escape(request.query_string.decode())}"
        return (
            f'<div class="card"><h1>Authorise {escape(app.name)}</h1>'
            f"<p><strong>{escape(app.name)}</strong> asks to read the following of your selling account:</p><ul>"
            "<li>Settlement reports, payouts and financial transactions</li><li>Your stores and your registered business</li>"
            '</ul><p class="soft">It can\'t change listings or prices, and sees nothing of your buyers. You can take the '
            f'consent back at any time under <a href="{_central(request, region)}/apps/manage">Manage your apps</a>.</p>'
            f'<form method="post" action="{action}">{_choices(sellers_of(region))}'
            '<div class="actions"><button class="primary" name="decision" value="allow">Allow</button>'
            '<button name="decision" value="deny">Deny</button></div></form></div>'
            f'<p class="soft">Application <code>{escape(app.id)}</code></p>'
        )

    # The Appstore workflow

    def _start(self, request: Request, region: str) -> Response:
        """The Appstore's page of an application: from here Amazon calls the application's log-in URI."""
        app = application(request.values.get("application_id", "")) or next(iter(APPLICATIONS.values()))
        log_in: str = request.form.get("log_in_uri") or self._world.store.get(LOG_IN, "")
        if request.method != "POST":
            return _page(region, f"{app.name} in the Appstore", _appstore_card(app, region, log_in))
        seller = SELLERS.get(request.form.get("seller", ""))
        if seller is None or seller.region != region:
            return _refused(region, "Choose an account", "No account of this region was chosen.")
        if problem := self._objection(app, log_in, "beta"):
            return _refused(region, *problem)
        callback = f"{origin(request)}{_central(request, region)}/apps/authorize/confirm/{app.id}"
        query = {
            "amazon_callback_uri": callback,
            "amazon_state": self._grants.start_state(app.client_id, seller.id),
            "selling_partner_id": seller.id,
        }
        return _send(log_in, {**query, "version": "beta"} if app.draft else query)

    def _confirm(self, request: Request, region: str, application_id: str) -> Response:
        """The application is back: check what it brings, and send it its code."""
        app = application(application_id)
        if app is None:
            return _refused(region, "Unknown application", "No application has this application_id.")
        target = request.args.get("redirect_uri") or self._default_redirect(app)
        if problem := self._objection(app, target, request.args.get("version")):
            return _refused(region, *problem)
        started = self._grants.take_state(request.args.get("amazon_state", ""))
        if started is None or started["client_id"] != app.client_id:
            return _refused(region, "The authorisation has expired", "amazon_state is unknown, used, or older than 5 minutes.")
        code = self._grants.issue_code(app.client_id, started["seller_id"], target)
        state = request.args.get("state", "")
        return _send(target, {"state": state, "selling_partner_id": started["seller_id"], "spapi_oauth_code": code})

    # Taking it back

    def _manage(self, request: Request, region: str) -> Response:
        if request.method == "POST":
            self._grants.revoke(grant_id=int(request.form.get("grant", "0")))
            return redirect(f"{_central(request, region)}/apps/manage", 303)
        live = [grant for grant in self._grants.list(tuple(s.id for s in sellers_of(region))) if grant["revoked"] is None]
        cards = "".join(_grant_card(grant) for grant in live) or '<div class="card">No application is authorised.</div>'
        return _page(region, "Manage your apps", f"<h1>Manage your apps</h1>{cards}")


def _appstore_card(app: Application, region: str, log_in: str) -> str:
    return (
        f'<div class="card"><h1>{escape(app.name)}</h1><p class="soft">Appstore</p>'
        "<p>Carries your settlements into your books. Authorising starts here and goes on at the application.</p>"
        f'<form method="post"><input type="hidden" name="application_id" value="{escape(app.id)}">'
        f"{_choices(sellers_of(region))}<fieldset><legend>Log-in URI of the application</legend>"
        f'<input name="log_in_uri" type="url" required value="{escape(log_in)}">'
        '</fieldset><div class="actions"><button class="primary">Authorise now</button></div></form></div>'
    )


def _grant_card(grant: dict[str, Any]) -> str:
    app, seller = APPLICATIONS[grant["client_id"]], SELLERS[grant["seller_id"]]
    return (
        f'<div class="card"><h2>{escape(app.name)}</h2><p>{escape(seller.name)} <span class="soft">· authorised '
        f'{grant["granted"][:16].replace("T", " ")} UTC</span></p><form method="post">'
        f'<button name="grant" value="{grant["id"]}">Disable access</button></form></div>'
    )


def _choices(sellers: list[Seller]) -> str:
    labels = "".join(
        f'<label class="choice"><input type="radio" name="seller" value="{seller.id}"{" checked" if not turn else ""}>'
        f'<span><strong>{escape(seller.name)}</strong><span class="soft">{", ".join(seller.codes)} · {seller.id}</span>'
        "</span></label>"
        for turn, seller in enumerate(sellers)
    )
    return f"<fieldset><legend>Selling account</legend>{labels}</fieldset>"


def _central(request: Request, region: str) -> str:
    return f"{request.script_root}/{region}/sellercentral"


def _send(target: str, query: dict[str, str]) -> Response:
    """Send the browser on, keeping what the address already asks."""
    joint = "&" if urlsplit(target).query else "?"
    return redirect(f"{target}{joint}{urlencode(query)}", 302)


def _page(region: str, title: str, body: str) -> Response:
    return pages.page(title, body, brand=f"Seller Central · {REGION_NAMES[region]}", colour=COLOUR)


def _refused(region: str, title: str, said: str) -> Response:
    body = f'<div class="card"><h1>{escape(title)}</h1><p>{escape(said)}</p></div>'
    return pages.page(title, body, brand=f"Seller Central · {REGION_NAMES[region]}", colour=COLOUR, status=400)
