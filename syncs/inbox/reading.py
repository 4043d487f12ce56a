"""Reading the inbox for its pages: the four tabs under filters, one case, one record. Changes nothing but cases' own state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

from connections.models import ApiCall, Connection
from syncs import flows
from syncs.inbox import acts, cases, live, places
from syncs.inbox.live import Trouble
from syncs.models import Case, Integration, LedgerDocument, SyncRun, WorkItem
from syncs.pipeline import GIVEN_UP
from syncs.selectors import STUCK
from tenants.models import Alert, User
from tenants.problems import Shown, shown

MINE, NOBODY = "me", "nobody"
SHOWN_CALLS = 30


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters as they stand in the address. `whose` is "", "me", "nobody" or a person's id."""

    tab: str = "open"
    kind: str = ""
    integration: str = ""
    whose: str = ""
    search: str = ""

    @property
    def narrowed(self) -> bool:
        return bool(self.kind or self.integration or self.search or self.whose)


@dataclass(slots=True)
class Group:
    """One case as the list shows it. `trouble` is None once it is over."""

    case: Case
    trouble: Trouble | None
    place: tuple[places.Place, list[str]] | None = None
    titles: list[str] = field(default_factory=list)

    @property
    def problem(self) -> Shown:
        return words(self.case)

    @property
    def stuck(self) -> int:
        return self.trouble.stuck if self.trouble else 0

    @property
    def trying(self) -> int:
        return self.trouble.trying if self.trouble else 0

    @property
    def can_retry(self) -> bool:
        return self.stuck > 0 and self.case.kind in (Case.Kind.RECORD, Case.Kind.RUN, Case.Kind.DOCUMENT)


def words(case: Case) -> Shown:
    """The case's problem in words. Of records that were given up what counts is what they failed of the last time."""
    found = shown({"code": case.problem_code, "params": case.problem_params, "where": case.problem_where})
    last = case.problem_params.get("last")
    if case.problem_code == GIVEN_UP and last:
        return Shown(found.code, str(last), found.remedy, found.severity, found.place)
    return found


# ------------------------------------------------------------------ the list


def groups(wanted: Wanted, *, user: User) -> list[Group]:
    """The groups of the tab Open or Assigned, most pressing first."""
    if cases.out_of_step():
        cases.follow()
    now = {trouble.fingerprint: trouble for trouble in live.troubles()}
    rows = Case.objects.filter(state=Case.State.OPEN).select_related("assignee", "integration")
    found = [Group(case, now[case.fingerprint]) for case in _narrowed(rows, wanted, user) if case.fingerprint in now]
    if wanted.tab == "assigned":
        found = [group for group in found if group.case.assignee_id is not None]
    order = {mark: place for place, mark in enumerate(now)}
    found.sort(key=lambda group: order[group.case.fingerprint])
    return found


def dressed(found: Sequence[Group]) -> Sequence[Group]:
    """The page's groups with the titles of their first records and the place where each is mended."""
    for group in found:
        items = list(records_of(group.case)[:4])
        group.titles = [item.title or item.record for item in items]
        group.place = place_of(group.case, items)
    return found


def resolved(wanted: Wanted, *, user: User) -> QuerySet[Case]:
    """Cases that are over or were put aside, the latest first."""
    over = Case.objects.exclude(state=Case.State.OPEN).select_related("assignee", "integration", "resolved_by")
    return _narrowed(over, wanted, user).order_by("-resolved_at", "-id")


def _narrowed(rows: QuerySet[Case], wanted: Wanted, user: User) -> QuerySet[Case]:
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.integration:
        rows = rows.filter(integration__public_id=wanted.integration)
    if wanted.whose == MINE:
        rows = rows.filter(assignee=user)
    elif wanted.whose == NOBODY:
        rows = rows.filter(assignee=None)
    elif wanted.whose.isdigit():
        rows = rows.filter(assignee=int(wanted.whose))
    if wanted.search:
        text = wanted.search.strip()
        items = WorkItem.objects.filter(Q(title__icontains=text) | Q(record__icontains=text), case__isnull=False)
        rows = rows.filter(Q(pk__in=items.values("case")) | Q(problem_code__icontains=text) | Q(public_id=text))
    return rows


def tab_counts(*, user: User) -> dict[str, int]:
    """How many groups, or records tried again by themselves, each tab holds; of all filters only the tab counts here."""
    standing = groups(Wanted(), user=user)
    return {
        "open": len(standing),
        "assigned": sum(group.case.assignee_id is not None for group in standing),
        "resolved": Case.objects.exclude(state=Case.State.OPEN).count(),
        "retries": live.retrying_records().count() + live.retrying_runs().count(),
    }


