"""Messages at the foot of the picture: they move nothing and need no answer."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QColor,
    QEnterEvent,
    QGuiApplication,
    QKeyEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.controllers.notices import Kind, Notice
from app.ui.icons import ICON_PX, icon, pixmap
from app.ui.theme import Theme
from app.ui.widgets.painting import fill_rounded

MAX_NOTICES = 3
INFO_MS = 6000
STRIP_WIDTH = 3
KIND_WORDS: dict[Kind, str] = {"info": "Note", "warning": "Warning", "error": "Error"}


def colour_of(kind: Kind, theme: Theme) -> QColor:
    """The colour of a kind's mark."""
    return {"info": theme.accent, "warning": theme.warning, "error": theme.error}[kind]


class KindMark(QWidget):
    """The icon of a kind of notice."""

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self._kind: Kind = kind
        self.setFixedSize(QSize(ICON_PX, 28))

    def paintEvent(self, _event: QPaintEvent) -> None:
        colour = colour_of(self._kind, Theme.of(self.palette()))
        painter = QPainter(self)
        top = (self.height() - ICON_PX) // 2
        painter.drawPixmap(0, top, pixmap(self._kind, colour, ICON_PX, self.devicePixelRatioF()))
        painter.end()


class NoticeCard(QFrame):
    """One notice with its buttons.

    Signals:
        finished(NoticeCard): it was dismissed, acted upon, or its time is over.
    """

    finished = Signal(object)

    def __init__(self, notice: Notice) -> None:
        super().__init__()
        self.notice = notice
        self._timer = QTimer(self, singleShot=True, interval=INFO_MS)
        self._timer.timeout.connect(self._finish)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 4, 4)
        row.setSpacing(8)
        row.addWidget(KindMark(notice.kind), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._make_words(), 1)
        self._add_buttons(row)
        spoken = f"{KIND_WORDS[notice.kind]}: {notice.text} {notice.hint}".strip()
        self.setAccessibleName(spoken)
        if notice.kind == "info":
            self._timer.start()

    def _make_words(self) -> QLabel:
        words = QLabel(f"{self.notice.text} {self.notice.hint}".strip())
        words.setTextFormat(Qt.TextFormat.PlainText)
        words.setWordWrap(True)
        words.setMinimumHeight(28)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        words.setSizePolicy(policy)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return words

    def _add_buttons(self, row: QHBoxLayout) -> None:
        for label, call in self.notice.actions:
            button = QPushButton(label)
            button.clicked.connect(lambda _=False, call=call: self._act(call))
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        if self.notice.report:
            self._copy = QPushButton("Copy report")
            self._copy.setAccessibleName("Copy report")
            self._copy.clicked.connect(self._copy_report)
            row.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignTop)
        close = QToolButton()
        close.setIcon(icon("close"))
        close.setIconSize(QSize(16, 16))
        close.setFixedSize(28, 28)
        close.setAccessibleName("Dismiss")
        close.setToolTip("Dismiss (Esc)")
        close.clicked.connect(self._finish)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)

    def _act(self, call: Callable[[], None]) -> None:
        # First gone, then done: what it calls may show the next notice of the same key.
        self._finish()
        call()

    @Slot()
    def _copy_report(self) -> None:
        QGuiApplication.clipboard().setText(self.notice.report)
        self._copy.setText("Copied")

    @Slot()
    def _finish(self) -> None:
        self._timer.stop()
        self.finished.emit(self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._finish()
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        if self.notice.kind == "info":
            self._timer.start()
        super().leaveEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        colour = colour_of(self.notice.kind, theme)
        painter = QPainter(self)
        fill_rounded(painter, self.rect(), theme.tint(colour, 0.14))
        strip = QRect(0, 0, STRIP_WIDTH, self.height())
        painter.fillRect(strip.adjusted(0, 4, 0, -4), colour)
        painter.end()


class NoticeBar(QWidget):
    """At most three notices, the newest below. Takes no room while there are none.

    Stands in a layout, or after `attach` over the foot of another widget.

    Signals:
        count_changed(int): how many are shown now.
    """

    count_changed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cards: list[NoticeCard] = []
        self._covered: QWidget | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(8, 4, 8, 4)
        self._column.setSpacing(4)
        self.setAccessibleName("Notices")
        self.hide()

    def attach(self, to: QWidget) -> None:
        """Lie over the foot of a widget from now on, as a sibling of it, wherever it goes.

        Raises:
            ValueError: it has no parent.
        """
        if to.parentWidget() is None:
            raise ValueError("notices need a parent to lie in")
        if self._covered is not None:
            self._covered.removeEventFilter(self)
        self._covered = to
        self.setParent(to.parentWidget())
        to.installEventFilter(self)
        self._place()
        self.setVisible(bool(self._cards))

    def _place(self) -> None:
        if self._covered is None or not self._cards:
            return
        room = self._covered.geometry()
        height = min(self._column.totalHeightForWidth(room.width()), room.height())
        self.setGeometry(room.left(), room.bottom() + 1 - height, room.width(), height)
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt's hook: follows what it lies over."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move):
            self._place()
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        """Qt's hook: a card came, went, or has more words."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self._place()
        return done

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What is shown, oldest first."""
        return tuple(card.notice for card in self._cards)

    def show_notice(self, notice: Notice) -> None:
        """Show one more. The same key takes the older one's place; a fourth pushes one out, the
        oldest info first."""
        if notice.key:
            self.dismiss(notice.key)
        if len(self._cards) >= MAX_NOTICES:
            infos = [card for card in self._cards if card.notice.kind == "info"]
            self._remove((infos or self._cards)[0])
        card = NoticeCard(notice)
        card.finished.connect(self._remove)
        self._cards.append(card)
        self._column.addWidget(card)
        self.show()
        self._place()
        self._announce(card)
        self.count_changed.emit(len(self._cards))

    def dismiss(self, key: str) -> None:
        """Take away the notice with this key, if it is shown."""
        for card in [card for card in self._cards if card.notice.key == key]:
            self._remove(card)

    def clear(self) -> None:
        """Take away all."""
        for card in tuple(self._cards):
            self._remove(card)

    @Slot(object)
    def _remove(self, card: NoticeCard) -> None:
        if card not in self._cards:
            return
        self._cards.remove(card)
        self._column.removeWidget(card)
        card.hide()
        card.deleteLater()
        self.setVisible(bool(self._cards))
        self.count_changed.emit(len(self._cards))

    def _announce(self, card: NoticeCard) -> None:
        event = QAccessibleAnnouncementEvent(self, card.accessibleName())
        if card.notice.kind == "error":
            event.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
        QAccessible.updateAccessibility(event)
