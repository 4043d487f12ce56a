"""QuickBooks Online (Intuit): a ledger."""
