"""Fixtures every test may ask for; each comes from the module that explains it."""

from __future__ import annotations

pytest_plugins = ["tests.support.database", "tests.support.canaries", "tests.support.requirements", "tests.support.twins"]
