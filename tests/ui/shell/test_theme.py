"""The token tables keep their contrast, the red theme stays red, and a switch recolours what is on the screen."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QObject
from PySide6.QtGui import QColor, QFontMetricsF
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from opsdesk.ui.resources import icon, load_fonts
from opsdesk.ui.theme import RED, THEMES, Tokens, contrast, follow, theme
from opsdesk.ui.theme.tokens import TEXT_ON_GROUND, mix
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.label import Label

LEAST = 4.5
GROUNDS = ("window", "surface", "sunken", "zebra", "hover", "selection")

all_themes = pytest.mark.parametrize("tokens", THEMES.values(), ids=list(THEMES))


@all_themes
def test_text_can_be_read_on_every_ground_it_stands_on(tokens: Tokens) -> None:
    poor = [
        (words, ground, round(contrast(tokens.color(words), tokens.color(ground)), 2))
        for words, grounds in TEXT_ON_GROUND
        for ground in grounds
        if contrast(tokens.color(words), tokens.color(ground)) < LEAST
    ]
    assert poor == []


@all_themes
def test_each_tone_can_be_read_on_its_pill_and_on_the_page(tokens: Tokens) -> None:
    poor = []
    for name, tone in tokens.tones.items():
        if contrast(tone.on_soft, tone.soft) < LEAST:
            poor.append((name, "pill"))
        poor += [(name, ground) for ground in GROUNDS if contrast(tone.text, tokens.color(ground)) < LEAST]
    assert poor == []


@all_themes
def test_initials_can_be_read_on_every_avatar(tokens: Tokens) -> None:
    assert [ground for ground in tokens.avatars if contrast(tokens.avatar_text, ground) < LEAST] == []


@all_themes
def test_what_can_be_pressed_and_the_focus_ring_stand_out_from_the_page(tokens: Tokens) -> None:
    for ground in ("window", "surface"):
        assert contrast(tokens.color("focus"), tokens.color(ground)) >= 3


def test_the_red_theme_has_only_red_tones() -> None:
    colours = [value for value in vars(RED).values() if isinstance(value, str) and value.startswith("#")]
    for tone in RED.tones.values():
        colours += [part for part in (tone.mark, tone.text, tone.soft, tone.edge, tone.on_soft) if part]
    colours += [*RED.avatars, RED.avatar_text]
    wrong = []
    for colour in colours:
        red, green, blue = QColor(colour).red(), QColor(colour).green(), QColor(colour).blue()
        if red < max(green, blue) or abs(green - blue) > 24:
            wrong.append(colour)
    assert wrong == []


def test_all_themes_have_the_same_tones() -> None:
    first, *others = THEMES.values()
    assert all(set(other.tones) == set(first.tones) for other in others)


def test_mixing_gives_the_colour_between() -> None:
    assert mix("#ffffff", "#000000", 0.5) == "#808080"
    assert mix("#d92d20", "#ffffff", 0.13) == "#fae4e2"


def test_an_unknown_token_is_an_error() -> None:
    with pytest.raises(KeyError):
        theme.color("mauve")
    with pytest.raises(KeyError):
        theme.color("avatars")


def test_figures_below_each_other_are_all_of_one_width_and_words_keep_a_narrow_hyphen(dressed: QApplication) -> None:
    if not load_fonts():
        pytest.skip("the font Inter is not fetched here")
    for role in ("body", "strong", "small"):
        figures = QFontMetricsF(theme.font(role + "#"))
        assert len({figures.horizontalAdvance(str(digit) * 4) for digit in range(10)}) == 1
        words = QFontMetricsF(theme.font(role))
        assert words.horizontalAdvance("-") < figures.horizontalAdvance("-")


def test_a_switch_recolours_labels_buttons_and_icons_without_telling_them(qtbot: QtBot, dressed: QApplication) -> None:
    label, button, mark = Label("quiet words", "body", "quiet"), Button("Send", kind="primary"), icon("ticket", "text")
    for widget in (label, button):
        qtbot.addWidget(widget)
        widget.show()
    for name in ("light", "dark", "red"):
        theme.switch(name)
        assert label.palette().windowText().color() == theme.color("quiet")
        assert button.grab().toImage().pixelColor(8, 6) == theme.color("accent")
        image = mark.pixmap(64, 64).toImage()
        seen = {
            image.pixelColor(x, y).name() for x in range(64) for y in range(64) if image.pixelColor(x, y).alpha() == 255
        }
        assert seen == {theme.color("text").name()}


def test_a_follower_is_called_at_each_switch_until_its_owner_is_gone(dressed: QApplication) -> None:
    owner, names = QObject(), list[str]()
    follow(owner, lambda: names.append(theme.tokens.name))
    theme.switch("dark")
    owner.deleteLater()
    del owner
    dressed.sendPostedEvents(None, 52)  # QEvent.DeferredDelete
    theme.switch("red")
    assert names == ["light", "dark"]


def test_the_theme_of_the_system_is_light_where_the_platform_says_nothing(dressed: QApplication) -> None:
    theme.switch("dark")
    theme.switch("system")
    assert theme.choice == "system"
    assert theme.tokens.name in ("light", "dark")
