"""The operator console: who may enter (site), the side bar (menu), the search box (search), a tenant at one look (sheet)."""
