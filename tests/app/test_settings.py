"""Settings come back as they were saved, and whatever the file holds, the program starts."""

import errno
import json
import os
from dataclasses import asdict, fields, replace
from pathlib import Path

import pytest

from app import settings
from app.errors import UserError
from app.settings import (
    MAX_RECENT_FILES,
    VERSION,
    ExportSettings,
    Settings,
    config_folder,
    load_settings,
    save_settings,
)

EVERYTHING = Settings(
    theme="dark",
    text_percent=150,
    device="cuda:1",
    working_short_side_px=768,
    model="mountains",
    paint_model="coco",
    models_folder="/models/größer",
    recent_files=("/a/b.png", "/a/\udcff.jpg"),
    last_folders={"picture": "/a", "export": "/b"},
    shortcuts={"undo": ("Ctrl+Z", "Alt+Backspace"), "fit": ()},
    export=ExportSettings("jpeg", 80, 16, False, False, True, "custom", 300, True),
    welcome_seen=True,
    reduce_motion=True,
    label_patterns=True,
)


def write(folder: Path, values: object) -> Path:
    path = folder / "settings.json"
    path.write_text(values if isinstance(values, str) else json.dumps(values), encoding="utf-8")
    return path


@pytest.mark.parametrize("value", [Settings(), EVERYTHING])
def test_what_is_saved_is_loaded(tmp_path, value):
    save_settings(value, tmp_path / "new" / "folder")
    assert load_settings(tmp_path / "new" / "folder") == (value, "")
    assert os.listdir(tmp_path / "new" / "folder") == ["settings.json"]


def test_every_setting_differs_above_and_has_a_check():
    checks = {*settings.CHECKS, "version", "export"}
    for made, checked in ((EVERYTHING, checks), (EVERYTHING.export, {*settings.EXPORT_CHECKS})):
        usual = type(made)()
        names = {f.name for f in fields(made)}
        same = {name for name in names if getattr(made, name) == getattr(usual, name)}
        assert same <= {"version"}
        assert names == checked


def test_without_a_file_the_usual_settings_are_loaded(tmp_path):
    assert load_settings(tmp_path / "no") == (Settings(), "")
    assert list(tmp_path.iterdir()) == []


def test_the_folder_may_be_named_by_a_variable(tmp_path, monkeypatch):
    monkeypatch.delenv("SCUMBLE_CONFIG", raising=False)
    usual = config_folder()
    assert usual.name == "scumble"
    monkeypatch.setenv("SCUMBLE_CONFIG", str(tmp_path))
    assert config_folder() == tmp_path
    save_settings(EVERYTHING)
    assert load_settings() == (EVERYTHING, "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"theme": "dark"',
        "\x00" * 50,
        "[" * 100_000,
        '{"text_percent": ' + "9" * 5000 + "}",
    ],
)
def test_a_damaged_file_gives_the_usual_settings_and_is_kept(tmp_path, text):
    write(tmp_path, text)
    loaded, notice = load_settings(tmp_path)
    assert loaded == Settings()
    assert notice.endswith("It was kept as settings.json.bad.")
    save_settings(loaded, tmp_path)
    assert (tmp_path / "settings.json.bad").read_text(encoding="utf-8") == text
    assert load_settings(tmp_path) == (Settings(), "")


def test_bytes_that_are_no_text_are_a_damaged_file(tmp_path):
    (tmp_path / "settings.json").write_bytes(b"\xff\xfe\x00{")
    assert "damaged" in load_settings(tmp_path)[1]


def test_a_byte_order_mark_is_no_damage(tmp_path):
    write(tmp_path, '\ufeff{"version": 1, "theme": "dark"}')
    assert load_settings(tmp_path) == (Settings(theme="dark"), "")


def test_each_damaged_file_is_kept_once(tmp_path):
    for text in ("first", "first", "second", "third", "second"):
        write(tmp_path, text)
        load_settings(tmp_path)
    kept = {path.name: path.read_text() for path in tmp_path.glob("*.bad*")}
    assert kept == {
        "settings.json.bad": "first",
        "settings.json.bad-2": "second",
        "settings.json.bad-3": "third",
    }


def test_a_damaged_file_that_cannot_be_kept_is_no_reason_to_fail(tmp_path):
    write(tmp_path, "{")
    (tmp_path / "settings.json.bad").mkdir()
    loaded, notice = load_settings(tmp_path)
    assert loaded == Settings()
    assert notice.endswith("It could not be kept.")


def test_a_file_that_cannot_be_read_gives_the_usual_settings(tmp_path):
    (tmp_path / "settings.json").mkdir()
    loaded, notice = load_settings(tmp_path)
    assert loaded == Settings()
    assert "could not be read (is a directory)" in notice


def test_of_a_later_version_what_is_known_is_used_and_the_file_is_kept(tmp_path):
    later = {**asdict(EVERYTHING), "version": VERSION + 1, "theme": {"sky": "blue"}, "new": [1]}
    text = write(tmp_path, later).read_text()
    loaded, notice = load_settings(tmp_path)
    assert loaded == replace(EVERYTHING, theme="system")
    assert "later version" in notice
    kept = tmp_path / f"settings.json.v{VERSION + 1}"
    assert kept.name in notice
    save_settings(loaded, tmp_path)
    assert kept.read_text() == text
    assert load_settings(tmp_path) == (loaded, "")


