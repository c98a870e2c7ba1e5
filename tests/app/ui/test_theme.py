"""The themes, their contrast, and how the program puts them on."""

import re
from contextlib import suppress
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
)

from app.resources import resource
from app.ui import theme
from app.ui.icons import SIZES_PX
from app.ui.style import style_sheet
from app.ui.theme import DARK, LIGHT, Theme, contrast, mixed
from tests.app.ui.dress import undress

Role = QPalette.ColorRole
ICONS = sorted(path.stem for path in resource("icons").glob("*.svg"))


@pytest.fixture
def undressed(qapp: QApplication):
    """The program in Qt's own dress, before and afterwards."""
    undress(qapp)
    yield qapp
    undress(qapp)


def test_contrast_of_the_extremes():
    assert contrast(QColor("white"), QColor("black")) == pytest.approx(21)
    assert contrast(QColor("red"), QColor("red")) == pytest.approx(1)


def test_mixing_keeps_both_ends():
    assert mixed(QColor("red"), QColor("blue"), 1) == QColor("red")
    assert mixed(QColor("red"), QColor("blue"), 0) == QColor("blue")


@pytest.mark.parametrize("which", [DARK, LIGHT])
@pytest.mark.parametrize(
    ("words", "behind"),
    [
        (Role.WindowText, Role.Window),
        (Role.Text, Role.Base),
        (Role.Text, Role.AlternateBase),
        (Role.ButtonText, Role.Button),
        (Role.ButtonText, Role.Light),
        (Role.HighlightedText, Role.Highlight),
        (Role.ToolTipText, Role.ToolTipBase),
        (Role.PlaceholderText, Role.Base),
        (Role.PlaceholderText, Role.Window),
        (Role.Link, Role.Base),
        (Role.Link, Role.Window),
        (Role.BrightText, Role.Window),
    ],
)
def test_text_can_be_read(which: Theme, words, behind):
    palette = which.palette()
    assert contrast(palette.color(words), palette.color(behind)) >= 4.5


@pytest.mark.parametrize("which", [DARK, LIGHT])
def test_text_on_tints_can_be_read(which: Theme):
    for colour in (which.accent, which.warning, which.error):
        assert contrast(which.text, which.tint(colour)) >= 4.5
    assert contrast(which.text, which.chosen) >= 4.5
    assert contrast(which.faint, which.chosen) >= 4.5
    assert contrast(which.warning, which.tint(which.warning, 0.2)) >= 4.5


@pytest.mark.parametrize("which", [DARK, LIGHT])
def test_what_is_active_can_be_seen(which: Theme):
    for behind in (which.window, which.base):
        assert contrast(which.accent, behind) >= 3
        assert contrast(which.strong_line, behind) >= 3


@pytest.mark.parametrize(("which", "value"), [(DARK, 60), (LIGHT, 190)])
def test_the_greys_have_no_tint(which: Theme, value: int):
    assert which.surround == QColor(value, value, value)
    for grey in (which.window, which.base, which.button, which.line, which.text, which.faint):
        assert grey.red() == grey.green() == grey.blue()


def test_a_widget_knows_its_theme_by_its_palette():
    assert Theme.of(DARK.palette()) is DARK
    assert Theme.of(LIGHT.palette()) is LIGHT


@pytest.mark.parametrize("choice", ["dark", "light"])
def test_the_choice_dresses_the_program(undressed: QApplication, choice):
    appearance = theme.apply(undressed, choice)
    assert appearance.theme is (DARK if choice == "dark" else LIGHT)
    assert undressed.palette().color(Role.Window) == appearance.theme.window
    assert appearance.theme.accent.name() in undressed.styleSheet()
    assert "$" not in undressed.styleSheet()


def test_there_is_one_appearance_that_tells_of_changes(undressed: QApplication, qtbot):
    appearance = theme.apply(undressed, "dark")
    with qtbot.waitSignal(appearance.changed) as told:
        assert theme.apply(undressed, "light") is appearance
    assert told.args == [LIGHT]


def test_text_scales_from_the_size_of_the_system(undressed: QApplication):
    points = undressed.font().pointSizeF()
    theme.apply(undressed, "dark", 150)
    theme.apply(undressed, "dark", 200)
    assert undressed.font().pointSizeF() == pytest.approx(2 * points)
    theme.apply(undressed, "dark", 100)
    assert undressed.font().pointSizeF() == pytest.approx(points)


def test_the_system_is_followed_only_when_asked(undressed: QApplication, monkeypatch):
    appearance = theme.apply(undressed, "system")
    # The offscreen platform tells no scheme, and takes none.
    assert appearance.theme is DARK

    class Hints:
        def colorScheme(self) -> Qt.ColorScheme:
            return Qt.ColorScheme.Light

        def setColorScheme(self, _scheme: Qt.ColorScheme) -> None:
            pass

    monkeypatch.setattr(appearance, "_app", _With(undressed, Hints()))
    appearance._follow_system()
    assert appearance.theme is LIGHT
    appearance.choose("dark")
    appearance._follow_system()
    assert appearance.theme is DARK


class _With:
    """The application with other style hints."""

    def __init__(self, app: QApplication, hints) -> None:
        self._app = app
        self._hints = hints

    def styleHints(self):
        return self._hints

    def __getattr__(self, name: str):
        return getattr(self._app, name)


@pytest.mark.parametrize("name", ICONS)
def test_every_icon_draws_something(qapp, name: str):
    image = theme.pixmap(name, QColor("black"), 20, 2).toImage()
    assert (image.width(), image.height()) == (40, 40)
    inked = sum(image.pixelColor(x, y).alpha() > 128 for x in range(40) for y in range(40))
    assert inked >= 40
    assert not theme.icon(name).isNull()


