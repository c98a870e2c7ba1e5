"""About Scumble: versions, and under what licences its parts are."""

import importlib.metadata
import platform
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Slot, qVersion
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QDialog,
    QHeaderView,
    QLabel,
    QTabWidget,
    QTextBrowser,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

import app
from app.resources import resource
from app.ui import theme
from app.ui.dialogs.parts import (
    GAP_PX,
    INSET_PX,
    as_dialog,
    button,
    column,
    heading,
    named,
    quiet,
    resize_in_chars,
    row,
    table,
)

PROGRAM = "scumble"
LOGO_PX = 64
PURPOSE = "An image editor for artists that gives a photo the texture of another one."
OFFLINE = "Everything runs on this computer. Nothing is uploaded."
QT_NOTE = "Qt and PySide6 are used under the LGPL 3; their source is at https://code.qt.io."


def licence_text() -> str:
    """The licence of the code, as it was installed or as it is in the source tree."""
    in_tree = Path(app.__file__).resolve().parents[1] / "LICENSE"
    if in_tree.is_file():
        return in_tree.read_text(encoding="utf-8")
    try:
        files = importlib.metadata.files(PROGRAM) or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == "LICENSE":
            return file.read_text(encoding="utf-8")
    return "Apache License 2.0: https://www.apache.org/licenses/LICENSE-2.0"


def library_licence(metadata: importlib.metadata.PackageMetadata) -> str:
    """The licence that a library's metadata name, in a few words."""
    for field in ("License-Expression", "License"):
        if value := " ".join(metadata.get_all(field) or []).strip():
            return value.splitlines()[0]
    classifiers = metadata.get_all("Classifier") or []
    names = [c.rpartition(" :: ")[2] for c in classifiers if c.startswith("License ::")]
    return ", ".join(names) or "not stated"


def libraries() -> list[tuple[str, str, str]]:
    """(name, version, licence) of every library that the program declares; reads many files."""
    try:
        requirements = importlib.metadata.requires(PROGRAM) or []
    except importlib.metadata.PackageNotFoundError:
        return []
    needed = [r for r in requirements if "extra ==" not in r]
    names = {match[0] for r in needed if (match := re.match(r"[\w.-]+", r))}
    found: list[tuple[str, str, str]] = []
    for name in sorted(names, key=str.lower):
        try:
            metadata = importlib.metadata.metadata(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        found.append((metadata["Name"], metadata["Version"], library_licence(metadata)))
    return found


def versions() -> str:
    """What runs, for the person and for reports."""
    return f"Python {platform.python_version()}, Qt {qVersion()}, {platform.platform(terse=True)}"


class AboutDialog(QDialog):
    """Says what this is and under what licences. A page is made when it is first looked at."""

    def __init__(
        self, models: Sequence[tuple[str, str, str]], parent: QWidget | None = None
    ) -> None:
        """`models`: (title, licence, source) of every installed model."""
        super().__init__(parent)
        self._models = tuple(models)
        self._tabs = named(QTabWidget(), "Pages")
        self._pages: list[tuple[QVBoxLayout, Callable[[], QWidget]]] = []
        self._add("About", self._about)
        self._add("Licence", self._licence)
        self._add("Models", self._model_list)
        self._add("Libraries", self._library_list)
        self._add("Pictures", self._pictures)
        close = button("Close", self.accept)
        content = column(self._tabs, row(0, close), gap_px=INSET_PX)
        as_dialog(self, "About Scumble", content, fixed=False)
        resize_in_chars(self, 92, 64)
        self._tabs.currentChanged.connect(self._make)
        self._make(0)

    def _add(self, title: str, make: Callable[[], QWidget]) -> None:
        page = QWidget()
        layout = column()
        layout.setContentsMargins(0, GAP_PX, 0, 0)
        page.setLayout(layout)
        self._pages.append((layout, make))
        self._tabs.addTab(page, title)

    @Slot(int)
    def _make(self, place: int) -> None:
        layout, make = self._pages[place]
        if layout.count() == 0:
            layout.addWidget(make())

    def _about(self) -> QWidget:
        logo = QLabel()
        worn = theme.Theme.of(self.palette())
        logo.setPixmap(theme.pixmap("scumble", worn.text, LOGO_PX, self.devicePixelRatioF()))
        name = heading(f"Scumble {app.__version__}")
        font = name.font()
        font.setPointSizeF(font.pointSizeF() * 1.5)
        name.setFont(font)
        page = QWidget()
        words = (QLabel(PURPOSE), QLabel(OFFLINE), quiet(versions()))
        for label in words:
            label.setWordWrap(True)
        page.setLayout(
            column(INSET_PX, row(logo, 0), name, *words, quiet("Licence: Apache 2.0"), 0)
        )
        return page

    def _licence(self) -> QWidget:
        browser = self._browser("Licence of the code", licence_text())
        browser.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        return browser

    def _pictures(self) -> QWidget:
        browser = self._browser("Licences of the pictures", "")
        try:
            words = resource("LICENCES.md").read_text(encoding="utf-8")
        except OSError:
            words = "The list of the pictures, resources/LICENCES.md, is missing."
        browser.setMarkdown(words)
        return browser

    def _model_list(self) -> QWidget:
        return self._list("Installed models", ("Model", "Licence", "Source"), self._models)

    def _library_list(self) -> QWidget:
        page = QWidget()
        listed = self._list("Libraries", ("Library", "Version", "Licence"), libraries())
        page.setLayout(column(listed, quiet(QT_NOTE)))
        return page

    @staticmethod
    def _browser(name: str, words: str) -> QTextBrowser:
        browser = named(QTextBrowser(), name)
        browser.setOpenExternalLinks(True)
        browser.setPlainText(words)
        return browser

    @staticmethod
    def _list(name: str, columns: Sequence[str], rows: Sequence[tuple[str, ...]]) -> QTreeWidget:
        listed = table(name, columns)
        listed.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        for values in rows:
            item = QTreeWidgetItem(list(values))
            for place, value in enumerate(values):
                item.setToolTip(place, value)
            listed.addTopLevelItem(item)
        return listed
