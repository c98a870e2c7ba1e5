"""The panel of the style: a photo's, a random one, or a mixture of two."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPoint, QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QImage, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.dialogs.parts import Note, chars_px
from app.ui.icons import ICON_PX, icon
from app.ui.panels.reference_zone import REFERENCE_MIME, ReferenceItem
from app.ui.panels.style_tile import StyleItem, StylePair
from app.ui.widgets.column_scroll import MINIMUM_HEIGHT, ColumnScroll
from app.ui.widgets.number_field import NumberField
from app.ui.widgets.slider import AmountSlider, Scale
from app.ui.widgets.thumbnail import ThumbnailItem, ThumbnailList

__all__ = ["StyleItem", "StylePanel", "StyleThumbLike"]

MARGIN = 8
THUMB_SIDE = 56
KNOWN_SIDE = 40
MOST_ROWS = 4
SEED_CHARACTERS = 12
NO_SEED = -1
HIGHEST_SEED = 2**53
"""Beyond it a field for numbers is not exact."""
BLEND = Scale(default=0.5, percent=True, ticks=((0.0, "first"), (0.5, "half"), (1.0, "second")))


class StyleThumbLike(Protocol):
    """A random style on offer: `app.controllers.styling.StyleThumb` is one."""

    @property
    def seed(self) -> int: ...

    @property
    def rgb_hwc(self) -> npt.NDArray[np.uint8] | None: ...


class StylePanel(QWidget):
    """Which style the layout is rendered in. Decides nothing: says what is wished.

    Signals:
        photo_dropped(list), second_dropped(list): paths, for the first style, the second.
        image_dropped(QImage), second_image_dropped(QImage): pictures that are no files.
        browse(), second_browse(): choose a photo.
        known_chosen(str), known_second(str): sha of a picture that the document has.
        rolled(): another random style.
        seed_typed(int): the random style of this number.
        thumb_chosen(int), thumb_second(int): the seed of one of the styles on offer.
        more_wanted(): offer other random styles.
        blend_dragged(float), blend_committed(float): 0: the first style, 1: the second; see
            AmountSlider.
        swapped(): exchange the two styles.
        other_removed(): have the first style alone.
        done(): Enter was pressed on a number: the keyboard may go back to the canvas.
    """

    photo_dropped = Signal(list)
    second_dropped = Signal(list)
    image_dropped = Signal(QImage)
    second_image_dropped = Signal(QImage)
    browse = Signal()
    second_browse = Signal()
    known_chosen = Signal(str)
    known_second = Signal(str)
    rolled = Signal()
    seed_typed = Signal(int)
    thumb_chosen = Signal(int)
    thumb_second = Signal(int)
    more_wanted = Signal()
    blend_dragged = Signal(float)
    blend_committed = Signal(float)
    swapped = Signal()
    other_removed = Signal()
    done = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._style: StyleItem | None = None
        self._other: StyleItem | None = None
        self._strip: tuple[StyleThumbLike, ...] = ()
        self._known_items: tuple[ReferenceItem, ...] = ()
        self._available = False
        self._note = Note()
        self._pair = StylePair()
        self._browse = QPushButton(icon("open"), "Photo…")
        self._browse_second = QPushButton(icon("open"), "Second…")
        self._blend = AmountSlider("Mix", BLEND)
        self._dice = QToolButton()
        self._seed = NumberField()
        self._more = QPushButton(icon("restart"), "More")
        self._thumbs = ThumbnailList(THUMB_SIDE, with_title=False)
        self._known = ThumbnailList(KNOWN_SIDE, with_title=False, mime=REFERENCE_MIME)
        self._name_parts()
        self._arrange()
        self._connect()
        self._refresh()

    def _name_parts(self) -> None:
        for button, name, tip in (
            (self._browse, "Browse for a style photo", "Take the style of a photo"),
            (self._browse_second, "Browse for a second style", "Mix in the style of a photo"),
            (self._more, "More styles", "Offer other random styles"),
        ):
            button.setIconSize(QSize(16, 16))
            button.setAccessibleName(name)
            button.setToolTip(tip)
        self._dice.setIcon(icon("dice"))
        self._dice.setIconSize(QSize(ICON_PX, ICON_PX))
        self._dice.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._dice.setAccessibleName("Roll the dice")
        self._dice.setToolTip("Roll the dice")
        self._seed.setDecimals(0)
        # Its largest number is far wider than those that are drawn.
        self._seed.setMinimumWidth(chars_px(self, SEED_CHARACTERS))
        self._seed.setRange(NO_SEED, HIGHEST_SEED)
        self._seed.setSpecialValueText("\N{EN DASH}")
        self._seed.setAccessibleName("Number of the random style")
        self._seed.setToolTip("The same number is the same style; type one to have it again")
        self._seed.setKeyboardTracking(False)
        self._thumbs.setAccessibleName("Random styles")
        self._known.setAccessibleName("Style photos of this document")
        for pictures in (self._thumbs, self._known):
            pictures.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

    def _arrange(self) -> None:
        photos = QHBoxLayout()
        photos.setSpacing(MARGIN)
        photos.addWidget(self._browse, 1)
        photos.addWidget(self._browse_second, 1)
        seed = QHBoxLayout()
        seed.setSpacing(4)
        seed.addWidget(self._dice)
        seed.addWidget(self._seed, 1)
        seed.addWidget(self._more)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(MARGIN)
        column.addWidget(self._note)
        column.addWidget(self._pair)
        column.addWidget(self._blend)
        column.addLayout(photos)
        column.addWidget(self._known)
        column.addLayout(seed)
        column.addWidget(self._thumbs)
        column.addStretch()
        self._scroll = ColumnScroll(content)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._scroll)

    def _connect(self) -> None:
        first, second = self._pair.tiles
        first.files_dropped.connect(self.photo_dropped)
        first.image_dropped.connect(self.image_dropped)
        first.reference_dropped.connect(self.known_chosen)
        first.clicked.connect(self.browse)
        second.files_dropped.connect(self.second_dropped)
        second.image_dropped.connect(self.second_image_dropped)
        second.reference_dropped.connect(self.known_second)
        second.clicked.connect(self.second_browse)
        self._pair.swapped.connect(self.swapped)
        self._pair.other_removed.connect(self.other_removed)
        self._browse.clicked.connect(self.browse)
        self._browse_second.clicked.connect(self.second_browse)
        self._dice.clicked.connect(self.rolled)
        self._more.clicked.connect(self.more_wanted)
        self._seed.valueChanged.connect(self._on_seed)
        self._blend.dragged.connect(self.blend_dragged)
        self._blend.committed.connect(self.blend_committed)
        self._thumbs.chosen.connect(self._on_thumb)
        self._known.chosen.connect(self._on_known)
        self._thumbs.customContextMenuRequested.connect(self._show_thumb_menu)
        self._known.customContextMenuRequested.connect(self._show_known_menu)

    # What is shown

    def set_available(self, on: bool, why: str = "") -> None:
        """Whether there is a style to choose; if not, why, in a sentence."""
        self._note.say("info", "" if on else why)
        self._available = on
        self._refresh()

    def set_style(self, item: StyleItem | None) -> None:
        """The style in use, the first if there are two; None: none, since nothing is rendered."""
        self._style = item
        self._refresh()

    def set_other(self, item: StyleItem | None) -> None:
        """The second style; None: there is none."""
        self._other = item
        self._refresh()

    def set_blend(self, blend: float) -> None:
        """0: the first style; 1: the second."""
        self._blend.set_value(blend)

    def set_strip(self, thumbs: Sequence[StyleThumbLike]) -> None:
        """The random styles on offer."""
        self._strip = tuple(thumbs)
        self._refresh()

    def set_known(self, items: Sequence[ReferenceItem]) -> None:
        """The style photos that the document has."""
        self._known_items = tuple(items)
        self._refresh()

    def set_dice_tip(self, tip: str) -> None:
        """The tooltip of the dice, with its key."""
        self._dice.setToolTip(tip)

    def sizeHint(self) -> QSize:
        return QSize(300, 420)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._scroll.minimumSizeHint().width(), MINIMUM_HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.done.emit()
        else:
            super().keyPressEvent(event)

    # Inside

    def _refresh(self) -> None:
        self._pair.show_styles(self._with_thumb(self._style), self._with_thumb(self._other))
        self._blend.setVisible(self._other is not None)
        for part in self._parts:
            part.setEnabled(self._available)
        self._show_seed()
        self._show_strip()
        self._show_known()
        self._fit()

    @property
    def _parts(self) -> tuple[QWidget, ...]:
        """All that needs a model with styles."""
        return (
            *(self._pair, self._browse, self._browse_second, self._blend),
            *(self._dice, self._seed, self._more, self._thumbs, self._known),
        )

    def _with_thumb(self, item: StyleItem | None) -> StyleItem | None:
        """A random style with the picture that the strip has of it."""
        if item is None or item.seed is None or item.thumb_rgb_hwc is not None:
            return item
        seen = next((thumb.rgb_hwc for thumb in self._strip if thumb.seed == item.seed), None)
        return replace(item, thumb_rgb_hwc=seen)

    def _show_seed(self) -> None:
        seed = self._style.seed if self._style else None
        with QSignalBlocker(self._seed):
            self._seed.setValue(NO_SEED if seed is None else min(seed, HIGHEST_SEED))

    def _show_strip(self) -> None:
        first = self._style.seed if self._style else None
        second = self._other.seed if self._other else None
        self._thumbs.set_items([_thumbnail(thumb, second) for thumb in self._strip])
        self._thumbs.set_active("" if first is None else str(first))

    def _show_known(self) -> None:
        self._known.set_items(
            [
                ThumbnailItem(item.sha, item.name, item.thumb_rgb_hwc, f"Style of {item.name}")
                for item in self._known_items
            ]
        )
        self._known.setVisible(bool(self._known_items))
        self._thumbs.setVisible(bool(self._strip))

    def _fit(self) -> None:
        """The lists of pictures as high as their rows; what is too much scrolls."""
        for pictures in (self._thumbs, self._known):
            pictures.fit_rows(self.width() - self._scroll.bar - 2 * MARGIN, MOST_ROWS)

    # What the person does

    @Slot(float)
    def _on_seed(self, seed: float) -> None:
        if seed > NO_SEED:
            self.seed_typed.emit(int(seed))

    @Slot(str)
    def _on_thumb(self, key: str) -> None:
        (self.thumb_second if _shift() else self.thumb_chosen).emit(int(key))

    @Slot(str)
    def _on_known(self, sha: str) -> None:
        (self.known_second if _shift() else self.known_chosen).emit(sha)

    @Slot(QPoint)
    def _show_thumb_menu(self, place: QPoint) -> None:
        self._show_menu(self._thumbs, place)

    @Slot(QPoint)
    def _show_known_menu(self, place: QPoint) -> None:
        self._show_menu(self._known, place)

    def _show_menu(self, pictures: ThumbnailList, place: QPoint) -> None:
        index = pictures.indexAt(place)
        if index.isValid():
            key = pictures.items.items[index.row()].key
            menu = self.menu_for(key, random=pictures is self._thumbs)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(pictures.viewport().mapToGlobal(place))

    def menu_for(self, key: str, *, random: bool) -> QMenu:
        """What can be done with a random style (its seed as text) or a photo (its sha)."""
        menu = QMenu(self)
        first, second = (
            (lambda: self.thumb_chosen.emit(int(key)), lambda: self.thumb_second.emit(int(key)))
            if random
            else (lambda: self.known_chosen.emit(key), lambda: self.known_second.emit(key))
        )
        for words, act in (("Use this style", first), ("Mix in as the second style", second)):
            action = QAction(words, menu)
            action.triggered.connect(act)
            menu.addAction(action)
        return menu


def _thumbnail(thumb: StyleThumbLike, second: int | None) -> ThumbnailItem:
    tip = f"Random style {thumb.seed}. Shift and click mixes it in as the second"
    mark = "two" if thumb.seed == second else ""
    return ThumbnailItem(str(thumb.seed), f"Random style {thumb.seed}", thumb.rgb_hwc, tip, mark)


def _shift() -> bool:
    return bool(QApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier)
