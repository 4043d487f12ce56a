"""Signing in to the REST interface: password, then three letters of the memorable word, then a token that idles out.

Positions count from 1 and letters are compared without case. Five bad tries in a row, of either step, lock the account.
"""

from __future__ import annotations

import random
import secrets
import uuid
from datetime import timedelta
from typing import Any, Final

from sandbox.kashflow import problems
from sandbox.kashflow.company import Body, Company
from sandbox.kashflow.problems import Refused
from sandbox.world import World

IDLE: Final = timedelta(minutes=60)
TEMPORARY: Final = timedelta(minutes=10)
TRIES: Final = 5
ASKED: Final = 3
SCHEME: Final = "KfToken "


class Sessions:
    """Temporary and session tokens, in the store."""

    def __init__(self, world: World) -> None:
        self.world = world

    def begin(self, sent: Body) -> Body:
        """Step one: user name and password. A try that fails is counted before it is refused."""
        with self.world.db() as conn:
            row = conn.execute("SELECT id FROM kf_company WHERE username = ?", (str(sent.get("UserName", "")),)).fetchone()
            company = Company(conn, row["id"], self.world.now()) if row else None
            refused = _tried(company, company is not None and _same(sent.get("Password"), company.settings["password"]))
            if company and not refused:
                positions = sorted(random.SystemRandom().sample(range(1, len(company.settings["memorable"]) + 1), ASKED))
                token = self._keep(conn, company, "temporary", ",".join(map(str, positions)))
                asked = [{"Position": position, "Value": ""} for position in positions]
                return {"TemporaryToken": token, "MemorableWordList": asked, **_standing(company)}
        raise refused or problems.bad_login()

    def finish(self, sent: Body) -> Body:
        """Step two: the letters asked for. The temporary token is used up, whatever comes of it."""
        with self.world.db() as conn:
            row = self._row(conn, str(sent.get("TemporaryToken", "")), "temporary", TEMPORARY)
            if row is None:
                raise problems.invalid_session()
            conn.execute("DELETE FROM kf_session WHERE token = ?", (row["token"],))
            company = Company(conn, row["company"], self.world.now())
            refused = _tried(company, _letters_right(company, row["positions"], sent.get("MemorableWordList")))
            if not refused:
                company.set(bad_logins=0)
                expiry = (company.now + timedelta(days=365)).isoformat(sep=" ")
                token = self._keep(conn, company, "session", "")
                return {
                    "SessionToken": token,
                    "SubscriptionExpiryDate": expiry,
                    **_standing(company),
                }
        raise refused

    def end(self, token: str) -> None:
        with self.world.db() as conn:
            conn.execute("DELETE FROM kf_session WHERE token = ?", (token.lower(),))

    def company(self, conn: Any, header: str) -> str:
        """The company a session is for; using it starts its hour again. Refused 401 otherwise."""
        token = header.removeprefix(SCHEME) if header.startswith(SCHEME) else ""
        row = self._row(conn, token, "session", IDLE)
        if row is None:
            raise problems.invalid_session()
        company = Company(conn, row["company"], self.world.now())
        if company.settings["locked"]:
            raise problems.account_locked()
        conn.execute("UPDATE kf_session SET used = ? WHERE token = ?", (self.world.now().isoformat(), row["token"]))
        return company.id

    def _row(self, conn: Any, token: str, stage: str, life: timedelta) -> Any:
        since = (self.world.now() - life).isoformat()
        where = (token.strip().lower(), stage, since)
        return conn.execute("SELECT * FROM kf_session WHERE token = ? AND stage = ? AND used > ?", where).fetchone()

    def _keep(self, conn: Any, company: Company, stage: str, positions: str) -> str:
        token = str(uuid.uuid4())
        row = (token, company.id, stage, positions, self.world.now().isoformat())
        conn.execute("INSERT INTO kf_session VALUES (?, ?, ?, ?, ?)", row)
        return token


def _same(said: Any, expected: str) -> bool:
    return secrets.compare_digest(str(said or "").encode(), expected.encode())


def _tried(company: Company | None, right: bool) -> Refused | None:
    """The refusal, if any; counts a bad try. A locked account refuses the right password too."""
    if company is None:
        return problems.bad_login()
    if company.settings["locked"]:
        return problems.account_locked()
    if right:
        return None
    bad = company.settings["bad_logins"] + 1
    company.set(bad_logins=bad, locked=bad >= TRIES)
    return problems.account_locked() if bad >= TRIES else problems.bad_login()


def _letters_right(company: Company, positions: str, said: Any) -> bool:
    word = company.settings["memorable"].casefold()
    wanted = {position: word[int(position) - 1] for position in positions.split(",")}
    given = said if isinstance(said, list) else []
    pairs = [(str(one.get("Position")), str(one.get("Value", "")).casefold()) for one in given if isinstance(one, dict)]
    return len(pairs) == ASKED and dict(pairs) == wanted


def _standing(company: Company) -> Body:
    return {
        "CompanyId": int(company.id), "CompanyUserId": int(company.id) * 10 + 1, "IsLockedOut": False,
        "SubscriptionExpired": False, "HasTemporaryPassword": False, "Disabled": False, "KeepUserLoggedIn": False,
        "PackageName": "Business",
    }  # fmt: skip
