"""What lights up while something is dragged over the window."""

from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QMimeData, QPoint, QUrl
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from app.ui.drop_zones import DropZones, zones_for
from app.ui.panels.reference import REFERENCE_MIME
from app.ui.theme import DARK, LIGHT

LEFT, RIGHT, BESIDE = QPoint(100, 200), QPoint(700, 200), QPoint(2000, -30)


def files(*names):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(f"/pictures/{name}") for name in names])
    return mime


def pixels():
    mime = QMimeData()
    image = QImage(4, 3, QImage.Format.Format_RGB32)
    image.fill(0x112233)
    mime.setImageData(image)
    return mime


def link():
    mime = QMimeData()
    mime.setUrls([QUrl("https://example.org/a.png")])
    return mime


def known():
    mime = QMimeData()
    mime.setData(REFERENCE_MIME, QByteArray(b"abc123"))
    return mime


class Heard:
    """What the zones said."""

    def __init__(self, zones):
        self.said = []
        zones.files_dropped.connect(lambda role, paths: self.said.append((role, paths)))
        zones.image_dropped.connect(lambda role, image: self.said.append((role, image.width())))
        zones.reference_dropped.connect(self.said.append)
        zones.rejected.connect(self.said.append)


@pytest.fixture
def zones(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(800, 400)
    zones = DropZones(window)
    window.show()
    return zones


@pytest.fixture
def heard(zones):
    return Heard(zones)


def roles(mime, has_document=True, painting=False):
    zones = zones_for(mime, has_document=has_document, painting=painting)
    return [zone.role for zone in zones]


def test_what_can_be_done_with_what():
    assert roles(files("a.png")) == ["open", "reference", "layout"]
    assert roles(files("a.png"), has_document=False) == ["open", "layout"]
    assert roles(files("a.jpg")) == ["open", "reference"]
    assert roles(files("a.JPG"), has_document=False) == ["open"]
    assert roles(files("m.pth")) == ["model"]
    assert roles(files("p.scumble")) == ["project"]
    assert roles(files("p.SCUMBLE", "a.jpg"), painting=True) == ["open", "style", "project"]
    assert roles(files("m.safetensors", "n.pt"), has_document=False) == ["model"]
    assert roles(files("a.webp", "m.pth")) == ["open", "reference", "model"]
    assert roles(files("a.txt")) == [""]
    assert roles(pixels()) == ["open", "reference"]
    assert roles(known()) == ["reference"]
    assert roles(link()) == [""]


def test_photos_are_styles_while_painting():
    assert roles(files("a.jpg"), painting=True) == ["open", "style"]
    assert roles(files("a.png"), painting=True) == ["open", "style", "layout"]
    assert roles(pixels(), painting=True) == ["open", "style"]
    assert roles(known(), painting=True) == ["style"]


def test_a_picture_from_a_browser_comes_with_its_address():
    mime = pixels()
    mime.setUrls([QUrl("https://example.org/a.png")])
    assert roles(mime) == ["open", "reference"]


def test_zones_take_files_pictures_and_references(zones):
    for mime in (files("a.png"), files("a.txt"), pixels(), known(), link()):
        assert zones.accepts(mime)
    text = QMimeData()
    text.setText("words")
    assert not zones.accepts(text)


def test_zones_are_shown_while_dragging(zones):
    assert not zones.isVisible()
    zones.begin(files("a.jpg"), has_document=True)
    assert zones.isVisible()
    assert zones.geometry() == zones.window().rect()
    assert [zone.words for zone in zones.zones] == ["Open as the picture", "Use as reference"]
    zones.cancel()
    assert not zones.isVisible()
    assert zones.zones == []


def test_the_zone_under_the_pointer_lights_up(zones):
    zones.begin(files("a.png"), has_document=True)
    dark = zones.grab().toImage()
    assert zones.point_at(LEFT)
    left = zones.grab().toImage()
    assert zones.point_at(RIGHT)
    right = zones.grab().toImage()
    assert dark != left != right
    assert left.pixel(60, 60) != dark.pixel(60, 60)
    assert left.pixel(740, 60) == dark.pixel(740, 60)
    assert zones.point_at(BESIDE)
    assert zones.grab().toImage() == right


def test_a_refusal_does_not_light_up(zones):
    zones.begin(files("a.txt"), has_document=True)
    dark = zones.grab().toImage()
    assert zones.point_at(LEFT)
    assert zones.grab().toImage() == dark


def test_nowhere_to_drop_without_a_drag(zones, heard):
    assert not zones.point_at(LEFT)
    zones.finish(files("a.png"), LEFT)
    assert heard.said == []


@pytest.mark.parametrize(
    ("mime", "place", "said"),
    [
        (files("a.png"), LEFT, [("open", [Path("/pictures/a.png")])]),
        (files("a.jpg"), RIGHT, [("reference", [Path("/pictures/a.jpg")])]),
        (files("a.png"), RIGHT, [("layout", [Path("/pictures/a.png")])]),
        (files("m.pth"), LEFT, [("model", [Path("/pictures/m.pth")])]),
        (files("a.png", "m.pth"), RIGHT, [("model", [Path("/pictures/m.pth")])]),
        (files("a.png", "m.pth"), LEFT, [("open", [Path("/pictures/a.png")])]),
        (pixels(), RIGHT, [("reference", 4)]),
        (known(), LEFT, ["abc123"]),
        (files("a.txt"), LEFT, ["a.txt is neither a picture, a project nor a model."]),
        (files("a.txt", "b.txt"), LEFT, ["2 files are neither pictures, projects nor models."]),
        (
            link(),
            LEFT,
            ["This is a link, not a picture: save the picture first, then drop the file."],
        ),
        (
            files("a.png", "b.txt"),
            LEFT,
            [
                ("open", [Path("/pictures/a.png")]),
                "b.txt is neither a picture, a project nor a model.",
            ],
        ),
    ],
)
def test_drops_go_where_they_were_dropped(zones, heard, mime, place, said):
    zones.begin(mime, has_document=True)
    zones.finish(mime, place)
    assert heard.said == said
    assert not zones.isVisible()


def test_a_picture_that_cannot_be_read_is_rejected(zones, heard):
    mime = QMimeData()
    mime.setImageData(QImage())
    zones.begin(mime, has_document=False)
    zones.finish(mime, LEFT)
    assert heard.said == ["The picture that was dropped could not be read."]


def test_long_names_are_cut(zones, heard):
    mime = files("x" * 200 + ".txt")
    zones.begin(mime, has_document=False)
    zones.finish(mime, LEFT)
    assert len(heard.said[0]) < 110


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_zones_are_painted_in_both_themes(zones, theme):
    zones.setPalette(theme.palette())
    zones.begin(files("a.png"), has_document=False)
    assert (
        abs(zones.grab().toImage().pixelColor(60, 60).lightness() - theme.window.lightness()) < 60
    )
