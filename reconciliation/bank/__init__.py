"""The bank's side of reconciliation: statements brought by hand, what the ledger shows, and which line is which payout.

accounts.py    the bank accounts a tenant's ledgers keep
arriving.py    a statement's lines into the database, each movement once
expected.py    which payouts a bank should show: amount, currency, day, account
matching.py    matches, made again from all that is known whenever something came
rung.py        what the bank says of one settlement, for its ladder
services.py    what people may do        selectors.py    what pages read
"""
