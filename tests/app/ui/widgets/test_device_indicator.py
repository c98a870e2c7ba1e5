"""The device and the time of the last render."""

import pytest

from app.ui.widgets.device_indicator import DeviceIndicator, seconds_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0412, "0.041 s"), (0.412, "0.41 s"), (4.12, "4.1 s"), (41.2, "41 s")],
)
def test_times_have_two_digits_that_matter(seconds: float, words: str):
    assert seconds_words(seconds) == words


def test_what_it_tells(qtbot):
    indicator = DeviceIndicator()
    qtbot.addWidget(indicator)
    assert indicator.text() == "Device"
    indicator.set_device("CPU with 2 threads")
    indicator.set_seconds(0.41)
    assert indicator.text() == "CPU with 2 threads · 0.41 s"
    assert indicator.accessibleName() == "Device: CPU with 2 threads, last render 0.41 s"
    indicator.set_seconds(None)
    assert indicator.text() == "CPU with 2 threads"
    with qtbot.waitSignal(indicator.clicked):
        indicator.click()


def test_it_can_be_narrow(qtbot):
    indicator = DeviceIndicator()
    qtbot.addWidget(indicator)
    indicator.set_device("CPU with 2 threads")
    indicator.resize(indicator.sizeHint())
    whole = indicator.grab().toImage()
    narrow = indicator.minimumSizeHint()
    assert narrow.width() < indicator.sizeHint().width() - 20
    indicator.resize(narrow)
    short = indicator.grab().toImage()
    # The words begin as before and end with dots before the edge.
    assert short != whole.copy(short.rect())
