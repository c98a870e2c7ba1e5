"""The settings of the program: plain values, kept as JSON in the person's configuration folder.

Loading never fails. A file that cannot be read gives the defaults, a file of a later version gives
what this version knows of it, a single bad value falls back alone; the notice says which it was.
Nothing is lost by it: before the file can be overwritten, what was in it is kept under another
name beside it.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from platformdirs import user_config_path

from app.atomic import write_atomically, writing_failed

VERSION = 1
FILE_NAME = "settings.json"
FOLDER_VARIABLE = "SCUMBLE_CONFIG"

THEMES = ("system", "dark", "light")
TEXT_PERCENTS = range(80, 201)
WORKING_SIDES_PX = range(16, 16_385)
MAX_RECENT_FILES = 12
EXPORT_FORMATS = ("png", "jpeg", "tiff", "webp")
EXPORT_SIZES = ("working", "original", "custom")
EXPORT_SIDES_PX = range(1, 100_001)
QUALITIES = range(1, 101)

Migration = Callable[[dict[str, Any]], dict[str, Any]]

MIGRATIONS: dict[int, Migration] = {}
"""Of each earlier version, the function that makes the values of the next one of its values."""


@dataclass(frozen=True)
class ExportSettings:
    """How a picture was last exported.

    Attributes:
        format: one of `EXPORT_FORMATS`.
        quality: 1 to 100, for JPEG and WebP.
        bits: 8 or 16 a channel, where the format has both.
        keep_profile: write the photo's colour profile; without it colours become sRGB.
        keep_exif: write EXIF, XMP and IPTC.
        strip_place: leave place and device out of them.
        size: one of `EXPORT_SIZES`.
        short_side_px: the shorter side for the size "custom".
        anew: carry the edits out at that size; else as on the screen, and stretch what they change.
    """

    format: str = "png"
    quality: int = 92
    bits: int = 8
    keep_profile: bool = True
    keep_exif: bool = True
    strip_place: bool = False
    size: str = "original"
    short_side_px: int = 1024
    anew: bool = False


@dataclass(frozen=True)
class Settings:
    """What the program remembers of a person's choices.

    Attributes:
        version: of the file's form.
        theme: one of `THEMES`.
        text_percent: size of all text, in `TEXT_PERCENTS`.
        device: what to compute on: "auto", or a device's name.
        working_short_side_px: the shorter side of what is shown while working, in
            `WORKING_SIDES_PX`; None leaves it to the device.
        model: id of the model that takes over textures; empty for the first that is installed.
        paint_model: id of the model that renders layouts, likewise.
        models_folder: where the person's models are; empty for the usual place.
        recent_files: paths, newest first, at most `MAX_RECENT_FILES`.
        last_folders: the folder last used, by kind of file.
        shortcuts: key sequences in Qt's portable form, of the actions whose keys were changed.
        export: the choices of the last export.
        welcome_seen: whether the first words to a new person have been shown.
        reduce_motion: whether to do without animation.
        label_patterns: whether labels are hatched besides being coloured.
    """

    version: int = VERSION
    theme: str = "system"
    text_percent: int = 100
    device: str = "auto"
    working_short_side_px: int | None = None
    model: str = ""
    paint_model: str = ""
    models_folder: str = ""
    recent_files: tuple[str, ...] = ()
    last_folders: Mapping[str, str] = field(default_factory=dict[str, str])
    shortcuts: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    export: ExportSettings = ExportSettings()
    welcome_seen: bool = False
    reduce_motion: bool = False
    label_patterns: bool = False


def config_folder() -> Path:
    """Where the settings are; the variable SCUMBLE_CONFIG overrides it."""
    override = os.environ.get(FOLDER_VARIABLE)
    return Path(override) if override else user_config_path("scumble", appauthor=False)


def load_settings(folder: Path | None = None) -> tuple[Settings, str]:
    """The settings, and a notice for the person: empty if they were read as they are.

    Args:
        folder: where the file is, if not in `config_folder()`.
    """
    path = (folder or config_folder()) / FILE_NAME
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Settings(), ""
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        return Settings(), f"The settings could not be read ({reason}); the usual ones are used."
    try:
        values = _parsed(data)
        version = _version(values)
        values = _migrated(values, version)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        words = "The settings file was damaged, so the usual settings are used."
        return Settings(), f"{words} {_set_aside(path, data, 'bad')}"
    settings, bad = _settings(values)
    if version > VERSION:
        words = "The settings are from a later version of Scumble; what this one knows is used."
        return settings, f"{words} {_set_aside(path, data, f'v{version}')}"
    if bad:
        return settings, f"Settings with a value that cannot be used were reset: {', '.join(bad)}."
    return settings, ""


def save_settings(settings: Settings, folder: Path | None = None) -> None:
    """Write the settings, whole or not at all. Waits for the disk.

    Args:
        folder: where the file goes, if not into `config_folder()`; it is made if it is missing.

    Raises:
        UserError: the folder cannot be made, is protected, or the disk is full.
    """
    path = (folder or config_folder()) / FILE_NAME
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise writing_failed(path, error) from error
    write_atomically(path, json.dumps(asdict(settings), indent=2).encode("ascii"))


def _parsed(data: bytes) -> dict[str, Any]:
    values = json.loads(data.decode("utf-8-sig"))
    if not isinstance(values, dict):
        raise ValueError("not an object")
    return values


def _version(values: Mapping[str, Any]) -> int:
    """The version that the values name; this one where they name none that can be."""
    version = values.get("version")
    return version if isinstance(version, int) and version >= 0 else VERSION


def _migrated(values: dict[str, Any], version: int) -> dict[str, Any]:
    for step in range(version, VERSION):
        if step in MIGRATIONS:
            values = MIGRATIONS[step](values)
    return values


def _set_aside(path: Path, data: bytes, mark: str) -> str:
    """Keep the contents of the file under another name; a sentence that says where."""
    number = 1
    other = path.with_name(f"{FILE_NAME}.{mark}")
    try:
        while other.exists() and other.read_bytes() != data:
            number += 1
            other = path.with_name(f"{FILE_NAME}.{mark}-{number}")
        if not other.exists():
            other.write_bytes(data)
    except OSError:
        return "It could not be kept."
    return f"It was kept as {other.name}."


# What may stand in the file. A check returns the value as the settings hold it, or raises
# ValueError.

Check = Callable[[object], Any]


def _one_of(*allowed: object) -> Check:
    def check(value: object) -> object:
        # 8.0 and True are equal to numbers that they are not.
        if not any(value == other and type(value) is type(other) for other in allowed):
            raise ValueError(value)
        return value

    return check


def _whole_in(numbers: range) -> Check:
    def check(value: object) -> int:
        if type(value) is not int or value not in numbers:
            raise ValueError(value)
        return value

    return check


def _none_or(other: Check) -> Check:
    return lambda value: None if value is None else other(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(value)
    return value


def _text(value: object) -> str:
    # No path and no name of ours can have a zero in it, and the system's functions refuse it.
    if not isinstance(value, str) or "\0" in value:
        raise ValueError(value)
    return value


def _name(value: object) -> str:
    if not value:
        raise ValueError(value)
    return _text(value)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(value)
    return tuple(_text(entry) for entry in value)


def _paths(value: object) -> tuple[str, ...]:
    return tuple(filter(None, _texts(value)))[:MAX_RECENT_FILES]


def _table_of(other: Check) -> Check:
    def check(value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValueError(value)
        return {_text(key): other(entry) for key, entry in value.items()}

    return check


EXPORT_CHECKS: dict[str, Check] = {
    "format": _one_of(*EXPORT_FORMATS),
    "quality": _whole_in(QUALITIES),
    "bits": _one_of(8, 16),
    "keep_profile": _flag,
    "keep_exif": _flag,
    "strip_place": _flag,
    "size": _one_of(*EXPORT_SIZES),
    "short_side_px": _whole_in(EXPORT_SIDES_PX),
    "anew": _flag,
}
CHECKS: dict[str, Check] = {
    "theme": _one_of(*THEMES),
    "text_percent": _whole_in(TEXT_PERCENTS),
    "device": _name,
    "working_short_side_px": _none_or(_whole_in(WORKING_SIDES_PX)),
    "model": _text,
    "paint_model": _text,
    "models_folder": _text,
    "recent_files": _paths,
    "last_folders": _table_of(_text),
    "shortcuts": _table_of(_texts),
    "welcome_seen": _flag,
    "reduce_motion": _flag,
    "label_patterns": _flag,
}


def _settings(values: Mapping[str, Any]) -> tuple[Settings, list[str]]:
    """The settings of these values, and the names of those that could not be used."""
    good, bad = _checked(values, CHECKS)
    export = values.get("export", {})
    if isinstance(export, dict):
        good_export, bad_export = _checked(export, EXPORT_CHECKS)
        good["export"] = ExportSettings(**good_export)
        bad += [f"export {name}" for name in bad_export]
    else:
        bad.append("export")
    return Settings(**good), [name.replace("_px", "").replace("_", " ") for name in bad]


def _checked(
    values: Mapping[str, Any], checks: Mapping[str, Check]
) -> tuple[dict[str, Any], list[str]]:
    good: dict[str, Any] = {}
    bad: list[str] = []
    for name in checks.keys() & values.keys():
        try:
            good[name] = checks[name](values[name])
        except ValueError:
            bad.append(name)
    return good, sorted(bad)