BAD = [
    ("theme", ["blue", "", None, 3, ["dark"]]),
    ("text_percent", [79, 201, 100.0, "100", True, None]),
    ("device", ["", None, 0, "a\0b"]),
    ("working_short_side_px", [0, -512, 1.5, "512", True, 10**9]),
    ("model", [None, 4, ["a"]]),
    ("models_folder", [None, "/a\0"]),
    ("recent_files", ["/a", {"/a": 1}, [1], ["/a\0b"]]),
    ("last_folders", [[], "x", {"picture": 1}, {"picture": None}]),
    ("shortcuts", [[], {"undo": "Ctrl+Z"}, {"undo": [1]}]),
    ("export", [None, [], "png"]),
    ("welcome_seen", [1, "yes", None]),
    ("reduce_motion", [0, "no", None]),
    ("label_patterns", [0, "no", None]),
    ("paint_model", [0, None]),
]
BAD_EXPORT = [
    ("format", ["gif", None]),
    ("quality", [0, 101, 9.5, True]),
    ("bits", [8.0, 12, "8", True]),
    ("keep_profile", [1]),
    ("keep_exif", [1]),
    ("strip_place", [None]),
    ("anew", [1, None]),
    ("size", ["huge", 3]),
    ("short_side_px", [0, "10", 10**9]),
]


@pytest.mark.parametrize(("name", "value"), [(name, v) for name, values in BAD for v in values])
def test_a_bad_value_falls_back_alone(tmp_path, name, value):
    write(tmp_path, {**asdict(EVERYTHING), name: value})
    loaded, notice = load_settings(tmp_path)
    assert loaded == replace(EVERYTHING, **{name: getattr(Settings(), name)})
    assert notice.endswith(f"reset: {name.removesuffix('_px').replace('_', ' ')}.")


@pytest.mark.parametrize(
    ("name", "value"), [(name, v) for name, values in BAD_EXPORT for v in values]
)
def test_a_bad_value_of_the_last_export_falls_back_alone(tmp_path, name, value):
    values = asdict(EVERYTHING)
    values["export"][name] = value
    write(tmp_path, values)
    export = replace(EVERYTHING.export, **{name: getattr(ExportSettings(), name)})
    loaded, notice = load_settings(tmp_path)
    assert loaded == replace(EVERYTHING, export=export)
    assert f"export {name.removesuffix('_px').replace('_', ' ')}." in notice


def test_several_bad_values_are_all_named(tmp_path):
    write(tmp_path, {"version": 1, "theme": 1, "device": 2, "export": {"bits": 3}})
    assert load_settings(tmp_path)[1].endswith("reset: device, theme, export bits.")


def test_missing_and_unknown_values_are_no_reason_for_a_notice(tmp_path):
    write(tmp_path, {"model": "x", "export": {"bits": 16}, "colour": "red"})
    export = ExportSettings(bits=16)
    assert load_settings(tmp_path) == (Settings(model="x", export=export), "")


@pytest.mark.parametrize("version", [None, "1", 1.0, -3])
def test_a_version_that_is_none_is_this_one(tmp_path, version):
    write(tmp_path, {"version": version, "theme": "dark"})
    assert load_settings(tmp_path) == (Settings(theme="dark"), "")


def test_recent_files_are_cut_to_what_is_shown(tmp_path):
    write(tmp_path, {"recent_files": ["", *map(str, range(40))]})
    loaded, notice = load_settings(tmp_path)
    assert loaded.recent_files == tuple(map(str, range(MAX_RECENT_FILES)))
    assert notice == ""


def test_an_earlier_version_goes_through_every_later_migration(tmp_path, monkeypatch):
    def rename(values):
        return {**values, "theme": values["colours"]}

    def shout(values):
        return {**values, "model": values["model"] + "!"}

    monkeypatch.setattr(settings, "VERSION", 4)
    monkeypatch.setattr(settings, "MIGRATIONS", {0: shout, 1: rename, 3: shout})
    write(tmp_path, {"version": 1, "colours": "light", "model": "a"})
    loaded, notice = load_settings(tmp_path)
    assert (loaded.theme, loaded.model, notice) == ("light", "a!", "")


@pytest.mark.parametrize("error", [KeyError, TypeError, AttributeError, ValueError])
def test_a_file_that_a_migration_cannot_take_is_a_damaged_one(tmp_path, monkeypatch, error):
    def fail(values):
        raise error("no such value")

    monkeypatch.setattr(settings, "MIGRATIONS", {0: fail})
    write(tmp_path, {"version": 0, "theme": "dark"})
    loaded, notice = load_settings(tmp_path)
    assert loaded == Settings()
    assert (tmp_path / "settings.json.bad").exists()
    assert "damaged" in notice


def test_a_failure_to_save_is_one_sentence_and_leaves_the_old_file(tmp_path, monkeypatch):
    save_settings(EVERYTHING, tmp_path)

    def fail(*_arguments):
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(UserError, match=r"settings\.json cannot be saved: there is no room"):
            save_settings(Settings(), tmp_path)
    assert load_settings(tmp_path) == (EVERYTHING, "")


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"settings\.json cannot be saved"):
        save_settings(Settings(), tmp_path / "file" / "scumble")
    with pytest.raises(UserError, match=r"settings\.json cannot be saved"):
        save_settings(Settings(), tmp_path / "file")
