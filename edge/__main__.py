"""The command ``storeside``, also as ``python -m edge``."""

from __future__ import annotations

import os
import sys

# One decision is far too small to share between threads, and a service's threads are its own: set before
# any library that counts reads it.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from edge.cli.program import call  # noqa: E402 - what it imports must find the environment above


def main() -> None:
    """Run the command line; ends the process with its exit code."""
    sys.exit(call(sys.argv[1:]))


if __name__ == "__main__":
    main()
