"""Clone brush, texture brush, region and eraser in the real window."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QMouseEvent
from PySide6.QtWidgets import QApplication

from app.controllers.retouch_settings import RetouchKind
from app.document.io.images import write_image
from app.document.masks import levels_of
from models.catalog import Catalog
from models.edits import CloneStructure, EditRegion, PaintTexture, SwapTexture
from models.values import Mask
from tests.app.ui.dialogs.look import control
from tests.app.ui.pen import Pen

ALT = Qt.KeyboardModifier.AltModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier
LEFT = Qt.MouseButton.LeftButton
DOWN, MOVE, UP = (
    QEvent.Type.MouseButtonPress,
    QEvent.Type.MouseMove,
    QEvent.Type.MouseButtonRelease,
)
WIDTH, HEIGHT = 320, 240


class Hand:
    """A mouse on the canvas; places are document pixels."""

    def __init__(self, driver) -> None:
        self.canvas = driver.window.canvas

    def send(self, kind, place_px, held=NONE) -> None:
        at = QPointF(*self.canvas.transform.to_view(place_px))
        button = Qt.MouseButton.NoButton if kind == MOVE else LEFT
        down = Qt.MouseButton.NoButton if kind == UP else LEFT
        event = QMouseEvent(kind, at, self.canvas.mapToGlobal(at), button, down, held)
        QApplication.sendEvent(self.canvas, event)

    def drag(self, *places_px, held=NONE) -> None:
        self.send(DOWN, places_px[0], held)
        for place_px in places_px[1:]:
            self.send(MOVE, place_px, held)
        self.send(UP, places_px[-1], held)

    def hover(self, place_px) -> None:
        at = QPointF(*self.canvas.transform.to_view(place_px))
        free = Qt.MouseButton.NoButton
        event = QMouseEvent(MOVE, at, self.canvas.mapToGlobal(at), free, free, NONE)
        QApplication.sendEvent(self.canvas, event)


@pytest.fixture
def halves(tmp_path):
    """A photo, dark at the left, bright at the right; at the left a bright box beside a duller."""
    rgb_hwc = np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
    rgb_hwc[:, WIDTH // 2 :] = 210
    rgb_hwc[96:144, 48:96] = 210
    rgb_hwc[96:144, 24:48] = 150
    write_image(tmp_path / "halves.png", rgb_hwc)
    return tmp_path / "halves.png"


@pytest.fixture
def retouch(driver, halves):
    """The program with that photo."""
    driver.program.preview.set_working_size(HEIGHT)
    driver.open(halves)
    assert driver.window.workspace == "edit"
    return driver


@pytest.fixture
def hand(retouch):
    return Hand(retouch)


@pytest.fixture
def referenced(retouch, files):
    """With a reference that no edit uses."""
    retouch.program.retouching.sources.add_file(files.sunset)
    retouch.wait(lambda: len(retouch.document.references) == 1)
    return retouch


def tool(driver, key: str) -> None:
    driver.window.canvas.setFocus()
    driver.press(key)


def edit_of(driver, kind):
    edit = driver.document.entries[-1].edit
    assert isinstance(edit, kind)
    return edit


def grey(driver, sha256: str) -> np.ndarray:
    mask = driver.document.mask(sha256)
    assert mask is not None
    return levels_of(mask).to_array()


def steps(driver) -> list[str]:
    return [state.label for state in driver.program.session.history.states]


def change(driver, **values) -> None:
    driver.program.retouching.change(**{"size_px": 40.0, "pressure": False, **values})


# Tools


def test_keys_take_tools_in_hand_in_this_workspace_alone(retouch):
    driver = retouch
    for key, kind in (("S", "clone"), ("T", "texture"), ("G", "region"), ("E", "erase"),
                      ("H", "hand")):  # fmt: skip
        tool(driver, key)
        assert driver.program.retouching.tool.value == kind
        assert driver.window.actions_[f"retouch.{kind}"].isChecked()
    tool(driver, "S")
    size_px = driver.program.retouching.settings.size_px
    tool(driver, "]")
    assert driver.program.retouching.settings.size_px > size_px
    tool(driver, "[")
    assert driver.program.retouching.settings.size_px == pytest.approx(size_px)
    assert driver.program.painting.tool.value == "brush"
    driver.press("F1")
    tool(driver, "E")
    assert driver.program.painting.tool.value == "eraser"
    assert driver.program.retouching.tool.value == "clone"
    driver.press("F2")
    assert driver.window.canvas._marks.tool.words == "Clone brush"


def test_the_strip_and_the_options_are_those_of_the_workspace(retouch):
    window = retouch.window
    assert window.retouch_strip.isVisible()
    assert not window.tool_strip.isVisible()
    retouch.press("F1")
    assert (window.retouch_strip.isVisible(), window.retouch_options.isVisible()) == (False, False)
    assert window.tool_strip.isVisible()


def test_the_footprint_shows_size_and_softness(retouch):
    tool(retouch, "S")
    change(retouch, size_px=60.0, softness=0.25)
    shown = retouch.window.canvas._marks.tool
    assert (shown.diameter_px, shown.softness, shown.alt) == (60.0, 0.25, "source")
    tool(retouch, "G")
    assert retouch.window.canvas._marks.tool.alt == "erase"


# Clone


def test_cloning_without_a_source_says_what_to_do(retouch, hand):
    tool(retouch, "S")
    hand.drag((200, 120))
    assert any("no source" in words for words in retouch.notices())
    assert retouch.document.entries == ()
    assert steps(retouch) == ["Open"]


def test_alt_click_and_a_stroke_clone_from_there(retouch, hand):
    tool(retouch, "S")
    change(retouch)
    hand.drag((72, 120), held=ALT)
    hand.drag((200, 100), (240, 100))
    edit = edit_of(retouch, CloneStructure)
    (patch,) = edit.patches
    assert patch.source is None
    assert patch.dx == pytest.approx(-128 / HEIGHT, abs=0.01)
    assert patch.dy == pytest.approx(20 / HEIGHT, abs=0.01)
    mask = grey(retouch, patch.mask)
    assert mask[100, 220] == 255
    assert mask[150:].max() == 0
    assert edit.detail == 1.0, "what is cloned brings its own detail"
    assert edit.model == retouch.program.models.current
    assert steps(retouch) == ["Open", "Clone"]


def test_a_cross_shows_where_the_hand_takes_from(retouch, hand):
    tool(retouch, "S")
    change(retouch)
    marks = retouch.window.canvas._marks
    hand.hover((150, 150))
    assert marks.source_px is None
    hand.drag((72, 120), held=ALT)
    hand.hover((150, 150))
    assert marks.source_px == pytest.approx((72, 120), abs=0.6)
    hand.drag((200, 100))
    hand.hover((210, 130))
    assert marks.source_px == pytest.approx((82, 150), abs=1.2)
    tool(retouch, "T")
    assert marks.source_px is None


def test_a_reference_can_be_cloned_from(referenced, hand):
    driver = referenced
    sha256 = driver.document.references[0].picture.sha256
    tool(driver, "S")
    change(driver)
    panel = driver.window.retouch
    panel.reference_chosen.emit(sha256)
    assert panel._picker.isVisible()
    panel._picker.picked.emit(0.5, 0.5)
    hand.drag((100, 100))
    (patch,) = edit_of(driver, CloneStructure).patches
    # The reference of 120 x 80 px is scaled to the document's shorter side of 240 px.
    assert patch.source == sha256
    assert (patch.dx, patch.dy) == pytest.approx((80 / HEIGHT, 20 / HEIGHT), abs=0.01)
    assert driver.window.canvas._marks.source_px is None
    hand.hover((100, 100))
    assert panel._picker._mark == pytest.approx((0.5, 0.5), abs=0.02)


def test_shift_click_is_a_line_from_the_last_stroke(retouch, hand):
    tool(retouch, "S")
    change(retouch, smoothing=0.0)
    hand.drag((72, 120), held=ALT)
    hand.drag((180, 60))
    hand.drag((300, 60), held=SHIFT)
    (patch,) = edit_of(retouch, CloneStructure).patches
    assert grey(retouch, patch.mask)[60, 180:300].min() == 255
    assert len(steps(retouch)) == 3


def test_shift_drag_changes_the_size(retouch, hand):
    tool(retouch, "S")
    change(retouch)
    hand.drag((100, 100), (110, 100), (130, 100), held=SHIFT)
    assert retouch.program.retouching.settings.size_px == pytest.approx(100, abs=2)
    assert steps(retouch) == ["Open"]


def test_the_right_button_does_nothing_and_disturbs_no_stroke(retouch, hand):
    tool(retouch, "S")
    change(retouch)
    hand.drag((72, 120), held=ALT)
    canvas, right = retouch.window.canvas, Qt.MouseButton.RightButton
    hand.send(DOWN, (200, 100))
    at = QPoint(*map(round, canvas.transform.to_view((220, 100))))
    retouch.qtbot.mouseClick(canvas, right, pos=at)
    why = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(canvas, QContextMenuEvent(why, at, canvas.mapToGlobal(at)))
    assert QApplication.activePopupWidget() is None
    hand.send(MOVE, (240, 100))
    hand.send(UP, (240, 100))
    (patch,) = edit_of(retouch, CloneStructure).patches
    assert grey(retouch, patch.mask)[100, 200:240].min() == 255
    retouch.qtbot.mouseClick(canvas, right, pos=at)
    assert steps(retouch) == ["Open", "Clone"]


def test_escape_gives_a_stroke_up(retouch, hand):
    tool(retouch, "S")
    change(retouch)
    hand.drag((72, 120), held=ALT)
    hand.send(DOWN, (200, 100))
    hand.send(MOVE, (230, 100))
    assert len(retouch.document.entries) == 1
    retouch.press("Escape")
    assert retouch.document.entries == ()
    assert steps(retouch) == ["Open"]
    hand.send(UP, (230, 100))
    assert steps(retouch) == ["Open"]


def test_the_pen_s_pressure_is_the_width(retouch, hand):
    tool(retouch, "S")
    change(retouch, pressure=True, smoothing=0.0, softness=0.0)
    hand.drag((20, 60), held=ALT)
    Pen(retouch.window.canvas).stroke((180, 60, 0.05), (300, 60, 1.0))
    (patch,) = edit_of(retouch, CloneStructure).patches
    widths = (grey(retouch, patch.mask) > 0).sum(axis=0)
    assert 0 < widths[184] < 14 < 30 < widths[296]


def test_keys_alone_set_the_source_and_paint(retouch):
    tool(retouch, "S")
    change(retouch)
    canvas, enter, right = retouch.window.canvas, Qt.Key.Key_Return, Qt.Key.Key_Right
    retouch.qtbot.keyClick(canvas, right)
    retouch.qtbot.keyClick(canvas, enter, ALT)
    source = retouch.program.retouching.sources.source
    assert (source.x_px, source.y_px) == pytest.approx((WIDTH / 2, HEIGHT / 2), abs=1)
    for key in (*[right] * 8, enter, *[right] * 4, enter):
        retouch.qtbot.keyClick(canvas, key)
    (patch,) = edit_of(retouch, CloneStructure).patches
    assert patch.dx < 0
    assert patch.dy == 0
    assert (grey(retouch, patch.mask) == 255).sum() > 300
    assert steps(retouch) == ["Open", "Clone"]


def test_keys_alone_take_from_a_region(retouch, hand):
    region(retouch, hand, (250, 120))
    before = grey(retouch, edit_of(retouch, EditRegion).region).sum()
    canvas, enter = retouch.window.canvas, Qt.Key.Key_Return
    hand.hover((250, 120))
    retouch.qtbot.keyClick(canvas, Qt.Key.Key_Down)
    retouch.qtbot.keyClick(canvas, enter, ALT)
    retouch.qtbot.keyClick(canvas, enter)
    assert grey(retouch, edit_of(retouch, EditRegion).region).sum() < before
    assert steps(retouch)[-1] == "Take from region"


def test_a_stroke_goes_into_the_selected_edit_or_the_last(retouch, hand, files):
    tool(retouch, "S")
    change(retouch)
    hand.drag((72, 120), held=ALT)
    hand.drag((200, 60))
    first = retouch.document.entries[0].uid
    retouch.drop(files.sunset, "reference")
    retouch.wait(lambda: len(retouch.document.entries) == 2)
    hand.drag((240, 120))
    assert [type(e.edit) for e in retouch.document.entries] == [
        CloneStructure, SwapTexture, CloneStructure
    ]  # fmt: skip
    retouch.window.edits.selected.emit(first)
    hand.drag((260, 140))
    assert len(retouch.document.entries) == 3
    (patch,) = retouch.document.entry(first).edit.patches
    assert grey(retouch, patch.mask)[140, 260] == 255


def test_without_a_model_nothing_is_painted(retouch, hand):
    tool(retouch, "S")
    change(retouch)
    hand.drag((72, 120), held=ALT)
    retouch.program.models.catalog = Catalog(())
    document = retouch.document
    hand.drag((200, 60))
    assert any("No model" in words for words in retouch.notices())
    assert retouch.document == document


def test_a_browsed_picture_is_shown_for_a_place_to_be_clicked(referenced, hand, files):
    driver = referenced
    sha256 = driver.document.references[0].picture.sha256
    panel = driver.window.retouch
    tool(driver, "G")
    change(driver, mode="add")
    hand.drag((40, 40))
    tool(driver, "S")
    assert panel.reference == sha256
    assert said(driver) == ("From: click a place of sunset.png",
                            "In the panel, click a place of sunset.png")  # fmt: skip
    hand.drag((72, 120), held=ALT)
    assert said(driver) == ("From: this picture", "Paint to copy; Ctrl-click another source")
    driver.program.retouching.sources.add_file(files.meadow)
    driver.wait(lambda: len(driver.document.references) == 2)
    assert said(driver)[0] == "From: click a place of meadow.png"
    hand.drag((200, 100))
    assert said(driver)[0] == "From: this picture", "that is what was painted"
    panel.reference_chosen.emit(sha256)
    assert panel._picker._mark is None
    panel._picker.picked.emit(0.5, 0.5)
    assert said(driver) == ("From: sunset.png", "Paint to copy; Ctrl-click another source")
    assert panel._picker._mark == (0.5, 0.5)


def test_each_brush_keeps_its_own_source(retouch, hand, files):
    driver, sources = retouch, retouch.program.retouching.sources
    tool(driver, "T")
    hand.drag((80, 60), held=ALT)
    assert said(driver)[0] == "Texture: a place of this picture"
    tool(driver, "S")
    sources.add_file(files.sunset)
    driver.wait(lambda: "sunset" in said(driver)[0])
    driver.window.retouch._picker.picked.emit(0.5, 0.5)
    tool(driver, "T")
    assert said(driver)[0] == "Texture: a place of this picture"
    sources.add_file(files.meadow)
    driver.wait(lambda: said(driver)[0] == "Texture: all of meadow.png")
    tool(driver, "S")
    assert said(driver)[0] == "From: sunset.png"


def test_a_browsed_picture_that_is_undone_is_not_offered(referenced):
    tool(referenced, "S")
    referenced.press("Ctrl+Z")
    assert referenced.window.retouch.reference == ""
    assert said(referenced) == ("From: nothing yet", "Ctrl-click the place to copy from")


def said(driver) -> tuple[str, str]:
    """The words of the panel and of the bar."""
    panel, bar = driver.window.retouch, driver.window.retouch_options
    return panel._from.text(), bar._hint.text()


# Texture


def test_a_ring_shows_whose_texture_is_taken(retouch, hand):
    tool(retouch, "T")
    change(retouch, size_px=64.0)
    canvas = retouch.window.canvas
    hand.drag((240, 120), held=ALT)
    change(retouch, size_px=8.0)
    hand.hover((40, 200))
    retouch.wait()
    ringed = canvas.grab().toImage()
    middle_px, radius_px = canvas._marks.source_px, canvas._marks.source_radius_px
    assert (*middle_px, radius_px) == pytest.approx((240, 120, 32), abs=0.6)
    tool(retouch, "H")
    without = canvas.grab().toImage()
    ratio = ringed.devicePixelRatio()

    def changes(place_px) -> bool:
        at = [round(view * ratio) for view in canvas.transform.to_view(place_px)]
        near = [(at[0] + dx, at[1]) for dx in range(-3, 4)]
        return any(ringed.pixelColor(*p) != without.pixelColor(*p) for p in near)

    places = ((240, 120), (208, 120), (272, 120), (224, 120), (300, 120))
    assert [changes(place) for place in places] == [True, True, True, False, False]


def test_alt_click_takes_the_texture_of_a_place(retouch, hand):
    tool(retouch, "T")
    change(retouch, size_px=48.0)
    hand.drag((80, 60), held=ALT)
    hand.drag((240, 120))
    (patch,) = edit_of(retouch, PaintTexture).patches
    assert patch.reference is None
    assert patch.spot == pytest.approx((80 / WIDTH, 60 / HEIGHT, 24 / HEIGHT), abs=0.005)


def test_a_place_of_a_reference_and_all_of_it(referenced, hand):
    driver = referenced
    sha256 = driver.document.references[0].picture.sha256
    tool(driver, "T")
    change(driver, amount=1.2)
    panel = driver.window.retouch
    assert panel.reference == sha256
    panel._picker.picked.emit(0.25, 0.75)
    hand.drag((100, 100))
    control(panel, "Texture of all of the reference").click()
    hand.drag((100, 180))
    place, whole = edit_of(driver, PaintTexture).patches
    assert place.spot == pytest.approx((0.25, 0.75, 20 / HEIGHT), abs=0.005)
    assert (whole.spot, whole.reference, whole.amount) == (None, sha256, 1.2)


# Region


def region(driver, hand, place=(72, 120)) -> EditRegion:
    tool(driver, "G")
    change(driver, size_px=24.0)
    count = len(driver.backend.similarity_requests)
    hand.drag(place)
    driver.wait(lambda: len(driver.backend.similarity_requests) > count)
    return edit_of(driver, EditRegion)


def test_a_click_proposes_a_region(retouch, hand):
    edit = region(retouch, hand)
    mask = grey(retouch, edit.region)
    assert mask[120, 72] > 200
    assert mask[20, 20] == 0
    # The bright half is like it, but does not hang together with it.
    assert mask[120, 280] == 0
    assert (edit.amounts, edit.detail) == ((), 1.0)
    assert steps(retouch) == ["Open", "Region"]
    assert retouch.window.actions_["retouch.mask"].isChecked()
    request = retouch.backend.similarity_requests[-1]
    assert (request.x, request.y) == pytest.approx((72 / WIDTH, 120 / HEIGHT), abs=0.01)


def test_a_flat_picture_changes_nothing(driver, tmp_path):
    write_image(tmp_path / "flat.png", np.full((120, 160, 3), 90, np.uint8))
    driver.open(tmp_path / "flat.png")
    tool(driver, "G")
    Hand(driver).drag((80, 60))
    driver.wait(lambda: driver.notices() != [])
    assert any("Nothing stands out" in words for words in driver.notices())
    assert driver.document.entries == ()
    assert steps(driver) == ["Open"]


def test_what_a_press_does_to_a_region_is_told(retouch):
    tool(retouch, "G")
    hint = retouch.window.retouch_options._hint
    assert hint.text().startswith("Click to pick")
    for mode, words in (("add", "Drag adds to the region"),
                        ("remove", "Drag takes away from the region")):  # fmt: skip
        retouch.window.retouch_options.changed.emit("mode", mode)
        assert hint.text() == words


@pytest.mark.parametrize("does", ["add", "remove", "erase", "threshold"])
def test_whatever_changes_a_region_shows_where_it_is(retouch, hand, does):
    region(retouch, hand, (250, 120))
    retouch.program.retouching.regions.commit_amount("structure:0", 2.0)
    assert not retouch.window.actions_["retouch.mask"].isChecked()
    if does == "threshold":
        retouch.program.retouching.regions.drag_threshold(0.6)
    else:
        if does == "erase":
            tool(retouch, "E")
        else:
            change(retouch, mode=does)
        hand.send(DOWN, (190, 60))
        hand.send(MOVE, (190, 120))
    assert veiled(retouch, (250, 120))
    assert veiled(retouch, (190, 90)) == (does in ("add", "threshold"))
    if does != "threshold":
        hand.send(UP, (190, 120))
    assert veiled(retouch, (250, 120))


def test_a_region_painted_from_nothing_is_seen_at_once(retouch, hand):
    tool(retouch, "S")
    change(retouch)
    hand.drag((72, 120), held=ALT)
    hand.drag((280, 200))
    tool(retouch, "G")
    change(retouch, mode="add")
    hand.send(DOWN, (100, 60))
    assert veiled(retouch, (100, 60)), "the region's mask, not the clone's"
    assert not veiled(retouch, (280, 200))
    hand.send(UP, (100, 60))
    assert veiled(retouch, (100, 60))
    assert steps(retouch)[-1] == "Add to region"


def test_sliders_move_that_region_alone(retouch, hand):
    region(retouch, hand)
    retouch.wait(lambda: len(retouch.window.retouch.region.sliders) == 3)
    slider = retouch.window.retouch.region.sliders[1]
    slider.dragged.emit(1.5)
    assert not retouch.window.actions_["retouch.mask"].isChecked()
    assert steps(retouch) == ["Open", "Region"]
    slider.committed.emit(2.5)
    assert edit_of(retouch, EditRegion).amounts == (("structure:1", 2.5),)
    assert steps(retouch) == ["Open", "Region", "Change region"]
    retouch.press("Ctrl+Z")
    assert edit_of(retouch, EditRegion).amounts == ()
    assert slider.value == 0.0


def test_a_move_is_copied_to_another_region(retouch, hand):
    region(retouch, hand)
    regions = retouch.program.retouching.regions
    assert not retouch.window.actions_["retouch.copy_move"].isEnabled()
    regions.commit_amount("structure:0", 2.0)
    regions.commit_amount("structure:2", -1.0)
    retouch.choose("retouch.copy_move")
    region(retouch, hand, (250, 120))
    assert edit_of(retouch, EditRegion).amounts == ()
    retouch.choose("retouch.paste_move")
    assert edit_of(retouch, EditRegion).amounts == (("structure:0", 2.0), ("structure:2", -1.0))
    assert steps(retouch)[-1] == "Paste move"
    control(retouch.window.retouch, "Reset region").click()
    assert edit_of(retouch, EditRegion).amounts == ()


# Masks


def veiled(driver, place_px) -> bool:
    canvas = driver.window.canvas
    image = canvas.grab().toImage()
    ratio = image.devicePixelRatio()
    x_view, y_view = canvas.transform.to_view(place_px)
    colour = image.pixelColor(round(x_view * ratio), round(y_view * ratio))
    return colour.red() > colour.green() + 60


def test_a_key_shows_the_mask_of_the_edit_in_red(retouch, hand):
    tool(retouch, "S")
    change(retouch)
    hand.drag((72, 120), held=ALT)
    hand.drag((200, 100))
    retouch.wait()
    hand.hover((20, 200))
    assert not veiled(retouch, (200, 100))
    tool(retouch, "M")
    assert veiled(retouch, (200, 100))
    assert not veiled(retouch, (280, 100))
    hand.drag((280, 100))
    retouch.wait()
    hand.hover((20, 200))
    assert veiled(retouch, (280, 100))
    retouch.press("F1")
    assert not veiled(retouch, (200, 100))
    retouch.press("F2")
    assert veiled(retouch, (200, 100))
    tool(retouch, "M")
    assert not veiled(retouch, (200, 100))


def test_a_mask_of_another_size_is_shown_and_painted_on(retouch, hand):
    from dataclasses import replace

    from app.document.document import replace_edit

    tool(retouch, "S")
    change(retouch, softness=0.0)
    hand.drag((72, 120), held=ALT)
    hand.drag((200, 100))
    document = retouch.document
    edit = edit_of(retouch, CloneStructure)
    grey_hw = np.zeros((30, 40), np.uint8)
    grey_hw[:15, :20] = 255
    small = Mask.from_grey(grey_hw)
    edit = replace(edit, patches=(replace(edit.patches[0], mask=small.sha256),))
    changed = replace_edit(document, document.entries[0].uid, edit, masks=(small,))
    retouch.program.session.push("Small mask", changed)
    tool(retouch, "M")
    hand.hover((300, 230))
    assert veiled(retouch, (100, 60))
    assert not veiled(retouch, (240, 60))
    hand.drag((240, 60))
    (patch,) = edit_of(retouch, CloneStructure).patches
    mask = grey(retouch, patch.mask)
    assert mask.shape == (30, 40)
    assert mask[7, 30] == 255
    retouch.wait()
    hand.hover((300, 230))
    assert veiled(retouch, (240, 60))


# Whatever happens, nothing is lost


def test_switching_tools_and_workspaces_keeps_what_was_painted(retouch, hand):
    tool(retouch, "S")
    change(retouch)
    hand.drag((72, 120), held=ALT)
    hand.drag((200, 100))
    document = retouch.document
    for key in ("T", "G", "E", "H", "F1", "F2", "S"):
        tool(retouch, key)
    assert retouch.document == document
    hand.drag((240, 100))
    assert len(edit_of(retouch, CloneStructure).patches) == 1


def test_undo_while_the_hand_is_down_ends_the_stroke(retouch, hand):
    tool(retouch, "S")
    change(retouch)
    hand.drag((72, 120), held=ALT)
    hand.drag((200, 60))
    document = retouch.document
    hand.send(DOWN, (200, 140))
    hand.send(MOVE, (220, 140))
    retouch.choose("edit.undo")
    assert retouch.document == document
    hand.send(MOVE, (260, 140))
    hand.send(UP, (260, 140))
    assert retouch.document == document
    assert steps(retouch) == ["Open", "Clone", "Clone"]


def test_another_photo_begins_without_sources(retouch, hand, files):
    tool(retouch, "S")
    hand.drag((72, 120), held=ALT)
    retouch.program.session.close()
    retouch.open(files.meadow)
    hand.drag((200, 100))
    assert any("no source" in words for words in retouch.notices())
    assert retouch.program.retouching.tool is RetouchKind.CLONE