def test_all_icons_that_were_agreed_on_are_there():
    agreed = (
        "open new save export undo redo zoom-in zoom-out fit actual-size compare eye eye-off trash"
        " up down grip plus search folder dice grain settings copy close warning info error check"
        " restart keyboard import pencil model device chevron-down"
    )
    assert set(agreed.split()) <= set(ICONS)


def test_an_unknown_icon_is_a_defect(qapp):
    with pytest.raises(FileNotFoundError):
        theme.icon("no such")


def test_icons_are_sharp_at_twice_the_scale(qapp):
    for side in SIZES_PX:
        picture = theme.icon("eye").pixmap(theme.icon("eye").actualSize(_square(side)), 2.0)
        assert picture.width() == 2 * side
        assert picture.devicePixelRatio() == 2.0


def _square(side: int):
    return QSize(side, side)


def inks(holder, mode: QIcon.Mode = QIcon.Mode.Normal) -> set[str]:
    image = holder.icon().pixmap(QSize(20, 20), 1.0, mode).toImage()
    colours = (image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height()))
    return {colour.name() for colour in colours if colour.alpha() == 255}


def test_icons_of_buttons_and_actions_follow_the_theme(undressed: QApplication, qtbot):
    theme.apply(undressed, "dark")
    plain, fixed, foreign = QToolButton(), QToolButton(), QToolButton()
    for button in (plain, fixed, foreign):
        qtbot.addWidget(button)
    plain.setIcon(theme.icon("stop"))
    fixed.setIcon(theme.icon("stop", QColor("#123456")))
    action = plain.addAction(theme.icon("stop"), "Stop")
    label = QLabel()
    qtbot.addWidget(label)
    assert inks(plain) == {DARK.text.name()}
    theme.apply(undressed, "light")
    assert inks(plain) == {LIGHT.text.name()}
    assert inks(fixed) == {"#123456"}
    assert action.icon().cacheKey() == plain.icon().cacheKey()
    assert foreign.icon().isNull()


def test_icons_in_lists_follow_the_theme_and_can_be_read_when_selected(undressed, qtbot):
    theme.apply(undressed, "dark")
    tree, flat, box = QTreeWidget(), QListWidget(), QComboBox()
    for widget in (tree, flat, box):
        qtbot.addWidget(widget)
    branch = QTreeWidgetItem(["a", "b"])
    branch.setIcon(1, theme.icon("stop"))
    tree.setColumnCount(2)
    tree.addTopLevelItem(branch)
    leaf = QListWidgetItem(theme.icon("stop", QColor("#123456")), "leaf", flat)
    box.addItem(theme.icon("stop"), "one")
    box.addItem("without")

    class InTree:
        @staticmethod
        def icon() -> QIcon:
            return branch.icon(1)

    class InBox:
        @staticmethod
        def icon() -> QIcon:
            return box.itemIcon(0)

    theme.apply(undressed, "light")
    assert inks(InTree) == inks(InBox) == {LIGHT.text.name()}
    assert inks(leaf) == {"#123456"}
    for holder in (InTree, InBox, leaf):
        assert inks(holder, QIcon.Mode.Selected) == {"#ffffff"}
    assert box.itemIcon(1).isNull()


@pytest.mark.parametrize(("choice", "which"), [("dark", DARK), ("light", LIGHT)])
def test_the_selected_row_of_a_menu_can_be_read(undressed, qtbot, choice, which: Theme):
    theme.apply(undressed, choice)
    menu = QMenu()
    qtbot.addWidget(menu)
    action = menu.addAction(theme.icon("stop"), "Stop")
    menu.addAction(theme.icon("stop"), "Go on")
    switch = menu.addAction(theme.icon("stop"), "Switch")
    switch.setCheckable(True)
    switch.setChecked(True)
    menu.resize(menu.sizeHint())
    menu.setActiveAction(action)
    image = menu.grab().toImage()
    here, there, switched = (colours_of(image, menu, row) for row in menu.actions())
    assert which.chosen.name() in here
    assert which.chosen.name() not in there
    assert max(contrast(QColor(colour), which.chosen) for colour in here) >= 4.5
    # What is switched on is framed, since its icon takes the place of the tick.
    assert which.accent.name() in switched
    assert which.accent.name() not in there


def colours_of(image: QImage, menu: QMenu, action) -> set[str]:
    """Where the icon of a row is."""
    row = menu.actionGeometry(action)
    return {
        image.pixelColor(row.left() + x, row.top() + y).name()
        for x in range(28)
        for y in range(row.height())
    }


@pytest.mark.parametrize("which", [DARK, LIGHT])
def test_every_drawing_of_the_style_sheet_is_there(which: Theme):
    sheet = style_sheet(which)
    drawings = set(re.findall(r"url\(([^)]+)\)", sheet))
    assert drawings
    assert [name for name in drawings if not Path(name).is_file()] == []


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_rows_are_high_enough_to_hit(undressed, qtbot):
    theme.apply(undressed, "dark")
    menu, box = QMenu(), QComboBox()
    for widget in (menu, box):
        qtbot.addWidget(widget)
    action = menu.addAction("Open")
    box.addItems(["One", "Two"])
    box.showPopup()
    assert menu.actionGeometry(action).height() >= 28
    assert box.view().visualRect(box.model().index(0, 0)).height() >= 28
    box.hidePopup()


def test_a_window_is_built_without_the_sheet_and_wears_it_then(undressed):
    theme.apply(undressed, "dark")
    sheet = undressed.styleSheet()
    with theme.without_sheet(undressed):
        assert undressed.styleSheet() == ""
    assert undressed.styleSheet() == sheet
    with suppress(RuntimeError), theme.without_sheet(undressed):
        raise RuntimeError
    assert undressed.styleSheet() == sheet
