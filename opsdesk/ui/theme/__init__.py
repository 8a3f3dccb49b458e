"""The look: colour tokens of three themes, fonts, measures, palette and style sheet, switched at run time.

Rules. A colour is asked for when something is painted (`theme.color("quiet")`), never kept, so a switch of
theme needs nothing but a repaint. Child widgets take their colours from the style sheet through the dynamic
properties `tone`, `surface` and `kind`. Icons look up their colour when they are painted (`resources.icon`).
Only what is written into rich text has to be written again: `follow(owner, apply)` does that.
"""

from opsdesk.ui.theme.current import Theme, follow, theme
from opsdesk.ui.theme.tokens import DARK, LIGHT, RED, THEMES, Tokens, Tone, contrast, mix

__all__ = [
    "DARK",
    "LIGHT",
    "RED",
    "THEMES",
    "Theme",
    "Tokens",
    "Tone",
    "contrast",
    "follow",
    "mix",
    "theme",
]
