"""A record outside the transaction of its change could stay when the change is undone: refused."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from tumorboard.audit.events import Event
from tumorboard.audit.record import record


@pytest.mark.django_db
def test_it_is_refused():
    with patch("tumorboard.audit.record.connection") as connection:
        connection.in_atomic_block = False
        with pytest.raises(RuntimeError, match="inside the transaction"):
            record(Event.EXPORTED, by="tests")
