"""From the name of a front-end entry to the address of the file that Vite built for it."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

MANIFEST = "manifest.json"


def asset_url(name: str) -> str:
    """The address of an entry ("main.ts", "main.css") or of a file copied as it is ("plotly-global.css").

    The file name already holds a hash of its content, so the static storage is not asked for another one:
    a chunk that imports "./main-<hash>.js" must meet the very address the page has loaded.

    Raises:
        ImproperlyConfigured: the front end is not built, or knows no such entry.
    """
    dist = Path(settings.FRONTEND_DIST)
    return f"{settings.STATIC_URL}dist/{_file_of(name, dist)}"


def _file_of(name: str, dist: Path) -> str:
    try:
        entries = _entries(dist / MANIFEST, (dist / MANIFEST).stat().st_mtime_ns)
    except FileNotFoundError:
        raise ImproperlyConfigured(
            "The front end is not built: run `npm ci && npm run build` in frontend/ (`make demo` does it)."
        ) from None
    if name in entries:
        return entries[name]
    if Path(f"{dist}/{name}").is_file():  # a template's SafeString cannot be joined to a path as it is
        return name
    raise ImproperlyConfigured(f"The front end has no entry {name!r}; it has {', '.join(sorted(entries))}.")


@lru_cache(maxsize=1)
def _entries(manifest: Path, changed_ns: int) -> dict[str, str]:
    """Entry name -> built file. `changed_ns` is in the key, so that a new build is seen without a restart."""
    chunks = json.loads(manifest.read_text(encoding="utf-8"))
    return {Path(key).name: chunk["file"] for key, chunk in chunks.items() if chunk.get("isEntry")}
