import threading
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.api import CancelToken, LayoutRequest
from models.builders import build
from models.catalog import IoSpec
from models.configs import SegmenterConfig
from models.engine.engine import Engine
from models.engine.see_layout import labels_at, without_islands
from models.errors import Cancelled, OutOfMemory, RequestError
from models.values import Picture
from tests.models.engine.fakes import make_spec, random_picture

CONFIG = SegmenterConfig(classes=3, base_channels=4, crop_size=64)


class Judge(nn.Module):
    """Sees red as label 0, green as 1, blue as 2.

    Attributes:
        shapes: of what it was shown.
        errors: raised by the next calls, one each; None lets a call pass.
    """

    cell_px = 32

    def __init__(self) -> None:
        super().__init__()
        self.shapes: list[tuple[int, ...]] = []
        self.errors: list[Exception | None] = []

    def forward(self, images: Tensor) -> Tensor:
        self.shapes.append(tuple(images.shape))
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error
        return images

    def probe(self) -> Tensor:
        return self(torch.zeros(1, 3, 32, 32))


def spec_of(palette_id: str | None = "landscape", config=CONFIG):
    spec = make_spec("reader", config=config)
    return replace(spec, title="The reader", family="segmenter", io=IoSpec(1, 1, palette_id))


def engine_with(network: nn.Module, **changes) -> Engine:
    settings = {
        "precision": "float32",
        "find": lambda name: spec_of(),
        "load_network": lambda spec: network,
    }
    return Engine("cpu", **{**settings, **changes})


def flag(height_px: int, width_px: int, colours=(0, 1, 2), bits=8) -> Picture:
    """Columns of pure colours, by their channel."""
    largest = 2**bits - 1
    rgb_hwc = np.zeros((height_px, width_px, 3), np.uint8 if bits == 8 else np.uint16)
    columns = np.arange(width_px) * len(colours) // width_px
    rgb_hwc[:, np.arange(width_px), np.asarray(colours)[columns]] = largest
    return Picture.from_rgb(rgb_hwc)


def seen(photo: Picture, network=None, **changes):
    engine = engine_with(network or Judge(), **changes)
    return engine.see_layout(LayoutRequest(photo=photo, model="reader"))


@pytest.mark.parametrize("size", [(64, 96), (50, 75), (400, 610), (33, 200), (300, 40)])
@pytest.mark.parametrize("bits", [8, 16])
def test_every_pixel_gets_the_label_of_what_is_there(size, bits):
    result = seen(flag(*size, bits=bits))
    expected = flag(*size).rgb_hwc.argmax(2)
    assert result.ids_hw.shape == size
    assert result.ids_hw.dtype == np.uint8
    assert result.ids_hw.flags.c_contiguous
    # At a border of colours half a pixel of what the network saw is a matter of taste.
    tolerance = 2 * -(-size[1] // (64 * size[1] // min(size)))
    columns = np.flatnonzero((result.ids_hw != expected).any(0))
    borders = [size[1] / 3, size[1] * 2 / 3]
    assert all(min(abs(x - border) for border in borders) <= tolerance + 1 for x in columns)


def test_a_result_names_palette_device_and_time():
    result = seen(flag(64, 64))
    assert result.palette_id == "landscape"
    assert result.device.startswith("CPU with")
    assert result.seconds > 0.0
    assert result.notes == ()


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ((64, 64), (64, 64)),
        ((640, 640), (64, 64)),
        ((32, 48), (64, 96)),
        ((100, 110), (64, 96)),
        ((1, 1), (64, 64)),
        # A strip is shrunk to the area of a shape of four to one.
        ((10, 4000), (32, 2400)),
    ],
)
def test_the_network_sees_the_photo_at_its_own_size_in_whole_cells(size, shown):
    judge = Judge()
    seen(random_picture(*size), judge)
    ((_, channels, height_px, width_px),) = judge.shapes
    assert channels == 3
    assert height_px == shown[0]
    assert width_px == pytest.approx(shown[1], abs=32)
    assert width_px % 32 == 0


