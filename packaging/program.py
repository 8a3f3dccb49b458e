"""The first module of the built program.

It runs its own parts as Python does (`opsdesk -m opsdesk.bench.window …`), because the bench begins processes by
`sys.executable`, which is the program itself here.
"""

import multiprocessing
import runpy
import sys


def main() -> int:
    """Run the program, or the part of it that `-m` names."""
    if sys.argv[1:2] == ["-m"] and sys.argv[2:] and sys.argv[2].startswith("opsdesk."):
        name = sys.argv[2]
        del sys.argv[1:3]
        runpy.run_module(name, run_name="__main__", alter_sys=True)
        return 0
    from opsdesk.__main__ import main as opsdesk

    return opsdesk()


if __name__ == "__main__":
    multiprocessing.freeze_support()  # the workers of `opsdesk simulate` are this program again where there is no fork
    sys.exit(main())
