"""A column that scrolls only where room is short."""

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.ui.widgets.column_scroll import MINIMUM_HEIGHT, ColumnScroll


def test_it_can_be_low_and_its_content_stays_whole(qtbot):
    content = QWidget()
    column = QVBoxLayout(content)
    for _ in range(9):
        column.addWidget(QLabel("Words"))
    scroll = ColumnScroll(content)
    qtbot.addWidget(scroll)
    assert scroll.sizeHint() == content.sizeHint()
    scroll.resize(scroll.sizeHint())
    scroll.show()
    qtbot.waitExposed(scroll)
    assert content.size() == scroll.size()
    scroll.resize(scroll.minimumSizeHint())
    qtbot.waitUntil(scroll.verticalScrollBar().isVisible)
    assert scroll.height() == MINIMUM_HEIGHT
    assert content.height() >= content.minimumSizeHint().height()
    assert content.width() <= scroll.viewport().width()
