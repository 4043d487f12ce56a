"""Settings. Everything that differs between machines is an environment variable, listed in .env.example."""

from __future__ import annotations

from datetime import timedelta

import environ
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _
from kombu import Exchange, Queue

from config import data_dir
from config.env import DEVELOPMENT, PRODUCTION, database_url, env, secret_key, vault_keys
from config.logs import logging_settings
from config.providers import provider_settings

BASE_DIR = data_dir.BASE_DIR
DATA_DIR = data_dir.data_dir()
TIEOUT_ENV = env.str("TIEOUT_ENV", default=DEVELOPMENT)
IS_PRODUCTION = TIEOUT_ENV == PRODUCTION
DEBUG = env.bool("DEBUG", default=False)

# Which of the three database users this process is: app (web, worker), owner (migrations) or console (operator).
TIEOUT_ROLE = env.str("TIEOUT_ROLE", default="app")

SECRET_KEY = secret_key(IS_PRODUCTION)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
VAULT_KEYS = vault_keys(IS_PRODUCTION)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if IS_PRODUCTION else ["127.0.0.1", "localhost", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# Where people reach the product: OAuth return addresses and mailed links begin with it.
PUBLIC_URL = env.str("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "config.apps.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_celery_beat",
    "django_htmx",
    "django_filters",
    "django_structlog",
    "rest_framework",
    "tenants",
    "connections",
    "syncs",
    "reconciliation",
]

if TIEOUT_ROLE != "console":  # the console serves no API, so there is nothing to describe
    INSTALLED_APPS.append("drf_spectacular")

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.SecurityHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "tenants.middleware.TenantMiddleware",
    "tenants.visits.SupportMiddleware",
]

ROOT_URLCONF = "config.urls_console" if TIEOUT_ROLE == "console" else "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.installation",
            ],
        },
    },
]

# ------------------------------------------------------------------ database

