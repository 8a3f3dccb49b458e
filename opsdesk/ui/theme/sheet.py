"""The style sheet: what Fusion and the palette alone cannot do, written from a token table."""

from __future__ import annotations

from string import Template

from opsdesk.ui.theme.tokens import Tokens

# Views take no rule for their items: delegates paint those, and a rule would slow every cell.
_SHEET = Template(
    """
QWidget { outline: none; }
QToolTip { background: $bar; color: $bar_text; border: 1px solid $line_strong; padding: 4px 6px; }

QFrame[surface="card"] { background: $surface; border: 1px solid $line; border-radius: 8px; }
QFrame[surface="popup"] { background: $surface; border: 1px solid $popup_edge; border-radius: 8px; }
QFrame[surface="panel"], QWidget[surface="panel"] { background: $surface; border: none; }
QFrame[surface="sunken"] { background: $sunken; border: 1px solid $line; border-radius: 6px; }
QFrame[surface="window"] { background: $window; border: none; }
QFrame[surface="note"] { background: $warn_soft; border: 1px solid $warn_edge; border-radius: 8px; }
QFrame[surface="error"] { background: $danger_soft; border: 1px solid $danger_edge; border-radius: 8px; }
QFrame[rule="h"] { background: $line; border: none; min-height: 1px; max-height: 1px; }
QFrame[rule="v"] { background: $line; border: none; min-width: 1px; max-width: 1px; }

QLabel { background: transparent; }
QLabel[tone="quiet"] { color: $quiet; }
QLabel[tone="faint"] { color: $faint; }
QLabel[tone="link"] { color: $link; }
QLabel[tone="rail"] { color: $rail_text; }
QLabel[tone="bar"] { color: $bar_text; }
$tones

QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox, QDateTimeEdit, QDateEdit, QTimeEdit, QComboBox {
  background: $surface; color: $text; border: 1px solid $line_strong; border-radius: 6px;
  placeholder-text-color: $quiet; selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit, QSpinBox, QDoubleSpinBox, QDateTimeEdit, QDateEdit, QTimeEdit, QComboBox {
  min-height: 30px; padding: 0 10px; }
QPlainTextEdit, QTextEdit { padding: 6px 8px; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QDateTimeEdit:focus,
QDateEdit:focus, QTimeEdit:focus, QComboBox:focus, QComboBox:on {
  border: 2px solid $focus; }
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QDateTimeEdit:focus, QDateEdit:focus, QTimeEdit:focus,
QComboBox:focus, QComboBox:on { min-height: 28px; padding: 0 9px; }
QPlainTextEdit:focus, QTextEdit:focus { padding: 5px 7px; }
QLineEdit[invalid="true"], QPlainTextEdit[invalid="true"], QTextEdit[invalid="true"], QComboBox[invalid="true"],
QDateTimeEdit[invalid="true"], QSpinBox[invalid="true"], QDoubleSpinBox[invalid="true"] {
  border-color: $danger_mark; }
QLineEdit:disabled, QPlainTextEdit:disabled, QTextEdit:disabled, QComboBox:disabled, QSpinBox:disabled {
  background: $sunken; color: $quiet; border-color: $line; }
QAbstractSpinBox QLineEdit, QComboBox QLineEdit, QAbstractSpinBox QLineEdit:focus, QComboBox QLineEdit:focus {
  background: transparent; border: none; padding: 0 0 0 8px; min-height: 0; }
QComboBox QLineEdit, QComboBox QLineEdit:focus { padding: 0; }
QAbstractSpinBox, QAbstractSpinBox:focus { min-height: 26px; padding: 0; }
QLineEdit[kind="small"], QLineEdit[kind="small"]:focus { min-height: 22px; padding: 0 7px; }
QLineEdit[kind="cell"], QLineEdit[kind="cell"]:focus {
  min-height: 18px; padding: 0 4px; border: 2px solid $accent; border-radius: 4px; }
QLineEdit[kind="cell"][invalid="true"] { border-color: $danger_mark; }
QLineEdit[kind="bare"], QPlainTextEdit[kind="bare"], QTextEdit[kind="bare"] {
  background: transparent; border: none; padding: 0; min-height: 24px; }
QComboBox::drop-down { border: none; width: 28px; subcontrol-position: center right; }
QComboBox::down-arrow { image: url("$glyph_down"); width: 12px; height: 12px; }
QComboBox QAbstractItemView {
  background: $surface; color: $text; border: 1px solid $line_strong; border-radius: 6px; padding: 4px; outline: none;
  selection-background-color: $selection; selection-color: $text; }
QComboBox { combobox-popup: 0; }
QSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::up-button, QDoubleSpinBox::down-button,
QDateTimeEdit::up-button, QDateTimeEdit::down-button { border: none; width: 20px; }
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow, QDateTimeEdit::up-arrow {
  image: url("$glyph_up"); width: 10px; height: 10px; }
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow, QDateTimeEdit::down-arrow {
  image: url("$glyph_down"); width: 10px; height: 10px; }

QPushButton {
  background: $surface; color: $text; border: 1px solid $line_strong; border-radius: 6px;
  min-height: 30px; padding: 0 12px; font-weight: 500; }
QPushButton:hover, QPushButton:checked { background: $hover; }
QPushButton:pressed { background: $line; }
QPushButton:focus { border: 2px solid $focus; min-height: 28px; padding: 0 11px; }
QPushButton:disabled { color: $faint; border-color: $line; }
QPushButton:default, QPushButton[kind="primary"] { background: $accent; color: $on_accent; border-color: $accent; }
QPushButton:default:hover, QPushButton[kind="primary"]:hover { background: $accent_hover; }
QPushButton:default:focus, QPushButton[kind="primary"]:focus { border-color: $text; }

QCheckBox, QRadioButton { spacing: 8px; min-height: 24px; color: $text; background: transparent; }
QCheckBox::indicator, QRadioButton::indicator {
  width: 16px; height: 16px; background: $surface; border: 1px solid $line_strong; border-radius: 4px; }
QRadioButton::indicator { border-radius: 9px; }
QCheckBox::indicator:hover, QRadioButton::indicator:hover { border-color: $accent; }
QCheckBox::indicator:focus, QRadioButton::indicator:focus { border: 2px solid $focus; width: 14px; height: 14px; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url("$glyph_check"); }
QCheckBox::indicator:checked:disabled { background: $faint; border-color: $faint; }
QCheckBox::indicator:indeterminate { background: $accent; border-color: $accent; image: url("$glyph_minus"); }
QRadioButton::indicator:checked { background: $accent; border-color: $accent; image: url("$glyph_dot"); }
QCheckBox::indicator:checked:focus, QRadioButton::indicator:checked:focus { border-color: $text; }
QCheckBox:disabled, QRadioButton:disabled { color: $faint; }

QMenu { background: $surface; color: $text; border: 1px solid $line_strong; border-radius: 8px; padding: 6px; }
QMenu::item { padding: 7px 24px 7px 10px; border-radius: 5px; min-width: 120px; }
QMenu::item:selected { background: $selection; color: $text; }
QMenu::item:disabled { color: $faint; }
QMenu::separator { height: 1px; background: $line; margin: 6px 4px; }
QMenu::icon { padding-left: 8px; }

QTabBar { qproperty-expanding: false; qproperty-drawBase: false; }
QTabBar::tab { background: transparent; color: $quiet; padding: 8px 2px; margin-right: 24px; font-weight: 600;
  border: none; border-bottom: 3px solid transparent; }
QTabBar::tab:selected { color: $link; border-bottom-color: $accent; }
QTabBar::tab:hover { color: $text; }
QTabWidget::pane { border: none; border-top: 1px solid $line; }

QHeaderView { background: $zebra; border: none; }
QHeaderView::section { background: $zebra; color: $quiet; border: none; border-bottom: 1px solid $line; padding: 0 8px;
  font-weight: 500; }
QTableView, QListView, QTreeView { background: $surface; border: none; gridline-color: $line; }
QTableCornerButton::section { background: $zebra; border: none; }
QScrollArea, QScrollArea > QWidget, QScrollArea > QWidget > QWidget { border: none; background: transparent; }
QSplitter::handle { background: $line; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
QSplitter::handle:hover { background: $accent; }

QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $line_strong; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: $quiet; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QProgressBar { background: $line; color: transparent; border: none; border-radius: 3px; max-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QCalendarWidget QWidget { alternate-background-color: $zebra; }
QCalendarWidget QToolButton { color: $text; background: transparent; border: none; padding: 4px 8px; }
"""
)


def style_sheet(tokens: Tokens, glyphs: dict[str, str]) -> str:
    """Return the style sheet of a token table; `glyphs` names the files of the small marks Qt wants as images."""
    tones = "\n".join(f'QLabel[tone="{name}"] {{ color: {tone.text}; }}' for name, tone in tokens.tones.items())
    values = {
        name: getattr(tokens, name) for name in tokens.__dataclass_fields__ if isinstance(getattr(tokens, name), str)
    }
    for name in ("warn", "danger"):
        values[f"{name}_soft"] = tokens.color(f"{name}.soft")
        values[f"{name}_mark"] = tokens.color(f"{name}.mark")
        values[f"{name}_edge"] = tokens.color(f"{name}.edge")
    # In the dark a panel over the page stands out by its outline, in the light by its shadow.
    values["popup_edge"] = tokens.line_strong if tokens.dark else tokens.surface
    for name in ("down", "up", "check", "minus", "dot"):
        values[f"glyph_{name}"] = glyphs[name]
    return _SHEET.substitute(values, tones=tones)
