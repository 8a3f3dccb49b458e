"""Where rows live: the database, change capture, search, files and migrations."""
