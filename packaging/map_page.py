"""Renders the map's page with folium, every script and style of it from the program's own address."""

from typing import Final

import folium

ASSETS: Final = "opsdesk://assets/"

FOLIUM: Final = {"leaflet": "leaflet/leaflet.js", "leaflet_css": "leaflet/leaflet.css"}
"""folium's name of a script or style → where it stands here. What is not named is left out: folium also asks for
jQuery, Bootstrap and two icon fonts, which this page has no use for."""

STYLES: Final = ("page/map.css", "page/drawings.css")
SCRIPTS: Final = (
    "leaflet/leaflet-heat.js",
    "leaflet/proj4.js",
    "page/theme.js",
    "page/overlay.js",
    "page/grid.js",
    "page/ground.js",
    "page/base.js",
    "page/marks.js",
    "page/drawings.js",
    "page/sketch.js",
    "page/point.js",
    "page/units.js",
    "page/legend.js",
    "page/channel.js",
)


def render() -> str:
    """The page as HTML."""
    for kind in ("default_js", "default_css"):
        kept = [(name, ASSETS + FOLIUM[name]) for name, _elsewhere in getattr(folium.Map, kind) if name in FOLIUM]
        setattr(folium.Map, kind, kept)
    page = folium.Map(
        location=[8, 20], zoom_start=3, tiles=None, zoom_control=False, prefer_canvas=True, attribution_control=False,
        maxZoom=18, minZoom=2, worldCopyJump=True, zoomSnap=0.5, wheelPxPerZoomLevel=90, fadeAnimation=False,
    )  # fmt: skip
    figure = page.get_root()
    html = str(figure.render())
    styles = "".join(f'<link rel="stylesheet" href="{ASSETS}{name}"/>' for name in STYLES)
    sources = ["qrc:///qtwebchannel/qwebchannel.js", *(ASSETS + name for name in SCRIPTS)]
    scripts = "".join(f'<script src="{source}"></script>' for source in sources)
    # folium's own script stands last before the end of the page; ours use the map that it makes, and our styles
    # stand after Leaflet's.
    return html.replace("</head>", f"{styles}</head>").replace(
        "</html>", f"<script>window.map = {page.get_name()};</script>{scripts}</html>"
    )
