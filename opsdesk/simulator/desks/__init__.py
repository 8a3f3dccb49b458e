"""A desk in the simulated world: a database in memory, what its person does, and what stood on the screen meanwhile."""

from opsdesk.simulator.desks.acts import SimDesk
from opsdesk.simulator.desks.opening import open_copy
from opsdesk.simulator.desks.seat import PEOPLE
from opsdesk.simulator.desks.sights import Editor, Sight

__all__ = ["PEOPLE", "Editor", "Sight", "SimDesk", "open_copy"]
