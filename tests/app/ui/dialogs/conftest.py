"""Fixtures for the tests of dialogs."""

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from app.ui import theme


@pytest.fixture(autouse=True)
def dressed(qapp: QApplication):
    """The program's looks: sizes and colours depend on them."""
    if not qapp.styleSheet():
        theme.apply(qapp, "dark")
    return qapp


@pytest.fixture
def shown(qapp):
    """A function that shows a widget for the length of the test."""
    widgets = []

    def show(widget):
        widgets.append(widget)
        widget.show()
        return widget

    yield show
    for widget in widgets:
        widget.close()
        widget.deleteLater()
    # Not left for later: what the next theme dresses costs time.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
