"""How the program looks: two sets of calm greys, one accent, icons in the colour of the text.

The greys have no tint, so that colours beside them can be judged. Widgets that paint themselves
ask `Theme.of(self.palette())` while they paint: nothing has to be told when the theme changes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from app.ui.icons import icon, pixmap, recolour
from app.ui.style import style_sheet
from app.ui.widgets.focus_ring import FocusRing

__all__ = ["DARK", "LIGHT", "Appearance", "Theme", "apply", "contrast", "icon", "pixmap"]

Role = QPalette.ColorRole
MIDDLE_LIGHTNESS = 128


def _grey(value: int) -> QColor:
    return QColor(value, value, value)


def mixed(over: QColor, under: QColor, share: float) -> QColor:
    """`share` (0..1) of the colour `over`, the rest of `under`, as it is stored (sRGB)."""
    return QColor(
        round(share * over.red() + (1 - share) * under.red()),
        round(share * over.green() + (1 - share) * under.green()),
        round(share * over.blue() + (1 - share) * under.blue()),
    )


def contrast(one: QColor, other: QColor) -> float:
    """The contrast of WCAG 2, 1 (none) to 21 (black and white)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: QColor) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (colour.redF(), colour.greenF(), colour.blueF())
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@dataclass(frozen=True)
class Theme:
    """The colours of one theme.

    Attributes:
        surround: around the picture; sRGB 60 or 190.
        window: panels and bars.
        base: fields and lists.
        button: what can be pressed; `raised` is the same under the pointer.
        line: edges of fields and panels; `strong_line` where the edge is all there is to see.
        text: on window, base and button; `faint` the same for what matters less.
        disabled: text of what cannot be used now.
        accent: lines and marks of what is active; `selection` is its field behind white text.
        warning, error: marks and words; `tint` makes the field behind them.
    """

    dark: bool
    surround: QColor
    window: QColor
    base: QColor
    button: QColor
    raised: QColor
    line: QColor
    strong_line: QColor
    text: QColor
    faint: QColor
    disabled: QColor
    accent: QColor
    selection: QColor
    warning: QColor
    error: QColor

    @staticmethod
    def of(palette: QPalette) -> "Theme":
        """The theme that a widget with this palette is drawn in."""
        return DARK if palette.color(Role.Window).lightness() < MIDDLE_LIGHTNESS else LIGHT

    def tint(self, colour: QColor, share: float = 0.16) -> QColor:
        """A quiet field of a colour, for text or marks of that colour upon it."""
        return mixed(colour, self.window, share)

    @property
    def chosen(self) -> QColor:
        """The field behind a selected row; every text colour can be read on it."""
        return self.tint(self.accent, 0.2)

    def palette(self) -> QPalette:
        """The palette of the whole program."""
        palette = QPalette()
        for role, colour in self._roles().items():
            palette.setColor(role, colour)
        off = QPalette.ColorGroup.Disabled
        for role in (Role.WindowText, Role.Text, Role.ButtonText, Role.PlaceholderText):
            palette.setColor(off, role, self.disabled)
        palette.setColor(off, Role.Highlight, self.line)
        palette.setColor(off, Role.HighlightedText, self.disabled)
        return palette

    def _roles(self) -> dict[Role, QColor]:
        return {
            Role.Window: self.window,
            Role.Base: self.base,
            Role.AlternateBase: mixed(self.window, self.base, 0.4),
            Role.Button: self.button,
            Role.Light: self.raised,
            Role.Midlight: self.button,
            Role.Mid: self.line,
            Role.Dark: self.line,
            Role.Shadow: _grey(0),
            Role.WindowText: self.text,
            Role.Text: self.text,
            Role.ButtonText: self.text,
            Role.BrightText: self.error,
            Role.PlaceholderText: self.faint,
            Role.ToolTipBase: self.base,
            Role.ToolTipText: self.text,
            Role.Accent: self.accent,
            Role.Highlight: self.selection,
            Role.HighlightedText: _grey(255),
            Role.Link: self.accent,
            Role.LinkVisited: self.accent,
        }


DARK = Theme(
    dark=True,
    surround=_grey(60),
    window=_grey(46),
    base=_grey(34),
    button=_grey(64),
    raised=_grey(76),
    line=_grey(82),
    strong_line=_grey(134),
    text=_grey(226),
    faint=_grey(180),
    disabled=_grey(118),
    accent=QColor("#64a6ea"),
    selection=QColor("#2f659e"),
    warning=QColor("#e6b450"),
    error=QColor("#f28b82"),
)
LIGHT = Theme(
    dark=False,
    surround=_grey(190),
    window=_grey(236),
    base=_grey(252),
    button=_grey(250),
    raised=_grey(242),
    line=_grey(198),
    strong_line=_grey(126),
    text=_grey(28),
    faint=_grey(82),
    disabled=_grey(148),
    accent=QColor("#1f68b5"),
    selection=QColor("#2a6db8"),
    warning=QColor("#6f4900"),
    error=QColor("#ab261b"),
)


class Appearance(QObject):
    """Keeps the program in the chosen theme and text size; lives on the GUI thread.

    Signals:
        changed(Theme): the program wears this theme now.
    """

    changed = Signal(object)

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._choice = "system"
        self._font_points = app.font().pointSizeF()
        self.theme = DARK
        app.setStyle("Fusion")
        self._focus_ring = FocusRing(app, self)
        app.styleHints().colorSchemeChanged.connect(self._follow_system)

    def choose(self, choice: str, text_percent: int = 100) -> None:
        """Dress the program: a theme or the system's, and text in percent of the system's size."""
        self._choice = choice
        font = self._app.font()
        font.setPointSizeF(self._font_points * text_percent / 100)
        self._app.setFont(font)
        self._app.styleHints().setColorScheme(
            {
                "system": Qt.ColorScheme.Unknown,
                "dark": Qt.ColorScheme.Dark,
                "light": Qt.ColorScheme.Light,
            }[choice]
        )
        self._dress()

    @Slot()
    def _follow_system(self) -> None:
        if self._choice == "system":
            self._dress()

    def _dress(self) -> None:
        # A system that does not tell gets the dark one: beside it, pictures glow.
        light = self._choice == "light" or (
            self._choice == "system"
            and self._app.styleHints().colorScheme() == Qt.ColorScheme.Light
        )
        self.theme = LIGHT if light else DARK
        self._app.setPalette(self.theme.palette())
        self._app.setStyleSheet(_sheet(self.theme.dark))
        recolour(self._app)
        self.changed.emit(self.theme)


@lru_cache(maxsize=2)
def _sheet(dark: bool) -> str:
    return style_sheet(DARK if dark else LIGHT)


def apply(app: QApplication, choice: str = "system", text_percent: int = 100) -> Appearance:
    """Dress the program and keep it dressed; GUI thread.

    Returns the one object that does it: `theme` tells what is worn, `changed` when that changes.
    """
    appearance = app.findChild(Appearance) or Appearance(app)
    appearance.choose(choice, text_percent)
    return appearance


@contextmanager
def without_sheet(app: QApplication) -> Iterator[None]:
    """Leave the style sheet off while a window is built.

    With one, every part would be polished anew whenever what holds it is put into something else.
    """
    sheet = app.styleSheet()
    app.setStyleSheet("")
    try:
        yield
    finally:
        app.setStyleSheet(sheet)
