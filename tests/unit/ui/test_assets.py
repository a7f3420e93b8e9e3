"""Entry name to built file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from tumorboard.ui.assets import asset_url


@pytest.fixture
def dist(tmp_path: Path, settings) -> Path:
    settings.FRONTEND_DIST = tmp_path
    settings.STATIC_URL = "/static/"
    return tmp_path


def write_manifest(dist: Path, **entries: str) -> None:
    chunks = {f"src/entrypoints/{name}": {"file": file, "isEntry": True} for name, file in entries.items()}
    chunks["node_modules/plotly.js"] = {"file": "assets/plotly-1.js", "isDynamicEntry": True}
    (dist / "manifest.json").write_text(json.dumps(chunks))


def test_entry_and_plain_file(dist: Path) -> None:
    write_manifest(dist, **{"main.ts": "assets/main-abc.js"})
    (dist / "plotly-global.css").touch()
    assert asset_url("main.ts") == "/static/dist/assets/main-abc.js"
    assert asset_url("plotly-global.css") == "/static/dist/plotly-global.css"


def test_a_new_build_is_seen_without_a_restart(dist: Path) -> None:
    write_manifest(dist, **{"main.ts": "assets/main-old.js"})
    asset_url("main.ts")
    write_manifest(dist, **{"main.ts": "assets/main-new.js"})
    assert asset_url("main.ts").endswith("main-new.js")


def test_not_built_says_what_to_do(dist: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="npm run build"):
        asset_url("main.ts")


def test_unknown_entry_names_the_known_ones(dist: Path) -> None:
    write_manifest(dist, **{"main.ts": "assets/main-abc.js"})
    with pytest.raises(ImproperlyConfigured, match=r"no entry 'mian.ts'; it has main\.ts"):
        asset_url("mian.ts")
