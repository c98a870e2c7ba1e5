"""What falls on the window goes to whom it is meant for."""

from pathlib import Path

from PySide6.QtCore import QObject

from app.controllers.swapping import Swapping
from app.ui.main_window import MainWindow
from app.ui.presenters.documents import DocumentPresenter
from app.ui.presenters.models import ModelsPresenter
from app.ui.presenters.notices import Teller


class DropPresenter(QObject):
    """Connects the drop zones: open, use as reference, import a model."""

    def __init__(
        self,
        window: MainWindow,
        documents: DocumentPresenter,
        swapping: Swapping,
        models: ModelsPresenter,
        tell: Teller,
    ) -> None:
        super().__init__(window)
        self._documents = documents
        self._models = models
        zones = window.zones
        zones.files_dropped.connect(self._files)
        zones.image_dropped.connect(documents.take_image)
        zones.reference_dropped.connect(swapping.use_known)
        zones.rejected.connect(tell.warning)

    def _files(self, role: str, paths: list[Path]) -> None:
        if role == "model":
            self._models.import_files(paths)
        else:
            self._documents.take_files(role, paths)
