"""What the dialogs share: measures, small builders, and the note that replaces message boxes."""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, Protocol, TypeVar

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QFontMetrics,
    QKeyEvent,
    QPalette,
)
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QTreeWidget,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.widgets.elided_label import ElidedLabel

TIGHT_PX = 4
GAP_PX = 8
INSET_PX = 16
CONTROL_PX = 28
ICON_PX = 20
SHARE_OF_SCREEN = 0.85
LARGEST_PX = 100_000_000
TOO_LARGE = "That is {megapixels:.0f} megapixels; a picture may have up to 100."

Kind = Literal["info", "warning", "error", "check"]
Part = QWidget | QLayout | int
W = TypeVar("W", bound=QWidget)


class DeviceLike(Protocol):
    """A device to choose: `models.api.DeviceInfo` is one.

    Attributes:
        name: "cpu", "cuda:0".
        words: what a person reads, with the memory.
    """

    @property
    def name(self) -> str: ...

    @property
    def words(self) -> str: ...


def pixels_words(width_px: int, height_px: int) -> str:
    """ "1536 x 1024 px", with the sign for times."""
    return f"{width_px} \N{MULTIPLICATION SIGN} {height_px} px"


def too_large(width_px: int, height_px: int) -> str:
    """The sentence for a picture over 100 megapixels; empty for any other."""
    pixels = width_px * height_px
    return TOO_LARGE.format(megapixels=pixels / 1e6) if pixels > LARGEST_PX else ""


def _fill(layout: QBoxLayout, parts: Iterable[Part], gap_px: int) -> None:
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(gap_px)
    for part in parts:
        if isinstance(part, QWidget):
            layout.addWidget(part)
        elif isinstance(part, QLayout):
            layout.addLayout(part)
        elif part == 0:
            layout.addStretch(1)
        else:
            layout.addSpacing(part)


def row(*parts: Part, gap_px: int = GAP_PX) -> QHBoxLayout:
    """Widgets and layouts side by side; a number is that much room, 0 all that is left."""
    layout = QHBoxLayout()
    _fill(layout, parts, gap_px)
    return layout


def column(*parts: Part, gap_px: int = GAP_PX) -> QVBoxLayout:
    """Widgets and layouts below one another; a number is that much room, 0 all that is left."""
    layout = QVBoxLayout()
    _fill(layout, parts, gap_px)
    return layout


def form(*rows: tuple[str, QWidget | QLayout]) -> QFormLayout:
    """Rows of a label and what it names; each label is its control's accessible name too."""
    layout = QFormLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setHorizontalSpacing(INSET_PX)
    layout.setVerticalSpacing(GAP_PX)
    layout.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
    for words, field in rows:
        if isinstance(field, QComboBox):
            field.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        label = QLabel(words)
        label.setMinimumHeight(CONTROL_PX if words else 0)
        layout.addRow(label, field)
    return layout


def align_labels(*forms: QFormLayout) -> None:
    """Let the fields of several forms begin at the same place, in the present font."""
    labels = [
        label
        for layout in forms
        for place in range(layout.rowCount())
        if (item := layout.itemAt(place, QFormLayout.ItemRole.LabelRole)) is not None
        and (label := item.widget()) is not None
    ]
    widest = max(label.sizeHint().width() for label in labels)
    for label in labels:
        label.setMinimumWidth(widest)


def table(name: str, columns: Sequence[str]) -> QTreeWidget:
    """A list with columns, each row as high as a control."""
    made = QTreeWidget()
    dress_table(made, name, columns)
    return made


def dress_table(made: QTreeWidget, name: str, columns: Sequence[str]) -> None:
    """Give a tree the looks and the manners of a list with columns."""
    made.setAccessibleName(name)
    made.setHeaderLabels(list(columns))
    made.setRootIsDecorated(False)
    made.setUniformRowHeights(True)
    made.setAllColumnsShowFocus(True)
    made.setStyleSheet("QTreeView::item { padding: 2px 8px; min-height: 24px; }")
    made.header().setSectionsMovable(False)


def named(widget: W, name: str, tip: str = "") -> W:
    """The control with its accessible name, its tooltip and the height of every control."""
    widget.setAccessibleName(name)
    widget.setToolTip(tip)
    widget.setMinimumHeight(CONTROL_PX)
    return widget


class _Number(QSpinBox):
    """A spin box as high as the other controls, which a style sheet makes a little higher."""

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self._height())

    def minimumSizeHint(self) -> QSize:
        return QSize(super().minimumSizeHint().width(), self._height())

    def _height(self) -> int:
        return max(CONTROL_PX, self.fontMetrics().height() + GAP_PX)


def spin(name: str, low: int, high: int, value: int, *, step: int = 1, unit: str = "") -> QSpinBox:
    """A field for a whole number."""
    made = named(_Number(), name)
    made.setRange(low, high)
    made.setValue(value)
    made.setSingleStep(step)
    made.setSuffix(f" {unit}" if unit else "")
    # A style sheet cannot move the text inside a spin box away from its edge.
    made.lineEdit().setTextMargins(TIGHT_PX, 0, 0, 0)
    return made


