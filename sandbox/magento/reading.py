"""What can be read of sales, customers and the shop itself."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.magento import oauth, orders, search
from sandbox.magento.calls import Call
from sandbox.magento.errors import no_entity, no_order
from sandbox.magento.installation import Body
from sandbox.magento.money import rate
from sandbox.magento.shops import OPEN_SOURCE

MODULES = ("Magento_Store", "Magento_Backend", "Magento_Catalog", "Magento_CatalogInventory", "Magento_Customer", "Magento_Sales",
           "Magento_Quote", "Magento_Tax", "Magento_Inventory", "Magento_InventorySales", "Magento_AsynchronousOperations",
           "Magento_WebapiAsync", "Magento_Integration", "Magento_TwoFactorAuth")  # fmt: skip
COMMERCE_MODULES = ("Magento_CustomerBalance", "Magento_GiftCardAccount", "Magento_Reward", "Magento_AdobeCommerceEventsClient",
                    "Magento_AdobeIoEventsClient", "Magento_AdobeCommerceWebhooks")  # fmt: skip


def get_orders(call: Call) -> Body:
    return call.listing("order", orders.shown)


def get_order(call: Call) -> Body:
    return orders.shown(call.order())


def get_items(call: Call) -> Body:
    """The lines of all orders, searched by what a line has: `order_id`, `sku`."""
    lines = (item for order in call.found.all("order") for item in orders.shown(order)["items"])
    switches = call.found.switches
    criteria = search.parse(oauth.sent(call.request), limited=switches["input_limits"])
    return search.among(lines, criteria, repeats=switches["last_page_repeats"])


def get_item(call: Call) -> Body:
    for order in call.found.all("order"):
        for item in orders.shown(order)["items"]:
            if item["item_id"] == call.number("id"):
                return dict(item)
    raise no_order()


def get_statuses(call: Call) -> str:
    return str(call.order()["status"])


def get_comments(call: Call) -> Body:
    found: list[Body] = call.order()["status_histories"]
    return {"items": found, "search_criteria": {"filter_groups": []}, "total_count": len(found)}


def lister(kind: str) -> Callable[[Call], Body]:
    return lambda call: call.listing(kind)


def getter(kind: str, show: Callable[[Body], Body] = lambda body: body) -> Callable[[Call], Body]:
    """One document of a kind by the id in the path."""

    def get(call: Call) -> Body:
        body = call.found.find(kind, call.number("id"))
        if body is None:
            raise no_entity("customerId", call.path["id"]) if kind == "customer" else no_order()
        return show(body)

    return get


def search_customers(call: Call) -> Body:
    return call.listing("customer", aliases={"entity_id": "id"})


# The shop


def store_configs(call: Call) -> list[Body]:
    shop, url = call.found.shop, call.base_url
    places = {f"{secure}{name}": url + path for secure in ("", "secure_") for name, path in
              (("base_url", ""), ("base_link_url", ""), ("base_static_url", "static/"), ("base_media_url", "media/"))}  # fmt: skip
    return [
        {
            "id": view.id, "code": view.code, "website_id": 1, "locale": view.locale, "base_currency_code": shop.currency,
            "default_display_currency_code": view.currency, "timezone": shop.timezone,
            "weight_unit": "lbs" if shop.country == "US" else "kgs", **places,
        }
        for view in shop.views
    ]  # fmt: skip


def store_views(call: Call) -> list[Body]:
    admin = {"id": 0, "code": "admin", "name": "Admin", "website_id": 0, "store_group_id": 0, "is_active": 1}
    views = [
        {"id": view.id, "code": view.code, "name": view.name, "website_id": 1, "store_group_id": 1, "is_active": 1}
        for view in call.found.shop.views
    ]
    return [admin, *views]


def websites(call: Call) -> list[Body]:
    return [
        {"id": 0, "code": "admin", "name": "Admin", "default_group_id": 0},
        {"id": 1, "code": "base", "name": call.found.shop.name, "default_group_id": 1},
    ]


def store_groups(call: Call) -> list[Body]:
    main = {
        "id": 1,
        "website_id": 1,
        "root_category_id": 2,
        "default_store_id": 1,
        "name": "Main Website Store",
        "code": "main_store",
    }
    return [{"id": 0, "website_id": 0, "root_category_id": 0, "default_store_id": 0, "name": "Default", "code": "default"}, main]


def modules(call: Call) -> list[str]:
    """What is installed; it tells an edition from the other."""
    return [*MODULES, *(COMMERCE_MODULES if call.found.shop.edition != OPEN_SOURCE else ())]


def countries(call: Call) -> list[Body]:
    names = {"US": "United States", "GB": "United Kingdom", "DE": "Germany", "JP": "Japan", "KW": "Kuwait"}
    return [
        {"id": code, "two_letter_abbreviation": code, "three_letter_abbreviation": three, "full_name_locale": names[code],
         "full_name_english": names[code]}
        for code, three in (("US", "USA"), ("GB", "GBR"), ("DE", "DEU"), ("JP", "JPN"), ("KW", "KWT"))
    ]  # fmt: skip


def currency(call: Call) -> Body:
    shop = call.found.shop
    shown = list(dict.fromkeys([shop.currency, *(view.currency for view in shop.views)]))
    return {
        "base_currency_code": shop.currency, "base_currency_symbol": shop.currency,
        "default_display_currency_code": shop.views[0].currency, "default_display_currency_symbol": shop.views[0].currency,
        "available_currency_codes": shown, "exchange_rates": [{"currency_to": one, "rate": rate(shop.currency, one)} for one in shown],
    }  # fmt: skip
