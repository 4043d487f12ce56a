"""The twin of Amazon's Selling Partner API, its login and its consent pages.

/amazon/auth/o2/token                      Login with Amazon
/amazon/{na,eu,fe}/sellercentral/apps/...  consent, Appstore start, manage
/amazon/{na,eu,fe}/...                     the API of a region
/amazon/documents/...                      report files, by signed address
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox import pages
from sandbox.amazon import bank, notifications, reports
from sandbox.amazon.api import Api
from sandbox.amazon.central import HOSTS, LOG_IN, REDIRECTS, Central
from sandbox.amazon.chain import Settlement
from sandbox.amazon.grants import Grants
from sandbox.amazon.login import Login
from sandbox.amazon.notices import MUTED, Notices
from sandbox.amazon.payouts import payouts_of
from sandbox.amazon.places import APPLICATIONS, REGIONS, SELLERS
from sandbox.amazon.shops import BULK, CUTS, Shops, describe
from sandbox.amazon.trade import ADJUSTMENTS, Trade
from sandbox.faults import Fault
from sandbox.world import World

FRESH: dict[str, Any] = {
    BULK: {}, CUTS: {}, ADJUSTMENTS: 0, MUTED: False, reports.OVERRIDES: {}, reports.REISSUES: [], HOSTS: [], LOG_IN: "", REDIRECTS: {},
}  # fmt: skip
"""The settings that commands may change, as they are in a new world."""


class Twin:
    """Amazon, for four sellers and three applications."""

    name = "amazon"
    title = "Amazon Selling Partner API"

    def __init__(self, world: World) -> None:
        self.world = world
        self.shops = Shops(world)
        self.grants = Grants(world)
        self._login = Login(world, self.grants)
        self._central = Central(world, self.grants)
        self._api = Api(world, self.shops, self.grants)
        notifications.prepare(world)
        self._notices = Notices(world)
        self._trade = Trade(world, self.shops, self._notices.order_changed, self._settled)
        self._verbs: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            **self._trade.verbs,
            "authorize": self._authorize,
            "revoke": self._revoke,
            "expire": self._expire,
            "bulk": self._bulk,
            "report": self._report,
            "reissue": self._reissue,
            "app": self._app,
            "notify": self._notify,
            "mute": self._mute,
        }

    def handle(self, request: Request) -> Response:
        match request.path.strip("/").split("/", 2):
            case ["auth", "o2/token"] | ["auth", "o2", "token"]:
                return self._login.handle(request)
            case ["documents", seller_id, document_id]:
                return self._document(request, seller_id, document_id)
            case [region, "sellercentral", path] if region in REGIONS:
                return self._central.handle(request, region, path)
            case [region, *_] if region in REGIONS:
                return self._api.handle(request, region, request.path.removeprefix(f"/{region}"))
        return pages.not_found(request.path)

    def _document(self, request: Request, seller_id: str, document_id: str) -> Response:
        def refuse(fault: Fault) -> Response:
            return Response("<Error><Code>SlowDown</Code></Error>", status=503, content_type="application/xml")

        return self.world.act(
            "amazon", "document", request,
            commit=lambda: reports.serve_document(self.world, self.shops, request, seller_id, document_id), refuse=refuse,
        )  # fmt: skip

    def seed(self) -> None:
        self.grants.seed()

    def reset(self) -> None:
        self.grants.forget()
        self.shops.placed.forget()
        notifications.forget(self.world)
        for setting, value in FRESH.items():
            self.world.store.put(setting, value)
        self.shops.draw()
        self.seed()

    def state(self) -> dict[str, Any]:
        return {"grants": self.grants.list(), "settlements": self.seeded()["settlements"]}

    def seeded(self) -> dict[str, Any]:
        """Sellers, every closed settlement with what it should come to, and those in deliberate trouble."""
        since = self.world.now() - reports.RETENTION
        settlements = [describe(s, since) for seller in SELLERS.values() for s in self.shops.settlements(seller)]
        return {
            "sellers": [
                {"id": s.id, "name": s.name, "region": s.region, "marketplaces": list(s.codes)} for s in SELLERS.values()
            ],
            "settlements": settlements,
            "troubled": [settlement for settlement in settlements if settlement["trouble"]],
            "payouts": [
                payout.data(self.world.now())
                for seller in SELLERS.values()
                for payout in payouts_of(self.shops, seller, self.world.now())
            ],
        }

    def links(self) -> list[tuple[str, str]]:
        app = next(iter(APPLICATIONS.values()))
        return [
            (f"/{region}/sellercentral/apps/{path}", f"{label} ({region})")
            for region in REGIONS
            for path, label in ((f"authorize/start?application_id={app.id}", "Appstore page"), ("manage", "Manage your apps"))
        ]

    def bank(self, kind: str, asked: Mapping[str, str]) -> Response:
        """What the bank of a seller shows: see sandbox/amazon/bank.py."""
        return bank.serve(self.shops, self.world.now(), kind, asked)

    # From Amazon's or the seller's side

    def command(self, verb: str, params: dict[str, Any]) -> dict[str, Any]:
        return self._verbs[verb](params)

    def _authorize(self, params: dict[str, Any]) -> dict[str, Any]:
        """Consent without a browser: {"seller", "client"} -> a refresh token, or a code with "redirect_uri"."""
        seller, client = SELLERS[params["seller"]], APPLICATIONS[params["client"]]
        if params.get("redirect_uri"):
            return {"spapi_oauth_code": self.grants.issue_code(client.client_id, seller.id, params["redirect_uri"])}
        return {"refresh_token": self.grants.consent(client.client_id, seller.id)["refresh_token"], "seller": seller.id}

    def _revoke(self, params: dict[str, Any]) -> dict[str, Any]:
        """{"seller"?, "client"?}: take consents back."""
        return {"revoked": self.grants.revoke(seller_id=params.get("seller"), client_id=params.get("client"))}

    def _expire(self, params: dict[str, Any]) -> dict[str, Any]:
        """{"token"?}: end an access token, or all of them."""
        self.grants.expire(params.get("token"))
        return {"expired": params.get("token") or "all"}

    def _bulk(self, params: dict[str, Any]) -> dict[str, Any]:
        """{"seller", "marketplace", "orders", "number"?}: how many orders that store ships in one fortnight, or in each."""
        orders, number = params.get("orders"), params.get("number")
        self.shops.bulk(
            SELLERS[params["seller"]].id, str(params["marketplace"]),
            None if orders is None else int(orders), None if number is None else int(number),
        )  # fmt: skip
        return {"orders": orders}

    def _report(self, params: dict[str, Any]) -> dict[str, Any]:
        """{"settlement_id", "status"}: let its reports stand at FATAL, CANCELLED, IN_PROGRESS ... or DONE."""
        reports.override(self.world, str(params["settlement_id"]), str(params["status"]))
        return dict(params)

    def _reissue(self, params: dict[str, Any]) -> dict[str, Any]:
        """{"settlement_id", "row", "delta"}: list it again, changed."""
        settlement = self.shops.find(str(params["settlement_id"]))
        if settlement is None:
            raise ValueError(f"no such settlement: {params['settlement_id']}")
        reports.reissue(self.world, settlement, int(params["row"]), Decimal(str(params["delta"])))
        return dict(params)

    def _settled(self, settlement: Settlement) -> None:
        """A period was closed by command: its report is told of once it can be listed."""
        if not settlement.ready:
            self._notices.report_finished(reports.first_of(settlement))

    def _notify(self, params: dict[str, Any]) -> dict[str, Any]:
        """{"order"} or {"settlement_id"}: tell of it (again) to whoever is subscribed."""
        if params.get("settlement_id"):
            settlement = self.shops.find(str(params["settlement_id"]))
            if settlement is None:
                raise ValueError(f"no such settlement: {params['settlement_id']}")
            return {"told": self._notices.report_finished(reports.first_of(settlement))}
        for seller in SELLERS.values():
            for life in self.shops.lives(seller):
                if life.id == params["order"]:
                    return {"told": self._notices.order_changed(seller.id, life)}
        raise ValueError(f"no such order: {params['order']}")

    def _mute(self, params: dict[str, Any]) -> dict[str, Any]:
        """{"on"}: lose every notification from now on, or no longer."""
        self.world.store.put(MUTED, bool(params.get("on", True)))
        return {"muted": self._notices.muted}

    def _app(self, params: dict[str, Any]) -> dict[str, Any]:
        """{"redirect_hosts"?, "log_in_uri"?, "redirect_uris"?}: what the applications have registered."""
        for name, setting in (("redirect_hosts", HOSTS), ("log_in_uri", LOG_IN), ("redirect_uris", REDIRECTS)):
            if name in params:
                self.world.store.put(setting, params[name])
        return dict(params)
