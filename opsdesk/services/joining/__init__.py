"""Joining a server: what a code stands for, then one step that loses nothing of what was made alone.

`find` asks and changes nothing; `join` takes the code. Both run on the caller's loop; the disk is the writer's.
"""

from opsdesk.services.joining.finding import Found, find, plain_code
from opsdesk.services.joining.join import Joined, join
from opsdesk.services.joining.standing import Standing, alone, standing
from opsdesk.services.joining.words import NotJoined

__all__ = ["Found", "Joined", "NotJoined", "Standing", "alone", "find", "join", "plain_code", "standing"]
