"""A name that can be typed over where it stands."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from app.ui.widgets.elided_label import ElidedLabel


class Title(QStackedWidget):
    """A name that can be changed in place.

    Signals:
        renamed(str): Enter or another click, with another name than before.
        closed(): the field is gone again; the focus has to go somewhere.
    """

    renamed = Signal(str)
    closed = Signal()

    def __init__(self, what: str) -> None:
        """`what` it names, for screen readers: "Name of the edit"."""
        super().__init__()
        self._label = ElidedLabel()
        self._field = QLineEdit()
        self._field.setAccessibleName(what)
        self._field.editingFinished.connect(self._finish)
        self._field.installEventFilter(self)
        self._page = QWidget()
        page = QVBoxLayout(self._page)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)
        page.addWidget(self._field)
        self.addWidget(self._label)
        self.addWidget(self._page)
        self._fit()

    @property
    def is_edited(self) -> bool:
        """Whether a name is being typed."""
        return self.currentWidget() is self._page

    def set_text(self, text: str, usable: bool) -> None:
        """The name; a name that is being typed stays."""
        self._label.setText(text)
        # Not as what is disabled: it can be renamed, and has to be read.
        self._label.set_faint(not usable)

    def edit(self) -> None:
        """Show the field with the name marked."""
        self._field.setText(self._label.text())
        self._field.selectAll()
        self.setCurrentWidget(self._page)
        self._fit()
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _finish(self) -> None:
        if not self.is_edited:
            return
        name = self._field.text().strip()
        changed = bool(name) and name != self._label.text()
        self._close()
        if changed:
            self.renamed.emit(name)

    def _close(self) -> None:
        had_focus = self._field.hasFocus()
        # Hiding the field takes its focus, which counts as the end of editing.
        blocked = self._field.blockSignals(True)
        self.setCurrentWidget(self._label)
        self._field.blockSignals(blocked)
        self._fit()
        if had_focus:
            self.closed.emit()

    def _fit(self) -> None:
        """As high as the field only while there is one."""
        policy = QSizePolicy.Policy.Fixed if self.is_edited else QSizePolicy.Policy.Ignored
        self._page.setSizePolicy(QSizePolicy.Policy.Expanding, policy)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            watched is self._field
            and isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_Escape
        ):
            self._close()
            return True
        return super().eventFilter(watched, event)
