"""`manage.py settlement FILE...`: read settlement files and show what would be posted. No database, no account."""

from __future__ import annotations

import json
import sys
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from reconciliation.engine.book import Shape
from reconciliation.engine.report import as_text, report, worst


class Command(BaseCommand):
    help = _("Read Amazon settlement files and show totals, kinds and the documents that would be posted.")
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--ledger", choices=["quickbooks_online"], default="quickbooks_online")
        parser.add_argument("--timezone", default="UTC", help=_("zone that decides the day, such as America/New_York"))
        parser.add_argument("--shape", choices=[shape.value for shape in Shape], default=Shape.SUMMARY_JOURNAL.value)
        parser.add_argument("--json", action="store_true", dest="as_json", help=_("a list with one object a file"))

    def handle(self, *args: Any, **options: Any) -> None:
        zone, shape = _zone(options["timezone"]), Shape(options["shape"])
        reports = [report(path, timezone=zone, shape=shape) for path in options["files"]]
        if options["as_json"]:
            self.stdout.write(json.dumps([found.data for found in reports], indent=2, ensure_ascii=False))
            for found in reports:
                self._explain(found.problems)
        else:
            self.stdout.write("\n".join(as_text(found, gettext) for found in reports))
        code = worst(found.exit_code for found in reports)
        if code:
            sys.exit(code)

    def _explain(self, problems: tuple[Any, ...]) -> None:
        """In JSON mode what is wrong goes to the error stream, so that the output stays JSON."""
        for problem in problems:
            place = f"{problem.where.file}:{problem.where.line}" if problem.where.line else problem.where.file
            self.stderr.write(f"{place}: {problem.text(gettext)} {problem.remedy(gettext)}")


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise CommandError(gettext("There is no time zone called %(name)s.") % {"name": name}, returncode=2) from error
    return name
