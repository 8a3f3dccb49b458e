"""The sample data folder: thousands of real incidents as tickets, and a made-up shift that works on them."""

from opsdesk.services.sample.making import NOTE, build, is_fresh, ready

__all__ = ["NOTE", "build", "is_fresh", "ready"]
