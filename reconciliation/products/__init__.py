"""The product master: what a shop sells, beside the items that the ledger has under the same SKUs."""
