#!/usr/bin/env python
"""Django's command line; starts the embedded database first when no DATABASE_URL is given."""

import os
import sys

from django.core.management import execute_from_command_line

from tumorboard.runs.services import embedded

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tumorboard.settings")
    with embedded(sys.argv):
        execute_from_command_line(sys.argv)
