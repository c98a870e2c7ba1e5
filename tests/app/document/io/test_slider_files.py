"""Files of sliders: exactly what was written comes back, and everything else is one sentence."""

import json
import os

import numpy as np
import pytest
from safetensors import numpy as tensors

from app.document.io import slider_files
from app.document.io.slider_files import FORMAT, MAX_BYTES, read_sliders, write_sliders
from app.document.sliders import Slider
from app.errors import UserError
from models.values import Direction

MINE, OTHER = "a" * 64, "b" * 64


def slider(name="Snow", seed=0, *, model="landscapes", weights=MINE, share=None, length=16):
    values = np.random.default_rng(seed).standard_normal(length).astype(np.float32)
    return Slider(Direction.from_values(values), name, model, weights, share)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "snow.slider"


@pytest.fixture
def rewritten(path):
    """A function that writes a file of one slider with other fields in its header or its row."""

    def write(header=None, row=None, values=None):
        one = slider()
        rows = [
            {
                "sha256": one.direction.sha256,
                "name": one.name,
                "model": one.model,
                "weights": one.weights,
                "share": None,
                **(row or {}),
            }
        ]
        fields = {"format": FORMAT, "version": 1, "sliders": rows, **(header or {})}
        stored = {"0": one.direction.values} if values is None else values
        path.write_bytes(tensors.save(stored, {FORMAT: json.dumps(fields)}))
        return path

    return write


def refused(path, *words, weights=None, model=""):
    """The one sentence about a file that is not read."""
    with pytest.raises(UserError) as raised:
        read_sliders(path, weights, model)
    text = raised.value.text
    assert path.name in text
    assert text.count(". ") == 0
    assert text.endswith(".")
    assert raised.value.hint
    for word in words:
        assert word in text
    return text


def test_sliders_come_back_to_the_last_bit(path):
    sliders = (
        slider("Snow", 1, share=0.25),
        slider("Wald im Nebel · früh", 2, weights=OTHER, model="mountains"),
        slider("Fog", 3, share=1),
    )
    write_sliders(path, sliders)
    read = read_sliders(path, None)
    assert read == sliders
    for before, after in zip(sliders, read, strict=True):
        assert before.direction.values.tobytes() == after.direction.values.tobytes()


def test_a_file_as_it_is_written_by_hand_is_read(rewritten):
    (read,) = read_sliders(rewritten(), MINE)
    assert read == slider()


def test_the_file_is_small_and_any_program_can_read_it(path):
    write_sliders(path, [slider(length=256)])
    assert path.stat().st_size < 2000
    loaded = tensors.load_file(path)
    assert np.array_equal(loaded["0"], slider(length=256).direction.values)


def test_sliders_of_the_model_in_use_are_read(path):
    write_sliders(path, [slider()])
    assert read_sliders(path, MINE, "landscapes") == (slider(),)


def test_sliders_of_another_model_are_refused_by_name(path):
    write_sliders(path, [slider(), slider("Theirs", 1, weights=OTHER, model="mountains")])
    refused(path, "'mountains'", "not for 'landscapes'", weights=MINE, model="landscapes")
    refused(path, "'mountains'", "not for the one in use", weights=MINE)
    assert len(read_sliders(path, None)) == 2


def test_other_weights_of_the_same_model_are_told_as_such(path):
    write_sliders(path, [slider()])
    refused(path, "other weights of the model 'landscapes'", weights=OTHER, model="landscapes")


def test_a_name_from_elsewhere_is_one_short_line(rewritten):
    (read,) = read_sliders(rewritten(row={"name": "  Snow\n and\tice " + "x" * 500}), None)
    assert read.name.startswith("Snow and ice xxx")
    assert len(read.name) == 200


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"Dear diary, today I painted.", b"\x89PNG\r\n\x1a\n" + bytes(40)]
)
def test_what_is_no_file_of_sliders(path, data):
    path.write_bytes(data)
    refused(path, "it is not a file of sliders")


