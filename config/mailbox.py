"""Mail that goes nowhere: in development every message is kept in a folder and shown at /mailbox/."""

from __future__ import annotations

import email
import email.policy
import os
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage as ReadMessage
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from config import data_dir

SHOWN = 100


class MailboxBackend(BaseEmailBackend):
    """Writes each message to its own file, named by the moment it was sent."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = data_dir.private(settings.MAILBOX_DIR)
        for message in email_messages:
            name = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
            draft = folder / f".{name}"
            draft.write_bytes(message.message().as_bytes())
            draft.chmod(0o600)
            os.rename(draft, folder / f"{name}.eml")
        return len(email_messages)


@dataclass(frozen=True)
class Letter:
    """One kept message as the page shows it."""

    name: str
    sender: str
    recipients: str
    subject: str
    date: str
    body: str


def letters(limit: int = SHOWN) -> list[Letter]:
    """The newest messages first."""
    folder = Path(settings.MAILBOX_DIR)
    files = sorted(folder.glob("*.eml"), reverse=True)[:limit] if folder.is_dir() else []
    return [_read(file) for file in files]


def _read(file: Path) -> Letter:
    message = email.message_from_bytes(file.read_bytes(), _class=ReadMessage, policy=email.policy.default)
    part = message.get_body(preferencelist=("plain", "html"))
    body = "" if part is None else str(part.get_content())
    return Letter(file.stem, str(message["From"]), str(message["To"]), str(message["Subject"]), str(message["Date"]), body)


def mailbox(request: HttpRequest) -> HttpResponse:
    """GET /mailbox/: only outside production, where its letters hold invitations and password links."""
    if not settings.MAILBOX_SHOWN:
        raise Http404
    return render(request, "config/mailbox.html", {"letters": letters()})
