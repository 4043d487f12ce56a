"""The product's clock under its familiar name. It lives in `tenants.clock`, where every room may reach it downwards."""

from __future__ import annotations

from tenants.clock import frozen, now, shifted, today

__all__ = ["frozen", "now", "shifted", "today"]
