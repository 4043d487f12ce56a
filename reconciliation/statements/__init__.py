"""Bank statements as banks give them: CSV of any shape, OFX and QFX, and ISO 20022 camt.053.

    look.py       which of the three a file is
    table.py      a CSV as rows of cells: its characters, its separator, its rows
    layout.py     which column is what, guessed from the header and remembered by it
    columns.py    a CSV with a layout -> lines
    ofx.py        OFX 1 (SGML) and 2 (XML)
    camt053.py    camt.053, read as a stream without entities
    statement.py  what all of them give

Pure: no Django here. Nothing is guessed that would change an amount, a sign or a day: what a file does
not decide by its own contents is asked.
"""

from __future__ import annotations

from reconciliation.statements.layout import Layout
from reconciliation.statements.look import Kind, kind_of, read
from reconciliation.statements.statement import BankFacts, Movement, Statement

__all__ = ["BankFacts", "Kind", "Layout", "Movement", "Statement", "kind_of", "read"]
