"""The settings written down before the runs; see registered.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

SETTINGS: dict[str, Any] = tomllib.loads(Path(__file__).with_name("registered.toml").read_text())
VERSION: int = SETTINGS["version"]
