"""Copies the font and the web assets that npm fetched into resources/assets, where the program looks."""

import shutil
from pathlib import Path

import map_assets

ROOT = Path(__file__).parents[1]
FETCHED = ROOT / "node_modules"
ASSETS = ROOT / "resources" / "assets"
DRAWN = ROOT / "resources" / "map"

# (files of a package, folder under resources/assets). Licences travel with what they license.
COPIES = (
    ("@expo-google-fonts/inter/LICENSE_FONT", "fonts"),
    ("@expo-google-fonts/inter/400Regular/*.ttf", "fonts"),
    ("@expo-google-fonts/inter/400Regular_Italic/*.ttf", "fonts"),
    ("@expo-google-fonts/inter/500Medium/*.ttf", "fonts"),
    ("@expo-google-fonts/inter/600SemiBold/*.ttf", "fonts"),
    ("@expo-google-fonts/inter/700Bold/*.ttf", "fonts"),
    ("leaflet/dist/leaflet.js", "leaflet"),
    ("leaflet/dist/leaflet.css", "leaflet"),
    ("leaflet/dist/images/*", "leaflet/images"),
    ("leaflet.heat/dist/leaflet-heat.js", "leaflet"),
    ("milsymbol/dist/milsymbol.js", "leaflet"),
    ("proj4/dist/proj4.js", "leaflet"),
    ("leaflet/LICENSE", "leaflet/licences/leaflet"),
    ("milsymbol/LICENSE", "leaflet/licences/milsymbol"),
    ("leaflet.heat/LICENSE", "leaflet/licences/leaflet.heat"),
    ("proj4/LICENSE.md", "leaflet/licences/proj4"),
)


def main() -> None:
    """Make resources/assets anew; an asset that a package no longer has is an error."""
    shutil.rmtree(ASSETS, ignore_errors=True)
    for pattern, folder in COPIES:
        sources = sorted(FETCHED.glob(pattern))
        if not sources:
            raise SystemExit(f"no file matches {pattern} in {FETCHED}")
        target = ASSETS / folder
        target.mkdir(parents=True, exist_ok=True)
        for source in sources:
            shutil.copy(source, target)
    map_assets.make(FETCHED, DRAWN, ASSETS / "map")


if __name__ == "__main__":
    main()
