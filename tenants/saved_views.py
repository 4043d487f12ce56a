"""A list's filters under a name of one's own: kept per person and page as the page's query string."""

from __future__ import annotations

from django.http import QueryDict

from canonical.problems import Problem, Refused, declare
from tenants.models import SavedView, User

# The lists that can be saved, by the name of their address.
PAGES = ("settlements", "inbox", "runs")
MOST = 20

NO_NAME = declare("view.no_name", "A saved view needs a name.", "Enter one, such as “Ready in the UK”.")
TOO_MANY_VIEWS = declare("view.too_many", "There are %(most)s saved views of this list already.", "Remove one first.")


def of(user: User, page: str) -> list[SavedView]:
    return list(SavedView.objects.filter(user=user, page=page).order_by("name"))


def save(*, user: User, page: str, name: str, query: str) -> SavedView:
    """Keep the filters under this name; the same name is changed. A page number is not part of a view."""
    if page not in PAGES:
        raise ValueError(f"views of {page} are not saved")
    short = " ".join(name.split())[:60]
    if not short:
        raise Refused(Problem(NO_NAME))
    known = SavedView.objects.filter(user=user, page=page)
    if not known.filter(name=short).exists() and known.count() >= MOST:
        raise Refused(Problem(TOO_MANY_VIEWS, {"most": MOST}))
    row, _made = SavedView.objects.update_or_create(user=user, page=page, name=short, defaults={"query": cleaned(query)})
    return row


def cleaned(query: str) -> str:
    """The query string without the page number, within what a column holds."""
    kept = QueryDict(query[:500], mutable=True)
    kept.pop("page", None)
    return kept.urlencode()[:500]
