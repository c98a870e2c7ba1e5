"""Parts of the options bar."""

from collections.abc import Sequence
from typing import TypeVar

from PySide6.QtCore import QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup, QHideEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.icons import icon
from app.ui.widgets.slider import AmountSlider, Scale

ICON_SIDE = 20
GAP = 6
TRACK_WIDTH = 88
SMOOTHING = Scale(default=0.2, percent=True)
CURVES = (
    ("soft", "Soft", "A light hand is wide already"),
    ("linear", "Linear", "The width follows the hand"),
    ("firm", "Firm", "Only a heavy hand is wide"),
)


S = TypeVar("S", bound=AmountSlider)


def short_track(slider: S) -> S:
    """The slider with a track that leaves room for others; the number grows with the text."""
    slider.tab_stops[0].setFixedWidth(TRACK_WIDTH)
    return slider


def in_row(*parts: QWidget, gap: int = GAP) -> QWidget:
    """Widgets side by side."""
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(gap)
    for part in parts:
        row.addWidget(part)
    return made


def flat_button(name: str, tip: str = "") -> QToolButton:
    """A tool button that a click does not give the keyboard."""
    button = QToolButton()
    button.setIconSize(QSize(ICON_SIDE, ICON_SIDE))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAccessibleName(name)
    button.setToolTip(tip or name)
    return button


def action_button(action: QAction) -> QToolButton:
    """The same for an action, whose icon and tooltip it has."""
    button = flat_button(action.text().replace("&", ""))
    button.setDefaultAction(action)
    return button


class Switch(QToolButton):
    """A button that is on or off, with the words and the key of an action.

    Signals:
        switched(bool): by the person.
    """

    switched = Signal(bool)

    def __init__(self, icon_name: str, action: QAction) -> None:
        super().__init__()
        self._action = action
        self.setCheckable(True)
        self.setIcon(icon(icon_name))
        self.setIconSize(QSize(ICON_SIDE, ICON_SIDE))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(action.text().replace("&", ""))
        self.clicked.connect(self.switched)
        # The artist may give the action another key.
        action.changed.connect(self._tell)
        self._tell()

    @Slot()
    def _tell(self) -> None:
        self.setToolTip(self._action.toolTip())


class Choice(QWidget):
    """Buttons beside each other, one of which is on.

    Signals:
        chosen(int): the place of another one, by the person.
    """

    chosen = Signal(int)

    def __init__(self, name: str, items: Sequence[tuple[str, str, str]]) -> None:
        """
        Args:
            name: what is chosen; for screen readers.
            items: icon or "", words, tooltip of each. With an icon the words are not shown.
        """
        super().__init__()
        self.setAccessibleName(name)
        self._buttons: list[QAbstractButton] = []
        group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for place, (icon_name, words, tip) in enumerate(items):
            button = flat_button(f"{name}: {words}", tip)
            button.setCheckable(True)
            if icon_name:
                button.setIcon(icon(icon_name))
            else:
                button.setText(words)
            group.addButton(button, place)
            row.addWidget(button)
            self._buttons.append(button)
        group.idClicked.connect(self.chosen)

    @property
    def place(self) -> int:
        """Of the one that is on; -1 where none is."""
        return next((i for i, button in enumerate(self._buttons) if button.isChecked()), -1)

    def set_place(self, place: int) -> None:
        """Another one is on."""
        self._buttons[place].setChecked(True)