def test_weights_are_no_sliders(path):
    tensors.save_file({"0": np.zeros(4, np.float32)}, path, {"scumble": "{}"})
    refused(path, "it is not a file of sliders")


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
def test_a_cut_file_is_told_as_such(path, share):
    write_sliders(path, [slider(), slider("Fog", 1)])
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    refused(path, "damaged or cut short")


def test_every_way_of_cutting_a_file_is_a_sentence(path):
    write_sliders(path, [slider()])
    data = path.read_bytes()
    for end in range(0, len(data), 7):
        path.write_bytes(data[:end])
        refused(path, "cannot be opened")


def test_a_changed_value_is_found(path):
    write_sliders(path, [slider()])
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    refused(path, "damaged")


def test_a_file_from_the_future(rewritten):
    refused(rewritten({"version": 2, "sliders": "in another form"}), "a later version of Scumble")


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ({"format": "scumble-moods"}, {}),
        ({"version": 0}, {}),
        ({"version": "1"}, {}),
        ({"version": True}, {}),
        ({"sliders": []}, {}),
        ({"sliders": [1]}, {}),
        ({"sliders": 5}, {}),
        ({}, {"name": " "}),
        ({}, {"name": 5}),
        ({}, {"model": ""}),
        ({}, {"weights": None}),
        ({}, {"sha256": "0" * 64}),
        ({}, {"share": "a lot"}),
        ({}, {"share": True}),
        ({}, {"share": float("inf")}),
    ],
)
def test_a_header_that_cannot_be_meant(rewritten, header, row):
    refused(rewritten(header, row), "damaged")


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"1": slider().direction.values},
        {"0": slider().direction.values, "1": slider().direction.values},
        {"0": slider().direction.values.astype(np.float64)},
        {"0": slider().direction.values.reshape(4, 4)},
        {"0": np.zeros(0, np.float32)},
    ],
)
def test_tensors_that_do_not_fit_the_header(rewritten, values):
    refused(rewritten(values=values), "damaged")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_numbers(rewritten, value):
    values = slider().direction.values.copy()
    values[3] = value
    refused(rewritten(values={"0": values}), "values that are not numbers")


def test_a_header_that_nests_too_deeply(path):
    deep = "[" * 100_000
    path.write_bytes(tensors.save({"0": np.zeros(4, np.float32)}, {FORMAT: deep}))
    refused(path, "damaged")


def test_a_file_far_too_large_is_not_read(path, monkeypatch):
    write_sliders(path, [slider()])
    with open(path, "ab") as file:
        file.write(bytes(MAX_BYTES))
    monkeypatch.setattr(slider_files, "_sliders", lambda data: pytest.fail("it was looked at"))
    refused(path, "far larger")


def test_what_is_not_there_or_no_file(tmp_path):
    with pytest.raises(UserError, match=r"There is no file .*gone\.slider"):
        read_sliders(tmp_path / "gone.slider", None)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UserError, match="There is no file"):
        read_sliders(tmp_path / "file" / "in.slider", None)
    refused(tmp_path, "it is a folder")
    refused(tmp_path / ("x" * 300), "too long")


@pytest.mark.skipif(os.name == "nt", reason="there are no such files")
def test_a_pipe_is_not_waited_for(path):
    os.mkfifo(path)
    refused(path, "it is not a file")


def test_a_protected_file(path, monkeypatch):
    write_sliders(path, [slider()])

    def protected(*_args):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", protected)
    refused(path, "you may not read it")


def test_an_older_file_survives_a_failure(path, monkeypatch):
    write_sliders(path, [slider()])
    before = path.read_bytes()

    def full(*_args):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        with pytest.raises(UserError, match="no room left"):
            write_sliders(path, [slider("Fog", 1)])
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_no_sliders_and_too_many_are_a_defect(path):
    with pytest.raises(ValueError, match="without sliders"):
        write_sliders(path, [])
    with pytest.raises(ValueError, match="5 sliders"):
        write_sliders(path, [slider(length=MAX_BYTES // 16)] * 5)
    assert not path.exists()
