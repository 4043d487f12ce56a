"""Secrets that sing: every credential the suite handles is looked for wherever it must never turn up.

A plugin of the whole suite. What is *learned* is taken where secrets enter: tokens as they go into the vault or
are adopted, letters sealed between our processes, passwords as they are set, seeds of second steps, and the
installation's own keys. What is *seen* is everything that leaves or stays readable: log lines as the product's own
handler would write them, calls as logged (after masking), task arguments, mail, pages, output and log files of processes, and
every row of every table that the operator's console may read. A secret that is seen, plain, URL-encoded or in base64,
fails the test it was seen in, and the summary at the end says how much was looked at.

A test that makes a secret of its own adds it: `canaries.learn("the secret", "what it is")`.
"""

from __future__ import annotations

import base64
import functools
import logging
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from django.conf import settings

SHORTEST = 8  # anything shorter occurs by chance
MOST_ROWS = 5000
LARGEST_LOG = 50 * 1024 * 1024
# Pages whose very purpose is to show a secret to its owner, once.
SHOWN_ON = {
    "seed of a second step": re.compile(r"page /accounts/2fa/"),
    "API key": re.compile(r"page /app/[^/]+/api-keys/"),
    "signing secret": re.compile(r"page (/app/[^/]+/(connections/)?webhooks/|/api/v1/webhook)"),
}
# Who is logged in where: session data hold password hashes and are not read by people.
UNREAD = {"django_session", "django_migrations", "django_content_type", "auth_permission"}


class Watch:
    """What is secret, and where it was seen."""

    def __init__(self) -> None:
        self.forever: dict[str, str] = {}
        self.now: dict[str, str] = {}
        self.hits: list[str] = []
        self.learned = self.looked_at = 0
        self._texts: list[tuple[str, str]] = []

    def learn(self, secret: str | bytes | None, what: str, *, forever: bool = False) -> None:
        text = secret.decode("utf-8", "replace") if isinstance(secret, bytes) else str(secret or "")
        if len(text) < SHORTEST:
            return
        known = self.forever if forever else self.now
        self.learned += text not in known
        for form in forms_of(text):
            known[form] = what

    def see(self, where: str, text: Any) -> None:
        """Remember a text until the end of the test: what it holds may be learned to be secret only later."""
        if text:
            self._texts.append((where, text if isinstance(text, str) else str(text)))

    def look(self) -> list[str]:
        """Look through everything seen, and forget it. Returns what was found, without saying the secret."""
        found = []
        secrets = {**self.forever, **self.now}
        for where, text in self._texts:
            self.looked_at += 1
            for secret, what in secrets.items():
                if secret in text and not _may_be_shown(what, where):
                    at = text.index(secret)
                    around = text[max(0, at - 60) : at] + "<<HERE>>" + text[at + len(secret) : at + len(secret) + 40]
                    found.append(f"{what} in {where}: {around!r}")
        self._texts.clear()
        self.now.clear()
        self.hits += found
        return found


def _may_be_shown(what: str, where: str) -> bool:
    return what in SHOWN_ON and SHOWN_ON[what].match(where) is not None


def forms_of(secret: str) -> set[str]:
    """The secret as it is, in a URL, in JSON, and in base64 (whose last characters depend on what follows)."""
    raw = secret.encode()
    encoded = {base64.b64encode(raw).decode().rstrip("="), base64.urlsafe_b64encode(raw).decode().rstrip("=")}
    forms = {secret, quote(secret, safe=""), secret.replace('"', '\\"')} | {text[:-2] for text in encoded if len(text) > 12}
    return {form for form in forms if len(form) >= SHORTEST}


watch = Watch()


def scan_tables(console_url: str) -> None:
    """Every row that the operators' console may read. Called before committed rows are emptied."""
    if not watch.now:
        return
    with psycopg.connect(console_url, autocommit=True) as console:
        tables = console.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'"
            " AND c.relkind = 'r' AND pg_relation_size(c.oid) > 0 AND has_table_privilege(c.oid, 'SELECT')"
        ).fetchall()
        for (table,) in tables:
            if table in UNREAD:
                continue
            with suppress(psycopg.errors.InsufficientPrivilege):
                rows = console.execute(f"SELECT t::text FROM {table} t LIMIT {MOST_ROWS}").fetchall()
                watch.see(f"table {table}", "\n".join(row[0] for row in rows))


# ------------------------------------------------------------------ where secrets come in, and where they must not come out


class _Lines(logging.Handler):
    """Log lines exactly as the product writes them: its filter first, then its formatter."""

    def emit(self, record: logging.LogRecord) -> None:
        watch.see(f"log {record.name}", self.format(record))


def _wrap(patch: pytest.MonkeyPatch, owner: Any, name: str, after: Callable[..., None]) -> None:
    real = getattr(owner, name)

    @functools.wraps(real)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        result = real(*args, **kwargs)
        after(result, *args, **kwargs)
        return result

    patch.setattr(owner, name, wrapped)


