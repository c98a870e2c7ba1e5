"""Where the files are that come with the program: icons, palettes, sample pictures."""

from pathlib import Path

from models.catalog import shipped_folder


def resource(name: str) -> Path:
    """The file or folder `name` below `resources/`, in the wheel or in the source tree."""
    return shipped_folder().parent / "resources" / name
