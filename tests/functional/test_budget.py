"""What the browser has to load, compressed as on the wire. Over the budget, the build is not fit to ship."""

from __future__ import annotations

import json
from pathlib import Path

import brotli
import pytest

DIST = Path(__file__).resolve().parents[2] / "frontend" / "dist"


@pytest.fixture(scope="module")
def chunks() -> dict[str, dict]:
    manifest = DIST / "manifest.json"
    if not manifest.exists():
        pytest.fail("The front end is not built: run `npm ci && npm run build` in frontend/")
    return json.loads(manifest.read_text())


def kilobytes(*files: str) -> float:
    return sum(len(brotli.compress((DIST / name).read_bytes(), quality=11)) for name in files) / 1000


def entry(chunks: dict[str, dict], name: str) -> str:
    return next(chunk["file"] for key, chunk in chunks.items() if chunk.get("isEntry") and key.endswith(name))


def test_script_of_the_first_load(chunks: dict[str, dict]) -> None:
    assert kilobytes(entry(chunks, "main.ts"), entry(chunks, "theme.ts")) <= 25


def test_style_sheet(chunks: dict[str, dict]) -> None:
    assert kilobytes(entry(chunks, "main.css")) <= 6


def test_plotly_is_apart_and_small_enough(chunks: dict[str, dict]) -> None:
    main = next(chunk for key, chunk in chunks.items() if key.endswith("main.ts"))
    assert not main.get("imports"), "the first load must not pull in another chunk"
    plotly = next(chunk for key, chunk in chunks.items() if "plotly" in key)
    assert plotly["isDynamicEntry"]
    assert kilobytes(plotly["file"]) <= 310


def test_nothing_in_the_build_needs_what_the_policy_forbids(chunks: dict[str, dict]) -> None:
    for name in ("main.ts", "theme.ts"):
        assert "<style" not in (DIST / entry(chunks, name)).read_text()
    sheet = (DIST / entry(chunks, "main.css")).read_text()
    assert "url(http" not in sheet
    assert "light-dark(" in sheet, "the build rewrote the tokens for old browsers"


def test_lock_file_holds_no_download_address() -> None:
    lock = json.loads((DIST.parent / "package-lock.json").read_text())
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    assert [name for name, package in lock["packages"].items() if name and "integrity" not in package] == []
