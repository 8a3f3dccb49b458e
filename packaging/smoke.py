"""Proves that the built program runs by itself: `smoke.py dist/opsdesk [--pictures DIR]`.

It runs from another folder, with an empty home and an empty environment, offscreen; where the kernel lets us, without
any network and with the checkout hidden. It must import a file, find what was imported, open the window on it, and make
the tour with a map that is not empty.
"""

import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from PIL import Image

ROOT: Final = Path(__file__).parents[1]
SAMPLE: Final = ROOT / "resources" / "samples" / "cincinnati_burglary_2018.csv.gz"
MAPPING: Final = ROOT / "resources" / "mappings" / "cincinnati_burglary.toml"
PATIENCE_S: Final = 600
STARTS: Final = 5
SHOWN_S: Final = 5
_MAP_COLOURS: Final = 200
"""A drawn map has thousands of colours, an empty or broken one a handful."""


class Failed(SystemExit):
    """A step did not do what it should."""


class Smoke:
    """The built program in a place of its own, below `place`."""

    def __init__(self, built: Path, place: Path) -> None:
        self.program = place / "program" / "opsdesk"
        shutil.copytree(built, self.program.parent, symlinks=True)
        self.home = place / "home"
        self.home.mkdir()
        self.data = place / "data"
        self.pictures = place / "pictures"
        self._around = _around()
        self.environment = {"HOME": str(self.home), "PATH": "/usr/bin:/bin", "QT_QPA_PLATFORM": "offscreen"}

    def command(self, *arguments: str) -> list[str]:
        """The command line that runs the program shut off."""
        return [*self._around, str(self.program), *arguments]

    def run(self, *arguments: str) -> str:
        """Run the program and return what it printed. Raises Failed with its last words."""
        done = subprocess.run(
            self.command(*arguments), env=self.environment, cwd=self.home, capture_output=True, text=True,
            timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise Failed(f"opsdesk {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr[-3000:]}")
        return done.stdout

    def told(self, *arguments: str) -> Any:
        """The JSON object that a command prints about the data folder."""
        return json.loads(self.run(*arguments, "--data", str(self.data), "--json"))

    def version(self) -> str:
        """It knows its version."""
        said, wanted = self.run("--version").strip(), f"opsdesk {metadata.version('opsdesk')}"
        _expect(said == wanted, f"it calls itself “{said}”, not “{wanted}”")
        return said

    def imports(self) -> str:
        """It makes a data folder (migrations), imports a file into it, and finds the rows in another process."""
        done = self.told("import", "tickets", str(self._given(SAMPLE)), "--map", str(self._given(MAPPING)))
        _expect(done["imported"] > 1000 and not done["rejected"], f"imported {done}")
        _expect(self.told("doctor") == {"problems": []}, "the doctor finds faults")
        found = self.told("tickets", "list", "--query", "burglary")
        _expect(found["count"] > 1000 and found["tickets"], f"found {found['count']}")
        return f"{done['imported']} tickets imported, {found['count']} found again by a word"

    def opens(self) -> str:
        """The window opens on what was imported, and closes without a fault when it is asked to."""
        before = self.told("tickets", "list")["count"]
        window = subprocess.Popen(
            self.command("--data", str(self.data)),
            env=self.environment,
            cwd=self.home,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            self._until_open(window)
            window.send_signal(signal.SIGTERM)
            words = window.communicate(timeout=60)[1]
        finally:
            window.kill()
        _expect(window.returncode == 0, f"the window ended with {window.returncode}:\n{words[-3000:]}")
        complains = re.search(r"Traceback| (WARNING|ERROR|CRITICAL) opsdesk", words)
        _expect(not complains, f"the window complained:\n{words[-3000:]}")
        _expect(self.told("tickets", "list")["count"] == before, "tickets have come or gone")
        return f"the window opened on {before} tickets and closed when asked"

    def _until_open(self, window: subprocess.Popen[str]) -> None:
        """Wait until the window holds its folder, and see that a second writer is refused."""
        note, ends = self.data / "opsdesk.holder", time.monotonic() + PATIENCE_S
        while not note.exists():
            _expect(window.poll() is None, "the window does not stay open")
            _expect(time.monotonic() < ends, "the window does not open its folder")
            time.sleep(0.2)
        again = self.command("import", "tickets", str(self._given(SAMPLE)), "--data", str(self.data))
        other = subprocess.run(again, env=self.environment, capture_output=True, text=True, check=False)
        _expect(other.returncode == 1 and str(window.pid) in other.stderr, f"a second writer was told: {other.stderr}")
        time.sleep(SHOWN_S)

    def tour(self) -> str:
        """It makes a picture of every page; on that of the map something is drawn."""
        said = self.run("tour", "--out", str(self.pictures), "--theme", "light", "--size", "1440x900", "--json")
        pictures = json.loads(said.splitlines()[-1])["pictures"]
        (chart,) = (Path(path) for path in pictures if Path(path).name.startswith("map-light"))
        colours = _colours(chart)
        _expect(colours > _MAP_COLOURS, f"the map's picture has only {colours} colours")
        return f"{len(pictures)} pictures, that of the map in {colours} colours"

    def serves_not(self) -> str:
        """The server is not in it, and it says so instead of falling over."""
        done = subprocess.run(
            self.command("server", "device", "list", "--data", str(self.data)), env=self.environment, cwd=self.home,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        _expect(done.returncode == 1 and "extra `server`" in done.stderr, f"of the server it says: {done.stderr}")
        return "the server is not in it, and it says so"

    def simulates(self) -> str:
        """Parts that are processes of their own run: the simulator's workers."""
        told = json.loads(self.run("simulate", "--seeds", "0:4", "--json"))
        _expect(not told["lost"] and not told["diverged"], f"the simulator tells {told}")
        return f"{told['seeds']} stories of the simulator, nothing lost"

    def _given(self, file: Path) -> Path:
        """A copy of a file of the checkout in the home, since the checkout is hidden."""
        return Path(shutil.copy(file, self.home))


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Failed(otherwise)


def _around() -> list[str]:
    """What runs a command without a network and without the checkout; less where the kernel does not let us."""
    mine = [] if os.geteuid() == 0 else ["--map-root-user"]
    hide = f"mount -t tmpfs none '{ROOT}' && exec \"$@\""
    for around, without in (
        (["unshare", *mine, "--net", "--mount", "sh", "-c", hide, "sh"], "no network, the checkout hidden"),
        (["unshare", *mine, "--net"], "no network"),
    ):
        if (
            shutil.which("unshare")
            and subprocess.run([*around, "true"], capture_output=True, check=False).returncode == 0
        ):
            print(f"smoke: the program runs with {without}")
            return around
    print("smoke: this kernel shuts off neither network nor files; the program runs with both")
    return []


def _colours(picture: Path) -> int:
    """How many colours the middle of a picture has."""
    with Image.open(picture) as image:
        width, height = image.size
        found = image.convert("RGB").crop((width // 4, height // 4, width * 3 // 4, height * 3 // 4)).getcolors(1 << 24)
    return len(found or ())


def measure(smoke: Smoke, built: Path) -> str:
    """Size of the built folder, and start to the painted list beside the same start from the checkout."""
    size = sum(path.lstat().st_size for path in built.rglob("*") if not path.is_symlink() and path.is_file())
    part = ["-m", "opsdesk.bench.window", "start", str(smoke.data), "--times", "1"]
    ways = {"built": [str(smoke.program), *part], "checkout": [sys.executable, *part]}
    took: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(STARTS + 1):
        for way, command in ways.items():
            more = {"OPSDESK_BENCH_SPAWNED": str(time.time_ns())} | (
                {"PYTHONPATH": str(ROOT)} if way == "checkout" else {}
            )
            done = subprocess.run(command, env=smoke.environment | more, capture_output=True, text=True, check=True)
            if number:  # the first start fills the caches of the system
                took[way].append(json.loads(done.stdout.splitlines()[-1])["painted_ms"])
    built_ms, checkout_ms = (statistics.median(took[way]) for way in ways)
    return (
        f"{size / 1e6:.0f} MB; start to the painted list {built_ms:.0f} ms, from the checkout {checkout_ms:.0f} ms, "
        f"ratio {built_ms / checkout_ms:.2f} (medians of {STARTS})"
    )


def main() -> None:
    """Run all steps; the first that fails ends with its reason and status 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("built", type=Path)
    parser.add_argument("--pictures", type=Path, help="keep the pictures of the tour here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="opsdesk-smoke-") as name:
        smoke = Smoke(options.built.resolve(), Path(name))
        for step in (smoke.version, smoke.imports, smoke.opens, smoke.tour, smoke.serves_not, smoke.simulates):
            began = time.monotonic()
            print(f"smoke: {step()} ({time.monotonic() - began:.0f} s)", flush=True)
        if options.pictures:
            shutil.copytree(smoke.pictures, options.pictures, dirs_exist_ok=True)
        print(f"smoke: {measure(smoke, options.built)}")


if __name__ == "__main__":
    main()
