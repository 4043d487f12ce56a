"""What can be done to orders and customers over the API.

The id of a new invoice, shipment or credit memo comes as text, although the schema declares a number (the authors of
pymagento found the same).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.magento import documents, orders, refunds
from sandbox.magento.calls import Call, amount
from sandbox.magento.errors import invalid, no_entity, no_order, required
from sandbox.magento.installation import Body
from sandbox.magento.money import ZERO
from sandbox.magento.orders import ONLINE

_READ_ONLY = ("id", "created_at", "updated_at", "addresses")
_ORDER_FIELDS = ("state", "status", "ext_order_id", "ext_customer_id", "customer_note", "customer_email")


def _wanted(call: Call) -> dict[int, Decimal]:
    """`items` as quantities by order line."""
    return {int(amount(one.get("order_item_id"), "order_item_id")): amount(one.get("qty"), "qty") for one in call.array("items")}


def invoice_order(call: Call) -> str:
    """`capture` asks the gateway for the money; without it a gateway's invoice stays open, any other is paid."""
    order = call.order()
    online = order["payment"]["method"] in ONLINE
    captured = bool(call.body.get("capture"))
    transaction = documents.transaction_of(order, "capture", call.found.next_id("capture")) if captured and online else None
    made = documents.invoice(call.found, order, _wanted(call), paid=captured or not online, transaction=transaction)
    _note(call, order)
    return str(made["entity_id"])


def capture_invoice(call: Call) -> str:
    """The service is declared to answer text, which PHP makes of true."""
    documents.capture(call.found, _invoice(call))
    return "1"


def ship_order(call: Call) -> str:
    arguments = call.body.get("arguments") or {}
    source = (arguments.get("extension_attributes") or {}).get("source_code") or "default"
    if call.found.named("source", source) is None:
        raise no_entity("source_code", source)
    order = call.order()
    made = documents.ship(call.found, order, _wanted(call), call.array("tracks"), source)
    _note(call, order)
    return str(made["entity_id"])


def refund_order(call: Call) -> str:
    """A credit memo that moves no money by itself."""
    return _refund(call, call.order(), None, online=False)


def refund_invoice(call: Call) -> str:
    """`isOnline` has the gateway send the money back."""
    invoice = _invoice(call)
    order = call.found.order(invoice["order_id"])
    online = bool(call.body.get("isOnline"))
    if online and order["payment"]["method"] not in ONLINE:
        raise invalid("Creditmemo Document Validation Error(s):\nThe payment method doesn't support online refunds.")
    return _refund(call, order, invoice, online=online)


def _refund(call: Call, order: Body, invoice: Body | None, *, online: bool) -> str:
    given: dict[str, Any] = call.body.get("arguments") or {}
    back = (given.get("extension_attributes") or {}).get("return_to_stock_items") or ()
    postage = given.get("shipping_amount")
    made = refunds.refund(
        call.found, order, _wanted(call), shipping=None if postage is None else amount(postage, "shipping_amount"),
        more=amount(given.get("adjustment_positive") or ZERO, "adjustment_positive"),
        minus=amount(given.get("adjustment_negative") or ZERO, "adjustment_negative"),
        back=tuple(int(one) for one in back), of=invoice, online=online,
    )  # fmt: skip
    _note(call, order)
    return str(made["entity_id"])


def _invoice(call: Call) -> Body:
    invoice = call.found.find("invoice", call.number("invoice"))
    if invoice is None:
        raise no_order()
    return invoice


def _note(call: Call, order: Body) -> None:
    """The `comment` that may go with a document, where it is to be kept."""
    given = call.body.get("comment")
    if given and call.body.get("appendComment"):
        documents.comment(
            call.found, order, {"comment": given.get("comment"), "is_visible_on_front": given.get("is_visible_on_front")}
        )


def add_comment(call: Call) -> bool:
    given = call.need("statusHistory")
    if not given.get("comment") and not given.get("status"):
        raise required("comment")
    documents.comment(call.found, call.order(), given)
    return True


def cancel_order(call: Call) -> bool:
    documents.cancel(call.found, call.order())
    return True


def hold_order(call: Call) -> bool:
    documents.hold(call.found, call.order())
    return True


def unhold_order(call: Call) -> bool:
    documents.unhold(call.found, call.order())
    return True


def save_order(call: Call) -> Body:
    """Change what may be changed of an existing order: state, status, references of another system."""
    given = call.need("entity")
    if not given.get("entity_id"):
        raise required("entity_id")
    order = call.found.order(given["entity_id"])
    order |= {name: given[name] for name in _ORDER_FIELDS if name in given}
    order["updated_at"] = call.found.stamp
    return orders.shown(call.found.save("order", order))


def save_address(call: Call) -> Body:
    """The billing or shipping address of an order."""
    order, given = call.order(), call.need("entity")
    kind = given.get("address_type")
    if kind == "billing":
        address = order["billing_address"]
    elif kind == "shipping" and order["extension_attributes"]["shipping_assignments"]:
        address = order["extension_attributes"]["shipping_assignments"][0]["shipping"]["address"]
    else:
        raise required("address_type")
    address |= {name: value for name, value in given.items() if name not in ("entity_id", "parent_id", "address_type")}
    order["updated_at"] = call.found.stamp
    call.found.save("order", order)
    return dict(address)


def add_track(call: Call) -> Body:
    given = call.need("entity")
    shipment = call.found.find("shipment", given.get("parent_id") or 0)
    if shipment is None:
        raise no_order()
    made = documents.track(call.found, shipment, given)
    shipment["tracks"].append(made)
    shipment["updated_at"] = call.found.stamp
    call.found.save("shipment", shipment)
    return made


# Customers


def create_customer(call: Call) -> Body:
    given = call.need("customer")
    for name in ("email", "firstname", "lastname"):
        if not given.get(name):
            raise required(name)
    if call.found.named("customer", given["email"]):
        raise invalid("A customer with the same email address already exists in an associated website.")
    body = {
        "id": call.found.next_id("customer"), "group_id": 1, "created_at": call.found.stamp, "updated_at": call.found.stamp,
        "created_in": call.found.shop.views[0].name, "store_id": 1, "website_id": 1, "disable_auto_group_change": 0,
        "extension_attributes": {"is_subscribed": False}, "custom_attributes": [], **_without(given, ("id", "addresses")),
    }  # fmt: skip
    body["addresses"] = [_own(call, body, one) for one in given.get("addresses") or []]
    return call.found.add("customer", body)


def save_customer(call: Call) -> Body:
    """Names and addresses; an address without an id is a new one, those left out go, as at Magento."""
    given = call.need("customer")
    body = call.found.find("customer", call.number("id"))
    if body is None:
        raise no_entity("customerId", call.path["id"])
    body |= {**_without(given, _READ_ONLY), "updated_at": call.found.stamp}
    if "addresses" in given:
        body["addresses"] = [_own(call, body, one) for one in given["addresses"]]
    return call.found.save("customer", body)


def _own(call: Call, customer: Body, given: Body) -> Body:
    return {**given, "id": given.get("id") or 1000 + call.found.next_id("customer address"), "customer_id": customer["id"]}


def _without(given: Body, names: tuple[str, ...]) -> Body:
    return {name: value for name, value in given.items() if name not in names}
