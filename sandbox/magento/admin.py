"""What a person sees of a shop: orders, one order, products with their stock, integrations, and the webhooks' key.

As in Magento's own addresses, an order is at /admin/sales/order/view/order_id/7.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Any, Final

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from sandbox.magento import goods, sales, signing
from sandbox.magento.installation import Body, Installation
from sandbox.magento.push import SIGNATURE, editions
from sandbox.magento.shops import Shop
from sandbox.pages import page
from sandbox.world import origin

if TYPE_CHECKING:
    from sandbox.magento.twin import Twin

ORANGE: Final = "#b8430f"
_STYLE: Final = """<style>
main { max-width: 64rem }
table { border-collapse: collapse; width: 100% }
th, td { padding: .45rem .6rem; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top }
th { color: var(--soft); font-weight: 600; font-size: .85rem }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.wide { overflow-x: auto } nav { margin-bottom: 1rem } nav a { margin-right: 1rem } pre { overflow-x: auto; font-size: .8rem }
label { display: block; margin-bottom: .7rem } input[type=text] { font: inherit; width: 100%; padding: .55rem .7rem;
  border: 1px solid var(--line); border-radius: 8px; background: var(--ground); color: var(--ink) }
@media (max-width: 480px) { th, td { padding: .4rem .25rem; font-size: .85rem } .s { display: none } .card { padding: 1rem } }
</style>"""
_RIGHTS: Final = ("Magento_Backend::all", "Magento_Sales::actions_view")


def handle(twin: Twin, request: Request, shop: Shop, where: list[str]) -> Response:
    """`where`: the path below /admin, split."""
    root = f"{request.root_path}/{shop.code}/admin"
    if where[:1] == ["integrations"]:
        return _integrations(twin, request, shop, root, where[1:])
    with twin.world.db() as conn:
        found = twin.open(conn, shop)
        match [part for part in where if part]:
            case []:
                return _orders(found, root)
            case ["sales", "order", "view", "order_id", number]:
                order = found.find("order", number)
                return (
                    _order(found, root, order)
                    if order
                    else _framed(shop, root, "Not found", "<h1>There is no such order</h1>", 404)
                )
            case ["products"]:
                return _products(found, root)
    return _framed(shop, root, "Not found", "<h1>There is no such page</h1>", 404)


# Pieces of HTML. A cell is HTML already; `#` before a heading marks a column of numbers, `~` one that phones go without.


def _framed(shop: Shop, root: str, title: str, card: str, status: int = 200) -> Response:
    places = (("/", "Orders"), ("/products", "Products and stock"), ("/integrations", "Integrations"))
    nav = "".join(f'<a href="{root}{path}">{text}</a>' for path, text in places)
    body = f'{_STYLE}<nav>{nav}</nav><div class="card">{card}</div>'
    return page(f"{title}, {shop.name}", body, brand=f"Magento Admin: {shop.name}", colour=ORANGE, status=status)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    styles = [{"#": ' class="n"', "~": ' class="s"'}.get(head[:1], "") for head in heads]
    head = "".join(f"<th{style}>{name.lstrip('#~')}</th>" for name, style in zip(heads, styles, strict=True))
    lines = ("".join(f"<td{style}>{cell}</td>" for cell, style in zip(row, styles, strict=True)) for row in rows)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _facts(pairs: Iterable[tuple[str, str]]) -> str:
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in pairs) + "</dl>"


def _money(body: Body, name: str) -> str:
    value = Decimal(str(body.get(name) or 0))
    return f"{value:,.2f}" if value == value.quantize(Decimal("0.01")) else f"{value:,}"


def _orders(found: Installation, root: str) -> Response:
    rows = [
        (
            f'<a href="{root}/sales/order/view/order_id/{order["entity_id"]}">{order["increment_id"]}</a>', order["created_at"],
            escape(f"{order['customer_firstname']} {order['customer_lastname']}"), escape(order["payment"]["method"]),
            f"{_money(order, 'grand_total')} {order['order_currency_code']}", _money(order, "total_due"), escape(order["status"]),
        )
        for order in sorted(found.all("order"), key=lambda one: (one["created_at"], one["entity_id"]), reverse=True)
    ]  # fmt: skip
    heads = ("Number", "~Placed (UTC)", "~Customer", "~Method", "#Total", "#Due", "Status")
    return _framed(found.shop, root, "Orders", f"<h1>Orders</h1>{_table(heads, rows)}")


def _order(found: Installation, root: str, order: Body) -> Response:
    currency = order["order_currency_code"]
    facts = [
        ("Status", f"{order['status']} ({order['state']})"), ("Placed", f"{order['created_at']} UTC"),
        ("Changed", f"{order['updated_at']} UTC"), ("Customer", order["customer_email"]),
        ("Payment", f"{order['payment']['method']} {order['payment'].get('last_trans_id', '')}"), ("Currency", currency),
    ]  # fmt: skip
    lines = [
        (
            ("&ensp;" if "parent_item_id" in item else "") + escape(item["name"]), f"<code>{escape(item['sku'])}</code>",
            f"{item['qty_ordered']}", f"{item['qty_shipped']}", f"{item['qty_refunded']}", _money(item, "row_total"),
            _money(item, "tax_amount"), _money(item, "discount_amount"),
        )
        for item in order["items"]
    ]  # fmt: skip
    heads = ("Product", "SKU", "#Ordered", "~Sent", "~Refunded", "#Net", "~Tax", "~Discount")
    names = (("subtotal", "Subtotal"), ("shipping_amount", "Shipping"), ("discount_amount", "Discount"), ("tax_amount", "Tax"),
             ("discount_tax_compensation_amount", "Discount tax compensation"), ("grand_total", "Grand total"),
             ("total_paid", "Paid"), ("total_refunded", "Refunded"), ("total_due", "Due"))  # fmt: skip
    totals = _facts((label, f"{_money(order, name)} {currency}") for name, label in names if order.get(name))
    body = f"<h1>Order {order['increment_id']}</h1>{_facts(facts)}<h2>Lines</h2>{_table(heads, lines)}<h2>Totals</h2>{totals}"
    return _framed(found.shop, root, f"Order {order['increment_id']}", body + _documents(found, order) + _comments(order))


def _documents(found: Installation, order: Body) -> str:
    kinds = (("invoice", "Invoice"), ("shipment", "Shipment"), ("creditmemo", "Credit memo"))
    rows = [
        (label, one["increment_id"], one["created_at"], _money(one, "grand_total") if kind != "shipment" else "", _said(one))
        for kind, label in kinds
        for one in found.all(kind, order["entity_id"])
    ]
    return f"<h2>Documents</h2>{_table(('What', 'Number', '~Made (UTC)', '#Total', 'Remarks'), rows)}" if rows else ""


def _said(document: Body) -> str:
    tracks = [f"{track['title']} {track['track_number']}" for track in document.get("tracks", ())]
    state = {1: "open", 2: "paid or refunded", 3: "cancelled"}.get(document.get("state", 0), "")
    return escape(", ".join([*tracks, *filter(None, (state, document.get("transaction_id")))]))


def _comments(order: Body) -> str:
    rows = [(one["created_at"], escape(one["status"]), escape(one["comment"] or "")) for one in order["status_histories"]]
    return f"<h2>Comments</h2>{_table(('When (UTC)', 'Status', 'Comment'), rows)}" if rows else ""


def _products(found: Installation, root: str) -> Response:
    rows = []
    for product in found.all("product"):
        stocked = product["type_id"] == goods.SIMPLE
        held = [found.named("source_item", f"{source}:{product['sku']}") for source in goods.SOURCES] if stocked else []
        amounts = [f"{sales.number(one['quantity'])}" if one else "" for one in held] or ["", ""]
        salable = f"{goods.salable(found, product['sku'])}" if stocked else ""
        rows.append((f"<code>{escape(product['sku'])}</code>", escape(product["name"]), product["type_id"], _money(product, "price"),
                     *amounts, salable))  # fmt: skip
    heads = ("SKU", "~Name", "~Type", "#Price", "#Default", "~Overflow", "#Salable")
    return _framed(found.shop, root, "Products", f"<h1>Products and stock</h1>{_table(heads, rows)}")


# Integrations


def _integrations(twin: Twin, request: Request, shop: Shop, root: str, where: list[str]) -> Response:
    """The list, a new one (POST), and `<id>/activate` (POST)."""
    if request.method == "POST" and not where:
        rights = (request.form.get("resources") or _RIGHTS[0],)
        twin.integrations.create(
            shop, request.form.get("name") or "Tieout", rights, callback=request.form.get("callback", "").strip(),
            identity=request.form.get("identity", "").strip(),
        )  # fmt: skip
        return redirect(f"{root}/integrations", 303)
    if request.method == "POST" and len(where) == 2 and where[1] == "activate" and where[0].isdecimal():
        return _activate(twin, request, shop, root, int(where[0]))
    rows = [_row(root, one) for one in twin.integrations.list(shop)]
    table = _table(("Name", "~Rights", "Stage", "Credentials", ""), rows)
    return _framed(shop, root, "Integrations", f"<h1>Integrations</h1>{table}{_form(root)}{_webhooks(twin, shop)}")


def _row(root: str, one: dict[str, Any]) -> tuple[str, ...]:
    names = (("consumer_key", "Consumer key"), ("consumer_secret", "Consumer secret"), ("token", "Access token"),
             ("token_secret", "Access token secret"))  # fmt: skip
    shown = (
        _facts((label, one[name]) for name, label in names) if one["stage"] == "access" else '<span class="soft">none yet</span>'
    )
    button = (
        f'<form method="post" action="{root}/integrations/{one["id"]}/activate"><button class="primary">Activate</button></form>'
        if one["callback"] and one["stage"] != "access"
        else ""
    )
    return escape(one["name"]), escape(", ".join(json.loads(one["resources"]))), one["stage"], shown, button


def _form(root: str) -> str:
    return (
        f'<h2>Add new integration</h2><form method="post" action="{root}/integrations">'
        '<label>Name <input type="text" name="name" value="Tieout" required></label>'
        '<label>Callback URL <input type="url" name="callback" placeholder="https://"></label>'
        '<label>Identity link URL <input type="url" name="identity" placeholder="https://"></label>'
        '<div class="actions"><button class="primary">Save</button></div></form>'
    )


def _webhooks(twin: Twin, shop: Shop) -> str:
    if shop.code not in editions():
        return ""
    url = twin.push.urls().get(shop.code) or "nobody"
    return (
        f"<h2>Webhooks</h2><p>Told of saved orders: <code>{escape(url)}</code>. Bodies are signed in <code>{SIGNATURE}</code>; "
        f"the public key:</p><pre>{signing.public_key()}</pre>"
    )


def _activate(twin: Twin, request: Request, shop: Shop, root: str, number: int) -> Response:
    """Hands out the credentials, then sends the browser to the app's identity link."""
    try:
        done = twin.handshake.activate(shop, number, f"{origin(request)}{request.root_path}/{shop.code}/")
    except (KeyError, ValueError) as error:
        return _framed(shop, root, "Not activated", f"<h1>It can't be activated</h1><p>{escape(str(error))}</p>", 400)
    if not done["delivered"]:
        said = "<h1>The integration wasn't activated</h1><p>Its callback URL didn't answer with 200.</p>"
        return _framed(shop, root, "Not activated", said, 502)
    return redirect(done["identity"] or f"{root}/integrations", 303)