DATABASES = {
    "default": {
        **environ.Env.db_url_config(database_url(TIEOUT_ROLE, IS_PRODUCTION)),
        "ENGINE": "tenants.postgres",
        # One long-lived session per process and thread. The tenant is a session variable, so a
        # pooler in between must pool sessions, not transactions.
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
        "DISABLE_SERVER_SIDE_CURSORS": False,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": env.cache_url("CACHE_URL", default="dbcache://django_cache"),
}
# The login's counters live here. A full cache throws entries away, oldest or not: with Django's 300, three hundred
# wrong passwords for other people would wipe the count of one.
CACHES["default"].setdefault("OPTIONS", {}).setdefault("MAX_ENTRIES", 1_000_000)

# ------------------------------------------------------------------ people

AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "name"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "tenants.passwords.CompositionValidator"},
    {"NAME": "tenants.passwords.NamePartValidator"},
    {"NAME": "tenants.passwords.HistoryValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "tenants.adapters.AccountAdapter"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True  # only in the browser that signed up
# The library's own limits would allow 1440 guesses a day at one account, for ever; after ten it is closed for the day.
ACCOUNT_RATE_LIMITS = {"login_failed": "20/m/ip,5/5m/key,10/d/key", "reauthenticate": "5/m/user,20/d/user"}
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if PUBLIC_URL.startswith("https") else "http"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Tieout"
MFA_ADAPTER = "config.mfa.SealedSecretsAdapter"

# ------------------------------------------------------------------ words and time

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
# Operators compare moments across companies: dates that sort, and UTC said.
FORMAT_MODULE_PATH = ["config.console.formats"] if TIEOUT_ROLE == "console" else []
USE_TZ = True
TIME_ZONE = "UTC"
CLOCK_OFFSET = env.float("CLOCK_OFFSET", default=0.0)  # seconds; see config/clock.py

# ------------------------------------------------------------------ files

STATIC_URL = "/static/"
# Development serves from the source folders; production from what collectstatic gathered, under hashed names.
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")) if IS_PRODUCTION else None
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = DATA_DIR / "blobs"
STORAGES = {
    "default": {
        "BACKEND": env.str("BLOB_STORAGE", default="django.core.files.storage.FileSystemStorage"),
        "OPTIONS": env.json(
            "BLOB_STORAGE_OPTIONS", default={"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
        ),
    },
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if IS_PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage",
    },
}
WHITENOISE_USE_FINDERS = not IS_PRODUCTION
WHITENOISE_AUTOREFRESH = DEBUG
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600

# ------------------------------------------------------------------ mail

# In development mail is kept in a folder and shown at /mailbox/; in production it needs a server.
EMAIL_BACKEND = env.str(
    "EMAIL_BACKEND", default="django.core.mail.backends.smtp.EmailBackend" if IS_PRODUCTION else "config.mailbox.MailboxBackend"
)
if "EMAIL_URL" in env:
    vars().update(env.email_url("EMAIL_URL"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Tieout <tieout@localhost>")
MAILBOX_DIR = DATA_DIR / "mailbox"
MAILBOX_SHOWN = not IS_PRODUCTION

# ------------------------------------------------------------------ queue

QUEUE_DIR = DATA_DIR / "queue"
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="folder://")
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_DEFAULT_QUEUE = "tieout"
# What takes many seconds has a queue of its own; a worker started without -Q serves both.
LONG_QUEUE = "tieout-long"
CELERY_TASK_QUEUES = [Queue(name, Exchange(name), routing_key=name) for name in (CELERY_TASK_DEFAULT_QUEUE, LONG_QUEUE)]
CELERY_TASK_ROUTES = {"syncs.tasks.run_long": {"queue": LONG_QUEUE}}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = env.int("WORKER_CONCURRENCY", default=2)
# Fair shares: how many workers one tenant may keep busy at once, over all hosts, and how long a worker stays with
# one run before the others get their turn.
TENANT_SEATS = env.int("TENANT_SEATS", default=max(1, CELERY_WORKER_CONCURRENCY // 4))
RUN_TURN = timedelta(seconds=env.float("RUN_TURN_SECONDS", default=5))
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_SOFT_TIME_LIMIT = 15 * 60
CELERY_TASK_TIME_LIMIT = 20 * 60
# The broker gives an unacknowledged message to another worker after this; it must outlast the longest task.
BROKER_VISIBILITY_SECONDS = 60 * 60
CELERY_ENABLE_UTC = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = env.str("CELERY_BEAT_SCHEDULER", default="syncs.beat:DueScheduler")
if CELERY_BROKER_URL.startswith("folder:"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(QUEUE_DIR / "messages"),
        "data_folder_out": str(QUEUE_DIR / "messages"),
        "control_folder": str(QUEUE_DIR / "control"),
        "polling_interval": 0.2,
    }
elif CELERY_BROKER_URL.startswith("redis"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": BROKER_VISIBILITY_SECONDS, "unacked_restore_throttle": 1}
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {"confirm_publish": True}

# ------------------------------------------------------------------ posting

# How long one worker has a document for itself, and how long after sending it may still turn up in the ledger
# (a request may take QuickBooks 120 s, and what is new may be hidden from its queries for half a minute).
POSTING_LEASE_SECONDS = env.int("POSTING_LEASE_SECONDS", default=300)
POSTING_CONFIRM_SECONDS = env.int("POSTING_CONFIRM_SECONDS", default=180)
# How long what a polling program has fetched may take to reach the books: so long nobody else is told that it never did.
POLL_SETTLE_SECONDS = env.int("POLL_SETTLE_SECONDS", default=60)

# ------------------------------------------------------------------ providers

# Production offers customers no twins unless somebody says where they are.
TWINS_URL = env.str("TIEOUT_TWINS_URL", default="" if IS_PRODUCTION else "http://127.0.0.1:8001").rstrip("/")
PROVIDERS = provider_settings(TWINS_URL)

# ------------------------------------------------------------------ API

REST_FRAMEWORK = {
    # What a door of the partner API is like is said in tenants/partner/door.py; these hold for anything else.
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": "tenants.partner.door.Nobody",
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Tieout partner API",
    "DESCRIPTION": "Settlements, their proofs and postings, and everything around them. Additive changes come without notice: "
    "expect new fields, new values of enumerations and new event types.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVERS": [{"url": "/", "description": "This installation"}],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "PATH_CONVERTER_OVERRIDES": {"pid": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}},
    "PREPROCESSING_HOOKS": ["tenants.partner.schema.only_ours"],
    "POSTPROCESSING_HOOKS": ["tenants.partner.schema.finish"],
}
# Requests a minute with one key, and an hour with all keys of one company.
API_BURST = env.int("API_BURST", default=240)
API_HOURLY = env.int("API_HOURLY", default=10_000)
# Webhooks go to public https addresses only; on a development machine also to a receiver on the machine itself.
WEBHOOKS_ALLOW_LOOPBACK = env.bool("WEBHOOKS_ALLOW_LOOPBACK", default=not IS_PRODUCTION)

# ------------------------------------------------------------------ admin

# The product's blue in Unfold's eleven steps, lightest first.
CONSOLE_BLUE = {
    "50": "oklch(97% .014 254.604)",
    "100": "oklch(93.2% .032 255.585)",
    "200": "oklch(88.2% .059 254.128)",
    "300": "oklch(80.9% .105 251.813)",
    "400": "oklch(70.7% .165 254.624)",
    "500": "oklch(62.3% .214 259.815)",
    "600": "oklch(54.6% .245 262.881)",
    "700": "oklch(48.8% .243 264.376)",
    "800": "oklch(42.4% .199 265.638)",
    "900": "oklch(37.9% .146 265.522)",
    "950": "oklch(28.2% .091 267.935)",
}
UNFOLD = {
    "SITE_TITLE": "Tieout console",
    "SITE_HEADER": "Tieout console",
    "SITE_SUBHEADER": _("Operators"),
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SITE_URL": PUBLIC_URL,
    "SITE_ICON": lambda request: static("tieout/mark.svg"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("tieout/mark.svg")}],
    "COLORS": {"primary": CONSOLE_BLUE},
    "SIDEBAR": {"show_search": True, "show_all_applications": False, "navigation": "config.console.menu.navigation"},
}

# ------------------------------------------------------------------ safety

SECURE_COOKIES = PUBLIC_URL.startswith("https")
SESSION_COOKIE_NAME = "__Host-session" if SECURE_COOKIES else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE_COOKIES else "csrf"
if TIEOUT_ROLE == "console":
    SESSION_COOKIE_NAME += "-console"
    CSRF_COOKIE_NAME += "-console"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # no third cookie
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_SSL_REDIRECT = IS_PRODUCTION and env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^healthz/"]  # load balancers ask over plain HTTP inside the network
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE_COOKIES else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_COOKIES
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LOGGING = logging_settings(level=env.str("LOG_LEVEL", default="INFO"), as_json=IS_PRODUCTION)
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_COMMAND_LOGGING_ENABLED = False
