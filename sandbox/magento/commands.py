"""What a merchant, a shopper or a network does to the shops: `POST /world/magento/<verb>`, always with {"shop"}.

place    {"count"?, "method"?, "currency"?, "store"?, "lines"?: [[sku, quantity]], "coupon"?, "off"?, "customer"?, "guest"?,
          "postage"?, "credit"?, "cards"?, "pay"?: false}   orders of now; gateways are paid unless "pay" is false
invoice  {"order", "items"?: {line or SKU: quantity}, "open"?: true}; capture {"invoice"}; ship {"order", "items"?, "source"?}
refund   {"order", "items"?, "shipping"?, "positive"?, "negative"?, "online"?, "restock"?}; cancel | hold | unhold {"order"}
status   {"order", "status", "state"?}; edit_product {"sku", "price"?, "name"?, "attributes"?: {code: value}}
spoil    {"order" | "creditmemo", "says": {property: value}}   as a careless module might; erase {"order"}
stock    {"sku", "quantity", "source"?}
set      {switch: value}; revoke {"integration"?}; integration {"name", "callback"?, "identity"?, "resources"?, "activate"?}
totals   {"since"?, "until"?} by payment method and currency; webhook {"url"}; deliver {}
Orders are named by entity_id or increment_id.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.magento import documents, goods, refunds, seed
from sandbox.magento.errors import Refusal
from sandbox.magento.installation import Body, Installation
from sandbox.magento.integrations import ALL, SEEDED, known
from sandbox.magento.money import plain
from sandbox.magento.orders import ONLINE, Basket, place
from sandbox.magento.push import SIGNATURE, editions
from sandbox.magento.rest import ADMIN, SETTING, switches
from sandbox.magento.shops import SAAS, SHOPS, Shop, secret_of
from sandbox.magento.sums import totals

if TYPE_CHECKING:
    from sandbox.magento.twin import Twin

Params = dict[str, Any]


def run(twin: Twin, verb: str, params: Params) -> Body:
    """KeyError: no such verb, shop or order; ValueError: it can't be done."""
    params = {**params}
    shop = SHOPS[str(params.pop("shop", "main"))]
    if verb in OUTSIDE:
        return OUTSIDE[verb](twin, shop, params)
    action = INSIDE[verb]
    try:
        with twin.world.db() as conn:
            found = twin.open(conn, shop)
            answer = action(found, params)
            twin.push.note(found)
    except Refusal as refusal:
        raise ValueError(refusal.text) from refusal
    twin.push.wake()
    return dict(plain(answer))


# Inside of a shop, in one transaction


def _place(found: Installation, params: Params) -> Body:
    made = [_placed(found, params, index) for index in range(int(params.get("count", 1)))]
    return {"orders": [brief(order) for order in made]}


def _placed(found: Installation, params: Params, index: int) -> Body:
    """What isn't said is drawn from the seed and the number of orders so far."""
    number = found.conn.execute(
        "SELECT last FROM magento_sequence WHERE shop = ? AND name = 'order'", (found.shop.code,)
    ).fetchone()[0]
    rng = random.Random(f"{found.shop.code}:{number}:placed")
    lines = [(str(sku), int(count)) for sku, count in params.get("lines") or [(rng.choice(list(goods.GOODS)[:11]), 1)]]
    for sku, _ in lines:
        if sku not in goods.GOODS:
            raise KeyError(sku)
    off = Decimal(str(params.get("off", "0.10" if params.get("coupon") else "0")))
    customer = None if params.get("guest") else int(params.get("customer") or rng.randrange(1, 13))
    basket = Basket(
        lines, str(params.get("method", "braintree")), view=str(params.get("store", "default")), currency=str(params.get("currency", "")),
        off=off, coupon=str(params.get("coupon", "")), postage=Decimal(str(params.get("postage", "7.50"))), customer=customer,
        post_off=Decimal(str(params.get("post_off", "0"))), seed=f"placed:{number}", variant=number + index,
        credit=Decimal(str(params.get("credit", "0"))), cards=Decimal(str(params.get("cards", "0"))),
    )  # fmt: skip
    order = place(found, basket)
    if basket.method in ONLINE and params.get("pay", True):
        documents.invoice(found, order, {}, transaction=documents.transaction_of(order, "capture"))
    return order


def brief(order: Body) -> Body:
    names = ("entity_id", "increment_id", "state", "status", "grand_total", "base_grand_total", "order_currency_code", "total_paid",
             "total_invoiced", "total_refunded", "total_due", "created_at", "updated_at")  # fmt: skip
    return {**{name: order.get(name) for name in names}, "method": order["payment"]["method"]}


