"""The dialog for a new picture: its size, and the one colour that fills it."""

from PySide6.QtCore import QPointF, QRectF, QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QPalette, QPen, QPixmap
from PySide6.QtWidgets import (
    QButtonGroup,
    QColorDialog,
    QComboBox,
    QDialog,
    QToolButton,
    QWidget,
)

from app.ui.dialogs.parts import (
    CONTROL_PX,
    GAP_PX,
    INSET_PX,
    TIGHT_PX,
    Note,
    as_dialog,
    button,
    chars_px,
    column,
    form,
    named,
    row,
    spin,
    too_large,
)

LONGEST_PX = 30_000
PREVIEW_PX = 160
SWATCH_PX = 16

PRESETS = (
    ("Square", 1024, 1024),
    ("Photo 3:2", 1536, 1024),
    ("Photo 4:3", 1600, 1200),
    ("Wide 16:9", 1920, 1080),
    ("A4 at 300 px per inch", 3508, 2480),
)
COLOURS = (("White", "#ffffff"), ("Middle grey", "#777777"), ("Black", "#000000"))


def preset_of(width_px: int, height_px: int) -> int:
    """Which preset has this size, lying or upright; the number of presets when none has."""
    for place, (_, wide_px, high_px) in enumerate(PRESETS):
        if (width_px, height_px) in ((wide_px, high_px), (high_px, wide_px)):
            return place
    return len(PRESETS)


class Sheet(QWidget):
    """Shows the shape and the colour of the new picture."""

    def __init__(self) -> None:
        super().__init__()
        self._size_px = QSize(1, 1)
        self._colour = QColor("white")
        self.setFixedSize(PREVIEW_PX, PREVIEW_PX)
        self.setAccessibleName("Preview of the shape")

    def show_sheet(self, width_px: int, height_px: int, colour: QColor) -> None:
        """Show a picture of this size and colour."""
        self._size_px = QSize(width_px, height_px)
        self._colour = colour
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        shown = self._size_px.scaled(self.size() - QSize(2, 2), Qt.AspectRatioMode.KeepAspectRatio)
        sheet = QRectF(0, 0, max(2, shown.width()), max(2, shown.height()))
        sheet.moveCenter(QPointF(self.rect().center()) + QPointF(0.5, 0.5))
        painter = QPainter(self)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.PlaceholderText), 1))
        painter.setBrush(self._colour)
        painter.drawRect(sheet)


def swatch(colour: QColor, edge: QColor, ratio: float) -> QIcon:
    """A small square of a colour, with an edge so that it shows on any ground."""
    pixmap = QPixmap(QSize(SWATCH_PX, SWATCH_PX) * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setPen(QPen(edge, 1))
    painter.setBrush(colour)
    painter.drawRect(QRectF(0.5, 0.5, SWATCH_PX - 1, SWATCH_PX - 1))
    painter.end()
    return QIcon(pixmap)


class ColourField(QWidget):
    """White, grey, black, or a colour of the person's own.

    Signals:
        changed(): another colour.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.colour = QColor(COLOURS[0][1])
        self._group = QButtonGroup(self)
        self._own = QColor("#9fb6c8")
        buttons = [self._button(words, QColor(code)) for words, code in COLOURS]
        self._other = self._button("Other\N{HORIZONTAL ELLIPSIS}", self._own)
        buttons[0].setChecked(True)
        self.setLayout(row(*buttons, self._other, 0, gap_px=TIGHT_PX))
        self._other.clicked.connect(self._ask)

    def _button(self, words: str, colour: QColor) -> QToolButton:
        made = named(QToolButton(), words.rstrip("\N{HORIZONTAL ELLIPSIS}"))
        made.setText(words)
        made.setCheckable(True)
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._dye(made, colour)
        self._group.addButton(made)
        if not words.endswith("\N{HORIZONTAL ELLIPSIS}"):
            made.clicked.connect(lambda: self._choose(colour))
        return made

    def _dye(self, made: QToolButton, colour: QColor) -> None:
        edge = self.palette().color(QPalette.ColorRole.PlaceholderText)
        made.setIcon(swatch(colour, edge, max(2.0, self.devicePixelRatioF())))

    def _choose(self, colour: QColor) -> None:
        self.colour = colour
        self.changed.emit()

    @Slot()
    def _ask(self) -> None:
        self._choose(self._own)
        colours = QColorDialog(self._own, self)
        colours.setWindowTitle("Background colour")
        colours.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        colours.colorSelected.connect(self._take_own)
        colours.open()

    @Slot(QColor)
    def _take_own(self, colour: QColor) -> None:
        self._own = colour
        self._dye(self._other, colour)
        self._choose(colour)


class NewDialog(QDialog):
    """Asks for the size and the colour of a new picture.

    Signals:
        created(int, int, tuple): width and height in px, and (red, green, blue) of 0 to 255.
    """

    created = Signal(int, int, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._preset = named(QComboBox(), "Preset")
        for words, width_px, height_px in PRESETS:
            size = f"{width_px} \N{MULTIPLICATION SIGN} {height_px}"
            self._preset.addItem(f"{words}, {size}", (width_px, height_px))
        self._preset.addItem("Own size", None)
        self._width = spin("Width in pixels", 1, LONGEST_PX, 1, step=8, unit="px")
        self._height = spin("Height in pixels", 1, LONGEST_PX, 1, step=8, unit="px")
        self._turn = button("Turn", self._swap, icon="restart", tip="Swap width and height")
        self._colour = ColourField()
        self._sheet = Sheet()
        self._note = Note()
        self._create = button("Create", self._accept, icon="new")
        self._create.setDefault(True)
        self._lay_out()
        self._preset.currentIndexChanged.connect(self._take_preset)
        self._colour.changed.connect(self._show)
        for side in (self._width, self._height):
            side.setMinimumWidth(chars_px(self, 16))
            side.valueChanged.connect(self._show)
        self._preset.setCurrentIndex(1)

    def _lay_out(self) -> None:
        fields = form(
            ("Preset", self._preset),
            ("Width", row(self._width, self._turn, 0)),
            ("Height", row(self._height, 0)),
            ("Colour", self._colour),
        )
        cancel = button("Cancel", self.reject)
        top = row(column(fields, 0), self._sheet, gap_px=INSET_PX + GAP_PX)
        feet = row(0, cancel, self._create)
        as_dialog(self, "New picture", column(top, self._note, feet, gap_px=INSET_PX))
        self._turn.setMinimumHeight(CONTROL_PX)

    @Slot()
    def _take_preset(self) -> None:
        size_px = self._preset.currentData()
        if size_px is not None:
            self._set_size(*size_px)

    def _set_size(self, width_px: int, height_px: int) -> None:
        with QSignalBlocker(self._width), QSignalBlocker(self._height):
            self._width.setValue(width_px)
            self._height.setValue(height_px)
        self._show()

    def _swap(self) -> None:
        self._set_size(self._height.value(), self._width.value())

    @Slot()
    def _show(self) -> None:
        width_px, height_px = self._width.value(), self._height.value()
        self._sheet.show_sheet(width_px, height_px, self._colour.colour)
        place = preset_of(width_px, height_px)
        with QSignalBlocker(self._preset):
            self._preset.setCurrentIndex(place)
        problem = too_large(width_px, height_px)
        self._note.say("error", problem)
        self._create.setEnabled(not problem)

    def _accept(self) -> None:
        colour = self._colour.colour
        rgb = (colour.red(), colour.green(), colour.blue())
        self.created.emit(self._width.value(), self._height.value(), rgb)
        self.accept()
