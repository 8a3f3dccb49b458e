"""The operations desk of a command post: tickets that never need the network to work."""

from pathlib import Path
from typing import Final

_here = Path(__file__).parent

# Icons, style sheets, form definitions, sample data; fetched fonts and web assets in its folder `assets`.
# It lies beside the package in a checkout and inside it when installed.
RESOURCES: Final = _here / "resources" if (_here / "resources").is_dir() else _here.parent / "resources"
