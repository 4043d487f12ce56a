"""Magento as the house sees it: its declaration, and what reads and writes a shop."""

from __future__ import annotations

from datetime import timedelta

from canonical.problems import N_
from connections.contracts import Budget, Entrance, FormField, ProviderInfo, ProviderRole

from .auth import MagentoAuthoriser
from .browsing import MagentoBrowser
from .client import judge
from .goods import MagentoProducts
from .orders import MagentoOrders
from .webhooks import MagentoReceiver
from .writing import MagentoWriter

__all__ = ["authoriser", "browser", "info", "judge", "order_source", "product_source", "receiver", "writer"]

KEYS, TOKEN = (Entrance.CREDENTIALS,), (Entrance.PASTED_TOKEN,)

info = ProviderInfo(
    key="magento",
    name="Magento",
    summary=N_(
        "Magento Open Source and Adobe Commerce. Orders, invoices, shipments, credit memos, products and customers are read "
        "from your shop. Nothing is changed there unless an integration is told to."
    ),
    roles=(ProviderRole.SOURCE,),
    entrances=(Entrance.CREDENTIALS, Entrance.PASTED_TOKEN),
    fields=(
        FormField(
            "base_url",
            N_("Address of the shop"),
            N_("As on its start page, such as https://www.shop.example. It must be reachable from the internet, over https."),
            entrances=KEYS + TOKEN,
        ),
        FormField(
            "consumer_key",
            N_("Consumer key"),
            N_("In the shop's admin: System, Extensions, Integrations. Activate the integration to see its four keys."),
            secret=True,
            entrances=KEYS,
        ),
        FormField("consumer_secret", N_("Consumer secret"), secret=True, entrances=KEYS),
        FormField("access_token", N_("Access token"), secret=True, entrances=KEYS),
        FormField("access_token_secret", N_("Access token secret"), secret=True, entrances=KEYS),
        FormField(
            "access_token",
            N_("Access token"),
            N_(
                "Not advised: a token by itself never expires, and whoever has it is let in. Use all four keys where you can. The "
                "shop must allow it: Stores, Configuration, Services, OAuth. Leave it empty for a shop in Adobe's cloud."
            ),
            required=False,
            secret=True,
            entrances=TOKEN,
        ),
        FormField(
            "client_id",
            N_("Client id at Adobe"),
            N_("Only for Adobe Commerce as a Cloud Service: the project's OAuth server-to-server credential."),
            required=False,
            entrances=TOKEN,
        ),
        FormField("client_secret", N_("Client secret at Adobe"), required=False, secret=True, entrances=TOKEN),
        FormField(
            "amounts",
            N_("Amounts"),
            N_("A shop keeps every amount twice where it shows prices in another currency than its own."),
            required=False,
            choices=(("base", N_("In the website's own currency")), ("order", N_("In the currency that the buyer saw"))),
            entrances=KEYS + TOKEN,
        ),
    ),
    scopes=(
        ("Magento_Sales::actions_view", N_("Read orders, with what was paid, sent and given back")),
        ("Magento_Catalog::products", N_("Read products, their prices and stock")),
        ("Magento_Customer::customer", N_("Read customers, where an integration books each by name")),
        ("Magento_Sales::comment", N_("Write a comment on an order, where an integration is told to")),
        ("Magento_Backend::store", N_("Read store views, currencies and time zones")),
    ),
    account_word="shop",
    budgets=(Budget("*", 5, 20),),  # Magento documents no limit; a shop is a small machine and others shop there
    throttle_floor=timedelta(seconds=15),
    statuses_of_refusal=(),
)

authoriser = MagentoAuthoriser(info)
order_source = MagentoOrders(info)
product_source = MagentoProducts(info)
writer = MagentoWriter(info)
receiver = MagentoReceiver(info)
browser = MagentoBrowser()
