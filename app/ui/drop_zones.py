"""What lights up over the canvas while something is dragged over the window."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.ui.files import MODEL_SUFFIXES, PICTURE_SUFFIXES, PROJECT_SUFFIXES
from app.ui.panels.reference import REFERENCE_MIME, local_files
from app.ui.theme import Theme
from app.ui.widgets.painting import RADIUS

MARGIN_VIEW = 16
GAP_VIEW = 8
WORDS_SCALE = 1.4
VEIL_ALPHA = 232
SHOWN_NAME = 60


@dataclass(frozen=True)
class Zone:
    """A place to drop something, with the words for what that does.

    Attributes:
        role: "open", "layout", "reference", "style", "project", "model", or "" where a drop only
            tells why nothing can be done.
    """

    role: str
    words: str


OPEN = Zone("open", "Open as the picture")
LAYOUT = Zone("layout", "Open as a layout")
REFERENCE = Zone("reference", "Use as reference")
STYLE = Zone("style", "Use as style")
PROJECT = Zone("project", "Open the project")
MODEL = Zone("model", "Import model")
LAYOUT_SUFFIXES = (".png",)


def zones_for(mime: QMimeData, *, has_document: bool, painting: bool = False) -> list[Zone]:
    """What can be done with this; a single zone without a role where it is of no use.

    Args:
        has_document: whether a picture is open.
        painting: whether it is painted: then photos are its styles.
    """
    second = STYLE if painting else REFERENCE
    if mime.hasFormat(REFERENCE_MIME):
        return [second]
    files = local_files(mime)
    zones: list[Zone] = []
    if _of_kind(files, PICTURE_SUFFIXES) or (not files and mime.hasImage()):
        zones += [OPEN, second] if has_document else [OPEN]
    if _of_kind(files, LAYOUT_SUFFIXES):
        zones.append(LAYOUT)
    if _of_kind(files, PROJECT_SUFFIXES):
        zones.append(PROJECT)
    if _of_kind(files, MODEL_SUFFIXES):
        zones.append(MODEL)
    return zones or [Zone("", _refusal(files))]


class DropZones(QWidget):
    """An overlay that shows and takes what is dropped; the window forwards its drag events.

    Places are in the overlay's own coordinates; one beside it counts as the nearest inside.

    Signals:
        files_dropped(str, list): a role and the paths that it suits.
        image_dropped(str, QImage): a role and a picture that is no file, as browsers give it.
        reference_dropped(str): sha of a reference of the document.
        rejected(str): a sentence that says why something was not taken.
    """

    files_dropped = Signal(str, list)
    image_dropped = Signal(str, QImage)
    reference_dropped = Signal(str)
    rejected = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._covered = parent
        self._zones: list[Zone] = []
        self._lit = -1
        self.setAccessibleName("Drop zones")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    @property
    def zones(self) -> list[Zone]:
        """What is offered now."""
        return list(self._zones)

    def accepts(self, mime: QMimeData) -> bool:
        """Whether zones are shown for this: files, a picture, a reference of the document."""
        return mime.hasFormat(REFERENCE_MIME) or mime.hasUrls() or mime.hasImage()

    def begin(self, mime: QMimeData, has_document: bool, painting: bool = False) -> None:
        """Something has been dragged into the window: show what can be done with it."""
        self._zones = zones_for(mime, has_document=has_document, painting=painting)
        self._lit = -1
        self.setGeometry(self._covered.rect())
        self.raise_()
        self.show()

    def point_at(self, place: QPoint) -> bool:
        """Light the zone at this place; whether a drop is taken here."""
        lit = self._index_at(place)
        if lit != self._lit:
            self._lit = lit
            self.update()
        return lit >= 0

    def finish(self, mime: QMimeData, place: QPoint) -> None:
        """Something was dropped: say by signals what is to be done with it."""
        index = self._index_at(place)
        zone = self._zones[index] if index >= 0 else None
        self.cancel()
        if zone is None:
            return
        if not zone.role:
            self.rejected.emit(zone.words)
        elif mime.hasFormat(REFERENCE_MIME):
            self.reference_dropped.emit(bytes(mime.data(REFERENCE_MIME).data()).decode())
        elif files := local_files(mime):
            self._drop_files(zone.role, files)
        else:
            self._drop_image(zone.role, QImage(mime.imageData()))

    def cancel(self) -> None:
        """The drag has ended or has left the window."""
        self._zones = []
        self._lit = -1
        self.hide()

    def _drop_files(self, role: str, files: list[Path]) -> None:
        suffixes = {"model": MODEL_SUFFIXES, "project": PROJECT_SUFFIXES}
        suited = _of_kind(files, suffixes.get(role, PICTURE_SUFFIXES))
        self.files_dropped.emit(role, suited)
        known = _of_kind(files, MODEL_SUFFIXES + PICTURE_SUFFIXES + PROJECT_SUFFIXES)
        if others := [path for path in files if path not in known]:
            self.rejected.emit(_refusal(others))

    def _drop_image(self, role: str, image: QImage) -> None:
        if image.isNull():
            self.rejected.emit("The picture that was dropped could not be read.")
        else:
            self.image_dropped.emit(role, image)

    def _index_at(self, place: QPoint) -> int:
        if not self._zones:
            return -1
        row = place.x() * len(self._zones) // max(1, self.width())
        return min(max(row, 0), len(self._zones) - 1)

    def _rect(self, index: int) -> QRect:
        count = len(self._zones)
        inner = self.rect().adjusted(MARGIN_VIEW, MARGIN_VIEW, -MARGIN_VIEW, -MARGIN_VIEW)
        width = (inner.width() - GAP_VIEW * (count - 1)) // count
        return QRect(inner.x() + index * (width + GAP_VIEW), inner.y(), width, inner.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Qt's hook."""
        theme = Theme.of(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * WORDS_SCALE)
        for index, zone in enumerate(self._zones):
            lit = index == self._lit and bool(zone.role)
            font.setBold(lit)
            painter.setFont(font)
            self._paint_zone(painter, theme, index, lit=lit)

    def _paint_zone(self, painter: QPainter, theme: Theme, index: int, *, lit: bool) -> None:
        rect = self._rect(index)
        field = QColor(theme.selection if lit else theme.window)
        field.setAlpha(VEIL_ALPHA)
        painter.setBrush(field)
        style = Qt.PenStyle.SolidLine if lit else Qt.PenStyle.DashLine
        painter.setPen(QPen(theme.accent if lit else theme.strong_line, 2.0, style))
        painter.drawRoundedRect(rect, RADIUS, RADIUS)
        painter.setPen(QColor(Qt.GlobalColor.white) if lit else theme.text)
        words = rect.adjusted(GAP_VIEW, GAP_VIEW, -GAP_VIEW, -GAP_VIEW)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(words, flags, self._zones[index].words)


def _of_kind(files: list[Path], suffixes: tuple[str, ...]) -> list[Path]:
    return [path for path in files if path.suffix.lower() in suffixes]


def _refusal(files: list[Path]) -> str:
    if not files:
        return "This is a link, not a picture: save the picture first, then drop the file."
    if len(files) > 1:
        return f"{len(files)} files are neither pictures, projects nor models."
    name = files[0].name
    shown = name if len(name) <= SHOWN_NAME else f"{name[: SHOWN_NAME - 1]}…"
    return f"{shown} is neither a picture, a project nor a model."
