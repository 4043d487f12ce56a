"""Addresses of the overview, settlements and uploads."""

from __future__ import annotations

from django.urls import path

from reconciliation import urls_bank, urls_integrations, urls_orders
from reconciliation.views import mappings, overview, posted, search, settlement, settlements, uploads

ONE = "app/<str:tenant>/settlements/<str:settlement>/"

urlpatterns = [
    path("app/<str:tenant>/", overview.overview, name="overview"),
    path("app/<str:tenant>/search/", search.find, name="search"),
    path("posted/<str:mark>/", posted.posted, name="posted"),
    path("app/<str:tenant>/settlements/", settlements.settlements, name="settlements"),
    path("app/<str:tenant>/settlements.csv", settlements.settlements_export, name="settlements_export"),
    path("app/<str:tenant>/settlements/post/", settlements.settlements_post, name="settlements_post"),
    path(ONE, settlement.settlement, name="settlement"),
    path(f"{ONE}lines/", settlement.settlement_lines, name="settlement_lines"),
    path(f"{ONE}lines/<int:line>/raw/", settlement.settlement_raw_line, name="settlement_raw_line"),
    path(f"{ONE}progress/", settlement.settlement_progress, name="settlement_progress"),
    path(f"{ONE}post/", settlement.settlement_post, name="settlement_post"),
    path(f"{ONE}undo/", settlement.settlement_undo, name="settlement_undo"),
    path(f"{ONE}begin/", settlement.settlement_begin, name="settlement_begin"),
    path(f"{ONE}exclude/", settlement.settlement_exclude, name="settlement_exclude"),
    path(f"{ONE}include/", settlement.settlement_include, name="settlement_include"),
    path(f"{ONE}refresh/", settlement.settlement_refresh, name="settlement_refresh"),
    path(f"{ONE}decide/", settlement.settlement_decide, name="settlement_decide"),
    path(f"{ONE}choose/", settlement.settlement_choose, name="settlement_choose"),
    path(f"{ONE}payout-account/", settlement.settlement_payout_account, name="settlement_payout_account"),
    path(f"{ONE}file/", settlement.settlement_raw, name="settlement_raw"),
    path(f"{ONE}entry.iif", settlement.settlement_iif, name="settlement_iif"),
    path(f"{ONE}lines.csv", settlement.settlement_export, name="settlement_export"),
    path("app/<str:tenant>/uploads/", uploads.uploads, name="uploads"),
    path("app/<str:tenant>/uploads/<str:upload>/", uploads.upload, name="upload"),
    path("app/<str:tenant>/uploads/<str:upload>/dismiss/", uploads.upload_dismiss, name="upload_dismiss"),
    path("app/<str:tenant>/uploads/<str:upload>/row/", uploads.upload_row, name="upload_row"),
    path("app/<str:tenant>/mappings/", mappings.mappings, name="mappings"),
    path("app/<str:tenant>/mappings/<str:mapping>/rule/", mappings.mapping_rule, name="mapping_rule"),
    path("app/<str:tenant>/mappings/<str:mapping>/sku-group/", mappings.mapping_sku_group, name="mapping_sku_group"),
    path("app/<str:tenant>/mappings/<str:mapping>/publish/", mappings.mapping_publish, name="mapping_publish"),
    path("app/<str:tenant>/mappings/<str:mapping>/restore/<int:number>/", mappings.mapping_restore, name="mapping_restore"),
    path("app/<str:tenant>/mappings/<str:mapping>/defaults/", mappings.mapping_defaults, name="mapping_defaults"),
    *urls_bank.urlpatterns,
    *urls_integrations.urlpatterns,
    *urls_orders.urlpatterns,
]
