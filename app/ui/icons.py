"""Icons: line drawings from `resources/icons`, in the colour of the text they stand beside.

A `QIcon` holds pictures of one colour, so those in use are changed for others with the theme
(`recolour`). Widgets that paint themselves ask `pixmap` for the colour they need.
"""

from collections.abc import Iterator
from functools import lru_cache, partial
from itertools import count, takewhile

from PySide6.QtCore import QAbstractItemModel, QByteArray, QModelIndex, Qt
from PySide6.QtGui import (
    QAction,
    QColor,
    QGuiApplication,
    QIcon,
    QImage,
    QPainter,
    QPalette,
    QPixmap,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QListWidget,
    QTableWidget,
    QTreeWidget,
)

from app.resources import resource

ICON_PX = 20
SIZES_PX = (16, ICON_PX, 24)
ITEM_HOLDERS = (QComboBox, QListWidget, QTableWidget, QTreeWidget)

# By `QIcon.cacheKey`, which copies of an icon share: what it shows and in which fixed colour.
_made: dict[int, tuple[str, str]] = {}


@lru_cache(maxsize=128)
def _drawing(name: str) -> bytes:
    return resource(f"icons/{name}.svg").read_bytes()


@lru_cache(maxsize=1024)
def _image(name: str, colour: str, side_px: int) -> QImage:
    """The icon, `side_px` device pixels wide and high."""
    # Loaded with the first icon: what shows none does not pay for it.
    from PySide6.QtSvg import QSvgRenderer

    renderer = QSvgRenderer(QByteArray(_drawing(name).replace(b"currentColor", colour.encode())))
    image = QImage(side_px, side_px, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    return image


def pixmap(name: str, colour: QColor, side: int = ICON_PX, dpr: float = 1.0) -> QPixmap:
    """One icon in one colour, `side` logical pixels wide and high, sharp at the scale `dpr`."""
    made = QPixmap.fromImage(_image(name, colour.name(), round(side * dpr)))
    made.setDevicePixelRatio(dpr)
    return made


@lru_cache(maxsize=512)
def _icon(name: str, fixed: str, normal: str, disabled: str, selected: str) -> QIcon:
    made = QIcon()
    for dpr in {2.0, *(screen.devicePixelRatio() for screen in QGuiApplication.screens())}:
        for side in SIZES_PX:
            made.addPixmap(pixmap(name, QColor(normal), side, dpr), QIcon.Mode.Normal)
            made.addPixmap(pixmap(name, QColor(disabled), side, dpr), QIcon.Mode.Disabled)
            made.addPixmap(pixmap(name, QColor(selected), side, dpr), QIcon.Mode.Selected)
    _made[made.cacheKey()] = (name, fixed)
    return made


def icon(name: str, colour: QColor | None = None) -> QIcon:
    """The icon `resources/icons/NAME.svg`; GUI thread.

    Without a colour it follows the palette: buttons, actions and items of lists that show it are
    given another one when the theme changes. Greyed where it is disabled; in the colour of selected
    text in a selected row, whatever its own colour.

    Raises:
        FileNotFoundError: there is no such icon.
    """
    palette, role = QGuiApplication.palette(), QPalette.ColorRole.ButtonText
    fixed = colour.name() if colour is not None else ""
    return _icon(
        name,
        fixed,
        fixed or palette.color(QPalette.ColorGroup.Active, role).name(),
        palette.color(QPalette.ColorGroup.Disabled, role).name(),
        palette.color(QPalette.ColorRole.HighlightedText).name(),
    )


def recolour(app: QApplication) -> None:
    """Give every button, action and item of the program its icon in the colours of the palette."""
    holders: dict[int, QAbstractButton | QAction] = {}
    for widget in app.allWidgets():
        if isinstance(widget, QAbstractButton):
            holders[id(widget)] = widget
        elif isinstance(widget, ITEM_HOLDERS):
            _recolour_items(widget.model())
        holders.update({id(action): action for action in widget.actions()})
    for holder in holders.values():
        if (fresh := _fresh(holder.icon())) is not None:
            holder.setIcon(fresh)


def _recolour_items(model: QAbstractItemModel) -> None:
    role = Qt.ItemDataRole.DecorationRole
    for index in _first_level(model):
        if (fresh := _fresh(index.data(role))) is not None:
            model.setData(index, fresh, role)


def _first_level(model: QAbstractItemModel) -> Iterator[QModelIndex]:
    # The number of columns cannot be asked: with some models that is private.
    for row in range(model.rowCount(QModelIndex())):
        columns = map(partial(model.index, row), count())
        yield from takewhile(QModelIndex.isValid, columns)


def _fresh(old: object) -> QIcon | None:
    """An icon of ours as it is in the present palette; None for what is no icon of ours."""
    known = _made.get(old.cacheKey()) if isinstance(old, QIcon) else None
    if known is None:
        return None
    name, fixed = known
    return icon(name, QColor(fixed) if fixed else None)