class StrokeOptions(QWidget):
    """How the hand becomes a stroke: smoothing, and what the pen's pressure does.

    Signals:
        changed(str, object): "smoothing" (0..1), "pressure" (bool) or "curve" (of `CURVES`).
    """

    changed = Signal(str, object)

    def __init__(self) -> None:
        super().__init__()
        self._smoothing = short_track(AmountSlider("Smoothing", SMOOTHING, compact=True))
        self._pressure = QCheckBox("Pressure")
        self._pressure.setAccessibleName("Pressure")
        self._pressure.setToolTip("The pen's pressure decides the width")
        self._curve = QComboBox()
        self._curve.setAccessibleName("Curve of the pressure")
        for key, words, tip in CURVES:
            self._curve.addItem(words, key)
            self._curve.setItemData(self._curve.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(QLabel("Smoothing"))
        row.addWidget(self._smoothing)
        row.addSpacing(GAP)
        row.addWidget(self._pressure)
        row.addWidget(self._curve)
        self._smoothing.dragged.connect(self._on_smoothing)
        self._pressure.clicked.connect(self._on_pressure)
        self._curve.activated.connect(self._on_curve)

    def set_values(self, smoothing: float, pressure: bool, curve: str) -> None:
        """Show these, without signals; a curve that is not known is not shown."""
        self._smoothing.set_value(smoothing)
        self._pressure.setChecked(pressure)
        self._curve.setCurrentIndex(self._curve.findData(curve))
        self._curve.setEnabled(pressure)

    @Slot(float)
    def _on_smoothing(self, smoothing: float) -> None:
        self.changed.emit("smoothing", smoothing)

    @Slot(bool)
    def _on_pressure(self, on: bool) -> None:
        self._curve.setEnabled(on)
        self.changed.emit("pressure", on)

    @Slot(int)
    def _on_curve(self, place: int) -> None:
        self.changed.emit("curve", self._curve.itemData(place))


class MenuButton(QToolButton):
    """A button with words and an arrow, that opens something.

    It is as wide with all words that it may have: bars must not grow with what is chosen.
    """

    def __init__(self, *words: str) -> None:
        """The first ones are shown."""
        super().__init__()
        self._words = words
        self.setIcon(icon("chevron-down"))
        self.setIconSize(QSize(16, 16))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        # The arrow behind the words.
        self.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setText(words[0])
        self.setAccessibleName(words[0])

    def sizeHint(self) -> QSize:
        hint, widths = super().sizeHint(), [self._width(words) for words in self._words]
        return QSize(hint.width() + max(widths) - self._width(self.text()), hint.height())

    def _width(self, words: str) -> int:
        """As the button itself counts it."""
        return self.fontMetrics().size(Qt.TextFlag.TextShowMnemonic, words).width()


class Fold(MenuButton):
    """A button behind which a widget is kept where there is no room for it."""

    def __init__(self, *words: str) -> None:
        super().__init__(*words)
        self.set_words(words[0])
        self._popup = QFrame(self, Qt.WindowType.Popup)
        self._popup.setFrameShape(QFrame.Shape.StyledPanel)
        self._popup.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self._column = QVBoxLayout(self._popup)
        self._column.setContentsMargins(8, 8, 8, 8)
        self.clicked.connect(self.unfold)

    def set_words(self, words: str) -> None:
        """Be called so."""
        self.setText(words)
        self.setAccessibleName(words)
        self.setToolTip(f"{words}: more options")

    @property
    def popup(self) -> QWidget:
        """What opens."""
        return self._popup

    def keep(self, part: QWidget) -> None:
        """Keep a widget behind the button, instead of wherever it was."""
        self._column.addWidget(part, alignment=Qt.AlignmentFlag.AlignLeft)
        part.show()

    @Slot()
    def unfold(self) -> None:
        """Show what is kept, below the button, and give it the keyboard."""
        self._popup.adjustSize()
        area = self.screen().availableGeometry()
        corner = self.mapToGlobal(QPoint(0, self.height() + 2))
        corner.setX(max(area.left(), min(corner.x(), area.right() - self._popup.width())))
        self._popup.move(corner)
        self._popup.show()
        self._popup.focusNextChild()

    def hideEvent(self, event: QHideEvent) -> None:
        self._popup.hide()
        super().hideEvent(event)


class ActionMenuButton(MenuButton):
    """Exclusive actions behind one button, which has the words of the chosen one."""

    def __init__(self, name: str, group: QActionGroup) -> None:
        super().__init__(*(action.iconText() for action in group.actions()))
        self._name = name
        menu = QMenu(self)
        menu.addActions(group.actions())
        self.setMenu(menu)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)

    def show_chosen(self, action: QAction) -> None:
        """Tell which of the actions is chosen."""
        self.setText(action.iconText())
        self.setAccessibleName(f"{self._name}: {action.iconText()}")
        self.setToolTip(f"{self._name}: {action.text().replace('&', '')}")
