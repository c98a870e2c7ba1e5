"""What the program does when something breaks, and what it keeps between two starts."""

import json
import sys
import time
from itertools import product

import pytest
from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtWidgets import QApplication, QToolButton

from app import crash
from app.settings import Settings, config_folder, load_settings
from app.ui.actions import DISPLAYS, RETOUCH_TOOLS, TOOLS
from app.ui.dialogs.crash import CrashDialog
from app.ui.start import StartPage
from app.ui.watchdog import StallWatchdog
from tests.app.ui.own_time import GuiTime
from tests.app.ui.panels.said import tab
from tests.app.ui.test_flow import amount


@pytest.fixture
def swapped(driver, files):
    driver.open(files.meadow)
    driver.drop(files.sunset, "reference")
    driver.wait(lambda: len(driver.document.entries) == 1)
    return driver


@pytest.fixture
def hooks(swapped, tmp_path):
    """The hooks of a running program, in place for the test."""
    program = swapped.program
    uninstall = crash.install(
        program.recovery.save, program.recovery.tell, facts=program.facts, folder=tmp_path / "logs"
    )
    yield program
    uninstall()


@pytest.mark.logs
@pytest.mark.qt_no_exception_capture
def test_after_a_defect_the_document_is_saved_and_then_told(
    hooks, swapped, start, capsys, monkeypatch, qtbot
):
    driver = swapped
    before = driver.document

    def fall() -> None:
        raise ZeroDivisionError("a defect")

    QTimer.singleShot(0, fall)
    qtbot.waitUntil(lambda: bool(driver.window.findChildren(CrashDialog)))
    dialog = driver.dialog(CrashDialog)
    assert driver.document is before
    dialog.close()
    assert "a defect" in capsys.readouterr().err

    # Another window leaves it alone until this one has ended; opening it gives the same document.
    again = start()
    again.wait()
    page: StartPage = again.window.start
    assert page.recoveries == []
    driver.program.window.leaving = True
    assert driver.program.close()
    again.program.recoveries.look()
    again.wait(lambda: len(page.recoveries) == 1)
    page.recovery_requested.emit(page.recoveries[0])
    again.wait(lambda: again.document is not None)
    assert again.document == before
    assert again.program.session.unsaved


def test_closing_during_a_render_ends_within_a_second(swapped):
    driver = swapped
    driver.backend.block()
    driver.program.swapping.commit_amount(0.3)
    driver.qtbot.waitUntil(driver.backend.running.is_set)
    started = time.perf_counter()
    driver.window.leave()
    assert driver.program.close()
    assert time.perf_counter() - started < 1.0
    assert not driver.window.isVisible()


def test_settings_and_the_layout_are_kept(start, files):
    first = start()
    first.wait()
    first.open(files.meadow)
    first.program.preferences.update(theme="light", working_short_side_px=384)
    first.window.docks["history"].close()
    upper, lower = first.window.docks["reference"], first.window.docks["edits"]
    first.window.resizeDocks([upper, lower], [250, 300], Qt.Orientation.Vertical)
    first.window.resizeDocks([upper], [377], Qt.Orientation.Horizontal)
    first.qtbot.waitUntil(lambda: upper.width() == 377)
    first.window.leave()
    first.program.close()
    # The process ends now, without the event loop; what Qt keeps in memory is not there for ever.
    copy = files.folder / "window.ini"
    copy.write_bytes((config_folder() / "window.ini").read_bytes())
    kept = QSettings(str(copy), QSettings.Format.IniFormat)
    assert kept.value("window/workspace") == "edit"
    assert kept.value("window/geometry") == first.window.saveGeometry()
    settings, notice = load_settings()
    assert (settings.theme, settings.working_short_side_px, notice) == ("light", 384, "")
    assert settings.recent_files == (str(files.meadow),)
    assert settings.welcome_seen
    second = start(settings)
    second.wait()
    assert second.window.docks["history"].isHidden()
    assert second.window.docks["edits"].isVisible()
    assert second.window.docks["reference"].size() == upper.size()
    assert second.window.docks["edits"].size() == lower.size()
    second.choose("view.reset_layout")
    assert second.window.docks["history"].isVisible()


