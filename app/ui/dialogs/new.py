"""The dialog for something new: a picture of one colour, or a layout of one label."""

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QPointF, QRectF, QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QPalette, QPen, QPixmap
from PySide6.QtWidgets import (
    QButtonGroup,
    QColorDialog,
    QComboBox,
    QDialog,
    QRadioButton,
    QToolButton,
    QWidget,
)

from app.document.palette import Label, Palette
from app.ui.dialogs.label_table import label_icon
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
LAYOUT_PRESETS = (
    ("Square", 512, 512),
    ("Photo 3:2", 768, 512),
    ("Photo 4:3", 1024, 768),
    ("Wide 16:9", 1920, 1080),
    ("Large square", 2048, 2048),
)
FIRST_PRESET = 1
COLOURS = (("White", "#ffffff"), ("Middle grey", "#777777"), ("Black", "#000000"))


Presets = Sequence[tuple[str, int, int]]


def preset_of(width_px: int, height_px: int, presets: Presets = PRESETS) -> int:
    """Which preset has this size, lying or upright; the number of presets when none has."""
    for place, (_, wide_px, high_px) in enumerate(presets):
        if (width_px, height_px) in ((wide_px, high_px), (high_px, wide_px)):
            return place
    return len(presets)


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


class LabelField(QWidget):
    """A palette, and the label of it that fills a layout.

    Signals:
        changed(): another palette or label.
    """

    changed = Signal()

    def __init__(self, palettes: Iterable[Palette]) -> None:
        super().__init__()
        self._palettes = {palette.id: palette for palette in palettes}
        self._palette = named(QComboBox(), "Palette")
        self._label = named(QComboBox(), "Background label")
        for palette in self._palettes.values():
            self._palette.addItem(palette.title, palette.id)
        self.setLayout(row(self._palette, self._label, 0))
        self._palette.currentIndexChanged.connect(self._fill)
        self._label.currentIndexChanged.connect(self.changed)
        self._fill()

    @property
    def palette_id(self) -> str:
        """Of the palette that is chosen."""
        return self._palette.currentData()

    @property
    def label(self) -> Label | None:
        """That is chosen; None where there are no palettes."""
        palette = self._palettes.get(self.palette_id)
        return palette.by_id(self._label.currentData()) if palette else None

    def choose(self, palette_id: str) -> None:
        """Have another palette, with its background; one that is not offered changes nothing."""
        place = self._palette.findData(palette_id)
        if place >= 0:
            self._palette.setCurrentIndex(place)

    @Slot()
    def _fill(self) -> None:
        palette = self._palettes.get(self.palette_id)
        if palette is None:
            return
        with QSignalBlocker(self._label):
            self._label.clear()
            for label in palette.labels:
                self._label.addItem(label_icon(label, self), label.name, label.id)
            self._label.setCurrentIndex(self._label.findData(palette.background))
        self.changed.emit()


