"""The pane of a new ticket, opened in a window."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from opsdesk.ui.tickets.new_ticket import NewTicketPane
from tests.support.ticket_pages import PlainShell, Story
from tests.support.writing import opened_pane


@pytest.fixture
def pane(story: Story, shell: PlainShell, qtbot: QtBot) -> NewTicketPane:
    return opened_pane(story, shell, qtbot)