@pytest.mark.parametrize(
    "content", ["not json", json.dumps({"version": 99, "theme": "light", "magic": 1})]
)
def test_settings_that_cannot_be_used_fall_back_with_a_notice(start, content):
    config_folder().mkdir(parents=True)
    (config_folder() / "settings.json").write_text(content)
    settings, notice = load_settings()
    assert notice
    driver = start(settings)
    driver.wait()
    driver.program.tell.warning(notice)
    assert driver.notices() == [notice]


@pytest.mark.parametrize("percent", [100, 200])
@pytest.mark.parametrize(
    ("workspace", "tools", "displays"),
    [("edit", RETOUCH_TOOLS, [""]), ("paint", TOOLS, DISPLAYS)],
)
def test_no_tool_or_display_makes_the_window_grow(start, percent, workspace, tools, displays):
    """As narrow as it can be; and it fits on half of a usual screen, or all of a small one."""
    window = start(Settings(text_percent=percent)).window
    window.set_workspace(workspace)
    window.show_canvas(True)
    window.resize(window.minimumSizeHint())
    sizes = set()
    for tool, display in product(tools, displays):
        if display:
            window.options.set_display(display)
        (window.options if display else window.retouch_options).set_tool(tool)
        QApplication.processEvents()
        sizes.add((window.width(), window.height(), window.minimumSizeHint().width()))
    assert len(sizes) == 1
    assert window.width() <= 960


@pytest.mark.parametrize("content", ["edit, paint", "@Variant(x)"])
def test_a_layout_that_cannot_be_used_is_the_first_one(start, content):
    config_folder().mkdir(parents=True)
    (config_folder() / "window.ini").write_text(
        f"[window]\nworkspace={content}\ngeometry={content}\ndocks\\edit={content}\n"
    )
    assert start().window.workspace == "edit"


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_a_panel_that_goes_gives_the_keyboard_to_the_picture(swapped):
    """Not to whatever stands next: the working size, say, that the next key would change."""
    window = swapped.window
    window.activateWindow()
    dock = window.docks["edits"]
    for leave, back in ((dock.close, dock.show), (lambda: dock.setFloating(True), dock.close)):
        window.edits.amounts.strength.tab_stops[0].setFocus()
        leave()
        assert window.focusWidget() is window.canvas
        back()


def test_tab_goes_from_the_title_of_edits_to_its_sliders_and_the_row(swapped):
    window = swapped.window
    window.activateWindow()
    stops = window.docks["edits"].titleBarWidget().findChildren(QToolButton)
    stops[0].setFocus()
    row = window.edits._rows[0]
    strength = f"Strength of {row.item.title}"
    assert tab(3) == ["Close Edits", strength, f"{strength}, as a number"]
    assert row.accessibleName() in tab(3)


def test_no_turn_of_the_event_loop_is_long(start, files, monkeypatch):
    """The longest turn of an ordinary session; three tries, since other programs get in the way."""
    monkeypatch.setattr("app.ui.watchdog.time", GuiTime)
    tries = []
    while len(tries) < 3:
        longest = longest_turn(start(Settings(welcome_seen=True)), files)
        if longest is None or longest.ms <= 50.0:
            return
        tries.append(f"{longest.ms:.0f} ms in {longest.stack}")
    pytest.fail("\n".join(tries))


def longest_turn(driver, files):
    """Of a session with a drag of the slider, undo, redo, comparing and zooming."""
    driver.wait()
    driver.open(files.meadow)
    driver.drop(files.sunset, "reference")
    driver.wait(lambda: len(driver.document.entries) == 1)
    watchdog = StallWatchdog(threshold_ms=40.0)
    watchdog.start()
    watchdog.reset()
    for step in range(30):
        driver.program.swapping.drag_amount(1.0 - step / 40)
        driver.qtbot.wait(5)
    driver.program.swapping.commit_amount(0.25)
    driver.wait(lambda: amount(driver) == 0.25)
    for action in ("edit.undo", "edit.redo", "edit.toggle", "view.split", "view.actual"):
        driver.choose(action)
        driver.qtbot.wait(30)
    watchdog.stop()
    return watchdog.worst()


def test_the_interpreter_is_given_back_often():
    """A worker's Python must not hold up the drawing; `main` sets it, here it is only known."""
    from app.main import SWITCH_INTERVAL_SECONDS

    assert sys.getswitchinterval() > SWITCH_INTERVAL_SECONDS
