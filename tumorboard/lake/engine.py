"""The Spark session the pipeline runs on: Sail in this process, or any Spark Connect server.

The same DataFrame code runs on both; `SPARK_REMOTE` (sc://host:port) chooses the second.
Stop the session before its server, or the client hangs at exit (measured with Sail 0.7.2).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from pysail.spark import SparkConnectServer
from pyspark.sql import SparkSession


@contextmanager
def spark(remote: str = "") -> Iterator[SparkSession]:
    """A session on `remote`, or on a Sail server of its own that ends with the block."""
    logging.getLogger("pyspark").setLevel(logging.ERROR)
    if remote:
        yield from _session(remote)
        return
    os.environ.setdefault("RUST_LOG", "off")  # Sail tells its life at every start
    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    host, port = server.listening_address
    try:
        yield from _session(f"sc://{host}:{port}")
    finally:
        server.stop()


def _session(remote: str) -> Iterator[SparkSession]:
    session = SparkSession.builder.remote(remote).create()
    session.conf.set("spark.sql.session.timeZone", "UTC")
    try:
        yield session
    finally:
        session.stop()
        os.environ.pop(
            "SPARK_CONNECT_MODE_ENABLED", None
        )  # left behind, it breaks the engine of a child process