def retries(wanted: Wanted) -> QuerySet[WorkItem]:
    rows = live.retrying_records()
    if wanted.integration:
        rows = rows.filter(integration__public_id=wanted.integration)
    if wanted.search:
        rows = rows.filter(Q(title__icontains=wanted.search.strip()) | Q(record__icontains=wanted.search.strip()))
    return rows


# ------------------------------------------------------------------ one case


def group_of(case: Case) -> Group:
    """One case with what is live of it now."""
    found = next((trouble for trouble in live.troubles() if trouble.fingerprint == case.fingerprint), None)
    group = Group(case, found if case.state != Case.State.RESOLVED else None)
    dressed([group])
    return group


def records_of(case: Case) -> QuerySet[WorkItem]:
    """The case's records: while it stands those that share its cause, afterwards those that belonged to it."""
    rows = WorkItem.objects.select_related("run", "integration__source", "integration__ledger", "assignee").order_by("-id")
    if case.state == Case.State.OPEN:
        return rows.filter(fingerprint=case.fingerprint, state__in=[*STUCK, *live.TRYING]).exclude(problem_code="")
    return rows.filter(case=case)


def rows_of(case: Case) -> dict[str, Any]:
    """What a case that is not about records is about: its runs, documents, connection or alert."""
    found: dict[str, Any] = {"runs": [], "documents": [], "connection": None, "alert": None}
    if case.kind == Case.Kind.RUN:
        found["runs"] = acts.runs_of(case)
    elif case.kind == Case.Kind.DOCUMENT:
        found["documents"] = acts.documents_of(case)
    elif case.kind == Case.Kind.CONNECTION:
        found["connection"] = Connection.objects.filter(public_id=case.fingerprint.partition(":")[2]).first()
    else:
        found["alert"] = Alert.objects.filter(fingerprint=case.fingerprint).order_by("-id").first()
    return found


def place_of(case: Case, items: Sequence[WorkItem] = ()) -> tuple[places.Place, list[str]] | None:
    """Where the case is mended, by what its newest record says."""
    if case.kind == Case.Kind.RECORD:
        return places.place_for(case.problem_code, items[0].input) if items else None
    if case.kind == Case.Kind.CONNECTION:
        return places.CONNECTION, [case.fingerprint.partition(":")[2]]
    if case.kind == Case.Kind.NOTICE:
        return _place_of_notice(case)
    return None


def _place_of_notice(case: Case) -> tuple[places.Place, list[str]] | None:
    row = Alert.objects.filter(fingerprint=case.fingerprint).order_by("-id").first()
    return places.place_of_subject(row.subject_type, row.subject_id) if row else None


def calls_for(
    items: Sequence[WorkItem] = (), runs: Sequence[SyncRun] = (), connection: Connection | None = None
) -> list[ApiCall]:
    """The exchanges with providers behind these: failed ones first, then the latest."""
    about = {item.run.correlation_id for item in items} | {run.correlation_id for run in runs}
    asked = Q(correlation_id__in=about - {""})
    if connection is not None:
        asked |= Q(connection=connection)
    found = ApiCall.objects.filter(asked).select_related("connection")
    failed = list(found.exclude(failure="").order_by("-at")[:SHOWN_CALLS])
    return failed or list(found.order_by("-at")[:SHOWN_CALLS])


# ------------------------------------------------------------------ one record


def step_titles(items: Sequence[WorkItem]) -> Mapping[int, str]:
    """What the step is called at which each item stands, as its flow says."""
    names: dict[int, dict[str, str]] = {}
    found = {}
    for item in items:
        version = item.run.flow_version_id
        if version not in names:
            nodes = item.run.flow_version.document["nodes"]
            names[version] = {f"{node['type']}@{node['v']}": node.get("name") or node["type"] for node in nodes}
        found[item.pk] = names[version].get(item.step, item.step)
    return found


def most_attempts(run: SyncRun) -> int:
    return flows.chain(run.flow_version.document).max_attempts


def integrations() -> list[Integration]:
    return list(Integration.objects.order_by("name"))


def documents_in_ledgers(documents: Sequence[LedgerDocument]) -> list[dict[str, Any]]:
    """Held documents with their own words and the page that shows them."""
    return [
        {
            "document": one,
            "problem": shown({"code": one.problem_code, "params": one.problem_params}),
            "place": places.place_of_subject("ledgerdocument", one.public_id),
        }
        for one in documents
    ]
