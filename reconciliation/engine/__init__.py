"""The settlement engine: a file of signed rows becomes documents that balance, and proof that they do.

Pure: standard library only, no clock, no database, no network. Read in this order:

    source      opens the bytes, gzipped or not, within limits
    read        finds the columns by name and yields rows (layout V2, or V1 with its many amounts)
    catalogue   says what each row is: (transaction type, amount type, description) -> kind
    summary     adds rows up exactly, in memory that does not grow with the file
    compose     turns sums into journals and deposits, by the tenant's `Book`
    ladder      compares payout, header, rows, plan and ledger, rung by rung

Nothing is guessed: what can be read two ways, or is not known, is a Problem and holds the settlement.
"""
