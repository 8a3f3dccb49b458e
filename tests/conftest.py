"""Sets up what every test needs: an offscreen Qt and the fixtures of tests/support."""

import os
from pathlib import Path

# Before anything imports Qt. A display in the environment may still be chosen from outside.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
if hasattr(os, "geteuid") and os.geteuid() == 0:
    os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")  # WebEngine refuses to start as root with it

# Each module of tests/support may hold fixtures and factories; those of one entity stand in one module.
pytest_plugins = [
    f"tests.support.{path.stem}"
    for path in sorted(Path(__file__).with_name("support").glob("*.py"))
    if path.stem != "__init__"
]
