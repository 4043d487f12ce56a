"""Addresses of the bank's pages."""

from __future__ import annotations

from django.urls import path

from reconciliation.views import bank

urlpatterns = [
    path("app/<str:tenant>/bank/", bank.bank, name="bank"),
    path("app/<str:tenant>/bank/upload/", bank.bank_upload, name="bank_upload"),
    path("app/<str:tenant>/bank/match/", bank.bank_match, name="bank_match"),
    path("app/<str:tenant>/bank/ledger/", bank.bank_ledger, name="bank_ledger"),
    path("app/<str:tenant>/bank/days/", bank.bank_window, name="bank_window"),
    path("app/<str:tenant>/bank/export/", bank.bank_export, name="bank_export"),
    path("app/<str:tenant>/bank/matches/<str:match>/unmatch/", bank.bank_unmatch, name="bank_unmatch"),
    path("app/<str:tenant>/bank/statements/<str:statement>/", bank.bank_statement, name="bank_statement"),
]
