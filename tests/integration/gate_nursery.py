"""Gates that start at once: everything is imported before, and each gate is a fork of this process.

For tests that kill a gate many times. When one has died, the next is born; its process id stands in the file.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402

from tumorboard.governance.gate import server  # noqa: E402
from tumorboard.governance.management.commands import gate  # noqa: E402

__all__ = ["gate", "server"]


def main(socket: str, pids: str, owner: str = "", group: str = "") -> None:
    """With `owner` and `group` (numbers) each gate is that user's, and its socket the group's."""
    while True:
        connections.close_all()
        child = os.fork()
        if child == 0:
            if owner:
                os.setgroups([])
                os.setgid(int(group))
                os.setuid(int(owner))
            call_command("gate", "--socket", socket, "--group")
            os._exit(0)
        Path(pids).write_text(str(child))
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