class _Button(QPushButton):
    """A button that Enter presses while it has the focus; Qt has that for default buttons only."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)


def button(
    words: str, pressed: Callable[[], object], *, icon: str = "", tip: str = ""
) -> QPushButton:
    """A push button that Enter presses only while it has the focus."""
    made = named(_Button(words), words.rstrip("\N{HORIZONTAL ELLIPSIS}"), tip)
    made.setAutoDefault(False)
    if icon:
        made.setIcon(theme.icon(icon))
        made.setIconSize(QSize(16, 16))
    made.clicked.connect(lambda _: pressed())
    return made


def heading(words: str) -> QLabel:
    """The title of a group."""
    label = QLabel(words)
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    return label


def quiet(words: str = "") -> QLabel:
    """Text that explains, in the quieter colour, over as many lines as it takes."""
    label = QLabel(words)
    label.setWordWrap(True)
    label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def chars_px(widget: QWidget, count: int) -> int:
    """How wide so many characters of an average text are in the widget's font, px of the view."""
    return QFontMetrics(widget.font()).averageCharWidth() * count


def fill_devices(
    combo: QComboBox, devices: Iterable[DeviceLike], current: str, automatic: str = ""
) -> None:
    """List "auto" and the devices, and choose `current`, without a signal.

    A current device that is not there (a GPU taken out) is listed as not found.
    """
    combo.blockSignals(True)
    combo.clear()
    combo.addItem(f"Auto ({automatic})" if automatic else "Auto", "auto")
    for device in devices:
        combo.addItem(device.words, device.name)
    if combo.findData(current) < 0:
        combo.addItem(f"{current} (not found)", current)
    combo.setCurrentIndex(combo.findData(current))
    combo.blockSignals(False)


def path_label(words: str = "") -> ElidedLabel:
    """A line for a path: it loses its middle where there is no room."""
    label = ElidedLabel(words, where=Qt.TextElideMode.ElideMiddle)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return label


class Note(QWidget):
    """One sentence beside the thing that it is about, with buttons where it asks something.

    Takes no room while there is nothing to say.

    Signals:
        changed(): it says something else, or nothing.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind: Kind = "info"
        self._icon = QLabel()
        self._icon.setFixedWidth(ICON_PX)
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._buttons = row()
        self._shown_buttons: list[QPushButton] = []
        layout = row(self._icon, self._words, self._buttons)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.hide()

    @property
    def text(self) -> str:
        """What it says; empty when hidden."""
        return self._words.text()

    @property
    def buttons(self) -> list[QPushButton]:
        """The buttons of the question, in order."""
        return list(self._shown_buttons)

    def say(self, kind: Kind, text: str, *actions: tuple[str, Callable[[], object]]) -> None:
        """Show a sentence; an action's button is pressed once, then the note goes."""
        if not text:
            self.clear()
            return
        same = (kind, text) == (self._kind, self.text)
        self._kind = kind
        self._drop_buttons()
        self._words.setText(text)
        self._words.setAccessibleName(text)
        self._draw_icon()
        for words, act in actions:
            made = button(words, lambda act=act: self._answer(act))
            self._buttons.addWidget(made)
            self._shown_buttons.append(made)
        self.show()
        if not same:
            QAccessible.updateAccessibility(QAccessibleEvent(self._words, QAccessible.Event.Alert))
        self.changed.emit()

    def clear(self) -> None:
        """Say nothing."""
        if not self.isHidden():
            self._drop_buttons()
            self._words.clear()
            self.hide()
            self.changed.emit()

    def _answer(self, act: Callable[[], object]) -> None:
        self.clear()
        act()

    def _drop_buttons(self) -> None:
        while self._shown_buttons:
            old = self._shown_buttons.pop()
            self._buttons.removeWidget(old)
            old.hide()
            old.deleteLater()

    def _draw_icon(self) -> None:
        worn = theme.Theme.of(self.palette())
        colour = {"warning": worn.warning, "error": worn.error}.get(self._kind, worn.accent)
        ratio = self.devicePixelRatioF()
        self._icon.setPixmap(theme.pixmap(self._kind, colour, ICON_PX, ratio))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange and self.text:
            self._draw_icon()
        super().changeEvent(event)


class Notes(QWidget):
    """Several notes below one another."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = column(gap_px=TIGHT_PX)
        self.setLayout(self._layout)
        self._notes: list[Note] = []

    @property
    def texts(self) -> list[str]:
        """What is said, from the top."""
        return [note.text for note in self._notes if note.text]

    def say(self, said: Iterable[tuple[Kind, str]]) -> None:
        """Show these sentences instead of the former ones."""
        wanted: list[tuple[Kind, str]] = [(kind, text) for kind, text in said if text]
        while len(self._notes) < len(wanted):
            note = Note()
            self._notes.append(note)
            self._layout.addWidget(note)
        for note, (kind, text) in zip(self._notes, wanted, strict=False):
            note.say(kind, text)
        for note in self._notes[len(wanted) :]:
            note.clear()
        self.setVisible(bool(wanted))


def resize_in_chars(dialog: QDialog, wide: int, high: int) -> None:
    """Give a dialog room for its text, but not more than most of the screen has."""
    room = dialog.screen().availableSize() * SHARE_OF_SCREEN
    wanted = QSize(chars_px(dialog, wide), chars_px(dialog, high))
    dialog.resize(wanted.boundedTo(room))


def as_dialog(dialog: QDialog, title: str, content: QLayout, *, fixed: bool = True) -> None:
    """Give a dialog its title, margins and content; a fixed one is as large as its content."""
    dialog.setWindowTitle(title)
    dialog.setAccessibleName(title)
    dialog.setWindowModality(Qt.WindowModality.WindowModal)
    content.setContentsMargins(INSET_PX, INSET_PX, INSET_PX, INSET_PX)
    if fixed:
        content.setSizeConstraint(QLayout.SizeConstraint.SetFixedSize)
    dialog.setLayout(content)