def test_the_true_network_sees_layouts():
    torch.manual_seed(0)
    network = build(CONFIG).eval()
    result = seen(random_picture(70, 90), network)
    assert result.ids_hw.shape == (70, 90)
    assert set(np.unique(result.ids_hw)) <= {0, 1, 2}
    assert np.array_equal(seen(random_picture(70, 90), network).ids_hw, result.ids_hw)


@pytest.mark.parametrize("size_px", [(8, 9), (37, 53), (100, 211), (3, 1)])
def test_logits_are_enlarged_before_they_become_labels(size_px):
    logits = torch.randn(5, 8, 9, generator=torch.Generator().manual_seed(0))
    all_at_once = F.interpolate(logits[None], size=size_px, mode="bilinear")[0].argmax(0)
    assert (labels_at(logits, size_px, CancelToken()) != all_at_once.numpy()).mean() < 0.001


def test_of_equal_logits_the_first_label_wins():
    assert not labels_at(torch.zeros(3, 2, 2), (4, 4), CancelToken()).any()


# Islands


def picture_of(*rows: str) -> np.ndarray:
    return np.array([[int(label) for label in row] for row in rows], np.uint8)


def test_islands_take_the_label_around_them_and_large_regions_stay():
    ids_hw = picture_of(
        "1111222222",
        "1311222252",
        "1111222222",
        "1111222224",
        "1111444444",
        "1111444444",
    )
    assert np.array_equal(
        without_islands(ids_hw, 4 / 60),
        picture_of(
            "1111222222",
            "1111222222",
            "1111222222",
            "1111222224",
            "1111444444",
            "1111444444",
        ),
    )


def test_regions_that_touch_at_a_corner_are_two():
    ids_hw = picture_of("1111", "1211", "1121", "1111")
    assert (without_islands(ids_hw, 2 / 16) == 1).all()
    assert np.array_equal(without_islands(ids_hw, 1 / 16), ids_hw)


def test_an_island_between_two_goes_to_the_nearer():
    ids_hw = np.full((20, 40), 1, np.uint8)
    ids_hw[:, 20:] = 2
    ids_hw[8:12, 17:24] = np.arange(3, 10)
    found = without_islands(ids_hw, 0.01)
    expected = np.where(np.arange(40) < 20, 1, 2)
    assert (found == expected).mean() > 0.99
    assert set(np.unique(found)) == {1, 2}


def test_a_layout_of_islands_alone_stays():
    ids_hw = np.random.default_rng(0).integers(0, 9, (12, 12)).astype(np.uint8)
    assert np.array_equal(without_islands(ids_hw, 0.9), ids_hw)


def test_a_plain_layout_stays():
    ids_hw = np.full((5, 7), 255, np.uint8)
    assert np.array_equal(without_islands(ids_hw, 0.5), ids_hw)


def test_specks_in_a_photo_are_not_seen():
    rgb_hwc = flag(640, 640, (0, 2)).rgb_hwc.copy()
    rgb_hwc[100:110, 100:110] = (0, 255, 0)
    rgb_hwc[300:400, 100:200] = (0, 255, 0)
    ids_hw = seen(Picture.from_rgb(rgb_hwc)).ids_hw
    assert (ids_hw[90:120, 90:120] == 0).all()
    assert (ids_hw[310:390, 110:190] == 1).all()


# A photo of 100 megapixels


def test_an_enormous_photo_takes_little_memory_and_keeps_its_size(monkeypatch):
    """Nothing of floats is made at the photo's size: labels are traced at 2048 px at most."""
    traced = []
    monkeypatch.setattr(
        "models.engine.see_layout.labels_at",
        lambda logits, size_px, token: traced.append(size_px) or labels_at(logits, size_px, token),
    )
    row = flag(1, 6000).rgb_hwc
    photo = Picture("0" * 64, np.broadcast_to(row, (600, 6000, 3)))
    ids_hw = seen(photo).ids_hw
    assert ids_hw.shape == (600, 6000)
    assert ids_hw[0, [100, 3000, 5900]].tolist() == [0, 1, 2]
    assert traced == [(205, 2048)]


