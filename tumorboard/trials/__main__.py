"""python -m tumorboard.trials match ..."""

from __future__ import annotations

import sys

from tumorboard.trials.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
