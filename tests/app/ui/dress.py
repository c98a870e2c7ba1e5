"""Taking off what `theme.apply` put on: all tests of a run share one application."""

from PySide6.QtWidgets import QApplication

from app.ui.theme import Appearance


def undress(app: QApplication) -> None:
    """Bring the application back to Qt's own colours and text size."""
    for appearance in app.findChildren(Appearance):
        font = app.font()
        font.setPointSizeF(appearance._font_points)
        appearance.setParent(None)
        appearance.deleteLater()
        app.setStyleSheet("")
        app.setPalette(app.style().standardPalette())
        app.setFont(font)
