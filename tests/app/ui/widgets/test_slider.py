"""The amount slider: live while dragged, one commit at the end."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDoubleSpinBox

from app.ui.theme import Theme
from app.ui.widgets.slider import CONTROL_HEIGHT, MARGIN, AmountSlider, Scale, Track

SCALE = Scale(
    maximum=1.5, default=1.0, step=0.05, ticks=((0.0, "as it is"), (1.0, "full"), (1.5, "1.5"))
)
LEFT = Qt.MouseButton.LeftButton


class Log:
    """What a slider said."""

    def __init__(self, slider: AmountSlider) -> None:
        self.said: list[tuple[str, float]] = []
        slider.dragged.connect(lambda value: self.said.append(("dragged", value)))
        slider.committed.connect(lambda value: self.said.append(("committed", value)))

    @property
    def commits(self) -> list[float]:
        return [value for what, value in self.said if what == "committed"]


@pytest.fixture
def slider(qtbot) -> AmountSlider:
    made = AmountSlider("Amount", SCALE)
    qtbot.addWidget(made)
    made.resize(300, 90)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    return made


def track(slider: AmountSlider) -> Track:
    found = slider.findChild(Track)
    assert isinstance(found, Track)
    return found


def number(slider: AmountSlider) -> QDoubleSpinBox:
    found = slider.findChild(QDoubleSpinBox)
    assert isinstance(found, QDoubleSpinBox)
    return found


def place(slider: AmountSlider, value: float) -> QPoint:
    share = value / SCALE.maximum
    width = track(slider).width() - 2 * MARGIN
    return QPoint(round(MARGIN + share * width), CONTROL_HEIGHT // 2)


def wheel(slider: AmountSlider, angle: int) -> bool:
    middle = QPointF(track(slider).rect().center())
    event = QWheelEvent(
        middle,
        track(slider).mapToGlobal(middle),
        QPoint(),
        QPoint(0, angle),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(track(slider), event)
    return event.isAccepted()


@pytest.mark.parametrize("value", [0.0, 0.07, 0.29, 0.57, 1.0, 1.13, 1.5])
def test_a_scale_gives_back_its_values(value: float):
    assert SCALE.to_value(SCALE.to_units(value)) == value


def test_it_starts_at_its_default_and_is_set_in_silence(slider: AmountSlider):
    log = Log(slider)
    assert slider.value == 1.0
    slider.set_value(0.35)
    assert slider.value == 0.35
    assert number(slider).value() == 0.35
    slider.set_value(7.0)
    assert slider.value == 1.5
    assert log.said == []


def test_a_drag_is_live_and_committed_once(slider: AmountSlider):
    log = Log(slider)
    QTest.mousePress(track(slider), LEFT, pos=place(slider, 1.0))
    assert slider.is_dragged
    for value in (0.9, 0.6, 0.3):
        QTest.mouseMove(track(slider), place(slider, value))
    assert log.commits == []
    assert len(log.said) == 3
    QTest.mouseRelease(track(slider), LEFT, pos=place(slider, 0.3))
    assert log.commits == [slider.value]
    assert slider.value == pytest.approx(0.3, abs=0.01)


def test_while_it_is_dragged_values_from_outside_are_ignored(slider: AmountSlider):
    QTest.mousePress(track(slider), LEFT, pos=place(slider, 1.0))
    QTest.mouseMove(track(slider), place(slider, 0.5))
    held = slider.value
    slider.set_value(1.4)
    assert slider.value == held
    QTest.mouseRelease(track(slider), LEFT, pos=place(slider, 0.5))
    slider.set_value(1.4)
    assert slider.value == 1.4


def test_a_click_on_the_track_goes_there_and_snaps_to_a_tick(slider: AmountSlider):
    slider.set_value(0.2)
    QTest.mouseClick(track(slider), LEFT, pos=place(slider, 1.0) + QPoint(3, 0))
    assert slider.value == 1.0


def test_other_buttons_do_nothing(slider: AmountSlider):
    log = Log(slider)
    QTest.mouseClick(track(slider), Qt.MouseButton.RightButton, pos=place(slider, 0.2))
    assert log.said == []


def test_escape_goes_back_to_where_the_drag_began(slider: AmountSlider):
    log = Log(slider)
    QTest.mousePress(track(slider), LEFT, pos=place(slider, 1.0))
    QTest.mouseMove(track(slider), place(slider, 0.2))
    QTest.keyClick(track(slider), Qt.Key.Key_Escape)
    assert slider.value == 1.0
    assert log.commits == [1.0]
    QTest.mouseRelease(track(slider), LEFT)
    assert log.commits == [1.0]


def test_a_double_click_resets(slider: AmountSlider, qtbot):
    slider.set_value(0.4)
    log = Log(slider)
    QTest.mouseDClick(track(slider), LEFT, pos=place(slider, 0.4))
    assert slider.value == 1.0
    assert log.said[-2:] == [("dragged", 1.0), ("committed", 1.0)]


def test_a_double_click_on_the_name_resets(slider: AmountSlider):
    slider.set_value(0.4)
    QTest.mouseDClick(slider._label, LEFT)
    assert slider.value == 1.0


def test_keys_nudge_and_commit_when_they_rest(slider: AmountSlider, qtbot):
    log = Log(slider)
    slider.setFocus()
    QTest.keyClick(track(slider), Qt.Key.Key_Left)
    QTest.keyClick(track(slider), Qt.Key.Key_Left)
    assert slider.value == 0.9
    assert log.commits == []
    qtbot.waitUntil(lambda: bool(log.commits), timeout=2000)
    assert log.commits == [0.9]
    QTest.keyClick(track(slider), Qt.Key.Key_PageUp)
    assert slider.value == 1.4


def test_leaving_or_hiding_commits_at_once(slider: AmountSlider):
    log = Log(slider)
    slider.setFocus()
    QTest.keyClick(track(slider), Qt.Key.Key_Left)
    number(slider).setFocus()
    assert log.commits == [0.95]
    track(slider).setFocus()
    QTest.keyClick(track(slider), Qt.Key.Key_Left)
    slider.hide()
    assert log.commits == [0.95, 0.9]


def test_another_value_from_outside_drops_what_waits(slider: AmountSlider):
    log = Log(slider)
    QTest.keyClick(track(slider), Qt.Key.Key_Left)
    slider.set_value(0.95)
    slider.set_value(0.5)
    slider.flush()
    assert log.said == [("dragged", 0.95)]


def test_the_wheel_nudges_by_whole_notches(slider: AmountSlider):
    assert wheel(slider, 60)
    assert slider.value == 1.0
    assert wheel(slider, 60)
    assert slider.value == 1.05
    assert wheel(slider, -240)
    assert slider.value == 0.95


def test_the_wheel_over_a_compact_slider_needs_the_focus(qtbot):
    compact = AmountSlider("Strength", Scale(percent=True), compact=True)
    qtbot.addWidget(compact)
    compact.show()
    qtbot.waitExposed(compact)
    compact.activateWindow()
    number(compact).setFocus()
    qtbot.waitUntil(number(compact).hasFocus)
    assert not wheel(compact, -120)
    assert compact.value == 1.0
    track(compact).setFocus()
    assert wheel(compact, -120)
    assert compact.value == 0.95


def test_a_typed_number_is_committed(slider: AmountSlider):
    log = Log(slider)
    field = number(slider)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, field.textFromValue(0.25))
    assert log.said == []
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert log.said == [("dragged", 0.25), ("committed", 0.25)]
    assert track(slider).value() == SCALE.to_units(0.25)


def test_percent_is_shown_a_hundredfold(qtbot):
    strength = AmountSlider("Strength", Scale(percent=True), compact=True)
    qtbot.addWidget(strength)
    strength.set_value(0.8)
    assert number(strength).text() == "80 %"
    assert strength.value == 0.8


def test_names_and_sizes(slider: AmountSlider):
    assert track(slider).accessibleName() == "Amount"
    assert number(slider).accessibleName() == "Amount, as a number"
    assert number(slider).height() >= CONTROL_HEIGHT
    assert track(slider).height() >= CONTROL_HEIGHT


def test_the_number_grows_with_the_text(slider: AmountSlider):
    before = number(slider).width()
    font = slider.font()
    font.setPointSizeF(2 * font.pointSizeF())
    slider.setFont(font)
    assert number(slider).width() > before


def test_it_paints_enabled_focused_and_disabled(slider: AmountSlider):
    slider.setFocus()
    focused = slider.grab().toImage()
    slider.setEnabled(False)
    assert slider.grab().toImage() != focused


AROUND = Scale(
    minimum=-3.0, maximum=3.0, default=0.0, step=0.1, ticks=((0.0, ""),), reach=6.0, origin=0.0
)


@pytest.fixture
def around(qtbot) -> AmountSlider:
    """A slider of both signs whose number goes farther than its track."""
    made = AmountSlider("Around", AROUND, compact=True)
    qtbot.addWidget(made)
    made.resize(240, 40)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    return made


def test_it_begins_at_its_default_wherever_the_track_begins(around):
    assert around.value == 0.0
    assert track(around).value() == 300
    assert number(around).value() == 0.0


def test_a_number_beyond_the_track_is_kept_and_the_handle_stands_at_the_end(around):
    log = Log(around)
    number(around).selectAll()
    QTest.keyClicks(number(around), "-4.5")
    QTest.keyClick(number(around), Qt.Key.Key_Return)
    assert log.commits == [-4.5]
    assert (around.value, track(around).value()) == (-4.5, 0)
    around.set_value(5.5)
    assert (around.value, track(around).value()) == (5.5, track(around).maximum())
    assert number(around).value() == 5.5
    around.set_value(60.0)
    assert around.value == 6.0


def test_a_nudge_from_beyond_comes_back_to_the_track(around):
    around.set_value(5.0)
    track(around).setFocus()
    QTest.keyClick(track(around), Qt.Key.Key_Left)
    assert around.value == 2.9


def test_the_track_is_filled_from_the_middle_to_the_handle(around):
    def filled(value):
        around.set_value(value)
        image = track(around).grab().toImage()
        accent = Theme.of(around.palette()).accent
        row = [image.pixelColor(x, CONTROL_HEIGHT // 2) for x in range(image.width())]
        return [x / image.width() for x, colour in enumerate(row) if near(colour, accent)]

    right, left = filled(2.0), filled(-2.0)
    assert min(right) == pytest.approx(0.5, abs=0.03)
    assert max(left) == pytest.approx(0.5, abs=0.03)
    assert max(right) > 0.75
    assert min(left) < 0.25


def near(colour, other) -> bool:
    pairs = zip(colour.getRgb()[:3], other.getRgb()[:3], strict=True)
    return all(abs(one - two) < 12 for one, two in pairs)


def test_a_tick_without_a_word_takes_no_room(around):
    assert track(around).sizeHint().height() == CONTROL_HEIGHT