class NewDialog(QDialog):
    """Asks for the size of something new, and for what fills it.

    Signals:
        created(int, int, tuple): a picture is wanted: width and height in px, and (red, green,
            blue) of 0 to 255.
        layout_created(int, int, str, int): a layout is wanted: width and height in px, the id of
            its palette and of the label that fills it.
    """

    created = Signal(int, int, object)
    layout_created = Signal(int, int, str, int)

    def __init__(
        self,
        parent: QWidget | None = None,
        palettes: Iterable[Palette] = (),
        *,
        layout: bool = False,
        palette_id: str = "",
    ) -> None:
        """
        Args:
            palettes: for layouts; without any there are only pictures.
            layout: begin with a layout.
            palette_id: the palette to begin with; the first unless given.
        """
        super().__init__(parent)
        self._labels = LabelField(palettes)
        self._labels.choose(palette_id)
        self._presets: Presets = ()
        self._preset = named(QComboBox(), "Preset")
        self._width = spin("Width in pixels", 1, LONGEST_PX, 1, step=8, unit="px")
        self._height = spin("Height in pixels", 1, LONGEST_PX, 1, step=8, unit="px")
        self._turn = button("Turn", self._swap, icon="restart", tip="Swap width and height")
        self._colour = ColourField()
        self._picture = named(QRadioButton("Picture of one colour"), "Picture of one colour")
        self._layout = named(QRadioButton("Layout to paint on"), "Layout to paint on")
        self._sheet = Sheet()
        self._note = Note()
        self._create = button("Create", self._accept, icon="new")
        self._create.setDefault(True)
        offers_layouts = self._labels.label is not None
        chosen = self._layout if layout and offers_layouts else self._picture
        chosen.setChecked(True)
        chosen.setFocus()
        self._lay_out(offers_layouts)
        self._connect()
        self._take_kind()

    def _connect(self) -> None:
        self._preset.currentIndexChanged.connect(self._take_preset)
        self._colour.changed.connect(self._show)
        self._labels.changed.connect(self._show)
        self._layout.toggled.connect(self._take_kind)
        for side in (self._width, self._height):
            side.setMinimumWidth(chars_px(self, 16))
            side.valueChanged.connect(self._show)

    def _lay_out(self, offers_layouts: bool) -> None:
        kind = QWidget()
        kind.setLayout(row(self._picture, self._layout, 0, gap_px=INSET_PX))
        self._fields = form(
            ("What", kind),
            ("Preset", self._preset),
            ("Width", row(self._width, self._turn, 0)),
            ("Height", row(self._height, 0)),
            ("Colour", self._colour),
            ("Filled with", self._labels),
        )
        self._fields.setRowVisible(kind, offers_layouts)
        cancel = button("Cancel", self.reject)
        top = row(column(self._fields, 0), self._sheet, gap_px=INSET_PX + GAP_PX)
        feet = row(0, cancel, self._create)
        title = "New" if offers_layouts else "New picture"
        as_dialog(self, title, column(top, self._note, feet, gap_px=INSET_PX))
        self._turn.setMinimumHeight(CONTROL_PX)

    @property
    def _is_layout(self) -> bool:
        return self._layout.isChecked()

    @Slot()
    def _take_kind(self) -> None:
        """Offer the sizes of pictures, or of layouts; a size of the person's own stays."""
        size_px = (self._width.value(), self._height.value())
        own = bool(self._presets) and size_px != self._presets[FIRST_PRESET][1:]
        self._presets = LAYOUT_PRESETS if self._is_layout else PRESETS
        with QSignalBlocker(self._preset):
            self._preset.clear()
            for words, width_px, height_px in self._presets:
                size = f"{width_px} \N{MULTIPLICATION SIGN} {height_px}"
                self._preset.addItem(f"{words}, {size}", (width_px, height_px))
            self._preset.addItem("Own size", None)
        self._fields.setRowVisible(self._colour, not self._is_layout)
        self._fields.setRowVisible(self._labels, self._is_layout)
        self._set_size(*(size_px if own else self._presets[FIRST_PRESET][1:]))

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

    @property
    def _fill_colour(self) -> QColor:
        label = self._labels.label
        return QColor(*label.rgb) if self._is_layout and label else self._colour.colour

    @Slot()
    def _show(self) -> None:
        width_px, height_px = self._width.value(), self._height.value()
        self._sheet.show_sheet(width_px, height_px, self._fill_colour)
        place = preset_of(width_px, height_px, self._presets)
        with QSignalBlocker(self._preset):
            self._preset.setCurrentIndex(place)
        problem = too_large(width_px, height_px)
        self._note.say("error", problem)
        self._create.setEnabled(not problem)

    def _accept(self) -> None:
        size_px = (self._width.value(), self._height.value())
        label = self._labels.label
        if self._is_layout and label is not None:
            self.layout_created.emit(*size_px, self._labels.palette_id, label.id)
        else:
            colour = self._colour.colour
            rgb = (colour.red(), colour.green(), colour.blue())
            self.created.emit(*size_px, rgb)
        self.accept()
