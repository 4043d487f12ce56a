"""What the environment says: typed reading of variables, and the keys a development machine makes for itself."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit, urlunsplit

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from config import data_dir, embedded
from config.database_roles import ROLES

env = environ.Env()
if env.bool("READ_DOTENV", default=True):
    environ.Env.read_env(data_dir.BASE_DIR / ".env")

PRODUCTION = "production"
DEVELOPMENT = "development"


def required_in_production(name: str, production: bool) -> str | None:
    """The variable's value; None where development may invent one; an error where production must not."""
    value = env.str(name, default="")
    if value:
        return str(value)
    if production:
        raise ImproperlyConfigured(f"{name} must be set in production; see .env.example")
    return None


def secret_key(production: bool) -> str:
    given = required_in_production("SECRET_KEY", production)
    return given or data_dir.remembered(data_dir.data_dir() / "secret_key", lambda: secrets.token_urlsafe(50))


def vault_keys(production: bool) -> list[str]:
    """Fernet keys that wrap the vault's data keys: the first encrypts, all decrypt (rotation)."""
    given = required_in_production("VAULT_KEYS", production)
    if given:
        return [key.strip() for key in given.split(",") if key.strip()]
    made = data_dir.remembered(data_dir.data_dir() / "vault_keys", lambda: Fernet.generate_key().decode())
    return made.split()


def database_url(role: str, production: bool) -> str:
    """Where this process's role connects.

    DATABASE_URL is the application's; DATABASE_URL_OWNER and DATABASE_URL_CONSOLE the others'. Where
    only the first is given, the others differ from it by user name alone. Without any: the embedded server.
    """
    given = required_in_production("DATABASE_URL", production)
    own = env.str(f"DATABASE_URL_{role.upper()}", default="") if role != "app" else given
    if own:
        return str(own)
    return with_user(given, ROLES[role]) if given else embedded.place().url(role)


def with_user(url: str, user: str) -> str:
    """The same database as another user, with the same password if there is one."""
    parts = urlsplit(url)
    credentials, _, host = parts.netloc.rpartition("@")
    _, colon, password = credentials.partition(":")
    return urlunsplit(parts._replace(netloc=f"{user}{colon}{password}@{host}"))
