"""Bring a database up to date: migrations and the cache's table, as the owner. `python -m config.prepare`."""

from __future__ import annotations

import os

import django
from django.core.management import call_command


def main() -> None:
    os.environ["TIEOUT_ROLE"] = "owner"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    call_command("migrate", verbosity=0, skip_checks=True)
    call_command("createcachetable", verbosity=0)


if __name__ == "__main__":
    main()
