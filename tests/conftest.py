"""Sets up what every test needs: an offscreen Qt and the fixtures of tests/support."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Before anything imports Qt. A display in the environment may still be chosen from outside.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
if hasattr(os, "geteuid") and os.geteuid() == 0:
    os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")  # WebEngine refuses to start as root with it

# The same tree gives the same answer: examples are drawn from each test's own seed, not anew in each run, and no
# example and no drawing of one is told too slow by the clock. `--hypothesis-profile explore` draws new ones.
_CALM = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=_CALM)
settings.register_profile("explore", deadline=None, suppress_health_check=_CALM, print_blob=True)
settings.load_profile("steady")

# Before one of them imports another.
pytest.register_assert_rewrite("tests.support")
# Each module of tests/support may hold fixtures and factories; those of one entity stand in one module.
pytest_plugins = [
    f"tests.support.{path.stem}"
    for path in sorted(Path(__file__).with_name("support").glob("*.py"))
    if path.stem != "__init__"
]

# These take minutes and begin first, or the end of a run would be one of them alone while the other cores idle.
_LONG = ("journeys", "simulator", "bench", "server", "services", "ui/tickets")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        return next((at for at, name in enumerate(_LONG) if item.nodeid.startswith(f"tests/{name}/")), len(_LONG))

    items.sort(key=place)
