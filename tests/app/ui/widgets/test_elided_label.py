"""Words that are cut where there is no room."""

from app.ui.widgets.elided_label import ElidedLabel


def test_cut_words_are_whole_in_the_tooltip(qtbot):
    label = ElidedLabel("A name that is far too long for this", faint=True)
    qtbot.addWidget(label)
    assert label.minimumSizeHint().width() == 0
    label.resize(60, 20)
    label.grab()
    assert label.toolTip() == label.text()
    label.setEnabled(False)
    label.resize(600, 20)
    label.grab()
    assert label.toolTip() == ""
