"""Addresses of the orders' pages."""

from __future__ import annotations

from django.urls import path

from reconciliation.views import order_settings, orders, shops

urlpatterns = [
    path("app/<str:tenant>/orders/", orders.orders, name="orders"),
    path("app/<str:tenant>/orders/export/", orders.orders_export, name="orders_export"),
    path("app/<str:tenant>/orders/proof/", shops.proof, name="proof"),
    path("app/<str:tenant>/orders/proof/export/", shops.proof_export, name="proof_export"),
    path("app/<str:tenant>/products/", shops.product_list, name="products"),
    path("app/<str:tenant>/products/export/", shops.product_export, name="products_export"),
    path("app/<str:tenant>/products/<str:integration>/compare/", shops.product_run, name="products_compare"),
    path("app/<str:tenant>/orders/<str:order>/", orders.order, name="order"),
    path("app/<str:tenant>/orders/<str:order>/close/", order_settings.order_close, name="order_close"),
    path("app/<str:tenant>/orders/<str:order>/again/", order_settings.order_again, name="order_again"),
    path("app/<str:tenant>/orders/<str:order>/document/", order_settings.order_document, name="order_document"),
    path("app/<str:tenant>/integrations/<str:integration>/orders/", order_settings.order_settings, name="order_settings"),
    path("app/<str:tenant>/integrations/<str:integration>/orders/word/", order_settings.order_word, name="order_word"),
    path("app/<str:tenant>/integrations/<str:integration>/orders/item/", order_settings.order_item, name="order_item"),
    path(
        "app/<str:tenant>/integrations/<str:integration>/orders/earlier/", order_settings.order_back_fill, name="order_back_fill"
    ),
    path("app/<str:tenant>/clearing/", orders.clearing, name="clearing"),
    path("app/<str:tenant>/clearing/export/", orders.clearing_export, name="clearing_export"),
]