# Cancelling, and too little memory


def test_cancelling_raises_and_the_next_one_is_right():
    engine, token = engine_with(Judge()), CancelToken()
    request = LayoutRequest(photo=flag(64, 64), model="reader")
    token.cancel()
    with pytest.raises(Cancelled):
        engine.see_layout(request, token)
    assert np.array_equal(engine.see_layout(request).ids_hw, seen(flag(64, 64)).ids_hw)


def test_it_can_be_called_off_at_each_step():
    told = []
    engine = engine_with(Judge())
    request = LayoutRequest(photo=flag(64, 64), model="reader")
    engine.see_layout(request, progress=lambda words, share: told.append((words, share)))
    steps = [words for words, _ in told]
    assert steps == ["loading model", "looking at the photo", "tracing the layout", "done"]
    assert [share for _, share in told] == sorted(share for _, share in told)
    for step in steps[:-1]:
        token = CancelToken()

        def at(words, share, step=step, token=token):
            if words == step:
                token.cancel()

        with pytest.raises(Cancelled):
            engine.see_layout(request, token, at)


def test_too_little_memory_first_drops_what_is_kept():
    judge, loaded = Judge(), []
    engine = engine_with(judge, load_network=lambda spec: loaded.append(spec.id) or judge)
    judge.errors = [MemoryError()]
    request = LayoutRequest(photo=flag(64, 64), model="reader")
    result = engine.see_layout(request)
    assert loaded == ["reader", "reader"]
    assert result.notes == ()


def test_then_the_cpu_does_the_work_and_a_note_says_so():
    judge = Judge()
    engine = engine_with(judge)
    # "cpu:0" computes like a CPU and is another device than "cpu": a GPU that every machine has.
    engine.device = torch.device("cpu:0")
    judge.errors = [torch.OutOfMemoryError("CUDA out of memory")] * 2
    result = engine.see_layout(LayoutRequest(photo=flag(64, 64), model="reader"))
    assert result.ids_hw.shape == (64, 64)
    (note,) = result.notes
    assert note.endswith("so the CPU did the work.")


def test_when_nothing_helps_one_sentence_says_so():
    judge = Judge()
    judge.errors = [MemoryError()] * 9
    with pytest.raises(OutOfMemory, match="memory is not enough"):
        seen(flag(64, 64), judge)


def test_a_defect_is_not_taken_for_too_little_memory():
    judge = Judge()
    judge.errors = [RuntimeError("size mismatch")]
    with pytest.raises(RuntimeError, match="size mismatch"):
        seen(flag(64, 64), judge)
    assert len(judge.shapes) == 1


# Models


def test_a_model_of_another_family_is_refused_before_it_is_loaded():
    def load(spec):
        raise AssertionError("loaded")

    with pytest.raises(RequestError, match=r"'fake'.*cannot see the layout of a photo"):
        seen(flag(8, 8), find=lambda name: make_spec(), load_network=load)


def test_a_model_that_does_not_say_what_its_labels_mean_is_refused():
    with pytest.raises(RequestError, match="The reader does not say what its labels mean"):
        seen(flag(8, 8), find=lambda name: spec_of(None))


def test_warming_up_saves_the_loading():
    judge, loaded = Judge(), []
    engine = engine_with(judge, load_network=lambda spec: loaded.append(spec.id) or judge)
    engine.warm_up("reader")
    engine.see_layout(LayoutRequest(photo=flag(64, 64), model="reader"))
    assert loaded == ["reader"]


def test_two_threads_take_turns():
    running, together = [], []

    class Slow(Judge):
        def forward(self, images):
            running.append(1)
            time.sleep(0.02)
            together.append(len(running))
            running.pop()
            return super().forward(images)

    engine = engine_with(Slow())
    request = LayoutRequest(photo=flag(64, 64), model="reader")
    threads = [threading.Thread(target=engine.see_layout, args=(request,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == [1, 1, 1]
