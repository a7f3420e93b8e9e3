"""The project's settings on services of their own: nothing a test does can touch a real installation."""

import os
import tempfile
from pathlib import Path

from tumorboard.runs import services

HOME_OF_TESTS = Path(os.environ.setdefault("TUMORBOARD_HOME", tempfile.mkdtemp(prefix="tumorboard-tests-")))
os.environ.setdefault("SECRET_KEY", "only-for-tests")
os.environ.setdefault("DATABASE_URL", services.postgres_url(HOME_OF_TESTS))
os.environ.setdefault("REDIS_URL", f"redis://127.0.0.1:{services.free_port()}/0")
os.environ.setdefault("JOB_LEASE_SECONDS", "2")
os.environ.setdefault("GATE", "inline")
os.environ.setdefault("LOG_LEVEL", "WARNING")

from tumorboard.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DEBUG = False
STYLEGUIDE = True
AXES_ENABLED = False
