"""All declared tables of the pipeline: importing a table's file declares it."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from tumorboard.pipeline import bronze, gold, silver


@cache
def load() -> None:
    """Import every table file of bronze, silver and gold."""
    for tier in (bronze, silver, gold):
        for module in pkgutil.iter_modules(tier.__path__, f"{tier.__name__}."):
            importlib.import_module(module.name)
