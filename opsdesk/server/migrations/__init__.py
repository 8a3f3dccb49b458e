"""Revisions of the server's database, made from the declarations by packaging/new_server_revision.py."""
