"""A worker that is made to be killed.

Reads jobs from standard input, one JSON object a line, and does each in a process of its own (a fork of
this one, so that Django is loaded once): post, undo, resume, run, read, sweep or dispatch, with a hook that
may kill the process on the way or lead its database session into another tenant. Answers one line a job: how the process ended. Nothing is shared with it but the database and the
ledger, as between any two workers.

    {"do": "post", "tenant": 1, "documents": [1, 2], "hook": "sent:kill", "offset": 0}
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import Any

from tests.faults import mutations

DATABASE_LOST = 3
WRONG_TENANT = 4


def main() -> None:
    import django

    django.setup()
    mutations.take_out(os.environ.get(mutations.VARIABLE, ""))
    print("ready", flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if child == 0:
            _work_and_leave(job)
        _pid, status = os.waitpid(child, 0)
        print(_ending(status), flush=True)


def _ending(status: int) -> str:
    return f"killed {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}"


def _work_and_leave(job: dict[str, Any]) -> None:
    from django.db import InterfaceError, OperationalError

    from tenants.scope import TenantMismatch

    try:
        _work(job)
    except TenantMismatch:
        os._exit(WRONG_TENANT)
    except (OperationalError, InterfaceError):
        os._exit(DATABASE_LOST)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _work(job: dict[str, Any]) -> None:
    from django.conf import settings

    from syncs import hooks, posting
    from syncs.models import LedgerDocument
    from tenants.scope import tenant_scope

    settings.CLOCK_OFFSET = job["offset"]
    hooks._handler = _stray(job["stray"]) if "stray" in job else hooks.parse(job.get("hook", ""))
    if job["do"] in ("sweep", "dispatch"):
        _send_messages(job["do"])
        return
    with tenant_scope(job["tenant"]):
        if job["do"] == "resume":
            posting.resume()
            return
        if job["do"] in ("run", "read"):
            _carry_out(job["id"]) if job["do"] == "run" else _read(job["id"])
            return
        documents = list(LedgerDocument.objects.filter(pk__in=job["documents"]).select_related("current_revision"))
        if job["do"] == "undo":
            posting.undo(documents=documents)
            return
        if job["do"] == "amend":
            posting.amend(documents=documents, shown=posting.shown(documents))
            return
        posting.post(documents=documents, shown={each.public_id: each.current_revision.hash for each in documents})


def _carry_out(run_id: int) -> None:
    from syncs import dispatch
    from syncs.models import SyncRun

    dispatch.carry_out(run=SyncRun.objects.get(pk=run_id))


def _read(connection_id: int) -> None:
    """One call to a ledger, with whatever that takes."""
    from connections.models import Connection
    from syncs.posting import ledgers

    ledger = ledgers.open_ledger(Connection.objects.get(pk=connection_id))
    ledger.target.company(ledger.door, ledger.account)


def _stray(tenant_id: int) -> Any:
    """Behind everybody's back the database session comes to work for another tenant, as a broken pooler might let it."""
    from django.db import connection

    def handler(point: str) -> None:
        if point == "checked":
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('app.tenant', %s, false)", [str(tenant_id)])

    return handler


def _send_messages(what: str) -> None:
    """What beat would do now, by the broker this process was told."""
    import config.celery  # noqa: F401 - names the application that sends
    from syncs import dispatch, tasks

    dispatch.dispatch_due() if what == "dispatch" else tasks.sweep()


if __name__ == "__main__":
    main()
