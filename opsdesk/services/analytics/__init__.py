"""The figures of the ticket dashboard: what comes and goes, how old what is open is, where and when the load is.

Every bar carries the query of exactly the tickets that it counts, as of the moment of counting.
"""

from opsdesk.services.analytics.dashboard import WINDOWS, Dashboard, Figures, dashboard
from opsdesk.services.analytics.table import Line, Table, narrowed

__all__ = ["WINDOWS", "Dashboard", "Figures", "Line", "Table", "dashboard", "narrowed"]
