"""Orders and refunds: kept as their source states them, and posted one by one where the integration wants that.

records    what a source said becomes rows: one a version, one current
policy     what the tenant decided: as which document, when, on which customer
claims     who books the revenue of an order, decided once: its own document or its settlement
entities   what the ledger calls the things of an order
planning   order -> document, held with its reason where that cannot be
posting    claim, post, amend, undo
payments   invoices paid by the settlement that brings their money; credit memos closed
clearing   what lies on Amazon Clearing, order by order, and how it comes to zero
"""
