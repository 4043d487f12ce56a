"""`manage.py settlement FILE...`: read settlement files and show what would be posted. No database, no account."""

from __future__ import annotations

import json
import sys
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from connections.contracts import LedgerForms, ProviderRole
from connections.registry import PROVIDERS, provider
from reconciliation.engine.book import Journals, Shape
from reconciliation.engine.report import as_text, report, worst


class Command(BaseCommand):
    help = _("Read Amazon settlement files and show totals, kinds and the documents that would be posted.")
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        ledgers = [key for key in PROVIDERS if ProviderRole.LEDGER in provider(key).info.roles]
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--ledger", choices=ledgers, default=ledgers[0])
        parser.add_argument("--timezone", default="UTC", help=_("zone that decides the day, such as America/New_York"))
        parser.add_argument("--shape", choices=[shape.value for shape in Shape], help=_("the ledger's own default without it"))
        parser.add_argument("--json", action="store_true", dest="as_json", help=_("a list with one object a file"))

    def handle(self, *args: Any, **options: Any) -> None:
        zone, forms = _zone(options["timezone"]), _forms(options["ledger"])
        shape = Shape(options["shape"] or forms.shapes[0])
        if shape not in forms.shapes:
            params = {"ledger": options["ledger"], "shapes": ", ".join(forms.shapes)}
            raise CommandError(gettext("%(ledger)s takes these shapes: %(shapes)s.") % params, returncode=2)
        journals = Journals(forms.journal_takes_bank, forms.journal_takes_tax)
        reports = [report(path, timezone=zone, shape=shape, journals=journals) for path in options["files"]]
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


def _forms(key: str) -> LedgerForms:
    target = provider(key).target
    assert target is not None  # noqa: S101 - only ledgers are offered
    return target.forms


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise CommandError(gettext("There is no time zone called %(name)s.") % {"name": name}, returncode=2) from error
    return name
