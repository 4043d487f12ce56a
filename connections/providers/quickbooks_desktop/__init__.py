"""QuickBooks Desktop Enterprise: a company file on somebody's computer, whose Web Connector comes to us."""
