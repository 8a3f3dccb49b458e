"""Puts the folder resources into the built package; everything else stands in pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithResources(build_py):
    """Builds the modules and lays the resources beside them, fetched assets included."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            shutil.copytree("resources", Path(self.build_lib, "opsdesk", "resources"), dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithResources})
