"""How strong the selected edit is, and how much of the photo's own detail it keeps."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QGridLayout, QWidget

from app.ui.panels.edit_row import EditItem
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.slider import AmountSlider, Scale

SHARE = Scale(default=1.0, step=0.05, percent=True)
NONE = -1


class EditAmounts(QWidget):
    """Two sliders at a fixed place: in the rows, those would move under the hand that selects.

    Signals:
        strength_dragged(int, float), strength_committed(int, float), detail_dragged(int, float),
        detail_committed(int, float): an edit, by its uid, and 0..1; see AmountSlider.
    """

    strength_dragged = Signal(int, float)
    strength_committed = Signal(int, float)
    detail_dragged = Signal(int, float)
    detail_committed = Signal(int, float)

    def __init__(self) -> None:
        super().__init__()
        self._uid = NONE
        self._item: EditItem | None = None
        self.strength = AmountSlider("Strength", SHARE, compact=True)
        self.detail = AmountSlider("Keep photo detail", SHARE, compact=True)
        self._words = ElidedLabel("Keep photo detail", faint=True)
        grid = QGridLayout(self)
        grid.setContentsMargins(8, 8, 8, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        lines = ((ElidedLabel("Strength", faint=True), self.strength), (self._words, self.detail))
        for line, (label, slider) in enumerate(lines):
            grid.addWidget(label, line, 0)
            grid.addWidget(slider, line, 1)
        for slider, dragged, committed in (
            (self.strength, self.strength_dragged, self.strength_committed),
            (self.detail, self.detail_dragged, self.detail_committed),
        ):
            slider.dragged.connect(lambda value, said=dragged: said.emit(self._uid, value))
            slider.committed.connect(lambda value, said=committed: said.emit(self._uid, value))
            slider.committed.connect(self._let_go)
        self.hide()

    def show_item(self, item: EditItem | None) -> None:
        """The amounts of this edit; None for none. What a hand holds stays that of its edit."""
        self._item = item
        sliders = (self.strength, self.detail)
        if item is None:
            # What waits for a rest was of a document that may be gone.
            self._uid = NONE
            self.hide()
            return
        if item.uid != self._uid:
            if any(slider.is_dragged for slider in sliders):
                return
            for slider in sliders:
                slider.flush()
            self._uid = item.uid
        self.strength.set_label(f"Strength of {item.title}")
        self.strength.set_value(item.strength)
        self.detail.set_label(f"Photo detail kept by {item.title}")
        self.detail.set_value(item.photo_detail or 0.0)
        for slider in sliders:
            slider.setEnabled(item.usable)
        for part in (self._words, self.detail):
            part.setVisible(item.photo_detail is not None)
        self.show()

    @Slot()
    def _let_go(self) -> None:
        if self._item is not None and self._item.uid != self._uid:
            self.show_item(self._item)
