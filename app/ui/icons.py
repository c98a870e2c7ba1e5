"""Icons: line drawings from `resources/icons`, in the colour of the text they stand beside.

A `QIcon` holds pictures of one colour, so those in use are changed for others with the theme
(`recolour`). Widgets that paint themselves ask `pixmap` for the colour they need.
"""

from functools import lru_cache

from PySide6.QtCore import QByteArray
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
from PySide6.QtWidgets import QAbstractButton, QApplication

from app.resources import resource

ICON_PX = 20
SIZES_PX = (16, ICON_PX, 24)

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
def _icon(name: str, fixed: str, normal: str, disabled: str) -> QIcon:
    made = QIcon()
    for dpr in {2.0, *(screen.devicePixelRatio() for screen in QGuiApplication.screens())}:
        for side in SIZES_PX:
            made.addPixmap(pixmap(name, QColor(normal), side, dpr), QIcon.Mode.Normal)
            made.addPixmap(pixmap(name, QColor(disabled), side, dpr), QIcon.Mode.Disabled)
    _made[made.cacheKey()] = (name, fixed)
    return made


def icon(name: str, colour: QColor | None = None) -> QIcon:
    """The icon `resources/icons/NAME.svg`; GUI thread.

    Without a colour it follows the palette: buttons and actions that show it are given another
    one when the theme changes. Greyed where it is disabled.

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
    )


def recolour(app: QApplication) -> None:
    """Give every button and action of the program its icon in the colours of the palette."""
    holders: dict[int, QAbstractButton | QAction] = {}
    for widget in app.allWidgets():
        if isinstance(widget, QAbstractButton):
            holders[id(widget)] = widget
        holders.update({id(action): action for action in widget.actions()})
    for holder in holders.values():
        known = _made.get(holder.icon().cacheKey())
        if known is not None:
            name, fixed = known
            holder.setIcon(icon(name, QColor(fixed) if fixed else None))
