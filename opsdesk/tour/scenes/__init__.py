"""What the pictures show, in the order in which it is played: a later scene sees what an earlier one has done."""

from opsdesk.tour.scenes import detail, journey, map, map_files, sync, tickets, window

SCENES = (
    window.FIRST,
    *tickets.SCENES,
    *detail.SCENES,
    *map.SCENES,
    *journey.SCENES,
    *map_files.SCENES,
    *sync.SCENES,
    *window.SCENES,
)
