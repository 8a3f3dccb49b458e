"""The colour tables of the three themes: light, dark, and red for a dark-adapted eye.

All values are `#rrggbb`. Text tokens keep at least 4.5:1 on every ground they are used on; the test beside
this table (`tests/ui/shell/test_theme.py`) walks `TEXT_ON_GROUND`, so a new pair belongs there too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mix(colour: str, ground: str, share: float) -> str:
    """Return `share` (0–1) of `colour` laid over `ground`, both `#rrggbb`, as an opaque `#rrggbb`."""
    pairs = zip(_channels(colour), _channels(ground), strict=True)
    return "#" + "".join(f"{round(below + (above - below) * share):02x}" for above, below in pairs)


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio (1–21) of two `#rrggbb` colours as WCAG 2 defines it."""

    def luminance(colour: str) -> float:
        linear = (
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
            for c in (channel / 255 for channel in _channels(colour))
        )
        return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    darker, lighter = sorted((luminance(first), luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


@dataclass(frozen=True)
class Tone:
    """One meaning in colour: `mark` for bars and dots, `text` for words, `soft` under a pill.

    `edge` is the outline of the pill; the red theme tells its priorities apart by fill and outline.
    `on_soft` is the word on the pill, where it differs from `text`, the word on the page.
    """

    mark: str
    text: str
    soft: str
    edge: str | None = None
    on_soft: str = ""

    def __post_init__(self) -> None:
        if not self.on_soft:
            object.__setattr__(self, "on_soft", self.text)


@dataclass(frozen=True)
class Tokens:
    """All colours of one theme by the job they do."""

    name: str
    dark: bool
    window: str
    surface: str
    sunken: str  # fields in the top bar, boxes inside a card
    zebra: str
    hover: str
    text: str
    quiet: str
    faint: str  # marks that need not be read: ticks in step, separators in icons
    line: str
    line_strong: str  # outline of what can be pressed or typed into
    rail: str
    rail_text: str
    rail_active: str
    rail_active_text: str
    rail_mark: str
    focus: str  # the ring that shows where the keyboard is
    accent: str
    accent_hover: str
    accent_pressed: str
    on_accent: str
    link: str  # the accent as text
    chip: str
    selection: str
    selection_quiet: str
    selection_line: str
    bar: str  # the dark bar of bulk actions and toasts
    bar_text: str
    bar_quiet: str
    badge: str
    badge_text: str
    badge_warn: str
    badge_warn_text: str
    marking: str
    marking_text: str
    scrim: str
    tones: Mapping[str, Tone] = field(default_factory=dict)
    avatars: tuple[str, ...] = ()
    avatar_text: str = "#ffffff"

    def color(self, name: str) -> str:
        """Return a token (`quiet`) or a part of a tone (`urgent.mark`, `good.text`) as `#rrggbb`.

        Raises KeyError for a name that is neither.
        """
        tone, _, part = name.partition(".")
        if part:
            return str(getattr(self.tones[tone], part) or self.tones[tone].mark)
        if tone not in _COLOURS:
            raise KeyError(name)
        return str(getattr(self, tone))


_COLOURS = {f.name for f in fields(Tokens)} - {"name", "dark", "tones", "avatars"}
_MARKS = {
    "urgent": "#d92d20",
    "high": "#e8590c",
    "normal": "#4a6fa5",
    "low": "#2f7d4f",
    "accent": "#2f6fed",
    "good": "#2f7d4f",
    "warn": "#d9860b",
    "danger": "#d92d20",
    "neutral": "#5f6b79",
    "violet": "#7c53c3",
}


def _tones(ground: str, share: float, words: Mapping[str, str], marks: Mapping[str, str]) -> Mapping[str, Tone]:
    # The pill is mixed from the same base colours in both themes; the marks may be lighter in the dark.
    return MappingProxyType(
        {name: Tone(marks.get(name, base), words[name], mix(base, ground, share)) for name, base in _MARKS.items()}
    )


_AVATARS = ("#3d5a80", "#2f7d4f", "#8a5a9e", "#2b7a78", "#a8652a", "#4a6fa5", "#7a5c3e", "#a3485b")

LIGHT = Tokens(
    name="light",
    dark=False,
    window="#f4f6f9",
    surface="#ffffff",
    sunken="#f4f6f9",
    zebra="#f8fafc",
    hover="#eef2f7",
    text="#1c2430",
    quiet="#5f6b79",
    faint="#a3adb9",
    line="#dfe4ea",
    line_strong="#c8d0da",
    rail="#1d2735",
    rail_text="#aab6c6",
    rail_active="#2e3c50",
    rail_active_text="#ffffff",
    rail_mark="#2f6fed",
    focus="#2f6fed",
    accent="#2f6fed",
    accent_hover="#2863d8",
    accent_pressed="#1f55c0",
    on_accent="#ffffff",
    link="#1f5fd6",
    chip="#e5eefe",
    selection="#dce8fd",
    selection_quiet="#48566a",
    selection_line="#85abf5",
    bar="#1d2735",
    bar_text="#ffffff",
    bar_quiet="#b8c4d4",
    badge="#d92d20",
    badge_text="#ffffff",
    badge_warn="#d9860b",
    badge_warn_text="#201400",
    marking="#1d2735",
    marking_text="#ffffff",
    scrim="#000000",
    tones=_tones(
        "#ffffff",
        0.13,
        {
            "urgent": "#b42318",
            "high": "#b1440a",
            "normal": "#3d5c89",
            "low": "#236340",
            "accent": "#1f5fd6",
            "good": "#236340",
            "warn": "#8f5600",
            "danger": "#b42318",
            "neutral": "#525d6b",
            "violet": "#6740a8",
        },
        {},
    ),
    avatars=_AVATARS,
)

DARK = Tokens(
    name="dark",
    dark=True,
    window="#15191f",
    surface="#1b2028",
    sunken="#161a21",
    zebra="#1f252e",
    hover="#232a34",
    text="#e4e8ee",
    quiet="#8b98aa",  # one step lighter than the picture's #8390a2, for 4.5:1 on a hovered row
    faint="#5b6675",
    line="#2c3440",
    line_strong="#3b4553",
    rail="#0f1318",
    rail_text="#8c99aa",
    rail_active="#242c37",
    rail_active_text="#ffffff",
    rail_mark="#2f6fed",
    focus="#2f6fed",
    accent="#2f6fed",
    accent_hover="#2863d8",
    accent_pressed="#1f55c0",
    on_accent="#ffffff",
    link="#82aeff",
    chip="#233954",
    selection="#26405f",
    selection_quiet="#b6c5d8",
    selection_line="#2a57a6",
    bar="#26405f",
    bar_text="#ffffff",
    bar_quiet="#b8c4d4",
    badge="#d92d20",
    badge_text="#ffffff",
    badge_warn="#d9860b",
    badge_warn_text="#201400",
    marking="#3b4553",
    marking_text="#ffffff",
    scrim="#000000",
    tones=_tones(
        "#1b2028",
        0.24,
        {
            "urgent": "#ff9d94",
            "high": "#ffb07d",
            "normal": "#a9c1e6",
            "low": "#86cfa4",
            "accent": "#82aeff",
            "good": "#86cfa4",
            "warn": "#f4bd62",
            "danger": "#ff9d94",
            "neutral": "#a4b0c0",
            "violet": "#bfa5ee",
        },
        {
            "urgent": "#e5483c",
            "low": "#3c9a63",
            "good": "#3c9a63",
            "danger": "#e5483c",
            "neutral": "#8b98aa",
            "violet": "#8f6bd6",
        },
    ),
    avatars=_AVATARS,
)

# Only long wavelengths: every colour has red far above green and blue, so that night vision stays.
# With no hue left, priorities differ by fill: solid, outlined, filled faintly, bare.
RED = Tokens(
    name="red",
    dark=True,
    window="#0b0303",
    surface="#110505",
    sunken="#0b0303",
    zebra="#160707",
    hover="#1d0908",
    text="#f0594c",
    quiet="#cd584c",
    faint="#7a2c26",
    line="#331110",
    line_strong="#4b1916",
    rail="#070202",
    rail_text="#c4544a",
    rail_active="#2b0b0a",
    rail_active_text="#ff6f61",
    rail_mark="#d93a2e",
    focus="#d93a2e",
    accent="#a3231a",
    accent_hover="#aa271d",
    accent_pressed="#8c1c14",
    on_accent="#ffc8bf",
    link="#ff7a6b",
    chip="#340e0c",
    selection="#3d100e",
    selection_quiet="#f0594c",
    selection_line="#701914",
    bar="#3d100e",
    bar_text="#ff8577",
    bar_quiet="#f0594c",
    badge="#e04a3e",
    badge_text="#140303",
    badge_warn="#e04a3e",
    badge_warn_text="#140303",
    marking="#4b1916",
    marking_text="#ff8577",
    scrim="#000000",
    tones=MappingProxyType(
        {
            "urgent": Tone("#d93a2e", "#ff8577", "#e04a3e", on_soft="#140303"),
            "high": Tone("#d93a2e", "#ff7a6b", "#110505", edge="#d93a2e"),
            "normal": Tone("#a3332a", "#f0594c", "#360c0a"),
            "low": Tone("#7a2c26", "#f0594c", "#110505", on_soft="#cd584c"),
            "accent": Tone("#d93a2e", "#ff7a6b", "#340e0c"),
            "good": Tone("#a3332a", "#f0594c", "#2f0b09"),
            "warn": Tone("#d93a2e", "#ff7a6b", "#2f0b09"),
            "danger": Tone("#d92d20", "#ff8577", "#3d100e", edge="#d93a2e"),
            "neutral": Tone("#7a2c26", "#f0594c", "#260a09", on_soft="#e0564a"),
            "violet": Tone("#a3332a", "#f0594c", "#2f0b09"),
        }
    ),
    avatars=("#7a1f18", "#6a1b15", "#5b1812", "#861f18"),
    avatar_text="#ffb0a6",
)

THEMES: Mapping[str, Tokens] = MappingProxyType({t.name: t for t in (LIGHT, DARK, RED)})

# Which words stand on which grounds. A delegate paints selected rows with `text` and `selection_quiet`.
TEXT_ON_GROUND: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("text", ("window", "surface", "sunken", "zebra", "hover", "selection", "chip")),
    ("quiet", ("window", "surface", "sunken", "zebra", "hover")),
    ("selection_quiet", ("selection", "chip")),
    ("link", ("window", "surface", "sunken", "zebra", "selection", "chip")),
    ("on_accent", ("accent", "accent_hover", "accent_pressed")),
    ("rail_text", ("rail",)),
    ("rail_active_text", ("rail", "rail_active")),
    ("bar_text", ("bar",)),
    ("bar_quiet", ("bar",)),
    ("badge_text", ("badge",)),
    ("badge_warn_text", ("badge_warn",)),
    ("marking_text", ("marking",)),
)
