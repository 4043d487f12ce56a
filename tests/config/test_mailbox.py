"""Mail of a development machine ends in a folder and on one page; in production there is no such page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from config import mailbox


@pytest.fixture
def kept(tmp_path: Path, settings: Any) -> Path:
    settings.MAILBOX_DIR = tmp_path / "mailbox"
    settings.EMAIL_BACKEND = "config.mailbox.MailboxBackend"
    return tmp_path / "mailbox"


@pytest.mark.django_db
def test_letters_are_shown_newest_first_and_escaped(kept: Path, client: Client) -> None:
    EmailMessage("First", "Hello", to=["a@example.com"]).send()
    EmailMessage(
        "Zweite – ü", "<script>x</script> http://127.0.0.1:8000/accounts/confirm-email/abc/", to=["b@example.com"]
    ).send()
    assert [letter.subject for letter in mailbox.letters()] == ["Zweite – ü", "First"]
    page = client.get("/mailbox/").content.decode()
    assert page.index("Zweite – ü") < page.index("First")
    assert "<script>x" not in page
    assert 'href="http://127.0.0.1:8000/accounts/confirm-email/abc/"' in page


def test_letters_are_private_files(kept: Path) -> None:
    EmailMessage("Private", "Body", to=["a@example.com"]).send()
    (letter,) = kept.glob("*.eml")
    assert letter.stat().st_mode & 0o077 == 0
    assert kept.stat().st_mode & 0o077 == 0


def test_the_page_is_not_there_in_production(kept: Path, client: Client, settings: Any) -> None:
    settings.MAILBOX_SHOWN = False
    assert client.get("/mailbox/").status_code == 404
