"""Joining a server, in one transaction: what was made alone becomes what this desk brings along."""

from opsdesk.store.joining.arrival import Arrival, Here, arrive, come_back, keep_key, kept_key, refusal

__all__ = ["Arrival", "Here", "arrive", "come_back", "keep_key", "kept_key", "refusal"]
