"""The style sheet: what Fusion and the palette do not do, flat controls and a visible focus."""

from string import Template
from typing import TYPE_CHECKING

from app.resources import resource

if TYPE_CHECKING:
    from app.ui.theme import Theme

# Measures: controls are 28 high with their edges, at the default text size; text may make them
# higher. The focus ring is two wide and takes one from the padding, so that nothing moves.
SHEET = Template("""
QToolTip { color: $text; background: $base; border: 1px solid $line; padding: 4px 6px; }

QPushButton {
    color: $text; background: $button; border: 1px solid $line; border-radius: 4px;
    padding: 0 12px; min-height: 26px;
}
QPushButton:hover { background: $raised; border-color: $strong_line; }
QPushButton:pressed, QPushButton:checked { background: $base; }
QPushButton:default { border-color: $accent; }
QPushButton:disabled { color: $disabled; background: $window; border-color: $line; }
QPushButton[ring="true"]:focus { border: 2px solid $accent; padding: 0 11px; min-height: 24px; }
QPushButton::menu-indicator {
    image: url($art/arrow-down.svg); subcontrol-position: right center; width: 16px; right: 6px;
}

QToolButton {
    color: $text; background: transparent; border: 1px solid transparent; border-radius: 4px;
    padding: 3px; min-width: 20px; min-height: 20px;
}
QToolButton:hover { background: $raised; }
QToolButton:pressed { background: $base; }
QToolButton[bare="true"]:checked { background: transparent; border-color: transparent; }
QToolButton[bare="true"]:checked:hover { background: $raised; }
QToolButton:checked { background: $active; border-color: $accent; }
QToolButton:disabled { color: $disabled; }
QToolButton[ring="true"]:focus { border: 2px solid $accent; padding: 2px; }
QToolButton::menu-indicator { image: none; }
QLineEdit QToolButton { border: none; padding: 0; min-width: 0; min-height: 0; }

QLineEdit, QAbstractSpinBox, QComboBox, QKeySequenceEdit > QLineEdit {
    color: $text; background: $base; border: 1px solid $line; border-radius: 4px;
    padding: 0 6px; min-height: 26px;
    selection-background-color: $selection; selection-color: white;
    placeholder-text-color: $faint;
}
QLineEdit:hover, QAbstractSpinBox:hover, QComboBox:hover { border-color: $strong_line; }
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled {
    color: $disabled; background: $window;
}
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus {
    border: 2px solid $accent; padding: 0 5px; min-height: 24px;
}
QAbstractSpinBox QLineEdit, QAbstractItemView QLineEdit { min-height: 20px; }
QAbstractSpinBox > QLineEdit, QAbstractSpinBox > QLineEdit:focus {
    border: none; background: transparent; padding: 0 4px; min-height: 20px;
}
QAbstractSpinBox[plain="true"] > QLineEdit { padding: 0 7px 0 0; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {
    width: 18px; border: none; background: transparent; subcontrol-origin: border;
}
QAbstractSpinBox::up-button { subcontrol-position: top right; margin: 2px 2px 0 0; }
QAbstractSpinBox::down-button { subcontrol-position: bottom right; margin: 0 2px 2px 0; }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover { background: $raised; }
QAbstractSpinBox[plain="true"]::up-button, QAbstractSpinBox[plain="true"]::down-button {
    width: 0; margin: 0;
}
QAbstractSpinBox[plain="true"]::up-arrow, QAbstractSpinBox[plain="true"]::down-arrow {
    image: none; width: 0; height: 0;
}
QAbstractSpinBox::up-arrow { image: url($art/arrow-up.svg); width: 12px; height: 12px; }
QAbstractSpinBox::down-arrow { image: url($art/arrow-down.svg); width: 12px; height: 12px; }

QComboBox { background: $button; combobox-popup: 0; }
QComboBox::drop-down { border: none; width: 24px; }
QComboBox::down-arrow { image: url($art/arrow-down.svg); width: 16px; height: 16px; }
QComboBox QAbstractItemView {
    color: $text; background: $base; border: 1px solid $line; padding: 4px; outline: none;
}

QCheckBox, QRadioButton { spacing: 8px; min-height: 28px; }
QCheckBox::indicator, QRadioButton::indicator {
    width: 14px; height: 14px; border: 1px solid $strong_line; border-radius: 3px;
    background: $base;
}
QRadioButton::indicator { border-radius: 8px; }
QCheckBox::indicator:hover, QRadioButton::indicator:hover { border-color: $text; }
QCheckBox::indicator:checked {
    background: $selection; border-color: $selection; image: url($art/tick.svg);
}
QRadioButton::indicator:checked {
    background: $selection; border-color: $selection; image: url($art/dot.svg);
}
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled { border-color: $line; }
QCheckBox::indicator:checked:disabled, QRadioButton::indicator:checked:disabled {
    background: $disabled; border-color: $disabled;
}
QCheckBox[ring="true"]::indicator:focus, QRadioButton[ring="true"]::indicator:focus {
    border: 2px solid $accent;
}

QAbstractItemView { color: $text; background: $base; border: 1px solid $line; outline: none; }
QAbstractItemView:focus { border-color: $accent; }
QListView::item { padding: 4px 6px; min-height: 20px; }
QListView::item:selected, QTableView::item:selected, QTreeView::item:selected {
    color: white; background: $selection;
}
QHeaderView::section {
    color: $faint; background: $window; border: none; border-bottom: 1px solid $line;
    padding: 4px 8px;
}
QTextEdit, QPlainTextEdit, QTextBrowser {
    color: $text; background: $base; border: 1px solid $line; border-radius: 4px;
    selection-background-color: $selection; selection-color: white;
}
QTextEdit:focus, QPlainTextEdit:focus, QTextBrowser:focus { border-color: $accent; }

QGroupBox { border: none; margin-top: 24px; font-weight: 600; }
QGroupBox::title { subcontrol-origin: margin; left: 0; padding: 0 0 4px 0; }

QTabWidget::pane { border: none; border-top: 1px solid $line; }
QTabBar::tab {
    color: $faint; background: transparent; border: none; border-bottom: 2px solid transparent;
    padding: 4px 12px; min-height: 20px;
}
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabBar::tab:focus { color: $text; background: $active; }

.QSlider { min-height: 28px; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $line; }
QSlider::sub-page:horizontal { height: 4px; border-radius: 2px; background: $accent; }
QSlider::handle:horizontal {
    width: 14px; height: 14px; margin: -5px 0; border-radius: 7px; background: $handle;
    border: 1px solid $strong_line;
}
QSlider::handle:horizontal:focus { border: 2px solid $accent; }
QSlider::sub-page:horizontal:disabled { background: $strong_line; }

QProgressBar {
    color: $text; background: $base; border: 1px solid $line; border-radius: 4px;
    text-align: center;
}
QProgressBar::chunk { background: $selection; border-radius: 3px; }

QMenuBar { color: $text; background: $window; border: none; padding: 0 4px; }
QMenuBar::item { background: transparent; padding: 6px 8px; border-radius: 4px; }
QMenuBar::item:selected, QMenuBar::item:pressed { background: $raised; }
QMenu { color: $text; background: $base; border: 1px solid $line; padding: 4px; }
QMenu::item { padding: 8px 24px 8px 28px; border-radius: 4px; }
QMenu::item:selected { background: $chosen; }
QMenu::item:disabled { color: $disabled; background: transparent; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }
QMenu::icon { margin-left: 4px; padding: 2px; border: 1px solid transparent; border-radius: 4px; }
QMenu::icon:checked { background: $active; border-color: $accent; }
QMenu::right-arrow { image: url($art/menu-arrow-$name.svg); width: 16px; height: 16px; }
QMenu::indicator { width: 14px; height: 14px; left: 7px; }
QMenu::indicator:checked { image: url($art/menu-tick-$name.svg); }

QScrollBar { background: transparent; border: none; }
QScrollBar:vertical { width: 12px; }
QScrollBar:horizontal { height: 12px; }
QScrollBar::handle { background: $line; border-radius: 4px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: $strong_line; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QAbstractScrollArea::corner { background: transparent; border: none; }

QToolBar { background: $window; border: none; spacing: 4px; padding: 4px; }
QToolBar::separator { background: $line; width: 1px; height: 1px; margin: 4px; }
QMainWindow::separator { background: $surround; width: 4px; height: 4px; }
QMainWindow::separator:hover { background: $accent; }
QStatusBar { background: $window; }
QStatusBar::item { border: none; }
QSplitter::handle { background: $surround; }
""")


def style_sheet(theme: "Theme") -> str:
    """The style sheet of the whole program in the colours of a theme."""
    names = (
        "surround window base button raised line strong_line text faint disabled accent selection"
    )
    colours = {name: getattr(theme, name).name() for name in names.split()}
    colours |= {"active": theme.tint(theme.accent).name(), "chosen": theme.chosen.name()}
    handle = (theme.text if theme.dark else theme.base).name()
    art = resource("icons/sheet").as_posix()
    name = "dark" if theme.dark else "light"
    return SHEET.substitute(colours, handle=handle, art=art, name=name)
