"""Set up .venv from a locked requirements file; standard library only.

    python requirements/install.py app     what `make demo` needs
    python requirements/install.py dev     what `make test` needs, Chromium included

A second call with nothing changed does nothing. What is missing on the machine is installed where that is
possible (apt, as root) or named with the exact command.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from ctypes.util import find_library
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LIBRARIES = {
    "pango-1.0": "libpango-1.0-0",
    "pangoft2-1.0": "libpangoft2-1.0-0",
    "harfbuzz-subset": "libharfbuzz-subset0",
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main(kind: str) -> None:
    install_packages(kind)
    missing = [package for name, package in LIBRARIES.items() if not find_library(name)]
    if missing:
        install_system(missing, "to print case summaries as PDF", needed=False)
    if kind == "dev" and not any(map(shutil.which, BROWSERS)):
        install_system(["chromium"], "to test pages in a browser", needed=True)


def install_packages(kind: str) -> None:
    lock = ROOT / "requirements" / f"{kind}.txt"
    stamp = VENV / f".installed-{kind}"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    say(f"Installing {kind} requirements into .venv (once; about a minute)")
    started = time.monotonic()
    if not (VENV / "bin" / "python").exists():
        run(
            [sys.executable, "-m", "venv", str(VENV)],
            "a virtual environment could not be made; on Debian: apt-get install python3-venv",
        )
    run(
        [
            str(VENV / "bin" / "python"),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--quiet",
            "--disable-pip-version-check",
            "--require-hashes",
            "-r",
            str(lock),
        ],
        "the packages could not be installed; is the network up and the disk "
        f"not full ({free_megabytes()} MB free)? The lines above say which package failed.",
    )
    stamp.write_text(digest)
    say(f"  done in {time.monotonic() - started:.0f} s")


def install_system(packages: list[str], why: str, needed: bool) -> None:
    command = f"apt-get install -y {' '.join(packages)}"
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say(f"Installing {', '.join(packages)} {why}")
        quiet = {
            "stdout": subprocess.DEVNULL,
            "stderr": subprocess.DEVNULL,
            "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        }
        subprocess.run(["apt-get", "update"], check=False, **quiet)
        if subprocess.run(["apt-get", "install", "-y", *packages], check=False, **quiet).returncode == 0:
            return
    if needed:
        stop(f"{', '.join(packages)} is needed {why}: {command}")
    say(f"note: {', '.join(packages)} is missing ({why}): {command}")


def run(command: list[str], otherwise: str) -> None:
    if subprocess.run(command, check=False).returncode:
        stop(otherwise)


def free_megabytes() -> int:
    return shutil.disk_usage(ROOT).free // 1_000_000


def say(line: str) -> None:
    print(line, flush=True)


def stop(line: str) -> None:
    raise SystemExit(f"error: {line}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "app")
