"""What other rooms may want to know at once, without this one knowing them."""

from __future__ import annotations

from django.dispatch import Signal

# A connection lets us in again. `sender` is the Connection class, `connection` the row; sent inside its commit.
renewed = Signal()

# Notices of changes are stored and wait. `connection` the row, `kinds` how many name which stream; sent inside the commit.
# A receiver answers with the kinds whose notices it will see to, so that they go on waiting for it.
noticed = Signal()

# Answers have come that work waited for. `connection` the row, `keys` of the writes that are answered, `reads` whether
# something was read; sent inside the commit, and once more a little later for whoever was not yet waiting.
answered = Signal()