def _learn_where_they_enter(patch: pytest.MonkeyPatch) -> None:
    from django.contrib.auth.base_user import AbstractBaseUser

    from config.mfa import SealedSecretsAdapter
    from connections import oauth, sealed, tokens
    from connections.outbound import signing
    from tenants.partner import keys

    def of_tokens(given: Any) -> None:
        watch.learn(given.access_token, "access token")
        watch.learn(given.refresh_token, "refresh token")

    _wrap(patch, tokens, "store", lambda _r, _grant, given, **_more: of_tokens(given))
    _wrap(patch, oauth, "establish", lambda _r, **said: of_tokens(said["given"]))
    _wrap(patch, AbstractBaseUser, "set_password", lambda _r, _user, raw: watch.learn(raw, "password"))
    _wrap(patch, SealedSecretsAdapter, "encrypt", lambda _r, _self, text: watch.learn(text, "seed of a second step"))
    _wrap(patch, sealed, "seal", lambda _r, contents, purpose: _learn_letter(contents, purpose))
    _wrap(patch, keys, "create_key", lambda made, **_said: watch.learn(made[1], "API key"))
    _wrap(patch, signing, "give_secret", lambda made, *_a, **_k: watch.learn(made.removeprefix(signing.PREFIX), "signing secret"))
    for key in [settings.SECRET_KEY, *settings.VAULT_KEYS]:
        watch.learn(key, "key of the installation", forever=True)
    for environments in settings.PROVIDERS.values():
        for place in environments.values():
            watch.learn(place["client_secret"], "client secret", forever=True)


def _learn_letter(contents: Any, purpose: str) -> None:
    if purpose.startswith("credential:"):
        for name, value in contents.items():
            if "token" in name or "secret" in name:
                watch.learn(value, "credential handed over")


def _see_where_they_may_not_come_out(patch: pytest.MonkeyPatch) -> None:
    from celery import Celery
    from django.core.mail import EmailMessage
    from django.test import Client

    from connections import calls

    _wrap(patch, calls, "mask", lambda kept, _body: watch.see("call log", kept.decode("utf-8", "replace")))
    _wrap(patch, calls, "mask_url", lambda kept, _url: watch.see("call log", kept))
    _wrap(patch, Celery, "send_task", lambda _r, _app, name, *args, **kwargs: watch.see(f"task {name}", f"{args} {kwargs}"))
    _wrap(patch, EmailMessage, "send", lambda _r, letter, *_a, **_k: watch.see("mail", f"{letter.subject}\n{letter.body}"))
    _wrap(patch, Client, "request", lambda answer, _client, **_request: _see_page(answer))
    _wrap(patch, subprocess.Popen, "communicate", lambda out, _process, *_a, **_k: _see_output(out))


def _see_page(answer: Any) -> None:
    path = answer.request.get("PATH_INFO", "")
    watch.see(f"header of {path}", " ".join(f"{name}: {value}" for name, value in answer.headers.items()))
    if not getattr(answer, "streaming", False):
        watch.see(f"page {path}", answer.content.decode("utf-8", "replace"))


def _see_what_processes_said(item: Any, folder: Path | None) -> None:
    """What the test and processes it started wrote to the terminal, and the log files of workers and brokers."""
    for _phase, stream, text in getattr(item, "_report_sections", ()):
        if stream in ("stdout", "stderr"):
            watch.see(stream, text)
    for file in folder.rglob("*log*") if folder is not None else ():
        if file.is_file() and file.stat().st_size < LARGEST_LOG:
            watch.see(f"file {file.name}", file.read_text("utf-8", "replace"))


def _see_output(output: Any) -> None:
    for stream in output or ():
        watch.see("output of a process", stream.decode("utf-8", "replace") if isinstance(stream, bytes) else stream)


@pytest.fixture(scope="session", autouse=True)
def _canaries_wired() -> Iterator[None]:
    patch = pytest.MonkeyPatch()
    _learn_where_they_enter(patch)
    _see_where_they_may_not_come_out(patch)
    lines = _Lines()
    ours = next((handler for handler in logging.getLogger().handlers if type(handler) is logging.StreamHandler), None)
    if ours is not None:
        lines.setFormatter(ours.formatter)
        for each in ours.filters:
            lines.addFilter(each)
    logging.getLogger().addHandler(lines)
    yield
    logging.getLogger().removeHandler(lines)
    patch.undo()


@pytest.fixture(autouse=True)
def _no_canary_sings(request: pytest.FixtureRequest, _canaries_wired: None) -> Iterator[None]:
    """Torn down after everything else of the test, so that the rows it committed have been looked at."""
    folder = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    yield
    _see_what_processes_said(request.node, folder)
    found = watch.look()
    if found:
        pytest.fail("a secret was seen where it must not be:\n" + "\n".join(dict.fromkeys(found)), pytrace=False)


@pytest.fixture
def canaries() -> Watch:
    """To add a secret (`learn`), or to say that something was seen (`see`)."""
    return watch


def pytest_sessionfinish(session: Any) -> None:
    """A worker of xdist tells its controller, which has the summary."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["canaries"] = [watch.learned, watch.looked_at, watch.hits]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    learned, looked_at, hits = getattr(node, "workeroutput", {}).get("canaries", [0, 0, []])
    watch.learned, watch.looked_at, watch.hits = watch.learned + learned, watch.looked_at + looked_at, watch.hits + hits


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if watch.learned:
        terminalreporter.write_line(
            f"canaries: {watch.learned} secrets, {watch.looked_at} texts looked at, {len(watch.hits)} hits"
        )
