"""Charts: what they show, their parts for any painter, and `Chart` itself, drawn by pyqtgraph.

`Chart` is in `widgets.chart.chart` and not named here: whoever needs only a swatch or a scale does without pyqtgraph,
which takes a quarter of a second to import.
"""

from opsdesk.ui.widgets.chart.data import ChartData, Kind, Slot
from opsdesk.ui.widgets.chart.scale import nice_top
from opsdesk.ui.widgets.chart.swatch import Legend, Swatch, paint_swatch

__all__ = ["ChartData", "Kind", "Legend", "Slot", "Swatch", "nice_top", "paint_swatch"]