def the_order(found: Installation, name: Any) -> Body:
    """By entity_id or increment_id (nine digits). KeyError: neither."""
    order = found.named("order", str(name)) or found.find("order", str(name))
    if order is None:
        raise KeyError(f"no order {name}")
    return order


def _items(order: Body, given: Any) -> dict[int, Decimal]:
    """{line id or SKU: quantity} by line; a SKU is its first line that has no parent."""
    by_sku: dict[str, int] = {}
    for item in order["items"]:
        if "parent_item_id" not in item:
            by_sku.setdefault(item["sku"], item["item_id"])
    return {by_sku[name] if name in by_sku else int(name): Decimal(str(count)) for name, count in (given or {}).items()}


def _invoice(found: Installation, params: Params) -> Body:
    order = the_order(found, params["order"])
    paid = not params.get("open")
    transaction = None
    if paid and order["payment"]["method"] in ONLINE:
        transaction = documents.transaction_of(order, "capture", found.next_id("capture"))
    made = documents.invoice(found, order, _items(order, params.get("items")), paid=paid, transaction=transaction)
    return {"invoice": made["entity_id"], "grand_total": made["grand_total"], "state": made["state"], "order": brief(order)}


def _capture(found: Installation, params: Params) -> Body:
    invoice = found.find("invoice", params["invoice"])
    if invoice is None:
        raise KeyError(f"no invoice {params['invoice']}")
    documents.capture(found, invoice)
    return {"invoice": invoice["entity_id"], "state": invoice["state"]}


def _ship(found: Installation, params: Params) -> Body:
    order = the_order(found, params["order"])
    tracks = params.get("tracks") or [{"track_number": f"JD{order['entity_id']:014d}", "title": "DHL", "carrier_code": "dhl"}]
    made = documents.ship(found, order, _items(order, params.get("items")), tracks, str(params.get("source", "default")))
    return {"shipment": made["entity_id"], "order": brief(order)}


def _refund(found: Installation, params: Params) -> Body:
    order = the_order(found, params["order"])
    invoices = list(found.all("invoice", order["entity_id"]))
    online = bool(params.get("online", order["payment"]["method"] in ONLINE))
    lines = _items(order, params.get("items"))
    made = refunds.refund(
        found, order, lines, shipping=None if params.get("shipping") is None else Decimal(str(params["shipping"])),
        more=Decimal(str(params.get("positive", 0))), minus=Decimal(str(params.get("negative", 0))), online=online,
        back=tuple(lines or [item["item_id"] for item in order["items"]]) if params.get("restock") else (),
        of=invoices[0] if invoices else None,
    )  # fmt: skip
    return {"creditmemo": made["entity_id"], "grand_total": made["grand_total"], "order": brief(order)}


def _simple(action: Callable[[Installation, Body], None]) -> Callable[[Installation, Params], Body]:
    def act(found: Installation, params: Params) -> Body:
        order = the_order(found, params["order"])
        action(found, order)
        return {"order": brief(order)}

    return act


def _status(found: Installation, params: Params) -> Body:
    order = the_order(found, params["order"])
    order |= {"status": str(params["status"]), "state": str(params.get("state", order["state"])), "updated_at": found.stamp}
    found.save("order", order)
    return {"order": brief(order)}


def _spoil(found: Installation, params: Params) -> Body:
    kind = "order" if "order" in params else "creditmemo"
    body = the_order(found, params["order"]) if kind == "order" else found.find(kind, params[kind])
    if body is None:
        raise KeyError(f"no credit memo {params[kind]}")
    found.save(kind, {**body, "updated_at": found.stamp, **params["says"]})
    return {"entity_id": body["entity_id"]}


def _erase(found: Installation, params: Params) -> Body:
    """Out of the shop's table of orders, by hand: its credit memos stay."""
    order = the_order(found, params["order"])
    found.remove("order", order["entity_id"])
    return {"entity_id": order["entity_id"]}


def _edit_product(found: Installation, params: Params) -> Body:
    body = found.named("product", str(params["sku"]))
    if body is None:
        raise KeyError(params["sku"])
    body |= {name: params[name] for name in ("name", "status") if name in params}
    if "price" in params:
        body["price"] = Decimal(str(params["price"]))
    own = {one["attribute_code"]: one for one in body["custom_attributes"]}
    own |= {code: {"attribute_code": code, "value": value} for code, value in params.get("attributes", {}).items()}
    found.save("product", {**body, "custom_attributes": list(own.values()), "updated_at": found.stamp})
    return {"sku": body["sku"], "price": body["price"], "updated_at": found.stamp}


