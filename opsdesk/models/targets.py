"""How soon work must be answered and done: the targets of a ticket's clocks, by priority, and what lets them pause."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from opsdesk.models.base import FLAG, INSTANT, JSON_TEXT, LINE, Base, Kind, Synced, field, reference


class ServiceTarget(Synced, Base):
    """Targets as they hold from a moment on, until a later record for the same ticket type takes their place.

    A change is a new record: so what held when is known everywhere, and a clock that ran under other targets before
    comes out alike at every desk. Minutes stand in JSON by the code of the priority; a priority without a number has
    no target. `response` and `resolution` both empty: the type has no targets of its own from then on.
    """

    __tablename__ = "service_target"
    entity = 21

    name: Mapped[str] = field(10, Kind.SCALAR, LINE, nullable=False)
    type: Mapped[bytes | None] = reference(11, "ticket_type")
    """The ticket type it is for; None: all types without their own."""
    since: Mapped[int] = field(12, Kind.APPEND_ONLY, INSTANT, nullable=False)
    response: Mapped[str | None] = field(13, Kind.APPEND_ONLY, JSON_TEXT)
    """JSON object of priority ("urgent") → minutes until the first answer that the requester can see."""
    resolution: Mapped[str | None] = field(14, Kind.APPEND_ONLY, JSON_TEXT)
    """JSON object of priority → minutes until it is resolved."""
    pauses: Mapped[str] = field(15, Kind.APPEND_ONLY, JSON_TEXT, nullable=False, default="[]", server_default="[]")
    """JSON list of the waiting reasons during which the clocks stand still."""
    starts: Mapped[str] = field(
        16, Kind.APPEND_ONLY, LINE, nullable=False, default="recorded", server_default="recorded"
    )
    """`recorded`, or `occurred`: the clocks run from when it happened, however late it was reported."""
    work_answers: Mapped[bool] = field(17, Kind.APPEND_ONLY, FLAG, nullable=False, default=False, server_default="0")
    """True: whoever starts to work on it has answered."""
