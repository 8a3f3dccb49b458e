"""`python -m opsdesk.simulator`: the same as `opsdesk simulate`."""

from __future__ import annotations

import argparse
import sys

from opsdesk.simulator import commands


def main() -> int:
    """Read the arguments and run the seeds."""
    parser = argparse.ArgumentParser(prog="opsdesk simulate", description="the sync simulator")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    commands.add_arguments(parser)
    return commands.run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
