"""Addresses of the orders' pages."""

from __future__ import annotations

from django.urls import path

from reconciliation.views import orders

urlpatterns = [
    path("app/<str:tenant>/orders/", orders.orders, name="orders"),
    path("app/<str:tenant>/orders/export/", orders.orders_export, name="orders_export"),
    path("app/<str:tenant>/orders/<str:order>/", orders.order, name="order"),
    path("app/<str:tenant>/clearing/", orders.clearing, name="clearing"),
    path("app/<str:tenant>/clearing/export/", orders.clearing_export, name="clearing_export"),
]
