"""Made-up tickets for measuring: `seed` fills an empty data folder with as many as wanted, alike for the same seed.

The rows count as received (they are not queued), are marked as exercise, and the folder is marked as seeded, so that
it is never enrolled at a server.
"""

from opsdesk.services.seeding.seed import is_seeded, seed

__all__ = ["is_seeded", "seed"]
