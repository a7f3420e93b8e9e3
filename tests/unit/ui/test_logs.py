"""What a log line says of an exception: where and what kind, nothing of the value."""

from __future__ import annotations

import logging
import sys

from django.conf import settings

from tumorboard.ui.logs import Line


def line(act) -> str:
    try:
        act()
    except Exception:
        record = logging.LogRecord("a", logging.ERROR, "f", 1, "it failed", (), sys.exc_info())
        return Line("%(message)s").format(record)
    raise AssertionError("nothing was raised")


def outer() -> None:
    try:
        int("Quexington")
    except ValueError as error:
        raise KeyError("Ann Quexington") from error


def test_an_exception_is_told_without_its_text() -> None:
    told = line(outer)
    assert "Quexington" not in told
    assert "builtins.ValueError" in told
    assert told.splitlines()[-1] == "builtins.KeyError"
    assert "test_logs.py" in told
    assert told.startswith("it failed\n")


def test_the_settings_use_it() -> None:
    assert settings.LOGGING["formatters"]["line"]["()"] == "tumorboard.ui.logs.Line"
