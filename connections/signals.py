"""What other rooms may want to know at once, without this one knowing them."""

from __future__ import annotations

from django.dispatch import Signal

# A connection lets us in again. `sender` is the Connection class, `connection` the row; sent inside its commit.
renewed = Signal()
