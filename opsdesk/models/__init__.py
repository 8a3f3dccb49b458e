"""Entities and their rules. Importing this package declares all of them."""

from opsdesk.models import forms, local, organisation, places, rights, targets, threads, tickets, views

__all__ = ["forms", "local", "organisation", "places", "rights", "targets", "threads", "tickets", "views"]
