"""The line to the gate: Arrow Flight on a Unix socket, which has no network address."""

from __future__ import annotations

from typing import Any

from pyarrow import flight

OPTIONS = [
    ("grpc.use_local_subchannel_pool", 1),  # else a new channel inherits the old one's wait
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 200),
]


def opened(socket: str) -> Any:
    return flight.FlightClient(f"grpc+unix://{socket}", generic_options=OPTIONS)
