"""Entities and their rules. Importing this package declares all of them."""

from opsdesk.models import drawings, forms, local, organisation, places, rights, targets, threads, tickets, views

__all__ = ["drawings", "forms", "local", "organisation", "places", "rights", "targets", "threads", "tickets", "views"]
