"""`bench sync`: whole desks and a whole server on the loopback, beside the raw pipe of the same rows in one run."""
