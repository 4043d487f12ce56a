"""`manage.py demo`: the main job once on the demo tenant; exit code 0 only if every rung ties."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from reconciliation.demo import alike, job, pairs, people, shapes, shops, show, twins
from reconciliation.orders.tie import Tie


class Command(BaseCommand):
    help = "Connect the demo tenant to the twins, run the main job once, book one trade three ways and in every ledger, and prove it to the penny."

    def add_arguments(self, parser: CommandParser) -> None:
        keys = [pair.key for pair in (*pairs.PAIRS, *shops.PAIRS)]
        parser.add_argument("--pair", default="", help=f"one pair alone: {', '.join(keys)}", choices=["", *keys])

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            only = options["pair"]
            verdict = job.run(self.stdout.write, pairs.chosen(only))
            verdict.wrong += [
                each for pair in shops.PAIRS if only in ("", pair.key) for each in _untied(shops.run(self.stdout.write, pair))
            ]
            if not only:
                verdict.wrong += shapes.run(self.stdout.write).wrong
                verdict.wrong += alike.run(self.stdout.write)
        except twins.TwinsMissing as missing:
            raise CommandError(str(missing)) from missing
        show.table(self.stdout.write)
        show.logins(self.stdout.write, people.logins(people.tenant()), settings.PUBLIC_URL)
        posted = f"{verdict.posted_now} documents posted now, {verdict.posted_before} stood there before"
        if not verdict.ties:
            for line in verdict.wrong:
                self.stderr.write(self.style.ERROR(line))
            raise CommandError(f"It does not tie out ({posted}).")
        for line in verdict.held:
            self.stdout.write(f"held on purpose, as it must be  {line}")
        self.stdout.write(self.style.SUCCESS(f"Every rung of everything posted ties. {posted}."))


def _untied(found: Tie) -> list[str]:
    """What does not tie of a shop: by day and method of payment."""
    return [
        f"{found.integration.name} {row.since} {row.method}: {row.difference} not in documents"
        for row in found.rows
        if not row.ties
    ]
