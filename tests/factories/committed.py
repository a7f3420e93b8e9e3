"""For tests that really commit: several connections at once, as in a running installation."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection


def let_the_log_be_emptied() -> None:
    """Tests that commit are cleaned up by TRUNCATE, which the audit log otherwise refuses."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER audit_refuse_truncate")


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Runs all on connections of their own, started together; what each gave back or raised."""
    start = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        start.wait()
        try:
            return act()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))
