"""The desktop's screens; beside opsdesk.desktop the only place where Qt is imported."""
