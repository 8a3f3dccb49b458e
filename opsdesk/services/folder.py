"""Where the data folder is when nobody names one."""

import os
from pathlib import Path

from platformdirs import user_data_path


def data_folder() -> Path:
    """The data folder where none is named: OPSDESK_DATA, else the usual place of the operating system."""
    named = os.environ.get("OPSDESK_DATA")
    return Path(named) if named else user_data_path("opsdesk", appauthor=False)
