"""Web servers that follow one another: each a fork of this process, on one listening socket.

For tests that kill the web many times. The process id of the one that lives stands in a file.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import django

django.setup()

import uvicorn  # noqa: E402
from django.db import connections  # noqa: E402

from tumorboard.asgi import application  # noqa: E402


def main(port: str, pids: str) -> None:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", int(port)))
    listening.listen(64)
    while True:
        connections.close_all()
        child = os.fork()
        if child == 0:
            uvicorn.Server(uvicorn.Config(application, log_level="info")).run(sockets=[listening])
            os._exit(0)
        Path(pids).write_text(str(child))
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
