"""The bar of time under the map: play, step, lengths of the window, what it holds in words, and the strip of counts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from opsdesk.services import times
from opsdesk.services.maps import Moments
from opsdesk.services.times import DAY
from opsdesk.ui.widgets.age import now_ms
from opsdesk.ui.widgets.button import Button, IconButton, Segmented
from opsdesk.ui.widgets.label import ElidedLabel, Label
from opsdesk.ui.widgets.layouts import clear_layout

if TYPE_CHECKING:
    from opsdesk.ui.widgets.time_strip.strip import TimeStrip

TICK_MS = 40
_WHOLE_S = 40.0
"""Seconds in which the window goes from one end to the other at the speed 1."""
_TWO_ROWS = 1080
"""Pixels of width below which words and lengths stand in a row of their own, so that no word is cut."""
SPEEDS = (("½×", 0.5), ("1×", 1.0), ("2×", 2.0), ("4×", 4.0))

Window = tuple[int, int]


class TimeBar(QWidget):
    """Signals: `changed` when the window is another one.

    `reach` is (begin, end) in milliseconds since 1970, or None for all of time. Nothing is drawn before `load`.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Time")
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.reach: Window | None = None
        self.strip: TimeStrip | None = None
        self._moments = Moments(DAY, (), ())
        self._unit = ""
        self._at = 0.0
        self._speed = 1
        self._clock = QTimer(self, interval=TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._clock.timeout.connect(self._tick)
        self.play_button = IconButton("play", "Play", key="Space", kind="primary", size=32)
        self.play_button.clicked.connect(self.play)
        back, on = (
            IconButton("skip-back", "To the beginning", key="Home"),
            IconButton("skip-forward", "To the end", key="End"),
        )
        back.clicked.connect(partial(self.go_to_end, False))
        on.clicked.connect(partial(self.go_to_end, True))
        self.span = Label("", "strong#")
        self.words = ElidedLabel("", "quiet#", "quiet")
        self.speed_button = Button(SPEEDS[self._speed][0])
        self.speed_button.clicked.connect(self.faster)
        self._length_box = QWidget()
        self._lengths = QHBoxLayout(self._length_box)
        self._lengths.setContentsMargins(0, 0, 0, 0)
        self._lengths.setSpacing(0)
        self._length_choice: Segmented | None = None
        self._head = head = QHBoxLayout()
        head.setContentsMargins(12, 8, 12, 4)
        head.setSpacing(8)
        for button in (back, self.play_button, on):
            head.addWidget(button)
        head.addSpacing(4)
        head.addWidget(self.span)
        head.addSpacing(4)
        head.addWidget(self.words, 1)
        head.addStretch(0)
        head.addWidget(self.speed_button)
        head.addWidget(self._length_box)
        self._below = QHBoxLayout()
        self._below.setContentsMargins(12, 0, 12, 4)
        self._below.setSpacing(8)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addLayout(head)
        self._column.addLayout(self._below)
        self._say_speed()
        self.show_moments(self._moments)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < _TWO_ROWS
        row = self._below if narrow else self._head
        if row.indexOf(self._length_box) < 0:
            # Qt takes them out of the other row.
            row.insertWidget(0 if narrow else row.indexOf(self.span) + 2, self.words, 1)
            row.addWidget(self._length_box)

    def hideEvent(self, event: QHideEvent) -> None:
        self.stop()  # nothing plays where nobody looks
        super().hideEvent(event)

    # -- content -----------------------------------------------------------------------------------------------

    def load(self) -> None:
        """Make the strip; imports its library at the first time in the program."""
        if self.strip is None:
            from opsdesk.ui.widgets.time_strip.strip import TimeStrip

            self.strip = TimeStrip("Tickets over time")
            self.strip.moved.connect(self._dragged)
            self._column.addWidget(self.strip)
            self._show_strip()
            self._say()

    def show_moments(self, moments: Moments) -> None:
        """Show other counts. The window stays where it is, as long as there is something around it."""
        self._moments = moments
        lengths = moments.lengths()
        clear_layout(self._lengths)
        self._length_choice = Segmented(
            [*((long, name) for name, long in lengths), (0, "All")], 0, "Length of the window"
        )
        self._length_choice.chosen.connect(self._chose)
        self._lengths.addWidget(self._length_choice)
        room = self._length_choice.sizePolicy()
        room.setRetainSizeWhenHidden(True)  # so that the map keeps its size
        self._length_choice.setSizePolicy(room)
        self._length_choice.setVisible(bool(lengths))
        self._show_strip()
        self._set(self._clamped(self.reach), tell=True)
        self.setEnabled(bool(moments.total))

    def _show_strip(self) -> None:
        if self.strip is not None:
            self._unit = self.strip.show_moments(self._moments)
            self.strip.show_window(self.reach)

    @property
    def held(self) -> int:
        """How many tickets of the query the window holds."""
        return self._moments.total if self.reach is None else self._moments.within(*self.reach)

    # -- the window --------------------------------------------------------------------------------------------

    def _clamped(self, window: Window | None) -> Window | None:
        if window is None or not self._moments.total:
            return None
        slot = self._moments.slot
        long = max(slot, self._moments.snapped(window[1] - window[0]))
        if long >= self._moments.until - self._moments.since:
            return None
        begin = max(self._moments.since, min(self._moments.snapped(window[0]), self._moments.until - long))
        return begin, begin + long

    def _set(self, window: Window | None, *, tell: bool = False) -> None:
        moved = window != self.reach
        self.reach = window
        if self.strip is not None:
            self.strip.show_window(window)
        self._say()
        if moved or tell:
            self.changed.emit()

    def _dragged(self, since: int, until: int) -> None:
        self._at = since
        self._set((since, until))

    def _chose(self, long: object) -> None:
        self.set_length(int(str(long)))

    def set_length(self, long: int) -> None:
        """Make the window so long, in milliseconds, around the middle of what it was; 0 is all of time."""
        if not long:
            self.stop()
            self._set(None)
            return
        # What is newest is looked at first.
        middle = self._moments.until if self.reach is None else (self.reach[0] + self.reach[1]) / 2
        self._at = middle - long / 2
        self._set(self._clamped((int(self._at), int(self._at) + long)))

    def lengthen(self, by: int) -> None:
        """Take the next longer length (1) or shorter one (-1); beyond the longest is all of time."""
        choices = [*(long for _, long in self._moments.lengths()), 0]
        now = self.reach[1] - self.reach[0] if self.reach else 0
        at = min(range(len(choices)), key=lambda number: abs((choices[number] or 10**15) - (now or 10**15)))
        self.set_length(choices[max(0, min(len(choices) - 1, at + by))])

    def _begin(self) -> Window | None:
        """The window, or a first one where there is none."""
        if self.reach is None and self._moments.lengths():
            whole = self._moments.until - self._moments.since
            long = min((one for _, one in self._moments.lengths()), key=lambda one: abs(one - whole / 20))
            self._set(self._clamped((self._moments.since, self._moments.since + long)))
        return self.reach

    def step(self, by: float) -> None:
        """Move the window by so many of its lengths."""
        window = self._begin()
        if window is not None:
            move = max(self._moments.slot, abs(by) * (window[1] - window[0])) * (1 if by > 0 else -1)
            self._at = window[0] + move
            self._set(
                self._clamped(
                    (self._moments.snapped(self._at), self._moments.snapped(self._at) + window[1] - window[0])
                )
            )

    def go_to_end(self, last: bool, _checked: bool = False) -> None:
        """Bring the window to the end of time or to its beginning."""
        window = self._begin()
        if window is not None:
            long = window[1] - window[0]
            self._at = self._moments.until - long if last else self._moments.since
            self._set(self._clamped((int(self._at), int(self._at) + long)))

    # -- playing -----------------------------------------------------------------------------------------------

    @property
    def playing(self) -> bool:
        """Whether the window moves by itself."""
        return self._clock.isActive()

    def play(self) -> None:
        """Let the window move from where it is, or from the beginning when it is at the end; or let it rest."""
        if self.playing:
            self.stop()
            return
        window = self._begin()
        if window is None:
            return
        if window[1] >= self._moments.until:
            self.go_to_end(False)
            window = self.reach or window
        self._at = window[0]
        self._clock.start()
        self._say_playing()

    def stop(self) -> None:
        """Let the window rest."""
        self._clock.stop()
        self._say_playing()

    def faster(self) -> None:
        """Take the next speed, after the fastest the slowest."""
        self._speed = (self._speed + 1) % len(SPEEDS)
        self._say_speed()

    def _tick(self) -> None:
        if self.reach is None or self.reach[1] >= self._moments.until:
            self.stop()
            return
        long = self.reach[1] - self.reach[0]
        whole = self._moments.until - self._moments.since - long
        self._at += whole * SPEEDS[self._speed][1] * TICK_MS / (_WHOLE_S * 1000)
        begin = self._moments.snapped(self._at)
        self._set(self._clamped((begin, begin + long)))

    # -- words -------------------------------------------------------------------------------------------------

    def _say_playing(self) -> None:
        self.play_button.icon_name = "pause" if self.playing else "play"
        name = "Pause" if self.playing else "Play"
        self.play_button.setAccessibleName(name)
        self.play_button.setToolTip(f"{name}  (Space)")
        self.play_button.update()

    def _say_speed(self) -> None:
        self.speed_button.setText(SPEEDS[self._speed][0])
        self.speed_button.setAccessibleName(f"Speed {SPEEDS[self._speed][0]}")
        self.speed_button.setToolTip("Speed of playing  (Ctrl+Shift+S)")

    def _say(self) -> None:
        moments, window = self._moments, self.reach
        if not moments.total:
            self.span.setText("No time to show")
            self.words.setText("No ticket of this query has a position.")
            return
        since, until = window or (moments.since, moments.until)
        self.span.setText(times.span_words(since, until))
        ago = now_ms() - until
        age = f"{times.age(ago)} before now" if ago > DAY else "up to now"
        held = f"{self.held:,} of {moments.total:,}" if window else f"all {moments.total:,}"
        self.words.setText(f"{held} tickets · {age} · by {self._unit or 'time'}, √ scale")
        if self._length_choice is not None:
            self._length_choice.set_known(until - since if window else 0)
        said = f"{self.span.text()}: {self.words.text()}"
        if self.strip is not None and not self.playing:
            self.strip.setAccessibleDescription(f"{said}. Arrows move the window, Space plays.")
