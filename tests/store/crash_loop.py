"""Kill a writing desk again and again, and check after each kill that nothing acknowledged is gone.

Run as a program: `python -m tests.store.crash_loop FOLDER TIMES SEED`. It prints one JSON object. A process of its own,
because it forks: the child has the threads of a desk, this parent has none.
"""

import json
import os
import random
import signal
import sys
from pathlib import Path

from opsdesk.services import tickets
from opsdesk.services.desk import Desk
from opsdesk.store.database import Database


def write_until_killed(folder: Path, acknowledge: int) -> None:
    """Create, edit and comment for ever; each finished act is acknowledged with one line on a pipe."""
    desk = Desk.open(folder)
    while True:
        made = desk.do(tickets.create, title="Écluse fermée", values={"lat": 5.4, "lon": -4.0}).result().value
        assert isinstance(made, bytes)
        os.write(acknowledge, f"create {made.hex()}\n".encode())
        desk.do(tickets.comment, made, "Word from the lock").result()
        os.write(acknowledge, f"comment {made.hex()}\n".encode())
        desk.do(tickets.edit, made, {"title": f"Renamed {made.hex()}"}).result()
        os.write(acknowledge, f"edit {made.hex()}\n".encode())


def one_kill(folder: Path, rng: random.Random) -> list[list[str]]:
    """Let a child write, kill it at a random moment, and return what it had acknowledged."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        write_until_killed(folder, writing)
    os.close(writing)
    said = os.read(reading, 1)  # the first act is durable
    # The next moment is random in bytes acknowledged, not in time: a slow machine makes the test no weaker.
    wanted = rng.randrange(1, 4000)
    while len(said) < wanted and (more := os.read(reading, wanted - len(said))):
        said += more
    os.kill(child, signal.SIGKILL)
    while more := os.read(reading, 65536):
        said += more
    os.waitpid(child, 0)
    os.close(reading)
    return [line.split() for line in said.decode().split("\n")[:-1]]


def main() -> None:
    """Kill TIMES times and say what was lost."""
    folder, times, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    rng = random.Random(seed)
    Desk.open(folder).close()
    acknowledged: list[list[str]] = []
    problems: list[str] = []
    for _ in range(times):
        acknowledged += one_kill(folder, rng)
        database = Database.open(folder)
        problems += database.problems()
        database.close()
    database = Database.open(folder)
    checks = {
        "create": "SELECT 1 FROM ticket WHERE id = ?",
        "comment": "SELECT 1 FROM comment WHERE subject = ?",
        "edit": "SELECT 1 FROM ticket WHERE id = ?1 AND title = 'Renamed ' || lower(hex(?1))",
    }
    lost = sum(
        database.connection.execute(checks[act], (bytes.fromhex(record),)).fetchone() is None
        for act, record in acknowledged
    )
    database.close()
    json.dump({"kills": times, "acknowledged": len(acknowledged), "lost": lost, "problems": problems}, sys.stdout)


if __name__ == "__main__":
    main()