def _stock(found: Installation, params: Params) -> Body:
    """With a quantity it is set; the answer has what every source holds, and what can be sold."""
    sku = str(params["sku"])
    if "quantity" in params:
        goods.put_stock(found, sku, str(params.get("source", "default")), Decimal(str(params["quantity"])))
    held = {source: (found.named("source_item", f"{source}:{sku}") or {}).get("quantity") for source in goods.SOURCES}
    return {"sku": sku, "sources": held, "salable": goods.salable(found, sku)}


INSIDE: dict[str, Callable[[Installation, Params], Body]] = {
    "place": _place, "invoice": _invoice, "capture": _capture, "ship": _ship, "refund": _refund, "status": _status,
    "cancel": _simple(documents.cancel), "hold": _simple(documents.hold), "unhold": _simple(documents.unhold),
    "edit_product": _edit_product, "spoil": _spoil, "erase": _erase, "stock": _stock, "totals": totals,
}  # fmt: skip


# From outside of the database


def _set(twin: Twin, shop: Shop, params: Params) -> Body:
    if wrong := [name for name in params if name not in seed.SWITCHES]:
        raise ValueError(f"no switch {wrong[0]}; there are {', '.join(seed.SWITCHES)}")
    if params.get("touch", "always") not in ("always", "sometimes", "never"):
        raise ValueError("touch is always, sometimes or never")
    kept = twin.world.store.get(SETTING, {})
    twin.world.store.put(SETTING, {**kept, shop.code: {**kept.get(shop.code, {}), **params}})
    return switches(twin.world, shop)


def _revoke(twin: Twin, shop: Shop, params: Params) -> Body:
    twin.integrations.end_sessions(shop)
    return {"revoked": twin.integrations.revoke(shop, params.get("integration"))}


def _integration(twin: Twin, shop: Shop, params: Params) -> Body:
    """A new integration with its credentials; "activate" names the shop's base URL and starts the handshake."""
    callback = str(params.get("callback", ""))
    number = twin.integrations.create(
        shop, str(params.get("name", "Tieout")), tuple(params.get("resources") or (ALL,)), callback=callback,
        identity=str(params.get("identity", "")), stage="inactive" if callback else "access",
    )  # fmt: skip
    if params.get("activate"):
        return {"id": number, **twin.handshake.activate(shop, number, str(params["activate"]))}
    return {"id": number, **credentials(twin.integrations.get(shop, number))}


def credentials(found: Body) -> Body:
    return {
        "name": found["name"], "consumer_key": found["consumer_key"], "consumer_secret": found["consumer_secret"],
        "access_token": found["token"], "access_token_secret": found["token_secret"], "stage": found["stage"],
    }  # fmt: skip


def _webhook(twin: Twin, shop: Shop, params: Params) -> Body:
    return twin.push.subscribe(shop, str(params.get("url", "")))


OUTSIDE: dict[str, Callable[[Twin, Shop, Params], Body]] = {
    "set": _set, "revoke": _revoke, "integration": _integration, "webhook": _webhook,
    "deliver": lambda twin, shop, params: dict(twin.push.deliver()),
}  # fmt: skip


# What there is


def seeded(twin: Twin) -> Body:
    """Shops with where they are and how to call them."""
    return {"shops": [_shop(twin, shop) for shop in SHOPS.values()], "webhook_header": SIGNATURE, "pushing": editions()}


def _shop(twin: Twin, shop: Shop) -> Body:
    owned = [{"name": name, **known(shop, name), "resources": list(rights)} for name, rights in SEEDED.items()]
    ims = {"client_id": "tieout-twin-ims-client", "client_secret": secret_of(shop.code, "ims"), "scope": "commerce.accs"}
    return {
        "code": shop.code, "name": shop.name, "base_path": f"/magento/{shop.code}", "edition": shop.edition, "currency": shop.currency,
        "prices_include_tax": shop.inclusive, "bearer": switches(twin.world, shop)["bearer"], "integrations": owned,
        "store_views": [view.code for view in shop.views], "admin": {"username": ADMIN[0], "password": ADMIN[1], "otp": "123456"},
        **({"ims": ims, "ims_path": "/magento/ims/token/v3"} if shop.edition == SAAS else {}),
    }  # fmt: skip


def state(twin: Twin) -> Body:
    with twin.world.db() as conn:
        rows = conn.execute("SELECT shop, kind, count(*) AS held FROM magento_document GROUP BY shop, kind").fetchall()
    counted: dict[str, dict[str, int]] = {}
    for row in rows:
        counted.setdefault(row["shop"], {})[row["kind"]] = row["held"]
    return {"shops": counted, "webhooks": twin.push.urls()}


__all__ = ["run", "seeded", "state"]
