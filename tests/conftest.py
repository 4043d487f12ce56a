"""Fixtures every test may ask for; each comes from the module that explains it."""

from __future__ import annotations

pytest_plugins = ["tests.support.canaries", "tests.support.database", "tests.support.requirements", "tests.support.twins"]
