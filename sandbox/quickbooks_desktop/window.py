"""The Web Connector's window: what is installed, how its last updates went, and every call of one of them."""

from __future__ import annotations

from html import escape
from typing import Any

from sandbox.quickbooks_desktop import applications
from sandbox.quickbooks_desktop.applications import Installed
from sandbox.quickbooks_desktop.company import Company
from sandbox.quickbooks_desktop.markup import card, facts, link, table


def connector(company: Company, here: str) -> str:
    """One card per application, with its updates."""
    found = applications.of_file(company.conn, company.file)
    if not found:
        empty = "<p>No application is installed. Open its .qwc file with the Web Connector to add one.</p>"
        return card("Web Connector", empty, company.info["name"])
    return "".join(_application(company, one, here) for one in found)


def _application(company: Company, one: Installed, here: str) -> str:
    every = f"every {one.app.every // 60} min" if one.app.every else "by hand"
    about = facts({
        "Last result": one.state.get("last_status", "Not run yet"), "Last run": one.state.get("last_run"), "Runs": every,
        "Not before": one.state.get("not_before"), "User": one.app.user, "Service": one.app.url, "Support": one.app.support,
        "Owner": one.app.owner, "File": one.app.file_id,
    })  # fmt: skip
    rows = [
        (link(f"{here}/session?id={run['id']}", run["at"].replace("T", " ")), escape(run["status"]), str(len(run["transcript"])))
        for run in applications.sessions(company.conn, one.id)
    ]
    return card(one.app.name, about + table(("=Update", "Result", "#Calls"), rows, empty="No updates yet."), one.app.description)


def session(company: Company, number: str) -> str:
    """Every call of one update, what was sent and what came back."""
    row = company.conn.execute("SELECT * FROM qbd_session WHERE id = ? AND file = ?", (number, company.file)).fetchone()
    if row is None:
        return card("Update", "<p>There is no such update.</p>")
    runs = [run for run in applications.sessions(company.conn, row["application"]) if run["id"] == row["id"]]
    calls = "".join(_call(call) for run in runs for call in run["transcript"])
    return card("Update", calls, f"{row['at'].replace('T', ' ')}: {row['status']}")


def _call(call: dict[str, Any]) -> str:
    got = call["got"] if isinstance(call["got"], str) else ", ".join(call["got"])
    sent = "\n".join(call["sent"])
    short = escape(got[:70]) if got else "nothing"
    return (
        f"<details><summary><strong>{escape(call['call'])}</strong> <span class='soft'>{short}</span></summary>"
        f"<pre>{escape(sent)}</pre><pre>{escape(got)}</pre></details>"
    )
