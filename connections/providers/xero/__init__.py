"""Xero: a ledger."""
