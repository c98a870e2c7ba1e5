"""What the canvas paints over the picture: the divider with its handle, words, the focus ring."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from app.ui.theme import Theme

LINE = QColor(255, 255, 255)
EDGE = QColor(0, 0, 0, 150)
# White on this is readable over white, too.
FIELD = QColor(0, 0, 0, 150)
LIT_FIELD = QColor(0, 0, 0, 215)
HANDLE_VIEW = 14.0
ARROW_VIEW = 4.0
GAP_VIEW = 8.0
PADDING_VIEW = 6.0
RING_VIEW = 2.0
PLATE_VIEW = (200.0, 340.0)
"""How narrow and how wide sentences may be, as the picture is."""
PLATE_MARGIN_VIEW = 14.0
WRAPPED = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
Reason = Qt.FocusReason
BY_KEYBOARD = (
    Reason.TabFocusReason,
    Reason.BacktabFocusReason,
    Reason.ShortcutFocusReason,
)
"""Why the canvas has the keyboard, when somebody who has no mouse needs to see it."""


def paint_divider(painter: QPainter, x_view: float, span: QRectF, ratio: float, lit: bool) -> None:
    """A line of one view pixel between two dark ones, and a round handle in its middle.

    Args:
        painter: in view pixels.
        x_view: the line's place, on the edge of a device pixel.
        span: the part of the picture in sight.
        ratio: device pixels for one view pixel.
        lit: whether it is about to be dragged.
    """
    thin = max(1, round(ratio)) / ratio
    left = x_view - thin * (round(ratio) // 2) / max(1, round(ratio))
    painter.fillRect(QRectF(left - thin, span.top(), 3 * thin, span.height()), EDGE)
    painter.fillRect(QRectF(left, span.top(), thin, span.height()), LINE)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    middle = QPointF(left + thin / 2, span.center().y())
    painter.setPen(QPen(EDGE, 1.0))
    painter.setBrush(LINE)
    painter.drawEllipse(middle, HANDLE_VIEW, HANDLE_VIEW)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(20, 20, 20) if lit else QColor(90, 90, 90))
    for side in (-1, 1):
        painter.drawPolygon(_arrow(middle, side))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _arrow(middle: QPointF, side: int) -> QPolygonF:
    base, tip = side * (ARROW_VIEW - 1.0), side * (2 * ARROW_VIEW)
    return QPolygonF(
        [
            middle + QPointF(base, -ARROW_VIEW),
            middle + QPointF(tip, 0),
            middle + QPointF(base, ARROW_VIEW),
        ]
    )


def words_width(metrics: QFontMetricsF, words: tuple[str, ...]) -> float:
    """How far words reach from the divider, in view pixels."""
    return max(metrics.horizontalAdvance(word) for word in words) + 2 * PADDING_VIEW + GAP_VIEW


def paint_word(painter: QPainter, word: str, corner: QPointF, *, to_left: bool, lit: bool) -> None:
    """A word on a dark field, left or right of and below `corner`; in view pixels."""
    metrics = QFontMetricsF(painter.font())
    width = metrics.horizontalAdvance(word) + 2 * PADDING_VIEW
    height = metrics.height() + PADDING_VIEW
    left = corner.x() - GAP_VIEW - width if to_left else corner.x() + GAP_VIEW
    field = QRectF(left, corner.y() + GAP_VIEW, width, height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(LIT_FIELD if lit else FIELD)
    painter.drawRoundedRect(field, 4.0, 4.0)
    painter.setPen(LINE)
    painter.drawText(field, Qt.AlignmentFlag.AlignCenter, word)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def paint_sentences(
    painter: QPainter, title: str, sentence: str, picture: QRectF, pane: QRectF, theme: Theme
) -> None:
    """A title above a sentence on a plate in the theme's colours; in view pixels.

    Args:
        picture: the part of it in sight, in the middle of which the plate is.
        pane: which the plate does not leave.
    """
    painter.save()
    plain, heavy = QFont(painter.font()), QFont(painter.font())
    heavy.setWeight(QFont.Weight.DemiBold)
    least, most = PLATE_VIEW
    width = min(max(least, picture.width()), most, pane.width()) - 2 * PLATE_MARGIN_VIEW
    room = QRectF(0, 0, max(width, 1.0), pane.height())
    lines: list[tuple[QFont, QColor, str, QRectF]] = []
    top = 0.0
    for font, colour, words in ((heavy, theme.text, title), (plain, theme.faint, sentence)):
        rect = QFontMetricsF(font).boundingRect(room, WRAPPED, words)
        rect.moveTop(top)
        top = rect.bottom() + GAP_VIEW / 2
        lines.append((font, colour, words, rect))
    text = lines[0][3].united(lines[1][3])
    margin = PLATE_MARGIN_VIEW
    plate = text.adjusted(-margin, -margin, margin, margin)
    plate.moveCenter(picture.center())
    plate.moveLeft(max(pane.left(), min(plate.left(), pane.right() - plate.width())))
    plate.moveTop(max(pane.top(), min(plate.top(), pane.bottom() - plate.height())))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.base)
    painter.drawRoundedRect(plate, 4.0, 4.0)
    offset = plate.topLeft() + QPointF(margin, margin) - text.topLeft()
    for font, colour, words, rect in lines:
        painter.setFont(font)
        painter.setPen(colour)
        # Rounded up: a rectangle that is a hair too narrow would break the words elsewhere.
        painter.drawText(rect.translated(offset).adjusted(-1, 0, 1, 1), WRAPPED, words)
    painter.restore()


class FocusRing:
    """Whether the focus is marked: a click needs no mark to tell where it was."""

    def __init__(self) -> None:
        self.is_seen = False

    def note(self, reason: Qt.FocusReason) -> None:
        """The keyboard has come, for this reason; coming back to the window changes nothing."""
        if reason in BY_KEYBOARD:
            self.is_seen = True
        elif reason not in (Reason.ActiveWindowFocusReason, Reason.PopupFocusReason):
            self.is_seen = False


def paint_ring(painter: QPainter, view: QRectF, colour: QColor) -> None:
    """The mark of the keyboard's focus along the edge; in view pixels."""
    for edge in (
        QRectF(0, 0, view.width(), RING_VIEW),
        QRectF(0, view.height() - RING_VIEW, view.width(), RING_VIEW),
        QRectF(0, 0, RING_VIEW, view.height()),
        QRectF(view.width() - RING_VIEW, 0, RING_VIEW, view.height()),
    ):
        painter.fillRect(edge, colour)
