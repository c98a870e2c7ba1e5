"""The palettes that come with the program."""

from collections.abc import Iterator
from pathlib import Path

from app.document.palette import Palette, load_palette

SHIPPED = {
    "landscape": "Landscape",
    "coco_stuff": "COCO-Stuff",
    "ade20k": "ADE20K",
    "cityscapes": "Cityscapes",
}
"""The titles of the palettes by their ids, as their files have them: reading all takes a while."""


class Palettes:
    """The shipped palettes, each read from its file when it is first asked for.

    Any thread may ask.
    """

    def __init__(self, folder: Path) -> None:
        """
        Args:
            folder: holds a file NAME.toml for each of `SHIPPED`, whose palette has that id.
        """
        self._folder = folder
        self._read: dict[str, Palette] = {}

    def __iter__(self) -> Iterator[Palette]:
        """All of them, in the order in which they are offered.

        Raises:
            UserError: a file cannot be read, or is no good.
        """
        return (self._palette(id) for id in SHIPPED)

    def find(self, palette_id: str | None) -> Palette | None:
        """The palette of this id, None if none has it.

        Raises:
            UserError: its file cannot be read, or is no good.
        """
        return self._palette(palette_id) if palette_id in SHIPPED else None

    def _palette(self, id: str) -> Palette:
        # Two threads may both read the file: they get equal palettes.
        if id not in self._read:
            self._read[id] = load_palette(self._folder / f"{id}.toml")
        return self._read[id]
