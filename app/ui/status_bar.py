"""The line at the foot of the window: zoom, sizes, the pixel under the pointer, the work."""

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QComboBox, QPushButton, QStatusBar, QWidget

from app.ui.widgets.elided_label import ElidedLabel

WORKING_SIZES_PX = (256, 384, 512, 768, 1024)
MARK_DELAY_MS = 60
"""Work that ends sooner leaves no mark: it would only flicker."""


class StatusBar(QStatusBar):
    """What is going on, in words.

    Signals:
        working_size_chosen(int | None): a shorter side in px, or None for automatic.
        stop_requested(): the work in progress is no longer wanted.
    """

    working_size_chosen = Signal(object)
    stop_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.zoom = self._label("Zoom", "")
        self.picture_size = self._label("Size of the picture", "")
        self.working_size = QComboBox()
        self.pixel = self._label("Pixel under the pointer", "")
        self.seconds = self._label("Time of the last render", "")
        self.work = self._label("Work in progress", "")
        self.stop = QPushButton("Cancel")
        self._build_working_size()
        self._build_stop()
        for label in (self.zoom, self.picture_size):
            self.addWidget(label)
            label.hide()
        self.addWidget(self.working_size)
        self.addWidget(self.pixel, 1)
        for widget in (self.seconds, self.work, self.stop):
            self.addPermanentWidget(widget)
        self._words = ""
        self._delay = QTimer(self, singleShot=True, interval=MARK_DELAY_MS)
        self._delay.timeout.connect(self._show_work)

    def set_zoom(self, percent: float) -> None:
        self.zoom.setText(f"{percent:.0f} %" if percent >= 10 else f"{percent:.1f} %")

    def set_picture_size(self, width_px: int, height_px: int) -> None:
        """The size of the picture; 0 for none."""
        self.picture_size.setText(f"{width_px} x {height_px} px" if width_px else "")
        for label in (self.zoom, self.picture_size):
            label.setVisible(width_px > 0)

    def set_working_size(self, chosen_px: int | None, auto_px: int) -> None:
        """What is chosen (None: automatic), and what automatic stands for."""
        box = self.working_size
        box.blockSignals(True)
        box.setItemText(0, f"Working size: Auto ({auto_px})")
        if chosen_px is not None and box.findData(chosen_px) < 0:
            box.addItem(f"Working size: {chosen_px}", chosen_px)
        box.setCurrentIndex(0 if chosen_px is None else box.findData(chosen_px))
        box.blockSignals(False)

    def set_pixel(self, words: str) -> None:
        self.pixel.setText(words)

    def set_seconds(self, seconds: float | None) -> None:
        """How long the last render took."""
        self.seconds.setText("" if seconds is None else f"last render {seconds:.2f} s")

    def set_work(self, words: str) -> None:
        """The stage of the work in progress; empty at rest."""
        self._words = words
        if not words:
            self._delay.stop()
            self._show_work()
        elif self.stop.isVisible():
            self._show_work()
        elif not self._delay.isActive():
            self._delay.start()

    def _show_work(self) -> None:
        self.work.setText(f"working: {self._words}" if self._words else "")
        self.stop.setVisible(bool(self._words))

    def _label(self, name: str, text: str) -> ElidedLabel:
        # Cut short in a narrow window, rather than keeping it from being narrow.
        label = ElidedLabel(text)
        label.setAccessibleName(name)
        label.setContentsMargins(8, 0, 8, 0)
        return label

    def _build_working_size(self) -> None:
        box = self.working_size
        box.setAccessibleName("Working size")
        box.setToolTip(
            "The shorter side, in pixels, at which pictures are worked on.\n"
            "Auto suits the device; an export may have another size."
        )
        box.addItem("Working size: Auto", None)
        for size_px in WORKING_SIZES_PX:
            box.addItem(f"Working size: {size_px}", size_px)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        box.setMinimumContentsLength(1)
        box.activated.connect(lambda _: self.working_size_chosen.emit(box.currentData()))

    def _build_stop(self) -> None:
        self.stop.setVisible(False)
        self.stop.setAccessibleName("Cancel the work in progress")
        self.stop.setToolTip("Cancel the work in progress (Esc)")
        self.stop.clicked.connect(self.stop_requested)
