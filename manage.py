#!/usr/bin/env python
"""Tieout's command line. Commands that change the schema run as the owner of the database."""

from __future__ import annotations

import os
import sys

OWNER_COMMANDS = {"migrate", "createcachetable", "sqlmigrate", "squashmigrations", "flush"}


def main() -> None:
    if len(sys.argv) > 1 and sys.argv[1] in OWNER_COMMANDS:
        os.environ.setdefault("TIEOUT_ROLE", "owner")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
