"""What falls on the window goes to whom it is meant for."""

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QImage

from app.controllers.swapping import Swapping
from app.ui.main_window import MainWindow
from app.ui.presenters.documents import DocumentPresenter
from app.ui.presenters.layouts import LayoutPresenter
from app.ui.presenters.models import ModelsPresenter
from app.ui.presenters.notices import Teller


class DropPresenter(QObject):
    """Connects the drop zones: open, use as reference or style, import a model."""

    def __init__(
        self,
        window: MainWindow,
        documents: DocumentPresenter,
        swapping: Swapping,
        layouts: LayoutPresenter,
        models: ModelsPresenter,
        tell: Teller,
    ) -> None:
        super().__init__(window)
        self._documents = documents
        self._swapping = swapping
        self._layouts = layouts
        self._models = models
        self._window = window
        zones = window.zones
        zones.files_dropped.connect(self._files)
        zones.image_dropped.connect(self._image)
        zones.reference_dropped.connect(self._known)
        zones.rejected.connect(tell.warning)

    def _files(self, role: str, paths: list[Path]) -> None:
        if role == "model":
            self._models.import_files(paths)
        elif role == "style":
            self._layouts.use_styles(paths)
        elif role == "layout":
            self._documents.open_layout(paths[0])
        else:
            self._documents.take_files(role, paths)

    def _image(self, role: str, image: QImage) -> None:
        if role == "style":
            self._layouts.use_style_image(image)
        else:
            self._documents.take_image(role, image)

    def _known(self, sha256: str) -> None:
        if self._window.workspace == "paint":
            self._layouts.use_known_style(sha256)
        else:
            self._swapping.use_known(sha256)
